"""Benchmarks on a server: `sim mlperf`, `sim validate` and `sim calibrate` say there what they say here."""

from __future__ import annotations

import dataclasses
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc import code_pb2

from sim.cli import main
from sim.client import Client
from sim.demo import demo_model_path
from sim.errors import ExitCode, ImageError, SimError, SimulationError
from sim.inference import Progress
from sim.mlperf import MlperfRequest, run_mlperf
from sim.v1 import simulator_pb2 as pb
from sim.wire.errors import NotFoundError
from tests.support.firmware import build_firmware
from tests.support.service import PLATFORM, RunningServer, reason_of_call, running_server, status_of_call

KWS_BYTES = 490


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("data"), workers=1) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide images, a data set of four files and 1,960 bytes, one of them twice, and measurements."""
    monkeypatch.chdir(tmp_path)
    defines = {"latency": (), "energy": ("ENERGY",)}
    for name, more in defines.items():
        image = build_firmware("serial_device.c", defines=("FAST_SERIAL", *more)) / "app.elf"
        shutil.copy(image, tmp_path / f"my {name}=image.elf")
    (tmp_path / "set/sub").mkdir(parents=True)
    for number, name in enumerate(("0", "sub/one input", "2")):
        (tmp_path / f"set/{name}.bin").write_bytes(bytes([number]) * KWS_BYTES)
    shutil.copy(tmp_path / "set/0.bin", tmp_path / "set/3.bin")
    (tmp_path / "set/y_labels.csv").write_text(
        "0.bin,2,1\nsub/one input.bin,2,0\n2.bin,2,1,490,10\n3.bin,2,1\n"
    )
    (tmp_path / "input").write_bytes(random.Random(1).randbytes(KWS_BYTES))
    return tmp_path


def request(image: str = "my latency=image.elf", **options: object) -> MlperfRequest:
    base = MlperfRequest("stm32l4r5", Path(image), "kws", iterations=2, warmups=0, wall_timeout_seconds=60.0)
    return dataclasses.replace(base, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        ["--input", "input", "--iterations", "2"],
        ["--dataset", "set", "--inputs", "2", "--clock", "80MHz"],
        ["--mode", "accuracy", "--dataset", "set", "--memory-model", "timing"],
    ],
    ids=["latency", "data set", "accuracy"],
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_mlperf_prints_the_same_from_a_server(
    server: RunningServer,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    form: list[str],
) -> None:
    command = [
        "mlperf",
        "--platform",
        "stm32l4r5",
        "--firmware",
        "my latency=image.elf",
        "--benchmark",
        "kws",
    ]
    assert main([*command, *options, *form]) == ExitCode.OK
    local = capsys.readouterr().out
    assert main([*command, *options, *form, "--server", server.address]) == ExitCode.OK
    assert capsys.readouterr().out == local
    assert "my latency=image.elf" in local


def test_a_report_from_a_server_equals_the_local_one(server: RunningServer, folder: Path) -> None:
    requests = [
        request(),
        request("my energy=image.elf", mode="energy", input_data=(folder / "input").read_bytes()),
    ]
    seen: list[Progress] = []
    with Client(server.address) as client:
        for item in requests:
            assert client.run_mlperf(item, seen.append) == run_mlperf(item)
    assert "M cycles" in seen[0].phase


def test_validate_and_calibrate_print_the_same_from_a_server(
    server: RunningServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "images.csv").write_text(
        "file,platform,benchmark,inferences_per_second,microjoules_per_inference\n"
        "my latency=image.elf,stm32l4r5,kws,1800,20\n"
        "my energy=image.elf,stm32l4r5,kws,1800,\n"
    )
    (folder / "measured.csv").write_text(
        "model,firmware,benchmark,clock,microjoules\n"
        f"{demo_model_path()},,,80MHz,90\n,my latency=image.elf,kws,,20\n"
    )
    for command in (["validate", "--images", "."], ["calibrate", "measured.csv", "--platform", "stm32l4r5"]):
        for form in ([], ["--json"]):
            code = main([*command, *form])
            local = capsys.readouterr().out
            assert main([*command, *form, "--server", server.address]) == code
            assert capsys.readouterr().out == local
            assert local


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"mode": "energy"}, SimulationError),
        ({"timeout_cycles": 10}, SimulationError),
        ({"firmware": Path("input")}, ImageError),
        ({"firmware": Path("nothing.elf")}, ImageError),
        ({"mode": "accuracy"}, SimError),
        ({"input_data": b"abc"}, SimError),
        ({"dataset": Path("none")}, SimError),
    ],
)
def test_errors_are_those_of_the_library(
    server: RunningServer, folder: Path, change: dict[str, object], kind: type[SimError]
) -> None:
    wrong = request(**change)
    with pytest.raises(kind) as local:
        run_mlperf(wrong)
    with Client(server.address) as client, pytest.raises(kind) as raised:
        client.run_mlperf(wrong)
    assert type(raised.value) is type(local.value)
    assert (raised.value.message, raised.value.hint) == (local.value.message, local.value.hint)


def test_an_unknown_board_is_refused(server: RunningServer, folder: Path) -> None:
    with Client(server.address) as client, pytest.raises(NotFoundError, match="no-such-board"):
        client.run_mlperf(request(platform="no-such-board"))


def refused(server: RunningServer, **changes: object) -> grpc.RpcError:
    artifact = server.upload(b"x" * 100).name
    fields: dict[str, object] = {
        "platform": PLATFORM,
        "image": pb.ArtifactFile(artifact=artifact, filename="app.bin"),
        "benchmark": "kws",
        **changes,
    }
    with pytest.raises(grpc.RpcError) as raised:
        list(server.stub.RunMlperf(pb.RunMlperfRequest(spec=pb.MlperfSpec(**fields))))  # type: ignore[arg-type]
    return raised.value


@pytest.mark.parametrize(
    "changes",
    [
        {"benchmark": "mnist"},
        {"mode": 99},
        {"memory_model": 99},
        {"mode": pb.MLPERF_MODE_ACCURACY},
        {"iteration_count": 0},
        {"iteration_count": 1_000_000},
        {"warmup_count": -1},
        {"platform": "platforms/../x"},
        {"image": pb.ArtifactFile(artifact="artifacts/x", filename="app.bin")},
        {"image": pb.ArtifactFile(artifact=f"artifacts/{'0' * 64}", filename="../app.bin")},
        {"inputs": [pb.MlperfInput(name="a", artifact="runs/x")]},
        {"inputs": [pb.MlperfInput(name="a", artifact=f"artifacts/{'0' * 64}", stride_bytes=-1)]},
        {"inputs": [pb.MlperfInput(artifact=f"artifacts/{'0' * 64}")] * 10_001},
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_its_field(
    server: RunningServer, changes: dict[str, object]
) -> None:
    error = refused(server, **changes)
    assert status_of_call(error).code == code_pb2.INVALID_ARGUMENT
    assert reason_of_call(error) == "SERVICE_REQUEST"


def test_an_input_of_another_size_is_refused_by_name(server: RunningServer) -> None:
    artifact = server.upload(b"x" * 100).name
    error = refused(server, inputs=[pb.MlperfInput(name="mine", artifact=artifact, window_bytes=7)])
    assert reason_of_call(error) == "INPUT"
    assert status_of_call(error).message == "mine: windows 7 bytes long need a stride"


def test_a_file_that_was_not_uploaded_is_refused(server: RunningServer) -> None:
    error = refused(server, inputs=[pb.MlperfInput(artifact=f"artifacts/{'0' * 64}")])
    assert reason_of_call(error) == "SERVICE_NOT_FOUND"


def test_a_client_that_goes_away_ends_its_benchmark(server: RunningServer, folder: Path) -> None:
    class EnoughError(Exception):
        pass

    def stop(_progress: Progress) -> None:
        raise EnoughError

    with Client(server.address) as client:
        with pytest.raises(EnoughError):
            client.run_mlperf(request(iterations=10_000, timeout_cycles=10**15), stop)
        client.run_mlperf(request())  # the only worker is free again
