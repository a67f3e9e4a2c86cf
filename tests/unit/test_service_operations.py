"""What operators see: logs, metrics, spans, options, the files to deploy with."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import select
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sim.cli import main
from sim.cli.grpc_settings import read_sockets_directly
from sim.service import tracing
from sim.service.config import ServerConfig
from sim.service.logs import JsonFormatter, ThreadedHandler
from sim.service.metrics import Metrics
from sim.service.store import MIGRATIONS, Store, new_run
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import NotFoundError, StateError
from tests.support.service import digit_spec

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take back what ``sim serve`` sets in its process, which is this one."""
    monkeypatch.setenv("GRPC_EXPERIMENTS", "")
    root, package = logging.getLogger(), logging.getLogger("sim")
    handlers, levels = root.handlers[:], (root.level, package.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    package.setLevel(levels[1])


def test_a_log_line_is_json_with_everything_extra() -> None:
    record = logging.makeLogRecord(
        {"msg": "run %s", "args": ("ended",), "levelname": "INFO", "run": "runs/1", "path": Path("x")}
    )
    line = json.loads(JsonFormatter().format(record))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "event": "run ended", "run": "runs/1", "path": "x"}


def test_a_log_line_of_an_error_has_its_traceback() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})
    assert "ValueError: why" in json.loads(JsonFormatter().format(record))["exception"]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def log_lines(descriptor: int, max_waiting_lines: int, count: int) -> None:
    """Log lines that are numbered, and let the thread write what it can."""
    handler = ThreadedHandler(descriptor, max_waiting_lines)
    handler.setFormatter(JsonFormatter())
    for number in range(count):
        handler.handle(logging.makeLogRecord({"msg": "line", "number": number}))
    handler.flush()


def test_log_lines_are_written_in_their_order(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    log_lines(writing, 100, 50)
    lines = os.read(reading, 1 << 16).splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(50))


def test_a_reader_of_the_log_that_stalls_is_told_how_many_lines_it_missed(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    log_lines(writing, 5, 500)
    lines: list[dict[str, Any]] = []
    text = b""
    while sum(line.get("lines", 1) for line in lines) < 500:
        assert select.select([reading], [], [], 10)[0]
        text += os.read(reading, 1 << 16)
        lines = list(map(json.loads, text[: text.rfind(b"\n") + 1].splitlines()))
    assert sum(line.get("lines", 1) for line in lines) == 500
    assert sum(line["event"] == "log lines lost" for line in lines) >= 1


def test_a_log_that_nobody_can_read_any_more_is_no_error(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.close(reading)
    log_lines(writing, 100, 50)


def test_metrics_are_served_in_prometheus_text() -> None:
    metrics = Metrics()
    metrics.calls.labels("Run", "OK").inc()
    metrics.queued_runs.inc()
    server, _ = metrics.expose("127.0.0.1", 0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=10) as page:
            text = page.read().decode()
    finally:
        server.shutdown()
    assert 'sim_calls_total{code="OK",method="Run"} 1.0' in text
    assert "sim_queued_runs 1.0" in text


def test_spans_are_recorded_where_opentelemetry_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    with tracing.span("run", {"sim.run": "runs/1"}):
        pass
    (span,) = exporter.get_finished_spans()
    assert (span.name, dict(span.attributes)) == ("run", {"sim.run": "runs/1"})


def test_spans_are_nothing_where_opentelemetry_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_AVAILABLE", False)
    with tracing.span("run", {}) as span:
        assert span is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "0.0.0.0:1"], "can be reached from other machines"),
        (["--listen", "nonsense"], "is no address"),
        (["--tls-cert", "c.pem"], "need each other"),
        (["--tls-client-ca", "c.pem"], "needs --tls-cert"),
        (["--token-file", "none"], "cannot read the token file"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["serve", "--data-dir", str(tmp_path / "data"), *options]) == 2
    assert words in capsys.readouterr().err


def test_an_address_in_use_is_an_error_of_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["serve", "--workers", "1", "--data-dir", str(tmp_path), "--listen", address]) == 4
    assert "cannot listen" in capsys.readouterr().err


@pytest.mark.parametrize("own", [None, "-event_engine_dns"])
def test_the_server_leaves_a_setting_of_grpc_as_it_finds_it(
    monkeypatch: pytest.MonkeyPatch, own: str | None
) -> None:
    if own is None:
        monkeypatch.delenv("GRPC_EXPERIMENTS")
    else:
        monkeypatch.setenv("GRPC_EXPERIMENTS", own)
    read_sockets_directly()
    assert os.environ["GRPC_EXPERIMENTS"] == (own or "-event_engine_client,-event_engine_listener")


