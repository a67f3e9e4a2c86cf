"""USB device of RP2040, at a host that opens its serial port. Source: RP2040 datasheet, section 4.1."""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.registers import RegisterBank
from sim.machine.peripherals.usb_cdc_host import CdcHost

_MAIN_CTRL, _SOF_RD, _SIE_CTRL, _SIE_STATUS = 0x40, 0x48, 0x4C, 0x50
_BUFF_STATUS, _BUFF_NUMBER, _ABORT, _ABORT_DONE = 0x58, 0x5C, 0x60, 0x64
_STALL_ARM, _STALL_NAK = 0x68, 0x70
_INTR, _INTE, _INTF, _INTS = 0x8C, 0x90, 0x94, 0x98
_CLEARED_BY_ONES = (_SIE_STATUS, _BUFF_STATUS, _ABORT_DONE, _STALL_NAK)
_ENABLE, _PULL_UP = 1 << 0, 1 << 16
_CONNECTED, _SETUP_RECEIVED, _BUS_RESET = 1 << 16, 1 << 17, 1 << 19
_INT_BUFFER, _INT_BUS_RESET, _INT_SETUP, _INT_SOF = 1 << 4, 1 << 12, 1 << 16, 1 << 17

_BUFFER_CONTROLS = range(0x80, 0x100)
_CONTROL_BUFFER = 0x100
_LENGTH, _AVAILABLE, _STALL, _RESET_BUFFER, _FULL = 0x3FF, 1 << 10, 1 << 11, 1 << 12, 1 << 15
_DOUBLE_BUFFERED = 1 << 30
_TELL_OF_BOTH = _DOUBLE_BUFFERED | 1 << 28
_BUFFER_BYTES = 64

_CONNECT_SECONDS = 0.02
_PACKET_SECONDS = 60e-6  # 64 bytes with all that surrounds them, at 12 Mbit/s
_FRAME_SECONDS = 1e-3


