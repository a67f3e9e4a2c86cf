"""The commands behind GDB's ``monitor``."""

from __future__ import annotations

from sim.debug.target import DebugTarget, Resume

_HELP = """\
monitor cycles    core cycles from reset up to the next instruction
monitor reset     restart the board; it stops before the first instruction
monitor version   the emulator
monitor help      this list
"""


def run_monitor_command(target: DebugTarget, command: str) -> str | Resume:
    """Return the output of a command, or what the machine has to do first."""
    name = command.strip()
    if name == "cycles":
        return f"{target.cycles}\n"
    if name == "reset":
        return Resume.RESET
    if name == "version":
        return f"{target.version}\n"
    if name in ("help", ""):
        return _HELP
    return f"there is no monitor command {name!r}\n{_HELP}"
