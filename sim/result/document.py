"""The result of a run: everything that Boardless can say about it, as one versioned document.

Field names carry their units. A value that is not known is ``None`` (``null`` in JSON), never 0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self

from sim.result.codec import Doc, Part, ResultFormatError, decode, dump, encode
from sim.result.issues import Issue, Validity
from sim.result.parts import (
    Battery,
    Channel,
    EngineInfo,
    Function,
    Host,
    Inference,
    Input,
    Limits,
    Memory,
    Operator,
    Output,
    PlatformInfo,
    Provenance,
    Verification,
)

SCHEMA = "boardless.result"
SCHEMA_VERSION = 1


class StopReason(StrEnum):
    """Why the simulation ended."""

    COMPLETED = "completed"
    CYCLE_LIMIT = "cycle_limit"
    WALL_LIMIT = "wall_limit"
    FAULT = "fault"
    IDLE = "idle"
    FIRMWARE_ERROR = "firmware_error"
    RESET = "reset"
    WATCHDOG = "watchdog"


@dataclass(frozen=True, kw_only=True)
class Result(Part):
    """One run of a model on a platform.

    The figures at the top level describe the first inference; ``inferences`` lists all of them. Everything
    except ``host`` is bit-identical from run to run and from machine to machine for the same command.
    """

    schema: Annotated[str, Doc("Kind of this document.")] = SCHEMA
    schema_version: Annotated[
        int, Doc("Version of the schema: raised when a field is removed or changes its meaning.")
    ] = SCHEMA_VERSION
    command: Annotated[
        tuple[str, ...] | None, Doc("Command line that asked for the run; null when it came from elsewhere.")
    ] = None
    platform: Annotated[PlatformInfo, Doc("The simulated board.")]
    engine: Annotated[EngineInfo, Doc("What executed the firmware.")]
    cycles: Annotated[
        int | None, Doc("Modelled core cycles of the first inference; null when it did not finish.", "cycles")
    ] = None
    instructions: Annotated[
        int | None, Doc("Instructions that the first inference executed.", "instructions")
    ] = None
    cpi: Annotated[float | None, Doc("Cycles per instruction.", "cycles/instruction")] = None
    latency_seconds: Annotated[float | None, Doc("Cycles divided by the core clock.", "s")] = None
    energy_joules: Annotated[
        float | None, Doc("Modelled energy of the board's MCU for the first inference.", "J")
    ] = None
    energy_uncertainty: Annotated[
        float | None, Doc("One standard deviation of energy_joules, as an absolute energy.", "J")
    ] = None
    power_watts: Annotated[float | None, Doc("Mean power during the first inference.", "W")] = None
    battery: Annotated[Battery | None, Doc("Battery life at a given rate of inferences, when asked for.")] = (
        None
    )
    inputs: Annotated[tuple[Input, ...], Doc("Input tensors of the first inference.")] = ()
    outputs: Annotated[tuple[Output, ...], Doc("Output tensors of the first inference.")] = ()
    inferences: Annotated[
        tuple[Inference, ...], Doc("Every inference of the run, in order: one per input and repetition.")
    ] = ()
    operators: Annotated[
        tuple[Operator, ...], Doc("The first inference operator by operator, in execution order.")
    ] = ()
    functions: Annotated[
        tuple[Function, ...],
        Doc("Functions of firmware of the user's own in the first inference or region, most cycles first."),
    ] = ()
    memory: Annotated[Memory, Doc("Memory use, and how the memory system behaved.")]
    instruction_mix: Annotated[
        dict[str, int] | None,
        Doc("Executed instructions of the first inference by class, as lower-case names.", "instructions"),
    ] = None
    uart: Annotated[str | None, Doc("Everything that the firmware sent over its console UART.")] = None
    channels: Annotated[
        tuple[Channel, ...], Doc("What the firmware sent by other ways than a UART, where it sent anything.")
    ] = ()
    log: Annotated[str | None, Doc("Messages of the runtime.")] = None
    stop_reason: Annotated[StopReason, Doc("Why the simulation ended.")]
    stop_detail: Annotated[str | None, Doc("One sentence more about it, such as the decoded fault.")] = None
    validity: Annotated[
        Validity,
        Doc("invalid when an issue is an error, degraded when one is a warning, valid otherwise."),
    ]
    issues: Annotated[
        tuple[Issue, ...], Doc("What a reader must know before trusting a number; codes are stable.")
    ] = ()
    verification: Annotated[
        Verification | None, Doc("Comparison with the reference interpreter, when asked for.")
    ] = None
    provenance: Annotated[Provenance, Doc("What the numbers were computed from.")]
    limits: Annotated[Limits, Doc("Limits of the run as they were resolved.")]
    host: Annotated[
        Host | None, Doc("The machine that ran the simulation; the one part that differs from run to run.")
    ] = None

    def to_dict(self) -> dict[str, Any]:
        """Return the document as plain dictionaries and lists."""
        document: dict[str, Any] = encode(self)
        return document

    def to_json(self) -> str:
        """Return the document as JSON text, ending in a line feed."""
        return dump(self.to_dict())

    @classmethod
    def from_dict(cls, document: Any) -> Self:
        """Build a result from a parsed document.

        Raises
        ------
        ResultFormatError
            It is no result, of a newer version, or one of its fields has the wrong type.
        """
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise ResultFormatError(
                "the document is not a Boardless result", f'its "schema" must be "{SCHEMA}"'
            )
        if document.get("schema_version") != SCHEMA_VERSION:
            raise ResultFormatError(
                f"the document has schema_version {document.get('schema_version')!r}, not {SCHEMA_VERSION}",
                "read it with the version of Boardless that wrote it",
            )
        return decode(cls, document)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Build a result from JSON text.

        Raises
        ------
        ResultFormatError
            The text is not JSON, or not a result.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ResultFormatError(f"the document is not JSON: {error}") from error
        return cls.from_dict(document)
