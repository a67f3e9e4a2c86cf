"""What a board can wait for, as a message, and back."""

from __future__ import annotations

from sim.boot.terminal import Terminal
from sim.boot.waits import AnyLineWait, BytesWait, GuardedWait, LinesWait, LineWait, SilenceBroken, Wait
from sim.errors import UsageError
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import RequestError


def wait_to_message(wait: Wait) -> pb.WaitFor:
    """Return the message of a wait.

    Raises
    ------
    UsageError
        There is none for waits of this kind.
    """
    if isinstance(wait, GuardedWait):
        message = wait_to_message(wait.wait)
        message.forbidden.extend(pb.ForbiddenLine(pattern=f.pattern, regex=f.regex) for f in wait.forbidden)
        return message
    if isinstance(wait, AnyLineWait):
        return pb.WaitFor(any_line=True)
    if isinstance(wait, LineWait):
        pattern = {"regex" if wait.regex else "text": wait.pattern}
        return pb.WaitFor(**pattern, unfinished=wait.unfinished, next_only=wait.next_only)  # type: ignore[arg-type]
    if isinstance(wait, LinesWait):
        lines = pb.Lines(patterns=wait.patterns, regex=wait.regex)
        return pb.WaitFor(lines=lines, unfinished=wait.unfinished, next_only=wait.next_only)
    if isinstance(wait, BytesWait):
        data = {"data_regex" if wait.regex else "data": wait.pattern}
        return pb.WaitFor(**data, at_start=wait.at_start)  # type: ignore[arg-type]
    raise UsageError(
        f"waiting for {wait} is not possible on a server",
        "leave the server out: the board is in this process then",
    )


def wait_from_message(message: pb.WaitFor, terminal: Terminal) -> Wait:
    """Return the wait of a message.

    Parameters
    ----------
    terminal
        What listens to the port that is waited at.

    Raises
    ------
    RequestError
        The message does not say what to wait for.
    UsageError
        A pattern is no regular expression.
    """
    awaited = _awaited(message, terminal)
    if not message.forbidden:
        return awaited
    return GuardedWait(awaited, tuple(LineWait(line.pattern, line.regex) for line in message.forbidden))


def _awaited(message: pb.WaitFor, terminal: Terminal) -> Wait:
    kind = message.WhichOneof("what")
    if kind == "any_line":
        return AnyLineWait()
    if kind == "anything":
        return SilenceBroken(terminal)
    if kind in ("text", "regex"):
        pattern = getattr(message, kind)
        return LineWait(pattern, kind == "regex", message.unfinished, message.next_only)
    if kind == "lines" and message.lines.patterns:
        patterns = tuple(message.lines.patterns)
        return LinesWait(patterns, message.lines.regex, message.unfinished, message.next_only)
    if kind in ("data", "data_regex"):
        return BytesWait(getattr(message, kind), kind == "data_regex", message.at_start)
    raise RequestError("there is nothing to wait for", "set text, regex, data or another", field="wait_for")
