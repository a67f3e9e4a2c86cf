"""The worker's side of an interaction: a board with firmware that moves in the steps of a client."""

from __future__ import annotations

import time

from sim.boot import BootRequest, FirmwareBoard
from sim.boot.talk import DEFAULT_TIMEOUT_SECONDS
from sim.boot.terminal import Received
from sim.errors import CheckFailedError
from sim.image import load_image
from sim.platform import load_platform
from sim.service.frames import FrameKind
from sim.service.limits import INTERACTION_IDLE_SECONDS
from sim.service.line import Line
from sim.service.specification import seconds_of
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import DeadlineError, RequestError
from sim.wire.waits import wait_from_message


class Interaction:
    """A board at reset, for one client.

    Parameters
    ----------
    request
        Board and image; its limit of time on the host is that of the whole interaction.
    line
        Where the steps come from, and where output and answers go.

    Raises
    ------
    SimError
        The board cannot boot the image.
    """

    def __init__(self, request: BootRequest, line: Line) -> None:
        self._line = line
        self._seconds = request.limits.wall_seconds or 0.0
        self._output: list[tuple[str, bytearray]] = []
        request.check()
        platform = load_platform(request.platform)
        self._board = FirmwareBoard(
            platform,
            load_image(request.firmware, platform, request.base),
            clock_hz=request.clock_hz,
            level=request.level,
            wall_timeout_seconds=self._seconds,
            on_progress=self._report,
            on_sent=self._collect,
        )

    def serve(self) -> None:
        """Do steps until there are no more.

        Raises
        ------
        SimError
            A step makes no sense, the firmware faults, or the client takes too long.
        """
        deadline = time.monotonic() + self._seconds
        while (frame := self._line.next_step(INTERACTION_IDLE_SECONDS)).kind is not FrameKind.END:
            if time.monotonic() > deadline:
                raise DeadlineError(
                    f"the interaction has lasted longer than the {self._seconds:g} s it may take",
                    "open a new stream to go on, from reset",
                )
            try:
                self._do(pb.InteractRequest.FromString(frame.body))
            finally:
                self._pass_on()
        self._board.close()

    def _do(self, request: pb.InteractRequest) -> None:
        kind = request.WhichOneof("step")
        result = pb.StepResult()
        if kind == "write":
            self._board.write(request.write.data, uart=request.write.uart or None)
            return
        if kind == "run_for":
            self._board.run_for(seconds_of(request.run_for.duration))
        elif kind == "wait_for":
            try:
                result.received.CopyFrom(_received_data(self._wait_for(request.wait_for)))
            except CheckFailedError as missed:
                result.missed, result.missed_hint = missed.message, missed.hint
        elif kind == "read_memory":
            read = request.read_memory
            if read.size_bytes < 0:
                raise RequestError("the size is negative", field="read_memory.size_bytes")
            result.memory = self._board.read_memory(read.address, read.size_bytes)
        elif kind == "write_memory":
            self._board.write_memory(request.write_memory.address, request.write_memory.data)
        elif kind == "find_function":
            result.address = self._board.address_of(request.find_function.function)
        elif kind == "reset":
            self._board.reset()
        elif kind == "use_terminal":
            self._use_terminal(request.use_terminal, result)
        else:
            raise RequestError("the message has no step", "set write, run_for or another", field="step")
        result.uptime_seconds = self._board.uptime_seconds
        result.cycles = self._board.cycles
        result.core_hz = self._board.core_hz
        self._pass_on()
        self._line.event(pb.InteractResponse(step=result))

    def _wait_for(self, wait_for: pb.WaitFor) -> Received:
        uart = wait_for.uart or None
        timeout_seconds = DEFAULT_TIMEOUT_SECONDS
        if wait_for.HasField("timeout"):
            timeout_seconds = seconds_of(wait_for.timeout)
        wait = wait_from_message(wait_for, self._board.terminal(uart))
        return self._board.wait_for(wait, timeout_seconds, uart)

    def _use_terminal(self, use: pb.UseTerminal, result: pb.StepResult) -> None:
        terminal = self._board.terminal(use.uart or None)
        if use.action == pb.TERMINAL_ACTION_SKIP:
            terminal.skip()
        elif use.action == pb.TERMINAL_ACTION_END_LINES_AT_CARRIAGE_RETURNS:
            terminal.end_lines_at_carriage_returns()
        elif use.action == pb.TERMINAL_ACTION_REPORT:
            result.report = terminal.report()
        else:
            raise RequestError("the action is unknown", field="use_terminal.action")

    def _report(self, _cycles: int) -> None:
        if self._line.show_life():
            self._pass_on()

    def _collect(self, uart: str, data: bytes) -> None:
        if not self._output or self._output[-1][0] != uart:
            self._output.append((uart, bytearray()))
        self._output[-1][1].extend(data)

    def _pass_on(self) -> None:
        for uart, data in self._output:
            self._line.event(pb.InteractResponse(output=pb.UartOutput(uart=uart, data=bytes(data))))
        self._output.clear()


def _received_data(received: Received) -> pb.ReceivedData:
    return pb.ReceivedData(data=received.data, uptime_seconds=received.seconds, groups=received.groups)
