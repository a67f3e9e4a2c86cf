"""The Python client and ``--server``: what comes from a server equals what is computed here."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sim.cli import main
from sim.client import AsyncClient, Client, RunState
from sim.errors import CapacityError, InputError, ModelError, UsageError
from sim.inference import Progress, RunRequest, run_inference
from sim.platform import list_platforms, load_platform
from sim.result import Result, StopReason
from sim.wire.errors import NotFoundError, UnavailableError
from tests.support.firmware import build_firmware
from tests.support.runner_models import chain_of_additions
from tests.support.service import RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with Client(server.address) as client:
        yield client


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide a model and inputs whose names a server would not take as they are."""
    monkeypatch.chdir(tmp_path)
    for directory in ("one", "two"):
        (tmp_path / directory).mkdir()
    (tmp_path / "one/my model=2.tflite").write_bytes(chain_of_additions())
    np.save(tmp_path / "one/x.npy", np.arange(8, dtype=np.float32))
    np.save(tmp_path / "two/x.npy", np.full((2, 8), 7, dtype=np.float32))
    for directory in (tmp_path, tmp_path / "two"):
        shutil.copy(build_firmware("serial_device.c") / "app.elf", directory)
    (tmp_path / "in").write_bytes(b"infer 3 0%")
    return tmp_path


def comparable(result: Result) -> Result:
    return dataclasses.replace(result, host=None)


@pytest.mark.parametrize(
    "request_",
    [
        RunRequest(platform="stm32l4r5"),
        RunRequest(platform="rp2040", kernels="reference", level="timing", repeat=2, clock_hz=48_000_000),
        RunRequest(platform="stm32f746", battery="cr2032", period_seconds=10.0, arena_size_bytes=40_000),
        RunRequest(platform="stm32l4r5", timeout_cycles=50_000, wall_timeout_seconds=12.5),
        RunRequest(
            platform="stm32l4r5",
            model_path=Path("one/my model=2.tflite"),
            inputs=["two/x.npy"],
            verify=True,
        ),
    ],
    ids=lambda request: request.platform,
)
def test_a_result_from_a_server_equals_the_local_one(
    client: Client, files: Path, request_: RunRequest
) -> None:
    assert comparable(client.run(request_)) == comparable(run_inference(request_))


def test_the_names_of_local_files_come_back_in_results_and_errors(client: Client, files: Path) -> None:
    model = Path("one/my model=2.tflite")
    result = client.run(RunRequest(platform="stm32l4r5", model_path=model, inputs=["one/x.npy"]))
    assert result.provenance.model_path == str(model)
    assert result.provenance.inputs[0].source == "one/x.npy"
    (files / "two/short.bin").write_bytes(b"abc")
    with pytest.raises(InputError, match=r"^two/short\.bin has 3 bytes"):
        client.run(RunRequest(platform="stm32l4r5", model_path=model, inputs=["two/short.bin"]))


def test_errors_are_those_of_the_library(client: Client, files: Path) -> None:
    (files / "bad.tflite").write_bytes(b"this is no model")
    with pytest.raises(ModelError) as raised:
        client.run(RunRequest(platform="stm32l4r5", model_path=Path("bad.tflite")))
    with pytest.raises(ModelError) as local:
        run_inference(RunRequest(platform="stm32l4r5", model_path=Path("bad.tflite")))
    assert (raised.value.message, raised.value.hint) == (local.value.message, local.value.hint)
    with pytest.raises(CapacityError):
        client.run(RunRequest(platform="stm32l4r5", arena_size_bytes=64))
    with pytest.raises(ModelError, match="does not exist"):
        client.run(RunRequest(platform="stm32l4r5", model_path=Path("none.tflite")))
    with pytest.raises(UsageError, match="no engine"):
        client.run(RunRequest(platform="stm32l4r5", engine="renode"))


