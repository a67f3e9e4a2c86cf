"""Robot Framework suites: those of this repository, and how failures read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from robot.api import ExecutionResult, ResultVisitor

from robot import result as robot_result
from tests.support.models import mltk_models
from tests.support.service import running_server

ROOT = Path(__file__).resolve().parents[2]
SHELL = ROOT / "firmware/shell/shell.elf"


class Outcome(ResultVisitor):
    """Tests of a run by name, and the HTML that each inference has left in the log."""

    def __init__(self) -> None:
        self.tests: dict[str, robot_result.TestCase] = {}
        self.inferences: list[str] = []

    def visit_test(self, test: robot_result.TestCase) -> None:
        self.tests[test.name] = test
        super().visit_test(test)

    def start_keyword(self, keyword: robot_result.Keyword) -> None:
        if keyword.name == "Run Inference" and keyword.passed:
            self.inferences.append("".join(message.message for message in keyword.messages if message.html))


def run_suites(suites: Path, output_dir: Path) -> Outcome:
    """Run suites as a user does, and return what happened."""
    subprocess.run(
        [sys.executable, "-m", "robot", "--outputdir", str(output_dir), str(suites)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    outcome = Outcome()
    ExecutionResult(output_dir / "output.xml").visit(outcome)
    return outcome


def messages_of(tmp_path: Path, tests: str, settings: str = "Library    sim.robot") -> dict[str, str]:
    """Run a suite of failing tests and return their messages by name."""
    suite = tmp_path / "failing.robot"
    suite.write_text(f"*** Settings ***\n{settings}\n\n*** Test Cases ***\n{tests}", encoding="utf-8")
    outcome = run_suites(suite, tmp_path / "out")
    assert [test.status for test in outcome.tests.values()] == ["FAIL"] * len(outcome.tests)
    return {name: test.message for name, test in outcome.tests.items()}


@pytest.fixture(scope="module")
def repository_suites(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run_suites(ROOT / "robot", tmp_path_factory.mktemp("robot"))


def test_the_suites_of_the_repository_pass(repository_suites: Outcome) -> None:
    allowed = {"PASS"} if mltk_models() else {"PASS", "SKIP"}
    tests = repository_suites.tests
    assert len(tests) >= 11
    assert {name: test.message for name, test in tests.items() if test.status not in allowed} == {}


def test_the_log_shows_operators_and_a_chart_for_every_inference(repository_suites: Outcome) -> None:
    assert len(repository_suites.inferences) >= 20
    for html in repository_suites.inferences:
        assert "<svg" in html
        assert "CONV_2D</td>" in html


def test_the_examples_of_the_documentation_pass(tmp_path: Path) -> None:
    page = (ROOT / "docs/robot.md").read_text(encoding="utf-8")
    examples = [part.partition("```")[0] for part in page.split("```robotframework\n")[1:]]
    (tmp_path / "suites").mkdir()
    for number, example in enumerate(examples):
        (tmp_path / f"suites/example{number}.robot").write_text(example, encoding="utf-8")
    outcome = run_suites(tmp_path / "suites", tmp_path / "out")
    assert {name: test.message for name, test in outcome.tests.items()} == {
        "The Digit Is Read In Time": "",
        "The Shell Answers In Time": "",
    }


def test_failed_checks_read_like_sentences(tmp_path: Path) -> None:
    run = "    Create Board    stm32f746\n    Run Inference\n    {}\n    [Teardown]    Close All Boards\n"
    checks = {
        "Label": "Predicted Label Should Be    3",
        "Cycles": "Cycle Count Should Be Below    1000",
        "Latency": "Latency Should Be Below    1 us",
        "Energy": "Energy Should Be Below    1 uJ",
        "Arena": "Arena Use Should Be Below    1 KiB",
        "Operator": "Operator Cycles Should Be Below    SOFTMAX    10",
        "Output": "Inference Output Should Match    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
    }
    messages = messages_of(
        tmp_path, "".join(f"{name}\n{run.format(check)}" for name, check in checks.items())
    )
    assert messages["Label"].startswith("the model predicts '7' (value 0.99")
    assert messages["Cycles"].startswith("the cycle count of ")
    assert "on stm32f746 is not below 1,000 cycles; it goes mostly to #" in messages["Cycles"]
    assert "is not below 1 µs; it goes mostly to #" in messages["Latency"]
    assert "is not below 1 µJ; it goes mostly to #" in messages["Energy"]
    assert messages["Arena"].endswith(" bytes on stm32f746 is not below 1,024 bytes")
    assert messages["Operator"].startswith("operator #8 SOFTMAX takes ")
    assert messages["Output"].startswith(
        "output 0 on stm32f746 differs from what is expected in 2 of 10 values: "
    )


def test_mistakes_are_answered_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "nonsense.elf").write_bytes(b"\x7fELF nonsense")
    messages = messages_of(
        tmp_path,
        """
