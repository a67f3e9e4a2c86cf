"""`sim run --gdb`: a debugger controls the run."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim import quantities
from sim.cli.console import Console
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.debug import DebugRequest


def add_debug_argument(add: Callable[..., Any]) -> None:
    """Declare ``--gdb``.

    Parameters
    ----------
    add
        ``add_argument`` of a parser or of a group.
    """
    add(
        "--gdb",
        metavar="PORT",
        type=quantities.for_option("--gdb", quantities.count),
        help="wait for GDB on this port of localhost, and let it control the run",
    )


def check_debug_argument(arguments: Namespace) -> None:
    """Refuse ``--gdb`` for a run that is not on this machine.

    Raises
    ------
    UsageError
        It is given together with ``--server``.
    """
    if arguments.gdb is not None and arguments.server is not None:
        raise UsageError("--gdb cannot be used with --server", "debug a run on this machine")


def debug_request(arguments: Namespace, console: Console) -> DebugRequest | None:
    """Return what the run needs to know about the debugger; None when none was asked for.

    Raises
    ------
    UsageError
        There is no such port.
    """
    if arguments.gdb is None:
        return None
    from sim.debug import DebugRequest

    return DebugRequest(arguments.gdb, console.note)
