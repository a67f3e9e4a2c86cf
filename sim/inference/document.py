"""Turns the outcome of a run into its result document."""

from __future__ import annotations

import functools
import hashlib
import platform as host_platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import sim
from sim.energy import battery_life, find_battery
from sim.inference.accounting import (
    Accounts,
    instruction_mix,
    memory_part,
    operators_add_up,
    platform_issues,
    timing_model,
)
from sim.inference.request import DEFAULT_TIMEOUT_CYCLES, DEFAULT_WALL_TIMEOUT_SECONDS, RunRequest
from sim.inference.session import InferenceRecord
from sim.inference.setup import DEMO_SOURCE, Setup
from sim.inputs import InputSet
from sim.machine.protocol import Accounting, Level
from sim.model import Model
from sim.result import (
    Battery,
    EngineInfo,
    Host,
    Inference,
    Input,
    InputSource,
    Issue,
    Limits,
    Operator,
    Output,
    PlatformInfo,
    Provenance,
    Result,
    StopReason,
    Validation,
    Verification,
    grey_preview,
    make_issue,
    output_from_raw,
    validity_of,
)

_SECONDS_PER_DAY = 86_400.0
_PYTHON = host_platform.python_version()
_SYSTEM = f"{host_platform.system()} {host_platform.machine()}"
_PICTURES = frozenset({"demo", "png", "jpg", "jpeg", "bmp", "gif"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave, finished or not.

    Attributes
    ----------
    records
        Finished inferences, each with the index of its input.
    stop_detail
        One sentence about an early stop; empty otherwise.
    simulation_seconds
        Time of the inferences on the host.
    """

    engine_version: str
    accounting: Accounting
    records: tuple[tuple[int, InferenceRecord], ...]
    arena_used_bytes: int | None
    stack_high_water_bytes: int | None
    log: str
    stop_reason: StopReason
    stop_detail: str
    simulation_seconds: float


class ResultBuilder:
    """Turns outcomes of one request on one board into results; what all of them share is made once.

    Parameters
    ----------
    request
        What was asked for.
    setup
        What :func:`~sim.inference.setup.prepare` made of it.

    Attributes
    ----------
    accounts
        Prices what was executed.
    """

    def __init__(self, request: RunRequest, setup: Setup) -> None:
        self.request = request
        self.setup = setup
        self.accounts = Accounts(setup.platform, setup.clock_hz, setup.model)
        self._platform = _platform(setup)
        self._limits = Limits(
            timeout_cycles=request.timeout_cycles or DEFAULT_TIMEOUT_CYCLES,
            wall_timeout_seconds=request.wall_timeout_seconds or DEFAULT_WALL_TIMEOUT_SECONDS,
        )
        self._described_inputs = _describe_inputs(setup.model, setup.inputs)

    def build(
        self,
        inputs: Sequence[InputSet],
        outcome: Outcome,
        verification: Verification | None,
        *,
        wall_seconds: float,
    ) -> Result:
        """Return the result document of a run.

        Parameters
        ----------
        inputs
            What the run was given.
        """
        setup, accounts, level = self.setup, self.accounts, outcome.accounting.level
        first = outcome.records[0][1] if outcome.records else None
        span = first.span if first is not None else None
        energy = accounts.energy(span) if span is not None else None
        latency_seconds = accounts.latency_seconds(span) if span is not None else None
        inferences = tuple(
            self._inference(index, input_index, record)
            for index, (input_index, record) in enumerate(outcome.records)
        )
        operators = () if first is None else accounts.operators(first)
        issues = _issues(setup, outcome, verification, operators)
        described, sources = (
            self._described_inputs if inputs is setup.inputs else _describe_inputs(setup.model, inputs)
        )
        return Result(
            platform=self._platform,
            engine=EngineInfo(name=self.request.engine, version=outcome.engine_version, level=level.value),
            cycles=span.cycles if span is not None else None,
            instructions=span.instructions if span is not None else None,
            cpi=span.cycles / span.instructions if span is not None else None,
            latency_seconds=latency_seconds,
            energy_joules=energy.joules if energy is not None else None,
            energy_uncertainty=energy.uncertainty_joules if energy is not None else None,
            power_watts=energy.joules / latency_seconds if energy is not None and latency_seconds else None,
            battery=_battery(self.request, setup, energy.joules, latency_seconds)
            if energy is not None and latency_seconds is not None
            else None,
            inputs=described,
            outputs=inferences[0].outputs if inferences else (),
            inferences=inferences,
            operators=operators,
            memory=memory_part(
                setup.platform,
                setup.placement,
                setup.model,
                arena_used_bytes=outcome.arena_used_bytes,
                stack_high_water_bytes=outcome.stack_high_water_bytes,
                record=first,
                memory_simulated=level is Level.FULL,
            ),
            instruction_mix=instruction_mix(span) if span is not None and span.class_counts else None,
            log=outcome.log or None,
            stop_reason=outcome.stop_reason,
            stop_detail=outcome.stop_detail or None,
            validity=validity_of(issues),
            issues=issues,
            verification=verification,
            provenance=self._provenance(level, sources),
            limits=self._limits,
            host=Host(
                wall_seconds=wall_seconds,
                simulation_seconds=outcome.simulation_seconds,
                python=_PYTHON,
                system=_SYSTEM,
            ),
        )

    def _inference(self, index: int, input_index: int, record: InferenceRecord) -> Inference:
        return Inference(
            index=index,
            input_index=input_index,
            cycles=record.span.cycles,
            instructions=record.span.instructions,
            latency_seconds=self.accounts.latency_seconds(record.span),
            energy_joules=self.accounts.energy_joules(record.span),
            outputs=self._outputs(record),
        )

    def _outputs(self, record: InferenceRecord) -> tuple[Output, ...]:
        return tuple(
            output_from_raw(
                index=index,
                name=tensor.name,
                dtype=tensor.dtype,
                shape=tensor.shape,
                scale=tensor.scales[0] if tensor.scales else None,
                zero_point=tensor.zero_points[0] if tensor.zero_points else None,
                values_raw=np.frombuffer(data, dtype=tensor.numpy_dtype).tolist(),
                labels=self.setup.labels,
            )
            for index, (tensor, data) in enumerate(
                zip(self.setup.model.output_tensors, record.outputs, strict=True)
            )
        )

    def _provenance(self, level: Level, inputs: tuple[InputSource, ...]) -> Provenance:
        setup = self.setup
        return Provenance(
            boardless_version=sim.__version__,
            image_sha256=setup.runner.sha256,
            image_name=setup.runner.name,
            model_sha256=setup.model.sha256,
            model_path=None if setup.model_path is None else str(setup.model_path),
            platform_sha256=setup.platform.sha256,
            runtime=setup.runner.runtime,
            kernels=self.request.kernels,
            timing_model=timing_model(setup.platform.core, level),
            energy_model="linear 1",
            inputs=inputs,
        )


def _platform(setup: Setup) -> PlatformInfo:
    board = setup.platform
    return PlatformInfo(
        id=board.id,
        name=board.name,
        core=board.core,
        clock_hz=setup.clock_hz,
        supply_volts=board.supply.volts if board.energy is not None else None,
        validation=Validation(status=board.validation.status.value, note=board.validation.note or None),
    )


def _describe_inputs(
    model: Model, inputs: Sequence[InputSet]
) -> tuple[tuple[Input, ...], tuple[InputSource, ...]]:
    """Return the input tensors of the first inference, and where those of all came from."""
    sources = tuple(map(_input_source, inputs))
    return _inputs(model, inputs[0], sources[0]), sources


def _inputs(model: Model, used: InputSet, source: InputSource) -> tuple[Input, ...]:
    kind, is_only = source.kind, len(used.tensors) == 1
    return tuple(
        Input(
            index=index,
            name=tensor.name,
            dtype=tensor.dtype,
            shape=tensor.shape,
            kind=kind,
            sha256=source.sha256 if is_only else hashlib.sha256(data.tobytes()).hexdigest(),
            preview=grey_preview(data, tensor.shape) if kind in _PICTURES else None,
        )
        for index, (tensor, data) in enumerate(zip(model.input_tensors, used.tensors, strict=True))
    )


def _battery(
    request: RunRequest, setup: Setup, inference_joules: float, inference_seconds: float
) -> Battery | None:
    if request.battery is None or request.period_seconds is None:
        return None
    battery = find_battery(request.battery)
    board = setup.platform
    sleep_watts = board.sleep.amperes * board.supply.volts
    life = battery_life(inference_joules, inference_seconds, request.period_seconds, sleep_watts, battery)
    return Battery(
        name=battery.id,
        capacity_ampere_hours=battery.capacity_mah / 1000,
        period_seconds=request.period_seconds,
        sleep_amperes=board.sleep.amperes,
        average_amperes=life.average_watts / board.supply.volts,
        life_seconds=life.days * _SECONDS_PER_DAY,
    )


def _issues(
    setup: Setup,
    outcome: Outcome,
    verification: Verification | None,
    operators: tuple[Operator, ...],
) -> tuple[Issue, ...]:
    issues = []
    if outcome.stop_reason is not StopReason.COMPLETED:
        issues.append(make_issue(f"run.{outcome.stop_reason}", outcome.stop_detail or None))
    if verification is not None and not verification.equal:
        issues.append(make_issue("verification.mismatch"))
    if outcome.records and operators and not operators_add_up(operators, outcome.records[0][1].span):
        issues.append(make_issue("operators.incomplete"))
    issues += platform_issues(setup.platform, outcome.accounting)
    if setup.clock_hz != setup.platform.clock.default_hz:
        issues.append(make_issue("clock.overridden"))
    if not setup.runner.is_bundled:
        issues.append(make_issue("firmware.custom_runner"))
    if not setup.runner.is_full:
        names = ", ".join(operator.name for operator in setup.runner.operators or ())
        issues.append(
            make_issue(
                "firmware.compact_runner",
                f"The runner with all operators leaves the model too little memory on {setup.platform.id}: "
                f"this is the {setup.runner.variant} one, compiled for size, with {names}.",
            )
        )
    return tuple(issues)


def _input_source(item: InputSet) -> InputSource:
    digest = hashlib.sha256()
    for tensor in item.tensors:
        digest.update(tensor.tobytes())
    return InputSource(kind=_input_kind(item.source), source=item.source, sha256=digest.hexdigest())


@functools.lru_cache
def _input_kind(source: str) -> str:
    """Return what an input was made from: ``demo``, ``random``, ``zeros``, or a file's suffix."""
    generator, colon, _ = source.partition(":")
    if colon and generator in ("random", DEMO_SOURCE.rstrip(":")):
        return generator
    return Path(source).suffix.lstrip(".").lower() or source
