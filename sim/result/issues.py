"""Issues: what a reader of a result must know before trusting its numbers.

Codes are stable. ``docs/issue-codes.md`` is generated from :data:`REGISTRY`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from sim.result.codec import Doc, Part


class Severity(StrEnum):
    """How much an issue matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Validity(StrEnum):
    """Whether the numbers of a result can be used."""

    VALID = "valid"
    DEGRADED = "degraded"
    INVALID = "invalid"


@dataclass(frozen=True, kw_only=True)
class Issue(Part):
    """One thing to know about a result."""

    code: Annotated[str, Doc("Stable dotted code, listed in docs/issue-codes.md.")]
    severity: Annotated[Severity, Doc("info, warning (the result is degraded) or error (it is invalid).")]
    message: Annotated[str, Doc("What was found, in one sentence.")]
    hint: Annotated[str | None, Doc("What to do about it.")] = None


@dataclass(frozen=True, slots=True)
class IssueKind:
    """An entry of the registry."""

    severity: Severity
    meaning: str
    hint: str | None = None


REGISTRY: dict[str, IssueKind] = {
    "clock.overridden": IssueKind(
        Severity.INFO,
        "The core clock was set by the user; flash wait states follow it, the supply voltage does not.",
    ),
    "engine.defect": IssueKind(
        Severity.WARNING,
        "This version of the engine executes some instructions wrongly.",
        "use a newer version, or another engine",
    ),
    "energy.unknown": IssueKind(
        Severity.INFO,
        "Nothing is known about what this board consumes, so there are no energies.",
        "give the constants in a platform file that extends this one",
    ),
    "energy.unvalidated": IssueKind(
        Severity.INFO,
        "The energy constants were never compared with a measurement on this board.",
        "use energies to compare runs on one board, not as a measurement",
    ),
    "firmware.clock_beyond_limit": IssueKind(
        Severity.WARNING,
        "The firmware sets a core clock that the part does not allow: it may expect another crystal.",
        "check --platform: the image may be for another board with this part",
    ),
    "firmware.clock_differs": IssueKind(
        Severity.WARNING,
        "The firmware sets another core clock than the one that was asked for.",
    ),
    "firmware.compact_runner": IssueKind(
        Severity.INFO,
        "The runner with all operators leaves the model too little memory: one with fewer took its place, "
        "which is compiled for size.",
        "`sim inspect` says on which boards the model runs with the full runner",
    ),
    "firmware.custom_runner": IssueKind(
        Severity.INFO,
        "The image is not one of the bundled runners: its kernels and runtime are the user's own.",
    ),
    "firmware.engine_peripherals": IssueKind(
        Severity.INFO,
        "Peripherals and interrupts are the engine's own, and entering an exception takes no cycles.",
    ),
    "firmware.missing_hardware": IssueKind(
        Severity.WARNING,
        "The firmware uses hardware of the chip that is not simulated.",
        "build the firmware to do without it, or read its results with that in mind",
    ),
    "firmware.region_not_reached": IssueKind(
        Severity.WARNING,
        "The firmware never went from the one function to the other, so there are no figures.",
        "check --profile-from, --profile-to and where the run ends",
    ),
    "firmware.stack_overflow": IssueKind(
        Severity.WARNING,
        "The stack of the firmware has grown into the data below it.",
        "give the stack more room in the linker script",
    ),
    "firmware.too_few_wait_states": IssueKind(
        Severity.WARNING,
        "The firmware sets fewer flash wait states than the flash needs at its clock: a board may crash.",
        "set the wait states before the clock is raised",
    ),
    "firmware.unmodelled_register": IssueKind(
        Severity.INFO,
        "The firmware used registers that no model knows: writes were kept, and read back.",
        "look here first when the firmware waits for something forever",
    ),
    "firmware.waiting": IssueKind(
        Severity.INFO,
        "At the end of the run, the firmware was waiting for a bit of a register to change.",
        "what it waits to receive comes from --uart-in",
    ),
    "operators.incomplete": IssueKind(
        Severity.WARNING,
        "The operators' cycles do not add up to the inference within 5 %.",
    ),
    "run.cycle_limit": IssueKind(
        Severity.ERROR,
        "The run reached its cycle limit before the inferences were done.",
        "raise --timeout-cycles",
    ),
    "run.fault": IssueKind(
        Severity.ERROR,
        "The simulated core faulted and did not recover.",
    ),
    "run.firmware_error": IssueKind(
        Severity.ERROR,
        "The firmware reported an error instead of an answer.",
    ),
    "run.idle": IssueKind(
        Severity.ERROR,
        "The core sleeps or loops forever, and nothing is left that could interrupt it.",
        "check that the firmware enables the interrupt it waits for",
    ),
    "run.reset": IssueKind(
        Severity.ERROR,
        "The firmware asked for a reset of the board, where the run ends.",
    ),
    "run.wall_limit": IssueKind(
        Severity.ERROR,
        "The run reached its time limit on the host before the inferences were done.",
        "raise --wall-timeout",
    ),
    "run.watchdog": IssueKind(
        Severity.ERROR,
        "A watchdog that the firmware had started was not served in time.",
    ),
    "timing.estimated": IssueKind(
        Severity.WARNING,
        "Cycles are executed instructions times what is typical of the core; energies are unknown.",
        "install mono-mcs where Renode runs on Mono, or use --engine embedded",
    ),
    "timing.level_reduced": IssueKind(
        Severity.WARNING,
        "Wait states and caches were not modelled, so cycles are a lower bound.",
        "use --memory-model full",
    ),
    "timing.unvalidated": IssueKind(
        Severity.INFO,
        "The platform's cycle counts were never compared with hardware.",
        "expect errors of tens of percent",
    ),
    "verification.mismatch": IssueKind(
        Severity.ERROR,
        "The outputs differ from those of the reference interpreter.",
        "look at verification.first_diverging_operator",
    ),
}


def make_issue(code: str, message: str | None = None, hint: str | None = None) -> Issue:
    """Create an issue of a registered kind.

    Parameters
    ----------
    code
        A key of :data:`REGISTRY`.
    message, hint
        Text for this occurrence; the registry's own text by default.
    """
    kind = REGISTRY[code]
    return Issue(code=code, severity=kind.severity, message=message or kind.meaning, hint=hint or kind.hint)


def validation_issues(*, timing_is_validated: bool, energy_is_validated: bool | None) -> list[Issue]:
    """Return what to say about how far a platform's numbers were compared with hardware.

    Parameters
    ----------
    energy_is_validated
        None when nothing is known about the board's consumption.
    """
    issues = [] if timing_is_validated else [make_issue("timing.unvalidated")]
    if energy_is_validated is None:
        issues.append(make_issue("energy.unknown"))
    elif not energy_is_validated:
        issues.append(make_issue("energy.unvalidated"))
    return issues


def validity_of(issues: Iterable[Issue]) -> Validity:
    """Return the validity that follows from the worst of the issues."""
    severities = {issue.severity for issue in issues}
    if Severity.ERROR in severities:
        return Validity.INVALID
    return Validity.DEGRADED if Severity.WARNING in severities else Validity.VALID
