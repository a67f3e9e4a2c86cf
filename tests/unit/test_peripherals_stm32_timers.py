"""Compare events of timers, low-power timers and the window watchdog of STM32, register by register."""

from __future__ import annotations

import pytest

from sim.machine.peripherals.stm32_lptim import Stm32Lptim
from sim.machine.peripherals.stm32_rcc_h7 import Stm32H7Rcc
from sim.machine.peripherals.stm32_rcc_l4 import Stm32L4Rcc
from sim.machine.peripherals.stm32_rcc_u5 import Stm32U5Rcc
from sim.machine.peripherals.stm32_timer import Stm32Timer
from sim.machine.peripherals.stm32_wwdg import Stm32Wwdg
from sim.machine.peripherals.up_counter import UpCounter

WORD = 0xFFFF_FFFF
CR1, DIER, SR, EGR, CCMR1, CNT, PSC, ARR, CCR1, CCR2 = 0, 0x0C, 0x10, 0x14, 0x18, 0x24, 0x28, 0x2C, 0x34, 0x38
UIF, CC1, CC2 = 1 << 0, 1 << 1, 1 << 2


class Line:
    def __init__(self) -> None:
        self.level = False

    def __call__(self, level: bool) -> None:
        self.level = level


def running_timer(line: Line, **options: object) -> Stm32Timer:
    timer = Stm32Timer("tim2", 0, line, width_bits=32, **options)  # type: ignore[arg-type]
    timer.write(PSC, 9, WORD, 0)
    timer.write(EGR, UIF, WORD, 0)
    timer.write(SR, 0, WORD, 0)
    timer.write(CR1, 1, WORD, 0)
    return timer


def test_a_compare_channel_interrupts_when_the_counter_comes_to_its_value() -> None:
    line = Line()
    timer = running_timer(line)
    timer.write(CCR1, 25, WORD, 0)
    timer.write(DIER, CC1, WORD, 0)
    assert timer.next_event_cycles() == 250
    timer.run_events(249)
    assert not line.level
    timer.run_events(250)
    assert line.level
    assert timer.read(SR, 250) == CC1
    timer.write(SR, WORD & ~CC1, WORD, 260)
    assert not line.level


def test_a_compare_value_that_is_counted_right_now_matches_at_once() -> None:
    timer = running_timer(Line())
    timer.write(CCR1, 30, WORD, 305)
    assert timer.read(SR, 305) == CC1


def test_a_compare_event_comes_once_per_period() -> None:
    timer = running_timer(Line())
    timer.write(ARR, 99, WORD, 0)
    timer.write(CCR2, 40, WORD, 0)
    timer.write(DIER, CC2, WORD, 0)
    timer.run_events(400)
    timer.write(SR, 0, WORD, 401)
    assert timer.next_event_cycles() == 1400
    assert timer.read(SR, 1399) & CC2 == 0
    assert timer.read(SR, 1400) & CC2


@pytest.mark.parametrize("channel", [1, 2, 3, 4])
def test_software_makes_compare_events(channel: int) -> None:
    line = Line()
    timer = running_timer(line)
    timer.write(DIER, 1 << channel, WORD, 0)
    timer.write(EGR, 1 << channel, WORD, 0)
    assert line.level


def test_a_channel_that_captures_does_not_compare() -> None:
    timer = running_timer(Line())
    timer.write(CCMR1, 1, WORD, 0)
    timer.write(CCR1, 25, WORD, 0)
    assert timer.read(SR, 1000) == 0


def test_compare_events_have_a_line_of_their_own_where_the_part_has_it() -> None:
    update, compare = Line(), Line()
    timer = running_timer(update, compare_interrupt=compare)
    timer.write(DIER, UIF | CC1, WORD, 0)
    timer.write(EGR, CC1, WORD, 0)
    assert (update.level, compare.level) == (False, True)


def test_a_counter_goes_on_from_where_it_is_when_its_clock_changes() -> None:
    ratio = [1.0]
    counter = UpCounter(lambda: ratio[0], 0xFFFF)
    counter.is_running = True
    assert counter.count(1000) == 1000
    ratio[0] = 10.0
    assert counter.count(1000) == 1000
    assert counter.count(1100) == 1010


ISR, ICR, IER, CFGR, LP_CR, CMP, LP_ARR, LP_CNT = 0, 4, 8, 0xC, 0x10, 0x14, 0x18, 0x1C


