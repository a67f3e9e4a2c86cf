"""One benchmark run: boot, load inputs, infer, account for what happened between the timestamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sim
from sim.boot.pipeline import ReportProgress, firmware_issues, running
from sim.boot.request import DEFAULT_TIMEOUT_CYCLES, DEFAULT_WALL_TIMEOUT_SECONDS
from sim.boot.session import FirmwareSession
from sim.energy import EnergyEstimate, EnergyModel
from sim.errors import InputError, SimulationError, UsageError
from sim.image import load_image
from sim.inference.accounting import instruction_mix, platform_issues
from sim.machine.profile import Span
from sim.machine.protocol import Level, RunLimits
from sim.mlperf.accuracy import Accuracy, measure_accuracy
from sim.mlperf.dataset import LabelledInput, read_dataset
from sim.mlperf.device import Device
from sim.mlperf.protocol import INPUT_BYTES, Answer
from sim.platform import load_platform
from sim.result import Issue
from sim.timing.version import timing_model_version

_WINDOWS = 5


@dataclass(frozen=True, slots=True)
class MlperfRequest:
    """A benchmark run.

    Attributes
    ----------
    benchmark
        ``kws``, ``ad``, ``ic`` or ``vww``.
    mode
        ``latency`` and ``energy`` run a window of inferences on each of the first five inputs, on an image
        that prints its timestamps or gives them on a pin; ``accuracy`` runs every input of the data set once.
    iterations, warmups
        Inferences between the timestamps, and before them.
    input_data
        The one input, as the device takes it; None to infer on what its buffer holds after reset.
    dataset
        Folder of a data set, see :mod:`sim.mlperf.dataset`, instead of `input_data`.
    inputs
        Use no more inputs of the data set than this.
    clock_hz
        Core clock in Hz for which the flash wait states hold; the board's usual one by default.
    """

    platform: str | Path
    firmware: Path
    benchmark: str
    mode: str = "latency"
    iterations: int = 5
    warmups: int = 1
    input_data: bytes | None = None
    dataset: Path | None = None
    inputs: int | None = None
    base: int | None = None
    clock_hz: int | None = None
    level: str = "full"
    timeout_cycles: int | None = None
    wall_timeout_seconds: float | None = None

    def check(self) -> None:
        """Raise UsageError for options that make no sense together, or an input of another size."""
        wanted = INPUT_BYTES[self.benchmark]
        if self.input_data is not None and len(self.input_data) != wanted:
            raise InputError(
                f"an input of {self.benchmark} has {wanted:,} bytes, not {len(self.input_data):,}"
            )
        if self.input_data is not None and self.dataset is not None:
            raise UsageError("--input and --dataset exclude each other", "leave one of them out")
        if self.mode == "accuracy" and self.dataset is None:
            raise UsageError("accuracy needs labelled inputs", "name their folder with --dataset")


@dataclass(frozen=True, slots=True)
class Window:
    """Inferences between two timestamps; figures are per inference.

    Attributes
    ----------
    input
        Name of the input; None where none was loaded.
    firmware_latency_seconds
        What the firmware measured with its own timer; its first timestamp includes printing it. None for an
        image that gives its timestamps on a pin.
    """

    input: str | None
    iterations: int
    cycles: float
    latency_seconds: float
    energy_joules: float
    firmware_latency_seconds: float | None


@dataclass(frozen=True, slots=True)
class MlperfReport:
    """What a benchmark run gave; figures are per inference, those of the median window, from the model.

    Attributes
    ----------
    boardless_version, timing_model
        What simulated.
    device_name
        Name that the firmware gives itself; None when it gives none.
    clock_hz
        Core clock that the firmware has set.
    energy_uncertainty_joules
        One standard deviation.
    instruction_mix, memory_events
        Executed instructions by class, and memory events by name; the latter empty without a memory model.
    firmware_latency_seconds
        Of the median window, see :class:`Window`.
    scores
        Output tensor of the last inference.
    windows
        All windows; a single one of one inference, in the mode ``accuracy``.
    accuracy
        None in the other modes.
    uart
        Everything that the firmware sent.
    """

    boardless_version: str
    timing_model: str
    platform: str
    board: str
    image: str
    image_sha256: str
    benchmark: str
    mode: str
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
    firmware_latency_seconds: float | None
    scores: tuple[float, ...]
    windows: tuple[Window, ...]
    accuracy: Accuracy | None
    issues: tuple[Issue, ...]
    uart: str


@dataclass(frozen=True, slots=True)
class _Measured:
    """A window with what it was computed from."""

    window: Window
    span: Span
    energy: EnergyEstimate


def run_mlperf(request: MlperfRequest, progress: ReportProgress | None = None) -> MlperfReport:
    """Run a benchmark on a simulated board.

    Raises
    ------
    UsageError
        The request makes no sense, or the image does not fit the board.
    SimulationError
        The firmware does not speak the protocol, faults, or runs into a limit.
    """
    return run_on_inputs(request, read_inputs(request), progress)


def read_inputs(request: MlperfRequest) -> list[LabelledInput]:
    """Return the inputs that a request names and its mode uses.

    Raises
    ------
    UsageError
        The request makes no sense, or an input cannot be used.
    """
    request.check()
    if request.dataset is not None:
        limit = request.inputs if request.mode == "accuracy" else min(request.inputs or _WINDOWS, _WINDOWS)
        return read_dataset(request.dataset, INPUT_BYTES[request.benchmark], limit)
    if request.input_data is not None:
        return [LabelledInput("input", 0, request.input_data)]
    return []


def run_on_inputs(
    request: MlperfRequest, inputs: Sequence[LabelledInput], progress: ReportProgress | None = None
) -> MlperfReport:
    """Run a benchmark on inputs that are there already, as :func:`run_mlperf` does on those that it reads."""
    platform = load_platform(request.platform)
    clock_hz = request.clock_hz or platform.clock.default_hz
    image = load_image(request.firmware, platform, request.base)
    session = FirmwareSession(
        platform,
        image,
        RunLimits(
            request.timeout_cycles or DEFAULT_TIMEOUT_CYCLES,
            request.wall_timeout_seconds or DEFAULT_WALL_TIMEOUT_SECONDS,
        ),
        clock_hz=clock_hz,
        level=Level(request.level),
        on_progress=None if progress is None else lambda cycles: progress(running(cycles)),
    )
    device = Device(session, image)
    if (request.mode == "energy") != device.marks_with_pin and request.mode != "accuracy":
        kind = "energy" if device.marks_with_pin else "latency"
        raise SimulationError(
            f"{image.name} is an image for measurements of {kind}, not {request.mode}", f"give --mode {kind}"
        )
    name = device.command(b"name%").name
    core_hz = session.board.clocks.core_hz()
    clock_hz = request.clock_hz or round(core_hz)
    model = EnergyModel(platform, clock_hz)

    accuracy = None
    if request.mode == "accuracy":
        accuracy, name_of_last, span, answer = _run_dataset(device, request.benchmark, inputs)
        measured = [_measure(name_of_last, span, answer, 1, core_hz, model)]
    else:
        measured = []
        items: list[LabelledInput | None] = [*inputs] or [None]
        for item in items:
            if item is not None:
                device.load(item.windows[0])
            span, answer = device.infer(request.iterations, request.warmups)
            input_name = None if item is None else item.name
            measured.append(_measure(input_name, span, answer, request.iterations, core_hz, model))
    session.machine.close()

    windows = tuple(item.window for item in measured)
    middle = _median(measured)
    count = middle.window.iterations
    events = middle.span.memory_events if request.level == "full" else {}
    return MlperfReport(
        boardless_version=sim.__version__,
        timing_model=timing_model_version(),
        platform=platform.id,
        board=platform.name,
        image=image.name,
        image_sha256=image.sha256,
        benchmark=request.benchmark,
        mode=request.mode,
        level=request.level,
        device_name=name,
        clock_hz=round(core_hz),
        iterations=count,
        cycles=middle.window.cycles,
        instructions=middle.span.instructions / count,
        latency_seconds=middle.window.latency_seconds,
        inferences_per_second=1 / middle.window.latency_seconds,
        energy_joules=median(window.energy_joules for window in windows),
        energy_uncertainty_joules=middle.energy.uncertainty_joules / count,
        instruction_mix=_per_inference(instruction_mix(middle.span), count),
        memory_events=_per_inference(events, count),
        firmware_latency_seconds=middle.window.firmware_latency_seconds,
        scores=answer.scores,
        windows=windows,
        accuracy=accuracy,
        issues=(
            *firmware_issues(session, platform, clock_hz),
            *platform_issues(platform, session.machine.accounting),
        ),
        uart=session.transcript,
    )


def _measure(
    item: str | None, span: Span, answer: Answer, iterations: int, core_hz: float, model: EnergyModel
) -> _Measured:
    energy = model.energy_of(span)
    laps = answer.laps_seconds
    window = Window(
        input=item,
        iterations=iterations,
        cycles=span.cycles / iterations,
        latency_seconds=span.cycles / iterations / core_hz,
        energy_joules=energy.joules / iterations,
        firmware_latency_seconds=(laps[-1] - laps[-2]) / iterations if len(laps) > 1 else None,
    )
    return _Measured(window, span, energy)


def _run_dataset(
    device: Device, benchmark: str, inputs: Sequence[LabelledInput]
) -> tuple[Accuracy, str, Span, Answer]:
    """Infer on every input once; the score of a file of several inputs is the mean of theirs.

    Returns the accuracy, and name, span and answer of the last inference.
    """
    scores = []
    for item in inputs:
        outputs = []
        for data in item.windows:
            device.load(data)
            span, answer = device.infer(1, 0)
            if not answer.scores:
                raise SimulationError(f"the firmware sent no scores for {item.name}")
            outputs.append(answer.scores)
        scores.append([sum(values) / len(outputs) for values in zip(*outputs, strict=True)])
    accuracy = measure_accuracy(benchmark, [item.label for item in inputs], scores)
    return accuracy, inputs[-1].name, span, answer


def _median(measured: Sequence[_Measured]) -> _Measured:
    """Return the window of median latency; the slower of the middle two where there is an even number."""
    return sorted(measured, key=lambda item: item.window.latency_seconds)[len(measured) // 2]


def _per_inference(totals: Mapping[str, int], count: int) -> dict[str, float]:
    return {name: total / count for name, total in totals.items()}
