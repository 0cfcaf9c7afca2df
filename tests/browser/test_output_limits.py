"""Outputs that would make a page stand still: left out with a sentence, shown as their source, or done in little."""

from __future__ import annotations

import functools
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.output_bench import ESC, OutputBench

MANY_ATTRIBUTES = " ".join(f"a{k}='x y'" for k in range(200_000))


def test_a_line_of_ten_million_letters_is_shown_by_its_ends(bench: OutputBench) -> None:
    bench.begin().print("begin", *["x" * 1_000_000] * 10, "end").settle()
    pre = bench.body.locator(".live-stream pre")
    text = pre.evaluate("pre => pre.textContent")
    assert text.startswith("beginx")
    assert text.endswith("xend")
    assert "left out" in text
    assert len(text) < 10_000
    expect(bench.body.locator(".live-dropped")).to_contain_text("The middle of long lines is left out.")
    with bench.page.expect_download() as download:
        bench.body.get_by_role("button", name="Save all").click()
    assert Path(download.value.path()).stat().st_size == 10_000_008


def test_a_cursor_sent_to_the_right_again_and_again_loses_nothing(bench: OutputBench) -> None:
    bench.begin().print(f"{ESC}[4000C" * 2000 + "x\n").print("after\n").settle()
    expect(bench.body.locator(".live-stream pre")).to_contain_text("after")


@pytest.mark.parametrize(
    ("kind", "part", "count", "said"),
    [
        ("text/html", "<td>1</td>", 60_000, "HTML of 60001 parts was left out"),
        ("text/html", "<div>", 100_000, "HTML of 100001 parts was left out"),
        ("text/html", "<div>", 20_000, "HTML of more than 10000 elements inside of each other was left out"),
        ("image/svg+xml", "<circle r='1'/>", 60_000, "A drawing of 60001 parts was left out"),
        ("text/html", f"<p {MANY_ATTRIBUTES}>", 1, "HTML was left out in which one element has more than"),
        ("image/svg+xml", f"<g {MANY_ATTRIBUTES}/>", 1, "A drawing was left out in which one element has more than"),
    ],
)
def test_what_would_stop_the_page_is_left_out_with_a_sentence(
    bench: OutputBench, kind: str, part: str, count: int, said: str
) -> None:
    text = f"<svg xmlns='http://www.w3.org/2000/svg'>{part * count}</svg>"
    if kind == "text/html":
        text = f"<table>{part * count}</table>"
    bench.begin().show({kind: text, "text/plain": "[in words]"})
    expect(bench.body.locator(".live-left-out")).to_contain_text(said)
    expect(bench.body).to_contain_text("[in words]")


@pytest.mark.parametrize(
    "part", ["<p>x<br></p>", "<img alt='x'>", "<hr/>", "<tr><td>1</td></tr>", "<tr><td>1", "<ul><li>1<li>2</ul>"]
)
def test_many_elements_beside_each_other_are_not_too_much(bench: OutputBench, part: str) -> None:
    bench.begin().show({"text/html": f"<table>{part * 11_000}</table>"})
    expect(bench.body.locator(".live-display")).to_be_visible()
    expect(bench.body.locator(".live-left-out")).to_have_count(0)


@pytest.mark.parametrize("opens", ["url(#", "url('#", "url( "])
def test_a_value_that_begins_an_address_again_and_again_is_read_at_once(bench: OutputBench, opens: str) -> None:
    fill = (opens * 100_000).replace("'", "&apos;")
    for kind in ("image/svg+xml", "text/html"):
        bench.begin().show({kind: f"<svg xmlns='http://www.w3.org/2000/svg'><text fill='{fill}'>drawn</text></svg>"})
        bench.settle()  # the browser's time to draw is limited
        expect(bench.body.locator("text")).to_have_text("drawn")


def test_a_small_drawing_that_draws_itself_a_million_times_is_left_out(bench: OutputBench) -> None:
    def drawing(content: str) -> str:
        return f"<svg xmlns='http://www.w3.org/2000/svg'>{content}</svg>"

    def use(level: int) -> str:
        return f"<use href='#level{level}'/>"

    parts = ["<g id='level0'><path d='M0 0'/></g>"]
    parts += [f"<g id='level{k + 1}'>{use(k) * 10}</g>" for k in range(6)]
    circle = "<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>"
    for content in ("".join(parts) + use(6), circle):
        for kind in ("image/svg+xml", "text/html"):
            bench.begin().show({kind: drawing(content)})
            expect(bench.body.locator(".live-left-out")).to_contain_text("draws parts of itself so often")
    bench.begin().show({"image/svg+xml": drawing("<path id='a' d='M0 0h1'/>" + "<use href='#a'/>" * 2000)})
    expect(bench.body.locator("svg use")).to_have_count(2000)


