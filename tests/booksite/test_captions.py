"""Captions on paper: what stays and what goes."""

from __future__ import annotations

import pytest
from docutils import nodes

from booksite.captions import drop_screen_instructions


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Nothing to do here.", "Nothing to do here."),
        ("Live: drag it. Choose. On paper: the map.", "The map."),
        ("A map. Live: drag it. On paper: one place.", "A map. One place."),
        ("Live: move it (drag, or keys). The mean stays.", "The mean stays."),
        ("The mean stays. Live: move it.", "The mean stays. "),
    ],
)
def test_instructions_for_the_screen_go(before: str, after: str) -> None:
    caption = nodes.caption("", before)
    drop_screen_instructions(caption)
    assert caption.astext() == after


def test_formulas_after_it_stay_and_formulas_in_it_go() -> None:
    caption = nodes.caption("", "", nodes.Text("Live: turn "), nodes.math("", "k"), nodes.Text(". On paper: the "))
    caption += [nodes.math("", "x"), nodes.Text(" of Live figures.")]
    drop_screen_instructions(caption)
    assert [type(child) for child in caption] == [nodes.Text, nodes.math, nodes.Text]
    assert caption.astext() == "The x of Live figures."
