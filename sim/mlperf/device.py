"""The device under test, as the benchmark's runner sees it: a serial port and a pin."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from sim.boot.failure import describe_fault, describe_waiting
from sim.boot.session import FirmwareSession
from sim.errors import SimulationError
from sim.image import FirmwareImage
from sim.machine.profile import MarkerHit, Span
from sim.machine.protocol import RunLimits, Stop, StopReason
from sim.mlperf.protocol import (
    ANYTHING,
    ENERGY_MODE,
    INFER_START,
    LAP,
    LAP_PREFIX,
    READY,
    Answer,
    infer_command,
    load_commands,
    parse_answer,
)


class Device:
    """Firmware that speaks the protocol, on a simulated board.

    Parameters
    ----------
    session
        The board at reset; the device is ready when the constructor returns.

    Raises
    ------
    SimulationError
        The firmware does not get ready; every method raises it when the firmware does not do as it should.
    """

    def __init__(self, session: FirmwareSession, image: FirmwareImage) -> None:
        self._session = session
        self._image = image
        self._timestamps_seconds: list[float] = []
        self._wait(READY)
        self.marks_with_pin = ENERGY_MODE in session.console.sent
        """Whether timestamps are falling edges of a pin, not lines: an image for energy measurements."""

    @property
    def host_seconds(self) -> float:
        """Processor time of the host between the timestamps of the last inferences."""
        begin, end = self._timestamps_seconds[-2:]
        return end - begin

    def command(self, command: bytes) -> Answer:
        """Send a command and return the answer to it."""
        start = len(self._session.console.sent)
        self._session.send(command)
        self._wait(READY)
        return self._answer(start)

    def load(self, data: bytes) -> None:
        """Fill the input buffer."""
        for command in load_commands(data):
            self.command(command)

    def infer(self, iterations: int, warmups: int) -> tuple[Span, Answer]:
        """Run inferences and return the span between the timestamps."""
        session = self._session
        start = len(session.console.sent)
        session.send(infer_command(iterations, warmups))
        begin, end = self._between_edges() if self.marks_with_pin else self._between_lines()
        return session.machine.profile().span(begin, end), self._answer(start)

    def _between_lines(self) -> tuple[MarkerHit, MarkerHit]:
        """Run to the timestamps, from the end of printing the first to the beginning of printing the second.

        So the span does not depend on how long printing takes.
        """
        session = self._session
        self._wait(LAP)
        self._skip_to(session.console.sending_until_cycles)
        begin = self._hit("begin")
        sent = len(session.console.sent)
        self._wait(ANYTHING)
        end = self._hit("end")
        self._wait(READY)
        if not session.console.sent.startswith(LAP_PREFIX, sent):
            raise SimulationError(
                "the firmware did not send its second timestamp right behind the inferences",
                "is it an image for MLPerf Tiny?",
            )
        return begin, end

    def _between_edges(self) -> tuple[MarkerHit, MarkerHit]:
        """Run from one falling edge of the timestamp's pin to the next."""
        self._wait(INFER_START)
        pins = self._wait_for_edge(lambda _port, fallen: fallen != 0)
        begin = self._hit("begin")
        self._wait_for_edge(lambda port, fallen: port == pins[0] and fallen & pins[1] != 0)
        end = self._hit("end")
        self._wait(READY)
        return begin, end

    def _hit(self, name: str) -> MarkerHit:
        self._timestamps_seconds.append(time.process_time())
        return self._session.machine.hit(name)

    def _wait_for_edge(self, is_awaited: Callable[[str, int], bool]) -> tuple[str, int]:
        """Run until outputs fall that are awaited; return the port and a mask of its pins."""
        session = self._session
        seen: list[tuple[str, int]] = []

        def fall(port: str, fallen: int) -> None:
            if not seen and is_awaited(port, fallen):
                seen.append((port, fallen))
                session.machine.request_stop()

        for port in session.board.ports:
            port.on_fall = fall
        try:
            stop = session.run()
        finally:
            for port in session.board.ports:
                port.on_fall = None
        if not seen:
            raise SimulationError(*self._explain(stop, "let the pin of its timestamps fall"))
        return seen[0]

    def _wait(self, awaited: re.Pattern[bytes]) -> None:
        stop = self._session.run(awaited)
        if stop.reason is not StopReason.REQUEST:
            wanted = awaited.pattern.decode().split("\\")[0]
            raise SimulationError(*self._explain(stop, f"say {wanted!r}"))

    def _skip_to(self, cycles: int) -> None:
        stop = self._session.machine.run(RunLimits(cycles))
        if stop.reason is not StopReason.CYCLE_LIMIT:
            raise SimulationError(*self._explain(stop, "finish its first timestamp"))

    def _answer(self, start: int) -> Answer:
        answer = parse_answer(self._session.console.sent[start:].decode("utf-8", "replace"))
        if answer.error is not None:
            raise SimulationError(
                f"the firmware reports an error: {answer.error}", "is it the right benchmark?"
            )
        return answer

    def _explain(self, stop: Stop, omission: str) -> tuple[str, str]:
        if stop.fault is not None:
            return describe_fault(stop.fault, self._image), ""
        sent = self._session.transcript.rstrip().splitlines()
        last = f"the last line is {sent[-1]!r}" if sent else "it sent nothing at all"
        words = str(stop.reason).replace("_", " ")
        message = f"the firmware did not {omission} ({words}): {last}"
        if waiting := describe_waiting(self._session.board.bus.polled, self._image):
            return message, waiting
        if unmodelled := self._session.board.bus.unmodelled:
            first = next(iter(unmodelled))
            return message, f"it used {len(unmodelled)} registers that no model knows, first {first:#010x}"
        return message, "check that the image is MLPerf Tiny firmware for this board"
