"""The DMA controllers of an STM32, and how requests find their channels."""

from __future__ import annotations

from collections.abc import Callable

from sim.machine.peripherals.dma import DmaMaster
from sim.machine.peripherals.registers import RegisterBank
from sim.machine.peripherals.stm32_dma import CHANNELS, STREAMS, Stm32Dma
from sim.machine.peripherals.stm32_gpdma import Stm32Gpdma
from sim.machine.peripherals.wiring import Wiring
from sim.platform import Platform
from sim.platform.description import Peripheral as Description
from sim.platform.names import PeripheralFamily as Family

DMA_FAMILIES = (
    Family.STM32_DMA_CHANNELS,
    Family.STM32_DMA_STREAMS,
    Family.STM32_DMAMUX,
    Family.STM32_GPDMA,
)
_LAYOUTS = {Family.STM32_DMA_CHANNELS: CHANNELS, Family.STM32_DMA_STREAMS: STREAMS}
_STREAM_SELECT_BIT = 25  # CHSEL of SxCR
_REQUEST_MASK = 0xFF  # DMAREQ_ID; its highest bit is reserved on G0


def build_dma(
    platform: Platform, wiring: Wiring, master: DmaMaster
) -> tuple[list[Stm32Dma | Stm32Gpdma], list[RegisterBank]]:
    """Return the controllers and request multiplexers of a board.

    A request is a line of the multiplexer or of GPDMA. Without a multiplexer it is a place: 0x15 for
    channel 5 of DMA1, 0x224 for stream 2, channel 4 of DMA2.
    """
    found = [d for d in platform.peripherals if d.family in DMA_FAMILIES]
    multiplexers = [RegisterBank(d.name, d.base, 0x400) for d in found if d.family is Family.STM32_DMAMUX]
    multiplexer = multiplexers[0] if multiplexers else None
    controllers: list[Stm32Dma | Stm32Gpdma] = []
    for description in found:
        lines = [wiring.line(irq) for irq in description.irqs]
        if description.family is Family.STM32_GPDMA:
            controllers.append(Stm32Gpdma(description.name, description.base, lines, master))
        elif description.family in _LAYOUTS:
            controllers.append(_controller(description, lines, master, multiplexer))
    return controllers, multiplexers


def _controller(
    description: Description,
    lines: list[Callable[[bool], None]],
    master: DmaMaster,
    multiplexer: RegisterBank | None,
) -> Stm32Dma:
    number, first = description.options["number"], description.options["first_mux_channel"]

    def selects(channel: int, request: int) -> bool:
        if multiplexer is not None:
            return multiplexer.read(4 * (first + channel), 0) & _REQUEST_MASK == request
        if description.family is Family.STM32_DMA_CHANNELS:
            return request == number << 4 | channel + 1
        return request == number << 8 | channel << 4 | controller.control(channel) >> _STREAM_SELECT_BIT & 7

    layout = _LAYOUTS[description.family]
    controller = Stm32Dma(description.name, description.base, layout, lines, master, selects)
    return controller
