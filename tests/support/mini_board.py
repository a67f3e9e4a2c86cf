"""The smallest board that boots a runner image: plain Unicorn, flash, RAM, and stops at the runner's markers.

Independent of the simulation engine, so that firmware tests judge the firmware alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import unicorn as uc
from unicorn import arm_const as arm

from sim.firmware.mailbox import MAGIC, MAILBOX_BYTES, MailboxAnswer, MailboxRequest
from sim.firmware.relocate import relocate

CPU_MODELS = {
    "cortex-m0plus": arm.UC_CPU_ARM_CORTEX_M0,
    "cortex-m3": arm.UC_CPU_ARM_CORTEX_M3,
    "cortex-m4f": arm.UC_CPU_ARM_CORTEX_M4,
    "cortex-m7f": arm.UC_CPU_ARM_CORTEX_M7,
    "cortex-m33f": arm.UC_CPU_ARM_CORTEX_M33,
}
_SYSTEM_SPACE = 0xE000_E000
_MAX_INFERENCE_SECONDS = 120


class RunnerFailedError(AssertionError):
    """The runner reported an error, or never reached its next marker."""

    def __init__(self, answer: MailboxAnswer, message: str) -> None:
        super().__init__(
            f"{message}: {answer.error.name}, operator {answer.failed_op_index}, log: {answer.log!r}"
        )
        self.answer = answer


@dataclass
class MiniBoard:
    """A booted runner, waiting for inputs.

    Parameters
    ----------
    elf
        Path of the runner image.
    core
        Core class, one of ``CPU_MODELS``.
    model
        Content of the ``.tflite`` file.
    profile
        Count executions per basic block and operator (slow: a Python call per block).
    """

    elf: Path
    core: str
    model: bytes
    reference_kernels: bool = False
    flash_base: int = 0x0800_0000
    ram_base: int = 0x2000_0000
    flash_bytes: int = 16 << 20
    ram_bytes: int = 8 << 20
    arena_bytes: int | None = None
    mapped_flash_base: int | None = None  # where flash begins when the image does not start there
    magic: int = MAGIC
    profile: bool = False
    answer: MailboxAnswer = field(init=False)
    operator_order: list[int] = field(init=False, default_factory=list)
    block_counts: dict[int, Counter[tuple[int, int]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._image = relocate(self.elf.read_bytes(), self.flash_base, self.ram_base)
        self._cpu = cpu = uc.Uc(uc.UC_ARCH_ARM, uc.UC_MODE_THUMB | uc.UC_MODE_MCLASS)
        cpu.ctl_set_cpu_model(CPU_MODELS[self.core])
        flash = self.flash_base if self.mapped_flash_base is None else self.mapped_flash_base
        cpu.mem_map(flash, self.flash_bytes, uc.UC_PROT_READ | uc.UC_PROT_EXEC)
        cpu.mem_map(self.ram_base, self.ram_bytes, uc.UC_PROT_READ | uc.UC_PROT_WRITE)
        cpu.mem_map(_SYSTEM_SPACE, 0x1000)
        for segment in self._image.segments:
            cpu.mem_write(segment.address, segment.data)
        model_address = -(-self._image.flash_end // 16) * 16
        cpu.mem_write(model_address, self.model)
        arena_bytes = self.ram_base + self.ram_bytes - self._image.ram_end
        if self.arena_bytes is not None:
            arena_bytes = min(arena_bytes, self.arena_bytes)
        request = MailboxRequest(
            model_address, len(self.model), self._image.ram_end, arena_bytes, self.reference_kernels
        )
        self._mailbox = self._image.symbols["sim_mailbox"]
        cpu.mem_write(self._mailbox, request.pack())
        cpu.mem_write(self._mailbox, self.magic.to_bytes(4, "little"))

        stack, reset = np.frombuffer(cpu.mem_read(self._image.vector_table, 8), "<u4").tolist()
        cpu.reg_write(arm.UC_ARM_REG_SP, stack)
        self._pc = reset
        self._stopped_at: str | None = None
        for name in ("sim_mark_ready", "sim_mark_done", "sim_mark_failed"):
            self._break_at(name, self._stop, name)
        self._break_at("sim_mark_op_begin", self._operator_begins)
        if self.profile:
            self._break_at("sim_mark_op_end", self._operator_ends)
            cpu.hook_add(uc.UC_HOOK_BLOCK, self._count_block)
        self._counting: Counter[tuple[int, int]] | None = None
        self._run_to("sim_mark_ready")
        self.answer = self._read_mailbox()

    def infer(self, inputs: Sequence[bytes | np.ndarray]) -> list[bytes]:
        """Run one inference and return the raw bytes of every output tensor."""
        assert len(inputs) == len(self.answer.inputs)
        for region, data in zip(self.answer.inputs, inputs, strict=True):
            raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
            assert len(raw) == region.size_bytes, (len(raw), region.size_bytes)
            self._cpu.mem_write(region.address, raw)
        self.operator_order.clear()
        self.block_counts.clear()
        self._run_to("sim_mark_done")
        outputs = [bytes(self._cpu.mem_read(r.address, r.size_bytes)) for r in self.answer.outputs]
        self._run_to("sim_mark_ready")
        return outputs

    def read_word(self, address: int) -> int:
        """Return a 32-bit word of the board's memory."""
        return int.from_bytes(self._cpu.mem_read(address, 4), "little")

    def instructions(self) -> dict[int, int]:
        """Return the instructions each operator of the last inference executed (needs ``profile``)."""
        import capstone

        decoder = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
        lengths: dict[tuple[int, int], int] = {}
        totals = {}
        for operator, counts in self.block_counts.items():
            total = 0
            for (address, size), count in counts.items():
                if (address, size) not in lengths:
                    code = bytes(self._cpu.mem_read(address, size))
                    lengths[address, size] = sum(1 for _ in decoder.disasm_lite(code, address))
                total += count * lengths[address, size]
            totals[operator] = total
        return totals

    def _break_at(self, symbol: str, callback: object, data: object = None) -> None:
        address = self._image.symbols[symbol]
        self._cpu.hook_add(uc.UC_HOOK_BLOCK, callback, data, address, address)

    def _run_to(self, marker: str) -> None:
        self._stopped_at = None
        try:
            self._cpu.emu_start(
                self._pc | 1, 0xFFFF_FFFE, timeout=_MAX_INFERENCE_SECONDS * uc.UC_SECOND_SCALE
            )
        except uc.UcError as error:
            pc = self._cpu.reg_read(arm.UC_ARM_REG_PC)
            raise RunnerFailedError(self._read_mailbox(), f"fault at 0x{pc:08x} ({error})") from None
        if self._stopped_at != marker:
            raise RunnerFailedError(
                self._read_mailbox(), f"stopped at {self._stopped_at} instead of {marker}"
            )
        # The marker returns at once: go on behind it, so that its breakpoint does not hit again.
        self._pc = self._cpu.reg_read(arm.UC_ARM_REG_LR)

    def _read_mailbox(self) -> MailboxAnswer:
        return MailboxAnswer.unpack(bytes(self._cpu.mem_read(self._mailbox, MAILBOX_BYTES)))

    def _stop(self, cpu: uc.Uc, address: int, size: int, name: str) -> None:
        self._stopped_at = name
        cpu.emu_stop()

    def _operator_begins(self, cpu: uc.Uc, address: int, size: int, _: object) -> None:
        index = cpu.reg_read(arm.UC_ARM_REG_R0)
        self.operator_order.append(index)
        if self.profile:
            self._counting = self.block_counts[index] = Counter()

    def _operator_ends(self, cpu: uc.Uc, address: int, size: int, _: object) -> None:
        self._counting = None

    def _count_block(self, cpu: uc.Uc, address: int, size: int, _: object) -> None:
        if self._counting is not None:
            self._counting[address, size] += 1
