"""What a worker does with a specification: run a model on a warm board, run firmware, talk with it."""

from __future__ import annotations

import codecs
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sim.boot import run_firmware
from sim.inference import WarmBoard
from sim.inputs import InputData, load_inputs
from sim.mlperf import run_on_inputs
from sim.result import Operator, Result
from sim.service.frames import JobKind
from sim.service.interaction import Interaction
from sim.service.limits import WARM_BOARDS
from sim.service.line import Line
from sim.service.workspace import Workspace
from sim.v1 import simulator_pb2 as pb
from sim.wire.documents import result_to_document
from sim.wire.results import mlperf_report_to_message, operator_to_message, result_to_message


class Jobs:
    """Executes jobs one after the other, and keeps boards warm in between.

    Parameters
    ----------
    directory
        Working directory of this process, where the files of a job appear.
    line
        Where progress and events go; it may raise to end a job.
    limit_memory
        Bounds what the process may take from now on; called when a board was made or is to be made, because
        a warm one needs no more than it has.
    """

    def __init__(self, directory: Path, line: Line, limit_memory: Callable[[], None]) -> None:
        self._directory = directory
        self._line = line
        self._limit_memory = limit_memory
        self._boards: OrderedDict[bytes, WarmBoard] = OrderedDict()

    def execute(self, body: bytes, header: Mapping[str, Any]) -> bytes:
        """Do what a job's header says with its specification, and return the serialized result, if any."""
        workspace = Workspace(self._directory, header["artifacts"])
        kind, is_live = JobKind(header["kind"]), header["is_live"]
        if kind is JobKind.MLPERF:
            return self._run_mlperf(pb.MlperfSpec.FromString(body), workspace)
        result = None
        if key := body[: header["board_key_bytes"]]:
            board = self._board(key, workspace)
            if kind is not JobKind.BOOT:
                inputs = pb.RunSpec.FromString(body[len(key) :]).inputs
                result = self._run_model(key, board, workspace.input_sources(inputs), is_live=is_live)
        else:
            spec = pb.RunSpec.FromString(body)
            if kind is JobKind.RUN:
                result = self._run_firmware(spec, workspace, is_live=is_live)
            else:
                self._interact(spec, workspace, kind)
        if result is None:
            return b""
        if kind is JobKind.INVOKE_DOCUMENT:
            return pb.InvokeResponse(document=result_to_document(result)).SerializeToString()
        message = result_to_message(result)
        answer = pb.InvokeResponse(result=message) if kind is JobKind.INVOKE else message
        return answer.SerializeToString()

    def tidy_up(self) -> None:
        """Remove the files of the last job, and make its board ready for the next."""
        for path in self._directory.iterdir():  # runs write no directories
            path.unlink()
        if self._boards:
            self._boards[next(reversed(self._boards))].rewind()

    def forget_boards(self) -> None:
        """Let go of all warm boards, to have their memory back."""
        self._boards.clear()

    def _run_model(
        self, key: bytes, board: WarmBoard, sources: Sequence[str | InputData], *, is_live: bool
    ) -> Result:
        inputs = load_inputs(sources, board.setup.model) if sources else None
        try:
            result = board.run(inputs, self._line.report, self._report_operator if is_live else None)
        except BaseException:
            # What is left of an interrupted board is not worth trusting.
            del self._boards[key]
            raise
        if is_live and result.log:
            self._line.event(pb.RunResponse(uart=pb.UartChunk(text=result.log)))
        return result

    def _board(self, key: bytes, workspace: Workspace) -> WarmBoard:
        """Return the board of a specification without inputs, booted."""
        board = self._boards.get(key)
        if board is None:
            self._limit_memory()
            board = WarmBoard(workspace.request(pb.RunSpec.FromString(key)), self._line.report)
            self._limit_memory()
            board.close()  # other workers can use what the boot has found out about the firmware
            self._boards[key] = board
            if len(self._boards) > WARM_BOARDS:
                self._boards.popitem(last=False)
        self._boards.move_to_end(key)
        return board

    def _run_firmware(self, spec: pb.RunSpec, workspace: Workspace, *, is_live: bool) -> Result:
        self._limit_memory()
        decoders: defaultdict[str, codecs.IncrementalDecoder] = defaultdict(
            partial(codecs.getincrementaldecoder("utf-8"), "replace")
        )

        def pass_on(channel: str, data: bytes, *, is_last: bool = False) -> None:
            if text := decoders[channel].decode(data, is_last):
                self._line.event(pb.RunResponse(uart=pb.UartChunk(text=text, channel=channel)))

        result = run_firmware(workspace.boot_request(spec), self._line.report, pass_on if is_live else None)
        if is_live:
            for channel in list(decoders):
                pass_on(channel, b"", is_last=True)
        return result

    def _interact(self, spec: pb.RunSpec, workspace: Workspace, kind: JobKind) -> None:
        """Check firmware, and do the steps that follow unless only that was asked for."""
        self._limit_memory()
        interaction = Interaction(workspace.boot_request(spec), self._line)
        if kind is JobKind.INTERACT:
            interaction.serve()

    def _run_mlperf(self, spec: pb.MlperfSpec, workspace: Workspace) -> bytes:
        self._limit_memory()
        request, inputs = workspace.mlperf_request(spec)
        report = run_on_inputs(request, inputs, self._line.report)
        return mlperf_report_to_message(report).SerializeToString()

    def _report_operator(self, operator: Operator) -> None:
        self._line.event(pb.RunResponse(operator=operator_to_message(operator)))
