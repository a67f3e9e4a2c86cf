"""Words of an image for the user information registers (UICR) of an nRF52, which are no memory."""

from __future__ import annotations

from sim.image.image import Segment
from sim.platform import Platform
from sim.platform.names import PeripheralFamily

_OFFSET, _SIZE_BYTES = 0x1000, 0x1000  # behind the factory's registers


def split_user_registers(
    segments: tuple[Segment, ...], platform: Platform
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return what goes into memory, and what into the user registers of a board that has them."""
    starts = [p.base + _OFFSET for p in platform.peripherals if p.family is PeripheralFamily.NRF_INFORMATION]
    registers = tuple(
        segment
        for segment in segments
        if any(start <= segment.address and segment.end <= start + _SIZE_BYTES for start in starts)
    )
    return tuple(segment for segment in segments if segment not in registers), registers
