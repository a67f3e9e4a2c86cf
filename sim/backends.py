"""Where the boards of a test suite are simulated: in this process, or on a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sim.boot import BootRequest, run_firmware
from sim.errors import EnvironmentMissingError, UsageError
from sim.inference import RunRequest, WarmBoard, run_inference
from sim.inputs import load_inputs
from sim.platform import load_platform
from sim.result import Result

if TYPE_CHECKING:
    from sim.client import Client, Session


class BootedBoard(Protocol):
    """A board that has booted with its model."""

    def run(self, inputs: Sequence[str]) -> Result:
        """Run inputs (as :class:`~sim.inference.RunRequest` takes them) on the board as it was after boot."""

    def close(self) -> None:
        """Let the board go."""


class Backend(Protocol):
    """Simulates boards; results do not depend on where."""

    def check_platform(self, platform: str) -> None:
        """Raise a SimError when there is no such platform."""

    def boot(self, request: RunRequest) -> BootedBoard:
        """Boot a board."""

    def run(self, request: RunRequest) -> Result:
        """Run a request on a board of its own."""

    def run_firmware(self, request: BootRequest) -> Result:
        """Run firmware of the user's own on a board of its own."""

    def check_talks(self) -> None:
        """Raise a SimError when firmware cannot be talked with step by step here."""

    def close(self) -> None:
        """Let go of what is shared between boards; the next call gets it again."""


def backend_at(server: str | None) -> Backend:
    """Return the backend for a server's address, or for this process."""
    return LocalBackend() if server is None else ServerBackend(server)


class LocalBackend:
    """Simulates boards in this process."""

    def check_platform(self, platform: str) -> None:
        """Raise a SimError when there is no such platform."""
        load_platform(platform)

    def boot(self, request: RunRequest) -> BootedBoard:
        """Boot a board."""
        return _LocalBoard(WarmBoard(request))

    def run(self, request: RunRequest) -> Result:
        """Run a request on a board of its own."""
        return run_inference(request)

    def run_firmware(self, request: BootRequest) -> Result:
        """Run firmware of the user's own on a board of its own."""
        return run_firmware(request)

    def check_talks(self) -> None:
        """Boards in this process can be talked with."""

    def close(self) -> None:
        """Nothing is shared between boards."""


class _LocalBoard:
    def __init__(self, board: WarmBoard) -> None:
        self._board = board

    def run(self, inputs: Sequence[str]) -> Result:
        return self._board.run(load_inputs(inputs, self._board.setup.model) if inputs else None)

    def close(self) -> None:
        self._board.close()


class ServerBackend:
    """Simulates boards on a server; connects when it is first used.

    Parameters
    ----------
    address
        As :class:`sim.client.Client` takes it.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Client | None = None

    def check_platform(self, platform: str) -> None:
        """Raise a SimError when there is no such platform; a platform file is read here."""
        if platform.endswith(".toml"):
            load_platform(platform)
        else:
            self._connected().platform(platform)

    def boot(self, request: RunRequest) -> BootedBoard:
        """Boot a board."""
        return _ServerBoard(self._connected().open_session(request))

    def run(self, request: RunRequest) -> Result:
        """Run a request on a board of its own."""
        return self._connected().run(request)

    def run_firmware(self, request: BootRequest) -> Result:
        """Run firmware of the user's own on a board of its own."""
        return self._connected().run_firmware(request)

    def check_talks(self) -> None:
        """Refuse it."""
        raise UsageError(
            "suites cannot talk with the serial ports of boards on a server",
            "leave the server out: boards run in this process then",
        )

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            client, self._client = self._client, None
            client.close()

    def _connected(self) -> Client:
        if self._client is None:
            self._client = connect(self._address)
        return self._client


class _ServerBoard:
    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, inputs: Sequence[str]) -> Result:
        return self._session.invoke(inputs)

    def close(self) -> None:
        self._session.close()


def connect(address: str) -> Client:
    """Return a client for a server.

    Raises
    ------
    EnvironmentMissingError
        The packages that it needs are not installed.
    """
    try:
        from sim.client import Client
    except ImportError as error:
        raise EnvironmentMissingError(
            f"--server needs the module {error.name}", "install it: pip install 'boardless[serve]'"
        ) from error
    return Client(address)
