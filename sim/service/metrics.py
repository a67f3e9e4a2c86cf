"""What the server counts, in Prometheus' terms."""

from __future__ import annotations

from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Metrics:
    """Counters, gauges and histograms of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "sim_calls",
            "Finished calls by method and status code.",
            ["method", "code"],
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "sim_call_seconds", "Duration of calls.", ["method"], buckets=_SECONDS, registry=self.registry
        )
        self.invoke_seconds = Histogram(
            "sim_invoke_seconds",
            "Duration of requests to sessions.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.runs = Counter("sim_runs", "Ended runs by state.", ["state"], registry=self.registry)
        self.cycles = Counter("sim_simulated_cycles", "Cycles of all inferences.", registry=self.registry)
        self.queued_runs = Gauge("sim_queued_runs", "Runs that wait for a worker.", registry=self.registry)
        self.busy_workers = Gauge("sim_busy_workers", "Workers that execute a run.", registry=self.registry)
        self.lost_workers = Counter(
            "sim_lost_workers", "Workers that died or were killed, and replaced.", registry=self.registry
        )
        self.sessions = Gauge("sim_open_sessions", "Open sessions.", registry=self.registry)
        self.uploaded_bytes = Counter(
            "sim_uploaded_bytes", "Bytes of artifacts that clients sent.", registry=self.registry
        )

    def expose(self, host: str, port: int) -> tuple[WSGIServer, Thread]:
        """Serve the metrics over HTTP from a thread, and return both."""
        return start_http_server(port, host, registry=self.registry)
