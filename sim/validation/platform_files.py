"""Writes what a validation found into the ``[validation]`` tables of platform files."""

from __future__ import annotations

import re
from pathlib import Path

from sim.errors import UsageError
from sim.validation.run import Summary, Validation

_TABLE = re.compile(r"^\[validation\]\n(?:[^\[\n].*\n|\n)*", re.MULTILINE)


def update_platform_files(validation: Validation, folder: Path) -> list[Path]:
    """Replace the ``[validation]`` table of each validated board's file, and return the files.

    Raises
    ------
    UsageError
        A file is not in the folder, or has no such table.
    """
    written = []
    for summary in validation.platforms:
        if summary.mean_latency_error is None:
            continue
        path = folder / f"{summary.name}.toml"
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from error
        energy = "" if summary.mean_energy_error is None else 'energy = "validated"\n'
        note = validation_note(validation, summary)
        table = f'[validation]\nstatus = "validated"\n{energy}note = "{note}"\n'
        text, count = _TABLE.subn(lambda _match: table, text)  # noqa: B023 (used at once)
        if count != 1:
            raise UsageError(f"{str(path)!r} has {count} tables [validation], not one")
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def validation_note(validation: Validation, summary: Summary) -> str:
    """Return one sentence: how far a board's simulation is from what was measured."""
    plural = "" if summary.images == 1 else "s"
    note = f"{summary.images} measured image{plural} ({validation.source}, {validation.date}): latency"
    note += f" {100 * (summary.mean_latency_error or 0):.1f} % off on average,"
    note += f" {100 * (summary.worst_latency_error or 0):.1f} % at worst"
    if summary.mean_energy_error is not None and summary.worst_energy_error is not None:
        note += f"; energy {100 * summary.mean_energy_error:.1f} % off on average,"
        note += f" {100 * summary.worst_energy_error:.1f} % at worst"
    return note
