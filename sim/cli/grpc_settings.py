"""Settings that gRPC takes from the environment only."""

from __future__ import annotations

import os

_EXPERIMENTS = "GRPC_EXPERIMENTS"


def read_sockets_directly() -> None:
    """Let gRPC read sockets in the threads that wait for messages; to be called before it is imported.

    From version 1.80 on it reads them in threads of its own: two more thread switches for each message, which
    take 0.2 ms of an inference in a session (1.85.1, both kinds in turn; grpc/grpc#43092). A setting of the
    user's stands.
    """
    os.environ.setdefault(_EXPERIMENTS, "-event_engine_client,-event_engine_listener")