def test_progress_is_reported_and_may_cancel_the_run(client: Client, server: RunningServer) -> None:
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        raise KeyError("enough")

    request = RunRequest(platform="stm32l4r5", repeat=10_000, timeout_cycles=10**15)
    with pytest.raises(KeyError, match="enough"):
        client.run(request, stop)
    assert len(seen) == 1
    assert "M cycles" in seen[0].phase


def test_runs_can_be_listed_compared_and_deleted(client: Client) -> None:
    client.run(RunRequest(platform="stm32l4r5"))
    client.run(RunRequest(platform="stm32g0b1"))
    other, base = (client.get_run(record.name) for record in client.list_runs(limit=2))
    assert (base.state, base.platform) == (RunState.SUCCEEDED, "platforms/stm32l4r5")
    assert base.create_time <= base.start_time <= base.end_time
    comparison = client.compare_runs(base.name, other.name)
    assert comparison.outputs_equal
    assert comparison.figures[0].ratio == other.result.cycles / base.result.cycles
    assert client.cancel_run(base.name).state is RunState.SUCCEEDED
    client.delete_run(base.name)
    with pytest.raises(NotFoundError):
        client.get_run(base.name)
    names = [record.name for record in client.list_runs(state=RunState.SUCCEEDED, platform="stm32g0b1")]
    assert other.name in names


def test_a_session_takes_arrays(client: Client, files: Path) -> None:
    request = RunRequest(platform="stm32l4r5", model_path=Path("one/my model=2.tflite"))
    with client.open_session(request) as session:
        for value in (0.5, -3.0):
            result = session.invoke([np.full(8, value, np.float32)])
            assert set(result.outputs[0].values) == {value + 3}
        from_file = session.invoke(["one/x.npy"])
    local = run_inference(dataclasses.replace(request, inputs=["one/x.npy"]))
    assert comparable(from_file) == comparable(local)


def test_a_session_tells_when_everything_was_executed(client: Client) -> None:
    signs: list[Progress] = []
    with client.open_session(RunRequest(platform="stm32l4r5")) as session:
        session.invoke(["random:1"], signs.append)
    assert signs[-1] == Progress("accounting for what was executed", 1.0)


def test_a_sign_of_life_may_end_an_inference_in_a_session(client: Client) -> None:
    def stop(progress: Progress) -> None:
        raise KeyError(progress.phase)

    with client.open_session(RunRequest(platform="stm32l4r5", repeat=10_000, timeout_cycles=10**15)) as board:
        with pytest.raises(KeyError, match="M cycles"):
            board.invoke(progress=stop)
        with pytest.raises(KeyError, match="M cycles"):
            board.invoke(progress=stop)


def test_a_session_goes_on_behind_an_input_that_does_not_fit(client: Client, files: Path) -> None:
    request = RunRequest(platform="stm32l4r5", model_path=Path("one/my model=2.tflite"))
    with client.open_session(request) as session:
        with pytest.raises(InputError, match="input-0"):
            session.invoke([np.zeros(7, np.float32)])
        assert set(session.invoke([np.ones(8, np.float32)]).outputs[0].values) == {4.0}


def test_requests_to_a_session_may_overlap(server: RunningServer, files: Path) -> None:
    request = RunRequest(platform="stm32l4r5", model_path=Path("one/my model=2.tflite"))
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]

    async def work() -> list[Result]:
        async with AsyncClient(server.address) as client, await client.open_session(request) as session:
            return await asyncio.gather(
                *(session.invoke([np.full(8, value, np.float32)]) for value in values)
            )

    assert [result.outputs[0].values[0] for result in asyncio.run(work())] == [value + 3 for value in values]


def test_an_inference_that_nobody_waits_for_any_more_frees_its_worker(tmp_path: Path) -> None:
    endless = RunRequest(platform="stm32l4r5", repeat=10_000, timeout_cycles=10**15)

    async def work(address: str) -> Result:
        async with AsyncClient(address) as client, await client.open_session(endless) as session:
            waiting = asyncio.create_task(session.invoke())
            await asyncio.sleep(0.2)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return await client.run(RunRequest(platform="stm32l4r5"))

    with running_server(tmp_path, workers=1) as server:
        assert asyncio.run(work(server.address)).stop_reason is StopReason.COMPLETED


