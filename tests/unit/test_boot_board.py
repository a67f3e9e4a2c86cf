"""A board with firmware stands still between calls, and virtual time decides what is too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.boot import FirmwareBoard
from sim.boot.virtual_clock import VirtualClock, exact_seconds
from sim.boot.waits import BytesWait, LinesWait, LineWait
from sim.errors import CheckFailedError, SimulationError, UsageError
from sim.image import FirmwareImage, Segment, load_image
from sim.platform import load_platform
from tests.support.assembler import assemble
from tests.support.firmware import build_firmware

FLASH = 0x0800_0000
STACK = 0x2000_4000
CORE_HZ = 4_000_000  # of an STM32L4+ after reset: MSI
SLEEP_FOREVER = "1: wfi\n b 1b"
WRITE_AND_SLEEP = """
    ldr r0, =0x20000000
    movs r1, #1
    wfi
    str r1, [r0]
    b .
"""
DOUBLE_THE_CLOCK_AND_SPIN = """
    ldr r0, =0x40021000
    ldr r1, [r0]
    bic r1, #0xF0
    orr r1, #0x78  /* MSIRGSEL, MSIRANGE 7: 8 MHz */
    movw r2, #10000
1:  subs r2, #1
    bne 1b
    str r1, [r0]
    b .
