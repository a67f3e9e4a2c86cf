"""The one error tree of the package.

Every error that a user can cause or meet is a :class:`SimError`: a sentence that names the thing and what was
wrong with it, and a hint that says what to do. Front ends map the four branches once: to exit codes, gRPC
status codes and Robot messages.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Process exit codes of the command line."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    SIMULATION_FAULT = 3
    ENVIRONMENT = 4
    INTERRUPTED = 130


class SimError(Exception):
    """Root of all errors that are reported to the user.

    Parameters
    ----------
    message
        One sentence: which thing, and what was wrong with it.
    hint
        What the user can do about it; empty when there is nothing to say.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE
    code: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CheckFailedError(SimError):
    """The run worked, but a check that the user asked for did not hold."""

    exit_code = ExitCode.CHECK_FAILED
    code = "check.failed"


class UsageError(SimError):
    """An option or argument makes no sense."""

    code = "usage"


class ModelError(UsageError):
    """The ``.tflite`` model cannot be read, or cannot run on this runtime."""

    code = "model"


class InputError(UsageError):
    """An input does not fit the model's input tensor."""

    code = "input"


class PlatformError(UsageError):
    """The platform is unknown, or its description is wrong."""

    code = "platform"


class ImageError(UsageError):
    """The firmware image cannot be loaded."""

    code = "image"


class CapacityError(UsageError):
    """The model, image or arena does not fit into the board's memory."""

    code = "capacity"


class SimulationError(SimError):
    """The simulated firmware faulted, failed or ran into a limit."""

    exit_code = ExitCode.SIMULATION_FAULT
    code = "simulation"


class EnvironmentMissingError(SimError):
    """Something that must be installed on this machine is not there."""

    exit_code = ExitCode.ENVIRONMENT
    code = "environment"


def why_unreadable(error: Exception) -> str:
    """Return why a table could not be read: in the system's words, or that it is none."""
    return error.strerror or str(error) if isinstance(error, OSError) else "it is no table in UTF-8 text"
