"""Keywords on serial ports, with the names, arguments and meaning that they have in Renode."""

from __future__ import annotations

from typing import Literal

from robot.api import logger

from sim.boot.terminal import Received
from sim.boot.waits import AnyLineWait, BytesWait, LinesWait, LineWait, Wait
from sim.errors import CheckFailedError, SimError, UsageError
from sim.robot.boards import Boards
from sim.robot.keyword import keyword
from sim.robot.replay import Recorder, replayable
from sim.robot.testers import TerminalTester, Testers, UartBytes, UartResult

_END_LINE_OPTIONS = Literal["TreatLineFeedAsEndLine", "TreatCarriageReturnAsEndLine"]


class UartKeywords:
    """Keywords on the terminal testers of a suite."""

    _boards: Boards
    _testers: Testers
    _recorder: Recorder

    @keyword
    @replayable
    def create_terminal_tester(
        self,
        uart: str,
        timeout: float | None = None,
        machine: str | None = None,
        endLineOption: _END_LINE_OPTIONS = "TreatLineFeedAsEndLine",
        defaultPauseEmulation: bool | None = None,
        defaultWaitForEcho: bool | None = None,
        defaultMatchNextLine: bool | None = None,
        binaryMode: bool = False,
    ) -> int:
        """Listens to a serial port from now on, and returns a number for ``testerId``.

        ``uart`` is a port of the board, such as ``usart3`` or ``sysbus.usart3``, or one of the channels
        ``semihosting`` and ``itm``. ``timeout`` is the default of waits, in virtual seconds. ``machine`` is
        the name of a board, the current one unless given. A second tester of a port is the first one.
        `Wait For Bytes On Uart` needs ``binaryMode``.

        ``defaultPauseEmulation`` changes nothing: a board stands still whenever no keyword runs it.
        ``defaultWaitForEcho`` (on unless given) and ``defaultMatchNextLine`` are defaults of
        ``waitForEcho`` and ``matchNextLine`` from now on, for all testers.

        | Create Terminal Tester | sysbus.usart3 |
        | ${console} = | Create Terminal Tester | lpuart1 | timeout=2 | machine=left |
        """
        _ = defaultPauseEmulation
        self._testers.wait_for_echo = defaultWaitForEcho is not False
        self._testers.match_next_line = bool(defaultMatchNextLine)
        firmware = self._boards.get(machine).firmware
        port = firmware.port(uart)
        seconds = self._testers.default_timeout_seconds if timeout is None else timeout
        tester = TerminalTester(firmware, port, seconds, binaryMode)
        number = self._testers.add(tester)
        if self._testers.get(number) is tester:
            if endLineOption == "TreatCarriageReturnAsEndLine":
                firmware.end_lines_at_carriage_returns(port)
            if firmware.is_on:
                tester.terminal.skip()
        return number

    @keyword
    @replayable
    def set_default_uart_timeout(self, timeout: float) -> None:
        """Sets how many virtual seconds testers wait that are created from now on; 8 unless set."""
        self._testers.default_timeout_seconds = timeout

    @keyword
    @replayable
    def set_default_tester(self, id: int | None) -> None:  # noqa: A002 (Renode's name)
        """Chooses the tester of keywords that get no ``testerId``; ``None`` for none."""
        self._testers.set_default(id)

    @keyword
    @replayable
    def wait_for_line_on_uart(
        self,
        content: str,
        timeout: float | None = None,
        testerId: int | None = None,
        treatAsRegex: bool = False,
        includeUnfinishedLine: bool = False,
        pauseEmulation: bool | None = None,
        matchNextLine: bool | None = None,
    ) -> UartResult:
        r"""Runs the board until a line comes that contains a text, and returns it.

        Lines that came before the call and were not read by an earlier one count. The line and all before it
        are read then. Fails after ``timeout`` virtual seconds.

        The result has a ``Line``, a ``Timestamp`` in virtual milliseconds since reset, and ``Groups``, what
        the groups of a regular expression matched.

        | Wait For Line On Uart | PASS |
        | ${line} = | Wait For Line On Uart | took (\\\\d+) us | treatAsRegex=true | timeout=0.5 |
        | Should Be True | ${line.Groups}[0] < 300 |
        """
        _ = pauseEmulation
        next_only = self._testers.match_next_line if matchNextLine is None else matchNextLine
        wait = LineWait(content, treatAsRegex, includeUnfinishedLine, next_only)
        return _result(self._wait(wait, timeout, testerId))

    @keyword
    @replayable
    def wait_for_lines_on_uart(
        self,
        content: list[str],
        timeout: float | None = None,
        testerId: int | None = None,
        treatAsRegex: bool = False,
        includeUnfinishedLine: bool = False,
        pauseEmulation: bool | None = None,
        matchFromNextLine: bool | None = None,
    ) -> UartResult:
        """Runs the board until lines come that contain the texts one by one, and returns the last line.

        No other line may be between them. See `Wait For Line On Uart`.
        """
        _ = pauseEmulation
        if not content:
            raise UsageError("there are no lines to wait for", "give a list with at least one text")
        next_only = self._testers.match_next_line if matchFromNextLine is None else matchFromNextLine
        wait = LinesWait(tuple(content), treatAsRegex, includeUnfinishedLine, next_only)
        return _result(self._wait(wait, timeout, testerId))

    @keyword
    @replayable
    def wait_for_next_line_on_uart(
        self,
        timeout: float | None = None,
        testerId: int | None = None,
        pauseEmulation: bool | None = None,
    ) -> UartResult:
        """Runs the board until there is a line that was not read yet, and returns it."""
        _ = pauseEmulation
        return _result(self._wait(AnyLineWait(), timeout, testerId))

    @keyword
    @replayable
    def wait_for_prompt_on_uart(
        self,
        prompt: str,
        testerId: int | None = None,
        timeout: float | None = None,
        treatAsRegex: bool = False,
        pauseEmulation: bool | None = None,
    ) -> UartResult:
        """Runs the board until a text comes, in a line that may still lack its end.

        | Wait For Prompt On Uart | uart:~$ |
        """
        _ = pauseEmulation
        wait = LineWait(prompt, treatAsRegex, unfinished=True, next_only=self._testers.match_next_line)
        return _result(self._wait(wait, timeout, testerId))

    @keyword
    @replayable
    def wait_for_bytes_on_uart(
        self,
        content: str,
        timeout: float | None = None,
        testerId: int | None = None,
        treatAsRegex: bool = False,
        pauseEmulation: bool | None = None,
        matchStart: bool = False,
    ) -> UartBytes:
        """Runs the board until bytes come, given in hexadecimal, and returns them as ``Content``.

        With ``matchStart``, nothing may come before them. A regular expression is one over characters that
        stand for one byte each.

        | Wait For Bytes On Uart | 55 AA 01 |
        """
        _ = pauseEmulation
        if not self._testers.get(testerId).is_binary:
            raise UsageError("the tester waits for lines, not bytes", "create it with binaryMode=true")
        pattern = content.encode("latin-1", "replace") if treatAsRegex else _bytes(content)
        received = self._wait(BytesWait(pattern, treatAsRegex, matchStart), timeout, testerId)
        groups = tuple(group.encode("latin-1") for group in received.groups)
        return UartBytes(received.data, received.seconds * 1e3, groups)

    @keyword
    @replayable
    def should_not_be_on_uart(
        self,
        content: str,
        timeout: float | None = None,
        testerId: int | None = None,
        treatAsRegex: bool = False,
        includeUnfinishedLine: bool = False,
    ) -> None:
        """Runs the board for ``timeout`` virtual seconds, and fails when a line contains a text."""
        tester = self._testers.get(testerId)
        wait = LineWait(content, treatAsRegex, includeUnfinishedLine)
        seconds = tester.timeout_seconds if timeout is None else timeout
        with _Transcript(tester):
            tester.board.expect_nothing(wait, seconds, tester.uart)

    @keyword
    @replayable
    def test_if_uart_is_idle(
        self, timeout: float, testerId: int | None = None, pauseEmulation: bool | None = None
    ) -> None:
        """Runs the board for ``timeout`` virtual seconds, and fails when it sends anything."""
        _ = pauseEmulation
        tester = self._testers.get(testerId)
        with _Transcript(tester):
            if not tester.board.is_idle(timeout, uart=tester.uart):
                raise CheckFailedError(
                    f"{tester.uart} is not idle for {timeout:g} s of virtual time: "
                    f"it sent something at {tester.board.uptime_seconds:g} s"
                )

    @keyword
    @replayable
    def register_failing_uart_string(
        self, pattern: str, treatAsRegex: bool = False, testerId: int | None = None
    ) -> None:
        """Lets every wait fail at once when a line comes that contains a text."""
        self._testers.get(testerId).forbidden.append(LineWait(pattern, treatAsRegex))

    @keyword
    @replayable
    def unregister_failing_uart_string(
        self, pattern: str, treatAsRegex: bool = False, testerId: int | None = None
    ) -> None:
        """Takes `Register Failing Uart String` back."""
        tester = self._testers.get(testerId)
        kept = [f for f in tester.forbidden if (f.pattern, f.regex) != (pattern, treatAsRegex)]
        if len(kept) == len(tester.forbidden):
            raise UsageError(f"{pattern!r} was not registered", "use `Register Failing Uart String` first")
        tester.forbidden = kept

    @keyword
    @replayable
    def write_line_to_uart(
        self,
        content: str = "",
        testerId: int | None = None,
        waitForEcho: bool | None = None,
        pauseEmulation: bool | None = None,
    ) -> None:
        """Sends a line that ends with a carriage return to the firmware.

        Waits until the firmware has sent it back, unless ``waitForEcho`` is false.

        | Write Line To Uart | help | waitForEcho=false |
        """
        _ = pauseEmulation
        tester = self._testers.get(testerId)
        tester.board.write_line(content, uart=tester.uart)
        if self._testers.wait_for_echo if waitForEcho is None else waitForEcho:
            self._wait(LineWait(content, unfinished=True), None, testerId)

    @keyword
    @replayable
    def write_to_uart(self, content: str, testerId: int | None = None) -> None:
        """Sends a text to the firmware as it is; the board does not run meanwhile."""
        tester = self._testers.get(testerId)
        tester.board.write(content.encode(), uart=tester.uart)

    @keyword
    @replayable
    def write_char_on_uart(self, c: str, testerId: int | None = None) -> None:
        """Sends one character to the firmware."""
        if len(c) != 1:
            raise UsageError(f"{c!r} is not one character", "use `Write To Uart` for a text")
        self.write_to_uart(c, testerId)

    @keyword
    @replayable
    def send_key_to_uart(self, c: int, testerId: int | None = None) -> None:
        """Sends one byte, given as a number, to the firmware; ``0x03`` is Ctrl+C."""
        if not 0 <= c <= 0xFF:
            raise UsageError(f"{c} is no byte", "give 0 to 255")
        tester = self._testers.get(testerId)
        tester.board.write(bytes([c]), uart=tester.uart)

    @keyword
    def get_terminal_tester_report(self, testerId: int | None = None) -> str:
        """Returns all lines of a serial port since reset, with their virtual times."""
        return self._testers.get(testerId).terminal.report()

    @keyword
    @replayable
    def clear_terminal_tester_report(self, testerId: int | None = None) -> None:
        """Counts everything as read that a serial port has sent so far."""
        self._testers.get(testerId).terminal.skip()

    def _wait(self, wait: Wait, timeout: float | None, number: int | None) -> Received:
        tester = self._testers.get(number)
        with _Transcript(tester):
            received = tester.wait_for(wait, timeout)
        logger.info(f"{received.seconds * 1e3:.6f} ms: {received.text}")
        return received


class _Transcript:
    """Logs what a serial port has sent when the keyword in this context fails."""

    def __init__(self, tester: TerminalTester) -> None:
        self._tester = tester

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Log, where there is an error."""
        if isinstance(error, SimError):
            logger.info(f"{self._tester.uart} since reset:\n{self._tester.terminal.report() or '(nothing)'}")


def _result(received: Received) -> UartResult:
    return UartResult(received.text, received.seconds * 1e3, received.groups)


def _bytes(content: str) -> bytes:
    try:
        return bytes.fromhex(content)
    except ValueError:
        raise UsageError(f"{content!r} is not bytes in hexadecimal", "write them like 55 AA 01") from None
