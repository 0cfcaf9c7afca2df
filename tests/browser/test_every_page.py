"""The crawler: every page of the built book in Chromium, at two widths, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import BookPage

REPOSITORY = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((REPOSITORY / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [chapter["file"] for part in TOC["parts"] if part.get("numbered") for chapter in part["chapters"]]
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]), "search", "genindex"]
AXE = (REPOSITORY / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf8")
PHONE = {"viewport": {"width": 390, "height": 844}}

Opener = Callable[..., BookPage]

RUN_AXE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, impact, nodes }) => `${impact} ${id} (${nodes.length}): `
      + nodes.slice(0, 4).map((n) => `${n.target} ${n.html.slice(0, 90)}`).join(" | "));
}"""

# Chromium without a screen sometimes stops drawing frames for a page (once in hundreds), and a page cannot make them
# come: then time passes instead. A page whose scripts never end still hangs here.
LOOK_AROUND = """async () => {
  const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 250); });
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await frame();
  }
  scrollTo(0, 0);
  const shown = (e) => e.getClientRects().length > 0;
  const short = (e) => e.outerHTML.slice(0, 120);
  const wide = document.documentElement.scrollWidth > innerWidth
    ? [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
        .slice(-3).map(short) : [];
  return {
    theme: document.documentElement.dataset.theme,
    scheme: getComputedStyle(document.documentElement).colorScheme,
    scroll: document.documentElement.scrollWidth - innerWidth,
    wide,
    rawMath: [...document.querySelectorAll(".math")].filter((e) => !e.querySelector("mjx-container")).map(short),
    badMath: [...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map(short),
    wideMath: [...document.querySelectorAll("mjx-container[display] mjx-math")].filter((e) =>
      e.getBoundingClientRect().right > e.closest("mjx-container").getBoundingClientRect().right + 1).map(short),
    emptyImages: [...document.images].filter((i) => shown(i) && !(i.complete && i.naturalWidth > 0)).map(short),
    headings: [...document.querySelectorAll("h1")].filter(shown).length,
  };
}"""


@pytest.fixture(scope="module")
def windows(chromium: Browser, book_origin: str) -> Callable[[str, int], BookPage]:
    """Keep one window for each theme and width: what its cache holds need not be loaded for each page."""
    opened: dict[tuple[str, int], BookPage] = {}

    def window(theme: str, width: int) -> BookPage:
        if (theme, width) not in opened:
            context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
            opened[theme, width] = BookPage(context, book_origin)
        opened[theme, width].trouble.clear()
        return opened[theme, width]

    return window


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound(windows: Callable[[str, int], BookPage], name: str, width: int, theme: str) -> None:
    window = windows(theme, width)
    page = window.open(name)
    seen = page.evaluate(LOOK_AROUND)
    assert window.trouble == []
    assert seen["theme"] == theme
    assert theme in seen["scheme"]
    assert seen["headings"] == 1
    assert seen["rawMath"] == seen["badMath"] == seen["wideMath"] == seen["emptyImages"] == []
    assert seen["scroll"] <= 0, seen["wide"]
    if (width, theme) != (390, "dark"):
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_screen_of_320_px(windows: Callable[[str, int], BookPage], name: str) -> None:
    seen = windows("light", 320).open(name).evaluate(LOOK_AROUND)
    assert seen["scroll"] <= 0, seen["wide"]


def test_the_crawler_sees_what_is_wrong(book_page: Opener) -> None:
    """A crawler that finds nothing may be blind: break a page in each way and look again."""
    window = book_page(**PHONE)
    page = window.open("book/cells")
    page.evaluate("""() => {
      document.querySelector("article").insertAdjacentHTML("beforeend",
        '<div style="width:2000px">wide</div><img src="/missing.png"><span class="math">x^2</span><h1>again</h1>');
      console.warn("a warning");
      setTimeout(() => { throw new Error("an error"); });
      fetch("http://127.0.0.1:9/outside").catch(() => {});
    }""")
    marks = ("a warning", "an error", "status 404", "outside: http://127.0.0.1:9")
    page.wait_for_function("document.querySelector('img[src=\"/missing.png\"]').complete")
    while not all(any(mark in trouble for trouble in window.trouble) for mark in marks):
        page.evaluate("new Promise((next) => setTimeout(next, 20))")  # pytest's own limit ends it if one never comes
    seen = page.evaluate(LOOK_AROUND)
    assert seen["scroll"] > 0
    assert seen["headings"] == 2
    assert len(seen["rawMath"]) == len(seen["emptyImages"]) == 1
    page.evaluate(AXE)
    assert any("image-alt" in found for found in page.evaluate(RUN_AXE))


# --- what a reader does


def test_the_theme_button_goes_through_light_dark_and_auto_and_is_remembered(book_page: Opener) -> None:
    window = book_page(color_scheme="dark")
    page = window.open(CHAPTERS[0])
    seen = {}
    for _ in range(3):
        page.locator("button.theme-switch-button:visible").first.click()
        root = page.evaluate("() => ({ ...document.documentElement.dataset })")
        seen[root["mode"]] = root["theme"]
        page.reload()
        assert page.evaluate("() => document.documentElement.dataset.mode") == root["mode"]
    assert seen == {"light": "light", "dark": "dark", "auto": "dark"}
    assert window.trouble == []


