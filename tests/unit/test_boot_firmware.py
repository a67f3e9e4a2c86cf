"""Images of the user's own boot, talk on their serial port and stop where they are told to."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sim.boot import BootRequest, run_firmware
from sim.boot.pipeline import firmware_issues
from sim.boot.region import return_addresses
from sim.boot.session import FirmwareSession
from sim.cli import main
from sim.errors import SimulationError, UsageError
from sim.image import FirmwareImage, Segment, load_image
from sim.machine.protocol import RunLimits
from sim.mlperf import MlperfRequest, run_mlperf
from sim.platform import load_platform
from sim.result import Result, StopReason
from tests.support.assembler import assemble
from tests.support.firmware import build_firmware

WORK_INSTRUCTIONS = 60_000


@pytest.fixture(scope="module")
def images() -> Path:
    return build_firmware("serial_device.c")


def boot(path: Path, **options: object) -> Result:
    request = BootRequest(platform="stm32l4r5", firmware=path, until="m-ready", wall_timeout_seconds=60.0)
    return run_firmware(dataclasses.replace(request, **options))  # type: ignore[arg-type]


def issue_codes(result: Result) -> list[str]:
    return [issue.code for issue in result.issues]


def test_firmware_that_waits_for_ready_bits_boots_to_its_prompt(images: Path) -> None:
    result = boot(images / "app.bin")
    assert result.stop_reason is StopReason.COMPLETED
    assert result.uart == "m-ready"
    assert result.cycles is not None
    assert result.instruction_mix is not None
    assert sum(result.instruction_mix.values()) == result.instructions


@pytest.mark.parametrize("suffix", ["elf", "hex"])
def test_every_format_of_an_image_runs_alike(images: Path, suffix: str) -> None:
    assert boot(images / f"app.{suffix}").cycles == boot(images / "app.bin").cycles


def test_bytes_that_arrive_by_interrupt_are_answered(images: Path) -> None:
    result = boot(images / "app.bin", until=r"m-name-dut-\[.*\]", uart_input=b"name%")
    assert result.uart == "m-ready\r\nm-name-dut-[tester]"


def test_a_run_can_end_at_a_function(images: Path) -> None:
    result = boot(images / "app.elf", until=None, until_symbol="work", uart_input=b"infer 1 0%")
    assert result.stop_reason is StopReason.COMPLETED
    assert result.uart is not None
    assert result.uart.splitlines()[-1].startswith("m-lap-us-")


def test_a_region_is_accounted_for_each_time_it_runs(images: Path) -> None:
    result = boot(
        images / "app.elf",
        until=r"m-results",
        profile_from="work",
        profile_to="timestamp",
        uart_input=b"infer 1 0%",
    )
    assert result.uart is not None
    assert result.uart.endswith("m-results")
    assert len(result.inferences) == 1
    assert result.instructions == pytest.approx(WORK_INSTRUCTIONS, rel=0.001)
    assert result.inferences[0].cycles == result.cycles


def test_a_run_can_end_where_the_region_does(images: Path) -> None:
    result = boot(
        images / "app.elf",
        until=None,
        until_symbol="timestamp",
        profile_from="reset",
        profile_to="timestamp",
        uart_input=b"infer 1 0%",
    )
    assert result.stop_reason is StopReason.COMPLETED
    assert len(result.inferences) == 1
    assert result.uart == "m-ready\r\n"


def test_each_call_of_the_runtimes_function_is_an_inference(images: Path) -> None:
    result = boot(images / "app.elf", until="m-results", uart_input=b"infer 3 0%")
    assert len(result.inferences) == 3
    for inference in result.inferences:
        assert inference.instructions == pytest.approx(WORK_INSTRUCTIONS, abs=10)


def test_functions_are_ranked_by_their_cycles(images: Path) -> None:
    result = boot(images / "app.elf", until="m-results", uart_input=b"infer 3 0%")
    work, *_ = result.functions
    assert work.name == "work"
    assert work.calls == 1
    assert work.instructions == pytest.approx(WORK_INSTRUCTIONS, abs=10)
    assert result.cycles is not None
    assert sum(function.cycles for function in result.functions) == pytest.approx(result.cycles, abs=20)
    assert sum(function.share for function in result.functions) == pytest.approx(1.0, abs=1e-3)
    energy = sum(function.energy_joules for function in result.functions)
    assert energy == pytest.approx(result.energy_joules, rel=1e-3)


def test_an_image_without_symbols_has_no_functions(images: Path) -> None:
    assert boot(images / "app.bin").functions == ()


def test_the_report_lists_the_functions_with_the_most_cycles(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(f"run --platform stm32l4r5 --firmware {images / 'app.elf'} --until m-ready".split())
    lines = capsys.readouterr().out.splitlines()
    header = next(index for index, line in enumerate(lines) if line.lstrip().startswith("function"))
    listed = [line.split()[0] for line in lines[header + 1 :] if line][:3]
    assert listed[0] in ("reset", "print", "start_clocks")


def test_a_region_that_never_runs_has_no_figures(images: Path) -> None:
    result = boot(images / "app.elf", profile_from="work", profile_to="timestamp")
    assert result.cycles is None
    assert "firmware.region_not_reached" in issue_codes(result)


def test_without_an_end_the_run_is_complete_at_the_cycle_limit(images: Path) -> None:
    result = boot(images / "app.bin", until=None, timeout_cycles=100_000)
    assert result.stop_reason is StopReason.COMPLETED
    assert result.cycles is not None
    assert 100_000 <= result.cycles < 100_200


def test_text_that_never_comes_ends_at_the_cycle_limit(images: Path) -> None:
    result = boot(images / "app.bin", until="never", timeout_cycles=300_000)
    assert result.stop_reason is StopReason.CYCLE_LIMIT


def test_a_register_without_a_model_is_reported_with_its_address(images: Path) -> None:
    issues = [i for i in boot(images / "app.bin").issues if i.code == "firmware.unmodelled_register"]
    assert len(issues) == 1
    assert "0x4fff0000 (write)" in issues[0].message


def test_a_clock_that_is_not_the_firmwares_is_reported(images: Path) -> None:
    result = boot(images / "app.bin")
    assert result.platform.clock_hz == 120_000_000
    assert "firmware.clock_differs" not in issue_codes(result)
    assert "firmware.clock_differs" in issue_codes(boot(images / "app.bin", clock_hz=80_000_000))


# Measures with the cycle counter how long a read of flash takes, after each of the ACR values in a table.
MEASURE_READS = """
    .word 0x20010000, start + 0x08000001
