"""A bounds-checked reader of FlatBuffers: no offset is followed before it is known to stay inside the file.

Layout: https://flatbuffers.dev/internals. All numbers are little-endian. A table starts with a signed offset
back to its vtable; the vtable holds its own size, the table's size, and one 16-bit field offset per slot
(0: absent).
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.errors import ModelError

DAMAGED_HINT: Final = "the file is damaged: export the model again, or copy it again in binary mode"

_SCALARS: Final = {
    "int8": struct.Struct("<b"),
    "uint8": struct.Struct("<B"),
    "bool": struct.Struct("<?"),
    "int32": struct.Struct("<i"),
    "uint32": struct.Struct("<I"),
    "uint64": struct.Struct("<Q"),
    "float32": struct.Struct("<f"),
}
_UINT16: Final = struct.Struct("<H")


class FlatBuffer:
    """The bytes of one FlatBuffer, and how much more of it may be read.

    Tables and vectors can be shared, so a small file can describe an enormous one. Reading stops when more
    has been visited than any honest file of this size contains.

    Parameters
    ----------
    data
        The whole file.
    """

    def __init__(self, data: bytes) -> None:
        self.data: Final = data
        self._budget_bytes = 16 * len(data) + 4096

    def root(self, identifier: bytes, where: str) -> Table:
        """Check the file identifier and return the root table."""
        if len(self.data) < 8:
            raise ModelError(f"{where} is cut off: only {len(self.data)} bytes", DAMAGED_HINT)
        if self.data[4:8] != identifier:
            raise ModelError(
                f"{where} is not TensorFlow Lite: bytes 4 to 7 are {self.data[4:8]!r}, not {identifier!r}",
                "give a .tflite file, as written by the TensorFlow Lite converter",
            )
        return Table(self, self.reference(0, where), where)

    def check(self, position: int, size_bytes: int, alignment: int, where: str) -> None:
        """Raise unless `size_bytes` bytes at `position` are inside the file, and aligned."""
        if position < 0 or position + size_bytes > len(self.data):
            raise ModelError(
                f"{where} is damaged: {size_bytes} bytes at offset {position} are outside the file "
                f"({len(self.data)} bytes)",
                DAMAGED_HINT,
            )
        if position % alignment:
            raise ModelError(
                f"{where} is damaged: offset {position} is not {alignment}-byte aligned", DAMAGED_HINT
            )

    def spend(self, size_bytes: int, where: str) -> None:
        """Count `size_bytes` bytes as visited."""
        self._budget_bytes -= size_bytes
        if self._budget_bytes < 0:
            raise ModelError(f"{where} is damaged: its parts refer to each other over and over", DAMAGED_HINT)

    def uint32(self, position: int, where: str) -> int:
        """Read an aligned 32-bit word."""
        self.check(position, 4, 4, where)
        return int(_SCALARS["uint32"].unpack_from(self.data, position)[0])

    def uint16(self, position: int, where: str) -> int:
        """Read an aligned 16-bit word."""
        self.check(position, 2, 2, where)
        return int(_UINT16.unpack_from(self.data, position)[0])

    def reference(self, position: int, where: str) -> int:
        """Follow the unsigned offset stored at `position`."""
        offset = self.uint32(position, where)
        if offset == 0 or position + offset >= len(self.data):
            raise ModelError(f"{where} is damaged: offset {offset} at {position} leads nowhere", DAMAGED_HINT)
        return position + offset

    def vector(self, position: int, item_size_bytes: int, where: str) -> tuple[int, int]:
        """Check the vector whose length word is at `position`; return its items' offset and number."""
        count = self.uint32(position, where)
        self.check(position + 4, count * item_size_bytes, min(item_size_bytes, 4), where)
        return position + 4, count