def nested(tag: str, part: str, levels: int = 7) -> str:
    """Ten parts in each of some levels; ``part`` draws the next level, ``{}`` is its number."""
    inner = "".join(f"<{tag} id='p{k}'>{part.format(k + 1) * 10}</{tag}>" for k in range(levels))
    return f"<defs>{inner}<{tag} id='p{levels}'><rect/></{tag}></defs>{part.format(0)}"


SHEET = "<style>:is(rect){fill:url(#p9)}" + "".join(f".f{k}{{fill:url(#p{k})}}" for k in range(9)) + "</style>"


@pytest.mark.parametrize(
    "drawn",
    [
        nested("pattern", "<rect fill='url(#p{})'/>"),
        nested("pattern", "<rect style='stroke: url(&quot;#p{}&quot;)'/>"),
        nested("pattern", "<g fill='url(#p{})'><rect/></g>"),
        nested("clipPath", "<rect clip-path='url( #p{} )'/>"),
        nested("mask", "<rect mask='url(#p{})'/>"),
        nested("mask", "<rect mask='URL( #p{})'/>"),
        nested("mask", "<rect style='mask: url(#p{})'/>"),
        nested("marker", "<path style='marker: url(#p{})'/>"),
        SHEET + nested("pattern", "<rect class='f{}'/>"),
        "<style>@media all { g { .f { fill: url(#p0) } } }</style>"
        + nested("pattern", "<rect fill='url(#p{})'/>", levels=4)
        + "<g>" + "<rect class='f'/>" * 10 + "</g>",
    ],
)  # fmt: skip
def test_a_drawing_whose_patterns_or_clips_hold_each_other_is_left_out(bench: OutputBench, drawn: str) -> None:
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg'>{drawn}</svg>"
    for kind in ("image/svg+xml", "text/html"):
        bench.begin().show({kind: drawing})
        expect(bench.body.locator(".live-left-out")).to_contain_text("draws parts of itself so often")


def test_a_drawing_with_many_clipped_parts_is_none_of_those(bench: OutputBench) -> None:
    clip = "<clipPath id='c'><rect width='9' height='9'/></clipPath><path id='m' d='M0 0'/>"
    parts = "<g clip-path='url(#c)'>" + "<use href='#m'/>" * 9000 + "</g>" + "<path clip-path='url(#c)' d=''/>" * 3000
    bench.begin().show({"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{clip}{parts}</svg>"}).settle()
    expect(bench.body.locator("svg use")).to_have_count(9000)
    expect(bench.body.locator(".live-left-out")).to_have_count(0)


@pytest.mark.parametrize("line", ["* " * 40, "- " * 50, "> " * 40, " " * 40_000, "1." * 59, "\n" * 40_000])
def test_markdown_that_is_nearly_too_deep_is_read_at_once(bench: OutputBench, line: str) -> None:
    bench.begin().show(
        {"text/markdown": f"{line}\n\nand *more* text than a marker takes, of sixty characters and more"}
    )
    bench.settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body).to_contain_text("and more text")


SLOW_CLOCK = """() => {
  let now = 0;
  performance.now = () => now++;  // a clock on which every formula takes a millisecond
  const later = window.setTimeout;
  window.turns = new Set();
  const drawn = (root) => [...root.querySelectorAll("*")].reduce(
    (sum, node) => sum + (node.localName === "mjx-container") + (node.shadowRoot ? drawn(node.shadowRoot) : 0), 0);
  window.setTimeout = (...args) => { turns.add(drawn(document.querySelector("#bench"))); return later(...args); };
}"""


def test_a_thousand_formulas_leave_the_page_at_hand(bench: OutputBench) -> None:
    bench.page.evaluate(SLOW_CLOCK)
    bench.begin().show({"text/latex": "$x$ " * 1000}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body.locator("mjx-container")).to_have_count(1000)
    assert bench.page.evaluate("turns.size") > 10  # the page had its turn when so many were drawn


