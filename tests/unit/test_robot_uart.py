"""Renode's keywords on serial ports: what they find, when they fail, and what they say then."""

from __future__ import annotations

from pathlib import Path

import pytest
from robot.api import logger

from sim.robot import BoardLibrary
from sim.robot.keyword import KeywordError

SHELL = Path(__file__).resolve().parents[2] / "firmware/shell/shell.elf"


@pytest.fixture
def shell() -> BoardLibrary:
    """A library whose current board has the shell, and one tester on its console."""
    library = BoardLibrary()
    library.create_board("stm32l4r5")
    library.load_firmware(SHELL)
    library.create_terminal_tester("sysbus.LPUART1", timeout=0.1)
    return library


def test_results_have_the_fields_of_renode(shell: BoardLibrary) -> None:
    ready = shell.wait_for_line_on_uart("(sh)ell (ready)", treatAsRegex=True)
    assert (ready.Line, ready.Groups) == ("shell ready", ("sh", "ready"))
    assert 0 < ready.Timestamp < 10
    assert shell.wait_for_prompt_on_uart("> ").Timestamp > ready.Timestamp


def test_a_line_that_is_written_comes_back_unless_told_otherwise(shell: BoardLibrary) -> None:
    shell.wait_for_prompt_on_uart("> ")
    shell.write_line_to_uart("version")
    shell.wait_for_next_line_on_uart()
    assert shell.wait_for_next_line_on_uart().Line == "shell 1.0"
    shell.write_line_to_uart("sleep")
    shell.wait_for_line_on_uart("good night")
    shell.write_line_to_uart("anybody there?", waitForEcho=False)
    with pytest.raises(KeywordError, match=r"did not send a line with 'really\?'"):
        shell.write_line_to_uart("really?")


def test_the_default_of_the_echo_is_set_with_a_tester(shell: BoardLibrary) -> None:
    shell.create_terminal_tester("usart3", defaultWaitForEcho=False)
    shell.write_line_to_uart("version", testerId=1)  # nothing listens there


def test_a_line_that_must_not_come_ends_a_wait_at_once(shell: BoardLibrary) -> None:
    shell.wait_for_prompt_on_uart("> ")
    shell.register_failing_uart_string("ERR.R", treatAsRegex=True)
    shell.write_to_uart("nonsense\r")
    with pytest.raises(KeywordError, match="must not come: 'ERROR: unknown command'"):
        shell.wait_for_line_on_uart("version")
    shell.unregister_failing_uart_string("ERR.R", treatAsRegex=True)
    shell.write_to_uart("nonsense\r")
    shell.wait_for_line_on_uart("unknown")
    with pytest.raises(KeywordError, match="was not registered"):
        shell.unregister_failing_uart_string("ERR.R")


def test_lines_in_a_row_and_the_next_line_can_be_demanded(shell: BoardLibrary) -> None:
    shell.write_to_uart("version\r")
    assert shell.wait_for_lines_on_uart(["> version", "shell 1"]).Line == "shell 1.0"
    shell.write_to_uart("version\r")
    with pytest.raises(KeywordError, match="'shell' next"):
        shell.wait_for_line_on_uart("shell", matchNextLine=True)
    with pytest.raises(KeywordError, match="no lines to wait for"):
        shell.wait_for_lines_on_uart([])


def test_keys_and_characters_are_sent_one_by_one(shell: BoardLibrary) -> None:
    shell.wait_for_prompt_on_uart("> ")
    shell.write_char_on_uart("x")
    shell.send_key_to_uart(0x79)
    shell.wait_for_prompt_on_uart("xy")
    with pytest.raises(KeywordError, match="'xy' is not one character"):
        shell.write_char_on_uart("xy")
    with pytest.raises(KeywordError, match="256 is no byte"):
        shell.send_key_to_uart(256)


def test_silence_is_tested_in_virtual_time(shell: BoardLibrary) -> None:
    shell.wait_for_prompt_on_uart("> ")
    shell.test_if_uart_is_idle(60)
    shell.should_not_be_on_uart("shell", timeout=1)
    shell.write_to_uart("version\r")
    with pytest.raises(KeywordError, match=r"sent a line with 'shell', which it should not: 'shell 1\.0'"):
        shell.should_not_be_on_uart("shell", timeout=1)
    with pytest.raises(KeywordError, match="lpuart1 is not idle for 1 s"):
        shell.test_if_uart_is_idle(1)


def test_with_two_testers_one_has_to_be_meant(shell: BoardLibrary) -> None:
    assert shell.create_terminal_tester("usart3") == 1
    assert shell.create_terminal_tester("lpuart1") == 0
    with pytest.raises(KeywordError, match="there are 2 terminal testers"):
        shell.wait_for_prompt_on_uart(">")
    shell.set_default_tester(0)
    shell.wait_for_prompt_on_uart(">")
    shell.set_default_tester(None)
    with pytest.raises(KeywordError, match="there is no terminal tester 2"):
        shell.wait_for_prompt_on_uart(">", testerId=2)


