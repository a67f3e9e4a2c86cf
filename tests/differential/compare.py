"""Compares two engines on many programs and reduces each that ends differently to what matters in it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sim.machine.protocol import Level
from tests.differential.engines import Results, run_embedded, run_qemu
from tests.differential.generator import Program, random_program
from tests.differential.image import Target, build_image

_REDUCED = 5
_SHOWN = 6


@dataclass(frozen=True)
class Divergence:
    """A program that two engines end differently: the words that differ, as (embedded, QEMU)."""

    program: Program
    words: dict[str, tuple[int | None, int | None]]

    def __str__(self) -> str:
        parts = ", ".join(f"{part.name} ({part.code.hex()})" for part in self.program.parts)
        words = ", ".join(
            f"{name} {_hex(embedded)} on the embedded engine and {_hex(qemu)} on QEMU"
            for name, (embedded, qemu) in list(self.words.items())[:_SHOWN]
        )
        return f"{parts}: {words}; from {self.program.state}"


def compare(programs: Sequence[Program], target: Target, level: Level = Level.BARE) -> list[Divergence]:
    """Run programs on both engines and return those that end differently."""
    found = []
    for first in range(0, len(programs), target.most_programs):
        batch = programs[first : first + target.most_programs]
        image = build_image(batch, target)
        found += _differences(batch, run_embedded(image, level), run_qemu(image))
    return found


def reduce(divergence: Divergence, target: Target, level: Level = Level.BARE) -> Divergence:
    """Leave out parts as long as the rest still ends differently."""
    while len(divergence.program.parts) > 1:
        parts = divergence.program.parts
        smaller = [
            dataclasses.replace(divergence.program, parts=parts[:index] + parts[index + 1 :])
            for index in range(len(parts))
        ]
        remaining = compare(smaller, target, level)
        if not remaining:
            break
        divergence = remaining[0]
    return divergence


def find_divergences(
    seed: int, count: int, target: Target, *, level: Level = Level.BARE, avoid: Collection[str] = ()
) -> list[Divergence]:
    """Compare random programs; the first few divergences are reduced."""
    rng = random.Random(seed)
    programs = [random_program(rng, target.core, avoid) for _ in range(count)]
    found = compare(programs, target, level)
    return [reduce(divergence, target, level) for divergence in found[:_REDUCED]] + found[_REDUCED:]


def _differences(programs: Sequence[Program], embedded: Results, qemu: Results) -> list[Divergence]:
    found = []
    for program, ours, theirs in zip(programs, embedded, qemu, strict=True):
        if ours != theirs:
            names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
            found.append(Divergence(program, {name: (ours.get(name), theirs.get(name)) for name in names}))
    return found


def _hex(value: int | None) -> str:
    return "nothing" if value is None else f"{value:#010x}"
