"""A platform file may change a few tables of a bundled board."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sim.energy.model import class_weights
from sim.energy.reference import CLASS_WEIGHTS
from sim.errors import PlatformError
from sim.platform import Platform, load_platform
from sim.timing.instruction import InstructionClass


def load(folder: Path, text: str) -> Platform:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_platform(path)


def test_keys_change_and_everything_else_stays(tmp_path: Path) -> None:
    base = load_platform("stm32l4r5")
    mine = load(tmp_path, 'extends = "stm32l4r5"\nid = "mine"\n[power]\npicojoules_per_cycle = 300.0\n')
    assert mine.id == "mine"
    assert mine.power == dataclasses.replace(base.power, picojoules_per_cycle=300.0)
    assert mine.memories == base.memories
    assert mine.sha256 != base.sha256


def test_the_digest_follows_both_files(tmp_path: Path) -> None:
    one = load(tmp_path, 'extends = "stm32l4r5"\nid = "mine"\n')
    other = load(tmp_path, 'extends = "stm32u575"\nid = "mine"\n')
    assert one.sha256 != other.sha256


def test_arrays_of_tables_are_replaced_whole(tmp_path: Path) -> None:
    mine = load(
        tmp_path,
        'extends = "rp2040"\n[[uart]]\nname = "u"\nfamily = "pl011"\nbase = 0x40034000\nirq = 20\n'
        'console = true\nsource = "test"\n',
    )
    assert [uart.name for uart in mine.uarts] == ["u"]


def test_weights_of_classes_are_taken_by_name(tmp_path: Path) -> None:
    mine = load(tmp_path, 'extends = "stm32l4r5"\n[power.class_weights]\nload = 3.5\n')
    weights = class_weights(mine)
    assert weights[InstructionClass.LOAD] == 3.5
    assert weights[InstructionClass.STORE] == CLASS_WEIGHTS[InstructionClass.STORE]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('extends = "stm32l4"\n', "extends: unknown platform 'stm32l4'"),
        ("extends = 5\n", "extends: unknown platform 5"),
        ('extends = "stm32l4r5"\n[powr]\nx = 1\n', "powr"),
        ('extends = "stm32l4r5"\n[power.class_weights]\nlod = 1.0\n', "lod: is no class of instructions"),
        ('extends = "stm32l4r5"\n[power.class_weights]\nload = -1.0\n', "power.class_weights.load"),
        ('extends = "stm32l4r5"\npower = 3\n', "power"),
    ],
)
def test_a_wrong_overlay_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PlatformError, match=complaint):
        load(tmp_path, text)
