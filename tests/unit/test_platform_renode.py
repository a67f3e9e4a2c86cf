"""The Renode description of a board says the same as its platform file."""

from __future__ import annotations

import re

import pytest

from sim.platform import Platform, load_platform, platform_ids
from sim.resources import data_path

RENODE_CPU_TYPES = {
    "cortex-m0plus": "cortex-m0+",
    "cortex-m3": "cortex-m3",
    "cortex-m4f": "cortex-m4f",
    "cortex-m7f": "cortex-m7",
    "cortex-m33f": "cortex-m33",
}
RENODE_UART_TYPES = {
    "stm32-usart-v1": "UART.STM32_UART",
    "stm32-usart-v2": "UART.STM32F7_USART",
    "stm32-lpuart": "UART.STM32F7_USART",
    "nrf-uarte": "UART.NRF52840_UART",
    "pl011": "UART.PL011",
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
        assert f"-> nvic@{uart.irq}" in body.splitlines()[-1]