class Rp2040UsbMemory(RegisterBank):
    """The memory that the controller shares with the core.

    Attributes
    ----------
    on_buffer
        Called with the cycle count when firmware has written to the control word of a buffer.
    """

    def __init__(self, name: str, base: int) -> None:
        super().__init__(name, base, 0x1000)
        self.on_buffer: Callable[[int], None] = lambda _now: None

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store bytes."""
        super().write(offset, value, mask, now_cycles)
        if offset in _BUFFER_CONTROLS:
            self.on_buffer(now_cycles)

    def load(self, offset: int, size_bytes: int) -> bytes:
        """Return bytes from a word boundary on."""
        words = (self.values.get(offset + at, 0) for at in range(0, size_bytes, 4))
        return b"".join(word.to_bytes(4, "little") for word in words)[:size_bytes]

    def store(self, offset: int, data: bytes) -> None:
        """Store whole words from a word boundary on; the last one is filled up with zeros."""
        for at in range(0, len(data), 4):
            self.values[offset + at] = int.from_bytes(data[at : at + 4], "little")


class Rp2040Usb:
    """The controller as a device, and the serial port that the host finds in it.

    Parameters
    ----------
    memory
        Its memory.
    interrupt
        Sets the level of its interrupt line.
    core_hz
        Returns core cycles per second.
    """

    size_bytes = 0x4000

    def __init__(
        self,
        name: str,
        base: int,
        memory: Rp2040UsbMemory,
        interrupt: Callable[[bool], None],
        core_hz: Callable[[], float],
    ) -> None:
        self.name = name
        self.base = base
        self.sent = bytearray()
        self.on_sent: Callable[[], None] | None = None
        self._memory = memory
        self._interrupt = interrupt
        self._core_hz = core_hz
        self._registers: dict[int, int] = {}
        self._next_buffers: dict[int, int] = {}
        self._host: CdcHost | None = None
        self._typed = bytearray()  # what waits for a host
        self._due: int | None = None
        self._frame_due: int | None = None
        self._frame = 0
        self._has_frame = False
        memory.on_buffer = self._look_soon

    # -- registers -------------------------------------------------------------------------------------------

    def read(self, offset: int, now_cycles: int) -> int:
        """Return a register; reading the number of the frame takes note of it."""
        del now_cycles
        register = offset & 0xFFF
        if register == _INTR:
            return self._raised
        if register == _INTS:
            return self._raised & self._value(_INTE) | self._value(_INTF)
        if register == _SOF_RD:
            self._has_frame = False
            self._update_interrupt()
            return self._frame & 0x7FF
        return self._value(_ABORT) if register == _ABORT_DONE else self._value(register)

    def write(self, offset: int, value: int, mask: int, now_cycles: int) -> None:
        """Store into a register, or flip, set or clear its bits."""
        del mask
        alias, register = offset >> 12, offset & 0xFFF
        before = self._value(register)
        if register in _CLEARED_BY_ONES:
            value = before & ~value
        else:
            value = (value, before ^ value, before | value, before & ~value)[alias]
        self._registers[register] = value
        if register in (_MAIN_CTRL, _SIE_CTRL):
            self._connect(now_cycles)
        elif register == _INTE:
            wants_frames = self._host is not None and value & _INT_SOF
            self._frame_due = (
                (self._frame_due or self._after(now_cycles, _FRAME_SECONDS)) if wants_frames else None
            )
        self._update_interrupt()

    def next_event_cycles(self) -> int | None:
        """Return when the host does something, or a frame begins that firmware wants to know of."""
        return min((due for due in (self._due, self._frame_due) if due is not None), default=None)

    def run_events(self, now_cycles: int) -> None:
        """Let the host do what is due."""
        if self._frame_due is not None and now_cycles >= self._frame_due:
            self._frame += 1
            self._has_frame = True
            self._frame_due = self._after(now_cycles, _FRAME_SECONDS)
        if self._due is not None and now_cycles >= self._due:
            self._due = None
            if self._host is None:
                self._host = CdcHost(self)
            self._host.waiting += self._typed
            self._typed.clear()
            if self._host.step():
                self._due = self._after(now_cycles, _PACKET_SECONDS)
            self._pass_on(self._host)
        self._update_interrupt()

    # -- the serial port -------------------------------------------------------------------------------------

    @property
    def sending_until_cycles(self) -> int:
        """When the last byte so far has left: what the host has, has left."""
        return 0

    def feed(self, data: bytes, now_cycles: int) -> None:
        """Send bytes to the port, as soon as it has been opened."""
        self._typed += data
        if self._host is not None:
            self._look_soon(now_cycles)

    def _pass_on(self, host: CdcHost) -> None:
        for byte in host.received:
            self.sent.append(byte)
            if self.on_sent is not None:
                self.on_sent()
        host.received.clear()

    # -- what the host sees of the device --------------------------------------------------------------------

    def reset(self) -> None:
        """Reset the bus."""
        self._registers[_SIE_STATUS] = self._value(_SIE_STATUS) | _CONNECTED | _BUS_RESET

    def setup(self, packet: bytes) -> None:
        """Begin a control transfer."""
        self._memory.store(0, packet)
        self._registers[_STALL_ARM] = 0
        self._registers[_SIE_STATUS] = self._value(_SIE_STATUS) | _SETUP_RECEIVED

    def take(self, endpoint: int) -> bytes | None:
        """Return the next packet from an endpoint; None while it has none."""
        found = self._ready_buffer(endpoint, is_out=False)
        if found is None:
            return None
        number, control = found
        packet = self._memory.load(self._buffer(endpoint, number, is_out=False), control & _LENGTH)
        self._finish(endpoint, number, control & ~(_AVAILABLE | _FULL), is_out=False)
        return packet

    def give(self, endpoint: int, packet: bytes) -> bool:
        """Send a packet to an endpoint; whether it took it."""
        found = self._ready_buffer(endpoint, is_out=True)
        if found is None:
            return False
        number, control = found
        self._memory.store(self._buffer(endpoint, number, is_out=True), packet)
        control = control & ~(_AVAILABLE | _LENGTH) | _FULL | len(packet)
        self._finish(endpoint, number, control, is_out=True)
        return True

    def is_stalled(self) -> bool:
        """Whether the device refuses the present control transfer."""
        controls = self._memory.values.get(0x80, 0) | self._memory.values.get(0x84, 0)
        return bool(self._value(_STALL_ARM) and controls & _STALL)

    # -- inside ----------------------------------------------------------------------------------------------

    def _ready_buffer(self, endpoint: int, *, is_out: bool) -> tuple[int, int] | None:
        """Return number and control of the buffer whose turn it is, if firmware has handed it over."""
        line = 2 * endpoint + is_out
        if self._value(_BUFF_STATUS) >> line & 1:
            return None  # firmware has not looked at the one before
        word = self._memory.values.get(0x80 + 4 * line, 0)
        if word & _RESET_BUFFER:
            self._next_buffers[line] = 0
        is_double = self._endpoint_control(endpoint, is_out) & _DOUBLE_BUFFERED
        number = self._next_buffers.get(line, 0) if is_double else 0
        control = word >> 16 * number & 0xFFFF
        is_ready = control & _AVAILABLE and not control & _STALL and bool(control & _FULL) != is_out
        return (number, control) if is_ready else None

    def _finish(self, endpoint: int, number: int, control: int, *, is_out: bool) -> None:
        """Hand a buffer back to firmware."""
        line = 2 * endpoint + is_out
        word = self._memory.values[0x80 + 4 * line]
        shift = 16 * number
        self._memory.values[0x80 + 4 * line] = word & ~(0xFFFF << shift) | (control & ~_RESET_BUFFER) << shift
        self._next_buffers[line] = 1 - number
        if not number and self._endpoint_control(endpoint, is_out) & _TELL_OF_BOTH == _TELL_OF_BOTH:
            return  # firmware wants to know when the other one is finished too
        self._registers[_BUFF_STATUS] = self._value(_BUFF_STATUS) | 1 << line
        self._registers[_BUFF_NUMBER] = self._value(_BUFF_NUMBER) & ~(1 << line) | number << line

    def _endpoint_control(self, endpoint: int, is_out: bool) -> int:
        return self._memory.values.get(8 * endpoint + 4 * is_out, 0) if endpoint else 0

    def _buffer(self, endpoint: int, number: int, *, is_out: bool) -> int:
        if not endpoint:
            return _CONTROL_BUFFER
        return (self._endpoint_control(endpoint, is_out) & 0xFFC0) + number * _BUFFER_BYTES

    def _connect(self, now_cycles: int) -> None:
        """Note that the device shows itself on the bus, or leaves it."""
        if not (self._value(_MAIN_CTRL) & _ENABLE and self._value(_SIE_CTRL) & _PULL_UP):
            self._host, self._due, self._frame_due = None, None, None
        elif self._host is None and self._due is None:
            self._due = self._after(now_cycles, _CONNECT_SECONDS)

    def _look_soon(self, now_cycles: int) -> None:
        if self._host is not None and self._due is None:
            self._due = self._after(now_cycles, _PACKET_SECONDS)

    def _after(self, now_cycles: int, seconds: float) -> int:
        return now_cycles + max(1, round(seconds * self._core_hz()))

    @property
    def _raised(self) -> int:
        status = self._value(_SIE_STATUS)
        return (
            (_INT_BUFFER if self._value(_BUFF_STATUS) else 0)
            | (_INT_BUS_RESET if status & _BUS_RESET else 0)
            | (_INT_SETUP if status & _SETUP_RECEIVED else 0)
            | (_INT_SOF if self._has_frame else 0)
        )

    def _value(self, register: int) -> int:
        return self._registers.get(register, 0)

    def _update_interrupt(self) -> None:
        self._interrupt(bool(self._raised & self._value(_INTE) | self._value(_INTF)))