def test_letters_in_more_colours_than_a_page_can_bear_are_shown_without(bench: OutputBench) -> None:
    def coloured(count: int, end: str) -> str:
        return "".join(f"{ESC}[38;5;{k % 200}m{k % 10}{end if k % 1000 == 999 else ''}" for k in range(count))

    bench.begin().print(coloured(150_000, "")).settle()
    shown = bench.body.locator("pre").text_content() or ""
    assert shown.startswith("0123456789")
    assert shown.rstrip().endswith("0123456789")
    assert "characters are left out" in shown
    bench.begin().print(coloured(100_000, "\n")).settle()
    lines = (bench.body.locator("pre").text_content() or "").split()
    assert lines == ["0123456789" * 100] * 100
    assert bench.body.locator("pre span span").count() < 25_000


@pytest.mark.parametrize(
    ("kind", "text"),
    [("text/latex", "\\[" * 100_000), ("text/markdown", "\\[" * 100_000), ("text/markdown", "- " * 1500)],
    ids=["latex", "markdown", "lists in lists"],
)
def test_sources_that_take_for_ever_to_read_are_shown_as_they_are(bench: OutputBench, kind: str, text: str) -> None:
    bench.begin().show({kind: text}).settle()
    expect(bench.body.locator("pre")).to_be_visible()


def test_a_table_cell_spans_no_thousands(bench: OutputBench) -> None:
    bench.begin().show({"text/html": "<table><tr><td colspan=1000 rowspan=60000>a<td colspan=2>b</table>"}).settle()
    assert bench.body.locator("td").first.evaluate("(cell) => [cell.colSpan, cell.rowSpan]") == [1, 1]
    assert bench.body.locator("td").last.evaluate("(cell) => cell.colSpan") == 2


def test_a_line_that_is_written_over_in_many_colours_keeps_its_letters(bench: OutputBench) -> None:
    text = "".join(f"{ESC}[3{k % 8}m{k % 10}\r{ESC}[{k % 2000 + 1}C" for k in range(16_000))
    bench.begin().print(text).settle()
    shown = bench.body.locator("pre").text_content() or ""
    expected = [" "] * 2001
    column = 0
    for k in range(16_000):
        expected[column] = str(k % 10)
        column = k % 2000 + 1
    assert shown.rstrip() == "".join(expected).rstrip()
    assert bench.body.locator("pre span span").count() < 1000


def test_columns_inside_of_each_other_do_not_stop_the_page(bench: OutputBench) -> None:
    html = "<div style='columns: 2'>" * 16 + "words " * 200 + "</div>" * 16
    sheet = "<style>div { column-count: 3; text-shadow: " + ", ".join(["0 0 300px red"] * 1000) + " }</style>"
    bench.begin().show({"text/html": sheet + html}).settle()
    look = "node => [getComputedStyle(node).columnCount, getComputedStyle(node).textShadow]"
    assert bench.body.locator("div div").last.evaluate(look) == ["auto", "none"]