def test_the_command_line_starts_without_grpc() -> None:
    code = "import sys; import sim.cli.serve, sim.cli.run, sim.cli; print('grpc' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert answer.stdout.strip() == "False"


# -- the store ---------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def test_a_stored_run_comes_back_as_it_was(store: Store) -> None:
    run = new_run(digit_spec())
    store.add_run(run)
    assert store.get_run(run.name) == run
    run.state = pb.RUN_STATE_SUCCEEDED
    run.start_time.FromMicroseconds(10)
    run.end_time.FromMicroseconds(20)
    run.result.cycles = 5
    store.update_run(run)
    assert store.get_run(run.name) == run


def test_only_runs_that_were_not_finished_are_aborted(store: Store) -> None:
    runs = [new_run(digit_spec()) for _ in range(3)]
    states = [pb.RUN_STATE_QUEUED, pb.RUN_STATE_RUNNING, pb.RUN_STATE_FAILED]
    for run, state in zip(runs, states, strict=True):
        store.add_run(run)
        run.state = state
        store.update_run(run)
    assert store.abort_unfinished() == 2
    aborted = pb.RUN_STATE_ABORTED
    assert [store.get_run(run.name).state for run in runs] == [aborted, aborted, pb.RUN_STATE_FAILED]


def test_a_run_in_progress_cannot_be_deleted(store: Store) -> None:
    run = new_run(digit_spec())
    store.add_run(run)
    with pytest.raises(StateError):
        store.delete_run(run.name)
    store.abort_unfinished()
    store.delete_run(run.name)
    with pytest.raises(NotFoundError):
        store.get_run(run.name)


def test_a_file_that_vanished_from_the_folder_is_not_there(store: Store) -> None:
    with store.folder.receive() as incoming:
        incoming.write(b"content")
        incoming.commit()
    store.add_artifact(incoming.digest, incoming.size_bytes, ())
    store.get_artifact(incoming.digest).path.unlink()
    with pytest.raises(NotFoundError):
        store.get_artifact(incoming.digest)


def test_files_in_use_survive_the_limit(tmp_path: Path) -> None:
    from sim.service.config import Retention

    store = Store(tmp_path, Retention(artifact_bytes=15))
    digests = []
    for content in (b"0123456789", b"abcdefghij"):
        with store.folder.receive() as incoming:
            incoming.write(content)
            incoming.commit()
        store.add_artifact(incoming.digest, 10, digests)
        digests.append(incoming.digest)
    assert all(store.get_artifact(digest).path.is_file() for digest in digests)
    store.close()


def test_an_empty_database_goes_through_all_migrations(store: Store, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "runs.sqlite") as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


# -- deployment --------------------------------------------------------------------------------------------


def test_the_unit_file_is_one_that_systemd_accepts(tmp_path: Path) -> None:
    import shutil

    unit = ROOT / "examples/deploy/boardless.service"
    assert "ExecStart=" in unit.read_text(encoding="utf-8")
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    # The program need not be installed here: any that exists will do for the check.
    text = unit.read_text(encoding="utf-8").replace("/opt/boardless/bin/sim", sys.executable)
    copy = tmp_path / unit.name
    copy.write_text(text, encoding="utf-8")
    answer = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    assert unit.name not in answer.stderr, answer.stderr


def test_the_dockerfile_has_only_known_instructions_and_runs_the_server_without_rights() -> None:
    text = (ROOT / "examples/deploy/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    instructions = [line.split(maxsplit=1) for line in lines]
    known = {"ARG", "FROM", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in instructions} <= known
    assert next(name for name, _ in instructions) in ("ARG", "FROM")
    users = [value for name, value in instructions if name == "USER"]
    assert users
    assert users[-1] != "root"
    entry = next(value for name, value in instructions if name == "ENTRYPOINT")
    assert json.loads(entry)[:2] == ["sim", "serve"]


def test_defaults_are_those_of_the_page_for_operators() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    config = ServerConfig(data_dir=Path("unused"))
    assert f"| `--max-queue` | {config.max_queue} |" in page
    assert f"| `--max-artifact` | {config.max_artifact_bytes >> 20} MiB |" in page
    assert f"| `--worker-memory` | {config.worker_memory_bytes >> 30} GiB |" in page
    assert f"| `--max-run-time` | {config.max_run_seconds:g} s |" in page
    assert f"| `--keep-runs` | {config.retention.runs:,} |" in page
    assert f"| `--keep-artifacts` | {config.retention.artifact_bytes >> 30} GiB |" in page


def test_every_metric_is_on_the_page_for_operators() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for family in Metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"`{name}`" in page
