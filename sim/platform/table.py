"""Strict reading of TOML tables: values are asked for by name and type, unknown keys are an error."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NoReturn, TypeVar

from sim.errors import PlatformError

_E = TypeVar("_E", bound=Enum)
_MISSING: Any = object()
_FIELDS_HINT = "docs/platforms.md describes all fields"


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the closest of ``known``, or lists them all when none is close."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(sorted(known)) if known else ""


class Table:
    """One TOML table under validation.

    Parameters
    ----------
    values
        The table as parsed.
    file
        Name of the file, for messages.
    path
        Dotted path of this table inside the file; empty for the root.

    Every reader raises :class:`~sim.errors.PlatformError` naming file, key and what was wrong.
    """

    def __init__(self, values: Mapping[str, Any], file: str, path: str = "") -> None:
        self._values = values
        self._file = file
        self._path = path
        self._asked: list[str] = []

    def names(self) -> list[str]:
        """Return the keys of this table, for tables whose keys are names."""
        return list(self._values)

    def fail(self, key: str, problem: str, hint: str = "") -> NoReturn:
        """Raise the error for ``key`` of this table."""
        dotted = ".".join(part for part in (self._path, key) if part)
        raise PlatformError(f"{self._file}: {dotted}: {problem}", hint)

    def string(self, key: str) -> str:
        """Read a non-empty string."""
        value = self._get(key, _MISSING)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"must be a non-empty string, not {value!r}")
        return value

    def optional_string(self, key: str) -> str | None:
        """Read a non-empty string that may be left out."""
        return self.string(key) if self.has(key) else None

    def integer(
        self, key: str, default: int = _MISSING, *, minimum: int = 0, maximum: int = 0xFFFF_FFFF
    ) -> int:
        """Read an integer between ``minimum`` and ``maximum``."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(key, f"must be an integer, not {value!r}")
        if not minimum <= value <= maximum:
            self.fail(key, f"is {value}, must be between {minimum} and {maximum}")
        return value

    def number(self, key: str, *, minimum: float = 0.0, maximum: float) -> float:
        """Read a number between ``minimum`` and ``maximum``."""
        value = self._get(key, _MISSING)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, f"must be a number, not {value!r}")
        if not minimum <= value <= maximum:
            self.fail(key, f"is {value}, must be between {minimum} and {maximum}")
        return float(value)

    def boolean(self, key: str, default: bool) -> bool:
        """Read true or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.fail(key, f"must be true or false, not {value!r}")
        return value

    def choice(self, key: str, kinds: type[_E]) -> _E:
        """Read a string that is the value of a member of ``kinds``."""
        value = self.string(key)
        known = [str(kind.value) for kind in kinds]
        if value not in known:
            self.fail(key, f"is {value!r}, must be one of {', '.join(known)}", did_you_mean(value, known))
        return kinds(value)

    def strings(self, key: str) -> tuple[str, ...]:
        """Read a non-empty array of strings."""
        value = self._get(key, _MISSING)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            self.fail(key, f"must be a non-empty array of strings, not {value!r}")
        return tuple(value)

    def integers(self, key: str, *, minimum: int = 1) -> tuple[int, ...]:
        """Read a non-empty array of integers."""
        value = self._get(key, _MISSING)
        if (
            not isinstance(value, list)
            or not value
            or not all(
                isinstance(item, int) and not isinstance(item, bool) and item >= minimum for item in value
            )
        ):
            self.fail(key, f"must be a non-empty array of integers of at least {minimum}, not {value!r}")
        return tuple(value)

    def table(self, key: str) -> Table:
        """Read a sub-table."""
        value = self._get(key, _MISSING)
        if not isinstance(value, dict):
            self.fail(key, f"must be a table, not {value!r}")
        return Table(value, self._file, f"{self._path}.{key}" if self._path else key)

    def tables(self, key: str) -> list[Table]:
        """Read an array of tables; empty when the key is absent."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fail(key, f"must be an array of tables ([[{key}]])")
        return [Table(item, self._file, f"{key}[{index}]") for index, item in enumerate(value)]

    def has(self, key: str) -> bool:
        """Tell whether ``key`` is there (and count it as known)."""
        self._asked.append(key)
        return key in self._values

    def finish(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                self.fail(key, "unknown key", did_you_mean(key, self._asked))

    def _get(self, key: str, default: Any) -> Any:
        self._asked.append(key)
        value = self._values.get(key, default)
        if value is _MISSING:
            unknown = [name for name in self._values if name not in self._asked]
            close = difflib.get_close_matches(key, unknown, n=1)
            self.fail(key, "is missing", f"is {close[0]!r} a misspelling of it?" if close else _FIELDS_HINT)
        return value


def refuse_duplicates(root: Table, key: str, names: Sequence[str]) -> None:
    """Raise the error for `key` when one of the names in its tables occurs twice."""
    for name in names:
        if names.count(name) > 1:
            root.fail(key, f"{name!r} is described more than once")
