"""Firmware of the user's own on a board of a suite."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from sim.boot import BootRequest, FirmwareBoard
from sim.errors import ImageError, UsageError
from sim.image import FirmwareImage, Segment, load_image
from sim.inference import RunRequest
from sim.platform import Platform, load_platform


class FirmwareUnderTest:
    """An image, and further data beside it, on a board that is switched on when it is first needed.

    Parameters
    ----------
    request
        Names the platform and how it is simulated.
    check_talks
        Raises a SimError where the board cannot be talked with step by step.
    """

    def __init__(self, request: RunRequest, check_talks: Callable[[], None]) -> None:
        self.platform: Platform = load_platform(request.platform)
        self._request = request
        self._check_talks = check_talks
        self._path: Path | None = None
        self._base: int | None = None
        self._data: list[Segment] = []
        self._ports_with_carriage_returns: set[str] = set()
        self._board: FirmwareBoard | None = None

    @property
    def board(self) -> FirmwareBoard:
        """The board, at reset when it was not used yet.

        Raises
        ------
        UsageError
            It has no firmware, or is on a server.
        ImageError
            The image is none for this board.
        """
        if self._board is None:
            self._check_talks()
            self._board = FirmwareBoard(
                self.platform, self._image(), clock_hz=self._request.clock_hz, level=self._request.level
            )
            for name in self._ports_with_carriage_returns:
                self._board.terminal(name).ends_lines_at_carriage_return = True
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
        return BootRequest(
            platform=self._request.platform,
            firmware=self._loaded_path(),
            base=self._base,
            clock_hz=self._request.clock_hz,
            level=self._request.level,
        )

    def port(self, name: str) -> str:
        """Return the name of a serial port, which may begin with ``sysbus.``.

        Raises
        ------
        UsageError
            The board has no such port.
        """
        port = name.lower().removeprefix("sysbus.")
        known = [uart.name for uart in self.platform.uarts]
        if port not in known:
            raise UsageError(f"{self.platform.id} has no serial port {name!r}", f"it has {', '.join(known)}")
        return port

    def end_lines_at_carriage_returns(self, port: str) -> None:
        """Let lines of a port end at carriage returns, instead of at line feeds."""
        self._ports_with_carriage_returns.add(port)
        if self._board is not None:
            self._board.terminal(port).ends_lines_at_carriage_return = True

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

    def _loaded_path(self) -> Path:
        if self._path is None:
            raise UsageError(
                f"the board {self.platform.id} has no firmware",
                "use `Load Firmware`, or the command sysbus LoadELF",
            )
        return self._path

    def _image(self) -> FirmwareImage:
        image = load_image(self._loaded_path(), self.platform, self._base)
        segments = sorted((*image.segments, *self._data), key=lambda segment: segment.address)
        return dataclasses.replace(image, segments=tuple(segments))
