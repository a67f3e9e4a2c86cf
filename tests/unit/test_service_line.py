"""What a worker hears from the front process while it works, and how the front process reads a worker."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.inference import Progress
from sim.service.frames import Frame, FrameKind, FrameParser
from sim.service.line import CancelledError, Line
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import DeadlineError

STEP = Frame(FrameKind.STEP, body=b"step")


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    front, worker = socket.socketpair()
    with front, worker:
        yield front, worker


def report_forever(line: Line) -> None:
    while True:
        line.report(Progress("booting"))


def test_a_cancellation_ends_what_reports_progress(sockets: tuple[socket.socket, socket.socket]) -> None:
    front, worker = sockets
    line = Line(worker)
    line.report(Progress("booting"))
    front.sendall(Frame(FrameKind.CANCEL).pack())
    with pytest.raises(CancelledError):
        report_forever(line)


def test_only_the_end_of_the_execution_is_reported_however_soon_it_comes(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    front, worker = sockets
    line = Line(worker)
    for progress in (Progress("a"), Progress("b", 0.5), Progress("c", 1.0), Progress("d")):
        line.report(progress)
    frames = FrameParser().feed(front.recv(1000))
    assert [pb.RunResponse.FromString(frame.body).progress.phase for frame in frames] == ["a", "c"]


def test_a_sign_of_life_of_a_run_is_one_of_a_session_as_it_is() -> None:
    sign = pb.RunResponse(progress=pb.RunProgress(phase="booting", done_fraction=0.5))
    assert pb.InvokeResponse.FromString(sign.SerializeToString()).progress == sign.progress


def test_steps_that_come_early_wait_for_their_turn(sockets: tuple[socket.socket, socket.socket]) -> None:
    front, worker = sockets
    line = Line(worker)
    front.sendall(STEP.pack() + Frame(FrameKind.END).pack())
    line.show_life()
    assert line.next_step(1.0) == STEP
    assert line.next_step(1.0).kind is FrameKind.END


def test_a_client_that_asks_for_nothing_is_cut_off(sockets: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(DeadlineError):
        Line(sockets[1]).next_step(0.01)


def test_what_is_left_of_a_job_does_not_disturb_the_next(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    front, worker = sockets
    job = Frame(FrameKind.JOB, {"kind": "run"}, b"spec")
    front.sendall(STEP.pack() + Frame(FrameKind.CANCEL).pack() + job.pack())
    assert Line(worker).next_job() == job


@given(
    st.lists(st.builds(Frame, st.sampled_from(FrameKind), st.just({"a": 1}) | st.just({}), st.binary())),
    st.integers(1, 50),
)
def test_frames_come_out_whole_however_the_bytes_arrive(frames: list[Frame], piece_bytes: int) -> None:
    parser = FrameParser()
    data = b"".join(frame.pack() for frame in frames)
    pieces = [data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes)]
    assert [frame for piece in pieces for frame in parser.feed(piece)] == frames
