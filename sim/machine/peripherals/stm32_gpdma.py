"""STM32 general-purpose DMA of U5: channels with linked lists. Source: ST RM0456, chapter "GPDMA".

Not modelled: bursts, priorities, two-dimensional addressing, triggers, data handling (padding is with zeros).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.machine.peripherals.dma import Block, DmaMaster

_FIRST, _STRIDE = 0x50, 0x80
_LBAR, _FCR, _SR, _CR = 0x00, 0x0C, 0x10, 0x14
_TR1, _TR2, _BR1, _SAR, _DAR, _LLR = 0x40, 0x44, 0x48, 0x4C, 0x50, 0x7C
_CR_EN, _CR_RESET, _CR_SUSPEND = 1 << 0, 1 << 1, 1 << 2
_IDLE, _COMPLETE, _HALF, _SUSPENDED = 1 << 0, 1 << 8, 1 << 9, 1 << 13
_FLAGS = 0x7F00
_UPDATES = ((31, _TR1), (30, _TR2), (29, _BR1), (28, _SAR), (27, _DAR), (16, _LLR))
_SOFTWARE_REQUEST = 1 << 9
_LINK_MASK = 0xFFFC


class Stm32Gpdma:
    """One controller; parameters as for the other generations."""

    size_bytes = 0x1000

    def __init__(
        self, name: str, base: int, interrupts: Sequence[Callable[[bool], None]], master: DmaMaster
    ) -> None:
        self.name = name
        self.base = base
        self._interrupts = interrupts
        self._master = master
        self._registers: dict[int, int] = {}
        self._flags = [_IDLE] * len(interrupts)
        self._blocks: dict[int, Block] = {}

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        del now_cycles
        channel, register = divmod(offset - _FIRST, _STRIDE)
        if register == _SR and 0 <= channel < len(self._flags):
            return self._flags[channel]
        block = self._blocks.get(channel)
        if block is not None:
            if register == _BR1:
                left = block.count * block.source_bytes
                return self._registers.get(offset, 0) & ~0xFFFF | left
            if register in (_SAR, _DAR):
                return block.source if register == _SAR else block.target
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; switching a channel on starts it."""
        channel, register = divmod(offset - _FIRST, _STRIDE)
        if register == _SR:
            return
        if register == _FCR and 0 <= channel < len(self._flags):
            self._flags[channel] &= ~(value & _FLAGS)
            self._update_interrupt(channel)
            return
        self._registers[offset] = self._registers.get(offset, 0) & ~mask | value
        if register == _CR and 0 <= channel < len(self._flags):
            self._write_control(channel, now_cycles)

    def serve(self, request: int, now_cycles: int) -> bool:
        """Move one item for a request; whether a channel was there to do it."""
        for channel, block in self._blocks.items():
            if block.count and self._register(channel, _TR2) & 0x7F == request:
                self._step(channel, now_cycles)
                return True
        return False

    def next_event_cycles(self) -> int | None:
        """Return None: peripherals ask for every item."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Do nothing: peripherals ask for every item."""

    def _register(self, channel: int, register: int) -> int:
        return self._registers.get(_FIRST + channel * _STRIDE + register, 0)

    def _write_control(self, channel: int, now_cycles: int) -> None:
        offset = _FIRST + channel * _STRIDE + _CR
        control = self._registers[offset]
        if control & _CR_RESET:
            self._registers[offset] = control & ~(_CR_RESET | _CR_EN | _CR_SUSPEND)
            self._blocks.pop(channel, None)
            self._flags[channel] = _IDLE
        elif control & _CR_SUSPEND:
            self._blocks.pop(channel, None)
            self._flags[channel] |= _SUSPENDED | _IDLE
        elif control & _CR_EN and channel not in self._blocks:
            self._flags[channel] &= ~_IDLE
            if self._register(channel, _BR1) & 0xFFFF:
                self._blocks[channel] = self._block(channel)
            else:
                self._follow_link(channel)  # the first node comes from memory as well
            if self._register(channel, _TR2) & _SOFTWARE_REQUEST:
                while channel in self._blocks:
                    self._step(channel, now_cycles)
            else:
                self._master.poll_clients(now_cycles)
        self._update_interrupt(channel)

    def _block(self, channel: int) -> Block:
        control = self._register(channel, _TR1)
        source_bytes, target_bytes = 1 << (control & 3), 1 << (control >> 16 & 3)
        total = (self._register(channel, _BR1) & 0xFFFF) // source_bytes
        return Block(
            source=self._register(channel, _SAR),
            source_bytes=source_bytes,
            source_step=source_bytes if control >> 3 & 1 else 0,
            target=self._register(channel, _DAR),
            target_bytes=target_bytes,
            target_step=target_bytes if control >> 19 & 1 else 0,
            total=total,
            count=total,
        )

    def _step(self, channel: int, now_cycles: int) -> None:
        block = self._blocks[channel]
        block.step(self._master, now_cycles)
        if block.is_half_done:
            self._flags[channel] |= _HALF
        if not block.count:
            self._flags[channel] |= _COMPLETE
            self._follow_link(channel)
        self._update_interrupt(channel)

    def _follow_link(self, channel: int) -> None:
        """Load the next node of the linked list, or stop behind the last one."""
        self._blocks.pop(channel, None)
        start = _FIRST + channel * _STRIDE
        link = self._register(channel, _LLR)
        if not link:
            self._registers[start + _CR] &= ~_CR_EN
            self._registers[start + _BR1] = 0
            self._flags[channel] |= _IDLE
            return
        address = self._register(channel, _LBAR) & 0xFFFF0000 | link & _LINK_MASK
        for bit, register in _UPDATES:
            if link >> bit & 1:
                data = self._master.wiring.read_memory(address, 4)
                self._registers[start + register] = int.from_bytes(data, "little")
                address += 4
            elif register == _LLR:
                self._registers[start + register] = 0
        self._blocks[channel] = self._block(channel)

    def _update_interrupt(self, channel: int) -> None:
        enabled = self._register(channel, _CR) & _FLAGS
        self._interrupts[channel](bool(self._flags[channel] & enabled))
