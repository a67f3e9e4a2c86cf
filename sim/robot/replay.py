"""States of an emulation that later tests begin with: what led to them is executed again."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sim.errors import SimError, UsageError
from sim.robot.keyword import KeywordError

P = ParamSpec("P")
R = TypeVar("R")

Action = Callable[[], object]


class Recorder:
    """Remembers keywords. A board is bit-identical after the same keywords, so they stand for its state."""

    def __init__(self) -> None:
        self._actions: list[Action] = []
        self._states: dict[str, tuple[Action, ...]] = {}
        self._is_recording = False

    def call(self, action: Callable[[], R]) -> R:
        """Execute and remember a keyword; not those that it uses itself."""
        if self._is_recording:
            return action()
        self._actions.append(action)
        self._is_recording = True
        try:
            return action()
        finally:
            self._is_recording = False

    def forget(self) -> None:
        """Begin anew; named states stay."""
        self._actions.clear()

    def name_state(self, name: str) -> None:
        """Give what has been executed so far a name."""
        self._states[name] = tuple(self._actions)

    def replay(self, name: str) -> None:
        """Execute again what led to a state; what failed then fails again, and changes as much.

        Raises
        ------
        UsageError
            There is no such state.
        """
        for action in self._state(name):
            with contextlib.suppress(SimError, KeywordError):
                self.call(action)

    def require(self, name: str) -> None:
        """Raise UsageError when there is no such state."""
        self._state(name)

    def _state(self, name: str) -> tuple[Action, ...]:
        if name not in self._states:
            known = ", ".join(self._states) or "none"
            raise UsageError(
                f"there is no state {name!r}; there are: {known}",
                "a test that ran before has to have passed `Provides` with this name",
            )
        return self._states[name]


class HasRecorder(Protocol):
    """A library whose keywords can be executed again."""

    _recorder: Recorder


Library = TypeVar("Library", bound=HasRecorder)


def replayable(function: Callable[Concatenate[Library, P], R]) -> Callable[Concatenate[Library, P], R]:
    """Remember the calls of a keyword that changes boards."""

    @functools.wraps(function)
    def wrapper(self: Library, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._recorder.call(functools.partial(function, self, *args, **kwargs))

    return wrapper
