"""The worker's end of the socket to the front process."""

from __future__ import annotations

import select
import socket
import time
from collections import deque

from google.protobuf.message import Message

from sim.inference import Progress
from sim.service.frames import Frame, FrameKind, FrameParser
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import DeadlineError

_LIFE_SECONDS = 0.1
_LOOK_SECONDS = 0.01
_PIECE_BYTES = 1 << 20


class CancelledError(Exception):
    """The front process wants no answer any more."""


class Line:
    """Sends what happens, and takes what comes while a job is under way."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._parser = FrameParser()
        self._frames: deque[Frame] = deque()
        self._steps: deque[Frame] = deque()
        self._next_life = 0.0
        self._next_look = 0.0

    def send(self, frame: Frame) -> None:
        """Send a frame."""
        self._connection.sendall(frame.pack())

    def event(self, message: Message) -> None:
        """Send something for the client."""
        self.send(Frame(FrameKind.EVENT, body=message.SerializeToString()))

    def next_job(self) -> Frame:
        """Wait for a job; what is left of the one before is dropped."""
        self._steps.clear()
        while (frame := self._receive()).kind is not FrameKind.JOB:
            pass  # a cancellation has crossed the answer
        return frame

    def next_step(self, patience_seconds: float) -> Frame:
        """Wait for the next step of an interaction, or its end.

        Raises
        ------
        CancelledError
            The job is not wanted any more.
        DeadlineError
            None came in time.
        """
        while not self._steps:
            if not self._take(patience_seconds):
                raise DeadlineError(
                    f"the client has asked for nothing for {patience_seconds:g} s",
                    "the board takes a worker: open a new stream to go on",
                )
        return self._steps.popleft()

    def report(self, progress: Progress) -> None:
        """Look for a cancellation, and pass the progress of a run on.

        That everything was executed is always passed on: the processes on the way to the client wake up and
        load their code again while the result is being made.
        """
        if self._is_life_due() or progress.fraction == 1.0:
            message = pb.RunProgress(phase=progress.phase, done_fraction=progress.fraction)
            self.event(pb.RunResponse(progress=message))

    def show_life(self) -> bool:
        """Look for a cancellation, and now and then tell that nothing hangs; return whether it was time."""
        is_due = self._is_life_due()
        if is_due:
            self.send(Frame(FrameKind.EVENT))
        return is_due

    def _is_life_due(self) -> bool:
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_SECONDS
            self._take(0)
        if now < self._next_life:
            return False
        self._next_life = now + _LIFE_SECONDS
        return True

    def _take(self, patience_seconds: float) -> bool:
        """Take a frame if one comes in time; return whether one did."""
        if not self._frames:
            readable, _, _ = select.select([self._connection], [], [], patience_seconds)
            if not readable:
                return False
        frame = self._receive()
        if frame.kind is FrameKind.CANCEL:
            raise CancelledError
        if frame.kind in (FrameKind.STEP, FrameKind.END):
            self._steps.append(frame)
        return True

    def _receive(self) -> Frame:
        """Wait for the next frame.

        Raises
        ------
        EOFError
            The front process is gone.
        """
        while not self._frames:
            data = self._connection.recv(_PIECE_BYTES)
            if not data:
                raise EOFError("the front process is gone")
            self._frames.extend(self._parser.feed(data))
        return self._frames.popleft()