class Table:
    """One table: its fields by slot number, each checked when it is read.

    Parameters
    ----------
    buffer
        The file that the table is in.
    position
        Offset of the table in the file.
    where
        What the table is, for error messages.
    """

    __slots__ = ("_buffer", "_field_count", "_position", "_vtable", "where")

    def __init__(self, buffer: FlatBuffer, position: int, where: str) -> None:
        buffer.check(position, 4, 4, where)
        vtable = position - _SCALARS["int32"].unpack_from(buffer.data, position)[0]
        vtable_size = buffer.uint16(vtable, where)
        if vtable_size < 4 or vtable_size % 2:
            raise ModelError(f"{where} is damaged: a vtable of {vtable_size} bytes", DAMAGED_HINT)
        buffer.check(vtable, vtable_size, 2, where)
        table_size = buffer.uint16(vtable + 2, where)
        if table_size < 4:
            raise ModelError(
                f"{where} is damaged: its size of {table_size} bytes is impossible", DAMAGED_HINT
            )
        buffer.check(position, table_size, 4, where)
        buffer.spend(8, where)
        self._buffer = buffer
        self._position = position
        self._vtable = vtable
        self._field_count = (vtable_size - 4) // 2
        self.where = where

    def _field(self, slot: int) -> int:
        """Return the position of a field in the file, or 0 when it is absent."""
        if slot >= self._field_count:
            return 0
        offset = int(_UINT16.unpack_from(self._buffer.data, self._vtable + 4 + 2 * slot)[0])
        return self._position + offset if offset else 0

    def has(self, slot: int) -> bool:
        """Tell whether the field is there."""
        return self._field(slot) != 0

    def number(self, slot: int, kind: str, default: int | float, name: str) -> int | float:
        """Read a scalar field; `default` is the schema's value of an absent field."""
        position = self._field(slot)
        if not position:
            return default
        scalar = _SCALARS[kind]
        self._buffer.check(position, scalar.size, min(scalar.size, 4), f"{self.where}: {name}")
        value: int | float = scalar.unpack_from(self._buffer.data, position)[0]
        return value

    def integer(self, slot: int, kind: str, default: int, name: str) -> int:
        """Read an integer field."""
        return int(self.number(slot, kind, default, name))

    def table(self, slot: int, name: str) -> Table | None:
        """Read a sub-table."""
        position = self._field(slot)
        if not position:
            return None
        where = f"{self.where}: {name}"
        return Table(self._buffer, self._buffer.reference(position, where), where)

    def tables(self, slot: int, name: str) -> list[Table]:
        """Read a vector of tables that has to be there; they are called ``name 0``, ``name 1``, etc."""
        where = f"{self.where}: {name}s"
        vector = self._vector(slot, 4, where)
        if vector is None:
            raise ModelError(f"{where} are missing", DAMAGED_HINT)
        start, count = vector
        self._buffer.spend(8 * count, where)
        return [
            Table(self._buffer, self._buffer.reference(start + 4 * i, where), f"{name} {i}")
            for i in range(count)
        ]

    def numbers(self, slot: int, dtype: str, name: str) -> npt.NDArray[np.generic] | None:
        """Read a vector of numbers without copying it."""
        item = np.dtype(dtype).newbyteorder("<")
        where = f"{self.where}: {name}"
        vector = self._vector(slot, item.itemsize, where)
        if vector is None:
            return None
        start, count = vector
        self._buffer.spend(item.itemsize * count, where)
        return np.frombuffer(self._buffer.data, dtype=item, count=count, offset=start)

    def blob(self, slot: int, name: str) -> tuple[int, int]:
        """Return where a vector of bytes starts and how long it is; (0, 0) when it is absent or empty."""
        vector = self._vector(slot, 1, f"{self.where}: {name}")
        return vector if vector is not None and vector[1] else (0, 0)

    def string(self, slot: int, name: str) -> str:
        """Read a string (empty when absent), which must end with the zero byte that C code relies on.

        Characters that do not print become question marks, so that no name can play with a terminal.
        """
        where = f"{self.where}: {name}"
        vector = self._vector(slot, 1, where)
        if vector is None:
            return ""
        start, count = vector
        self._buffer.check(start, count + 1, 1, where)
        if self._buffer.data[start + count]:
            raise ModelError(f"{where} is damaged: the text does not end with a zero byte", DAMAGED_HINT)
        self._buffer.spend(count, where)
        text = self._buffer.data[start : start + count].decode("utf-8", errors="replace")
        return "".join(c if c.isprintable() else "?" for c in text)

    def _vector(self, slot: int, item_size_bytes: int, where: str) -> tuple[int, int] | None:
        position = self._field(slot)
        if not position:
            return None
        return self._buffer.vector(self._buffer.reference(position, where), item_size_bytes, where)
