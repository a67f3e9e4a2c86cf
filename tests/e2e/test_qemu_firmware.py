"""Firmware of the user's own runs on QEMU's peripherals and says the same as on the project's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.errors import EnvironmentMissingError, UsageError
from sim.machine.qemu.installation import find_qemu
from sim.result import Result, StopReason
from tests.support.firmware import build_firmware


@dataclass(frozen=True)
class Build:
    """How an echo firmware is built for a board."""

    core: str
    source: str = "cmsdk_echo.c"
    flash: int = 0
    ram: int = 0x2000_0000
    defines: tuple[str, ...] = ()


BUILDS = {
    "mps2-an385": Build("cortex-m3"),
    "mps2-an386": Build("cortex-m4f"),
    "mps2-an500": Build("cortex-m7f"),
    "mps2-an505": Build("cortex-m33f", flash=0x1000_0000, ram=0x3800_0000, defines=("UART=0x50200000u",)),
    "mps3-an547": Build("cortex-m55", flash=0x1100_0000, ram=0x3000_0000, defines=("UART=0x59303000u",)),
    "netduinoplus2": Build("cortex-m4f", "usart_echo.c", flash=0x0800_0000, defines=("USART=0x40011000u",)),
    "microbit": Build("cortex-m0", "nrf_echo.c"),
}
SAME_TIME = ("mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505")
"""Where firmware waits for its serial port as long on QEMU as on the project's own engine."""


@pytest.fixture(autouse=True)
def _qemu() -> None:
    try:
        find_qemu()
    except EnvironmentMissingError as error:
        pytest.skip(error.message)


def image(board: str, source: str | None = None) -> Path:
    build = BUILDS[board]
    return (
        build_firmware(source or build.source, build.core, build.flash, build.defines, build.ram) / "app.elf"
    )


def boot(
    engine: str = "qemu", board: str = "mps2-an386", source: str | None = None, **changes: object
) -> Result:
    options = {"timeout_cycles": 50_000_000, "wall_timeout_seconds": 60.0, **changes}
    return run_firmware(BootRequest(board, image(board, source), engine=engine, **options))


@pytest.mark.parametrize("board", BUILDS)
def test_firmware_says_the_same_on_both_engines(board: str) -> None:
    there = boot("qemu", board, uart_input=b"hello\nexit\n")
    assert there.stop_reason is StopReason.COMPLETED
    assert there.uart.replace("> ", "") == "ready\nHELLO\n"
    if board != "mps3-an547":  # whose core only QEMU has
        here = boot("embedded", board, uart_input=b"hello\nexit\n")
        assert (here.stop_reason, here.uart) == (there.stop_reason, there.uart)


@pytest.mark.parametrize("board", SAME_TIME)
def test_firmware_costs_the_same_on_both_engines(board: str) -> None:
    options = {"uart_input": b"hello\nexit\n", "profile_from": "work", "profile_to": "worked"}
    here, there = (boot(engine, board, **options) for engine in ("embedded", "qemu"))
    assert there.cycles == here.cycles
    assert there.functions == here.functions
    assert "firmware.engine_peripherals" in {issue.code for issue in there.issues}


def test_the_micro_bit_waits_for_its_crystal_and_its_timer() -> None:
    result = boot("embedded", "microbit", until="r")
    assert result.cycles is not None
    assert result.cycles / 16e6 == pytest.approx(100e-6, rel=0.1)


def test_a_run_ends_in_the_middle_of_the_line_that_is_awaited_at_the_same_cycle_every_time() -> None:
    first, second = boot(until="rea"), boot(until="rea")
    assert first.stop_reason is StopReason.COMPLETED
    assert first.uart == "rea"
    assert first.cycles == second.cycles


def test_a_run_ends_at_a_function() -> None:
    result = boot(until_symbol="worked")
    assert result.stop_reason is StopReason.COMPLETED
    assert result.uart == "ready\n"
    assert {function.name for function in result.functions} >= {"work", "reset", "put"}


def test_a_run_ends_at_its_cycle_limit() -> None:
    result = boot(until="never", timeout_cycles=100_000)
    assert result.stop_reason is StopReason.CYCLE_LIMIT
    assert result.cycles is not None
    assert 100_000 <= result.cycles < 101_000


def test_semihosting_prints_and_ends_the_run_as_on_the_embedded_engine() -> None:
    here, there = (boot(engine, source="semihosting_calls.c") for engine in ("embedded", "qemu"))
    assert there.stop_reason is StopReason.COMPLETED
    assert there.channels == here.channels
    assert there.instructions == here.instructions


def test_an_unknown_port_is_refused_with_those_that_the_board_has() -> None:
    with pytest.raises(UsageError, match="no serial port 'uart9'") as refused:
        boot(uart="uart9", uart_input=b"x")
    assert "uart0" in refused.value.hint
