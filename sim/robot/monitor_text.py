"""The text of Renode monitor commands: words, strings, paths, variables, scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sim.errors import UsageError

_TOKEN = re.compile(
    r'"""(?P<block>.*?)"""|"(?P<string>[^"]*)"|(?P<word>(?:\\ |[^\s";])+)|(?P<end>;)', re.DOTALL
)
_ASSIGNMENT = re.compile(r"\s*\$(?P<name>[\w.]+)\s*(?P<if_unset>\?)?=\s*(?P<value>.*)", re.DOTALL)
_SET = re.compile(r"\s*(?:set|macro)\s+(?P<name>[\w.]+)\s+(?P<value>.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$([\w.]*\w)")
_QUOTES = '"""'
_CLOCK = re.compile(r"(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d*)?|\.\d+)")


class Assignment:
    """``$name = value``, ``$name ?= value``, ``set name value`` or ``macro name value``."""

    def __init__(self, name: str, value: str, *, only_if_unset: bool) -> None:
        self.name = name
        self.value = value
        self.only_if_unset = only_if_unset


def parse_assignment(command: str) -> Assignment | None:
    """Return the assignment that a command is, if it is one."""
    if found := _ASSIGNMENT.fullmatch(command):
        return Assignment(found["name"], _bare(found["value"]), only_if_unset=bool(found["if_unset"]))
    if found := _SET.fullmatch(command):
        return Assignment(found["name"], _bare(found["value"]), only_if_unset=False)
    return None


def split_commands(command: str) -> list[list[str]]:
    """Return the words of each command in a line; commands are separated by semicolons."""
    commands: list[list[str]] = [[]]
    for token in _TOKEN.finditer(command):
        if token["end"]:
            commands.append([])
        else:
            text = next(text for text in (token["block"], token["string"], token["word"]) if text is not None)
            commands[-1].append(text.replace("\\ ", " ") if token["word"] else text)
    return [words for words in commands if words]


def script_commands(text: str) -> Iterator[str]:
    """Yield the commands of a script: lines, joined where a string in triple quotes spans several."""
    pending = ""
    for line in text.splitlines():
        if not pending and (not line.strip() or line.lstrip().startswith(("#", ":"))):
            continue
        pending += f"\n{line}" if pending else line
        opens_next = pending.lstrip().startswith("macro ") and _QUOTES not in pending
        if pending.count(_QUOTES) % 2 == 0 and not opens_next:
            yield pending
            pending = ""
    if pending:
        yield pending


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Replace ``$name`` by its value.

    Raises
    ------
    UsageError
        There is no such variable.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise UsageError(f"there is no variable ${found[1]}", f"set it first: ${found[1]}=@file")
        return variables[found[1]]

    return _VARIABLE.sub(value, text)


def parse_number(text: str) -> int:
    """Return a number in decimal or hexadecimal.

    Raises
    ------
    UsageError
        It is none.
    """
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"{text!r} is no number", "write it like 0x20000000 or 42") from None


def parse_seconds(text: str) -> float:
    """Return a time interval in seconds: ``0.1``, or hours, minutes and seconds as ``00:00:01.5``.

    Raises
    ------
    UsageError
        It is none.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no time interval", 'write seconds like "0.1", or "00:00:01.5"')
    first, second, seconds = found.groups()
    hours, minutes = (first, second) if second else (None, first)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def _bare(value: str) -> str:
    value = value.strip()
    for quotes in (_QUOTES, '"'):
        if len(value) >= 2 * len(quotes) and value.startswith(quotes) and value.endswith(quotes):
            return value[len(quotes) : -len(quotes)]
    return value
