"""One benchmark run: boot, load the input, infer, account for what happened between the timestamps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.boot.failure import describe_fault, describe_waiting
from sim.boot.pipeline import ReportProgress, firmware_issues, platform_issues, running
from sim.boot.request import DEFAULT_TIMEOUT_CYCLES, DEFAULT_WALL_TIMEOUT_SECONDS
from sim.boot.session import FirmwareSession
from sim.energy import EnergyModel
from sim.errors import InputError, SimulationError
from sim.image import FirmwareImage, load_image
from sim.inference.accounting import instruction_mix
from sim.machine.profile import Span
from sim.machine.protocol import Level, RunLimits, Stop, StopReason
from sim.mlperf.protocol import (
    ANYTHING,
    INPUT_BYTES,
    LAP,
    LAP_PREFIX,
    READY,
    Answer,
    infer_command,
    load_commands,
    parse_answer,
)
from sim.platform import load_platform
from sim.result import Issue


@dataclass(frozen=True, slots=True)
class MlperfRequest:
    """A benchmark run.

    Attributes
    ----------
    benchmark
        ``kws``, ``ad``, ``ic`` or ``vww``.
    iterations, warmups
        Inferences between the timestamps, and before them.
    input_data
        Input as the device takes it; None to infer on what its buffer holds after reset.
    clock_hz
        Core clock in Hz for which the flash wait states hold; the board's usual one by default.
    """

    platform: str | Path
    firmware: Path
    benchmark: str
    iterations: int = 5
    warmups: int = 1
    input_data: bytes | None = None
    base: int | None = None
    clock_hz: int | None = None
    level: str = "full"
    timeout_cycles: int | None = None
    wall_timeout_seconds: float | None = None

    def check(self) -> None:
        """Raise InputError when the input has not the benchmark's size."""
        wanted = INPUT_BYTES[self.benchmark]
        if self.input_data is not None and len(self.input_data) != wanted:
            raise InputError(
                f"an input of {self.benchmark} has {wanted:,} bytes, not {len(self.input_data):,}"
            )


@dataclass(frozen=True, slots=True)
class MlperfReport:
    """What a benchmark run gave; figures are per inference, from the model.

    Attributes
    ----------
    device_name
        Name that the firmware gives itself; None when it gives none.
    clock_hz
        Core clock that the firmware has set.
    energy_uncertainty_joules
        One standard deviation.
    instruction_mix, memory_events
        Executed instructions by class, and memory events by name; the latter empty without a memory model.
    firmware_latency_seconds
        What the firmware measured with its own timer; its first timestamp includes printing it.
    scores
        Output tensor of the last inference.
    uart
        Everything that the firmware sent.
    """

    platform: str
    board: str
    image: str
    image_sha256: str
    benchmark: str
    level: str
    device_name: str | None
    clock_hz: int
    iterations: int
    cycles: float
    instructions: float
    latency_seconds: float
    inferences_per_second: float
    energy_joules: float
    energy_uncertainty_joules: float
    instruction_mix: dict[str, float]
    memory_events: dict[str, float]
    firmware_latency_seconds: float
    scores: tuple[float, ...]
    issues: tuple[Issue, ...]
    uart: str


