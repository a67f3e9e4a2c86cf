"""Renode's monitor through its remote server: commands in, text or an error sentence out."""

from __future__ import annotations

import http.client
import re
import xmlrpc.client
from pathlib import Path
from typing import Any

from sim.errors import SimulationError
from sim.machine.renode.process import RenodeProcess

COMMAND_TIMEOUT_SECONDS = 120.0
"""How long a command may take before Renode counts as hanging."""

# One around the other, and the inner one without a colon.
_REFUSAL = re.compile(
    r"(?:Could not execute command|There was an error (?:when )?executing command) '.*?'(?::\s*|(?=[A-Z]))",
    re.DOTALL,
)
_EXCEPTIONS = re.compile(
    r"TargetInvocationException: Exception has been thrown by the target of an invocation\. ?"
    r"|\b\w+Exception: "
)
# What XML 1.0 forbids: control characters other than tab, line feed and carriage return.
_INVALID_XML = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]"
    rb"|&#0*(?:[0-8]|1[124-9]|2\d|3[01]);"
    rb"|&#x0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]);"
)


class RefusedCommandError(SimulationError):
    """Renode answers a command with an error.

    Attributes
    ----------
    reason
        Its own words, on one line.
    """

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"Renode refuses {command!r}: {reason}")
        self.reason = reason


class Monitor:
    """Sends commands to a Renode process.

    Parameters
    ----------
    process
        The process.
    timeout_seconds
        How long a command may take.
    """

    def __init__(self, process: RenodeProcess, *, timeout_seconds: float = COMMAND_TIMEOUT_SECONDS) -> None:
        self._process = process
        self._timeout_seconds = timeout_seconds
        self._server = xmlrpc.client.ServerProxy(
            f"http://127.0.0.1:{process.port}", transport=_Transport(timeout_seconds), allow_none=True
        )

    def execute(self, command: str) -> str:
        """Execute a command and return what it printed.

        Raises
        ------
        RefusedCommandError
            Renode refuses the command.
        SimulationError
            Renode hangs, or has ended.
        """
        try:
            answer: Any = self._server.run_keyword("ExecuteCommand", [command])
        except TimeoutError as error:
            raise SimulationError(
                f"Renode did not finish {command!r} within {self._timeout_seconds:g} seconds",
                "try again with less load on this machine",
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self._process.require_alive()
            raise SimulationError(f"the connection to Renode broke at {command!r}: {error}") from error
        except xmlrpc.client.Error as error:
            raise SimulationError(
                f"Renode's remote server does not understand {command!r}: {error}"
            ) from error
        if answer.get("status") != "PASS":
            raise RefusedCommandError(command, refusal(str(answer.get("error", ""))))
        return str(answer.get("return", "")).strip()


def path_token(path: Path) -> str:
    """Return a path as the monitor reads it."""
    return "@" + str(path).replace(" ", r"\ ")


def refusal(text: str) -> str:
    """Return the reason in an error text, without the exceptions and the command around it, on one line."""
    reason = " ".join(_REFUSAL.split(text)[-1].split())
    reason = _EXCEPTIONS.sub("", reason)
    return reason or "it does not say why"


class _Transport(xmlrpc.client.Transport):
    """HTTP with a time limit, for a server that sends control characters which XML does not allow."""

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()
        self._timeout_seconds = timeout_seconds

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = self._timeout_seconds
        return connection

    def parse_response(self, response: http.client.HTTPResponse) -> Any:
        parser, unmarshaller = self.getparser()
        parser.feed(_INVALID_XML.sub(b"", response.read()))
        parser.close()
        return unmarshaller.close()
