"""Firmware of the user's own runs on QEMU's peripherals and says the same as on the project's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.errors import EnvironmentMissingError, UsageError
from sim.machine.qemu.installation import find_qemu
from sim.result import Result, StopReason
from tests.support.firmware import build_firmware

BOARDS = {"mps2-an385": "cortex-m3", "mps2-an386": "cortex-m4f", "mps2-an500": "cortex-m7f"}


@pytest.fixture(autouse=True)
def _qemu() -> None:
    try:
        find_qemu()
    except EnvironmentMissingError as error:
        pytest.skip(error.message)


@cache
def image(source: str = "cmsdk_echo.c", board: str = "mps2-an386") -> Path:
    return build_firmware(source, BOARDS[board], 0) / "app.elf"


def boot(
    engine: str = "qemu", board: str = "mps2-an386", source: str = "cmsdk_echo.c", **changes: object
) -> Result:
    options = {"timeout_cycles": 50_000_000, "wall_timeout_seconds": 60.0, **changes}
    return run_firmware(BootRequest(board, image(source, board), engine=engine, **options))


@pytest.mark.parametrize("board", BOARDS)
def test_firmware_says_the_same_and_costs_the_same_on_both_engines(board: str) -> None:
    options = {"uart_input": b"hello\nexit\n", "profile_from": "work", "profile_to": "worked"}
    here, there = (boot(engine, board, **options) for engine in ("embedded", "qemu"))
    assert there.stop_reason is here.stop_reason is StopReason.COMPLETED
    assert there.uart == here.uart == "ready\nHELLO\n"
    assert there.cycles == here.cycles
    assert there.functions == here.functions
    assert "firmware.engine_peripherals" in {issue.code for issue in there.issues}


def test_firmware_of_the_microbit_says_the_same_on_both_engines() -> None:
    firmware = build_firmware("nrf_echo.c", "cortex-m0plus", 0) / "app.elf"
    for engine in ("embedded", "qemu"):
        request = BootRequest(
            *("microbit", firmware),
            engine=engine,
            uart_input=b"hello\nexit\n",
            timeout_cycles=50_000_000,
            wall_timeout_seconds=60.0,
        )
        result = run_firmware(request)
        assert result.stop_reason is StopReason.COMPLETED
        assert result.uart == "ready\nHELLO\n"


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