"""


@pytest.fixture(scope="module")
def image() -> Path:
    return build_firmware("serial_device.c") / "app.elf"


def boot(path: Path, **options: object) -> FirmwareBoard:
    platform = load_platform("stm32l4r5")
    return FirmwareBoard(platform, load_image(path, platform), **options)  # type: ignore[arg-type]


def boot_code(source: str, **options: object) -> FirmwareBoard:
    code = assemble(source, "cortex-m4f")
    vectors = STACK.to_bytes(4, "little") + (FLASH + 9).to_bytes(4, "little")
    image = FirmwareImage("code", "", (Segment(FLASH, vectors + code),), {}, FLASH)
    return FirmwareBoard(load_platform("stm32l4r5"), image, **options)  # type: ignore[arg-type]


def test_a_dialogue_finds_each_answer_once(image: Path) -> None:
    board = boot(image)
    assert board.wait_for_line("m-ready").text == "m-ready"
    board.write(b"name%")
    name = board.wait_for_line(r"m-name-dut-\[(.*)\]", regex=True)
    assert name.groups == ("tester",)
    assert board.wait_for_line("m-ready").seconds > name.seconds
    assert [line.text for line in board.terminal().lines()] == ["m-ready", "m-name-dut-[tester]", "m-ready"]


def test_the_same_calls_are_bit_identical(image: Path) -> None:
    def dialogue() -> tuple[object, ...]:
        board = boot(image)
        board.run_for(0.002)
        board.write(b"infer 1 0%")
        found = board.wait_for_prompt("results")
        board.run_for(0.01)
        return found, board.cycles, board.uptime_seconds, board.terminal().transcript

    assert dialogue() == dialogue()


def test_stopping_in_between_changes_nothing(image: Path) -> None:
    whole, parts = boot(image), boot(image)
    whole.run_for(0.02)
    for _ in range(20):
        parts.run_for(0.001)
    for board in (whole, parts):
        board.write(b"name%")
        board.wait_for_line("tester")
    assert parts.terminal().transcript == whole.terminal().transcript
    assert parts.uptime_seconds == pytest.approx(whole.uptime_seconds, abs=2e-6)


def test_a_wait_ends_when_its_virtual_time_is_over(image: Path) -> None:
    board = boot(image)
    board.wait_for_line("m-ready")
    start = board.uptime_seconds
    with pytest.raises(CheckFailedError) as missed:
        board.wait_for_line("never", timeout_seconds=0.05)
    assert board.uptime_seconds - start == pytest.approx(0.05, abs=1e-6)
    assert missed.value.message == (
        "lpuart1 did not send a line with 'never' within 0.05 s of virtual time: "
        "the last it sent is 'm-ready'"
    )


def test_what_has_come_already_takes_no_time(image: Path) -> None:
    board = boot(image)
    board.run_for(0.01)
    cycles = board.cycles
    assert board.wait_for_line("m-ready", timeout_seconds=0).seconds < 0.01
    assert board.cycles == cycles
    with pytest.raises(CheckFailedError, match="within 0 s"):
        board.wait_for_line("m-ready", timeout_seconds=0)


def test_a_prompt_needs_no_end_of_line_and_a_line_does(image: Path) -> None:
    board = boot(image)
    prompt = board.wait_for_prompt("m-rea")
    assert prompt.text == "m-rea"
    with pytest.raises(CheckFailedError):
        board.wait_for_line("m-", timeout_seconds=0.01)
    assert [line.text for line in board.terminal().lines()] == ["m-rea", "dy"]


def test_bytes_are_cut_out_of_the_stream(image: Path) -> None:
    board = boot(image)
    board.write(b"infer 1 0%")
    assert board.wait_for_bytes(rb"-\[([0-9.]+),", regex=True).groups == ("0.25",)
    assert board.wait_for_bytes(b"]\r\n").data == b"]\r\n"
    with pytest.raises(CheckFailedError, match="did not send the bytes 30 2e 37"):
        board.wait_for_bytes(b"0.7", timeout_seconds=0.001)  # was skipped
    with pytest.raises(CheckFailedError):
        board.wait_for(BytesWait(b"ready", at_start=True), 0.01)
    board.wait_for(BytesWait(b"m-ready", at_start=True), 0)


def test_lines_in_a_row_have_to_follow_each_other(image: Path) -> None:
    board = boot(image)
    board.write(b"infer 1 0%")
    board.wait_for(LinesWait(("m-ready", "m-lap", "m-lap")), 0.1)
    board.write(b"infer 1 0%")
    with pytest.raises(CheckFailedError, match="did not send 2 lines in a row, from 'm-lap'"):
        board.wait_for(LinesWait(("m-lap", "m-ready")), 0.1)
    board.wait_for(LinesWait(("m-res.*", "m-ready"), regex=True, next_only=True), 0.1)
    board.write(b"name%")
    prompt = LinesWait(("m-name", "m-re"), unfinished=True)
    assert board.wait_for(prompt, 0.1).data == b"m-re"


def test_only_the_next_line_may_be_demanded(image: Path) -> None:
    board = boot(image)
    board.write(b"name%")
    with pytest.raises(CheckFailedError, match="'m-name' next"):
        board.wait_for(LineWait("m-name", next_only=True), 0.1)
    assert board.wait_for_next_line().text == "m-ready"
    board.wait_for(LineWait("m-name", next_only=True), 0.1)


def test_silence_can_be_demanded(image: Path) -> None:
    board = boot(image)
    assert not board.is_idle(1.0)
    board.run_for(0.01)
    start = board.uptime_seconds
    assert board.is_idle(0.25)
    assert board.uptime_seconds - start == pytest.approx(0.25, abs=1e-6)
    board.expect_nothing(LineWait("m-name"), 0.01)
    board.write(b"name%")
    with pytest.raises(CheckFailedError, match=r"lpuart1 sent a line with 'm-name', which it should not"):
        board.expect_nothing(LineWait("m-name"), 0.01)


def test_a_core_that_sleeps_forever_fails_the_wait_and_time_passes() -> None:
    board = boot_code(SLEEP_FOREVER)
    with pytest.raises(CheckFailedError) as missed:
        board.wait_for_line("x", timeout_seconds=3600)
    assert missed.value.hint == "the core sleeps, and nothing can wake it up"
    assert "it sent nothing at all" in missed.value.message
    assert board.uptime_seconds == 3600


def test_a_core_that_sleeps_does_not_wake_up_when_a_call_ends() -> None:
    board = boot_code(WRITE_AND_SLEEP)
    for _ in range(3):
        board.run_for(0.1)
    assert board.read_memory(0x2000_0000, 4) == bytes(4)


def test_virtual_time_follows_the_clock_that_the_firmware_sets() -> None:
    board = boot_code(DOUBLE_THE_CLOCK_AND_SPIN)
    board.run_for(0.001)
    assert board.cycles == pytest.approx(0.001 * CORE_HZ, abs=5)
    board.run_for(0.999)
    assert board.core_hz == 2 * CORE_HZ
    assert board.uptime_seconds == pytest.approx(1.0, abs=1e-6)
    # n cycles at 4 MHz and all others at 8 MHz make a second when n = 8e6 - cycles.
    assert 20_000 < 2 * CORE_HZ - board.cycles < 50_000


def test_the_host_has_patience_for_one_call_only(image: Path) -> None:
    board = boot(image, wall_timeout_seconds=0.05)
    with pytest.raises(SimulationError, match=r"did not come to 1000 s of virtual time within 0.05 s"):
        board.run_for(1000)
    board.write(b"name%")


def test_a_fault_is_told_by_every_call_until_reset() -> None:
    board = boot_code("ldr r0, =0x90000000\n ldr r1, [r0]\n b .")
    for _ in range(2):
        with pytest.raises(SimulationError, match="BusFault"):
            board.run_for(0.1)
    board.reset()
    assert board.cycles == 0


def test_semihosting_is_a_port_to_listen_to() -> None:
    # SYS_WRITE0 of two lines and a half at once
    board = boot_code(
        'movs r0, #4\n adr r1, text\n bkpt 0xAB\n b .\n .balign 4\n text: .asciz "one\\ntwo\\nthr"'
    )
    first = board.wait_for_line("one", 0.1, uart="semihosting")
    assert board.wait_for_next_line(0, uart="semihosting").seconds == first.seconds
    assert board.wait_for_prompt("thr", 0, uart="semihosting").text == "thr"
    with pytest.raises(UsageError, match="no serial port 'semihosting'"):
        board.write(b"x", uart="semihosting")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("movs r0, #0x18\n ldr r1, =0x20026\n bkpt 0xAB\n b .", "ended itself with exit code 0"),
        ("ldr r0, =0xE000ED0C\n ldr r1, =0x05FA0004\n str r1, [r0]\n b .", "asked for a reset after"),
    ],
)
def test_firmware_that_ends_itself_does_not_run_on(code: str, message: str) -> None:
    board = boot_code(code)
    for _ in range(2):
        with pytest.raises(SimulationError, match=message):
            board.run_for(0.1)
    assert board.uptime_seconds < 0.1


def test_reset_begins_anew(image: Path) -> None:
    board = boot(image)
    first = board.wait_for_line("m-ready")
    board.write_memory(STACK, b"kept?")
    board.reset()
    assert board.uptime_seconds == 0
    assert board.terminal().transcript == ""
    assert board.read_memory(STACK, 5) == bytes(5)
    assert board.wait_for_line("m-ready") == first


def test_memory_and_functions_are_found(image: Path) -> None:
    board = boot(image)
    assert board.read_memory(FLASH, 4) == STACK.to_bytes(4, "little")
    assert FLASH < board.address_of("work") < FLASH + 0x1000
    with pytest.raises(UsageError, match="no memory of 4 bytes at 0x70000000"):
        board.read_memory(0x7000_0000, 4)
    with pytest.raises(UsageError, match="no function 'wrok'"):
        board.address_of("wrok")


def test_every_byte_can_be_watched_as_it_comes(image: Path) -> None:
    heard: list[tuple[str, bytes]] = []
    board = boot(image, on_sent=lambda uart, data: heard.append((uart, data)))
    board.wait_for_line("m-ready")
    assert {uart for uart, _ in heard} == {"lpuart1"}
    assert [data for _, data in heard] == [bytes([byte]) for byte in b"m-ready\r\n"]


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf"), 1e9])
def test_a_duration_that_makes_no_sense_is_refused(image: Path, seconds: float) -> None:
    with pytest.raises(UsageError, match="is no duration"):
        boot(image).run_for(seconds)


def test_a_pattern_that_is_none_is_refused(image: Path) -> None:
    for wait in (lambda: LineWait("(", regex=True), lambda: BytesWait(b"(", regex=True)):
        with pytest.raises(UsageError, match=r"'\(' is no regular expression"):
            wait()


def test_a_clock_that_stands_still_is_none() -> None:
    clock = VirtualClock(8e6)
    assert not clock.change(100, 0.0)
    assert clock.change(8_000_000, 8e6 / 3)
    assert clock.seconds_at(16_000_000) == 4
    assert clock.cycles_at(exact_seconds(1.3)) == 8_000_000 + 800_000