def test_the_colour_scheme_is_followed_while_reading(book_page: Opener) -> None:
    page = book_page(color_scheme="light").open(CHAPTERS[0])
    light = background(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert brightness(light) > 200
    assert brightness(background(page)) < 60


def background(page: Page) -> str:
    return page.evaluate("() => getComputedStyle(document.body).backgroundColor")


def brightness(color: str) -> float:
    """Return the mean of red, green, blue; a transparent ground is paper, white."""
    numbers = [float(n) for n in re.findall(r"[\d.]+", color)]
    return 255 if len(numbers) == 4 and numbers[3] == 0 else sum(numbers[:3]) / 3


def test_search_leads_to_the_chapter(book_page: Opener) -> None:
    window = book_page()
    page = window.open(TOC["root"])
    page.keyboard.press("Control+k")
    page.keyboard.type("equivariant")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=equivariant*")
    page.wait_for_load_state("networkidle")  # the results fetch their excerpts
    page.locator("#search-results a[href*='book/semantic-segmentation.html']").first.click()
    page.wait_for_url("**/book/semantic-segmentation.html*")
    assert window.trouble == []


def test_search_says_when_there_is_nothing(book_page: Opener) -> None:
    window = book_page()
    page = window.open("search")
    page.wait_for_load_state("networkidle")  # what is still on its way when we leave counts as failed
    page.goto(f"{page.url}?q=xylophone")
    expect(page.locator("#search-results")).to_contain_text("did not match")
    assert window.trouble == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_quizzes_open_and_close_by_keyboard(book_page: Opener, name: str) -> None:
    page = book_page().open(name)
    for option in page.locator(".quiz-option").all():
        summary, reason = option.locator("summary"), option.locator(".quiz-reason")
        expect(reason).to_be_hidden()
        summary.focus()
        page.keyboard.press("Enter")
        expect(reason).to_be_visible()
        page.keyboard.press("Space")
        expect(reason).to_be_hidden()


@pytest.mark.parametrize("name", CHAPTERS)
def test_solutions_are_folded_and_unfold_by_keyboard(book_page: Opener, name: str) -> None:
    page = book_page().open(name)
    solutions = page.locator("div.solution").all()
    assert len(solutions) >= 2
    for solution in solutions:
        body = solution.locator(":scope > section, :scope > details > section, .solution-content").first
        expect(body).to_be_hidden()
        solution.locator(
            "summary, button.toggle-button, .admonition-title [tabindex], .admonition-title button"
        ).first.focus()
        page.keyboard.press("Enter")
        expect(body).to_be_visible()


@pytest.mark.parametrize("name", CHAPTERS)
def test_hidden_code_opens_by_keyboard(book_page: Opener, name: str) -> None:
    page = book_page().open(name)
    folds = page.locator("article details.hide").all()
    assert folds
    for fold in folds[:3]:
        fold.locator("summary").first.focus()
        page.keyboard.press("Enter")
        expect(fold.locator(".highlight, .cm-editor").first).to_be_visible()


@pytest.mark.parametrize("name", [TOC["root"], *CHAPTERS])
def test_a_page_can_be_read_without_javascript(book_page: Opener, name: str) -> None:
    window = book_page(java_script_enabled=False)
    page = window.page
    page.goto(f"{window.origin}/{name}.html")
    expect(page.locator("article h1")).to_be_visible()
    assert page.locator(".live-figure").count() == 0
    for plot in page.locator("svg.plot").all():
        if plot.locator("xpath=ancestor::details").count() == 0:
            expect(plot).to_be_visible()
    for option in page.locator(".quiz-option").all():
        option.locator("summary").click()
        expect(option.locator(".quiz-reason")).to_be_visible()
    for solution in page.locator("div.solution section").all():
        expect(solution).to_be_visible()
    assert not page.locator(".pst-js-only:visible").count()
    assert window.trouble == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", [TOC["root"], *CHAPTERS])
def test_print_shows_the_twins_on_white(book_page: Opener, name: str, theme: str) -> None:
    window = book_page(color_scheme=theme)
    page = window.open(name)
    for number, twin in enumerate(page.locator("svg.plot:has(metadata[data-live-figure])").all(), start=1):
        twin.evaluate("e => (e.closest('figure') ?? e.parentElement).scrollIntoView()")
        # Before the next one: a figure that is passed within a frame is not seen, and stays as it is printed.
        expect(page.locator(".live-figure")).to_have_count(number)
    page.emulate_media(media="print", color_scheme=theme)
    expect(page.locator(".live-figure:visible")).to_have_count(0)
    for plot in page.locator("svg.plot").all():
        if plot.locator("xpath=ancestor::details | ancestor::*[contains(@class, 'solution')]").count() == 0:
            expect(plot).to_be_visible()
    assert brightness(background(page)) > 240
    colors = page.evaluate("""() => [...document.querySelectorAll("article h1, article p, article pre, figcaption")]
      .filter((e) => e.getClientRects().length).map((e) => getComputedStyle(e).color)""")
    assert max(map(brightness, colors)) < 140
    assert page.locator("header:visible, .bd-sidebar-primary:visible, .bd-header-article:visible").count() == 0
    assert window.trouble == []