No Board
    Run Inference

Typing Error
    Create Board    stm32f74

No Result
    Create Board    stm32f746    name=idle
    Cycle Count Should Be Below    1M

Old Result
    Create Board    stm32f746    name=stale
    Run Inference
    Set Input    random:1
    Cycle Count Should Be Below    1

Same Name
    Create Board    stm32f746    name=twice
    Create Board    stm32l4r5    name=twice

Not Firmware
    Create Board    stm32f746    name=firmware
    Load Firmware    ${CURDIR}/nonsense.elf

No Firmware
    Create Board    stm32l4r5    name=empty
    Create Terminal Tester    lpuart1
    Wait For Line On Uart    hello

No Port
    Create Board    stm32l4r5    name=ports
    Create Terminal Tester    sysbus.uart9

Unknown Command
    Execute Command    sysbus LoadElf @x.elf

Silence
    Create Board    stm32l4r5    name=silent
    Load Firmware    ${SHELL}
    ${port} =    Create Terminal Tester    lpuart1
    Wait For Line On Uart    PASS    timeout=0.25    testerId=${port}

Not A Model
    Create Board    stm32f746    name=model
    Load Model    ${CURDIR}/nonsense.elf

Wrong Unit
    Create Board    stm32f746    name=unit
    Latency Should Be Below    30 mJ
""".replace("${SHELL}", str(SHELL)),
    )
    no_result = "no inference has run on board {!r} since it was set up\nHint: use `Run Inference` first"
    assert messages == {
        "No Board": "there is no board yet\nHint: use `Create Board` first",
        "Typing Error": messages["Typing Error"],
        "No Result": no_result.format("idle"),
        "Old Result": no_result.format("stale"),
        "Same Name": "there is a board 'twice' already\n"
        "Hint: give another name=, or use `Close All Boards` first",
        "Not Firmware": messages["Not Firmware"],
        "Not A Model": messages["Not A Model"],
        "No Firmware": "the board stm32l4r5 has no firmware\n"
        "Hint: use `Load Firmware`, or the command sysbus LoadELF",
        "No Port": messages["No Port"],
        "Unknown Command": messages["Unknown Command"],
        "Silence": "lpuart1 did not send a line with 'PASS' within 0.25 s of virtual time: "
        "the last it sent is 'shell ready / > '\nHint: the core sleeps, and nothing can wake it up",
        "Wrong Unit": "ValueError: Argument 'limit' got value '30 mJ' that cannot be converted to Duration: "
        "'30 mJ' is not a duration; write it like 10s or 500ms",
    }
    assert messages["Typing Error"].startswith("unknown platform 'stm32f74'\nHint: did you mean 'stm32f746'?")
    assert "is not TensorFlow Lite" in messages["Not A Model"]
    assert messages["Not Firmware"].startswith("nonsense.elf ")
    assert messages["No Port"].startswith(
        "stm32l4r5 has no serial port 'sysbus.uart9'\nHint: it has lpuart1, usart3"
    )
    assert messages["Unknown Command"].startswith(
        "the monitor command 'sysbus LoadElf' is not supported\nHint: did you mean 'sysbus LoadELF'? "
    )


@pytest.fixture(scope="module")
def server_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("data"), workers=1) as server:
        yield server.address


def test_a_suite_runs_the_same_on_a_server(tmp_path: Path, server_address: str) -> None:
    suite = tmp_path / "server.robot"
    suite.write_text(
        f"""
*** Settings ***
Library    sim.robot    AS    Here
Library    sim.robot    server={server_address}    AS    There

*** Test Cases ***
Same Result
    Here.Create Board    stm32f746
    ${{here}} =    Here.Run Inference
    There.Create Board    stm32f746
    ${{there}} =    There.Run Inference
    There.Predicted Label Should Be    7
    Should Be Equal    ${{there.outputs}}    ${{here.outputs}}
    Should Be Equal    ${{there.operators}}    ${{here.operators}}
    There.Set Input    random:1
    There.Run Inference
    There.Output Should Match Reference
    There.Close All Boards