def low_power_timer(line: Line, start: int) -> Stm32Lptim:
    timer = Stm32Lptim("lptim1", 0, line, clock_ratio=lambda: 10.0)
    timer.write(CFGR, 1 << 9, WORD, 0)  # divided by 2
    timer.write(IER, 3, WORD, 0)
    timer.write(LP_CR, 1, WORD, 0)
    timer.write(LP_ARR, 99, WORD, 0)
    timer.write(CMP, 40, WORD, 0)
    assert timer.read(ISR, 0) & 0x18 == 0x18  # ARROK, CMPOK
    timer.write(ICR, WORD, WORD, 0)
    timer.write(LP_CR, 1 | start, WORD, 0)
    return timer


def test_a_low_power_timer_matches_and_reloads_again_and_again() -> None:
    line = Line()
    timer = low_power_timer(line, 1 << 2)
    assert timer.next_event_cycles() == 800
    timer.run_events(800)
    assert line.level
    assert timer.read(ISR, 800) == 1
    assert timer.read(LP_CNT, 819) == 40
    timer.write(ICR, 1, WORD, 820)
    assert not line.level
    assert timer.next_event_cycles() == 99 * 20
    assert timer.read(ISR, 2000 + 800) == 3


def test_a_low_power_timer_in_single_mode_stops_at_its_end() -> None:
    timer = low_power_timer(Line(), 1 << 1)
    assert timer.read(ISR, 5000) & 2
    assert timer.next_event_cycles() is None
    assert timer.read(LP_CNT, 6000) == 0


def test_low_power_timers_run_from_the_clock_that_firmware_selects() -> None:
    l4, h7, u5 = Stm32L4Rcc("rcc", 0, 0), Stm32H7Rcc("rcc", 0, 0), Stm32U5Rcc("rcc", 0, 0)
    assert l4.low_power_hz("lptim1", "apb1") == 4e6
    l4.write(0x88, 1 << 18 | 3 << 20, WORD, 0)
    assert (l4.low_power_hz("lptim1", "apb1"), l4.low_power_hz("lptim2", "apb1")) == (32e3, 32_768)
    h7.write(0x54, 4 << 28, WORD, 0)
    assert h7.low_power_hz("lptim1", "apb1") == 32e3
    assert u5.low_power_hz("lptim1", "apb3") == u5.low_power_hz("lptim2", "apb1") == 4e6


STEP = 4096 << 1


def window_watchdog(bites: list[int], line: Line, window: int = 0x7F) -> Stm32Wwdg:
    watchdog = Stm32Wwdg(
        *("wwdg", 0, line), prescaler_bit=7, clock_ratio=lambda: 1.0, bite=lambda: bites.append(1)
    )
    watchdog.write(4, window | 1 << 7 | 1 << 9, WORD, 0)
    watchdog.write(0, 0x80 | 0x50, WORD, 0)
    return watchdog


def test_the_window_watchdog_warns_and_bites_one_step_later() -> None:
    bites: list[int] = []
    line = Line()
    watchdog = window_watchdog(bites, line)
    assert watchdog.next_event_cycles() == 0x10 * STEP
    watchdog.run_events(0x10 * STEP)
    assert line.level
    assert watchdog.read(0, 0x10 * STEP) == 0x80 | 0x40
    assert not bites
    assert watchdog.next_event_cycles() == 0x11 * STEP
    watchdog.run_events(0x11 * STEP)
    assert bites


def test_a_reload_in_the_window_keeps_the_watchdog_quiet() -> None:
    bites: list[int] = []
    watchdog = window_watchdog(bites, Line(), window=0x4A)
    watchdog.write(0, 0x80 | 0x50, WORD, 6 * STEP)
    assert not bites
    assert watchdog.next_event_cycles() == 0x16 * STEP


def test_a_reload_before_the_window_bites() -> None:
    bites: list[int] = []
    window_watchdog(bites, Line(), window=0x4A).write(0, 0x80 | 0x50, WORD, 5 * STEP)
    assert bites


def test_a_count_below_its_lowest_resets_at_once() -> None:
    bites: list[int] = []
    window_watchdog(bites, Line()).write(0, 0x80 | 0x3F, WORD, 0)
    assert bites
