from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from firmware.tools import refresh
from sim.errors import EnvironmentMissingError
from sim.firmware import manifest as manifest_module
from sim.firmware.manifest import load_manifest
from tests.support.runner_models import CORES


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "firmware"
    shutil.copytree(refresh.PREBUILT, directory)
    monkeypatch.setattr(manifest_module, "data_path", lambda name: tmp_path / name)
    return directory


def test_there_is_an_image_for_every_core_class() -> None:
    manifest = load_manifest()
    assert {(image.core, image.variant) for image in manifest.images} == {
        (core, variant) for core in CORES for variant in refresh.VARIANTS
    }
    assert all(image.read().startswith(b"\x7fELF") for image in manifest.images)


def test_the_images_were_built_from_these_sources() -> None:
    assert load_manifest().source_sha256 == refresh.source_sha256(), (
        "firmware sources changed: run python -m firmware.tools.refresh"
    )


@pytest.mark.parametrize("variant", refresh.VARIANTS)
@pytest.mark.parametrize("core", CORES)
def test_the_operator_list_is_the_table_inside_every_image(core: str, variant: str) -> None:
    image = load_manifest().image(core, variant)
    assert refresh.read_operators(image.read()) == json.loads(image.operators_path.read_text())


@pytest.mark.parametrize("variant", refresh.VARIANTS)
def test_the_operator_list_is_sorted_and_free_of_duplicates(variant: str) -> None:
    operators = json.loads((refresh.PREBUILT / refresh.operators_name(variant)).read_text())
    names = [entry["builtin"] for entry in operators]
    assert names == sorted(set(names))


def test_a_cortex_m0_takes_the_images_of_the_cortex_m0plus() -> None:
    manifest = load_manifest()
    assert manifest.variants("cortex-m0") == manifest.variants("cortex-m0plus")


@pytest.mark.parametrize("core", CORES)
def test_an_image_holds_no_path_of_the_machine_it_was_built_on(core: str) -> None:
    data = load_manifest().image(core).read()
    assert b"/registry/src" not in data
    assert b"/home/" not in data
    assert b"/root/" not in data
    assert str(refresh.FIRMWARE).encode() not in data


def test_the_manifest_names_runtime_and_toolchain() -> None:
    manifest = load_manifest()
    assert (manifest.runtime.name, manifest.runtime.commit) == ("TensorFlow Lite Micro", "33689c48ad")
    assert manifest.runtime.date == "2020-07"
    assert "arm-none-eabi-gcc" in manifest.toolchain


def test_a_changed_image_is_refused(copy: Path) -> None:
    image = copy / "runner-cortex-m3.elf"
    image.write_bytes(image.read_bytes()[:-1] + b"?")
    with pytest.raises(EnvironmentMissingError, match=r"runner-cortex-m3\.elf differs from its manifest"):
        load_manifest().image("cortex-m3").read()
    load_manifest().image("cortex-m4f").read()


def test_a_missing_image_is_reported(copy: Path) -> None:
    (copy / "runner-cortex-m3.elf").unlink()
    with pytest.raises(EnvironmentMissingError, match=r"cannot read the runner image runner-cortex-m3\.elf"):
        load_manifest().image("cortex-m3").read()


def test_a_core_without_an_image_is_reported_with_those_that_have_one(copy: Path) -> None:
    with pytest.raises(EnvironmentMissingError, match="no prebuilt runner image for cortex-m85") as caught:
        load_manifest().image("cortex-m85")
    assert "cortex-m4f" in caught.value.hint


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"runtime": {"nonsense": 1}}'])
def test_a_malformed_manifest_is_reported(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content)
    with pytest.raises(EnvironmentMissingError, match="manifest of the runner images is malformed"):
        load_manifest()
