"""Intel HEX (Intel Hexadecimal Object File Format Specification, revision A, 1988)."""

from __future__ import annotations

from sim.errors import ImageError
from sim.image.image import Segment
from sim.image.merge import merge

_DATA, _END, _SEGMENT_ADDRESS, _SEGMENT_START, _LINEAR_ADDRESS, _LINEAR_START = range(6)
_OVERHEAD_BYTES = 5
_HINT = "write the file again, for example with `objcopy -O ihex`"


def parse_hex(data: bytes, origin: str) -> tuple[Segment, ...]:
    """Read an Intel HEX file.

    Returns
    -------
    tuple of Segment
        Contiguous stretches, in order of address.

    Raises
    ------
    ImageError
        A record is malformed, two records overlap, or the file has no end record.
    """
    stretches: list[tuple[int, bytearray]] = []
    upper = 0
    for number, line in enumerate(data.split(), 1):
        kind, offset, content = _record(line, f"{origin}, line {number}")
        if kind == _END:
            return merge(stretches, origin, _HINT)
        if kind == _LINEAR_ADDRESS:
            upper = int.from_bytes(content, "big") << 16
        elif kind == _SEGMENT_ADDRESS:
            upper = int.from_bytes(content, "big") << 4
        elif kind == _DATA:
            address = upper + offset
            if stretches and stretches[-1][0] + len(stretches[-1][1]) == address:
                stretches[-1][1].extend(content)
            else:
                stretches.append((address, bytearray(content)))
        elif kind not in (_SEGMENT_START, _LINEAR_START):
            raise ImageError(f"{origin}, line {number}: unknown record type {kind}", _HINT)
    raise ImageError(f"{origin} has no end record: it is truncated", _HINT)


def _record(line: bytes, origin: str) -> tuple[int, int, bytes]:
    """Return type, offset and content of one record."""
    try:
        raw = bytes.fromhex(line[1:].decode("ascii"))
    except ValueError:
        raise ImageError(f"{origin}: is no Intel HEX record", _HINT) from None
    if line[:1] != b":" or len(raw) < _OVERHEAD_BYTES or len(raw) != raw[0] + _OVERHEAD_BYTES:
        raise ImageError(f"{origin}: is no complete Intel HEX record", _HINT)
    if sum(raw) & 0xFF:
        raise ImageError(f"{origin}: the checksum is wrong", _HINT)
    return raw[3], int.from_bytes(raw[1:3], "big"), raw[4:-1]
