"""Runs and artifacts in SQLite: what survives the server."""

from __future__ import annotations

import fcntl
import sqlite3
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from google.rpc import status_pb2

from sim.errors import EnvironmentMissingError
from sim.service.artifacts import ArtifactFolder
from sim.service.config import Retention
from sim.v1 import result_pb2
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import NotFoundError, StateError

MIGRATIONS = (
    """
    CREATE TABLE runs (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        state INTEGER NOT NULL,
        platform TEXT NOT NULL,
        spec BLOB NOT NULL,
        create_time_us INTEGER NOT NULL,
        start_time_us INTEGER,
        end_time_us INTEGER,
        result BLOB,
        error BLOB
    );
    CREATE INDEX runs_by_state ON runs (state, sequence);
    CREATE TABLE artifacts (
        sha256 TEXT PRIMARY KEY,
        size_bytes INTEGER NOT NULL,
        create_time_us INTEGER NOT NULL,
        use_time_us INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
)
"""Each statement list takes the schema one version further; never change one that was released."""

ENDED = (pb.RUN_STATE_SUCCEEDED, pb.RUN_STATE_FAILED, pb.RUN_STATE_CANCELLED, pb.RUN_STATE_ABORTED)
_OPEN = (pb.RUN_STATE_QUEUED, pb.RUN_STATE_RUNNING)
_RUN_COLUMNS = "id, state, spec, create_time_us, start_time_us, end_time_us, error"


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An uploaded file."""

    sha256: str
    size_bytes: int
    create_time_us: int
    path: Path


class Store:
    """The data directory of a server. To be used from one thread.

    Parameters
    ----------
    directory
        The data directory; it is created.

    Raises
    ------
    EnvironmentMissingError
        Another server uses it, or a newer version wrote it.
    """

    def __init__(self, directory: Path, retention: Retention | None = None) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (directory / "lock").open("w")
        except OSError as error:
            raise EnvironmentMissingError(
                f"cannot use the data directory {str(directory)!r}: {error.strerror}",
                "choose another --data-dir",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EnvironmentMissingError(
                f"another server uses the data directory {str(directory)!r}", "choose another --data-dir"
            ) from error
        self._retention = retention or Retention()
        self.folder = ArtifactFolder(directory / "artifacts")
        self._db = sqlite3.connect(directory / "runs.sqlite", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        # In WAL mode this loses nothing when the process dies, only the last seconds when the machine does.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._migrate()

    def close(self) -> None:
        """Close the database and let another server in."""
        self._db.close()
        self._lock.close()

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise EnvironmentMissingError(
                f"the data directory has schema version {version}, this server knows {len(MIGRATIONS)}",
                "use the version of Boardless that wrote it, or another --data-dir",
            )
        for number in range(version, len(MIGRATIONS)):
            self._db.executescript(f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")

    # -- runs ----------------------------------------------------------------------------------------------

    def abort_unfinished(self) -> int:
        """Mark the runs that an earlier server did not finish, and return how many there were."""
        cursor = self._db.execute(
            f"UPDATE runs SET state = ?, end_time_us = ? WHERE state IN ({_marks(_OPEN)})",
            (pb.RUN_STATE_ABORTED, _now_us(), *_OPEN),
        )
        return cursor.rowcount

    def add_run(self, run: pb.Run) -> None:
        """Keep a run that was accepted, and forget the oldest ended ones beyond the limit."""
        cursor = self._db.execute(
            "INSERT INTO runs (id, state, platform, spec, create_time_us) VALUES (?, ?, ?, ?, ?)",
            (
                _id(run.name),
                run.state,
                run.spec.platform,
                run.spec.SerializeToString(),
                run.create_time.ToMicroseconds(),
            ),
        )
        assert cursor.lastrowid is not None
        self._db.execute(
            f"DELETE FROM runs WHERE sequence <= ? AND state IN ({_marks(ENDED)})",
            (cursor.lastrowid - self._retention.runs, *ENDED),
        )

    def update_run(self, run: pb.Run) -> None:
        """Keep what has changed about a run."""
        self._db.execute(
            "UPDATE runs SET state = ?, start_time_us = ?, end_time_us = ?, result = ?, error = ? "
            "WHERE id = ?",
            (
                run.state,
                run.start_time.ToMicroseconds() if run.HasField("start_time") else None,
                run.end_time.ToMicroseconds() if run.HasField("end_time") else None,
                run.result.SerializeToString() if run.HasField("result") else None,
                run.error.SerializeToString() if run.HasField("error") else None,
                _id(run.name),
            ),
        )

    def get_run(self, name: str) -> pb.Run:
        """Return a run with its result.

        Raises
        ------
        NotFoundError
            There is no such run.
        """
        row = self._db.execute(
            f"SELECT {_RUN_COLUMNS}, result FROM runs WHERE id = ?", (_id(name),)
        ).fetchone()
        if row is None:
            raise NotFoundError(f"there is no {name}", "it may have been deleted", resource=name)
        run = _run(row)
        if row[-1] is not None:
            run.result.CopyFrom(result_pb2.Result.FromString(row[-1]))
        return run

    def list_runs(
        self, limit: int, before: int | None, state: int, platform: str
    ) -> tuple[list[pb.Run], int | None]:
        """Return runs without results, the newest first, and where the next page starts.

        Parameters
        ----------
        before
            Where this page starts, as returned with the page before; None for the first.
        state, platform
            Only runs like this; 0 and empty for all.
        """
        rows = self._db.execute(
            f"SELECT {_RUN_COLUMNS}, sequence FROM runs WHERE (?1 IS NULL OR sequence < ?1) "
            "AND (?2 = 0 OR state = ?2) AND (?3 = '' OR platform = ?3) ORDER BY sequence DESC LIMIT ?4",
            (before, state, platform, limit + 1),
        ).fetchall()
        following = rows[limit - 1][-1] if len(rows) > limit else None
        return [_run(row) for row in rows[:limit]], following

    def delete_run(self, name: str) -> None:
        """Forget a run that has ended.

        Raises
        ------
        NotFoundError
            There is no such run.
        StateError
            It has not ended.
        """
        if self.get_run(name).state not in ENDED:
            raise StateError(f"{name} has not ended", "cancel it first")
        self._db.execute("DELETE FROM runs WHERE id = ?", (_id(name),))

    # -- artifacts -----------------------------------------------------------------------------------------

    def add_artifact(self, sha256: str, size_bytes: int, in_use: Iterable[str]) -> None:
        """Keep the record of a file that is in the folder, and make room for it.

        Parameters
        ----------
        in_use
            Digests of files that must stay.
        """
        now_us = _now_us()
        self._db.execute(
            "INSERT INTO artifacts VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET use_time_us = excluded.use_time_us",
            (sha256, size_bytes, now_us, now_us),
        )
        self._make_room({sha256, *in_use})

    def get_artifact(self, sha256: str) -> StoredArtifact:
        """Return an uploaded file, and note that it is used.

        Raises
        ------
        NotFoundError
            There is no such file.
        """
        row = self._db.execute(
            "UPDATE artifacts SET use_time_us = ? WHERE sha256 = ? RETURNING size_bytes, create_time_us",
            (_now_us(), sha256),
        ).fetchone()
        path = self.folder.path(sha256)
        if row is None or not path.is_file():
            name = f"artifacts/{sha256}"
            raise NotFoundError(f"there is no {name}", "upload it with UploadArtifact", resource=name)
        return StoredArtifact(sha256, row[0], row[1], path)

    def artifact_paths(self, digests: Iterable[str]) -> dict[str, str]:
        """Return where uploaded files are, by digest, and note that they are used.

        Raises
        ------
        NotFoundError
            There is no such file.
        """
        return {digest: str(self.get_artifact(digest).path) for digest in digests}

    def _make_room(self, keep: set[str]) -> None:
        (total,) = self._db.execute("SELECT TOTAL(size_bytes) FROM artifacts").fetchone()
        oldest = self._db.execute("SELECT sha256, size_bytes FROM artifacts ORDER BY use_time_us").fetchall()
        for sha256, size_bytes in oldest:
            if total <= self._retention.artifact_bytes:
                return
            if sha256 not in keep:
                self._db.execute("DELETE FROM artifacts WHERE sha256 = ?", (sha256,))
                self.folder.remove(sha256)
                total -= size_bytes


def new_run(spec: pb.RunSpec) -> pb.Run:
    """Return a run that was accepted just now."""
    run = pb.Run(name=f"runs/{uuid.uuid4().hex}", state=pb.RUN_STATE_QUEUED, spec=spec)
    run.create_time.FromMicroseconds(_now_us())
    return run


def _run(row: tuple[str, int, bytes, int, int | None, int | None, bytes | None]) -> pb.Run:
    id_, state, spec, create_us, start_us, end_us, error = row[:7]
    run = pb.Run(name=f"runs/{id_}", state=state, spec=pb.RunSpec.FromString(spec))  # type: ignore[arg-type]
    run.create_time.FromMicroseconds(create_us)
    if start_us is not None:
        run.start_time.FromMicroseconds(start_us)
    if end_us is not None:
        run.end_time.FromMicroseconds(end_us)
    if error is not None:
        run.error.CopyFrom(status_pb2.Status.FromString(error))
    return run


def _id(name: str) -> str:
    return name.partition("/")[2]


def _marks(values: tuple[int, ...]) -> str:
    return ", ".join("?" * len(values))


def _now_us() -> int:
    return time.time_ns() // 1000
