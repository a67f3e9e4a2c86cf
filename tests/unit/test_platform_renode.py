"""The Renode description of a board says the same as its platform file."""

from __future__ import annotations

import re

import pytest

from sim.machine.renode.description import describe_board, described_uarts, receiver_switches
from sim.platform import Platform, load_platform, platform_ids
from sim.resources import data_path

RENODE_CPU_TYPES = {
    "cortex-m0": "cortex-m0",
    "cortex-m0plus": "cortex-m0+",
    "cortex-m3": "cortex-m3",
    "cortex-m4f": "cortex-m4f",
    "cortex-m7f": "cortex-m7",
    "cortex-m33f": "cortex-m33",
    "cortex-m55": "cortex-m55",
}
RENODE_UART_TYPES = {
    "stm32-usart-v1": "UART.STM32_UART",
    "stm32-usart-v2": "UART.STM32F7_USART",
    "stm32-lpuart": "UART.STM32F7_USART",
    "nrf-uarte": "UART.NRF52840_UART",
    "pl011": "UART.PL011",
    "cmsdk-uart": "UART.CMSDK_APB_UART",
}


@pytest.fixture(params=platform_ids())
def board(request: pytest.FixtureRequest) -> Platform:
    return load_platform(request.param)


def entries(board: Platform) -> dict[str, tuple[str, list[int], str]]:
    """Parse a .repl file: name -> (type, addresses, body)."""
    text = (data_path("platforms") / f"{board.id}.repl").read_text(encoding="utf-8")
    found = {}
    for block in re.split(r"\n\n+", text):
        match = re.match(r"(\w+): (\S+) @ (.*)\n((?:    .*\n?)*)", block)
        if match:
            name, type_name, place, body = match.groups()
            found[name] = (
                type_name,
                [int(address, 16) for address in re.findall(r"sysbus <?(0x\w+)", place)],
                body,
            )
    return found


def test_memories_agree_in_place_and_size(board: Platform) -> None:
    described = {
        (address, int(re.search(r"size: (0x\w+)", body)[1], 16))  # type: ignore[index]
        for type_name, addresses, body in entries(board).values()
        if type_name == "Memory.MappedMemory"
        for address in addresses
    }
    assert described == {(memory.base, memory.size_bytes) for memory in board.memories}


def test_an_alias_shows_the_same_memory(board: Platform) -> None:
    places = [
        set(addresses) for type_name, addresses, _ in entries(board).values() if "MappedMemory" in type_name
    ]
    for memory in board.memories:
        if memory.alias_of is not None:
            assert any({memory.base, board.memory(memory.alias_of).base} <= place for place in places)


def test_core_and_clock_agree(board: Platform) -> None:
    described = entries(board)
    assert f'cpuType: "{RENODE_CPU_TYPES[board.core]}"' in described["cpu"][2]
    assert f"systickFrequency: {board.clock.default_hz}\n" in described["nvic"][2]


def test_serial_ports_agree_in_type_place_and_interrupt(board: Platform) -> None:
    described = entries(board)
    for uart in board.uarts:
        type_name, addresses, body = described[uart.name]
        assert type_name == RENODE_UART_TYPES[uart.family.value]
        assert addresses == [uart.base]
        line = "RxInterrupt" if type_name == "UART.CMSDK_APB_UART" else "IRQ"
        # Named, because serial ports of Renode 1.15 have lines for DMA requests as well.
        assert body.splitlines()[-1].strip() == f"{line} -> nvic@{uart.irq}"


def test_it_is_known_where_every_described_serial_port_is_switched_on(board: Platform) -> None:
    for uart in described_uarts(board):
        register, switches = receiver_switches(uart)
        assert 0 <= register - uart.base < 0x1000
        assert switches


def test_descriptions_are_what_the_platform_files_give(board: Platform) -> None:
    path = data_path("platforms") / f"{board.id}.repl"
    assert path.read_text(encoding="utf-8") == describe_board(board), (
        "regenerate it: python -m sim.machine.renode.description"
    )


def test_parameters_that_renode_requires_or_refuses_are_right() -> None:
    """Constructors of Renode 1.16: STM32F7_USART needs a frequency, PL011 has no size of its own to set."""
    assert "frequency: 120000000" in entries(load_platform("stm32l4r5"))["lpuart1"][2]
    assert "size" not in entries(load_platform("rp2040"))["uart0"][2]


def test_another_clock_reaches_timers_serial_ports_and_virtual_time() -> None:
    text = describe_board(load_platform("stm32l4r5"), 80_000_000)
    assert "systickFrequency: 80000000" in text
    assert "    frequency: 80000000" in text
    assert "PerformanceInMips: 80" in text


def test_an_old_renode_gets_nothing_that_it_does_not_know(board: Platform) -> None:
    text = describe_board(board, old_renode=True)
    for word in ("priorityMask", "frequency:", "lowPowerMode", "easyDMA", "NRF52840_UART", "PL011", "CMSDK"):
        assert word not in text
    assert text.count("MappedMemory") == sum(memory.alias_of is None for memory in board.memories)
