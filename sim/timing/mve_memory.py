"""Decoding of the vector loads and stores of Armv8.1-M.

Source of the encodings: Arm DDI 0553, Armv8-M Architecture Reference Manual, chapter C2.
"""

from __future__ import annotations

from typing import Any, Final

from sim.timing.instruction import FIRST_S_REGISTER, InstructionClass

_MASK: Final = 0xEE40_0E00
_BITS: Final = 0xEC00_0E00
_DATA_PATH_BYTES: Final = 8  # of a Cortex-M55
_VECTOR_BYTES: Final = 16
_SIZE_NAMES: Final = "bhwd"


def vector_registers(number: int) -> frozenset[int]:
    """Return the single-precision registers that make up the vector register in the lowest three bits."""
    first = FIRST_S_REGISTER + 4 * (number & 7)
    return frozenset(range(first, first + 4))


def read_vector_memory(word: int) -> dict[str, Any] | None:
    """Return the facts of :class:`~sim.timing.instruction.Instruction` about a load or store, or None."""
    if word & _MASK != _BITS:
        return None
    is_plain = bool(word >> 12 & 1)  # otherwise it widens or narrows, or takes a vector of offsets
    is_indexed, writes_back = bool(word >> 24 & 1), bool(word >> 21 & 1)
    if word >> 28 & 1 and is_plain:
        return _with_vector_of_addresses(word) if is_indexed else _interleaved(word)
    if is_indexed or writes_back:
        return _contiguous(word, is_plain)
    if word >> 23 & 1 and not is_plain:
        return _with_vector_of_offsets(word)
    return None


def _contiguous(word: int, is_plain: bool) -> dict[str, Any]:
    lane_size = word >> 7 & 3
    size = lane_size if is_plain else word >> 19 & 1
    base = word >> 16 & (0xF if is_plain else 0x7)
    distance = (word & 0x7F) << size
    is_indexed = bool(word >> 24 & 1)
    access_bytes = min(_DATA_PATH_BYTES, (_VECTOR_BYTES >> lane_size << size) // 2)
    facts = _facts(word, "r" + _SIZE_NAMES[size], vector_registers(word >> 13), frozenset({base}))
    facts["offset"] = (distance if word >> 23 & 1 else -distance) if is_indexed else 0
    return _transfer(facts, 2, access_bytes, base, writes_back=bool(word >> 21 & 1))


def _with_vector_of_offsets(word: int) -> dict[str, Any]:
    size = (word >> 6 & 1) << 1 | word >> 4 & 1
    base = word >> 16 & 0xF
    addresses = frozenset({base}) | vector_registers(word >> 1)
    facts = _facts(word, "r" + _SIZE_NAMES[size], vector_registers(word >> 13), addresses)
    return _transfer(facts, _VECTOR_BYTES >> (word >> 7 & 3), 1 << size, base)


def _with_vector_of_addresses(word: int) -> dict[str, Any]:
    size = 3 if word >> 8 & 1 else 2
    addresses = vector_registers(word >> 17)
    facts = _facts(word, "r" + _SIZE_NAMES[size], vector_registers(word >> 13), addresses)
    if word >> 21 & 1:
        facts["writes"] |= addresses
    return _transfer(facts, _VECTOR_BYTES >> size, 1 << size, None)


def _interleaved(word: int) -> dict[str, Any]:
    count = 4 if word & 1 else 2
    base = word >> 16 & 0xF
    vectors = frozenset[int]().union(*(vector_registers((word >> 13) + number) for number in range(count)))
    facts = _facts(word, f"{count}{word >> 5 & 3}", vectors, frozenset({base}))
    facts["offset"] = 0
    return _transfer(facts, 2, _DATA_PATH_BYTES, base, writes_back=bool(word >> 21 & 1))


def _facts(word: int, suffix: str, vectors: frozenset[int], addresses: frozenset[int]) -> dict[str, Any]:
    is_load = bool(word >> 20 & 1)
    return {
        "mnemonic": ("vld" if is_load else "vst") + suffix,
        "kind": InstructionClass.LOAD_MULTIPLE if is_load else InstructionClass.STORE_MULTIPLE,
        "reads": addresses if is_load else addresses | vectors,
        "writes": vectors if is_load else frozenset(),
        "address_reads": addresses,
        "uses_fpu": True,
    }


def _transfer(
    facts: dict[str, Any], transfers: int, access_bytes: int, base: int | None, *, writes_back: bool = False
) -> dict[str, Any]:
    is_load = facts["kind"] is InstructionClass.LOAD_MULTIPLE
    facts["load_count" if is_load else "store_count"] = transfers
    facts |= {"access_bytes": access_bytes, "base": base, "writeback": writes_back}
    if writes_back:
        facts["writes"] |= {base}
    return facts