@pytest.mark.parametrize("part", ["\\frac{%s}{2}", "\\sqrt{%s}", "\\left(%s\\right)"])
def test_a_formula_too_deep_to_be_laid_out_stays_source(bench: OutputBench, part: str) -> None:
    deep = functools.reduce(lambda inner, _: part % inner, range(120), "x")
    bench.begin().show({"text/latex": f"${deep}$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body).to_contain_text(part[:5])
    expect(bench.body.locator("mjx-container")).to_have_count(0)
    flat = functools.reduce(lambda inner, _: part % inner, range(10), "x")
    bench.begin().show({"text/latex": f"${flat}$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body.locator("mjx-container")).to_have_count(1)


def test_markdown_with_marks_without_end_stays_source(bench: OutputBench) -> None:
    bench.begin().show({"text/markdown": "_a_b " * 9000}).settle()
    expect(bench.body).to_contain_text("_a_b _a_b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a" * 5000 + f"{ESC}[4000D" + "b\b" * 9 + "c", "a" * 1000 + "c" + "a" * 3999),
        ("→" + "x" * 3000 + "\ry" * 600, "y" + "x" * 3000),
        ("".join("ab"[k % 2] for k in range(3000)) + f"{ESC}[31m" + "\b\bcd" * 600, "ab" * 1499 + "cd"),
    ],
)
def test_letters_written_into_a_long_line_are_where_they_belong(bench: OutputBench, text: str, shown: str) -> None:
    bench.begin().print(text[:-1], text[-1]).settle()
    bench.page.evaluate("bench.outputs.end()")
    whole = (bench.body.locator("pre").text_content() or "").rstrip()
    # Of more than 4000 letters the page shows the ends.
    assert whole == shown if len(shown) <= 4000 else whole.startswith(shown[:2000]) and whole.endswith(shown[-2000:])


def test_a_cursor_sent_down_and_down_makes_no_thousands_of_lines(bench: OutputBench) -> None:
    bench.begin().print(f"first{ESC}[9999Blast").settle()
    text = bench.body.locator("pre").text_content() or ""
    assert text.startswith("first\n")
    assert text.rstrip().endswith("last")
    assert text.count("\n") <= 101


def test_lines_that_are_erased_below_are_gone(bench: OutputBench) -> None:
    bench.begin().print("\n".join("abcdef"), f"{ESC}[3A\r{ESC}[J", "x").settle()
    expect(bench.body.locator("pre")).to_have_text("a\nb\nx")
    expect(bench.body.locator("pre > span")).to_have_count(3)


@pytest.mark.parametrize(
    "defined",
    [
        r"\def\a#1{\frac{#1}{#1}}" + r"\a{" * 24 + "x" + "}" * 24,
        r"\newcommand{\a}[1]{\sqrt{#1}\sqrt{#1}}" + r"\a{" * 24 + "x" + "}" * 24,
        "".join(rf"\def\{b}{{\frac\{a}\{a}}}" for a, b in pairwise("abcdefghijklmnop")) + r"\p",
    ],
)
def test_commands_that_double_what_they_are_given_come_to_an_end(bench: OutputBench, defined: str) -> None:
    bench.begin().show({"text/latex": rf"\[\def\a{{x}}{defined}\]"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body.locator("mjx-merror")).to_have_attribute(
        "data-mjx-error", re.compile("maximum macro substitution")
    )
    # The next formula has commands of its own again.
    bench.begin().show({"text/latex": r"$\def\a#1{\frac{#1}{#1}} " + r"\a{x}" * 40 + "$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body.locator("mjx-merror")).to_have_count(0)
    expect(bench.body.locator("mjx-mfrac")).to_have_count(40)


@pytest.mark.parametrize("nests", [r"\sqrt{\frac{\sqrt{#1}}{2}}", r"\left(\sqrt{\sqrt{#1}}\right)"])
def test_a_formula_that_commands_make_too_deep_stays_source(bench: OutputBench, nests: str) -> None:
    commands = rf"\def\a#1{{{nests}}}\def\b#1{{\a{{\a{{\a{{\a{{\a{{#1}}}}}}}}}}}}\def\c#1{{\b{{\b{{\b{{\b{{#1}}}}}}}}}}"
    bench.begin().show({"text/latex": rf"${commands}\c{{\c{{x}}}}$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body.locator("mjx-container")).to_have_count(0)
    expect(bench.body).to_contain_text(r"\c{\c{x}}")


def test_a_table_of_markdown_whose_rows_would_be_filled_up_stays_source(bench: OutputBench) -> None:
    bench.begin().show({"text/markdown": "|a" * 6000 + "|\n" + "|-" * 6000 + "|\n" + "x\n" * 9000}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body.locator("td")).to_have_count(0)
    table = "|a" * 10 + "|\n" + "|:-" * 10 + "|\n" + ("| -1" * 10 + "|\n") * 500
    bench.begin().show({"text/markdown": table}).settle()
    expect(bench.body.locator("td")).to_have_count(5000)


TEXT = "x " * 2000


@pytest.mark.parametrize(
    ("style", "prop"),
    [
        (f"i::before {{ content: '{TEXT}' }}", "content"),
        ("i::before { content: " + "attr(title)" * 800 + " }", "content"),
        (f"i {{ counter-reset: c }} i::before {{ content: counters(c, '{TEXT}') }}", "content"),
        (f"i {{ --t: '{TEXT}' }} i::before {{ content: var(--t) var(--t) }}", "content"),
        (f"i {{ quotes: '{TEXT}' 'y' }}", "quotes"),
        (f"i {{ list-style-type: '{TEXT}' }}", "listStyleType"),
        (f"i {{ list-style: inside '{TEXT}' }}", "listStyleType"),
        (f"i {{ --t: '{TEXT}'; list-style: var(--t) }}", "listStyleType"),
        (f"i {{ hyphenate-character: '{TEXT}' }}", "hyphenateCharacter"),
    ],
)
def test_styles_make_no_text_without_end(bench: OutputBench, style: str, prop: str) -> None:
    bench.begin().show({"text/html": f"<style>{style} b::before {{ content: '> ' }}</style><i>x</i><b>y</b>"}).settle()
    made = "(node, [prop, part]) => getComputedStyle(node, part)[prop]"
    assert bench.body.locator("b").evaluate(made, ["content", "::before"]) == '"> "'
    part = "::before" if prop == "content" else None
    plain = bench.body.locator("b").evaluate("(node, prop) => getComputedStyle(node.parentNode.host)[prop]", prop)
    assert bench.body.locator("i").evaluate(made, [prop, part]) == ("none" if part else plain)


def test_names_that_double_each_other_have_no_value(bench: OutputBench) -> None:
    style = "i { --a: 1px; --b: calc(var(--a) + var(--a)); --c: var(--a); width: var(--c) }"
    bench.begin().show({"text/html": f"<style>{style}</style><i>x</i>"}).settle()
    value = "(node, name) => getComputedStyle(node).getPropertyValue(name)"
    assert [bench.body.locator("i").evaluate(value, name) for name in ("--b", "--c")] == ["", "1px"]


def test_a_marker_at_each_corner_of_a_long_line_is_left_out(bench: OutputBench) -> None:
    def drawing(parts: int, corners: int) -> str:
        marker = f"<marker id='m'>{'<rect/>' * parts}</marker>"
        path = f"<path marker-mid='url(#m)' d='M0 0{'h1h-1' * corners}'/>"
        return f"<svg xmlns='http://www.w3.org/2000/svg'>{marker}{path}</svg>"

    bench.begin().show({"image/svg+xml": drawing(1000, 1000)}).settle()
    expect(bench.body.locator(".live-left-out")).to_contain_text("draws parts of itself so often")
    bench.begin().show({"image/svg+xml": drawing(10, 1000)}).settle()
    expect(bench.body.locator(".live-left-out")).to_have_count(0)


def test_a_table_that_spans_millions_of_fields_is_left_out(bench: OutputBench) -> None:
    def table(cells: int, rows: int) -> str:
        return f"<table><tr>{'<td colspan=100>x' * cells}</tr>{'<tr><td>x' * rows}</table>"

    bench.begin().show({"text/html": table(1000, 8000)}).settle()
    expect(bench.body.locator(".live-left-out")).to_contain_text("span so many rows and columns")
    bench.begin().show({"text/html": table(10, 100)}).settle()
    expect(bench.body.locator("tr")).to_have_count(101)


@pytest.mark.parametrize(
    ("slow", "prop", "plain"),
    [
        ("grid-template-columns: repeat(10000, auto)", "gridTemplateColumns", "none"),
        ("grid-auto-flow: row dense", "gridAutoFlow", "row"),
        ("grid-column: span 500", "gridColumn", "auto"),
        ("will-change: transform", "willChange", "auto"),
        ("background: " + ", ".join(["radial-gradient(red, blue)"] * 100), "backgroundImage", "none"),
    ],
)
def test_styles_that_keep_a_browser_busy_have_no_effect(bench: OutputBench, slow: str, prop: str, plain: str) -> None:
    fine = "display: grid; grid-template-columns: 100px repeat(20, 1fr); background: linear-gradient(red, blue)"
    bench.begin().show({"text/html": f"<i style='{slow}'>x</i><b style='{fine}'>y</b>"}).settle()
    read = "(node, prop) => getComputedStyle(node)[prop]"
    assert bench.body.locator("i").evaluate(read, prop) == plain
    assert bench.body.locator("b").evaluate(read, "gridTemplateColumns").startswith("100px ")
    assert bench.body.locator("b").evaluate(read, "backgroundImage").startswith("linear-gradient")


@pytest.mark.parametrize(("parts", "moves"), [(10, True), (3000, False)])
def test_few_things_move_and_many_do_not(bench: OutputBench, parts: int, moves: bool) -> None:
    style = "<style>@keyframes k { to { opacity: 0 } } b { animation: k 1s infinite }</style>"
    bench.begin().show({"text/html": style + "<b>x</b>" * parts}).settle()
    assert bool(bench.body.locator("b").first.evaluate("node => node.getAnimations().length")) is moves


def test_markdown_with_a_word_that_might_be_an_address_without_end_stays_source(bench: OutputBench) -> None:
    bench.begin()
    for word in ("a" * 40_000 + "@", "@" + "a" * 40_000):
        bench.show({"text/markdown": f"**bold** {word}"})
    bench.show({"text/markdown": "**last** me@example.org"}).settle()
    expect(bench.body.locator("strong")).to_have_text("last")
