"""``sim run`` around a pipeline that is faked: what it asks for, prints, writes and returns."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.cli import main
from sim.cli.app import verb_parser
from sim.debug import DebugRequest
from sim.inference import Progress, RunRequest
from sim.result import Result, StopReason, make_issue
from tests.support.results import full_result, small_result


class FakePipeline:
    def __init__(self) -> None:
        verification = dataclasses.replace(full_result().verification, equal=True, different_values=0)
        self.result: Result = dataclasses.replace(full_result(), verification=verification)
        self.requests: list[RunRequest] = []
        self.debug: DebugRequest | None = None

    def __call__(
        self, request: RunRequest, progress: Callable[[Progress], None], debug: DebugRequest | None
    ) -> Result:
        self.requests.append(request)
        self.debug = debug
        progress(Progress("booting"))
        return self.result


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    fake = FakePipeline()
    monkeypatch.setattr("sim.inference.run_inference", fake)
    return fake


def test_every_option_reaches_the_request(pipeline: FakePipeline) -> None:
    options = (
        "--platform stm32l4r5 --model m.tflite --input a.npy --input random:1 --kernels reference "
        "--engine embedded --memory-model timing --clock 80MHz --arena-size 64K --runner r.elf --repeat 3 "
        "--timeout-cycles 5M --wall-timeout 30s --verify --battery cr2032 --period 10s"
    )
    assert main(["run", *options.split()]) == 0
    assert pipeline.requests == [
        RunRequest(
            platform="stm32l4r5",
            model_path=Path("m.tflite"),
            inputs=["a.npy", "random:1"],
            kernels="reference",
            engine="embedded",
            clock_hz=80_000_000,
            repeat=3,
            timeout_cycles=5_000_000,
            wall_timeout_seconds=30.0,
            arena_size_bytes=65_536,
            runner_path=Path("r.elf"),
            verify=True,
            level="timing",
            battery="cr2032",
            period_seconds=10.0,
        )
    ]


def test_options_left_out_keep_the_defaults_of_the_library(pipeline: FakePipeline) -> None:
    assert main(["run", "--platform", "stm32f746"]) == 0
    (request,) = pipeline.requests
    assert dataclasses.replace(request, inputs=()) == RunRequest(platform="stm32f746")


def test_the_text_report_goes_to_stdout_and_nothing_to_stderr(
    pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", "--platform", "stm32f746"])
    captured = capsys.readouterr()
    assert "prediction   0 (98.4 %)" in captured.out
    assert "\033" not in captured.out
    assert captured.err == ""


def test_json_prints_the_document_and_nothing_else(
    pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", "--platform", "stm32f746", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document == {
        **pipeline.result.to_dict(),
        "command": ["sim", "run", "--platform", "stm32f746", "--json"],
    }


def test_out_writes_the_document_beside_the_text(
    pipeline: FakePipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "result.json"
    assert main(["run", "--platform", "stm32f746", "--out", str(out)]) == 0
    assert Result.from_json(out.read_text(encoding="utf-8")).cycles == pipeline.result.cycles
    assert "prediction" in capsys.readouterr().out


def test_an_output_directory_that_does_not_exist_is_refused_before_the_run(
    pipeline: FakePipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--platform", "stm32f746", "--out", str(tmp_path / "no" / "r.json")]) == 2
    assert pipeline.requests == []
    assert "there is no directory" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_an_error(
    pipeline: FakePipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--platform", "stm32f746", "--out", str(tmp_path)]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_labels_name_the_predicted_class(
    pipeline: FakePipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("zéro\r\n" + "\n".join("abcdefghi") + "\n\n", encoding="utf-8")
    assert main(["run", "--platform", "stm32f746", "--labels", str(labels)]) == 0
    assert "prediction   zéro (98.4 %)" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe\xfa", b"one\ntwo\n"])
def test_labels_that_cannot_be_used_are_a_usage_error(
    pipeline: FakePipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    labels = tmp_path / "labels.txt"
    if content is not None:
        labels.write_bytes(content)
    assert main(["run", "--platform", "stm32f746", "--labels", str(labels)]) == 2
    assert capsys.readouterr().err.startswith("sim: error: ")


@pytest.mark.parametrize("options", [["--battery", "cr2032"], ["--period", "10s"]])
def test_a_battery_and_a_period_need_each_other(
    pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main(["run", "--platform", "stm32f746", *options]) == 2
    assert "need each other" in capsys.readouterr().err


@pytest.mark.parametrize("reason", sorted(set(StopReason) - {StopReason.COMPLETED}))
def test_a_run_that_stops_early_is_still_reported_but_fails(
    pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], reason: StopReason
) -> None:
    issues = (make_issue(f"run.{reason}"),)
    pipeline.result = dataclasses.replace(
        small_result(), stop_reason=reason, stop_detail="why", issues=issues
    )
    assert main(["run", "--platform", "rp2040", "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["stop_reason"] == reason
    words = reason.replace("_", " ")
    assert captured.err.splitlines()[0] == f"sim: error: the run stopped early ({words}): why"


def test_the_hint_of_an_early_stop_is_that_of_its_issue(
    pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.result = small_result()
    main(["run", "--platform", "rp2040"])
    assert capsys.readouterr().err.splitlines()[1] == "hint: raise --timeout-cycles"


def test_outputs_that_differ_from_the_reference_fail_the_check(
    pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.result = full_result()
    assert main(["run", "--platform", "stm32f746", "--verify"]) == 1
    captured = capsys.readouterr()
    assert "DIFFERS" in captured.out
    assert captured.err == "sim: error: 2 of 10 output values differ from tflite-micro 0.1\n"


_OPTIONS = sorted(set(re.findall(r"--[a-z-]+", verb_parser("run")[0].format_help())) - {"--out"})
_VALUES = [
    "stm32f746",
    "m.tflite",
    "/dev/null",
    "random:1",
    "3",
    "0",
    "-1",
    "1e400",
    "80MHz",
    "64K",
    "full",
    "--",
]
_TEXTS = st.text(st.characters(exclude_characters="\0"), max_size=6)  # no argument can hold a NUL


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(_OPTIONS) | st.sampled_from(_VALUES) | _TEXTS, max_size=8))
def test_no_command_line_ends_in_a_defect(pipeline: FakePipeline, arguments: list[str]) -> None:
    assert main(["run", "--platform", "stm32f746", *arguments]) in (0, 2)


def test_a_debugger_is_expected_only_when_it_is_asked_for(pipeline: FakePipeline) -> None:
    assert main(["run", "--platform", "stm32l4r5"]) == 0
    assert pipeline.debug is None
    assert main(["run", "--platform", "stm32l4r5", "--gdb", "3333"]) == 0
    assert pipeline.debug is not None
    assert pipeline.debug.port == 3333


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--gdb 0", "--gdb"),
        ("--gdb http", "--gdb: 'http' is not a whole number"),
        ("--gdb 65536", "there is no TCP port 65536"),
        ("--gdb 3333 --server localhost:1", "--gdb cannot be used with --server"),
    ],
)
def test_a_debugger_that_cannot_be_waited_for_is_refused(
    options: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--platform", "stm32l4r5", *options.split()]) == 2
    assert message in capsys.readouterr().err
