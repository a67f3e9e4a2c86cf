"""Makes a method a keyword."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from robot.api import deco

from sim.errors import SimError

P = ParamSpec("P")
R = TypeVar("R")


class KeywordError(Exception):
    """A failure as a tester reads it: the sentence of an error and, on a line of its own, its hint."""

    ROBOT_SUPPRESS_NAME = True

    def __init__(self, error: SimError) -> None:
        super().__init__(f"{error.message}\nHint: {error.hint}" if error.hint else error.message)


def keyword(function: Callable[P, R]) -> Callable[P, R]:
    """Offer a method as a keyword whose failures are sentences."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SimError as error:
            raise KeywordError(error) from None

    marked: Callable[P, R] = deco.keyword(wrapper)
    return marked