def test_a_batch_gives_results_and_errors_by_position(client: Client, files: Path) -> None:
    requests = [
        RunRequest(platform="stm32l4r5"),
        RunRequest(platform="stm32l4r5", arena_size_bytes=64),
        RunRequest(platform="rp2040"),
    ]
    answers = dict(client.run_batch(requests))
    assert sorted(answers) == [0, 1, 2]
    assert isinstance(answers[1], CapacityError)
    assert comparable(answers[2]) == comparable(run_inference(requests[2]))


def test_the_asynchronous_client_runs_concurrently(server: RunningServer) -> None:
    async def work() -> list[Result]:
        async with AsyncClient(server.address) as client:
            requests = [RunRequest(platform=platform) for platform in ("stm32l4r5", "rp2040", "stm32f746")]
            return await asyncio.gather(*map(client.run, requests))

    assert [result.platform.id for result in asyncio.run(work())] == ["stm32l4r5", "rp2040", "stm32f746"]


def test_platforms_are_the_librarys_own(client: Client) -> None:
    assert client.platforms() == list_platforms()
    local = load_platform("stm32f746")
    assert client.platform("stm32f746") == dataclasses.replace(local, path=Path(local.path.name))
    with pytest.raises(NotFoundError, match="unknown platform 'stm32f747'") as raised:
        client.platform("stm32f747")
    assert "stm32f746" in raised.value.hint


def test_a_server_that_is_not_there_is_an_error_with_a_hint() -> None:
    with Client("127.0.0.1:1") as client, pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1") as raised:
        client.platforms()
    assert "sim serve" in raised.value.hint


def test_a_token_does_not_travel_in_the_clear() -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        Client("192.0.2.1:50051", token="x" * 32)


PROGRESS = "M cycles"
"""How lines end that tell of runs that take long on the host."""


def run_both(
    server: RunningServer, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[tuple[int, str, str]]:
    outcomes = []
    for extra in ([], ["--server", server.address]):
        code = main([*arguments, *extra])
        captured = capsys.readouterr()
        said = [line for line in captured.err.splitlines() if not line.endswith(PROGRESS)]
        outcomes.append((code, captured.out, "\n".join(said)))
    return outcomes


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--platform", "stm32f746"),
        ("run", "--platform", "stm32l4r5", "--model", "one/my model=2.tflite", "--input", "one/x.npy"),
        ("run", "--platform", "stm32l4r5", "--timeout-cycles", "50k"),
        (
            "run",
            "--platform",
            "stm32l4r5",
            "--firmware",
            "app.elf",
            "--until",
            "m-results",
            "--uart-in",
            "in",
        ),
        ("run", "--platform", "stm32l4r5", "--firmware", "two/app.elf", "--until-symbol", "nowhere"),
        ("run", "--platform", "stm32l4r5", "--firmware", "two/none.elf"),
        ("run", "--platform", "stm32l4r5", "--firmware", "app.elf", "--until", "("),
        ("run", "--platform", "rp2040", "--firmware", "app.elf"),
        ("run", "--platform", "stm32f747"),
        ("run", "--platform", "stm32l4r5", "--model", "none.tflite"),
        ("platforms",),
        ("platforms", "--json"),
        ("platforms", "stm32f746"),
    ],
)
def test_a_verb_prints_the_same_with_and_without_a_server(
    server: RunningServer, capsys: pytest.CaptureFixture[str], files: Path, arguments: tuple[str, ...]
) -> None:
    here, there = run_both(server, capsys, *arguments)
    assert there == here


def test_the_json_of_a_run_differs_in_nothing_but_host_and_command(
    server: RunningServer, capsys: pytest.CaptureFixture[str], files: Path
) -> None:
    outcomes = run_both(server, capsys, "run", "--platform", "stm32l4r5", "--json", "--verify")
    here, there = (json.loads(out) for _, out, _ in outcomes)
    for document in (here, there):
        del document["host"], document["command"]
    assert there == here
