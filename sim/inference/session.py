"""A booted runner on a machine: load a model once, then answer one inference after the other."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.debug import DebugRequest
from sim.firmware.mailbox import MailboxAnswer, MailboxRequest
from sim.inference.placement import Placement
from sim.machine.engines import create_machine
from sim.machine.profile import EMPTY_SPAN, MarkerHit, Profile, Span
from sim.machine.protocol import Level, Machine, Marker, RunLimits, Snapshot, Stop, StopReason
from sim.platform import Platform

_STOPPING = ("ready", "done", "failed")
_LOGGED = ("invoke_begin", "invoke_end", "op_begin", "op_end")
_STACK_PAINT = b"\xa5"


class RunStoppedError(Exception):
    """The machine stopped before it reached the marker that the session waited for."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.reason)
        self.stop = stop


@dataclass(frozen=True, slots=True)
class OperatorSpan:
    """What one operator executed."""

    index: int
    span: Span


@dataclass(frozen=True, slots=True)
class InferenceRecord:
    """One inference: raw bytes of each output, and the account of what was executed."""

    outputs: tuple[bytes, ...]
    span: Span
    operators: tuple[OperatorSpan, ...]


class RunnerSession:
    """A runner image with a model on a machine.

    Parameters
    ----------
    model
        Content of the ``.tflite`` file.
    limits
        Bounds of the whole session.
    on_progress
        Called dozens of times a second with the cycle count; may raise to end the session.
    stop_at_operators
        Stop behind every operator, for :meth:`infer_traced`.
    debug
        Where a debugger is expected.
    """

    def __init__(
        self,
        platform: Platform,
        placement: Placement,
        model: bytes,
        limits: RunLimits,
        *,
        clock_hz: int,
        reference_kernels: bool = False,
        engine: str = "embedded",
        level: Level = Level.FULL,
        on_progress: Callable[[int], None] | None = None,
        stop_at_operators: bool = False,
        debug: DebugRequest | None = None,
    ) -> None:
        self._placement = placement
        self._hits: list[MarkerHit] = []
        self._limits = limits
        self._is_done = False
        self._booted: MailboxAnswer | None = None
        self.start_clock()
        self._stack_base = platform.data_memory.base
        symbols = placement.image.symbols
        self._stack_top = symbols["__stack_top"]
        self._mailbox_address = symbols["sim_mailbox"]
        stopping = {*_STOPPING, "op_end"} if stop_at_operators else _STOPPING
        markers = [
            Marker(name, symbols[f"sim_mark_{name}"], name in stopping) for name in (*_STOPPING, *_LOGGED)
        ]
        code = hashlib.sha256()
        for segment in placement.image.segments:
            code.update(segment.address.to_bytes(4, "little"))
            code.update(segment.data)
        self.machine: Machine = create_machine(
            engine,
            platform,
            clock_hz,
            markers,
            level=level,
            image_sha256=code.hexdigest(),
            data_only_flash=range(placement.model_address, platform.image_memory.end),
            on_progress=on_progress,
            debug=debug,
        )
        self._load(model, reference_kernels)

    def boot(self) -> MailboxAnswer:
        """Run from reset until the model is loaded, and return what the runner says.

        Raises
        ------
        RunStoppedError
            The machine stopped for another reason than the runner's own word.
        """
        self.machine.reset(self._placement.image.vector_table)
        self._run_to("ready", "failed")
        self._booted = self.answer()
        return self._booted

    def snapshot(self) -> Snapshot:
        """Return the state of the board."""
        return self.machine.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot that was made when the runner waited for inputs."""
        self.machine.restore(snapshot)
        self._hits.clear()
        self._is_done = False

    def start_clock(self) -> None:
        """Let the wall-clock limit count from here."""
        self._started = time.monotonic()

    def answer(self) -> MailboxAnswer:
        """Return the mailbox as it stands."""
        size_bytes = self._placement.image.mailbox_bytes
        return MailboxAnswer.unpack(self.machine.read_memory(self._mailbox_address, size_bytes))

    def infer(
        self, inputs: Sequence[bytes], on_executed: Callable[[], None] | None = None
    ) -> InferenceRecord:
        """Run one inference on raw input tensors; the session must be booted.

        Parameters
        ----------
        on_executed
            Called when it has been executed and is still to be accounted for.

        Raises
        ------
        RunStoppedError
            The inference did not finish.
        """
        answer = self._write_inputs(inputs)
        if self._run_to("done", "failed") == "failed":
            raise RunStoppedError(Stop(StopReason.MARKER, marker="failed"))
        self._is_done = True
        if on_executed is not None:
            on_executed()
        outputs = self._read_outputs(answer)
        profile = self._profile()
        self._hits.clear()
        return _account(profile, outputs)

    def infer_traced(self, inputs: Sequence[bytes], on_operator: Callable[[int], None]) -> tuple[bytes, ...]:
        """Run one inference and call `on_operator` with the index of each operator that has just finished.

        The session must have been made with ``stop_at_operators``; returns the outputs.

        Raises
        ------
        RunStoppedError
            The inference did not finish.
        """
        answer = self._write_inputs(inputs)
        operator = 0
        while (name := self._run_to("op_end", "done", "failed")) == "op_end":
            on_operator(operator)
            operator += 1
        if name == "failed":
            raise RunStoppedError(Stop(StopReason.MARKER, marker="failed"))
        self._is_done = True
        return self._read_outputs(answer)

    def read_tensor(self, index: int, size_bytes: int) -> bytes | None:
        """Return the bytes of a runtime tensor, or None when it has no data."""
        table = self.answer().tensors
        pointer = int.from_bytes(self.machine.read_memory(table.data_pointer_address(index), 4), "little")
        return self.machine.read_memory(pointer, size_bytes) if pointer else None

    def operator_under_way(self) -> int | None:
        """Return the operator that the runner is in, or None between operators and before the first."""
        hits = [hit for hit in self._profile().hits if hit.name in ("op_begin", "op_end")]
        return hits[-1].argument if hits and hits[-1].name == "op_begin" else None

    def finished_operators(self) -> tuple[OperatorSpan, ...]:
        """Return the operators of the inference under way that are finished; not to be called elsewhere."""
        profile = self._profile()
        operators = _operators(profile)
        return _operator_spans(operators, profile.spans(operators))

    def stack_high_water_bytes(self) -> int:
        """Return the deepest stack use since reset."""
        stack = self.machine.read_memory(self._stack_base, self._stack_top - self._stack_base)
        return len(stack.lstrip(_STACK_PAINT))

    def _profile(self) -> Profile:
        """Return the hits since the inference began, however often they were looked at."""
        profile = self.machine.profile()
        self._hits += profile.hits
        return Profile(profile.table, tuple(self._hits))

    def _write_inputs(self, inputs: Sequence[bytes]) -> MailboxAnswer:
        """Write the inputs once the runner waits for them, and return where its tensors are."""
        if self._is_done:
            self._is_done = False
            self._run_to("ready", "failed")
        answer = self._booted
        assert answer is not None  # boot() comes first
        for region, data in zip(answer.inputs, inputs, strict=True):
            self.machine.write_memory(region.address, data)
        return answer

    def _read_outputs(self, answer: MailboxAnswer) -> tuple[bytes, ...]:
        return tuple(self.machine.read_memory(region.address, region.size_bytes) for region in answer.outputs)

    def _load(self, model: bytes, reference_kernels: bool) -> None:
        placement = self._placement
        for segment in placement.image.segments:
            self.machine.write_memory(segment.address, segment.data)
        self.machine.write_memory(placement.model_address, model)
        self.machine.write_memory(self._stack_base, _STACK_PAINT * (self._stack_top - self._stack_base))
        request = MailboxRequest(
            placement.model_address,
            len(model),
            placement.arena_address,
            placement.arena_size_bytes,
            reference_kernels,
        )
        self.machine.write_memory(self._mailbox_address, request.pack())

    def _run_to(self, *names: str) -> str:
        wall_seconds = self._limits.wall_seconds
        if wall_seconds is not None:
            wall_seconds -= time.monotonic() - self._started
        stop = self.machine.run(RunLimits(self._limits.cycles, wall_seconds))
        if stop.reason is not StopReason.MARKER or stop.marker not in names:
            raise RunStoppedError(stop)
        return stop.marker


def _account(profile: Profile, outputs: tuple[bytes, ...]) -> InferenceRecord:
    hits = {hit.name: hit for hit in profile.hits}
    if "invoke_begin" not in hits or "invoke_end" not in hits:  # nothing is logged at the bare level
        return InferenceRecord(outputs, EMPTY_SPAN, ())
    operators = _operators(profile)
    span, *spans = profile.spans([(hits["invoke_begin"], hits["invoke_end"]), *operators])
    return InferenceRecord(outputs, span, _operator_spans(operators, spans))


def _operators(profile: Profile) -> list[tuple[MarkerHit, MarkerHit]]:
    """Return where the operators begin and end that have finished since the last inference began."""
    operators: list[tuple[MarkerHit, MarkerHit]] = []
    opened: MarkerHit | None = None
    for hit in profile.hits:
        if hit.name == "invoke_begin":
            operators = []
        elif hit.name == "op_begin":
            opened = hit
        elif hit.name == "op_end" and opened is not None:
            operators.append((opened, hit))
    return operators


def _operator_spans(
    operators: Sequence[tuple[MarkerHit, MarkerHit]], spans: Sequence[Span]
) -> tuple[OperatorSpan, ...]:
    return tuple(OperatorSpan(end.argument, span) for (_, end), span in zip(operators, spans, strict=True))
