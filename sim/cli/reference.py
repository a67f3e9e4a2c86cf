"""Writes the generated pages and the published schema into a clone: ``python -m sim.cli.reference``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sim.cli.app import VERBS, top_level_parser, verb_parser
from sim.result.reference import field_tables, issue_codes_page, schema_text
from sim.result.schema import SCHEMA_PATH

ROOT = Path(__file__).resolve().parents[2]
MARKER = "<!-- Generated from here on by `python -m sim.cli.reference`. -->\n"
_HELP_COLUMNS = "80"


def help_texts() -> str:
    """Return the help of every verb as Markdown."""
    parsers = [top_level_parser(), *(verb_parser(name)[0] for name in VERBS)]
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _HELP_COLUMNS
    try:
        return "\n".join(f"## {parser.prog}\n\n```text\n{parser.format_help()}```\n" for parser in parsers)
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def _below_marker(path: Path, generate: Callable[[], str]) -> Callable[[], str]:
    return lambda: path.read_text(encoding="utf-8").partition(MARKER)[0] + MARKER + "\n" + generate()


PAGES: dict[Path, Callable[[], str]] = {
    SCHEMA_PATH: schema_text,
    ROOT / "docs/issue-codes.md": issue_codes_page,
    ROOT / "docs/result.md": _below_marker(ROOT / "docs/result.md", field_tables),
    ROOT / "docs/cli.md": _below_marker(ROOT / "docs/cli.md", help_texts),
}


if __name__ == "__main__":
    for page, text in PAGES.items():
        page.write_text(text(), encoding="utf-8")
