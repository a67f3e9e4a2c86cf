"""How fast MLPerf Tiny firmware runs, compared with the board that it was built for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.boot.request import DEFAULT_TIMEOUT_CYCLES, DEFAULT_WALL_TIMEOUT_SECONDS
from sim.boot.session import FirmwareSession
from sim.image import load_image
from sim.machine.protocol import RunLimits
from sim.mlperf.device import Device
from sim.platform import Platform, load_platform

_SHORTEST_WINDOW_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class ImageSpeed:
    """Speed of one image with everything modelled, per inference.

    Attributes
    ----------
    board_seconds
        Simulated duration.
    host_seconds
        Processor time of the host.
    instructions_per_second
        Simulated instructions per second of host time.
    relative_to_board
        Above 1, the simulation is faster than the board.
    """

    image: str
    board_seconds: float
    host_seconds: float
    instructions_per_second: float
    relative_to_board: float


@dataclass(frozen=True, slots=True)
class ImageBenchmark:
    """Speeds of images on one board; `rounds` windows were measured of each, of which the best counts."""

    platform: str
    rounds: int
    images: tuple[ImageSpeed, ...]


def run_image_benchmark(images: Sequence[tuple[Path, str]], rounds: int) -> ImageBenchmark:
    """Measure the speed of images.

    Parameters
    ----------
    images
        Firmware that speaks the protocol of MLPerf Tiny, each with the board to simulate: the same one, or
        variants of it. At least one.
    rounds
        Windows per measurement.

    Raises
    ------
    UsageError
        An image does not fit the board.
    SimulationError
        An image does not speak the protocol.
    """
    boards = [load_platform(board) for _, board in images]
    speeds = [_measure(board, path, rounds) for board, (path, _) in zip(boards, images, strict=True)]
    return ImageBenchmark(boards[0].id, rounds, tuple(speeds))


def _measure(platform: Platform, path: Path, rounds: int) -> ImageSpeed:
    image = load_image(path, platform, None)
    limits = RunLimits(DEFAULT_TIMEOUT_CYCLES * rounds, DEFAULT_WALL_TIMEOUT_SECONDS * rounds)
    session = FirmwareSession(platform, image, limits, clock_hz=platform.clock.default_hz)
    device = Device(session, image)
    span, _ = device.infer(1, 1)  # translates and prices the code
    core_hz = session.board.clocks.core_hz()
    iterations = max(1, round(_SHORTEST_WINDOW_SECONDS * core_hz / span.cycles))
    host_seconds = min(_seconds(device, iterations) for _ in range(rounds)) / iterations
    board_seconds = span.cycles / core_hz
    return ImageSpeed(
        image=path.name,
        board_seconds=board_seconds,
        host_seconds=host_seconds,
        instructions_per_second=span.instructions / host_seconds,
        relative_to_board=board_seconds / host_seconds,
    )


def _seconds(device: Device, iterations: int) -> float:
    device.infer(iterations, 0)
    return device.host_seconds
