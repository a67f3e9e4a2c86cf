"""No value in any register of any peripheral upsets a board: firmware in trouble writes anything anywhere."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.machine.peripherals.board import build_peripherals
from sim.machine.peripherals.wiring import Wiring
from sim.platform import load_platform, platform_ids

WORD = 0xFFFF_FFFF
LONGEST_EVENTS = 200
VALUES = st.one_of(
    st.integers(0, WORD), st.sampled_from([0, 1, WORD]), st.integers(0, 31).map(lambda bit: 1 << bit)
)


BOARDS = [name for name in platform_ids() if load_platform(name).peripherals or name.startswith("mps2")]


@pytest.mark.parametrize("name", BOARDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_write_to_any_register_leaves_a_working_board(name: str, data: st.DataObject) -> None:
    board = build_peripherals(load_platform(name), Wiring(lambda _number, _level: None))
    now = 0
    for _ in range(data.draw(st.integers(1, 25), "accesses")):
        peripheral = data.draw(st.sampled_from(board.bus.peripherals), "peripheral")
        offset = data.draw(st.integers(0, min(peripheral.size_bytes, 0x900) // 4 - 1), "word") * 4
        address = peripheral.base + offset
        size = data.draw(st.sampled_from([1, 2, 4]), "size")
        if data.draw(st.booleans(), "writes"):
            board.bus.write(address, size, data.draw(VALUES, "value"), now)
        assert 0 <= board.bus.read(address, size, now) < 1 << 8 * size
        for uart in board.uarts.values():
            uart.feed(b"x", now)
        now += data.draw(st.integers(0, 100_000), "cycles")
        for _ in range(LONGEST_EVENTS):
            event = board.bus.next_event_cycles()
            if event is None or event > now:
                break
            board.bus.run_events(max(event, now))
        assert board.clocks.core_hz() >= 0
        assert board.flash.wait_states >= 0
