"""What the model answered, as text."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.report.style import Style
from sim.report.table import Column, render_table
from sim.report.units import UNKNOWN, count, percent, shape, shorten, si
from sim.result import Output, Result

_MAX_ROWS = 20
_TABLE_ANSWER_WIDTH = 40
_PROBABILITY_TOLERANCE = 0.05


def answer_entries(result: Result, width: int) -> Iterator[tuple[str, str]]:
    """Yield a label and a text for each output, the text not wider than ``width`` columns."""
    for output in result.outputs:
        label = "prediction" if _is_prediction(output) else "output"
        yield label if len(result.outputs) == 1 else f"{label} {output.index}", _answer_text(output, width)


def inference_lines(result: Result, *, width: int, style: Style) -> list[str]:
    """Return a table of the inferences, or nothing when there was only one."""
    inferences = result.inferences
    if len(inferences) < 2:
        return []
    shown = inferences[:_MAX_ROWS]
    rows = [
        [
            str(inference.index),
            str(inference.input_index),
            _answer(inference.outputs),
            UNKNOWN if inference.latency_seconds is None else si(inference.latency_seconds, "s", 4),
            UNKNOWN if inference.energy_joules is None else si(inference.energy_joules, "J"),
        ]
        for inference in shown
    ]
    columns = [
        Column("#", right=True, styles=("dim",)),
        Column("input", right=True),
        Column("answer", min_width=10),
        Column("latency", right=True),
        Column("energy", right=True),
    ]
    lines = render_table(columns, rows, width=width, style=style)
    if len(inferences) > len(shown):
        lines.append(f"  … and {count(len(inferences) - len(shown), 'more inference')}")
    return lines


def _answer(outputs: tuple[Output, ...]) -> str:
    return "; ".join(_answer_text(output, _TABLE_ANSWER_WIDTH) for output in outputs)


def _is_prediction(output: Output) -> bool:
    """Tell whether the largest value names a class; that of an autoencoder, for one, does not."""
    return output.argmax is not None and (output.label is not None or _is_distribution(output.values))


def _answer_text(output: Output, width: int) -> str:
    if output.argmax is None:
        return _values(output, width)
    value = output.values[output.argmax]
    if _is_prediction(output):
        name = output.label if output.label is not None else str(output.argmax)
        score = percent(value) if _is_distribution(output.values) else f"{value:.4g}"
        return shorten(f"{name} ({score})", width)
    largest = f" (largest at {output.argmax}: {value:.4g})"
    return _values(output, width - len(largest)) + largest


def _is_distribution(values: tuple[float, ...]) -> bool:
    return min(values) >= 0 and math.isclose(sum(values), 1, abs_tol=_PROBABILITY_TOLERANCE)


def _values(output: Output, width: int) -> str:
    kind = f"{output.dtype} {shape(output.shape)}: "
    texts = [f"{value:.4g}" for value in output.values[: width // 2]]
    if len(texts) == len(output.values) and len(kind) + len(", ".join(texts)) <= width:
        return kind + ", ".join(texts)
    room = width - len(kind) - len(", …")
    shown = ""
    for text in texts:
        longer = f"{shown}, {text}" if shown else text
        if len(longer) > room:
            break
        shown = longer
    return f"{kind}{shown}, …"
