"""From an image to a result document."""

from __future__ import annotations

import platform as host_platform
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import sim
from sim.boot.failure import (
    describe_fault,
    describe_flood,
    describe_overflow,
    describe_place,
    describe_unmodelled,
    describe_waiting,
)
from sim.boot.functions import rank_functions
from sim.boot.output import LiveOutput, OnOutput
from sim.boot.region import Region, find_function, inference_region, region_between
from sim.boot.request import BootRequest
from sim.boot.session import FirmwareSession
from sim.debug import DebugRequest
from sim.energy import EnergyModel
from sim.image import FirmwareImage, load_image
from sim.inference.accounting import instruction_mix, platform_issues, timing_model
from sim.inference.request import Progress
from sim.machine.engines import DEFAULT_ENGINE
from sim.machine.profile import EMPTY_SPAN, MarkerHit, Profile, Span
from sim.machine.protocol import Level, Marker, Stop
from sim.machine.protocol import StopReason as MachineStop
from sim.platform import Platform, load_platform
from sim.result import (
    EngineInfo,
    Function,
    Host,
    Inference,
    Issue,
    Limits,
    Memory,
    PlatformInfo,
    Provenance,
    Result,
    StopReason,
    Validation,
    make_issue,
    validity_of,
)

if TYPE_CHECKING:
    from sim.boot.engine_session import EngineSession

_STOPS = {
    MachineStop.MARKER: StopReason.COMPLETED,
    MachineStop.REQUEST: StopReason.COMPLETED,
    MachineStop.CYCLE_LIMIT: StopReason.CYCLE_LIMIT,
    MachineStop.WALL_LIMIT: StopReason.WALL_LIMIT,
    MachineStop.FAULT: StopReason.FAULT,
    MachineStop.IDLE: StopReason.IDLE,
    MachineStop.RESET: StopReason.RESET,
    MachineStop.WATCHDOG: StopReason.WATCHDOG,
}
_CAUSES = {
    StopReason.IDLE: "the core sleeps or loops where nothing can interrupt it",
    StopReason.RESET: "the firmware asked for a reset",
    StopReason.WATCHDOG: "a watchdog was not served in time and reset the board",
}

_Passage = tuple[Profile, MarkerHit, MarkerHit]  # from one hit to the other
Session: TypeAlias = "FirmwareSession | EngineSession"
ReportProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class _Finished:
    platform: Platform
    clock_hz: int
    image: FirmwareImage
    session: Session
    stop: Stop
    spans: tuple[Span, ...]
    functions: tuple[Function, ...]


def run_firmware(
    request: BootRequest,
    progress: ReportProgress | None = None,
    on_output: OnOutput | None = None,
    debug: DebugRequest | None = None,
) -> Result:
    """Boot an image and run it until the request says so.

    Without `until` and `until_symbol`, the run is complete when it reaches `timeout_cycles`.

    Parameters
    ----------
    progress
        Called dozens of times a second of host time; may raise to end the run.
    on_output
        Told what the firmware sends on its console and channels, many times a second of host time and at the
        end.
    debug
        Where a debugger is expected, which controls the run.

    Returns
    -------
    Result
        Also of a run that faulted: see ``stop_reason``. Its figures are those of the first passage from
        `profile_from` to `profile_to`, or of the first inference where the image names the runtime's
        function, or else of everything since reset; ``inferences`` lists all of them.

    Raises
    ------
    UsageError
        The request makes no sense, or the image does not fit the board.
    """
    started = time.monotonic()
    request.check()
    pattern = request.pattern()
    platform = load_platform(request.platform)
    clock_hz = request.clock_hz or platform.clock.default_hz
    image = load_image(request.firmware, platform, request.base)
    region = _region(image, request)
    end = request.until_symbol
    open_session: Callable[..., Session] = FirmwareSession
    if request.engine != DEFAULT_ENGINE:
        from sim.boot.engine_session import EngineSession

        open_session = partial(EngineSession, engine=request.engine)
    session = open_session(
        platform,
        image,
        request.limits,
        clock_hz=clock_hz,
        level=Level(request.level),
        markers=_markers(region, None if end is None else Marker(end, find_function(image, end), stops=True)),
        on_progress=None if progress is None and on_output is None else lambda cycles: report(cycles),
        debug=debug,
    )
    if isinstance(session, FirmwareSession) and image.stack_limit is not None:
        session.machine.watch_stack(image.stack_limit)
    output = LiveOutput(session, on_output)

    def report(cycles: int) -> None:
        output.pass_on_in_time()
        if progress is not None:
            progress(running(cycles))

    if request.uart_input:
        session.send(request.uart_input, request.uart)
    begin = session.machine.hit("reset")
    stop, spans, passage = _run(session, region, pattern, once=region is not None and end == region.end)
    output.pass_on()
    if not spans and request.profile_from is None:
        passage = (session.machine.profile(), begin, session.machine.hit("end"))
        spans = (passage[0].span(*passage[1:]),)
    session.machine.close()
    if request.clock_hz is None and isinstance(session, FirmwareSession):
        clock_hz = round(session.board.clocks.core_hz()) or clock_hz
    model = EnergyModel(platform, clock_hz) if platform.energy is not None else None
    functions = () if passage is None else rank_functions(*passage, image.symbols, model)
    run = _Finished(platform, clock_hz, image, session, stop, spans, functions)
    return _result(request, run, time.monotonic() - started)


