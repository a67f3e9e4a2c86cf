"""Issues and the validity that follows from them."""

from __future__ import annotations

import re

import pytest

from sim.result import Severity, Validity, make_issue, validity_of
from sim.result.document import StopReason
from sim.result.issues import REGISTRY


@pytest.mark.parametrize(
    ("codes", "validity"),
    [
        ([], Validity.VALID),
        (["timing.unvalidated"], Validity.VALID),
        (["timing.unvalidated", "timing.level_reduced"], Validity.DEGRADED),
        (["timing.level_reduced", "run.fault", "timing.unvalidated"], Validity.INVALID),
    ],
)
def test_the_worst_issue_decides_the_validity(codes: list[str], validity: Validity) -> None:
    assert validity_of(make_issue(code) for code in codes) is validity


def test_an_issue_takes_its_texts_from_the_registry_unless_told_otherwise() -> None:
    issue = make_issue("run.cycle_limit")
    assert (issue.severity, issue.hint) == (Severity.ERROR, "raise --timeout-cycles")
    assert issue.message == REGISTRY["run.cycle_limit"].meaning
    assert make_issue("run.cycle_limit", "Stopped.", "wait").message == "Stopped."


def test_an_unregistered_code_cannot_be_used() -> None:
    with pytest.raises(KeyError):
        make_issue("run.bored")


def test_codes_are_dotted_lower_case_words() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", code) for code in REGISTRY)


def test_every_stop_reason_but_completion_has_its_issue() -> None:
    reasons = set(StopReason) - {StopReason.COMPLETED}
    assert {code for code in REGISTRY if code.startswith("run.")} == {f"run.{reason}" for reason in reasons}
