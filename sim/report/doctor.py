"""The state of an installation as text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sim.doctor import Check, Status
from sim.report.style import PLAIN, Style
from sim.report.units import count

_NAME_WIDTH = 19
_INDENT = _NAME_WIDTH + 2


def render_checks(checks: Sequence[Check], *, width: int = 80, style: Style = PLAIN) -> str:
    """Return a line per check, a hint below each that did not pass, and a verdict."""
    lines = []
    for check in checks:
        mark, colour = _mark(check)
        first, *more = textwrap.wrap(check.detail, width - _INDENT) or [""]
        lines.append(f"{style(mark, colour)} {check.name.ljust(_NAME_WIDTH)}{first}")
        lines += [" " * _INDENT + line for line in more]
        lines += [" " * _INDENT + style(line, "dim") for line in textwrap.wrap(check.hint, width - _INDENT)]
    failed = sum(check.required and check.status is not Status.OK for check in checks)
    verdict = (
        f"{count(failed, 'problem')} to solve before `sim run` works" if failed else "ready for `sim run`"
    )
    return "\n".join([*lines, "", verdict, ""])


def _mark(check: Check) -> tuple[str, str]:
    if check.status is Status.OK:
        return "✓", "green"
    return ("✗", "red") if check.required else ("·", "dim")