start:
    ldr r4, =0xe0001000
    movs r0, #1
    str r0, [r4]
    ldr r6, =0x20000000
    ldr r2, =0x08001000
    ldr r7, =0x40022000
    bl measure
    {settings}
done: b done
measure:
    ldr r5, [r4, #4]
    b 1f
1:  ldr r0, [r2]
    b 2f
2:  ldr r3, [r4, #4]
    subs r3, r3, r5
    str r3, [r6], #4
    bx lr
    .ltorg
"""


def boot_assembled(folder: Path, text: str) -> FirmwareSession:
    image = folder / "app.bin"
    image.write_bytes(assemble(text, "cortex-m4f").ljust(0x1100, b"\0"))
    platform = load_platform("stm32l4r5")
    limits = RunLimits(cycles=20_000, wall_seconds=30.0)
    session = FirmwareSession(
        platform, load_image(image, platform, None), limits, clock_hz=platform.clock.default_hz
    )
    session.run()
    return session


def test_wait_states_and_caches_are_those_that_the_firmware_has_set_up(tmp_path: Path) -> None:
    # after reset: caches on, no wait states; then five of them, and at last no data cache
    values = [0x605, 0x605, 0x205, 0x205]
    settings = "\n".join(f"ldr r0, ={value:#x}\n str r0, [r7]\n bl measure" for value in [0x600, *values])
    session = boot_assembled(tmp_path, MEASURE_READS.format(settings=settings))
    _cold, reset, *measured = memoryview(session.machine.read_memory(0x2000_0000, 24)).cast("I")
    assert [cycles - reset for cycles in measured] == [0, 0, 5, 5]


def test_a_clock_that_is_too_fast_for_the_wait_states_or_for_the_part_is_reported(tmp_path: Path) -> None:
    # RCC of STM32L4+: MSI at 48 MHz by its range 11, for which the flash needs two wait states
    text = """
    .word 0x20010000, start + 0x08000001
start:
    ldr r1, =0x40021000
    ldr r0, [r1]
    bic r0, #0xf0
    orr r0, #0xb8
    str r0, [r1]
done: b done
    .ltorg
"""
    session = boot_assembled(tmp_path, text)
    platform = load_platform("stm32l4r5")
    issues = firmware_issues(session, platform, 48_000_000)
    assert [issue.code for issue in issues] == ["firmware.too_few_wait_states"]
    assert "at 48 MHz the flash needs 2" in issues[0].message
    slower = replace(platform, clock=replace(platform.clock, max_hz=40_000_000), wait_states=None)
    (issue,) = firmware_issues(session, slower, 48_000_000)
    assert issue.code == "firmware.clock_beyond_limit"
    assert "to 48 MHz; this part runs at up to 40 MHz" in issue.message


def test_a_bit_that_never_comes_is_named_with_its_register(tmp_path: Path) -> None:
    image = tmp_path / "stuck.bin"
    # ldr r1, =0x40021000; 1: ldr r0, [r1, #0x94]; lsls r0, r0, #30; bpl 1b
    code = bytes.fromhex("0249 d1f89400 8007 fbd5 00bf 00100240")
    image.write_bytes(b"\x00\x10\x00\x20\x09\x00\x00\x08" + code.ljust(64, b"\0"))
    result = boot(image, until="never", timeout_cycles=200_000)
    assert result.stop_reason is StopReason.CYCLE_LIMIT
    assert result.stop_detail is not None
    assert "CSR of rcc at 0x40021094" in result.stop_detail
    assert result.stop_detail.endswith("it waits for LSIRDY (bit 1) to be set, at 0x0800000a")


def test_an_unknown_function_or_port_is_refused(images: Path) -> None:
    with pytest.raises(UsageError, match="no function 'wrok'"):
        boot(images / "app.elf", until_symbol="wrok")
    with pytest.raises(UsageError, match="no serial port 'uart9'"):
        boot(images / "app.elf", uart="uart9", uart_input=b"x")
    with pytest.raises(UsageError, match="no regular expression"):
        boot(images / "app.elf", until="(")


def test_a_fault_of_the_firmware_is_one_sentence_with_its_function(tmp_path: Path) -> None:
    image = tmp_path / "fault.bin"
    words = [0x2000_1000, 0x0800_0009, 0x6808_2100, 0xE7FE_0000]  # movs r1, #0; ldr r0, [r1]
    image.write_bytes(b"".join(word.to_bytes(4, "little") for word in words).ljust(64, b"\0"))
    result = boot(image, until=None)
    assert result.stop_reason is StopReason.FAULT
    assert result.stop_detail is not None
    assert "BusFault (PRECISERR) at 0x0800000a" in result.stop_detail


def benchmark(images: Path, **options: object) -> MlperfRequest:
    request = MlperfRequest("stm32l4r5", images / "app.bin", "kws", iterations=4, wall_timeout_seconds=60.0)
    return dataclasses.replace(request, **options)  # type: ignore[arg-type]


def test_the_benchmark_accounts_for_what_runs_between_the_timestamps(images: Path) -> None:
    report = run_mlperf(benchmark(images))
    assert report.device_name == "tester"
    assert report.clock_hz == 120_000_000
    # Printing ends in a loop that waits for the port, so a few instructions beside the work are counted.
    assert report.instructions == pytest.approx(WORK_INSTRUCTIONS, rel=0.01)
    assert report.latency_seconds == report.cycles / 120e6
    assert report.scores == (0.25, 0.75)


def test_the_firmwares_own_timer_agrees_with_the_model(images: Path) -> None:
    report = run_mlperf(benchmark(images, iterations=8))
    # The firmware's first timestamp is taken before it is printed: 18 characters of 10 bits at 115200 baud.
    printing_seconds = 18 * 10 / 115_200
    measured = report.firmware_latency_seconds - printing_seconds / 8
    assert report.latency_seconds == pytest.approx(measured, rel=0.05)


def test_an_input_is_loaded_in_chunks_that_are_answered_one_by_one(images: Path) -> None:
    report = run_mlperf(benchmark(images, input_data=bytes(490)))
    assert report.uart.count("m-load\r\n") == 1 + -(-490 // 32)


def test_an_input_of_the_wrong_size_is_refused(images: Path) -> None:
    with pytest.raises(UsageError, match="an input of kws has 490 bytes, not 3"):
        run_mlperf(benchmark(images, input_data=b"abc"))


def test_a_random_input_needs_a_seed(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        f"mlperf --platform stm32l4r5 --firmware {images / 'app.bin'} --benchmark kws --input random:x"
    )
    assert main(arguments.split()) == 2
    assert "'random:x' has no seed" in capsys.readouterr().err


def test_firmware_that_is_silent_is_an_error_that_says_what_was_awaited(images: Path) -> None:
    with pytest.raises(SimulationError, match="did not say 'm-ready'") as silent:
        run_mlperf(benchmark(images, timeout_cycles=10))
    assert "nothing at all" in silent.value.message


def test_the_command_line_writes_transcript_and_result(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, received = tmp_path / "in.txt", tmp_path / "out.txt"
    sent.write_bytes(b"name%")
    arguments = f"run --platform stm32l4r5 --firmware {images / 'app.elf'} --until tester --json"
    assert main([*arguments.split(), "--uart-in", str(sent), "--uart-out", str(received)]) == 0
    assert received.read_bytes().decode() == json.loads(capsys.readouterr().out)["uart"]


def test_the_benchmark_prints_a_document(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = f"mlperf --platform stm32l4r5 --firmware {images / 'app.bin'} --benchmark kws --json"
    assert main(arguments.split()) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "boardless.mlperf"
    assert document["inferences_per_second"] == pytest.approx(1 / document["latency_seconds"])
    assert document["energy_joules"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--firmware x.bin --model m.tflite", "--model cannot be used with --firmware"),
        ("--firmware x.bin --verify", "--verify cannot be used with --firmware"),
        ("--until m-ready", "--until needs --firmware"),
        ("--firmware x.bin --base nowhere", "'nowhere' is no 32-bit address"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--platform", "stm32l4r5", *arguments.split()]) == 2
    assert message in capsys.readouterr().err


def test_returns_from_a_function_are_found_for_calls_from_both_sides() -> None:
    base = 0x0800_0000
    program = "bl f\n nop\n bl g\n .space 0x3000\n f: bx lr\n g: bx lr\n .space 0x3000\n bl f\n"
    code = assemble(program, "cortex-m4f")
    image = FirmwareImage("x", "", (Segment(base, code),), {}, base)
    function = base + 10 + 0x3000
    assert return_addresses(image, function) == [base + 4, base + len(code)]
