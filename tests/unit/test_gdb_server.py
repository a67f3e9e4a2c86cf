"""The port that a debugger connects to: one client, clear errors, and no hanging when it vanishes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from sim.debug import DebugRequest, GdbServer
from sim.debug.packet import encode
from sim.debug.target import Resume, Signal, StopCause
from sim.errors import UsageError
from tests.support.fake_target import FakeTarget
from tests.support.gdb_client import TIMEOUT_SECONDS, Client, free_port

TRAP = StopCause(Signal.TRAP)


@contextmanager
def served(debugger: Callable[[Client], None]) -> Iterator[tuple[GdbServer, FakeTarget]]:
    """A server, and a debugger that does something in a thread."""
    port = free_port()
    server = GdbServer(DebugRequest(port, lambda _: None))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            debugger(Client(port))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield server, FakeTarget()
    with suppress(OSError):
        server.finished(0)
    thread.join(TIMEOUT_SECONDS)
    assert not failures


def test_the_user_is_invited_when_the_port_is_open() -> None:
    port, lines = free_port(), []
    server = GdbServer(DebugRequest(port, lines.append))
    assert lines == [f"waiting for GDB on localhost:{port}: target remote :{port}"]
    server.finished(0)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match="no TCP port"):
        DebugRequest(port, lambda _: None)


def test_a_port_in_use_is_refused_with_a_hint() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use") as caught:
            GdbServer(DebugRequest(port, lambda _: None))
    assert "--gdb" in caught.value.hint


def test_a_stopped_machine_is_served_until_it_goes_on_and_each_stop_is_reported() -> None:
    replies = []

    def debug(client: Client) -> None:
        replies.append(client.ask(b"?"))
        replies.append(client.ask(b"c"))
        replies.append(client.ask(b"s"))

    with served(debug) as (server, target):
        assert server.wants_to_stop()
        assert server.stopped(target, TRAP) is Resume.CONTINUE
        assert server.stopped(target, StopCause(Signal.SEGV)) is Resume.STEP
        server.finished(3)
    assert replies == [b"T05thread:1;", b"T0bthread:1;", b"W03"]


def test_an_interrupt_stops_a_running_machine() -> None:
    running, replies = threading.Event(), []

    def debug(client: Client) -> None:
        client.socket.sendall(encode(b"c"))
        running.wait(TIMEOUT_SECONDS)
        client.socket.sendall(b"\x03")
        replies.append(client.read())
        replies.append(client.ask(b"D"))

    with served(debug) as (server, target):
        assert server.stopped(target, TRAP) is Resume.CONTINUE
        assert not server.wants_to_stop()
        running.set()
        while not server.wants_to_stop():
            pass
        assert server.stopped(target, StopCause(Signal.INT)) is Resume.CONTINUE
    assert replies == [b"T02thread:1;", b"OK"]


def test_a_debugger_that_vanishes_leaves_a_machine_that_runs_on() -> None:
    def debug(client: Client) -> None:
        client.ask(b"Z0,8000100,2")
        client.socket.close()

    with served(debug) as (server, target):
        assert server.stopped(target, TRAP) is Resume.CONTINUE
        assert target.breakpoints == []
        assert not server.wants_to_stop()
        assert server.stopped(target, TRAP) is Resume.CONTINUE


def test_a_debugger_that_kills_ends_the_run() -> None:
    with served(lambda client: client.socket.sendall(encode(b"k"))) as (server, target):
        assert server.stopped(target, TRAP) is Resume.KILL


def test_damaged_packets_are_asked_for_again_until_acknowledgements_are_off() -> None:
    seen = []

    def debug(client: Client) -> None:
        client.socket.sendall(b"garbage\xff$?#00")
        seen.append(client.socket.recv(1))
        seen.append(client.ask(b"QStartNoAckMode"))
        client.socket.sendall(b"$?#00" + encode(b"?"))
        seen.append(client.read())
        client.socket.sendall(b"-")  # the last answer, once more
        seen.append(client.read())
        client.socket.sendall(encode(b"c"))

    with served(debug) as (server, target):
        assert server.stopped(target, TRAP) is Resume.CONTINUE
    assert seen == [b"-", b"OK", b"T05thread:1;", b"T05thread:1;"]


def test_a_reset_is_answered_when_the_machine_stands_at_its_beginning() -> None:
    replies = []

    def debug(client: Client) -> None:
        replies.append(client.ask(b"qRcmd," + b"reset".hex().encode()))
        client.socket.sendall(encode(b"c"))

    with served(debug) as (server, target):
        assert server.stopped(target, TRAP) is Resume.RESET
        assert replies == []
        assert server.stopped(target, TRAP) is Resume.CONTINUE
    assert replies == [b"OK"]
