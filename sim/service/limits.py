"""Limits that are the same for every server; an operator sets those in :mod:`sim.service.config`."""

from __future__ import annotations

WARM_BOARDS = 8
"""Boards that a worker keeps booted; the one that was used longest ago makes room."""

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""Largest message that the server reads; larger files go through UploadArtifact."""

MAX_UPLOAD_PIECE_BYTES = 1024 * 1024
"""Largest piece of an upload."""

MAX_BATCH = 1000
"""Runs in one batch."""

MAX_REPEAT = 10_000
"""Inferences per input of a run."""

MAX_INPUTS = 64
"""Inputs of a run."""

MAX_MLPERF_INPUTS = 10_000
"""Files of a benchmark's data set."""

MAX_PAGE = 1000
DEFAULT_PAGE = 50
"""Runs on one page of ListRuns."""

MAX_SESSIONS = 1000
SESSION_IDLE_SECONDS = 600.0
"""A session that is not used for so long is closed."""

INTERACTION_IDLE_SECONDS = 30.0
"""A client that asks for no step for so long loses its board, which takes a worker."""
