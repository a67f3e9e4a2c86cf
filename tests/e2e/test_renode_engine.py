"""Models on the Renode engine: with a stand-in everywhere, with real Renode where it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.boot import BootRequest, run_firmware
from sim.errors import EnvironmentMissingError, SimulationError
from sim.inference import RunRequest, WarmBoard, run_inference
from sim.machine.protocol import Level
from sim.machine.renode import block_probe
from sim.machine.renode.installation import find_renode
from sim.machine.renode.machine import RenodeMachine
from sim.platform import load_platform, platform_ids
from sim.result import Result
from tests.support.fake_renode import install_fake_renode
from tests.support.firmware import build_firmware

PATIENCE_SECONDS = 400.0


@pytest.fixture
def real_renode() -> None:
    """Skip without Renode on this machine."""
    try:
        find_renode()
    except EnvironmentMissingError as error:
        pytest.skip(f"{error.message}; {error.hint}")


def request(platform: str, engine: str, **options: object) -> RunRequest:
    return RunRequest(
        platform=platform,
        engine=engine,
        wall_timeout_seconds=PATIENCE_SECONDS,
        **options,  # type: ignore[arg-type]
    )


def without_engine(result: Result) -> dict[str, object]:
    """What two engines must agree on."""
    document = result.to_dict()
    for part in ("engine", "host", "provenance", "issues", "limits"):
        del document[part]
    return document


def test_a_run_says_that_waits_of_memory_were_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RENODE_PATH", str(install_fake_renode(tmp_path)))
    result = run_inference(request("rp2040", "renode", level="full"))
    assert (result.engine.name, result.engine.level) == ("renode", "timing")
    assert "timing.level_reduced" in [issue.code for issue in result.issues]
    assert result.memory.stall_cycles is None
    reference = run_inference(request("rp2040", "embedded", level="timing"))
    assert without_engine(result) == without_engine(reference)


@pytest.mark.usefixtures("real_renode")
@pytest.mark.parametrize(
    ("platform", "kernels"),
    [
        ("stm32f103", "optimized"),
        ("rp2040", "optimized"),
        # Renode 1.6 sets the GE flags of SSUB8 wrongly, which the optimized Cortex-M4 kernels use.
        ("stm32l4r5", "reference"),
    ],
)
def test_real_renode_gives_the_results_of_the_embedded_engine(platform: str, kernels: str) -> None:
    renode = run_inference(request(platform, "renode", kernels=kernels))
    embedded = run_inference(request(platform, "embedded", kernels=kernels, level="timing"))
    assert without_engine(renode) == without_engine(embedded)


@pytest.mark.usefixtures("real_renode")
def test_real_renode_without_a_compiler_counts_the_same_instructions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken.cs").write_text("class Broken { int Value() { return missing; } }", encoding="utf-8")
    monkeypatch.setattr(block_probe, "SOURCES", tmp_path)
    renode = run_inference(request("stm32f103", "renode", repeat=2))
    embedded = run_inference(request("stm32f103", "embedded", level="timing", repeat=2))
    issue = next(issue for issue in renode.issues if issue.code == "timing.estimated")
    assert "missing" in issue.message
    assert renode.outputs == embedded.outputs
    assert [i.instructions for i in renode.inferences] == [i.instructions for i in embedded.inferences]
    assert [o.instructions for o in renode.operators] == [o.instructions for o in embedded.operators]


@pytest.mark.usefixtures("real_renode")
def test_firmware_in_real_renode_says_the_same_and_costs_the_same() -> None:
    image = build_firmware("usart_echo.c", "cortex-m3") / "app.elf"
    results = [
        run_firmware(
            BootRequest(
                "stm32f103",
                image,
                engine=engine,
                until="> ",
                profile_from="work",
                profile_to="worked",
                level="timing",
                wall_timeout_seconds=PATIENCE_SECONDS,
            )
        )
        for engine in ("embedded", "renode")
    ]
    assert [result.uart for result in results] == ["ready\n> "] * 2
    assert results[0].cycles == results[1].cycles
    assert results[0].instruction_mix == results[1].instruction_mix


@pytest.mark.usefixtures("real_renode")
def test_input_to_real_renode_waits_for_the_receiver() -> None:
    result = run_firmware(
        BootRequest(
            "stm32f103",
            build_firmware("usart_echo.c", "cortex-m3") / "app.elf",
            engine="renode",
            uart_input=b"hello\n",
            until="HELLO",
            level="timing",
            timeout_cycles=3_000_000,
            wall_timeout_seconds=PATIENCE_SECONDS,
        )
    )
    assert result.uart is not None
    assert result.uart.startswith("ready\n> HELLO")


@pytest.mark.usefixtures("real_renode")
def test_a_warm_board_in_real_renode_repeats_itself() -> None:
    board = WarmBoard(request("stm32f103", "renode"))
    try:
        first, second = board.run(), board.run()
    finally:
        board.close()
    assert without_engine(first) == without_engine(second)


@pytest.mark.usefixtures("real_renode")
@pytest.mark.parametrize("identifier", platform_ids())
def test_real_renode_loads_the_description_of_every_board(identifier: str) -> None:
    board = load_platform(identifier)
    try:
        machine = RenodeMachine(board, board.clock.default_hz, level=Level.TIMING)
    except SimulationError as refused:
        if board.core in ("cortex-m33f", "cortex-m55"):
            pytest.skip(f"an old Renode: {refused.message}")
        raise
    try:
        data = np.random.default_rng(0).bytes(1000)
        for memory in board.memories:
            machine.write_memory(memory.base, data)
            assert machine.read_memory(memory.base, len(data)) == data
    finally:
        machine.close()
