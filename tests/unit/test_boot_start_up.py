"""Firmware that waits for what vendor libraries wait for gets to its main program on every STM32 board."""

from __future__ import annotations

import pytest

from sim.boot import BootRequest, run_firmware
from sim.result import StopReason
from tests.support.firmware import build_firmware

CORES = {
    "stm32l4r5": "cortex-m4f",
    "stm32f746": "cortex-m7f",
    "stm32h7a3": "cortex-m7f",
    "stm32u575": "cortex-m33f",
    "stm32g0b1": "cortex-m0plus",
}


@pytest.mark.parametrize("platform", CORES)
def test_clocks_calendars_timers_and_converters_get_ready_as_drivers_expect(platform: str) -> None:
    series = platform.removeprefix("stm32").upper()
    firmware = build_firmware("start_up_waits.c", CORES[platform], defines=(series,)) / "app.elf"
    result = run_firmware(
        BootRequest(platform, firmware, until="ready", timeout_cycles=5_000_000, wall_timeout_seconds=60.0)
    )
    assert result.stop_reason is StopReason.COMPLETED, result.issues
    assert result.uart == "ready"
    assert "firmware.unmodelled_register" not in {issue.code for issue in result.issues}
