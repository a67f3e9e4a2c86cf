"""Boards of a suite: when they boot, what they run, and when a result is too old to be checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.demo import demo_model_path
from sim.errors import PlatformError
from sim.inference import RunRequest
from sim.result import Result, StopReason
from sim.robot.board_keywords import BoardKeywords
from sim.robot.boards import Boards
from sim.robot.keyword import KeywordError
from sim.robot.quantities import Frequency, Size
from tests.support.results import full_result


class FakeBackend:
    """Answers every run with the same result, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.result = full_result()
        self.requests: list[RunRequest] = []
        self.inputs: list[tuple[str, ...]] = []
        self.closed = 0

    def check_platform(self, platform: str) -> None:
        if platform == "unknown":
            raise PlatformError("unknown platform 'unknown'")

    def boot(self, request: RunRequest) -> FakeBackend:
        self.requests.append(request)
        return self

    def run(self, inputs: Sequence[str] | RunRequest) -> Result:
        assert not isinstance(inputs, RunRequest)
        self.inputs.append(tuple(inputs))
        return self.result

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def keywords(backend: FakeBackend) -> BoardKeywords:
    return BoardKeywords(backend, Boards())  # type: ignore[arg-type]


def current_result(keywords: BoardKeywords) -> Result:
    return keywords._boards.current.result


def test_options_of_a_board_become_its_request(keywords: BoardKeywords, backend: FakeBackend) -> None:
    keywords.create_board(
        "stm32l4r5",
        clock=Frequency(16_000_000),
        arena_size=Size(65536),
        kernels="reference",
        memory_model="timing",
    )
    keywords.load_model(demo_model_path())
    keywords.run_inference()
    assert backend.requests == [
        RunRequest(
            platform="stm32l4r5",
            model_path=demo_model_path(),
            clock_hz=16_000_000,
            arena_size_bytes=65536,
            kernels="reference",
            level="timing",
        )
    ]


def test_a_board_boots_once_for_many_inputs(keywords: BoardKeywords, backend: FakeBackend) -> None:
    keywords.create_board("stm32f746")
    for source in ("zeros", "random:1"):
        keywords.set_input(source)
        keywords.run_inference()
    assert len(backend.requests) == 1
    assert backend.inputs == [("zeros",), ("random:1",)]


def test_a_new_model_boots_the_board_anew_without_the_old_inputs(
    keywords: BoardKeywords, backend: FakeBackend
) -> None:
    keywords.create_board("stm32f746")
    keywords.set_input("zeros")
    keywords.run_inference()
    keywords.load_model(demo_model_path())
    assert backend.closed == 1
    keywords.run_inference()
    assert [request.model_path for request in backend.requests] == [None, demo_model_path()]
    assert backend.inputs == [("zeros",), ()]


def test_whatever_changes_the_run_discards_the_result(keywords: BoardKeywords, tmp_path: Path) -> None:
    keywords.create_board("stm32f746")
    for change in (lambda: keywords.set_input("zeros"), keywords.load_model):
        keywords.run_inference()
        assert current_result(keywords) == full_result()
        change()
        with pytest.raises(Exception, match="no inference has run"):
            current_result(keywords)


def test_a_run_that_stops_early_fails_and_leaves_no_result(
    keywords: BoardKeywords, backend: FakeBackend
) -> None:
    keywords.create_board("stm32f746")
    keywords.run_inference()
    backend.result = dataclasses.replace(
        full_result(), stop_reason=StopReason.FAULT, stop_detail="BusFault at 0x08000000"
    )
    with pytest.raises(KeywordError, match=r"stopped early \(fault\): BusFault at 0x08000000"):
        keywords.run_inference()
    with pytest.raises(Exception, match="no inference has run"):
        current_result(keywords)


def test_labels_name_the_classes_of_the_result(keywords: BoardKeywords, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"class {index}\n" for index in range(10)), encoding="utf-8")
    keywords.create_board("stm32f746")
    keywords.load_model(labels=labels)
    assert keywords.run_inference().outputs[0].label == "class 0"


def test_boards_are_switched_by_name_and_keep_their_results(
    keywords: BoardKeywords, backend: FakeBackend
) -> None:
    assert keywords.create_board("stm32f746") == "stm32f746"
    keywords.run_inference()
    assert keywords.create_board("boards/my-board.toml") == "my-board"
    assert keywords.switch_board("stm32f746") == "my-board"
    assert current_result(keywords) == full_result()
    with pytest.raises(
        KeywordError, match="there is no board 'other'\nHint: the boards are: stm32f746, my-board"
    ):
        keywords.switch_board("other")


def test_closing_all_boards_lets_booted_ones_go_and_frees_their_names(
    keywords: BoardKeywords, backend: FakeBackend
) -> None:
    keywords.create_board("stm32f746")
    keywords.run_inference()
    keywords.create_board("stm32l4r5")
    keywords.close_all_boards()
    assert backend.closed == 1
    with pytest.raises(KeywordError, match="there is no board yet"):
        keywords.run_inference()
    keywords.create_board("stm32f746")


def test_an_unknown_platform_is_refused_at_once(keywords: BoardKeywords) -> None:
    with pytest.raises(KeywordError, match="unknown platform"):
        keywords.create_board("unknown")
