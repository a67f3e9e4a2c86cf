"""Firmware for the STM32F405 sets up its clocks, and ports and timers follow."""

from __future__ import annotations

import pytest

from sim.boot import BootRequest, run_firmware
from sim.result import StopReason
from tests.support.firmware import build_firmware

_TIMER_SECONDS = 100e-6
_SENT = 3  # characters of five, when the last one is written: the port takes one while it sends another


def test_the_clock_tree_leads_to_168_mhz_with_wait_states_timers_and_baud_rate_to_match() -> None:
    firmware = build_firmware("f405_clocks.c") / "app.elf"
    result = run_firmware(
        BootRequest(
            "netduinoplus2", firmware, until="ready", timeout_cycles=5_000_000, wall_timeout_seconds=60
        )
    )
    assert (result.stop_reason, result.uart) == (StopReason.COMPLETED, "ready")
    assert result.platform.clock_hz == 168_000_000
    codes = {issue.code for issue in result.issues}
    assert not codes & {
        "firmware.unmodelled_register",
        "firmware.too_few_wait_states",
        "firmware.clock_differs",
    }
    assert result.cycles is not None
    assert result.cycles / 168e6 == pytest.approx(_TIMER_SECONDS + _SENT * 10 / 115_200, rel=0.01)
