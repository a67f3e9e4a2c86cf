"""Finds firmware images whose behaviour on a real board was measured.

Two kinds of folder are understood: a checkout of the published MLPerf Tiny results, and a folder of one's own
with a table ``images.csv``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.errors import UsageError, why_unreadable
from sim.mlperf.protocol import INPUT_BYTES
from sim.platform import Platform
from sim.validation.published import described_variant, read_text

TABLE = "images.csv"
_COLUMNS = ("file", "platform", "benchmark", "inferences_per_second")
_ENERGY_COLUMN = "microjoules_per_inference"
_RESULTS = "closed/*/results/*/{benchmark}/performance/results.txt"
_SUFFIXES = (".elf", ".hex", ".bin")
_LONG_NAMES = {
    "ad": "anomaly_detection",
    "ic": "image_classification",
    "kws": "keyword_spotting",
    "vww": "visual_wake_words",
}
_STM32_PART = re.compile(r"STM32(\w{6})")  # line, pins and flash size, without package and temperature
_THROUGHPUT = re.compile(r"Median throughput is\s+([\d.]+)")
_ENERGY = re.compile(r"Median energy cost is\s+([\d.]+) uJ")


@dataclass(frozen=True, slots=True)
class Measurement:
    """An image and what a real board made of it.

    Attributes
    ----------
    platform
        ID of the simulated board, or the path of a platform file.
    system
        Who measured on which board, in the words of the source.
    joules
        Energy per inference; None where it was not measured.
    """

    image: Path
    platform: str
    system: str
    benchmark: str
    inferences_per_second: float
    joules: float | None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a folder holds; ``skipped`` names each published result on a known board that has no image."""

    measurements: tuple[Measurement, ...]
    skipped: tuple[str, ...]


def find_measurements(folder: Path, platforms: list[Platform]) -> Discovery:
    """Return the measured images in a folder.

    Raises
    ------
    UsageError
        The folder cannot be read, or holds nothing of the kind.
    """
    if not folder.is_dir():
        raise UsageError(f"--images: there is no directory {str(folder)!r}")
    if (folder / TABLE).is_file():
        return Discovery(tuple(_read_table(folder)), ())
    found = _search(folder, platforms)
    if not found.measurements:
        raise UsageError(
            f"{str(folder)!r} holds no measured images",
            f"give a checkout of published MLPerf Tiny results, or a folder with a table {TABLE} of "
            f"{', '.join(_COLUMNS)} and, if known, {_ENERGY_COLUMN}",
        )
    return found


def _read_table(folder: Path) -> Iterator[Measurement]:
    path = folder / TABLE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read {str(path)!r}: {why_unreadable(error)}") from error
    for number, row in enumerate(rows, start=2):
        if missing := [name for name in _COLUMNS if not row.get(name)]:
            raise UsageError(f"{path}, line {number}: nothing in column {', '.join(missing)}")
        if row["benchmark"] not in INPUT_BYTES:
            raise UsageError(
                f"{path}, line {number}: unknown benchmark {row['benchmark']!r}",
                f"it is one of {', '.join(INPUT_BYTES)}",
            )
        microjoules = _number(path, number, row.get(_ENERGY_COLUMN) or None)
        throughput = _number(path, number, row["inferences_per_second"])
        assert throughput is not None
        yield Measurement(
            image=folder / row["file"],
            platform=row["platform"],
            system=row.get("system") or folder.name,
            benchmark=row["benchmark"],
            inferences_per_second=throughput,
            joules=None if microjoules is None else microjoules * 1e-6,
        )


def _number(path: Path, line: int, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise UsageError(f"{path}, line {line}: {text!r} is no positive number")
    return number


def _search(folder: Path, platforms: list[Platform]) -> Discovery:
    measurements, skipped = [], []
    for benchmark in INPUT_BYTES:
        for results in sorted(folder.glob(_RESULTS.format(benchmark=benchmark))):
            system, submitter = results.parents[2], results.parents[4]
            platform = _platform_of(system.name, platforms)
            throughput = _last_number(_THROUGHPUT, results)
            if platform is None or throughput is None:
                continue
            title = f"{submitter.name} {system.name}"
            images = _images(submitter / "code" / system.name, benchmark)
            if len(images) != 1:
                count = "no image" if not images else f"{len(images)} images, which one is not said"
                skipped.append(f"{title} {benchmark}: {count}")
                continue
            variant = described_variant(submitter, system.name, platform.id)
            microjoules = _last_number(_ENERGY, results.parents[1] / "energy" / "results.txt")
            measurements.append(
                Measurement(
                    image=images[0],
                    platform=variant or platform.id,
                    system=title if variant is None else f"{title}, single-bank flash",
                    benchmark=benchmark,
                    inferences_per_second=throughput,
                    joules=None if microjoules is None else microjoules * 1e-6,
                )
            )
    measurements.sort(key=lambda measurement: (measurement.platform, measurement.system))
    return Discovery(tuple(measurements), tuple(skipped))


def _platform_of(system: str, platforms: list[Platform]) -> Platform | None:
    """Return the board that carries the microcontroller which a system is named after."""
    for platform in platforms:
        part = _STM32_PART.match(platform.mcu.upper())
        name = part[1] if part else platform.mcu.upper()
        if name in system.upper():
            return platform
    return None


def _images(code: Path, benchmark: str) -> list[Path]:
    names = (benchmark, _LONG_NAMES[benchmark])
    return sorted(
        path
        for path in code.rglob("*")
        if path.suffix.lower() in _SUFFIXES
        and any(part.lower() in names for part in path.relative_to(code).parts[:-1])
        and "energy" not in path.name.lower()
    )


def _last_number(pattern: re.Pattern[str], path: Path) -> float | None:
    found = pattern.findall(read_text(path))
    return float(found[-1]) if found else None
