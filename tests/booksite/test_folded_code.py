"""Of the code that a page folds, print keeps what the printed cells after it call."""

from __future__ import annotations

import pytest
from docutils import nodes

from booksite.folded_code import kept_definitions, shorten_folded_code

FOLDED = """import torch

SIDE = 3


def helper(x):
    return x + SIDE


def used(x):
    '''Say.'''
    return helper(x)


def unused():
    return 0


figure = used(1)
"""


@pytest.mark.parametrize(
    ("later", "names"),
    [
        ("used(2)", ["helper", "used"]),
        ("%time used(2)", []),
        ("[helper(k) for k in range(3)]", ["helper"]),
        ("other.used(2)", []),
        ("", []),
    ],
)
def test_what_later_code_uses_is_kept_with_what_that_uses(later: str, names: list[str]) -> None:
    kept = kept_definitions(FOLDED, later)
    assert [line[4 : line.index("(")] for line in kept.splitlines() if line.startswith("def ")] == names
    assert "SIDE = 3" not in kept
    if names:
        compile(kept, "kept", "exec")


def cell(text: str, *, folded: bool = False) -> nodes.container:
    code = nodes.container("", nodes.literal_block(text, text), classes=["cell_input"])
    output = nodes.container("", nodes.literal_block("shown", "shown"), classes=["cell_output"])
    options = {"hide_mode": "input"} if folded else {}
    return nodes.container("", code, output, nb_element="cell_code", **options)


def test_a_page_keeps_its_outputs_and_the_definitions_that_it_needs() -> None:
    needed, drawing, plain = cell(FOLDED, folded=True), cell("plot()", folded=True), cell("used(2)")
    page = nodes.section("", needed, drawing, plain)
    shorten_folded_code(page)
    assert needed[0].astext().startswith("def helper(x):")
    assert "unused" not in needed[0].astext()
    assert [part["classes"] for part in drawing.children] == [["cell_output"]]
    assert plain[0].astext() == "used(2)"
    assert [block.astext() for block in page.findall(nodes.literal_block)].count("shown") == 3
