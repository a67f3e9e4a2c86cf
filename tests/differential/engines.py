"""Runs an image on the embedded engine and on QEMU; returns the state behind each program."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from sim.debug.target import Debugger
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.protocol import Level, Marker, RunLimits, StopReason
from sim.platform import Platform, load_platform
from tests.differential.image import Image, Target

_TIMEOUT_SECONDS = 120
_LIMITS = RunLimits(cycles=2_000_000_000, wall_seconds=_TIMEOUT_SECONDS)
_BOARDS = {
    "cortex-m0": "microbit",
    "cortex-m3": "stm32f103",
    "cortex-m4f": "stm32l4r5",
    "cortex-m7f": "stm32h7a3",
    "cortex-m33f": "stm32u575",
}
"""A board of each core; its memories are replaced by those of QEMU's machine."""
_HARD_FAULT = 3

Results = list[dict[str, int]]


def run_embedded(
    image: Image,
    level: Level = Level.FULL,
    *,
    step_cycles: int | None = None,
    debugger: Debugger | None = None,
) -> Results:
    """Run all programs on the embedded engine; a fault ends a program, as it does on QEMU.

    With `step_cycles`, the machine stops and goes on again after as many cycles, at the next basic block.
    """
    platform = _platform(image.target)
    machine = EmbeddedMachine(
        platform,
        platform.clock.default_hz,
        [Marker("finished", image.finished & ~1, stops=True)],
        level=level,
    )
    machine.write_memory(image.target.flash_base, image.code)
    machine.write_memory(image.tables_address, image.tables)
    row_bytes = 4 * len(image.target.result_names)
    fault_offset = 4 * image.target.result_names.index("fault")
    machine.reset(image.target.flash_base)
    if debugger is not None:
        machine.attach(debugger)
    while True:
        limits = _LIMITS if step_cycles is None else RunLimits(machine.cycles + step_cycles)
        stop = machine.run(limits)
        if stop.reason is StopReason.CYCLE_LIMIT and machine.cycles < _LIMITS.cycles:
            continue
        if stop.reason is not StopReason.FAULT:
            break
        number = int.from_bytes(machine.read_memory(image.cursor, 4), "little")
        address = image.results + number * row_bytes + fault_offset
        machine.write_memory(address, _HARD_FAULT.to_bytes(4, "little"))
        machine.write_memory(image.cursor, (number + 1).to_bytes(4, "little"))
        machine.reset(image.target.flash_base)
    assert stop.marker == "finished", stop
    return image.unpack(machine.read_memory(image.results, image.results_bytes))


def run_qemu(image: Image) -> Results:
    """Run all programs on QEMU, which writes the results to a file by semihosting."""
    qemu = shutil.which("qemu-system-arm")
    if qemu is None:
        pytest.skip("qemu-system-arm is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "driver.elf").write_bytes(image.driver)
        (folder / "tables.bin").write_bytes(image.tables)
        loader = f"loader,file=tables.bin,addr={image.tables_address:#x},force-raw=on"
        command = [qemu, "-M", image.target.machine, "-kernel", "driver.elf", "-device", loader]
        command += ["-display", "none", "-monitor", "none", "-serial", "none"]
        command += ["-semihosting-config", "enable=on,target=native"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
        )
        results = folder / "results.bin"
        assert results.exists(), done.stderr
        return image.unpack(results.read_bytes())


def _platform(target: Target) -> Platform:
    board = load_platform(_BOARDS[target.core])
    plain = dataclasses.replace(board.data_memory.access, fetch_cache=None, read_cache=None, write_cache=None)
    memories = tuple(
        dataclasses.replace(
            memory, base=base, size_bytes=size_bytes, alias_of=None, access=plain, name=memory.name
        )
        for memory, base, size_bytes in (
            (board.image_memory, target.flash_base, target.flash_bytes),
            (board.data_memory, target.ram_base, target.ram_bytes),
        )
    )
    return dataclasses.replace(board, memories=memories, caches=(), vector_base=target.flash_base)
