"""Interrupts, system calls and masks come in the same order as on QEMU's model of the same core."""

from __future__ import annotations

import pytest

from sim.result import StopReason
from tests.support.two_machines import PAIRS, boot_here, semihosting_text, text_on_qemu


@pytest.mark.parametrize("core", PAIRS)
def test_exceptions_come_in_the_order_of_qemu(core: str) -> None:
    result = boot_here("exception_order.c", core)
    assert result.stop_reason is StopReason.COMPLETED
    assert semihosting_text(result).endswith("awake\n")
    assert ("s5 40a00000" in semihosting_text(result)) == (core != "cortex-m3")
    assert semihosting_text(result) == text_on_qemu("exception_order.c", core)
