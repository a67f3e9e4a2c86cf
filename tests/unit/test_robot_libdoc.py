"""The library's keywords as libdoc describes them: names, arguments, types and texts are a contract."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from robot.libdoc import libdoc
from robot.libdocpkg import LibraryDocumentation

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/contract/golden/robot-libdoc.json"
REFRESH = "python -m tests.unit.test_robot_libdoc"


def contract(directory: Path) -> str:
    """Return libdoc's JSON without what depends on the day, the machine and the line."""
    libdoc("sim.robot", str(directory / "libdoc.json"), quiet=True)
    document: dict[str, Any] = json.loads((directory / "libdoc.json").read_text(encoding="utf-8"))
    del document["generated"], document["source"]
    for item in (document, *document["inits"], *document["keywords"]):
        item.pop("source", None)
        item.pop("lineno", None)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def test_the_keywords_are_those_of_the_contract(tmp_path: Path) -> None:
    assert contract(tmp_path) == GOLDEN.read_text(encoding="utf-8"), f"run `{REFRESH}` if this is wanted"


def test_every_keyword_has_a_text_and_types_for_all_arguments() -> None:
    keywords = LibraryDocumentation("sim.robot").keywords
    assert len(keywords) > 10
    for keyword in keywords:
        assert keyword.doc, keyword.name
        arguments = [argument for argument in keyword.args if argument.kind != argument.NAMED_ONLY_MARKER]
        assert all(argument.type for argument in arguments), keyword.name


def test_the_documentation_lists_exactly_the_keywords() -> None:
    page = (ROOT / "docs/robot.md").read_text(encoding="utf-8")
    table = page.partition("|---|---|\n")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([^`]+)`", table)) == {
        keyword.name for keyword in LibraryDocumentation("sim.robot").keywords
    }


def test_names_in_backquotes_are_keywords_or_commands() -> None:
    library = LibraryDocumentation("sim.robot")
    names = {keyword.name for keyword in library.keywords}
    texts = [library.doc, *(keyword.doc for keyword in [*library.keywords, *library.inits])]
    used = {name for text in texts for name in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)}
    assert {name for name in used if not name.startswith("sim ")} <= names


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        GOLDEN.write_text(contract(Path(scratch)), encoding="utf-8")
