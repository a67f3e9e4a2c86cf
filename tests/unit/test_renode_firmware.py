"""Firmware that talks from Renode: its serial ports, against a stand-in with this project's peripherals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.errors import SimulationError
from sim.image import load_image
from sim.machine.protocol import Level, Marker, RunLimits, Stop, StopReason
from sim.machine.renode import machine as renode_machine
from sim.machine.renode.firmware import RenodeFirmwareMachine
from sim.platform import load_platform
from tests.support.fake_renode import BEHAVIOUR_VARIABLE, install_fake_renode
from tests.support.firmware import build_firmware

BOARD = load_platform("stm32f103")
PLENTY = RunLimits(500_000_000, 60)
REQUESTED = Stop(StopReason.REQUEST)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RenodeFirmwareMachine]:
    """A board with firmware that greets, prompts, and sends lines back in capitals."""
    monkeypatch.setenv("RENODE_PATH", str(install_fake_renode(tmp_path)))
    monkeypatch.delenv(BEHAVIOUR_VARIABLE, raising=False)
    image = load_image(build_firmware("usart_echo.c", "cortex-m3") / "app.elf", BOARD)
    markers = [Marker("worked", image.symbols["worked"], stops=True)]
    board = RenodeFirmwareMachine(BOARD, BOARD.clock.default_hz, markers, level=Level.TIMING)
    for segment in image.segments:
        board.write_memory(segment.address, segment.data)
    board.reset(image.vector_table)
    yield board
    board.close()


def stop_when(machine: RenodeFirmwareMachine, text: bytes) -> None:
    """Request a stop as soon as the port has sent a text."""
    port = machine.ports["usart1"]

    def look() -> None:
        if port.sent.endswith(text):
            machine.request_stop()

    port.on_sent = look


def test_every_port_of_the_board_can_be_listened_to(machine: RenodeFirmwareMachine) -> None:
    assert set(machine.ports) == {uart.name for uart in BOARD.uarts}


def test_a_run_ends_behind_the_line_that_is_awaited(machine: RenodeFirmwareMachine) -> None:
    stop_when(machine, b"ready\n")
    assert machine.run(PLENTY) == REQUESTED
    assert machine.ports["usart1"].sent == b"ready\n"


def test_lines_that_nobody_waits_for_do_not_end_a_run(machine: RenodeFirmwareMachine) -> None:
    assert machine.run(PLENTY) == Stop(StopReason.MARKER, marker="worked")
    assert machine.ports["usart1"].sent == b"ready\n"


def test_a_prompt_without_a_line_feed_ends_a_run_soon(machine: RenodeFirmwareMachine) -> None:
    machine.run(PLENTY)
    stop_when(machine, b"> ")
    assert machine.run(PLENTY) == REQUESTED
    assert machine.ports["usart1"].sent == b"ready\n> "


def test_what_is_fed_reaches_the_firmware(
    machine: RenodeFirmwareMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renode_machine, "_STALL_SECONDS", 0.3)
    machine.run(PLENTY)
    stop_when(machine, b"> ")
    machine.run(PLENTY)
    stop_when(machine, b"HELLO\n")
    machine.ports["usart1"].feed(b"hello\n")
    assert machine.run(PLENTY) == REQUESTED
    machine.ports["usart1"].feed(b"exit\n")
    assert machine.run(PLENTY) == Stop(StopReason.IDLE)
    assert machine.ports["usart1"].sent == b"ready\n> HELLO\n> "


def test_a_port_that_renode_refuses_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENODE_PATH", str(install_fake_renode(tmp_path)))
    monkeypatch.setenv(BEHAVIOUR_VARIABLE, "refuses:sysbus.usart1")
    closed: list[object] = []
    close = RenodeFirmwareMachine.close
    monkeypatch.setattr(RenodeFirmwareMachine, "close", lambda board: (closed.append(board), close(board)))
    with pytest.raises(SimulationError, match=r"sysbus\.usart1 ProbeUart"):
        RenodeFirmwareMachine(BOARD, BOARD.clock.default_hz, level=Level.TIMING)
    assert len(closed) == 1
