"""Firmware of the user's own on a board of a suite."""

from __future__ import annotations

from pathlib import Path

from sim.backends import Backend, TalkingBoard
from sim.boot import BootRequest
from sim.boot.terminal import CHANNELS
from sim.errors import ImageError, UsageError
from sim.image import Segment, load_image
from sim.inference import RunRequest
from sim.platform import Platform, load_platform


class FirmwareUnderTest:
    """An image, and further data beside it, on a board that is switched on when it is first needed.

    Parameters
    ----------
    request
        Names the platform and how it is simulated.
    backend
        Where it is simulated.
    """

    def __init__(self, request: RunRequest, backend: Backend) -> None:
        self.platform: Platform = load_platform(request.platform)
        self._request = request
        self._backend = backend
        self._path: Path | None = None
        self._base: int | None = None
        self._data: list[Segment] = []
        self._ports_with_carriage_returns: set[str] = set()
        self._board: TalkingBoard | None = None

    @property
    def board(self) -> TalkingBoard:
        """The board, at reset when it was not used yet.

        Raises
        ------
        UsageError
            It has no firmware.
        ImageError
            The image is none for this board.
        """
        if self._board is None:
            self._board = self._backend.open_firmware(self._image_request(), self._data)
            for name in self._ports_with_carriage_returns:
                self._board.terminal(name).end_lines_at_carriage_returns()
        return self._board

    @property
    def is_on(self) -> bool:
        """Whether the board is switched on."""
        return self._board is not None

    @property
    def is_loaded(self) -> bool:
        """Whether there is an image."""
        return self._path is not None

    def boot_request(self) -> BootRequest:
        """Return a request to run the image on a board of its own.

        Raises
        ------
        UsageError
            There is no image, or data beside it, which such a run cannot have.
        """
        if self._data:
            raise UsageError("`Run Firmware` takes one image", "link the data into it")
        return self._image_request()

    def port(self, name: str) -> str:
        """Return the name of a serial port, which may begin with ``sysbus.``, or of a channel.

        Raises
        ------
        UsageError
            The board has no such port.
        """
        port = name.lower().removeprefix("sysbus.")
        known = [*(uart.name for uart in self.platform.uarts), *CHANNELS]
        if port not in known:
            raise UsageError(f"{self.platform.id} has no serial port {name!r}", f"it has {', '.join(known)}")
        return port

    def end_lines_at_carriage_returns(self, port: str) -> None:
        """Let lines of a port end at carriage returns, instead of at line feeds."""
        self._ports_with_carriage_returns.add(port)
        if self._board is not None:
            self._board.terminal(port).end_lines_at_carriage_returns()

    def load(self, path: Path, base: int | None = None) -> None:
        """Flash an image file; the board is off afterwards.

        Parameters
        ----------
        base
            Address of a raw binary or of the vector table; the board's usual one by default.
        """
        load_image(path, self.platform, base)  # so that a bad file fails here
        self.close()
        self._path, self._base = path, base

    def load_data(self, path: Path, address: int) -> None:
        """Store a file in memory, beside the image; without an image, it is the image."""
        if self._path is None:
            self.load(path, address)
            return
        self.close()
        try:
            self._data.append(Segment(address, path.read_bytes()))
        except OSError as error:
            raise ImageError(f"cannot read {str(path)!r}: {error.strerror}") from error

    def set_vector_table(self, address: int) -> None:
        """Start from a vector table that is not at the board's usual place."""
        self.close()
        self._base = address

    def close(self) -> None:
        """Switch the board off."""
        if self._board is not None:
            board, self._board = self._board, None
            board.close()

    def _image_request(self) -> BootRequest:
        if self._path is None:
            raise UsageError(
                f"the board {self.platform.id} has no firmware",
                "use `Load Firmware`, or the command sysbus LoadELF",
            )
        return BootRequest(
            platform=self._request.platform,
            firmware=self._path,
            base=self._base,
            clock_hz=self._request.clock_hz,
            level=self._request.level,
        )
