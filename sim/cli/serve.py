"""Offer simulated boards to other programs over gRPC, until stopped."""

from __future__ import annotations

import importlib
from argparse import Namespace
from pathlib import Path
from typing import Any

from sim import quantities
from sim.cli.console import Console
from sim.cli.grpc_settings import read_sockets_directly
from sim.cli.parser import Parser
from sim.errors import ExitCode, UsageError
from sim.extras import needs_extra


def add_arguments(parser: Parser) -> None:
    """Declare the arguments of ``sim serve``."""
    add = parser.add_argument
    add("--listen", metavar="ADDR", help="HOST:PORT or unix:PATH (default: 127.0.0.1:50051)")
    add("--workers", metavar="N", type=_count("--workers"), help="runs at a time (default: one per core)")
    add("--max-queue", metavar="N", type=_count("--max-queue"), help="runs that may wait (default: 64)")
    add("--data-dir", metavar="DIR", type=Path, help="where runs and files are kept")
    add("--tls-cert", metavar="FILE", type=Path, help="certificate chain of the server (PEM)")
    add("--tls-key", metavar="FILE", type=Path, help="its private key (PEM)")
    add("--tls-client-ca", metavar="FILE", type=Path, help="ask clients for a certificate of this CA (PEM)")
    add("--token-file", metavar="FILE", type=Path, help="tokens that clients may use, one per line")
    add("--insecure", action="store_true", help="listen to other machines without TLS and tokens")
    add("--metrics-listen", metavar="ADDR", help="HOST:PORT of a Prometheus page")
    add(
        "--max-artifact",
        metavar="BYTES",
        type=quantities.for_option("--max-artifact", quantities.size_bytes),
        help="largest file that clients may upload (default: 64M)",
    )
    add(
        "--worker-memory",
        metavar="BYTES",
        type=quantities.for_option("--worker-memory", quantities.size_bytes),
        help="address space that a run may take (default: 4G)",
    )
    add(
        "--max-run-time",
        metavar="TIME",
        type=quantities.for_option("--max-run-time", quantities.duration_seconds),
        help="longest time on the host for a run (default: 600s)",
    )
    add("--keep-runs", metavar="N", type=_count("--keep-runs"), help="ended runs to keep (default: 10000)")
    add(
        "--keep-artifacts",
        metavar="BYTES",
        type=quantities.for_option("--keep-artifacts", quantities.size_bytes),
        help="uploaded files to keep (default: 4G)",
    )


def _count(option: str) -> quantities.Parse[int]:
    return quantities.for_option(option, quantities.count)


def execute(arguments: Namespace, console: Console) -> ExitCode:
    """Serve until SIGTERM or Ctrl-C, then let running calls end."""
    read_sockets_directly()
    with needs_extra("serve", "the service"):
        import asyncio

        from sim.service.config import Retention, ServerConfig, Tls, default_data_dir
        from sim.service.logs import log_to_stderr
        from sim.service.server import serve

        importlib.import_module("sim.wire.documents")  # workers need it: what they lack is better said here

    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise UsageError("--tls-cert and --tls-key need each other")
    if arguments.tls_client_ca is not None and arguments.tls_cert is None:
        raise UsageError("--tls-client-ca needs --tls-cert and --tls-key")
    tls = None
    if arguments.tls_cert is not None:
        tls = Tls(certificate=arguments.tls_cert, key=arguments.tls_key, client_ca=arguments.tls_client_ca)
    given = {
        "listen": arguments.listen,
        "workers": arguments.workers,
        "max_queue": arguments.max_queue,
        "token_file": arguments.token_file,
        "metrics_listen": arguments.metrics_listen,
        "max_artifact_bytes": arguments.max_artifact,
        "worker_memory_bytes": arguments.worker_memory,
        "max_run_seconds": arguments.max_run_time,
    }
    kept = {"runs": arguments.keep_runs, "artifact_bytes": arguments.keep_artifacts}
    config = ServerConfig(
        data_dir=arguments.data_dir or default_data_dir(),
        tls=tls,
        insecure=arguments.insecure,
        retention=Retention(**_only_given(kept)),
        **_only_given(given),
    )
    log_to_stderr()
    asyncio.run(serve(config, lambda address: console.note(f"sim: listening on {address}")))
    return ExitCode.OK


def _only_given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
