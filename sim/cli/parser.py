"""The argument parser: as :mod:`argparse`, but errors are those of the package, with hints."""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Sequence
from typing import NoReturn

from sim.errors import UsageError


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations that raises :class:`~sim.errors.UsageError`."""

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter if epilog else argparse.HelpFormatter,
        )

    def parse(self, arguments: Sequence[str], **defaults: object) -> argparse.Namespace:
        """Parse arguments into a namespace that starts with the given defaults.

        Raises
        ------
        UsageError
            They make no sense.
        """
        # Looked for first: a mistyped option is a better message than the required one it leaves missing.
        known = re.findall(r"--[a-z][a-z-]*", self.format_help())
        for argument in itertools.takewhile(lambda argument: argument != "--", arguments):
            option = argument.partition("=")[0]
            if re.fullmatch(r"--[a-zA-Z][\w-]*", option) and option not in known:
                raise UsageError(f"unknown option {option}", suggest(option, known) or self._help_hint())
        return self.parse_args(_with_negative_values(arguments), argparse.Namespace(**defaults))

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would have printed."""
        raise UsageError(message.removeprefix("argument "), self._help_hint())

    def _help_hint(self) -> str:
        return f"`{self.prog} --help` explains all options"


def _with_negative_values(arguments: Sequence[str]) -> list[str]:
    """Attach values such as ``-80MHz`` to their option, where argparse does not take them for options."""
    joined: list[str] = []
    for argument in arguments:
        if re.match(r"-\.?\d", argument) and joined and re.fullmatch(r"--[a-z][a-z-]*", joined[-1]):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def suggest(word: str, known: list[str]) -> str:
    """Return a hint that names the known word closest to a mistyped one, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else ""
