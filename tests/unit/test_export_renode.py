"""Exports for Renode, executed line by line on the embedded engine: they must give what `sim run` gives."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from sim.boot import BootRequest
from sim.cli import main
from sim.errors import SimulationError
from sim.export import export_firmware, export_model
from sim.export.resc import hooks_of_runner
from sim.firmware.mailbox import TensorRegion
from sim.inference import RunRequest, run_inference
from sim.machine.embedded.engine import EmbeddedMachine
from sim.machine.protocol import Level, Marker, RunLimits
from sim.machine.renode.description import describe_board
from sim.model import Model
from sim.platform import load_platform
from tests.support.assembler import assemble

ROOT = Path(__file__).resolve().parents[2]
PLENTY = RunLimits(200_000_000, 60)


def loads_of(script: Path) -> list[tuple[str, int]]:
    """Files and addresses of a script's LoadBinary commands."""
    lines = re.findall(r"^sysbus LoadBinary \$ORIGIN/(\S+) (0x\w+)$", script.read_text(), re.MULTILINE)
    return [(name, int(address, 16)) for name, address in lines]


def hooks_of(script: Path) -> list[tuple[int, str]]:
    """Addresses and Python text of a script's hooks."""
    found = re.findall(r'^sysbus\.cpu AddHook (0x\w+) """\n(.*?)\n"""$', script.read_text(), re.M | re.S)
    return [(int(address, 16), text) for address, text in found]


def vector_table_of(script: Path) -> int:
    match = re.search(r"^sysbus\.cpu VectorTableOffset (0x\w+)$", script.read_text(), re.MULTILINE)
    assert match is not None
    return int(match[1], 16)


@pytest.mark.parametrize("platform", ["rp2040", "stm32f746"])
def test_the_scripts_commands_and_hooks_give_the_outputs_of_a_run(platform: str, tmp_path: Path) -> None:
    request = RunRequest(platform=platform)
    script = export_model(request, tmp_path / "out")[0]
    (ready, copies), (done, _), (failed, _) = hooks_of(script)
    board = load_platform(platform)
    markers = [Marker("ready", ready, True), Marker("done", done, True), Marker("failed", failed, True)]
    machine = EmbeddedMachine(board, board.clock.default_hz, markers, level=Level.BARE)
    for name, address in loads_of(script):
        machine.write_memory(address, (script.parent / name).read_bytes())
    machine.reset(vector_table_of(script))
    assert machine.run(PLENTY).marker == "ready"
    copied = re.findall(r"WriteBytes\(machine\.SystemBus\.ReadBytes\((0x\w+), (\d+)\), (0x\w+)\)", copies)
    for source, size, target in copied:
        machine.write_memory(int(target, 16), machine.read_memory(int(source, 16), int(size)))
    assert machine.run(PLENTY).marker == "done"
    (address, size), *_ = re.findall(
        r"^#   sysbus ReadBytes (0x\w+) (\d+)    int8 1x10", script.read_text(), re.M
    )
    values = struct.unpack(f"<{size}b", machine.read_memory(int(address, 16), int(size)))
    assert list(values) == list(run_inference(request).outputs[0].values_raw)
    assert len(copied) == 1


def test_the_description_follows_the_clock(tmp_path: Path) -> None:
    board = load_platform("stm32l4r5")
    export_model(RunRequest(platform=board.id, clock_hz=80_000_000), tmp_path / "out")
    description = (tmp_path / "out" / "stm32l4r5.repl").read_text(encoding="utf-8")
    assert description == describe_board(board, 80_000_000)


def test_values_of_outputs_are_logged_by_their_type() -> None:
    """The hook's text is Python: run it with stand-ins for what Renode puts into its scope."""
    tensor = Model.load(ROOT / "sim/demo/digits.tflite").output_tensors[0]
    symbols = {f"sim_mark_{name}": 0x100 for name in ("ready", "done", "failed")}
    logged: list[str] = []
    paused: list[bool] = []

    class Anything:
        def __getattr__(self, name: str) -> object:
            return self

    class Log(Anything):
        def Log(self, _level: object, text: str) -> None:  # noqa: N802
            logged.append(text)

    class Machine(Anything):
        def ReadBytes(self, address: int, size: int) -> bytes:  # noqa: N802
            assert (address, size) == (0x2000_0000, 3)
            return bytes([1, 0x80, 0xFF])

        def PauseAndRequestEmulationPause(self) -> None:  # noqa: N802
            paused.append(True)

    text = hooks_of_runner(symbols, [], [(tensor, TensorRegion(0x2000_0000, 3))])
    (_, _), (_, done), (_, _) = re.findall(r'AddHook (0x\w+) """\n(.*?)\n"""', text, re.S)
    exec(done, {"machine": Machine(), "Antmicro": Log(), "LogLevel": Anything(), "System": Anything()})
    assert (logged, paused) == (["output 0: 1 -128 -1"], [True])


def test_firmware_is_written_with_its_symbols_and_console(tmp_path: Path) -> None:
    code = struct.pack("<2I", 0x20001000, 0x08000009) + assemble("b .", "cortex-m4f").ljust(64, b"\0")
    image = tmp_path / "blink.bin"
    image.write_bytes(code)
    script = export_firmware(BootRequest("stm32l4r5", image), tmp_path / "out")[0]
    assert loads_of(script) == [("image-08000000.bin", 0x08000000)]
    assert (tmp_path / "out" / "image-08000000.bin").read_bytes() == code
    text = script.read_text(encoding="utf-8")
    assert vector_table_of(script) == 0x08000000
    assert f"showAnalyzer sysbus.{load_platform('stm32l4r5').console.name}\n" in text
    assert "LoadSymbolsFrom" not in text


def test_an_elf_is_written_as_well_for_its_symbols(tmp_path: Path) -> None:
    elf = ROOT / "firmware/prebuilt/runner-cortex-m4f.elf"
    script = export_firmware(BootRequest("stm32l4r5", elf), tmp_path / "out")[0]
    assert "\nsysbus LoadSymbolsFrom $ORIGIN/firmware.elf\n" in script.read_text(encoding="utf-8")
    assert (tmp_path / "out" / "firmware.elf").read_bytes() == elf.read_bytes()


def test_a_model_that_the_runner_does_not_load_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="arena too small"):
        export_model(RunRequest(platform="stm32l4r5", arena_size_bytes=4096), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["export", "--engine", "renode", "--platform", "rp2040", "--out", str(out)]) == 0
    assert capsys.readouterr().out.endswith(f"go on with: renode {out / 'run.resc'}\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--base", "0x08000000"], "--base needs --firmware"),
        (["--firmware", "x.elf", "--model", "y.tflite"], "--model cannot be used with --firmware"),
        (["--clock", "fast"], "--clock"),
        (["--input", "missing.npy"], "missing.npy"),
        (["--firmware", "missing.elf"], "missing.elf"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["export", "--engine", "renode", "--platform", "rp2040", "--out", str(out), *options]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    assert main(["export", "--engine", "renode", "--platform", "rp2040", "--out", str(blocked)]) == 2
    assert "cannot write to" in capsys.readouterr().err
