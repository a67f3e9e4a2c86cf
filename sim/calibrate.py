"""From measurements of a user's own board to a platform file with constants fitted to it."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.backends import Backend, LocalBackend
from sim.boot import BootRequest
from sim.energy.calibration import Calibration, Sample, calibrate
from sim.errors import SimulationError, UsageError, why_unreadable
from sim.inference import RunRequest
from sim.mlperf import MlperfRequest
from sim.mlperf.protocol import INPUT_BYTES
from sim.platform import Platform
from sim.quantities import frequency_hz
from sim.result import Result, StopReason
from sim.timing.instruction import InstructionClass

COLUMNS = ("model", "input", "firmware", "benchmark", "clock", "microjoules")
_SEED = "random:"
_COLUMNS_HINT = (
    f"columns: {', '.join(COLUMNS)}; each line names a model (with an input, if you like) or firmware "
    "(with a benchmark, if it is one of MLPerf Tiny), and the energy of one inference"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table: what ran on the board, and its energy per inference.

    Attributes
    ----------
    clock_hz
        None for the board's usual one.
    """

    line: int
    model: Path | None
    input: str | None
    firmware: Path | None
    benchmark: str | None
    clock_hz: int | None
    joules: float

    @property
    def name(self) -> str:
        """What to call it."""
        path = self.model or self.firmware
        assert path is not None
        return path.name


@dataclass(frozen=True, slots=True)
class _Counts:
    """A span that is known by its counts."""

    cycles: int
    class_counts: tuple[int, ...]
    memory_events: Mapping[str, int]


def read_measurements(path: Path) -> list[Measured]:
    """Read a table of measurements; paths in it are relative to its folder.

    Raises
    ------
    UsageError
        It cannot be read, or a line of it makes no sense.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            names = reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read {str(path)!r}: {why_unreadable(error)}", _COLUMNS_HINT) from error
    if unknown := [name for name in names if name not in COLUMNS]:
        raise UsageError(f"{path.name}: unknown column {unknown[0]!r}", _COLUMNS_HINT)
    if not rows:
        raise UsageError(f"{path.name} holds no measurements", _COLUMNS_HINT)
    return [_read_line(path, number, row) for number, row in enumerate(rows, start=2)]


def calibrate_board(
    platform: Platform,
    measured: list[Measured],
    on_sample: Callable[[int, Measured], None] | None = None,
    backend: Backend | None = None,
) -> Calibration:
    """Run everything that was measured, and fit the board's constants to the measurements.

    Parameters
    ----------
    on_sample
        Called with its number in front of each run.
    backend
        Where it runs; in this process by default.

    Raises
    ------
    UsageError, SimulationError
        Something cannot run.
    EnvironmentMissingError
        scipy is not installed.
    """
    samples = []
    backend = backend or LocalBackend()
    for number, item in enumerate(measured):
        if on_sample is not None:
            on_sample(number, item)
        samples.append(_run(platform, item, backend))
    return calibrate(platform, samples)


def overlay_text(platform: Platform, calibration: Calibration, table: Path) -> str:
    """Return a platform file that puts the fitted constants on top of a bundled board."""
    digest = hashlib.sha256(table.read_bytes()).hexdigest()[:12]
    source = f"sim calibrate, {len(calibration.residuals)} measurements of {table.name} (SHA-256 {digest})"
    weights = "\n".join(f"{name} = {weight:.4g}" for name, weight in calibration.class_weights.items())
    return f"""\
schema_version = 1
extends = "{platform.id}"
id = "{platform.id}-calibrated"
name = "{platform.name}, calibrated"

[power]
picojoules_per_cycle = {calibration.picojoules_per_cycle:.6g}
static_watts = {calibration.static_watts:.6g}
relative_uncertainty = {calibration.relative_uncertainty:.3g}
source = "{source}"

[power.class_weights]
{weights}

[flash_energy]
picojoules_per_line = {calibration.picojoules_per_line:.6g}
source = "{source}"
"""


def _read_line(path: Path, line: int, row: Mapping[str, str | None]) -> Measured:
    def fail(problem: str) -> UsageError:
        return UsageError(f"{path.name}, line {line}: {problem}", _COLUMNS_HINT)

    model, firmware, benchmark = row.get("model"), row.get("firmware"), row.get("benchmark") or None
    if bool(model) == bool(firmware):
        raise fail("name either a model or a firmware image")
    if benchmark is not None and (not firmware or benchmark not in INPUT_BYTES):
        raise fail(f"{benchmark!r} is no benchmark of MLPerf Tiny firmware")
    if row.get("input") and not model:
        raise fail("an input goes with a model")
    try:
        joules = float(row.get("microjoules") or "") * 1e-6
    except ValueError:
        joules = 0.0
    if not 0 < joules < float("inf"):
        raise fail(f"{row.get('microjoules')!r} is no positive number of microjoules")
    clock, source = row.get("clock"), row.get("input") or None
    if source is not None and not source.startswith(_SEED):
        source = str(path.parent / source)
    try:
        clock_hz = frequency_hz(clock) if clock else None
    except UsageError as error:
        raise fail(error.message) from error
    return Measured(
        line=line,
        model=path.parent / model if model else None,
        input=source,
        firmware=path.parent / firmware if firmware else None,
        benchmark=benchmark,
        clock_hz=clock_hz,
        joules=joules,
    )


def _run(platform: Platform, item: Measured, backend: Backend) -> Sample:
    board = str(platform.path)
    clock_hz = item.clock_hz or platform.clock.default_hz
    if item.model is not None:
        inputs = [] if item.input is None else [item.input]
        request = RunRequest(platform=board, model_path=item.model, inputs=inputs, clock_hz=item.clock_hz)
        return _sample(item, clock_hz, backend.run(request))
    assert item.firmware is not None
    if item.benchmark is None:
        boot_request = BootRequest(board, item.firmware, clock_hz=item.clock_hz)
        return _sample(item, clock_hz, backend.run_firmware(boot_request))
    report = backend.run_mlperf(MlperfRequest(board, item.firmware, item.benchmark, clock_hz=item.clock_hz))
    counts = _counts(report.cycles, report.instruction_mix, report.memory_events)
    return Sample(item.name, counts, report.clock_hz, item.joules)


def _sample(item: Measured, clock_hz: int, result: Result) -> Sample:
    if result.stop_reason is not StopReason.COMPLETED or result.cycles is None:
        why = result.stop_detail or str(result.stop_reason).replace("_", " ")
        raise SimulationError(f"line {item.line}: {item.name} did not finish: {why}")
    events = result.memory.events if result.memory is not None else None
    counts = _counts(result.cycles, result.instruction_mix or {}, events or {})
    return Sample(item.name, counts, clock_hz, item.joules)


def _counts(cycles: float, mix: Mapping[str, float], events: Mapping[str, float]) -> _Counts:
    return _Counts(
        cycles=round(cycles),
        class_counts=tuple(round(mix.get(kind.name.lower(), 0)) for kind in InstructionClass),
        memory_events={name: round(count) for name, count in events.items()},
    )
