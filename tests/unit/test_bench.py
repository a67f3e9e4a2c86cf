"""The benchmark: what it measures, not how fast this machine is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sim.bench import run_benchmark
from sim.cli import main
from sim.engine_bench import PLAIN_LEVEL, run_engine_benchmark
from sim.errors import EnvironmentMissingError
from sim.image_bench import ImageBenchmark, ImageSpeed, run_image_benchmark
from sim.inference import RunRequest, run_inference
from sim.machine.qemu.installation import find_qemu
from sim.report.image_bench import render_image_benchmark
from sim.report.service_bench import render_service_benchmark
from sim.service.bench import CallSpeed, ServiceBenchmark, Throughput
from tests.support.firmware import build_firmware
from tests.support.single_operator import conv_2d


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "conv.tflite"
    path.write_bytes(conv_2d((1, 8, 8, 3), 4, (3, 3)))
    return path


def test_all_levels_are_measured_relative_to_bare(model: Path) -> None:
    benchmark = run_benchmark("stm32l4r5", [model], rounds=1)
    assert [speed.level for speed in benchmark.levels] == ["bare", "counters", "timing", "full"]
    bare = benchmark.levels[0]
    assert bare.relative_to_bare == 1.0
    for speed in benchmark.levels:
        assert speed.relative_to_bare == pytest.approx(bare.host_seconds / speed.host_seconds)
        instructions = speed.instructions_per_second * speed.host_seconds
        assert instructions == pytest.approx(bare.instructions_per_second * bare.host_seconds)


def test_the_time_on_the_board_is_that_of_a_warm_run(model: Path) -> None:
    request = RunRequest(platform="stm32l4r5", model_path=model, repeat=2)
    warm = run_inference(request).inferences[1]
    (speed,) = run_benchmark("stm32l4r5", [model], rounds=1).models
    assert speed.model == "conv.tflite"
    assert speed.relative_to_board == pytest.approx(speed.board_seconds / speed.host_seconds)
    assert speed.board_seconds == warm.latency_seconds


def test_the_verb_prints_text_or_one_document(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--platform", "stm32l4r5", "--model", str(model), "--rounds", "1"]
    assert main(arguments) == 0
    assert "stm32l4r5 at 120 MHz · best of 1 round\n" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["benchmark"]["rounds"] == 1


def test_engines_run_the_same_image_and_are_compared_with_the_embedded_one(model: Path) -> None:
    try:
        find_qemu()
    except EnvironmentMissingError as error:
        pytest.skip(error.message)
    benchmark = run_engine_benchmark("mps2-an386", model, rounds=1)
    speeds = {(speed.engine, speed.level): speed for speed in benchmark.engines}
    assert speeds["embedded", "full"].relative_to_embedded == 1.0
    qemu, plain = speeds["qemu", "full"], speeds["qemu", PLAIN_LEVEL]
    assert qemu.host_seconds is not None
    assert qemu.instructions_per_second == pytest.approx(benchmark.instructions / qemu.host_seconds)
    assert plain.instructions_per_second is not None
    assert plain.instructions_per_second > 0
    assert qemu.relative_to_plain == pytest.approx(
        qemu.instructions_per_second / plain.instructions_per_second
    )


def test_engines_that_are_not_installed_are_named_with_what_to_do(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RENODE_PATH", raising=False)
    assert main(["bench", "--engines", "--model", str(model), "--rounds", "1"]) == 0
    text = capsys.readouterr().out
    assert "apt install qemu-system-arm" in text
    assert "RENODE_PATH" in text
    assert main(["bench", "--engines", "--model", str(model), "--rounds", "1", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["benchmark"]["engines"]
    assert [row["engine"] for row in rows if row["missing"]] == ["qemu", "qemu", "renode"]


def test_images_are_measured_between_their_timestamps(capsys: pytest.CaptureFixture[str]) -> None:
    image = build_firmware("serial_device.c", defines=("FAST_SERIAL",)) / "app.bin"
    (speed,) = run_image_benchmark([(image, "stm32l4r5")], rounds=1).images
    assert speed.image == "app.bin"
    assert speed.relative_to_board == pytest.approx(speed.board_seconds / speed.host_seconds)
    arguments = ["bench", "--platform", "stm32l4r5", "--image", str(image), "--rounds", "1", "--json"]
    assert main(arguments) == 0
    (row,) = json.loads(capsys.readouterr().out)["benchmark"]["images"]
    assert row["board_seconds"] == speed.board_seconds  # simulated, so it is the same every time


def test_images_are_measured_on_the_board_that_is_described_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "closed/vendor/code/NUCLEO_L4R5ZI/kws/app.bin"
    description = tmp_path / "closed/vendor/systems/NUCLEO_L4R5ZI.json"
    image.parent.mkdir(parents=True)
    description.parent.mkdir()
    shutil.copy(build_firmware("serial_device.c", defines=("FAST_SERIAL",)) / "app.bin", image)
    seconds = {}
    for mode in ("Dual", "Single"):
        description.write_text(f'{{"Hardware Notes": "{mode} Bank Mode"}}')
        assert (
            main(["bench", "--platform", "stm32l4r5", "--image", str(image), "--rounds", "1", "--json"]) == 0
        )
        said = capsys.readouterr()
        assert ("stm32l4r5-single-bank" in said.err) == (mode == "Single")
        (row,) = json.loads(said.out)["benchmark"]["images"]
        seconds[mode] = row["board_seconds"]
    assert seconds["Single"] < seconds["Dual"]


def test_the_speed_of_images_is_told_relative_to_their_board() -> None:
    speed = ImageSpeed("kws.bin", 0.02, 0.01, 250e6, 2.0)
    assert render_image_benchmark(ImageBenchmark("stm32l4r5", 3, (speed,))) == (
        "stm32l4r5 with the full memory model · best of 3 rounds\n"
        "\n"
        "  image    board time  host time  instructions  speed vs. board\n"
        "  kws.bin     20.0 ms    10.0 ms       250 M/s            2.00×\n"
    )


def test_the_overhead_of_calls_is_told_with_what_it_consists_of() -> None:
    call = CallSpeed("Invoke", 100, 0.005, 0.006, 0.007, 0.003, 0.002, 1.67)
    rate = Throughput(1, 300.0, 1.0, 0.003, 0.001)
    benchmark = ServiceBenchmark("stm32l4r5", "bundled", (call,), 0.0005, 0.001, 0.02, 80, (rate,))
    assert render_service_benchmark(benchmark).startswith(
        "stm32l4r5 · bundled · over loopback\n"
        "\n"
        "  call        p50      p90      p99  engine p50  overhead p50  of the engine's time\n"
        "  Invoke  5.00 ms  6.00 ms  7.00 ms     3.00 ms       2.00 ms                 1.67×\n"
        "\n"
        "The overhead is all time from the client's call to its typed result but the engine's.\n"
        "The worker takes 500 µs of it (p50); the rest is client, gRPC, front process and sockets.\n"
        "A gRPC call that does nothing takes 1.00 ms (p50).\n"
    )
