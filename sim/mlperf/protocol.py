"""The serial protocol between the MLPerf Tiny benchmark runner and a device under test.

Source: MLCommons and EEMBC, "EnergyRunner benchmark framework" and the public API of the benchmark: commands
end in ``%``, the device answers in lines that begin with ``m-`` (``e-`` for errors) and says ``m-ready``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

READY = re.compile(rb"m-ready\s")
LAP = re.compile(rb"m-lap-us-\d+\r?\n")
LAP_PREFIX = b"m-lap-us-"
INFER_START = re.compile(rb"m-infer-start-\d+\r?\n")
ENERGY_MODE = b"m-timestamp-mode-energy"
ANYTHING = re.compile(rb".")

INPUT_BYTES = {"kws": 490, "ad": 2560, "ic": 3072, "vww": 27648}
"""Bytes of one input: 49 x 10 int8, 640 float32, 32 x 32 x 3 uint8, 96 x 96 x 3 uint8."""

_NAME = re.compile(r"m-name-dut-\[(.*?)\]")
_LAP_MICROSECONDS = re.compile(r"m-lap-us-(\d+)")
_RESULTS = re.compile(r"m-results-\[(.*?)\]")
_ERROR = re.compile(r"^(e-\[.*\]|e-.*)$", re.MULTILINE)
_DATA_BYTES_PER_COMMAND = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What the device said between two prompts.

    Attributes
    ----------
    name
        Name that the firmware gives itself.
    laps_seconds
        Its timestamps.
    scores
        Elements of the output tensor.
    error
        Its complaint, if it has one.
    """

    name: str | None
    laps_seconds: tuple[float, ...]
    scores: tuple[float, ...]
    error: str | None


def parse_answer(text: str) -> Answer:
    """Read what the device said."""
    name, results, error = _NAME.search(text), _RESULTS.search(text), _ERROR.search(text)
    return Answer(
        name=name[1] if name else None,
        laps_seconds=tuple(int(lap) * 1e-6 for lap in _LAP_MICROSECONDS.findall(text)),
        scores=_numbers(results[1]) if results else (),
        error=error[1].strip() if error else None,
    )


def infer_command(iterations: int, warmups: int) -> bytes:
    """Return the command that runs inferences between two timestamps."""
    return f"infer {iterations} {warmups}%".encode()


def load_commands(data: bytes) -> list[bytes]:
    """Return the commands that fill the device's input buffer; each is answered by a prompt."""
    chunks = [data[i : i + _DATA_BYTES_PER_COMMAND] for i in range(0, len(data), _DATA_BYTES_PER_COMMAND)]
    return [f"db load {len(data)}%".encode(), *(f"db {chunk.hex()}%".encode() for chunk in chunks)]


def _numbers(text: str) -> tuple[float, ...]:
    numbers = []
    for item in text.split(","):
        try:
            numbers.append(float(item))
        except ValueError:
            return ()
    return tuple(numbers)
