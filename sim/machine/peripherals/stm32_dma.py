"""STM32 DMA controllers with channels (F0, F1, G0, L4, L4+) and with streams (F7, H7).

Sources: ST CMSIS device headers (registers, bits); ST RM0432 and RM0008, chapter "Direct memory access
controller"; ST RM0385, chapter of the same name, for streams. Not modelled: double buffers, bursts,
priorities (a request is served at once), transfer errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.machine.peripherals.dma import Block, DmaMaster

Selects = Callable[[int, int], bool]
"""Whether a channel, counted from 0, with a content of its control register listens to a request."""

_EN = 1 << 0


@dataclass(frozen=True, slots=True)
class DmaLayout:
    """Where a generation has what; flags and their interrupt enables are (half, complete).

    Attributes
    ----------
    first, stride
        Offset of the first channel's registers, and distance of the next one's.
    memory_address
        Offset of the memory address within a channel, behind control, count and peripheral address.
    status, clear
        Offsets of the flag registers and of those that clear them; several share the channels.
    flag_shifts
        Where a channel's flags begin in its register.
    fifo_control
        Offset of FCR within a channel, where there is one.
    """

    first: int
    stride: int
    memory_address: int
    status: Sequence[int]
    clear: Sequence[int]
    flag_shifts: Sequence[int]
    half_flag: int
    complete_flag: int
    all_flags: int
    half_enable: int
    complete_enable: int
    direction_bit: int
    memory_to_memory: int
    circular: int
    peripheral_increment: int
    memory_increment: int
    peripheral_size_bit: int
    memory_size_bit: int
    disables_itself: bool
    fifo_control: int | None


CHANNELS = DmaLayout(
    first=0x08,
    stride=0x14,
    memory_address=0x0C,
    status=(0x00,),
    clear=(0x04,),
    flag_shifts=(0, 4, 8, 12, 16, 20, 24, 28),
    half_flag=1 << 2,
    complete_flag=1 << 1,
    all_flags=0xF,
    half_enable=1 << 2,
    complete_enable=1 << 1,
    direction_bit=4,
    memory_to_memory=1 << 14,
    circular=1 << 5,
    peripheral_increment=1 << 6,
    memory_increment=1 << 7,
    peripheral_size_bit=8,
    memory_size_bit=10,
    disables_itself=False,
    fifo_control=None,
)
STREAMS = DmaLayout(
    first=0x10,
    stride=0x18,
    memory_address=0x0C,
    status=(0x00, 0x04),
    clear=(0x08, 0x0C),
    flag_shifts=(0, 6, 16, 22),
    half_flag=1 << 4,
    complete_flag=1 << 5,
    all_flags=0x3D,
    half_enable=1 << 3,
    complete_enable=1 << 4,
    direction_bit=6,
    memory_to_memory=1 << 7,
    circular=1 << 8,
    peripheral_increment=1 << 9,
    memory_increment=1 << 10,
    peripheral_size_bit=11,
    memory_size_bit=13,
    disables_itself=True,
    fifo_control=0x14,
)
_CONTROL, _COUNT, _PERIPHERAL = 0x00, 0x04, 0x08
_FIFO_RESET = 0x21  # empty, half a FIFO as its threshold


class Stm32Dma:
    """One controller.

    Parameters
    ----------
    interrupts
        Set the level of each channel's interrupt; as many as there are channels.
    selects
        Which requests a channel listens to.
    """

    size_bytes = 0x400

    def __init__(
        self,
        name: str,
        base: int,
        layout: DmaLayout,
        interrupts: Sequence[Callable[[bool], None]],
        master: DmaMaster,
        selects: Selects,
    ) -> None:
        self.name = name
        self.base = base
        self._layout = layout
        self._interrupts = interrupts
        self._master = master
        self._selects = selects
        self._registers: dict[int, int] = {}
        if layout.fifo_control is not None:
            first = layout.first + layout.fifo_control
            for channel in range(len(interrupts)):
                self._registers[first + channel * layout.stride] = _FIFO_RESET
        self._flags = [0] * len(interrupts)
        self._blocks: dict[int, Block] = {}

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register."""
        del now_cycles
        if offset in self._layout.status:
            return self._status(self._layout.status.index(offset))
        channel, register = self._place(offset)
        if register == _COUNT and channel in self._blocks:
            return self._blocks[channel].count
        return self._registers.get(offset, 0)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register; switching a channel on starts it."""
        layout = self._layout
        if offset in layout.clear:
            self._clear(layout.clear.index(offset), value)
            return
        if offset in layout.status:
            return
        before = self._registers.get(offset, 0)
        self._registers[offset] = after = before & ~mask | value
        channel, register = self._place(offset)
        if register != _CONTROL or not 0 <= channel < len(self._interrupts):
            return
        if after & _EN and not before & _EN:
            self._start(channel, now_cycles)
        elif before & _EN and not after & _EN:
            block = self._blocks.pop(channel, None)
            if block is not None:
                self._registers[offset + _COUNT] = block.count
        self._update_interrupt(channel)

    def serve(self, request: int, now_cycles: int) -> bool:
        """Move one item for a request; whether a channel was there to do it."""
        for channel, block in self._blocks.items():
            if block.count and self._selects(channel, request):
                self._step(channel, now_cycles)
                return True
        return False

    def control(self, channel: int) -> int:
        """Return the control register of a channel."""
        return self._registers.get(self._layout.first + channel * self._layout.stride, 0)

    def next_event_cycles(self) -> int | None:
        """Return None: peripherals ask for every item."""
        return None

    def run_events(self, now_cycles: int) -> None:
        """Do nothing: peripherals ask for every item."""

    def _place(self, offset: int) -> tuple[int, int]:
        return divmod(offset - self._layout.first, self._layout.stride)

    def _start(self, channel: int, now_cycles: int) -> None:
        block = self._blocks[channel] = self._block(channel)
        if self.control(channel) & self._layout.memory_to_memory:
            while block.count:
                self._step(channel, now_cycles)
        else:
            self._master.poll_clients(now_cycles)

    def _block(self, channel: int) -> Block:
        layout = self._layout
        start = layout.first + channel * layout.stride
        control = self.control(channel)
        total = self._registers.get(start + _COUNT, 0) & 0xFFFF
        peripheral_bytes = 1 << (control >> layout.peripheral_size_bit & 3)
        memory_bytes = 1 << (control >> layout.memory_size_bit & 3)
        peripheral = (
            self._registers.get(start + _PERIPHERAL, 0),
            peripheral_bytes,
            peripheral_bytes if control & layout.peripheral_increment else 0,
        )
        memory = (
            self._registers.get(start + layout.memory_address, 0),
            memory_bytes,
            memory_bytes if control & layout.memory_increment else 0,
        )
        source, target = (memory, peripheral) if control >> layout.direction_bit & 1 else (peripheral, memory)
        return Block(*source, *target, total, total)

    def _step(self, channel: int, now_cycles: int) -> None:
        layout, block = self._layout, self._blocks[channel]
        block.step(self._master, now_cycles)
        if block.is_half_done:
            self._flags[channel] |= layout.half_flag
        if not block.count:
            self._flags[channel] |= layout.complete_flag
            if self.control(channel) & layout.circular:
                self._blocks[channel] = self._block(channel)
            elif layout.disables_itself:
                start = layout.first + channel * layout.stride
                self._registers[start] &= ~_EN
                self._registers[start + _COUNT] = 0
                del self._blocks[channel]
        self._update_interrupt(channel)

    def _status(self, group: int) -> int:
        size = len(self._layout.flag_shifts)
        flags = self._flags[group * size : (group + 1) * size]
        value = 0
        for channel_flags, shift in zip(flags, self._layout.flag_shifts, strict=False):
            any_flag = 1 if channel_flags and not self._layout.disables_itself else 0  # GIF of channels
            value |= (channel_flags | any_flag) << shift
        return value

    def _clear(self, group: int, value: int) -> None:
        size = len(self._layout.flag_shifts)
        for index, shift in enumerate(self._layout.flag_shifts):
            channel = group * size + index
            if channel < len(self._flags):
                cleared = value >> shift & self._layout.all_flags
                if cleared & 1 and not self._layout.disables_itself:
                    cleared = self._layout.all_flags  # CGIF
                self._flags[channel] &= ~cleared
                self._update_interrupt(channel)

    def _update_interrupt(self, channel: int) -> None:
        layout, control, flags = self._layout, self.control(channel), self._flags[channel]
        half = control & layout.half_enable and flags & layout.half_flag
        complete = control & layout.complete_enable and flags & layout.complete_flag
        self._interrupts[channel](bool(half or complete))
