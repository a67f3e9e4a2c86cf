"""A serial NOR flash, as far as start-up code and functions that write to it go.

Source: Winbond, W25Q16JV datasheet, section 8: the flash of the Raspberry Pi Pico.
"""

from __future__ import annotations

from collections.abc import Callable

PAGE_BYTES = 256
_PROGRAM, _READ, _READ_FAST, _WRITE_ENABLE, _WRITE_DISABLE = 0x02, 0x03, 0x0B, 0x06, 0x04
_READ_STATUS = {0x05: 0, 0x35: 1, 0x15: 2}
_WRITE_STATUS = {0x01: 0, 0x31: 1, 0x11: 2}
_JEDEC_ID, _UNIQUE_ID = 0x9F, 0x4B
_ERASED_BYTES = {0x20: 0x1000, 0x52: 0x8000, 0xD8: 0x1_0000}
_ADDRESSED = frozenset({_PROGRAM, _READ, _READ_FAST, *_ERASED_BYTES})
_MANUFACTURER, _DEVICE_TYPE = 0xEF, 0x40
_SERIAL_NUMBER = bytes.fromhex("b0a2d1e550000001")
_WRITE_ENABLED, _QUAD_ENABLED = 1 << 1, 1 << 1


class SpiFlash:
    """The chip on its serial lines. Writing and erasing take no time.

    Parameters
    ----------
    size_bytes
        A power of two; addresses wrap around.
    read
        Returns bytes from an offset in the array.
    write
        Stores bytes at an offset in the array.
    """

    def __init__(
        self, size_bytes: int, read: Callable[[int, int], bytes], write: Callable[[int, bytes], None]
    ) -> None:
        self._size_bytes = size_bytes
        self._read = read
        self._write = write
        self._status = [0, _QUAD_ENABLED, 0]
        self._received = bytearray()

    def exchange(self, byte: int) -> int:
        """Clock a byte in while the chip is selected, and one out."""
        self._received.append(byte)
        return self._answer(len(self._received) - 1)

    def deselect(self) -> None:
        """End a command: the chip carries out what is to be written."""
        received, self._received = bytes(self._received), bytearray()
        if not received:
            return
        command = received[0]
        if command in (_WRITE_ENABLE, _WRITE_DISABLE):
            self._set_write_enabled(command == _WRITE_ENABLE)
        elif self._status[0] & _WRITE_ENABLED and self._carry_out(command, received):
            self._set_write_enabled(False)

    def _set_write_enabled(self, enabled: bool) -> None:
        self._status[0] = self._status[0] & ~_WRITE_ENABLED | (_WRITE_ENABLED if enabled else 0)

    def _answer(self, position: int) -> int:
        """Return what goes out while the byte at a position of the command comes in."""
        command = self._received[0]
        if position == 0:
            return 0
        if command in _READ_STATUS:
            return self._status[_READ_STATUS[command]]
        if command == _JEDEC_ID:
            capacity = self._size_bytes.bit_length() - 1
            return (_MANUFACTURER, _DEVICE_TYPE, capacity)[(position - 1) % 3]
        if command == _UNIQUE_ID and position > 4:
            return _SERIAL_NUMBER[(position - 5) % len(_SERIAL_NUMBER)]
        first_data = {_READ: 4, _READ_FAST: 5}.get(command)
        if first_data is not None and position >= first_data:
            return self._read((self._address + position - first_data) % self._size_bytes, 1)[0]
        return 0

    @property
    def _address(self) -> int:
        return int.from_bytes(self._received[1:4], "big") % self._size_bytes

    def _carry_out(self, command: int, received: bytes) -> bool:
        """Write or erase; whether the command was one to do that."""
        if command in _WRITE_STATUS:
            for number, value in enumerate(received[1:], _WRITE_STATUS[command]):
                if number < len(self._status):
                    self._status[number] = value & ~_WRITE_ENABLED if number == 0 else value
            return True
        if command not in _ADDRESSED or len(received) < 4:
            return False
        address = int.from_bytes(received[1:4], "big") % self._size_bytes
        if command == _PROGRAM:
            self._program(address, received[4:])
        elif command in _ERASED_BYTES:
            size = _ERASED_BYTES[command]
            self._write(address & -size, b"\xff" * size)
        return True

    def _program(self, address: int, data: bytes) -> None:
        """Clear bits in a page, around whose end addresses wrap."""
        page = address & -PAGE_BYTES
        content = bytearray(self._read(page, PAGE_BYTES))
        for index, byte in enumerate(data):
            content[(address + index) % PAGE_BYTES] &= byte
        self._write(page, bytes(content))
