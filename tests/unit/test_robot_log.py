"""What a run looks like in Robot Framework's log."""

from __future__ import annotations

import dataclasses
import re
from xml.etree import ElementTree

from sim.result import Operator
from sim.robot.log import render_html
from tests.support.results import full_result


def tree_of(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)


def test_every_operator_has_a_row_with_its_figures() -> None:
    result = full_result()
    rows = tree_of(render_html(result)).findall(".//table/tr")
    assert len(rows) == 1 + len(result.operators)
    cells = ["".join(cell.itertext()) for cell in rows[1]]
    assert cells[:4] == ["0", "CONV_2D", "1×8×8×8", f"{result.operators[0].cycles:,}"]


def test_bars_are_as_long_as_the_cycles_say() -> None:
    result = full_result()
    svg = next(element for element in tree_of(render_html(result)).iter() if element.tag.endswith("svg"))
    lengths = [float(bar.attrib["width"]) for bar in svg if bar.tag.endswith("rect")]
    cycles = [operator.cycles or 0 for operator in result.operators]
    assert max(lengths) == 300
    assert lengths == [round(300 * value / max(cycles), 1) for value in cycles]


def test_only_the_costliest_operators_of_a_large_model_are_drawn_and_all_are_listed() -> None:
    operators = tuple(Operator(index=index, name="ADD", cycles=100 + index) for index in range(40))
    tree = tree_of(render_html(dataclasses.replace(full_result(), operators=operators)))
    drawn = [
        int(text.text.split()[0])
        for text in tree.iter("{http://www.w3.org/2000/svg}text")
        if "ADD" in (text.text or "")
    ]
    assert drawn == list(range(28, 40))
    assert len(tree.findall(".//table/tr")) == 41


def test_names_from_a_model_file_are_escaped() -> None:
    operators = (Operator(index=0, name="<script>alert(1)</script>", cycles=1),)
    html = render_html(dataclasses.replace(full_result(), operators=operators))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 2


def test_figures_that_are_not_known_are_left_out() -> None:
    html = render_html(
        dataclasses.replace(full_result(), operators=(), outputs=(), energy_joules=None, latency_seconds=None)
    )
    assert "svg" not in html
    assert not re.search(r"\bJ\b| ms\b|None", html)
