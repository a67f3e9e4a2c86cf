"""Data sets of the benchmark: inputs as the device takes them, and what they are.

A folder holds raw inputs and a table ``y_labels.csv`` without heading: file name, number of classes, label,
and, where one file holds several overlapping inputs, the bytes of each and the bytes from one to the next.
Source: MLCommons and EEMBC, "EnergyRunner benchmark framework".
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from sim.errors import InputError, why_unreadable

TABLE = "y_labels.csv"
_HINT = f"a data set is a folder of raw inputs and {TABLE}: file, classes, label; if need be window, stride"


@dataclass(frozen=True, slots=True)
class LabelledInput:
    """One file of a data set, with its label.

    Attributes
    ----------
    window_bytes, stride_bytes
        Size of each input in a file that holds several, and bytes from one to the next; 0 for a file that is
        one input.
    """

    name: str
    label: int
    data: bytes
    window_bytes: int = 0
    stride_bytes: int = 0

    @property
    def windows(self) -> tuple[bytes, ...]:
        """The inputs that it holds."""
        if self.window_bytes == 0:
            return (self.data,)
        starts = range(0, len(self.data) - self.window_bytes + 1, self.stride_bytes)
        return tuple(self.data[start : start + self.window_bytes] for start in starts)

    def problem(self, input_bytes: int) -> str | None:
        """Return why it is not made of inputs of a size; None when it is."""
        if self.window_bytes and not self.stride_bytes:
            return f"windows {self.window_bytes} bytes long need a stride"
        size_bytes = self.window_bytes or len(self.data)
        if size_bytes != input_bytes or size_bytes > len(self.data):
            return f"an input of this benchmark has {input_bytes:,} bytes, not {size_bytes:,}"
        return None


def read_dataset(folder: Path, input_bytes: int, limit: int | None = None) -> list[LabelledInput]:
    """Read the files of a data set in the order of its table.

    Parameters
    ----------
    input_bytes
        Size of one input of the benchmark.
    limit
        Read no more files than this.

    Raises
    ------
    InputError
        The folder is no data set, or a file in it has another size.
    """
    table = folder / TABLE
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {str(table)!r}: {why_unreadable(error)}", _HINT) from error
    if not rows:
        raise InputError(f"{str(table)!r} lists no inputs", _HINT)
    return [_read_row(folder, line, row, input_bytes) for line, row in enumerate(rows[:limit], start=1)]


def _read_row(folder: Path, line: int, row: list[str], input_bytes: int) -> LabelledInput:
    where = f"{TABLE}, line {line}"
    name, *numbers = (cell.strip() for cell in row)
    if len(numbers) not in (2, 4) or not all(number.isdecimal() for number in numbers):
        raise InputError(f"{where}: {','.join(row)!r} is not file, classes, label", _HINT)
    _, label, window, stride = map(int, (*numbers, *("0", "0")[: 4 - len(numbers)]))
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{where}: {name!r} is not in the folder", _HINT)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{where}: cannot read {name!r}: {error.strerror}", _HINT) from error
    item = LabelledInput(name, label, data, window, stride)
    if problem := item.problem(input_bytes):
        raise InputError(f"{where}: {problem}", _HINT)
    return item
