"""The speed of the service as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.style import PLAIN, Style
from sim.report.table import Column, render_table
from sim.report.units import si

if TYPE_CHECKING:
    from sim.service.bench import ServiceBenchmark


def render_service_benchmark(benchmark: ServiceBenchmark, *, width: int = 80, style: Style = PLAIN) -> str:
    """Return tables of calls and of throughput, what gRPC takes, and how fast runs can be cancelled."""
    calls = render_table(
        [
            Column("call", styles=("bold",)),
            Column("p50", right=True),
            Column("p90", right=True),
            Column("p99", right=True),
            Column("engine p50", right=True),
            Column("overhead p50", right=True),
            Column("of the engine's time", right=True),
        ],
        [
            [
                speed.call,
                si(speed.p50_seconds, "s"),
                si(speed.p90_seconds, "s"),
                si(speed.p99_seconds, "s"),
                si(speed.engine_p50_seconds, "s"),
                si(speed.overhead_p50_seconds, "s"),
                f"{speed.overhead_ratio:.2f}×",
            ]
            for speed in benchmark.calls
        ],
        width=width,
        style=style,
    )
    throughput = render_table(
        [
            Column("workers", styles=("bold",)),
            Column("runs per second", right=True),
            Column("of one worker", right=True),
            Column("CPU per run: worker", right=True),
            Column("front and caller", right=True),
        ],
        [
            [
                str(rate.workers),
                f"{rate.runs_per_second:.1f}",
                f"{rate.relative:.2f}×",
                si(rate.worker_cpu_seconds, "s"),
                si(rate.rest_cpu_seconds, "s"),
            ]
            for rate in benchmark.throughput
        ],
        width=width,
        style=style,
    )
    head = f"{style(benchmark.platform, 'bold')} · {benchmark.model} · over loopback"
    overhead = (
        "The overhead is all time from the client's call to its typed result but the engine's.\n"
        f"The worker takes {si(benchmark.worker_p50_seconds, 's')} of it (p50); "
        "the rest is client, gRPC, front process and sockets.\n"
        f"A gRPC call that does nothing takes {si(benchmark.empty_call_p50_seconds, 's')} (p50)."
    )
    cancel = f"A cancelled run leaves its worker after {si(benchmark.cancel_p50_seconds, 's')} (p50)."
    runs = f"Runs of {benchmark.inferences_per_run} inferences:"
    return "\n".join([head, "", *calls, "", overhead, cancel, "", runs, "", *throughput, ""])
