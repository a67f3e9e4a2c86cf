"""Assembly programs on a real board's memory map, for tests of the engine."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.embedded.private_peripherals import SCB_CPACR
from sim.machine.engines import DEFAULT_ENGINE, create_machine
from sim.machine.peripherals.bus import Bus
from sim.machine.protocol import Level, Marker, RunLimits
from sim.platform import Platform, load_platform
from tests.support.assembler import assemble

_SYSTEM_VECTORS = 15
PLENTY = RunLimits(cycles=50_000_000, wall_seconds=30.0)


class AssembledBoard:
    """A board that boots an assembly program.

    Labels ``stop_<name>`` become stopping markers, labels ``log_<name>`` logging ones; execution begins at
    ``start``. `handlers` gives labels to exception numbers. Only the embedded engine takes a `bus`.
    """

    def __init__(
        self,
        program: str,
        platform: str | Platform = "stm32l4r5",
        *,
        level: Level = Level.FULL,
        clock_hz: int | None = None,
        data_only_flash: range | None = None,
        handlers: Mapping[int, str] | None = None,
        on_progress: Callable[[int], None] | None = None,
        engine: str = DEFAULT_ENGINE,
        bus: Bus | None = None,
    ) -> None:
        self.platform = load_platform(platform) if isinstance(platform, str) else platform
        base = self.platform.vector_base
        stack = self.platform.data_memory.base + 0x2000
        vectors = {0: f"{stack:#x}", 1: "start", **(handlers or {})}
        table = [vectors.get(number, "0") for number in range(max(_SYSTEM_VECTORS, *vectors) + 1)]
        header = "\n".join(
            f".word {entry}" + (f" + {base:#x} + 1" if entry.isidentifier() else "") for entry in table
        )
        names = re.findall(r"^((?:stop|log)_\w+):", program, re.MULTILINE)
        trailer = "\n".join([".balign 4", *(f".word {name}" for name in names)])
        code = assemble(f"{header}\n{program}\n{trailer}\n", self.platform.core)
        table_start = len(code) - 4 * len(names)
        offsets = [int.from_bytes(code[i : i + 4], "little") for i in range(table_start, len(code), 4)]
        markers = [
            Marker(name.partition("_")[2], base + (offset & ~1), stops=name.startswith("stop"))
            for name, offset in zip(names, offsets, strict=True)
        ]
        options = {
            "level": level,
            "image_sha256": "",
            "data_only_flash": data_only_flash,
            "on_progress": on_progress,
        }
        hz = clock_hz or self.platform.clock.default_hz
        self.machine: Any
        if bus is None:
            self.machine = create_machine(engine, self.platform, hz, markers, **options)  # type: ignore[arg-type]
        else:
            self.machine = EmbeddedMachine(self.platform, hz, markers, bus=bus, **options)  # type: ignore[arg-type]
        self.machine.write_memory(base, code)
        self.machine.reset(base)
        if engine == DEFAULT_ENGINE:  # programs need not switch the FPU on
            self.machine.peripherals.write(SCB_CPACR, 0xF << 20)
        self.code_end = base + len(code)

    def words(self, address: int, count: int) -> list[int]:
        """Read words of memory."""
        data = self.machine.read_memory(address, 4 * count)
        return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


def without_wait_states(platform: Platform) -> Platform:
    """Return a board whose memories never wait."""
    memories = tuple(
        dataclasses.replace(
            memory,
            access=dataclasses.replace(
                memory.access,
                fetch_cache=None,
                read_cache=None,
                write_cache=None,
                wait_states=False,
                fetch_stall_cycles=0,
                read_stall_cycles=0,
                write_stall_cycles=0,
            ),
        )
        for memory in platform.memories
    )
    return dataclasses.replace(platform, memories=memories, caches=())