def run_mlperf(request: MlperfRequest, progress: ReportProgress | None = None) -> MlperfReport:
    """Run a benchmark on a simulated board.

    The accounted span begins when the first timestamp has left the serial port and ends when the firmware
    begins to send the second one, so it does not depend on how long printing takes.

    Raises
    ------
    UsageError
        The request makes no sense, or the image does not fit the board.
    SimulationError
        The firmware does not speak the protocol, faults, or runs into a limit.
    """
    request.check()
    platform = load_platform(request.platform)
    clock_hz = request.clock_hz or platform.clock.default_hz
    image = load_image(request.firmware, platform, request.base)
    limits = RunLimits(
        request.timeout_cycles or DEFAULT_TIMEOUT_CYCLES,
        request.wall_timeout_seconds or DEFAULT_WALL_TIMEOUT_SECONDS,
    )
    session = FirmwareSession(
        platform,
        image,
        limits,
        clock_hz=clock_hz,
        level=Level(request.level),
        on_progress=None if progress is None else lambda cycles: progress(running(cycles)),
    )
    device = _Device(session, image)
    device.wait(READY)
    name = device.command(b"name%").name
    for command in load_commands(request.input_data) if request.input_data is not None else ():
        device.command(command)
    span, answer = device.infer(request.iterations, request.warmups)
    session.machine.close()

    core_hz = session.board.clocks.core_hz()
    energy = EnergyModel(platform, clock_hz).energy_of(span)
    count = request.iterations
    latency_seconds = span.cycles / count / core_hz
    return MlperfReport(
        platform=platform.id,
        board=platform.name,
        image=image.name,
        image_sha256=image.sha256,
        benchmark=request.benchmark,
        level=request.level,
        device_name=name,
        clock_hz=round(core_hz),
        iterations=count,
        cycles=span.cycles / count,
        instructions=span.instructions / count,
        latency_seconds=latency_seconds,
        inferences_per_second=1 / latency_seconds,
        energy_joules=energy.joules / count,
        energy_uncertainty_joules=energy.uncertainty_joules / count,
        instruction_mix=_per_inference(instruction_mix(span), count),
        memory_events=_per_inference(span.memory_events if request.level == "full" else {}, count),
        firmware_latency_seconds=(answer.laps_seconds[-1] - answer.laps_seconds[-2]) / count,
        scores=answer.scores,
        issues=(*firmware_issues(session, platform, clock_hz), *platform_issues(platform, request.level)),
        uart=session.transcript,
    )


def _per_inference(totals: Mapping[str, int], count: int) -> dict[str, float]:
    return {name: total / count for name, total in totals.items()}


class _Device:
    """The firmware, as the runner sees it."""

    def __init__(self, session: FirmwareSession, image: FirmwareImage) -> None:
        self._session = session
        self._image = image

    def wait(self, awaited: re.Pattern[bytes]) -> None:
        """Run until a line matches."""
        stop = self._session.run(awaited)
        if stop.reason is not StopReason.REQUEST:
            raise SimulationError(*self._explain(stop, awaited))

    def command(self, command: bytes) -> Answer:
        """Send a command and return the answer to it."""
        start = len(self._session.console.sent)
        self._session.send(command)
        self.wait(READY)
        return self._answer(start)

    def infer(self, iterations: int, warmups: int) -> tuple[Span, Answer]:
        """Run inferences and return the span between the timestamps."""
        session = self._session
        start = len(session.console.sent)
        session.send(infer_command(iterations, warmups))
        self.wait(LAP)
        self._skip_to(session.console.sending_until_cycles)
        begin = session.machine.hit("begin")
        sent = len(session.console.sent)
        self.wait(ANYTHING)
        span = session.machine.profile().span(begin, session.machine.hit("end"))
        self.wait(READY)
        if not session.console.sent.startswith(LAP_PREFIX, sent):
            raise SimulationError(
                "the firmware did not send its second timestamp right behind the inferences",
                "is it a performance image?",
            )
        answer = self._answer(start)
        return span, answer

    def _skip_to(self, cycles: int) -> None:
        stop = self._session.machine.run(RunLimits(cycles))
        if stop.reason is not StopReason.CYCLE_LIMIT:
            raise SimulationError(*self._explain(stop, ANYTHING))

    def _answer(self, start: int) -> Answer:
        answer = parse_answer(self._session.console.sent[start:].decode("utf-8", "replace"))
        if answer.error is not None:
            raise SimulationError(
                f"the firmware reports an error: {answer.error}", "is it the right benchmark?"
            )
        return answer

    def _explain(self, stop: Stop, awaited: re.Pattern[bytes]) -> tuple[str, str]:
        if stop.fault is not None:
            return describe_fault(stop.fault, self._image), ""
        sent = self._session.transcript.rstrip().splitlines()
        last = f"the last line is {sent[-1]!r}" if sent else "it sent nothing at all"
        words = str(stop.reason).replace("_", " ")
        wanted = awaited.pattern.decode()
        message = f"the firmware did not say {wanted.split(chr(92))[0]!r} ({words}): {last}"
        if waiting := describe_waiting(self._session.board.bus.polled):
            return message, waiting
        if unmodelled := self._session.board.bus.unmodelled:
            first = next(iter(unmodelled))
            return message, f"it used {len(unmodelled)} registers that no model knows, first {first:#010x}"
        return message, "check that the image is MLPerf Tiny firmware for this board"
