"""The result document: what a run hands to every front end."""

from __future__ import annotations

from sim.result.codec import ResultFormatError
from sim.result.document import SCHEMA, SCHEMA_VERSION, Result, StopReason
from sim.result.issues import Issue, Severity, Validity, make_issue, validation_issues, validity_of
from sim.result.parts import (
    Battery,
    Channel,
    EngineInfo,
    Function,
    Host,
    Inference,
    Input,
    InputSource,
    Limits,
    Memory,
    Operator,
    Output,
    PlatformInfo,
    Provenance,
    Runtime,
    Validation,
    Verification,
)
from sim.result.tensors import grey_preview, output_from_raw, with_labels

__all__ = [
    "SCHEMA",
    "SCHEMA_VERSION",
    "Battery",
    "Channel",
    "EngineInfo",
    "Function",
    "Host",
    "Inference",
    "Input",
    "InputSource",
    "Issue",
    "Limits",
    "Memory",
    "Operator",
    "Output",
    "PlatformInfo",
    "Provenance",
    "Result",
    "ResultFormatError",
    "Runtime",
    "Severity",
    "StopReason",
    "Validation",
    "Validity",
    "Verification",
    "grey_preview",
    "make_issue",
    "output_from_raw",
    "validation_issues",
    "validity_of",
    "with_labels",
]
