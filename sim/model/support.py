"""Compare what a model needs with what a firmware image has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import ImageError, ModelError
from sim.model.model import Model, Operator


@dataclass(frozen=True, slots=True)
class SupportedOperator:
    """One operator of a firmware image.

    Attributes
    ----------
    dtypes
        Element types of the operator's data (see `data_dtype`) that its kernel handles; empty: any.
    """

    name: str
    code: int
    min_version: int
    max_version: int
    dtypes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One thing that a model needs and the firmware does not have.

    Attributes
    ----------
    operator
        Builtin or custom name.
    dtype
        Element type of the operator's data.
    reason
        What is missing, as a phrase.
    indices
        The operators of the model that need it.
    """

    operator: str
    version: int
    dtype: str
    reason: str
    indices: tuple[int, ...]

    def __str__(self) -> str:
        where = ", ".join(map(str, self.indices))
        plural = "s" if len(self.indices) > 1 else ""
        what = f"{self.operator} version {self.version} on {self.dtype}"
        return f"{what} (operator{plural} {where}): {self.reason}"


def load_operators(path: Path) -> tuple[SupportedOperator, ...]:
    """Read the list of operators that is written when a firmware image is built.

    Raises
    ------
    ImageError
        If the list is missing or malformed.
    """
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return tuple(
            SupportedOperator(
                name=str(entry["builtin"]),
                code=int(entry["code"]),
                min_version=int(entry["min_version"]),
                max_version=int(entry["max_version"]),
                dtypes=frozenset(entry["types"]),
            )
            for entry in entries
        )
    except OSError as error:
        raise ImageError(f"operator list {path} cannot be read: {error.strerror}", "reinstall") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ImageError(f"operator list {path} is malformed: {error!r}", "rebuild the firmware") from None


def data_dtype(model: Model, operator: Operator) -> str:
    """Return the element type that decides which kernel runs.

    It is that of the first input that is not a constant, because in ``TRANSPOSE_CONV`` and ``SPLIT``
    constants come before the data; else that of the first input, or of the first output where there is none.
    """
    inputs = [model.tensors[i] for i in operator.inputs if i >= 0]
    candidates = (
        [t for t in inputs if not t.is_constant] + inputs + [model.tensors[i] for i in operator.outputs]
    )
    return candidates[0].dtype if candidates else "unknown"


def check_supported(model: Model, operators: Sequence[SupportedOperator]) -> list[Unsupported]:
    """List everything that `model` needs and `operators` do not have; empty when it can run."""
    by_code = {operator.code: operator for operator in operators}
    problems: dict[tuple[str, int, str, str], list[int]] = {}
    for operator in model.operators:
        dtype = data_dtype(model, operator)
        reason = _problem(operator, by_code.get(operator.code), dtype)
        if reason:
            name = operator.custom_name or operator.name
            problems.setdefault((name, operator.version, dtype, reason), []).append(operator.index)
    return [Unsupported(*key, tuple(indices)) for key, indices in problems.items()]


def require_supported(model: Model, operators: Sequence[SupportedOperator]) -> None:
    """Refuse a model that the firmware cannot run.

    Raises
    ------
    ModelError
        With the complete list of what is missing.
    """
    unsupported = check_supported(model, operators)
    if unsupported:
        raise ModelError(
            "the firmware does not support " + "; ".join(map(str, unsupported)),
            "convert the model with other operators, or give a runner that has them (--runner)",
        )


def _problem(operator: Operator, supported: SupportedOperator | None, dtype: str) -> str:
    if operator.custom_name or operator.name == "CUSTOM":
        return "custom operators are not supported"
    if supported is None:
        return "there is no such kernel"
    if not supported.min_version <= operator.version <= supported.max_version:
        return f"only versions {supported.min_version} to {supported.max_version} are supported"
    if supported.dtypes and dtype not in supported.dtypes:
        return f"its kernel takes only {', '.join(sorted(supported.dtypes))}"
    return ""