def test_a_tester_hears_what_comes_after_it_was_created(shell: BoardLibrary) -> None:
    shell.execute_command('emulation RunFor "0.05"')
    shell.reset_emulation()
    shell.create_board("stm32l4r5")
    shell.load_firmware(SHELL)
    shell.execute_command('emulation RunFor "0.05"')
    shell.create_terminal_tester("lpuart1", timeout=0.1)
    with pytest.raises(KeywordError, match="did not send a line with 'ready'"):
        shell.wait_for_line_on_uart("ready")


def test_bytes_need_a_tester_for_them(shell: BoardLibrary) -> None:
    with pytest.raises(KeywordError, match="waits for lines, not bytes"):
        shell.wait_for_bytes_on_uart("3E")
    shell.reset_emulation()
    shell.create_board("stm32l4r5")
    shell.load_firmware(SHELL)
    shell.create_terminal_tester("lpuart1", binaryMode=True)
    found = shell.wait_for_bytes_on_uart("3E 20")
    assert found.Content == b"> "
    with pytest.raises(KeywordError, match="'3' is not bytes in hexadecimal"):
        shell.wait_for_bytes_on_uart("3")


def test_lines_can_end_at_carriage_returns() -> None:
    library = BoardLibrary()
    library.create_board("stm32l4r5")
    library.load_firmware(SHELL)
    library.create_terminal_tester("lpuart1", endLineOption="TreatCarriageReturnAsEndLine")
    assert library.wait_for_next_line_on_uart().Line == "shell ready"
    assert library.wait_for_prompt_on_uart("> ").Line == "\n> "


def test_the_report_has_every_line_with_its_time(shell: BoardLibrary) -> None:
    ready = shell.wait_for_line_on_uart("ready")
    shell.wait_for_prompt_on_uart("> ")
    first, second = shell.get_terminal_tester_report().splitlines()
    assert first == f"[{ready.Timestamp:12.6f} ms] shell ready"
    assert second.endswith(" ms] > ")
    shell.write_to_uart("version\r")
    shell.execute_command('emulation RunFor "0.05"')
    shell.clear_terminal_tester_report()
    with pytest.raises(KeywordError):
        shell.wait_for_line_on_uart("shell 1.0")


def test_channels_of_the_core_are_listened_to_like_ports(shell: BoardLibrary) -> None:
    shell.create_terminal_tester("itm")
    shell.test_if_uart_is_idle(0.1, testerId=1)


def test_a_state_comes_back_to_the_bit(shell: BoardLibrary) -> None:
    shell.wait_for_prompt_on_uart("> ")
    with pytest.raises(KeywordError):
        shell.wait_for_line_on_uart("never")
    shell.provides("booted")
    shell.write_line_to_uart("version")
    expected = shell.wait_for_line_on_uart("shell 1.0")
    shell.requires("booted")
    shell.write_line_to_uart("version")
    assert shell.wait_for_line_on_uart("shell 1.0") == expected
    with pytest.raises(KeywordError, match="there is no state 'bootet'; there are: booted"):
        shell.requires("bootet")


def test_a_board_with_firmware_takes_no_model(shell: BoardLibrary) -> None:
    with pytest.raises(KeywordError, match="runs firmware of its own, which takes no model"):
        shell.run_inference()


def test_firmware_has_figures_that_checks_look_at(shell: BoardLibrary) -> None:
    result = shell.run_firmware(
        until_function="work_done", uart_input="work\r", profile_from="work", profile_to="work_done"
    )
    assert result.instructions == pytest.approx(3000, abs=20)
    shell.cycle_count_should_be_below(result.cycles + 1)  # type: ignore[operator, arg-type]
    with pytest.raises(KeywordError, match="is not below 100 cycles"):
        shell.cycle_count_should_be_below(100)  # type: ignore[arg-type]


def test_a_run_that_stops_early_leaves_its_transcript_in_the_log(
    shell: BoardLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(logger, "info", lambda text, **_: logged.append(text))
    with pytest.raises(KeywordError, match=r"stopped early \(idle\)"):
        shell.run_firmware(until="never")
    assert "shell.elf" in logged[0]
    assert logged[1] == "console:\nshell ready\r\n> "


def test_a_wait_that_is_missed_leaves_the_transcript_in_the_log(
    shell: BoardLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(logger, "info", logged.append)
    with pytest.raises(KeywordError):
        shell.wait_for_line_on_uart("never")
    heading, first, second = logged[0].splitlines()
    assert heading == "lpuart1 since reset:"
    assert first.endswith(" ms] shell ready")
    assert second == "[     unfinished] > "
