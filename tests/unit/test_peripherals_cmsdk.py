"""The UART of the MPS2 boards, and firmware that talks on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.machine.peripherals.bus import Bus
from sim.machine.peripherals.cmsdk_uart import BAUDDIV, CTRL, DATA, INTSTATUS, STATE, CmsdkUart
from sim.result import Result, StopReason
from tests.support.firmware import build_firmware

BOARDS = {
    "mps2-an385": ("cortex-m3", 0, ()),
    "mps2-an386": ("cortex-m4f", 0, ()),
    "mps2-an500": ("cortex-m7f", 0, ()),
}
WORD = 0xFFFFFFFF


def echo(board: str) -> Path:
    core, flash, defines = BOARDS[board]
    return build_firmware("cmsdk_echo.c", core, flash, defines) / "app.elf"


def talk(board: str, **changes: object) -> Result:
    request = BootRequest(platform=board, firmware=echo(board), timeout_cycles=20_000_000, **changes)
    return run_firmware(request)


@pytest.fixture
def lines() -> dict[str, bool]:
    return {}


@pytest.fixture
def uart(lines: dict[str, bool]) -> CmsdkUart:
    return CmsdkUart(
        *("uart0", 0x40004000),
        lambda level: lines.update(receive=level),
        lambda level: lines.update(transmit=level),
    )


def test_a_byte_is_sent_only_while_the_transmitter_is_on(uart: CmsdkUart) -> None:
    uart.write(DATA, ord("x"), WORD, 0)
    uart.write(CTRL, 1, WORD, 0)
    uart.write(DATA, ord("y"), WORD, 0)
    assert uart.sent == b"y"


def test_the_transmitter_is_full_for_ten_bits_of_the_divider(uart: CmsdkUart) -> None:
    uart.write(CTRL, 1, WORD, 0)
    uart.write(BAUDDIV, 217, WORD, 0)
    uart.write(DATA, ord("x"), WORD, 1000)
    assert uart.read(STATE, 1000) == 1
    assert uart.next_event_cycles() == 1000 + 2170
    uart.run_events(3169)
    assert uart.read(STATE, 3169) == 1
    uart.run_events(3170)
    assert uart.read(STATE, 3170) == 0


def test_received_bytes_wait_for_each_other_and_interrupt(uart: CmsdkUart, lines: dict[str, bool]) -> None:
    uart.write(CTRL, 2 | 8, WORD, 0)
    uart.write(BAUDDIV, 100, WORD, 0)
    uart.feed(b"ab", 0)
    uart.run_events(999)
    assert uart.read(STATE, 999) == 0
    uart.run_events(1000)
    assert uart.read(STATE, 1000) == 2
    assert lines["receive"]
    assert uart.read(DATA, 5000) == ord("a")
    uart.write(INTSTATUS, 2, WORD, 5000)
    assert not lines["receive"]
    assert uart.next_event_cycles() == 6000


def test_a_sent_byte_interrupts_when_the_transmitter_is_free_again(
    uart: CmsdkUart, lines: dict[str, bool]
) -> None:
    uart.write(CTRL, 1 | 4, WORD, 0)
    uart.write(DATA, ord("x"), WORD, 0)
    assert not lines
    uart.run_events(160)  # the smallest divider is 16
    assert lines == {"receive": False, "transmit": True}
    assert uart.read(INTSTATUS, 160) == 1


def test_the_core_can_tell_the_peripheral_by_its_identification(uart: CmsdkUart) -> None:
    assert [uart.read(offset, 0) for offset in (0xFE0, 0xFE4, 0xFF0, 0xFFC)] == [0x21, 0xB8, 0x0D, 0xB1]


def test_firmware_that_polls_sees_a_character_at_the_cycle_of_its_arrival(uart: CmsdkUart) -> None:
    bus = Bus([uart])
    uart.write(CTRL, 2, WORD, 0)
    uart.write(BAUDDIV, 100, WORD, 0)
    uart.feed(b"a", 0)
    assert bus.read(uart.base + STATE, 4, 999) == 0
    assert bus.read(uart.base + STATE, 4, 1000) == 2


@pytest.mark.parametrize("board", BOARDS)
def test_firmware_talks_on_uart_0_of_every_mps2_board(board: str) -> None:
    result = talk(board, uart_input=b"hello\nexit\n")
    assert result.stop_reason is StopReason.COMPLETED
    assert result.uart == "ready\nHELLO\n"
    assert result.energy_joules is None
    assert result.platform.supply_volts is None
    assert all(function.energy_joules is None for function in result.functions)