def running(cycles: int) -> Progress:
    """Return the sign of life of firmware that runs."""
    return Progress(f"running the firmware, {cycles / 1e6:,.0f} M cycles")


def _peripheral_issues(session: Session, platform: Platform, clock_hz: int) -> list[Issue]:
    if isinstance(session, FirmwareSession):
        return firmware_issues(session, platform, clock_hz)
    return [make_issue("firmware.engine_peripherals")]


def firmware_issues(session: FirmwareSession, platform: Platform, clock_hz: int) -> list[Issue]:
    """Return what the registers that the firmware wrote say about the numbers."""
    issues = [
        make_issue(
            "firmware.missing_hardware", f"The firmware uses hardware that is not simulated: {missing}."
        )
        for missing in session.missing_hardware
    ]
    if session.board.bus.unmodelled:
        message = describe_unmodelled(session.board.bus)
        issues.append(make_issue("firmware.unmodelled_register", message))
    core_hz = round(session.board.clocks.core_hz())
    if core_hz != clock_hz:
        issues.append(
            make_issue(
                "firmware.clock_differs",
                f"The firmware runs the core at {core_hz / 1e6:g} MHz, but seconds and energy are those "
                f"of {clock_hz / 1e6:g} MHz.",
                "leave out --clock",
            )
        )
    if core_hz > platform.clock.max_hz:
        issues.append(
            make_issue(
                "firmware.clock_beyond_limit",
                f"The firmware sets its core clock to {core_hz / 1e6:g} MHz; this part runs at up to "
                f"{platform.clock.max_hz / 1e6:g} MHz.",
            )
        )
    needed = platform.wait_states.at(min(core_hz, platform.clock.max_hz)) if platform.wait_states else 0
    if session.board.flash.wait_states < needed:
        issues.append(
            make_issue(
                "firmware.too_few_wait_states",
                f"The firmware sets {session.board.flash.wait_states} flash wait states; "
                f"at {core_hz / 1e6:g} MHz the flash needs {needed}.",
            )
        )
    return issues


def _region(image: FirmwareImage, request: BootRequest) -> Region | None:
    if request.profile_from is None or request.profile_to is None:
        return inference_region(image)
    return region_between(image, request.profile_from, request.profile_to)


def _markers(region: Region | None, end: Marker | None) -> list[Marker]:
    """Return all markers, one for each address: that of the region also ends the run, where both have one."""
    markers = {} if region is None else {marker.address: marker for marker in region.markers}
    if end is not None:
        markers[end.address] = replace(markers.get(end.address, end), stops=True)
    return list(markers.values())


def _run(
    session: Session, region: Region | None, pattern: re.Pattern[bytes] | None, *, once: bool
) -> tuple[Stop, tuple[Span, ...], _Passage | None]:
    """Run to the end, or through the region once; return the stop and all passages, the first in full."""
    spans: list[Span] = []
    first: _Passage | None = None
    while True:
        stop = session.run(pattern)
        if region is None or stop.marker != region.end:
            return stop, tuple(spans), first
        profile = session.machine.profile()
        begins = [hit for hit in profile.hits if hit.name == region.begin]
        if begins:
            first = first or (profile, begins[-1], profile.hits[-1])
            spans.append(profile.span(begins[-1], profile.hits[-1]))
        if once:
            return stop, tuple(spans), first


def _stop_reason(request: BootRequest, stop: Stop) -> StopReason:
    if stop.reason is MachineStop.EXIT:
        return StopReason.FIRMWARE_ERROR if stop.exit_code else StopReason.COMPLETED
    has_end = request.until is not None or request.until_symbol is not None
    if not has_end and stop.reason in (MachineStop.CYCLE_LIMIT, MachineStop.IDLE):
        return StopReason.COMPLETED
    return _STOPS[stop.reason]


