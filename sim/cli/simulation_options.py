"""Options that all verbs which run a board share: what is modelled, the clock, the limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim import quantities

AddArgument = Callable[..., Any]


def add_simulation_arguments(add: AddArgument) -> None:
    """Declare ``--memory-model``, ``--clock``, ``--timeout-cycles`` and ``--wall-timeout``.

    Parameters
    ----------
    add
        ``add_argument`` of a parser or of a group.
    """
    add(
        "--memory-model",
        choices=("full", "timing"),
        default="full",
        help="full: with wait states and caches (default); timing: the core alone, which is faster",
    )
    add(
        "--clock",
        metavar="HZ",
        type=quantities.for_option("--clock", quantities.frequency_hz),
        help="core clock, such as 80MHz, which decides the wait states; the board's usual one by default",
    )
    add(
        "--timeout-cycles",
        metavar="N",
        type=quantities.for_option("--timeout-cycles", quantities.count),
        help="stop after so many simulated cycles, such as 500M",
    )
    add(
        "--wall-timeout",
        metavar="TIME",
        type=quantities.for_option("--wall-timeout", quantities.duration_seconds),
        help="stop after this time on the host, such as 30s",
    )
