"""Structured logs: one JSON object per line on stderr."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from datetime import UTC, datetime

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_STDERR = 2
_MAX_WAITING_LINES = 10_000
_FLUSH_SECONDS = 1.0
_LOOK_SECONDS = 0.01


class JsonFormatter(logging.Formatter):
    """Formats a record with everything in its ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: value for name, value in record.__dict__.items() if name not in _STANDARD},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class ThreadedHandler(logging.Handler):
    """Writes lines in a thread of its own: whoever stops reading the log loses lines and stops nothing else.

    Parameters
    ----------
    descriptor
        Where to write; directly, because a buffered stream that waits cannot be closed at the end.
    max_waiting_lines
        Lines that may wait for the reader; those that come meanwhile are lost, and their number is logged.
    """

    def __init__(self, descriptor: int, max_waiting_lines: int = _MAX_WAITING_LINES) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[str] = queue.Queue(max_waiting_lines)
        self._lost_lines = 0
        threading.Thread(target=self._write_forever, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record to the thread."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._lost_lines += 1

    def flush(self) -> None:
        """Wait until everything is written, or the reader takes too long."""
        end = time.monotonic() + _FLUSH_SECONDS
        while self._lines.unfinished_tasks and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)

    def _write_forever(self) -> None:
        while True:
            line = self._lines.get()
            try:
                self._write(line)
                if self._lost_lines:
                    lost_lines, self._lost_lines = self._lost_lines, 0
                    self._write(self.format(_loss(lost_lines)))
            except OSError:
                pass  # nobody can read it any more
            finally:
                self._lines.task_done()

    def _write(self, line: str) -> None:
        data = f"{line}\n".encode()
        while data:
            data = data[os.write(self._descriptor, data) :]


def _loss(lines: int) -> logging.LogRecord:
    return logging.makeLogRecord({"levelname": "WARNING", "msg": "log lines lost", "lines": lines})


def log_to_stderr() -> None:
    """Send the package's logs to stderr, and those of libraries from warnings on."""
    handler = ThreadedHandler(_STDERR)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("sim").setLevel(logging.INFO)