def _detail(run: _Finished, reason: StopReason) -> str | None:
    if run.stop.fault is not None:
        sentence = describe_fault(run.stop.fault, run.image)
        return sentence if reason is StopReason.FAULT else f"after a {sentence}"
    if run.stop.exit_code:
        return f"the firmware ended itself with exit code {run.stop.exit_code}"
    if reason is StopReason.COMPLETED or not isinstance(run.session, FirmwareSession):
        return None
    machine = run.session.machine
    exceptions = machine.peripherals.exceptions
    active = exceptions.active
    place = describe_place(machine.pc, active[-1] if active else None, run.image)
    if (cause := _CAUSES.get(reason)) is not None:
        return f"{cause}: {place}"
    if (flood := describe_flood(exceptions.entries, machine.cycles)) is not None:
        return f"{flood}: {place}"
    return describe_waiting(run.session.board.bus.polled, run.image) or place


def _waiting_issues(run: _Finished, reason: StopReason) -> list[Issue]:
    """Name the register that firmware waits for when its cycles are up and that is no error."""
    is_at_limit = reason is StopReason.COMPLETED and run.stop.reason is MachineStop.CYCLE_LIMIT
    if not is_at_limit or not isinstance(run.session, FirmwareSession):
        return []
    waiting = describe_waiting(run.session.board.bus.polled, run.image)
    return [] if waiting is None else [make_issue("firmware.waiting", f"At the end, {waiting}.")]


def _stack_issues(run: _Finished) -> list[Issue]:
    if not isinstance(run.session, FirmwareSession):
        return []
    watch = run.session.machine.stack_watch
    if watch is None or watch.overflow is None:
        return []
    return [make_issue("firmware.stack_overflow", describe_overflow(watch.overflow, run.image))]


def _result(request: BootRequest, run: _Finished, wall_seconds: float) -> Result:
    platform, session = run.platform, run.session
    accounting = session.machine.accounting
    reason = _stop_reason(request, run.stop)
    detail = _detail(run, reason)
    issues = [
        *([] if reason is StopReason.COMPLETED else [make_issue(f"run.{reason}", detail)]),
        *([] if run.spans else [make_issue("firmware.region_not_reached")]),
        *_waiting_issues(run, reason),
        *_stack_issues(run),
        *_peripheral_issues(session, platform, run.clock_hz),
        *platform_issues(platform, accounting),
    ]
    knows_classes = accounting.level is not Level.INSTRUCTIONS
    model = EnergyModel(platform, run.clock_hz) if platform.energy is not None and knows_classes else None
    span = run.spans[0] if run.spans else EMPTY_SPAN
    energy = model.energy_of(span) if model is not None and run.spans else None
    seconds = span.cycles / run.clock_hz
    return Result(
        platform=PlatformInfo(
            id=platform.id,
            name=platform.name,
            core=platform.core,
            clock_hz=run.clock_hz,
            supply_volts=platform.supply.volts if platform.energy is not None else None,
            validation=Validation(
                status=platform.validation.status.value, note=platform.validation.note or None
            ),
        ),
        engine=EngineInfo(
            name=request.engine,
            version=session.machine.version,
            level=accounting.level.value,
        ),
        cycles=span.cycles if run.spans else None,
        instructions=span.instructions if run.spans else None,
        cpi=span.cycles / span.instructions if span.instructions else None,
        latency_seconds=seconds if run.spans else None,
        energy_joules=None if energy is None else energy.joules,
        energy_uncertainty=None if energy is None else energy.uncertainty_joules,
        power_watts=energy.joules / seconds if energy is not None and seconds else None,
        inferences=tuple(
            Inference(
                index=index,
                input_index=0,
                cycles=passage.cycles,
                instructions=passage.instructions,
                latency_seconds=passage.cycles / run.clock_hz,
                energy_joules=None if model is None else model.energy_of(passage).joules,
            )
            for index, passage in enumerate(run.spans)
        ),
        memory=Memory(
            flash_used_bytes=run.image.size_bytes,
            flash_total_bytes=platform.flash_bytes,
            ram_total_bytes=platform.ram_bytes,
            events=dict(span.memory_events) if accounting.level is Level.FULL else None,
        ),
        instruction_mix=instruction_mix(span) if knows_classes else None,
        functions=run.functions,
        uart=session.transcript,
        channels=session.channels,
        stop_reason=reason,
        stop_detail=detail,
        validity=validity_of(issues),
        issues=tuple(issues),
        provenance=Provenance(
            boardless_version=sim.__version__,
            image_sha256=run.image.sha256,
            image_name=run.image.name,
            platform_sha256=platform.sha256,
            timing_model=timing_model(platform.core, accounting.level),
            energy_model="linear 1",
        ),
        limits=Limits(timeout_cycles=request.limits.cycles, wall_timeout_seconds=request.limits.wall_seconds),
        host=Host(
            wall_seconds=wall_seconds,
            simulation_seconds=wall_seconds,
            python=host_platform.python_version(),
            system=f"{host_platform.system()} {host_platform.machine()}",
        ),
    )
