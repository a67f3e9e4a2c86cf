"""Where the boards of a test suite are simulated: in this process, or on a server."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from sim.boot import BootRequest, FirmwareBoard, run_firmware
from sim.boot.request import DEFAULT_WALL_TIMEOUT_SECONDS
from sim.boot.terminal import Received
from sim.boot.waits import Wait
from sim.extras import needs_extra
from sim.image import FirmwareImage, Segment, load_image
from sim.inference import Progress, RunRequest, WarmBoard, run_inference
from sim.inputs import load_inputs
from sim.mlperf import MlperfReport, MlperfRequest, run_mlperf
from sim.platform import Platform, load_platform
from sim.result import Result

if TYPE_CHECKING:
    from sim.client import Client, Session


class BootedBoard(Protocol):
    """A board that has booted with its model."""

    def run(self, inputs: Sequence[str]) -> Result:
        """Run inputs (as :class:`~sim.inference.RunRequest` takes them) on the board as it was after boot."""

    def close(self) -> None:
        """Let the board go."""


class TalkingTerminal(Protocol):
    """What listens to a serial port; see :class:`sim.boot.terminal.Terminal`."""

    @property
    def sent(self) -> bytearray:
        """Every byte that firmware has sent there."""

    def report(self) -> str:
        """Return everything since reset line by line."""

    def skip(self) -> None:
        """Count everything as read."""

    def end_lines_at_carriage_returns(self) -> None:
        """Let lines end there from now on, instead of at line feeds."""


class TalkingBoard(Protocol):
    """A board with firmware that suites talk with; see :class:`sim.boot.FirmwareBoard`."""

    @property
    def uptime_seconds(self) -> float:
        """Virtual time since reset."""

    @property
    def terminals(self) -> Mapping[str, TalkingTerminal]:
        """What listens to the ports and channels, of those that have sent something at least."""

    def terminal(self, uart: str | None = None) -> TalkingTerminal:
        """Return what listens to a serial port."""

    def run_for(self, seconds: float) -> None:
        """Run for a virtual time."""

    def wait_for(self, wait: Wait, timeout_seconds: float = ..., uart: str | None = None) -> Received:
        """Run until something has been received."""

    def expect_nothing(self, wait: Wait, timeout_seconds: float = ..., uart: str | None = None) -> None:
        """Run for a virtual time in which something must not be received."""

    def is_idle(self, seconds: float, *, uart: str | None = None) -> bool:
        """Run for a virtual time and return whether firmware sent nothing."""

    def write(self, data: bytes, *, uart: str | None = None) -> None:
        """Send bytes to a serial port."""

    def write_line(self, text: str, *, end: str = ..., uart: str | None = None) -> None:
        """Send a line."""

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Read flash or RAM."""

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to RAM or flash."""

    def address_of(self, function: str) -> int:
        """Return the address of a function."""

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

    def run_mlperf(
        self, request: MlperfRequest, progress: Callable[[Progress], None] | None = None
    ) -> MlperfReport:
        """Run a benchmark on a board of its own."""

    def open_firmware(self, request: BootRequest, data: Sequence[Segment] = ()) -> TalkingBoard:
        """Return a board to talk with, with an image and further data beside it, at reset."""

    def close(self) -> None:
        """Let go of what is shared between boards; the next call gets it again."""


def load_firmware(request: BootRequest, data: Sequence[Segment] = ()) -> tuple[Platform, FirmwareImage]:
    """Return the board and the image of a request, with further data beside it."""
    platform = load_platform(request.platform)
    image = load_image(request.firmware, platform, request.base)
    segments = sorted((*image.segments, *data), key=lambda segment: segment.address)
    return platform, dataclasses.replace(image, segments=tuple(segments))


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

    def run_mlperf(
        self, request: MlperfRequest, progress: Callable[[Progress], None] | None = None
    ) -> MlperfReport:
        """Run a benchmark on a board of its own."""
        return run_mlperf(request, progress)

    def open_firmware(self, request: BootRequest, data: Sequence[Segment] = ()) -> FirmwareBoard:
        """Return a board to talk with, with an image and further data beside it, at reset."""
        return FirmwareBoard(
            *load_firmware(request, data),
            clock_hz=request.clock_hz,
            level=request.level,
            wall_timeout_seconds=request.wall_timeout_seconds or DEFAULT_WALL_TIMEOUT_SECONDS,
        )

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

    def run_mlperf(
        self, request: MlperfRequest, progress: Callable[[Progress], None] | None = None
    ) -> MlperfReport:
        """Run a benchmark on a board of its own; `progress` is called from another thread."""
        return self._connected().run_mlperf(request, progress)

    def open_firmware(self, request: BootRequest, data: Sequence[Segment] = ()) -> TalkingBoard:
        """Return a board to talk with, with an image and further data beside it, at reset."""
        board = self._connected().open_firmware(request)
        for segment in data:
            board.write_memory(segment.address, segment.data)
        return board

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
    with needs_extra("serve", "--server"):
        from sim.client import Client
    return Client(address)
