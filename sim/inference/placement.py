"""Where runner, model and arena go in a board's memories, and what to say when they do not fit."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import CapacityError
from sim.firmware.relocate import RunnerImage, relocate
from sim.platform import Platform, load_platform, platform_ids

_ARENA_ALIGNMENT_BYTES = 16
_MODEL_ALIGNMENT_BYTES = 4096  # more than TFLM's 16: code and model never share a page of the simulated MMU


@dataclass(frozen=True, slots=True)
class Placement:
    """Addresses of everything that the host puts on a board before reset."""

    image: RunnerImage
    model_address: int
    arena_address: int
    arena_size_bytes: int
    flash_used_bytes: int
    ram_fixed_bytes: int
    """RAM taken by the runner's stack, data and mailbox."""


def place(
    platform: Platform, runner: bytes, runner_name: str, model_bytes: int, arena_size_bytes: int | None
) -> Placement:
    """Place a runner image and a model on a board.

    Parameters
    ----------
    runner
        Content of the runner's ELF file.
    runner_name
        What to call it in errors.
    model_bytes
        Size of the model.
    arena_size_bytes
        Size of the arena; None for all RAM that is free.

    Raises
    ------
    CapacityError
        Model or arena is too large for the board.
    """
    flash, data = platform.image_memory, platform.data_memory
    image = relocate(runner, platform.vector_base, data.base, runner_name)
    model_address = _align(image.flash_end, _MODEL_ALIGNMENT_BYTES)
    flash_needed = model_address + model_bytes - flash.base
    if flash_needed > flash.size_bytes:
        raise CapacityError(
            f"runner and model take {flash_needed:,} bytes of flash, "
            f"{flash_needed - flash.size_bytes:,} more than {platform.id} has",
            fitting_hint(platform, flash_needed, 0),
        )
    arena_base, arena_bytes = platform.arena_span
    arena_address = _align(
        max(arena_base, image.ram_end) if data.base >= arena_base else arena_base, _ARENA_ALIGNMENT_BYTES
    )
    free_bytes = arena_base + arena_bytes - arena_address
    if free_bytes <= 0:
        raise CapacityError(f"the runner's data leaves no RAM for an arena on {platform.id}")
    if arena_size_bytes is not None and arena_size_bytes > free_bytes:
        raise CapacityError(
            f"an arena of {arena_size_bytes:,} bytes is {arena_size_bytes - free_bytes:,} bytes more than "
            f"{platform.id} has left",
            f"give --arena-size {free_bytes} or less, or leave it out to use all free RAM",
        )
    return Placement(
        image=image,
        model_address=model_address,
        arena_address=arena_address,
        arena_size_bytes=free_bytes if arena_size_bytes is None else arena_size_bytes,
        flash_used_bytes=flash_needed,
        ram_fixed_bytes=image.ram_end - data.base,
    )


def fitting_hint(platform: Platform, flash_bytes: int, arena_bytes: int) -> str:
    """Say which boards have enough flash for runner and model, and enough RAM for the arena (0: unknown)."""
    fitting = []
    for identifier in platform_ids():
        other = load_platform(identifier)
        if identifier == platform.id:
            continue
        if (
            other.image_memory.size_bytes >= flash_bytes
            and other.arena_span[1] >= arena_bytes + _RUNNER_RAM_BYTES
        ):
            fitting.append(identifier)
    if fitting and arena_bytes:
        return f"boards with enough room: {', '.join(fitting)}"
    if fitting:
        return f"boards with enough flash: {', '.join(fitting)} (`sim inspect` compares RAM too)"
    return (
        "no bundled board has enough room: make the model smaller, or describe your board in a platform file"
    )


_RUNNER_RAM_BYTES = 16 * 1024  # upper bound of stack, data and mailbox over all runner images


def _align(address: int, alignment: int) -> int:
    return -(-address // alignment) * alignment
