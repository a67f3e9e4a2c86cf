from __future__ import annotations

import pytest

from sim.errors import ImageError
from sim.firmware.attributes import require_core
from sim.firmware.manifest import load_manifest
from tests.support.runner_models import CORES

# By core: whose images have nothing but instructions (integer, floating-point and vector) of this core.
RUNS = {
    "cortex-m0plus": {"cortex-m0plus"},
    "cortex-m3": {"cortex-m0plus", "cortex-m3"},
    "cortex-m4f": {"cortex-m0plus", "cortex-m3", "cortex-m4f"},
    "cortex-m7f": {"cortex-m0plus", "cortex-m3", "cortex-m4f", "cortex-m7f"},
    "cortex-m33f": {"cortex-m0plus", "cortex-m3", "cortex-m4f", "cortex-m7f", "cortex-m33f"},
    "cortex-m55": set(CORES),
}


@pytest.mark.parametrize("image", CORES)
@pytest.mark.parametrize("core", CORES)
def test_an_image_is_refused_on_a_core_without_its_instructions(core: str, image: str) -> None:
    data = load_manifest().image(image).path.read_bytes()
    if image in RUNS[core]:
        require_core(data, core, "runner.elf")
        return
    with pytest.raises(ImageError, match=r"runner\.elf is built for") as refused:
        require_core(data, core, "runner.elf")
    assert core in refused.value.hint


def test_an_image_without_attributes_is_let_through() -> None:
    data = load_manifest().image("cortex-m33f").path.read_bytes()
    attributes = data.index(b"aeabi\0") - 5
    unknown_format = data[:attributes] + b"Z" + data[attributes + 1 :]
    require_core(unknown_format, "cortex-m0plus", "runner.elf")


def test_damaged_attributes_are_refused() -> None:
    data = load_manifest().image("cortex-m33f").path.read_bytes()
    size = data.index(b"aeabi\0") + len(b"aeabi\0") + 1
    with pytest.raises(ImageError, match="damaged attributes"):
        require_core(data[:size] + b"\xff\xff\xff\x7f" + data[size + 4 :], "cortex-m33f", "runner.elf")
