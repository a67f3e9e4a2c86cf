"""The worker process: ``python -m sim.service.worker FD``. One job at a time, boards kept warm in between.

Whatever a job does to this process, the front process only sees the socket close.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import resource
import shutil
import signal
import socket
import sys
import traceback
from functools import partial
from pathlib import Path

from sim.errors import SimError
from sim.service.frames import Frame, FrameKind
from sim.service.jobs import Jobs
from sim.service.line import CancelledError, Line
from sim.wire.errors import InternalServiceError, MemoryLimitError
from sim.wire.status import status_of

_PR_SET_PDEATHSIG = 1


class Worker:
    """Answers jobs from the front process.

    Parameters
    ----------
    connection
        Socket to the front process.
    directory
        Working directory of this process, where the files of a job appear.
    memory_bytes
        Address space that a job may take, on top of what the process has for its warm boards.
    """

    def __init__(self, connection: socket.socket, directory: Path, memory_bytes: int) -> None:
        self._line = Line(connection)
        self._jobs = Jobs(directory, self._line, partial(_limit_memory, memory_bytes))

    def serve(self) -> None:
        """Answer jobs until the front process goes away."""
        self._line.send(Frame(FrameKind.READY))
        while True:
            self._jobs.tidy_up()  # while nobody waits for this process
            frame = self._line.next_job()
            self._line.send(Frame(FrameKind.STARTED))
            self._line.send(self._answer(frame))

    def _answer(self, frame: Frame) -> Frame:
        try:
            result = self._jobs.execute(frame.body, frame.header)
        except CancelledError:
            return Frame(FrameKind.ERROR)
        except SimError as error:
            return _error(error)
        except MemoryError:
            self._jobs.forget_boards()
            return _error(MemoryLimitError("the run needs more memory on the server than it may use"))
        except Exception as error:
            traceback.print_exc()
            return _error(InternalServiceError(f"internal error: {type(error).__name__}"))
        return Frame(FrameKind.RESULT, body=result)


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
