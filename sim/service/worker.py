"""The worker process: ``python -m sim.service.worker FD``. One job at a time, boards kept warm in between.

Whatever a job does to this process, the front process only sees the socket close.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import resource
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from collections import OrderedDict
from pathlib import Path
from typing import Any

from sim.errors import SimError
from sim.inference import Progress, WarmBoard
from sim.inputs import load_inputs
from sim.service.frames import Frame, FrameKind, receive_frame
from sim.service.limits import WARM_BOARDS
from sim.service.specification import Workspace, board_key
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import InternalServiceError, MemoryLimitError
from sim.wire.results import result_to_message
from sim.wire.status import status_of

_PROGRESS_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


class CancelledError(Exception):
    """The front process wants no answer any more."""


class Worker:
    """Answers jobs from the front process.

    Parameters
    ----------
    connection
        Socket to the front process.
    directory
        Working directory of this process, where the files of a job appear.
    memory_bytes
        Address space that a job may take, on top of what the process has when it begins.
    """

    def __init__(self, connection: socket.socket, directory: Path, memory_bytes: int) -> None:
        self._connection = connection
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._boards: OrderedDict[bytes, WarmBoard] = OrderedDict()
        self._next_progress = 0.0

    def serve(self) -> None:
        """Answer jobs until the front process goes away."""
        self._connection.sendall(Frame(FrameKind.READY).pack())
        while True:
            frame = receive_frame(self._connection)
            if frame.kind is FrameKind.JOB:
                self._connection.sendall(Frame(FrameKind.STARTED).pack())
                self._connection.sendall(self._answer(frame).pack())

    def _answer(self, frame: Frame) -> Frame:
        _limit_memory(self._memory_bytes)
        try:
            return self._execute(pb.RunSpec.FromString(frame.body), frame.header)
        except CancelledError:
            return Frame(FrameKind.ERROR)
        except SimError as error:
            return _error(error)
        except MemoryError:
            self._boards.clear()
            return _error(MemoryLimitError("the run needs more memory on the server than it may use"))
        except Exception as error:
            traceback.print_exc()
            return _error(InternalServiceError(f"internal error: {type(error).__name__}"))

    def _execute(self, spec: pb.RunSpec, header: Any) -> Frame:
        _empty(self._directory)
        workspace = Workspace(self._directory, header["artifacts"])
        key = board_key(spec)
        board = self._board(key, spec, workspace)
        if header["boot_only"]:
            return Frame(FrameKind.RESULT)
        sources = workspace.input_sources(spec)
        inputs = load_inputs(sources, board.setup.model) if sources else None
        try:
            result = board.run(inputs, self._report)
        except BaseException:
            # What is left of an interrupted board is not worth trusting.
            del self._boards[key]
            raise
        return Frame(FrameKind.RESULT, body=result_to_message(result).SerializeToString())

    def _board(self, key: bytes, spec: pb.RunSpec, workspace: Workspace) -> WarmBoard:
        """Return the board of a specification, booted."""
        board = self._boards.get(key)
        if board is None:
            board = WarmBoard(workspace.request(spec), self._report)
            board.close()  # other workers can use what the boot has found out about the firmware
            self._boards[key] = board
            if len(self._boards) > WARM_BOARDS:
                self._boards.popitem(last=False)
        self._boards.move_to_end(key)
        return board

    def _report(self, progress: Progress) -> None:
        """Look for a cancellation, and pass the progress on."""
        readable, _, _ = select.select([self._connection], [], [], 0)
        if readable and receive_frame(self._connection).kind is FrameKind.CANCEL:
            raise CancelledError
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_SECONDS
            header = {"phase": progress.phase, "done_fraction": progress.fraction}
            self._connection.sendall(Frame(FrameKind.PROGRESS, header).pack())


def _empty(directory: Path) -> None:
    """Remove what an earlier job left; runs write no directories."""
    for path in directory.iterdir():
        path.unlink()


def _error(error: SimError) -> Frame:
    return Frame(FrameKind.ERROR, body=status_of(error).SerializeToString())


def _limit_memory(more_bytes: int) -> None:
    """Bound the address space to what is in use now and some more.

    Relative, because each warm board reserves a gibibyte for translated code, of which it touches little.
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more_bytes, hard))


def _confine() -> None:
    """Leave no core dumps, and end with the front process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Stopping is the front process's decision: a Ctrl-C at its terminal reaches this process as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main(arguments: list[str]) -> None:
    """Serve the socket whose descriptor is given, in a directory, with so many bytes for each job."""
    descriptor, directory, memory_bytes = int(arguments[0]), Path(arguments[1]), int(arguments[2])
    _confine()
    importlib.import_module("sim.machine.embedded.engine")  # once, before the first job needs it
    directory.mkdir(parents=True, exist_ok=True)
    sys.path[:] = map(os.path.abspath, sys.path)  # before the working directory changes
    os.chdir(directory)
    try:
        Worker(socket.socket(fileno=descriptor), directory, memory_bytes).serve()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
