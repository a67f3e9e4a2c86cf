"""The text report of one run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sim.report.entries import LABEL_WIDTH, entry_lines
from sim.report.functions import function_lines
from sim.report.operators import operator_lines
from sim.report.outputs import answer_entries, inference_lines
from sim.report.picture import render_picture
from sim.report.style import PLAIN, Style, printable, visible_width
from sim.report.units import frequency, long_duration, percent, si, si_with_uncertainty, size
from sim.result import Result, Severity, StopReason

_MIX_CLASSES = 5
_PICTURE_GAP = 6
_UART_LINES = 20
_SEVERITY_STYLES = {Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "red"}


def render_run(result: Result, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return the report of a run: summary, inferences when there are several, operators, and what to know.

    Parameters
    ----------
    result
        The run.
    width
        Columns of the terminal.
    style
        Colours, or none.
    """
    sections = [
        [_title(result, style)],
        _beside_picture(_summary(result, width, style), result, width, style),
        inference_lines(result, width=width, style=style),
        operator_lines(result, width=width, style=style),
        function_lines(result, width=width, style=style),
        _sent_lines("uart", result.uart, style),
        *(_sent_lines(channel.name, channel.text, style) for channel in result.channels),
        _issue_lines(result, width, style),
        [style(line, "dim") for line in textwrap.wrap(_origin(result), width)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _title(result: Result, style: Style) -> str:
    platform = result.platform
    title = f"{style(platform.name, 'bold')} · {platform.core} at {frequency(platform.clock_hz)}"
    if result.stop_reason is StopReason.COMPLETED:
        return title
    return f"{title} · {style(str(result.stop_reason).replace('_', ' '), 'red', 'bold')}"


def _summary(result: Result, width: int, style: Style) -> list[str]:
    entries = [
        *answer_entries(result, width - LABEL_WIDTH),
        *_cost_entries(result),
        *_memory_entries(result),
        *_trust_entries(result),
    ]
    return [line for label, text in entries for line in entry_lines(label, text, width, style)]


def _cost_entries(result: Result) -> Iterator[tuple[str, str]]:
    if result.latency_seconds is not None:
        yield "latency", f"{si(result.latency_seconds, 's')} at {frequency(result.platform.clock_hz)}"
    if result.cycles is not None:
        cpi = "" if result.cpi is None else f", {result.cpi:.2f} per instruction"
        yield "cycles", f"{result.cycles:,}{cpi}"
    if result.energy_joules is not None:
        if result.energy_uncertainty is None:
            energy = si(result.energy_joules, "J")
        else:
            energy = si_with_uncertainty(result.energy_joules, result.energy_uncertainty, "J")
        power = "" if result.power_watts is None else f", {si(result.power_watts, 'W')} on average"
        yield "energy", energy + power
    if result.battery is not None:
        battery = result.battery
        life = long_duration(battery.life_seconds)
        yield "battery", f"{life} on {battery.name}, one run per {battery.period_seconds:g} s"


def _mix(mix: dict[str, int], total: int) -> str:
    ranked = sorted(mix.items(), key=lambda entry: (-entry[1], entry[0]))
    shown = [(name.replace("_", " "), number) for name, number in ranked[:_MIX_CLASSES] if number]
    others = total - sum(number for _, number in shown)
    if others > 0:
        shown.append(("other", others))
    return ", ".join(f"{name} {100 * number / total:.0f} %" for name, number in shown)


def _memory_entries(result: Result) -> Iterator[tuple[str, str]]:
    memory = result.memory
    for label, used, total in (
        ("arena", memory.arena_used_bytes, memory.arena_size_bytes),
        ("flash", memory.flash_used_bytes, memory.flash_total_bytes),
        ("ram", memory.ram_used_bytes, memory.ram_total_bytes),
    ):
        if used is not None:
            yield (
                label,
                size(used) + ("" if total is None else f" of {size(total)} ({percent(used / total)})"),
            )
    if memory.stack_high_water_bytes is not None:
        yield "stack", f"{size(memory.stack_high_water_bytes)} at its deepest"
    waits = []
    if memory.stall_cycles is not None and result.cycles:
        waits.append(f"{percent(memory.stall_cycles / result.cycles)} of cycles")
    if memory.icache_hit_rate is not None:
        waits.append(f"instruction cache hits {percent(memory.icache_hit_rate)}")
    if memory.dcache_hit_rate is not None:
        waits.append(f"data {percent(memory.dcache_hit_rate)}")
    if waits:
        yield "memory waits", ", ".join(waits)
    if result.instruction_mix and result.instructions:
        yield "instructions", _mix(result.instruction_mix, result.instructions)


def _trust_entries(result: Result) -> Iterator[tuple[str, str]]:
    check = result.verification
    if check is not None and check.equal:
        yield "verified", f"equal to {check.reference}"
    elif check is not None:
        where = "" if check.first_diverging_name is None else f", first in {check.first_diverging_name}"
        yield "verified", f"DIFFERS from {check.reference}: {check.different_values:,} values{where}"
    yield "result", f"{result.validity}; timing {result.platform.validation.status}"


def _beside_picture(lines: list[str], result: Result, width: int, style: Style) -> list[str]:
    preview = next((tensor.preview for tensor in result.inputs if tensor.preview), None)
    if preview is None:
        return lines
    picture = render_picture(preview, style)
    left = max(map(visible_width, lines[: len(picture)])) + _PICTURE_GAP
    if left + visible_width(picture[0]) > width:
        return [*(f"  {row}" for row in picture), "", *lines]
    picture += [""] * (len(lines) - len(picture))
    lines = lines + [""] * (len(picture) - len(lines))
    return [
        f"{line}{' ' * (left - visible_width(line))}{row}".rstrip() if row else line
        for line, row in zip(lines, picture, strict=True)
    ]


def _sent_lines(name: str, text: str | None, style: Style) -> list[str]:
    """Return the last lines that the firmware sent on one way."""
    if not text:
        return []
    lines = text.replace("\r", "").rstrip("\n").split("\n")
    left_out = len(lines) - _UART_LINES
    head = name if left_out <= 0 else f"{name}, {left_out:,} earlier lines left out"
    return [style(head, "bold"), *(f"  {printable(line)}" for line in lines[-_UART_LINES:])]


def _issue_lines(result: Result, width: int, style: Style) -> list[str]:
    lines = []
    for issue in result.issues:
        text = issue.message if issue.hint is None else f"{issue.message.rstrip('.')} ({issue.hint})"
        wrapped = textwrap.wrap(printable(f"{issue.severity}: {text}"), width, subsequent_indent="  ")
        head, _, rest = wrapped[0].partition(":")
        lines += [f"{style(head, _SEVERITY_STYLES[issue.severity])}:{rest}", *wrapped[1:]]
    return lines


def _origin(result: Result) -> str:
    runtime = result.provenance.runtime
    parts = []
    if runtime is not None:
        parts.append(runtime.name if runtime.date is None else f"{runtime.name} of {runtime.date}")
    if result.provenance.kernels is not None:
        parts.append(f"{result.provenance.kernels} kernels")
    engine = result.engine
    parts.append(f"{engine.name} engine" + ("" if engine.version is None else f" ({engine.version})"))
    parts.append(f"timing model: {engine.level}")
    return " · ".join(parts)
