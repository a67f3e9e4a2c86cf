"""The command line: thin verbs over the library."""

from __future__ import annotations

from sim.cli.app import main

__all__ = ["main"]