Same Failure
    Run Keyword And Expect Error    *stm32f74*    There.Create Board    stm32f74

Same Dialogue
    ${{here}} =    Dialogue    Here
    ${{there}} =    Dialogue    There
    Should Be Equal    ${{there}}    ${{here}}

Same Cost Of Firmware
    ${{here}} =    Cost    Here
    ${{there}} =    Cost    There
    Should Be Equal    ${{there.cycles}}    ${{here.cycles}}
    There.Cycle Count Should Be Below    10k

Same Refusal
    There.Create Board    stm32l4r5    name=refused
    There.Load Firmware    {SHELL}
    ${{tester}} =    There.Create Terminal Tester    lpuart1    machine=refused
    There.Wait For Prompt On Uart    >    testerId=${{tester}}
    There.Register Failing Uart String    ERR.R    treatAsRegex=true    testerId=${{tester}}
    There.Write To Uart    nonsense\\r    testerId=${{tester}}
    Run Keyword And Expect Error    lpuart1 sent a line that must not come: 'ERROR: unknown command'*
    ...    There.Wait For Line On Uart    shell    testerId=${{tester}}
    There.Write To Uart    version\\r    testerId=${{tester}}
    There.Wait For Line On Uart    shell 1    testerId=${{tester}}
    [Teardown]    There.Close All Boards

*** Keywords ***
Dialogue
    [Arguments]    ${{where}}
    Run Keyword    ${{where}}.Create Board    stm32l4r5    name=shell
    Run Keyword    ${{where}}.Load Firmware    {SHELL}
    Run Keyword    ${{where}}.Create Terminal Tester    lpuart1    timeout=0.1
    Run Keyword    ${{where}}.Wait For Prompt On Uart    >
    Run Keyword    ${{where}}.Write Line To Uart    version
    ${{version}} =    Run Keyword    ${{where}}.Wait For Line On Uart    shell (.*)    treatAsRegex=true
    Run Keyword    ${{where}}.Write To Uart    sleep\\r
    ${{echo}} =    Run Keyword    ${{where}}.Wait For Next Line On Uart
    ${{night}} =    Run Keyword    ${{where}}.Wait For Line On Uart    good night
    Run Keyword    ${{where}}.Test If Uart Is Idle    2
    Run Keyword And Expect Error    *did not send a line with 'morning'*
    ...    ${{where}}.Wait For Line On Uart    morning
    RETURN    ${{version}}    ${{echo}}    ${{night}}

Cost
    [Arguments]    ${{where}}
    ${{result}} =    Run Keyword    ${{where}}.Run Firmware    until_function=work_done    uart_input=work\\r
    ...    profile_from=work    profile_to=work_done
    RETURN    ${{result}}
""",
        encoding="utf-8",
    )
    outcome = run_suites(suite, tmp_path / "out")
    assert {name: test.message for name, test in outcome.tests.items()} == {
        "Same Result": "",
        "Same Failure": "",
        "Same Dialogue": "",
        "Same Cost Of Firmware": "",
        "Same Refusal": "",
    }


def test_a_suite_with_the_setup_of_renode_runs_when_its_resource_is_changed(tmp_path: Path) -> None:
    suite = tmp_path / "renode.robot"
    suite.write_text(
        f"""
*** Settings ***
Suite Setup       Setup
Suite Teardown    Teardown
Test Setup        Reset Emulation
Test Teardown     Test Teardown
Resource          sim/robot/renode.resource

*** Test Cases ***
Should Boot
    @{{load}} =    Create List    sysbus LoadELF    @{SHELL}
    Execute Command    mach create "shell"
    Execute Command    machine LoadPlatformDescription @platforms/cpus/stm32l4r5.repl    shell
    Execute Command    ${{load}}    machine=shell
    Create Terminal Tester    sysbus.lpuart1    machine=shell
    Start Emulation
    Wait For Line On Uart    shell ready
""",
        encoding="utf-8",
    )
    outcome = run_suites(suite, tmp_path / "out")
    assert {name: test.message for name, test in outcome.tests.items()} == {"Should Boot": ""}


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/nobody"
    messages = messages_of(
        tmp_path, "Nobody\n    Create Board    stm32f746\n", f"Library    sim.robot    server={address}"
    )
    assert address in messages["Nobody"]
