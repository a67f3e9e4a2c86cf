"""Where the data accesses of a block go, as steps that the C extension evaluates when the block is entered.

An address is a sum of constants, registers as they stand at the entry, and values that the block itself
loads, which are looked up in memory ahead. So accesses need no callback from the emulator, and keep order.

Where that does not tell:

* An access whose base register comes from other arithmetic is taken as one that never waits; an index that
  does is taken as 0.
* A conditional access in an IT block is taken as executed.
* A value that the block stores and loads again under another name of the same address is looked up too early.
* Accesses behind one to a peripheral are accounted for when the block ends, so that the peripheral sees its
  own time.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sim.machine.embedded import _hot
from sim.machine.embedded.thumb_addresses import (
    NOTHING,
    PC,
    Access,
    Effect,
    Product,
    Sum,
    Unknown,
    UpperHalf,
    effects,
)

_STEP = struct.Struct("<BBBBBBHI")
_ENTRY_REGISTERS = 15
_ZERO = 15
_FIRST_RESULT = 16
_RESULTS = _hot.PLAN_RESULTS
_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Value:
    """``slot + (index << shift) + constant``; slots are registers at entry, zero, or results of steps."""

    slot: int = _ZERO
    index: int = _ZERO
    shift: int = 0
    constant: int = 0

    @property
    def is_simple(self) -> bool:
        """Whether at most one slot is part of it, unshifted."""
        return self.index == _ZERO

    def plus(self, constant: int) -> _Value:
        return _Value(self.slot, self.index, self.shift, self.constant + constant & _MASK)


@dataclass(slots=True)
class _Step:
    kind: int
    address: _Value
    size_bytes: int = 0
    result: int = 0  # slot that it fills
    transfer: int = 0  # how many transfers of the block come before

    def pack(self) -> bytes:
        a = self.address
        return _STEP.pack(
            self.kind, a.slot, a.index, a.shift, self.size_bytes, self.result, self.transfer, a.constant
        )


class _Planner:
    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.transfers = 0
        self._next_result = _FIRST_RESULT
        self._values: list[_Value | None] = [_Value(slot) for slot in range(_ENTRY_REGISTERS)] + [None]
        self._stored: dict[_Value, _Value | None] = {}

    def access(self, effect: Access) -> None:
        address = self._address(effect)
        if address is None:
            self._lose(() if effect.is_write else effect.registers)
        else:
            kind = _hot.STEP_WRITE if effect.is_write else _hot.STEP_READ
            for number in range(effect.count):
                place = address.plus(number * effect.size_bytes)
                self.steps.append(_Step(kind, place, effect.size_bytes, transfer=self.transfers + number))
        self.transfers += effect.count
        if effect.moves_base_bytes and effect.base != NOTHING:
            base = self._values[effect.base]
            self._values[effect.base] = None if base is None else base.plus(effect.moves_base_bytes)
        if address is not None:
            self._transfer(effect, address)
        if effect.status != NOTHING:
            self._values[effect.status] = None

    def _transfer(self, effect: Access, address: _Value) -> None:
        for number, register in enumerate(effect.registers):
            place = address.plus(number * effect.size_bytes)
            if effect.is_write:
                if effect.size_bytes == 4:
                    self._stored[place] = self._values[register]
            elif register == PC:
                continue
            elif effect.size_bytes == 4 and place in self._stored:
                self._values[register] = self._stored[place]
            else:
                kind = _hot.STEP_LOAD_SIGNED if effect.is_signed else _hot.STEP_LOAD
                self._values[register] = self._result(_Step(kind, place, effect.size_bytes))

    def sum(self, effect: Sum) -> None:
        first = self._operand(effect.first)
        second = self._operand(effect.second)
        value = None
        if first is not None and second is not None:
            value = self._add(first, second, effect.shift)
        self._values[effect.destination] = None if value is None else value.plus(effect.constant)

    def upper_half(self, effect: UpperHalf) -> None:
        value = self._values[effect.destination]
        if value is not None:
            is_constant = value.slot == value.index == _ZERO
            constant = effect.constant << 16 | value.constant & 0xFFFF
            self._values[effect.destination] = _Value(constant=constant) if is_constant else None

    def product(self, effect: Product) -> None:
        factors = [self._operand(effect.first), self._operand(effect.second)]
        addend = self._operand(effect.addend)
        one, other = (None if factor is None else self._single_slot(factor) for factor in factors)
        value = None
        if one is not None and other is not None and addend is not None:
            product = self._result(_Step(_hot.STEP_MULTIPLY, _Value(one, other)))
            value = None if product is None else self._add(addend, product, 0)
        self._values[effect.destination] = value

    def lose(self, effect: Unknown) -> None:
        self._lose(effect.registers)

    def conditional(self, effect: Effect) -> None:
        """Take an access as executed, but no other result."""
        if isinstance(effect, Access):
            self.access(effect)
            self._stored.clear()
            self._lose(() if effect.is_write else effect.registers)
            if effect.moves_base_bytes and effect.base != NOTHING:
                self._lose((effect.base,))
        else:
            self._lose(effect.registers if isinstance(effect, Unknown) else (effect.destination,))

    def pack(self) -> bytes:
        """Return the steps that an access needs."""
        needed: set[int] = set()
        kept = []
        for step in reversed(self.steps):
            if step.result and step.result not in needed:
                continue
            needed |= {step.address.slot, step.address.index}
            kept.append(step)
        return b"".join(step.pack() for step in reversed(kept))

    def _lose(self, registers: tuple[int, ...]) -> None:
        for register in registers:
            self._values[register] = None

    def _operand(self, register: int) -> _Value | None:
        return _Value() if register == NOTHING else self._values[register]

    def _address(self, effect: Access) -> _Value | None:
        base = self._operand(effect.base)
        if base is None:
            return None
        index = self._operand(effect.index)
        value = base if index is None else self._add(base, index, effect.shift)
        return None if value is None else value.plus(effect.offset)

    def _add(self, first: _Value, second: _Value, shift: int) -> _Value | None:
        if shift == 0 and first.slot == first.index == _ZERO:
            return second.plus(first.constant)
        slot: int | None
        if not first.is_simple:
            if second.slot == second.index == _ZERO:
                return first.plus(second.constant << shift)
            slot, constant = self._materialized(first), 0
        else:
            slot, constant = first.slot, first.constant
        if second.is_simple:
            index, added = second.slot, second.constant << shift
        elif second.slot == _ZERO and second.shift + shift < 32:
            index, added, shift = second.index, second.constant << shift, second.shift + shift
        else:
            materialized = self._materialized(second)
            if materialized is None:
                return None
            index, added = materialized, 0
        if slot is None:
            return None
        if index == _ZERO:
            return _Value(slot, constant=constant + added & _MASK)
        if slot == _ZERO and shift == 0:
            return _Value(index, constant=constant + added & _MASK)
        return _Value(slot, index, shift, constant + added & _MASK)

    def _single_slot(self, value: _Value) -> int | None:
        return value.slot if value.is_simple and not value.constant else self._materialized(value)

    def _materialized(self, value: _Value) -> int | None:
        result = self._result(_Step(_hot.STEP_SET, value))
        return None if result is None else result.slot

    def _result(self, step: _Step) -> _Value | None:
        """Add a step that fills a slot; None when there are no more slots."""
        if self._next_result == _FIRST_RESULT + _RESULTS:
            return None
        step.result = self._next_result
        step.transfer = self.transfers
        self._next_result += 1
        self.steps.append(step)
        return _Value(step.result)


def plan_accesses(code: bytes, address: int) -> tuple[int, bytes]:
    """Return how many data transfers a block makes, and the steps to their addresses.

    Parameters
    ----------
    code
        Bytes of the block.
    address
        Address of its first byte.
    """
    planner = _Planner()
    for effect, in_it_block in effects(code, address):
        if in_it_block:
            planner.conditional(effect)
        elif isinstance(effect, Access):
            planner.access(effect)
        elif isinstance(effect, Sum):
            planner.sum(effect)
        elif isinstance(effect, UpperHalf):
            planner.upper_half(effect)
        elif isinstance(effect, Product):
            planner.product(effect)
        else:
            planner.lose(effect)
    return planner.transfers, planner.pack()
