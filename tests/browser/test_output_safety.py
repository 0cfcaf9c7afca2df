"""What a cell shows can't act, load anything or leave its box: the shipped scripts alone hold, without a policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.output_bench import OutputBench, host
from tests.browser.output_payloads import LATEX, MARKDOWN, PAYLOADS

WATCH = Path(__file__).with_name("output_watch.js")
MOST_HEIGHT = 1610  # 100 rem and a little


@pytest.fixture(scope="module")
def origin(sample_site: Path) -> Iterator[str]:
    with host(sample_site) as address:
        yield address


@pytest.fixture(scope="module")
def bench(origin: str, chromium: Browser) -> Iterator[OutputBench]:
    """Open one page for all payloads; what one of them would leave behind fails the next, too."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    bench = OutputBench(context, origin)
    bench.page.add_script_tag(path=WATCH)
    bench.ask("dress()")
    bench.settle()
    yield bench
    context.close()


def try_out(bench: OutputBench, data: dict[str, Any]) -> None:
    """Show something hostile, do all that a reader could do with it, and look whether anything has come of it."""
    bench.requests.clear()
    before = bench.ask("() => { bench.begin(); return outside(); }")
    bench.show(data).settle()
    bench.page.wait_for_function("() => bench.typeset()")
    inside = bench.ask("() => { const found = inside(); poke(); bench.outputs.node.scrollIntoView(); return found; }")
    if box := bench.body.bounding_box():
        bench.page.mouse.click(box["x"] + 12, box["y"] + min(12, box["height"] / 2))
    after = bench.settle().ask("outside()")

    assert bench.ask("window.acted") is None
    assert not bench.dialogs
    assert not bench.popups
    # Markdown and formulas have scripts of the book's, which come when they are needed first.
    assert [url for url in bench.requests if not url.startswith(f"{bench.origin}/_static/")] == []
    assert inside["acting"] == []
    assert inside["handlers"] == []
    assert inside["height"] <= MOST_HEIGHT
    assert inside["stops"] == 0
    assert inside["focus"] == "body"
    assert {*inside["opened"]} <= {"_blank,noopener noreferrer"}
    assert set(after.pop("globals")) - set(before.pop("globals")) == set()
    assert {what: (before[what], now) for what, now in after.items() if now != before[what]} == {}


@pytest.mark.parametrize("name", PAYLOADS)
def test_html_cannot_act(bench: OutputBench, name: str) -> None:
    try_out(bench, {"text/html": PAYLOADS[name]})


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_drawing_cannot_act(bench: OutputBench, name: str) -> None:
    payload = PAYLOADS[name]
    around = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='40'>{payload}<rect width='9' height='9'/></svg>"
    )
    try_out(bench, {"image/svg+xml": payload if payload.startswith("<svg") else around})


@pytest.mark.parametrize("name", LATEX)
def test_a_formula_cannot_act(bench: OutputBench, name: str) -> None:
    try_out(bench, {"text/latex": LATEX[name]})


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_cannot_act(bench: OutputBench, name: str) -> None:
    try_out(bench, {"text/markdown": MARKDOWN[name]})


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "stream", "error"])
def test_text_stays_text(bench: OutputBench, kind: str) -> None:
    payload = "<img src=x onerror=acted=1>\x1b]8;;javascript:acted=1\x1b\\\\x\x1b]8;;\x1b\\\\"
    bench.begin()
    if kind == "stream":
        bench.print(payload)
    elif kind == "error":
        bench.hear(("error", {"ename": "E", "evalue": "e", "traceback": [payload]}))
    else:
        bench.show({kind: payload if kind == "text/plain" else {payload: [payload]}})
    bench.settle()
    assert bench.ask("window.acted") is None
    assert bench.body.locator("img, a").count() == 0
    assert "<img src=x onerror=acted=1>" in bench.body.inner_text()


def test_a_link_to_the_web_opens_on_a_click_only_and_knows_nothing_of_the_page(bench: OutputBench) -> None:
    bench.begin().show({"text/html": "<a href='https://example.org/' rel='opener prefetch' target='_self'>x</a>"})
    link = bench.body.locator("a")
    assert [link.get_attribute(name) for name in ("href", "target", "rel")] == [
        "https://example.org/", "_blank", "noopener noreferrer",
    ]  # fmt: skip


def test_what_is_shown_needs_no_more_than_the_strictest_policy(origin: str, chromium: Browser) -> None:
    """The one trusted policy is DOMPurify's; no script, no address, and nothing that a policy would have to refuse."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data: blob:; "
        "media-src data: blob:; connect-src 'self'; require-trusted-types-for 'script'; trusted-types dompurify"
    )
    context = chromium.new_context()
    try:
        blank = "<!DOCTYPE html><title>blank</title><article></article>"
        context.route(
            f"{origin}/book/cells.html",
            lambda route: route.fulfill(
                body=blank, headers={"content-security-policy": policy, "content-type": "text/html"}
            ),
        )
        bench = OutputBench(context, origin)
        bench.ask(
            "() => { window.refused = []; addEventListener('securitypolicyviolation',"
            " (event) => refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)); }"
        )
        for name, payload in PAYLOADS.items():
            bench.begin().show({"text/html": payload}).show({"image/svg+xml": f"<svg>{payload}</svg>"}).settle()
            # The parser's own document, which nobody sees, refuses the handlers aloud before they are taken out.
            assert set(bench.ask("refused.splice(0)")) <= {"script-src-attr inline "}, name
        bench.begin().show({"text/markdown": "**bold**"})
        bench.body.locator("strong").wait_for()
        assert bench.ask("refused") == []
    finally:
        context.close()
