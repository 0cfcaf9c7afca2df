"""The book's own chapters under a reader's hands: how soon something comes, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import BrowserContext, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader, end_kernels, is_warm
from tests.browser.live_support import REPOSITORY, BookServerProcess, wait_for

TOC = yaml.safe_load((REPOSITORY / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [chapter["file"] for part in TOC["parts"] if part.get("numbered") for chapter in part["chapters"]]


@pytest.fixture(scope="module")
def chapter_server(book_html: Path) -> Iterator[BookServerProcess]:
    server = BookServerProcess(book_html, REPOSITORY)
    yield server
    server.stop()


@pytest.fixture
def open_chapter(
    chapter_server: BookServerProcess, new_context: Callable[..., BrowserContext], noise: Noise
) -> Callable[[str], Reader]:
    """Open a chapter for a reader whose kernel has run nothing yet, and wait until the spare is warm."""
    page = new_context().new_page()
    noise.listen(page)

    def visit(name: str) -> Reader:
        end_kernels(page.context)
        reader = Reader(page, chapter_server, f"{name}.html").open()
        wait_for(lambda: any(is_warm(kernel) for kernel in chapter_server.kernels()), "a warm spare", seconds=60)
        return reader

    return visit


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapters_first_figure_is_drawn_after_the_first_press(
    open_chapter: Callable[[str], Reader], name: str
) -> None:
    reader = open_chapter(name)
    reader.button("Run this page").click()
    expect(reader.page.locator(".live-fresh .live-body svg").first).to_be_visible(timeout=60_000)
    reader.button("Interrupt").click()


def test_a_network_is_trained_again_with_other_settings(open_chapter: Callable[[str], Reader]) -> None:
    reader = open_chapter("book/lines")
    reader.cell(0).locator("summary").first.click()  # the first figure's code is folded
    reader.wake()
    first = reader.cell(0).locator(".cm-content")
    code = "\n".join(first.locator(".cm-line").all_inner_texts())
    assert "train_line_classifier(seed=1)" in code
    fresh = reader.run(0, code.replace("(seed=1)", "(seed=4, tau=2.0)"))
    expect(fresh).to_contain_text(re.compile(r"training: +\d+%.*/400"))
    expect(fresh.locator("svg.plot")).to_be_visible(timeout=15_000)
    expect(fresh).not_to_contain_text("training:")  # the bar has gone and left no gap
    assert fresh.locator(".live-stream").count() == 0
    drawn = fresh.locator("svg.plot").bounding_box()
    reader.cell(0).get_by_role("button", name="Show the book’s output").click()
    printed = reader.stored(0).locator("svg.plot").bounding_box()
    assert drawn["width"] == pytest.approx(printed["width"], rel=0.03)


def test_an_error_in_a_folded_solution_is_seen(open_chapter: Callable[[str], Reader]) -> None:
    reader = open_chapter("book/view-parameter-sharing")
    reader.cell(0).locator("summary").first.click()  # the first figure's code is folded
    reader.wake()
    solution = reader.page.locator("div.solution:has(div.cell)").first
    solution.locator("button.toggle-button").click()
    editor = solution.locator(".cm-content").first
    editor.focus()
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.insert_text("raise ValueError('in the solution')")
    solution.locator("button.toggle-button").click()
    expect(editor).to_be_hidden()
    reader.button("Run all").click()
    expect(reader.note).to_contain_text("ValueError. The cells after it did not run.", timeout=60_000)
    expect(solution.locator(".live-error")).to_be_visible()
