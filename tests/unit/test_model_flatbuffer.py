from __future__ import annotations

import flatbuffers  # type: ignore[import-untyped, unused-ignore]
import numpy as np
import pytest

from sim.errors import ModelError
from sim.model.flatbuffer import FlatBuffer


def shared_tables(tables: int, numbers: int) -> bytes:
    """A root table with a vector of one and the same table, which holds a vector of numbers."""
    fb = flatbuffers.Builder(1024)
    values = fb.CreateNumpyVector(np.zeros(numbers, np.int32))
    fb.StartObject(1)
    fb.PrependUOffsetTRelativeSlot(0, values, 0)
    table = fb.EndObject()
    fb.StartVector(4, tables, 4)
    for _ in range(tables):
        fb.PrependUOffsetTRelative(table)
    vector = fb.EndVector()
    fb.StartObject(1)
    fb.PrependUOffsetTRelativeSlot(0, vector, 0)
    fb.Finish(fb.EndObject(), b"TEST")
    return bytes(fb.Output())


def read(data: bytes) -> int:
    tables = FlatBuffer(data).root(b"TEST", "the file").tables(0, "table")
    return sum(numbers.size for t in tables if (numbers := t.numbers(0, "int32", "numbers")) is not None)


def test_shared_tables_are_read() -> None:
    assert read(shared_tables(3, 5)) == 15


def test_a_small_file_that_describes_an_enormous_one_is_refused() -> None:
    data = shared_tables(5000, 5000)  # 40 kB that stand for 100 MB
    with pytest.raises(ModelError, match="over and over"):
        read(data)


def test_every_single_byte_may_be_wrong() -> None:
    data = shared_tables(3, 5)
    outcomes = set()
    for position in range(len(data)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            changed = bytearray(data)
            changed[position] = value
            try:
                read(bytes(changed))
                outcomes.add("read")
            except ModelError:
                outcomes.add("refused")
    assert outcomes == {"read", "refused"}
