"""The bundled demo as a command: what it prints, what it loads, and what it keeps between runs."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ("run", "--platform", "stm32f746")


def sim(*arguments: str, cache: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with nothing but these variables."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    if cache is not None:
        variables["XDG_CACHE_HOME"] = str(cache)
    return subprocess.run(
        [sys.executable, "-m", "sim", *arguments],
        env=variables, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def document(*arguments: str, cache: Path | None = None, **environment: str) -> dict[str, Any]:
    """Run with ``--json`` and return the result without what depends on the host."""
    done = sim(*arguments, "--json", cache=cache, **environment)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    del result["host"]
    return result


def imported_modules(code: str, cache: Path) -> set[str]:
    """Run Python code in a process of its own and return the modules it leaves loaded."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return set(done.stderr.split())


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The first run on this machine, and the cache that it leaves."""
    cache = tmp_path_factory.mktemp("cache")
    return document(*DEMO, cache=cache), cache


def test_the_demo_recognises_the_digit_and_prices_every_operator(
    first: tuple[dict[str, Any], Path],
) -> None:
    result, _ = first
    (output,) = result["outputs"]
    assert output["label"] == "7"
    assert result["stop_reason"] == "completed"
    assert result["operators"]
    assert all(operator["cycles"] > 0 for operator in result["operators"])


def test_the_command_line_loads_no_heavy_module_before_it_knows_what_to_do(tmp_path: Path) -> None:
    loaded = imported_modules("import sim.cli", tmp_path)
    assert loaded.isdisjoint({"numpy", "unicorn", "capstone", "tensorflow", "tflite_micro", "PIL"})


def test_the_second_run_needs_no_decoder_and_no_interpreter(first: tuple[dict[str, Any], Path]) -> None:
    run_demo = f"from sim.cli import main\nassert main({list(DEMO)!r}) == 0"
    loaded = imported_modules(run_demo, first[1])
    assert "unicorn" in loaded
    assert loaded.isdisjoint({"capstone", "tensorflow", "tflite_micro", "PIL", "elftools"})


def test_cold_and_warm_runs_are_bit_identical(first: tuple[dict[str, Any], Path]) -> None:
    result, cache = first
    assert list(cache.rglob("*.npz"))
    assert document(*DEMO, cache=cache) == result


def test_a_cache_that_cannot_be_written_changes_nothing(
    first: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("a file, not a directory")
    assert document(*DEMO, cache=in_the_way) == first[0]
    assert document(*DEMO, cache=Path("/proc/nowhere")) == first[0]


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "text"])
def test_a_damaged_cache_changes_nothing(
    damage: str, first: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    (good,) = first[1].rglob("*.npz")
    path = tmp_path / good.relative_to(first[1])
    path.parent.mkdir(parents=True)
    data = bytearray(good.read_bytes())
    if damage == "flipped":
        for position in random.Random(0).sample(range(len(data)), 40):
            data[position] ^= 0xFF
    path.write_bytes(
        {"empty": b"", "truncated": bytes(data[: len(data) // 2]), "flipped": bytes(data), "text": b"PK?"}[
            damage
        ]
    )
    assert document(*DEMO, cache=tmp_path) == first[0]
    assert path.stat().st_size > 1000  # and is replaced by a good one


def test_a_user_without_a_home_can_run_the_demo(first: tuple[dict[str, Any], Path]) -> None:
    assert document(*DEMO, HOME="/proc/nowhere") == first[0]
    without_passwd_entry = (
        "import pathlib, sys\n"
        "def home(cls): raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = classmethod(home)\n"
        f"from sim.cli import main\nassert main({list(DEMO)!r}) == 0"
    )
    done = subprocess.run(
        [sys.executable, "-c", without_passwd_entry],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
