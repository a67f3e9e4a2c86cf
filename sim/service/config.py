"""How a server is set up."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from sim.errors import UsageError
from sim.wire.address import is_loopback

DEFAULT_LISTEN = "127.0.0.1:50051"
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files of the server's certificate chain and key (PEM), and of the CA that client certificates need."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much is kept; the oldest runs, and the files that were used longest ago, go first."""

    runs: int = 10_000
    artifact_bytes: int = 4096 * _MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Everything that an operator decides.

    Attributes
    ----------
    listen
        ``HOST:PORT``, ``[IPv6]:PORT`` or ``unix:PATH``; port 0 takes a free one.
    workers
        Processes that execute runs; all cores but none less than one by default.
    max_queue
        Runs that may wait for a worker.
    data_dir
        Where runs and files are kept.
    token_file
        File of the tokens that clients may use.
    insecure
        Listen beyond this machine without TLS and tokens.
    metrics_listen
        ``HOST:PORT`` of the Prometheus page; None for none.
    max_artifact_bytes
        Largest file that a client may upload.
    worker_memory_bytes
        Address space that one run may take in its worker, on top of the boards that are warm there.
    max_run_seconds
        Longest time on the host that a run may ask for.
    drain_seconds
        How long running calls may go on after SIGTERM.
    """

    listen: str = DEFAULT_LISTEN
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    max_queue: int = 64
    data_dir: Path
    tls: Tls | None = None
    token_file: Path | None = None
    insecure: bool = False
    metrics_listen: str | None = None
    max_artifact_bytes: int = 64 * _MIB
    worker_memory_bytes: int = 4096 * _MIB
    max_run_seconds: float = 600.0
    drain_seconds: float = 30.0
    retention: Retention = field(default_factory=Retention)

    def check(self) -> None:
        """Refuse what cannot work, and what would let strangers in.

        Raises
        ------
        UsageError
            An address makes no sense, or is reachable from outside without TLS and tokens.
        """
        if is_loopback(self.listen) or self.insecure:
            return
        missing = [
            option
            for option, given in (("--tls-cert and --tls-key", self.tls), ("--token-file", self.token_file))
            if not given
        ]
        if missing:
            raise UsageError(
                f"{self.listen} can be reached from other machines, which needs {' and '.join(missing)}",
                "listen on 127.0.0.1, or give --insecure on a network where everybody may run anything",
            )


def default_data_dir() -> Path:
    """Return where a server keeps its data unless told otherwise."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(home) / "boardless"
