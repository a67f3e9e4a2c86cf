"""Boards as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.firmware.manifest import load_manifest
from sim.model import load_operators
from sim.platform import Platform, PlatformSummary
from sim.platform.names import ValidationStatus
from sim.platform.source import variant_ids
from sim.report.entries import entry_lines
from sim.report.style import PLAIN, Style
from sim.report.table import Column, render_table
from sim.report.units import count, frequency, si, size


def render_platforms(platforms: Sequence[PlatformSummary], *, width: int = 80, style: Style = PLAIN) -> str:
    """Return a table of boards."""
    rows = [
        [
            platform.id,
            _board(platform.name),
            platform.core.removeprefix("cortex-"),
            frequency(platform.clock_hz),
            size(platform.flash_bytes) if platform.flash_bytes else "none",
            size(platform.ram_bytes),
            "yes" if platform.validation == ValidationStatus.VALIDATED.value else "no",
        ]
        for platform in platforms
    ]
    columns = [
        Column("id", styles=("bold",)),
        Column("board", min_width=12),
        Column("core"),
        Column("clock", right=True),
        Column("flash", right=True),
        Column("RAM", right=True),
        Column("validated"),
    ]
    return "\n".join(render_table(columns, rows, width=width, style=style, indent="")) + "\n"


def _board(name: str) -> str:
    mcu, _, board = name.partition(" (")
    return board.removesuffix(")") or mcu


def render_platform(platform: Platform, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return the description of one board."""
    sections = [
        [f"{style(platform.name, 'bold')} · {platform.id}"],
        _facts(platform, width, style),
        _memories(platform, width, style),
        _caches(platform, width, style),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _facts(platform: Platform, width: int, style: Style) -> list[str]:
    return [line for label, text in _entries(platform) for line in entry_lines(label, text, width, style)]


def _entries(platform: Platform) -> Iterator[tuple[str, str]]:
    yield "MCU", f"{platform.mcu}, {platform.vendor}"
    yield "core", platform.core
    yield "clock", _clock(platform)
    if platform.energy is not None:
        supply = platform.supply
        yield "supply", f"{supply.volts:g} V; {supply.min_volts:g} V to {supply.max_volts:g} V possible"
    if platform.wait_states is not None:
        states = platform.wait_states.at(platform.clock.default_hz)
        at_clock = f"{count(states, 'wait state')} at {frequency(platform.clock.default_hz)}"
        yield "flash", f"{at_clock} ({platform.wait_states.condition})"
    yield from _energy(platform)
    yield from _runner(platform)
    yield "console", platform.console.name
    if variants := [id_ for id_ in variant_ids() if id_.startswith(f"{platform.id}-")]:
        yield "variants", ", ".join(variants)
    yield "timing", f"{platform.validation.status.value}: {platform.validation.note}"
    if platform.qemu_machine is not None:
        yield "QEMU", platform.qemu_machine
    yield "source", platform.source


def _runner(platform: Platform) -> Iterator[tuple[str, str]]:
    """Say which bundled runner there is room for."""
    flash_bytes, ram_bytes = platform.image_memory.size_bytes, platform.data_memory.size_bytes
    for image in load_manifest().variants(platform.core):
        if image.flash_bytes < flash_bytes and image.ram_bytes < ram_bytes:
            operators = count(len(load_operators(image.operators_path)), "operator")
            taken = f"{size(image.flash_bytes)} of flash and {size(image.ram_bytes)} of RAM"
            yield "runner", f"{image.variant}: {operators} in {taken}"
            return
    yield "runner", "none: the board is too small for it"


def _clock(platform: Platform) -> str:
    clock = platform.clock
    if clock.min_hz == clock.max_hz:
        return f"{frequency(clock.default_hz)}, fixed"
    return f"{frequency(clock.default_hz)}; {frequency(clock.min_hz)} to {frequency(clock.max_hz)} possible"


def _energy(platform: Platform) -> Iterator[tuple[str, str]]:
    if platform.energy is None:
        yield "energy", "unknown: nobody has published this board's consumption"
        return
    power, sleep = platform.power, platform.sleep
    yield (
        "energy",
        f"{power.picojoules_per_cycle:g} pJ per cycle + {si(power.static_watts, 'W')}, "
        f"± {100 * power.relative_uncertainty:.0f} % ({power.source})",
    )
    yield "sleep", f"{si(sleep.amperes, 'A')} in {sleep.name} ({sleep.source})"


def _memories(platform: Platform, width: int, style: Style) -> list[str]:
    rows = [
        [
            memory.name,
            memory.kind.value,
            f"0x{memory.base:08X}",
            size(memory.size_bytes),
            memory.bus if memory.alias_of is None else f"{memory.bus}; shows {memory.alias_of}",
        ]
        for memory in platform.memories
    ]
    columns = [
        Column("memory"),
        Column("kind"),
        Column("address"),
        Column("size", right=True),
        Column("bus", min_width=8),
    ]
    return render_table(columns, rows, width=width, style=style)


def _caches(platform: Platform, width: int, style: Style) -> list[str]:
    rows = [
        [
            cache.name,
            size(cache.size_bytes),
            count(cache.ways, "way"),
            f"{cache.line_bytes} B lines",
            cache.policy.value,
        ]
        for cache in platform.caches
    ]
    columns = [
        Column("cache"),
        Column("size", right=True),
        Column("ways", right=True),
        Column("lines"),
        Column("replacement"),
    ]
    return render_table(columns, rows, width=width, style=style) if rows else []
