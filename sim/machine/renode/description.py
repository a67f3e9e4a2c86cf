"""Boards as Renode's platform descriptions (.repl), written from their platform files.

``python -m sim.machine.renode.description`` rewrites the descriptions that come with the bundled boards.
"""

from __future__ import annotations

from sim.platform import Memory, Platform, load_platform, platform_ids
from sim.platform.description import Uart
from sim.platform.names import UartFamily
from sim.resources import data_path

_CPU_TYPES = {
    "cortex-m0": "cortex-m0",
    "cortex-m0plus": "cortex-m0+",
    "cortex-m3": "cortex-m3",
    "cortex-m4f": "cortex-m4f",
    "cortex-m7f": "cortex-m7",
    "cortex-m33f": "cortex-m33",
    "cortex-m55": "cortex-m55",
}
_UART_TYPES = {
    "stm32-usart-v1": "UART.STM32_UART",
    "stm32-usart-v2": "UART.STM32F7_USART",
    "stm32-lpuart": "UART.STM32F7_USART",
    "nrf-uarte": "UART.NRF52840_UART",
    "pl011": "UART.PL011",
    "cmsdk-uart": "UART.CMSDK_APB_UART",
}
_CLOCKED_UART_TYPES = frozenset({"UART.STM32F7_USART", "UART.CMSDK_APB_UART"})
_UART_OUTPUTS = {"UART.CMSDK_APB_UART": "RxInterrupt"}  # the others call their interrupt line IRQ
# Offset of a register, and its bits that are set while firmware receives: USART_CR1 (RM0008, RM0432: RE and
# UE), UARTCR (PL011 TRM: RXE and UARTEN), CTRL (CMSDK TRM: RX enable), RXD.PTR (nRF52840 PS: where EasyDMA
# shall write, in RAM).
_RECEIVER_SWITCHES = {
    UartFamily.STM32_SR_DR: (0x0C, 1 << 13 | 1 << 2),
    UartFamily.STM32_ISR_RDR_TDR: (0x00, 1 << 2 | 1 << 0),
    UartFamily.STM32_LPUART: (0x00, 1 << 2 | 1 << 0),
    UartFamily.PL011: (0x30, 1 << 9 | 1 << 0),
    UartFamily.CMSDK: (0x08, 1 << 1),
    UartFamily.NRF_UARTE: (0x534, 0x2000_0000),
}
_OLD_UART_TYPES = frozenset({"UART.STM32_UART", "UART.STM32F7_USART"})
_SIZED_UART_TYPES = frozenset({"UART.STM32_UART"})  # these do not say their size themselves


def describe_board(board: Platform, clock_hz: int | None = None, *, old_renode: bool = False) -> str:
    """Return a description of core, memories, interrupt controller and serial ports.

    Parameters
    ----------
    board
        The board.
    clock_hz
        Core clock in Hz; None for the board's own.
    old_renode
        Leave out what Renode before 1.13 does not know: parameters of the interrupt controller and of serial
        ports, and some serial ports altogether.
    """
    clock_hz = board.clock.default_hz if clock_hz is None else clock_hz
    mask = 0xFF << 8 - board.priority_bits & 0xFF
    parts = [
        f"// {board.name} for Renode: core, memories, interrupt controller, serial ports; "
        f"{board.id}.toml has the sources.",
        _entry(
            "cpu",
            "CPU.CortexM @ sysbus",
            f'cpuType: "{_CPU_TYPES[board.core]}"',
            "nvic: nvic",
            f"PerformanceInMips: {max(1, clock_hz // 1_000_000)}",
        ),
        _entry(
            "nvic",
            "IRQControllers.NVIC @ sysbus 0xE000E000",
            None if old_renode else f"priorityMask: 0x{mask:02X}",
            f"systickFrequency: {clock_hz}",
            "IRQ -> cpu@0",
        ),
        *(_memory(board, memory) for memory in board.memories if memory.alias_of is None),
    ]
    for uart in described_uarts(board, old_renode=old_renode):
        parts.append(_uart(uart, _UART_TYPES[uart.family.value], clock_hz, old_renode=old_renode))
    return "\n\n".join(parts) + "\n"


def described_uarts(board: Platform, *, old_renode: bool = False) -> list[Uart]:
    """Return the serial ports that Renode has models of."""
    known = _OLD_UART_TYPES if old_renode else frozenset(_UART_TYPES.values())
    return [uart for uart in board.uarts if _UART_TYPES.get(uart.family.value) in known]


def receiver_switches(uart: Uart) -> tuple[int, int]:
    """Return the address of a register, and the bits that are all set there while firmware receives."""
    offset, switches = _RECEIVER_SWITCHES[uart.family]
    return uart.base + offset, switches


def _entry(name: str, kind: str, *lines: str | None) -> str:
    return "\n    ".join([f"{name}: {kind}", *(line for line in lines if line is not None)])


def _memory(board: Platform, memory: Memory) -> str:
    bases = [memory.base, *(other.base for other in board.memories if other.alias_of == memory.name)]
    places = [f"sysbus {base:#010x}" for base in bases]
    place = places[0] if len(places) == 1 else f"{{ {'; '.join(places)} }}"
    return _entry(
        memory.name.replace("-", "_"), f"Memory.MappedMemory @ {place}", f"size: {memory.size_bytes:#x}"
    )


def _uart(uart: Uart, kind: str, clock_hz: int, *, old_renode: bool) -> str:
    place = f"<{uart.base:#010x}, +0x100>" if kind in _SIZED_UART_TYPES else f"{uart.base:#010x}"
    parameters = []
    if not old_renode:
        if kind in _CLOCKED_UART_TYPES:
            parameters.append(f"frequency: {clock_hz}")
        if uart.family is UartFamily.STM32_LPUART:
            parameters.append("lowPowerMode: true")
        if uart.family is UartFamily.NRF_UARTE:
            parameters.append("easyDMA: true")
    return _entry(
        uart.name,
        f"{kind} @ sysbus {place}",
        *parameters,
        f"{_UART_OUTPUTS.get(kind, 'IRQ')} -> nvic@{uart.irq}",
    )


def main() -> None:
    """Write the descriptions of the bundled boards."""
    for identifier in platform_ids():
        path = data_path("platforms") / f"{identifier}.repl"
        path.write_text(describe_board(load_platform(identifier)), encoding="utf-8")


if __name__ == "__main__":
    main()
