"""Terminal testers: what Renode's UART keywords work on."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.backends import TalkingBoard, TalkingTerminal
from sim.boot.talk import DEFAULT_TIMEOUT_SECONDS
from sim.boot.terminal import Received
from sim.boot.waits import GuardedWait, LineWait, Wait
from sim.errors import UsageError
from sim.robot.firmware import FirmwareUnderTest


@dataclass(frozen=True)
class UartResult:
    """What a wait has found, with the names that Renode gives its fields.

    Attributes
    ----------
    Line
        The line without its end.
    Timestamp
        Virtual milliseconds since reset.
    Groups
        What the groups of a regular expression matched.
    """

    Line: str
    Timestamp: float
    Groups: tuple[str, ...]


@dataclass(frozen=True)
class UartBytes:
    """The same for bytes."""

    Content: bytes
    Timestamp: float
    Groups: tuple[bytes, ...]


@dataclass
class TerminalTester:
    """One serial port of one board, and how long to wait for it.

    Attributes
    ----------
    forbidden
        Lines that end every wait with a failure.
    """

    firmware: FirmwareUnderTest
    uart: str
    timeout_seconds: float
    is_binary: bool
    forbidden: list[LineWait] = field(default_factory=list)

    @property
    def board(self) -> TalkingBoard:
        """The board."""
        return self.firmware.board

    @property
    def terminal(self) -> TalkingTerminal:
        """What listens to the port."""
        return self.board.terminal(self.uart)

    def wait_for(self, wait: Wait, timeout_seconds: float | None) -> Received:
        """Run until something has been received.

        Raises
        ------
        CheckFailedError
            It did not come in time, or something came that must not.
        """
        seconds = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        if not self.forbidden:
            return self.board.wait_for(wait, seconds, self.uart)
        forbidden = tuple(LineWait(entry.pattern, entry.regex) for entry in self.forbidden)
        return self.board.wait_for(GuardedWait(wait, forbidden), seconds, self.uart)


class Testers:
    """Testers by number, in the order of their creation.

    Attributes
    ----------
    default_timeout_seconds
        How long testers wait that are created from now on.
    wait_for_echo
        Whether a line that is written has to come back.
    match_next_line
        Whether a line that is awaited has to be the next one.
    """

    def __init__(self) -> None:
        self.default_timeout_seconds = DEFAULT_TIMEOUT_SECONDS
        self.wait_for_echo = True
        self.match_next_line = False
        self._testers: list[TerminalTester] = []
        self._default: int | None = None

    def add(self, tester: TerminalTester) -> int:
        """Return the number of a tester, which is that of an older one on the same port."""
        for number, known in enumerate(self._testers):
            if known.firmware is tester.firmware and known.uart == tester.uart:
                return number
        self._testers.append(tester)
        return len(self._testers) - 1

    def get(self, number: int | None) -> TerminalTester:
        """Return a tester; without a number, the default one, or the only one.

        Raises
        ------
        UsageError
            There is none of that number, or no telling which one is meant.
        """
        if number is None:
            number = self._default
        if number is None:
            if not self._testers:
                raise UsageError("there is no terminal tester", "use `Create Terminal Tester` first")
            if len(self._testers) > 1:
                raise UsageError(
                    f"there are {len(self._testers)} terminal testers",
                    "give testerId=, or use `Set Default Tester`",
                )
            return self._testers[0]
        if not 0 <= number < len(self._testers):
            raise UsageError(
                f"there is no terminal tester {number}", "use what `Create Terminal Tester` returned"
            )
        return self._testers[number]

    def set_default(self, number: int | None) -> None:
        """Choose the tester of keywords that name none."""
        if number is not None:
            self.get(number)
        self._default = number

    def clear(self) -> None:
        """Forget all testers."""
        self._testers.clear()
        self._default = None
