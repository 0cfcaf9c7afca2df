"""Drawings inside the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
from tests.booksite.conftest import Built

from booksite.pictures import inline_svg
from cnnbook import plotting
from cnnbook.plotting.look import look

DRAWING = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="72pt" height="36.5pt" viewBox="0 0 72 36.5">
 <defs><path id="p1" d="M0 0"/><clipPath id="c1"><rect width="5" height="5"/></clipPath></defs>
 <g id="figure_1" clip-path="url(#c1)"> <use xlink:href="#p1"/> </g>
</svg>"""


def attributes(svg: str) -> dict[str, str]:
    return ElementTree.fromstring(svg).attrib


def test_a_drawing_is_one_element_as_wide_as_its_column() -> None:
    svg = inline_svg(DRAWING, "d1-", "A line")
    assert svg.startswith("<svg")
    found = attributes(svg)
    assert found["style"] == "max-width:115px"  # 72 pt = 96 px, a fifth larger
    assert "width" not in found
    assert "height" not in found
    assert '<rect width="5" height="5"' in svg  # only the drawing's own size goes


def test_a_drawing_says_what_it_shows() -> None:
    found = attributes(inline_svg(DRAWING, "d1-", 'a "quoted" <b> & more'))
    assert found["role"] == "img"
    assert found["aria-label"] == 'a "quoted" <b> & more'


def test_two_drawings_share_no_id_and_references_still_lead_home() -> None:
    both = [inline_svg(DRAWING, prefix, "x") for prefix in ("d1-", "d2-")]
    ids = [set(re.findall(r'\sid="([^"]+)"', svg)) for svg in both]
    assert ids == [{"d1-p1", "d1-c1"}, {"d2-p1", "d2-c1"}]  # figure_1, which nothing refers to, is gone
    for svg, prefix in zip(both, ("d1-", "d2-"), strict=True):
        assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg)) == {f"{prefix}p1", f"{prefix}c1"}


def test_a_style_of_many_elements_is_written_once() -> None:
    styles = ["fill: red", "fill: red; stroke: light-dark(#000000, #ffffff)"] * 3 + ["fill: none"]
    rects = "".join(f'<rect width="{i}" style="{style}"/>' for i, style in enumerate(styles))
    picture = '<image class="light-only" style="opacity: 0.5"/>' * 3
    svg = inline_svg(DRAWING.replace("</svg>", f"{rects}{picture}</svg>"), "d1-", "Rects")
    ElementTree.fromstring(svg)
    rules = dict(re.findall(r"svg \.(\w+)\{([^}]*)\}", svg))
    assert sorted(rules.values()) == sorted(styles[:2])
    tags = re.findall(r'<rect width="\d"([^>]*)/>', svg)[1:]
    assert [rules[re.search(r'class="(\w+)"', tag)[1]] for tag in tags[:-1]] == styles[:-1]
    assert tags[-1] == ' style="fill: none"'
    assert svg.count('<image class="light-only" style="opacity: 0.5"/>') == 3


def test_a_figure_of_the_book_survives() -> None:
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    ax.set_title("title")
    svg = inline_svg(plotting.figure_svg(fig), "d7-", "A rising line")
    ElementTree.fromstring(svg)
    for target in re.findall(r'(?:url\(#|href="#)([^")]+)', svg):
        assert svg.count(f' id="{target}"') == 1


def test_a_drawing_by_hand_follows_light_and_dark(build: Callable[..., Built], tmp_path: Path) -> None:
    light, dark = look()["roles"]["ink"]
    (tmp_path / "source").mkdir()
    hand = DRAWING.replace('<g id="figure_1"', f'<g id="figure_1" fill="{light}" stroke="#123456"')
    (tmp_path / "source" / "hand.svg").write_text(hand)
    built = build("booksite.pictures", index="# Book\n\n![What it shows](hand.svg)\n")
    assert built.complaints == ""
    drawing = built.page().select_one("svg.plot")
    assert drawing["aria-label"] == "What it shows"
    assert drawing.g["fill"] == f"light-dark({light}, {dark})"
    assert drawing.g["stroke"] == "#123456"


def test_a_drawing_without_alt_text_is_a_warning(build: Callable[..., Built], tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "hand.svg").write_text(DRAWING)
    built = build("booksite.pictures", index="# Book\n\n![](hand.svg)\n")
    assert "index.md: WARNING: drawing 1 of the page has no alt text" in built.complaints
