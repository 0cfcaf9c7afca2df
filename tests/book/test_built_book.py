"""The built book, page by page, as files: structure, links, words for those who do not see, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from booksite.execution import CODE_CELL, KERNELSPEC, cells_code

REPOSITORY = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((REPOSITORY / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [chapter["file"] for part in TOC["parts"] if part.get("numbered") for chapter in part["chapters"]]
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
GENERATED = {"genindex", "search", "py-modindex"}
LARGEST_PAGE = 1_600_000  # bytes, with the scripts, styles and fonts that it asks for, without MathJax
LARGEST_MATHJAX = 1_200_000  # bytes, on pages with mathematics
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|home|root|tmp|Users)/[\w.]|\.venv\b|site-packages|ipykernel_\d")


class Site:
    """The pages, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = (file for file in folder.rglob("*.html") if "_static" not in file.relative_to(folder).parts)
        self.pages = {file.relative_to(folder).with_suffix("").as_posix(): file for file in sorted(files)}
        del self.pages["index"]  # sends the reader on to the landing page

    @cache  # noqa: B019 (one site a session)
    def text(self, page: str) -> str:
        return (self.folder / f"{page}.html").read_text(encoding="utf8")

    @cache  # noqa: B019
    def soup(self, page: str) -> BeautifulSoup:
        return BeautifulSoup(self.text(page), "html.parser")

    @cache  # noqa: B019
    def ids(self, page: str) -> list[str]:
        return [tag["id"] for tag in self.soup(page).find_all(id=True)]

    def select(self, css: str) -> Iterator[tuple[str, Tag]]:
        """Yield each element of each page that matches."""
        for page in self.pages:
            for tag in self.soup(page).select(css):
                yield page, tag


@pytest.fixture(scope="module")
def site(book_html: Path) -> Site:
    return Site(book_html)


def test_every_page_of_the_contents_is_there_and_no_other(site: Site) -> None:
    assert set(PAGES) <= set(site.pages) <= set(PAGES) | GENERATED
    start = BeautifulSoup((site.folder / "index.html").read_text(encoding="utf8"), "html.parser")
    assert start.meta["content"] == f"0; url={TOC['root']}.html"


# --- the head and the outline


def test_every_page_has_one_h1_and_a_language(site: Site) -> None:
    for page in site.pages:
        assert len(site.soup(page).find_all("h1")) == 1, page
        assert site.soup(page).html["lang"] == "en", page


def test_every_page_has_a_title_and_one_viewport(site: Site) -> None:
    for page in site.pages:
        assert site.soup(page).title.get_text(strip=True), page
        assert len(site.soup(page).select('meta[name="viewport"]')) == 1, page


def test_every_page_is_described_and_every_chapter_in_its_own_words(site: Site) -> None:
    found = {
        page: [meta.get("content", "") for meta in site.soup(page).select('meta[name="description"]')]
        for page in site.pages
    }
    assert {page: texts for page, texts in found.items() if len(texts) != 1 or not texts[0].strip()} == {}
    assert {page: len(found[page][0]) for page in PAGES if not 50 <= len(found[page][0]) <= 300} == {}
    assert [text for text, n in Counter(found[page][0] for page in PAGES).items() if n > 1] == []


def test_headings_leave_out_no_level(site: Site) -> None:
    for page in PAGES:
        levels = [int(tag.name[1]) for tag in site.soup(page).select("article :is(h1, h2, h3, h4, h5, h6)")]
        assert levels[0] == 1, page
        assert all(after <= before + 1 for before, after in pairwise(levels)), (page, levels)


# --- whole in itself


def test_nothing_is_loaded_from_elsewhere(site: Site) -> None:
    elsewhere = re.compile(r"^\s*(https?:)?//")
    found = [
        (page, tag.name, tag[attribute])
        for page, tag in site.select("script, link, img, source, iframe, video, audio, embed, object, image, use")
        for attribute in ("src", "href", "srcset", "data", "xlink:href")
        if elsewhere.match(tag.get(attribute, "")) and tag.get("rel") != ["canonical"]
    ]
    found += [
        (page, tag.name, address)
        for page, tag in site.select("style, [style]")
        for address in re.findall(
            r"url\(\s*['\"]?((?:https?:)?//[^)]+)", tag.get_text() if tag.name == "style" else tag["style"]
        )
    ]
    assert found == []


def test_no_trace_of_what_is_not_used(site: Site) -> None:
    unwanted = ("fontawesome.js", "thebe", "unpkg.com", "jsdelivr", "cdnjs", "googleapis", "cloudflare")
    assert [(page, mark) for page in site.pages for mark in unwanted if mark in site.text(page).lower()] == []


def test_stylesheets_load_nothing_from_elsewhere(site: Site) -> None:
    for file in (site.folder / "_static").rglob("*.css"):
        addresses = re.findall(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^)'\"]+)", file.read_text(encoding="utf8"))
        assert addresses == [], file.name


def local(page: str, address: str) -> tuple[str, str]:
    """Return path within the site and fragment of an address on a page."""
    parts = urlsplit(address)
    if not parts.path:
        return f"{page}.html", unquote(parts.fragment)
    folder = Path("/site") / Path(page).parent
    return (folder / unquote(parts.path)).resolve().relative_to("/site").as_posix(), unquote(parts.fragment)


def test_every_link_and_anchor_leads_somewhere(site: Site) -> None:
    broken = []
    for page, tag in site.select("a[href], link[href], script[src], img[src], source[src]"):
        address = tag.get("href") or tag.get("src")
        if urlsplit(address).scheme:  # http, mailto, data
            continue
        path, anchor = local(page, address)
        name = path.removesuffix(".html")
        if not (site.folder / path).exists() or (anchor and name in site.pages and anchor not in site.ids(name)):
            broken.append((page, address))
    assert broken == []


def test_ids_are_unique_within_a_page(site: Site) -> None:
    twice = {page: [name for name, n in Counter(site.ids(page)).items() if n > 1] for page in site.pages}
    assert {page: names for page, names in twice.items() if names} == {}


def test_what_an_attribute_refers_to_is_there(site: Site) -> None:
    names = ("aria-labelledby", "aria-describedby", "aria-controls", "for")
    missing = [
        (page, name, target)
        for page in site.pages
        for name in names
        for tag in site.soup(page).find_all(attrs={name: True})
        for target in str(tag[name] if isinstance(tag[name], str) else " ".join(tag[name])).split()
        if target not in site.ids(page)
    ]
    assert missing == []


# --- pictures


def test_every_picture_says_what_it_shows(site: Site) -> None:
    silent = [(page, str(tag)[:100]) for page, tag in site.select("img") if not tag.get("alt", "").strip()]
    silent += [
        (page, tag.get("aria-label")) for page, tag in site.select("svg.plot") if len(tag.get("aria-label", "")) <= 20
    ]
    assert silent == []
    assert sum(1 for _ in site.select("svg.plot")) >= len(CHAPTERS)  # it does find them


def test_other_drawings_are_decoration_or_named(site: Site) -> None:
    def named(tag: Tag) -> bool:
        return bool(
            tag.get("aria-label")
            or tag.find("title", recursive=False)
            or tag.find_parent(attrs={"aria-hidden": "true"})
        )

    odd = [
        (page, str(tag)[:100])
        for page, tag in site.select("svg")
        if not named(tag) and tag.get("aria-hidden") != "true"
    ]
    assert odd == []


def test_every_plot_of_a_chapter_has_a_caption(site: Site) -> None:
    for chapter in CHAPTERS:
        for plot in site.soup(chapter).select("svg.plot"):
            figure = plot.find_parent("figure")
            assert figure is not None, (chapter, plot["aria-label"])
            assert len(figure.figcaption.select_one(".caption-text").get_text(strip=True)) > 20, (
                chapter,
                figure.get("id"),
            )


# --- what cells left


def test_no_stored_output_is_an_error_or_a_warning(site: Site) -> None:
    assert [(page, tag.get_text()[:200]) for page, tag in site.select(".stderr, .traceback")] == []
    assert [
        page for page, tag in site.select(".cell_output") if "Traceback (most recent call last)" in tag.get_text()
    ] == []


def prose(site: Site, page: str) -> str:
    """Return the page's text without code, drawings and mathematics."""
    article = BeautifulSoup(str(site.soup(page).select_one("article") or site.soup(page).body), "html.parser")
    for tag in article.select("pre, code, svg, .math, script, style"):
        tag.decompose()
    return article.get_text(" ")


def test_no_page_tells_where_it_was_built(site: Site) -> None:
    found = [(page, match[0], text[match.start() - 40 : match.end() + 40]) for page in site.pages
             for text in [site.text(page)] for match in MACHINE_PATH.finditer(text)]  # fmt: skip
    assert found == []


def test_no_number_is_left_unresolved(site: Site) -> None:
    leftover = re.compile(r"<class|\?\?|\bglue\b|\{[a-z]+\}|\bnan\b|\bundefined\b|Figure %s|:\.\d+f")
    assert [(page, match[0]) for page in PAGES for match in leftover.finditer(prose(site, page))] == []


def test_no_markup_shows_through(site: Site) -> None:
    leftover = re.compile(r":::|```|\$\$|\{numref\}|\{ref\}|\]\(")
    assert [(page, match[0]) for page in PAGES for match in leftover.finditer(prose(site, page))] == []


# --- sources


def sources() -> dict[str, str]:
    return {page: (REPOSITORY / f"{page}.md").read_text(encoding="utf8") for page in PAGES}


def test_code_fits_on_the_printed_page() -> None:
    wide = [
        (page, line) for page, text in sources().items() for line in cells_code(text).splitlines() if len(line) > 79
    ]
    assert wide == []


def test_printed_outputs_fit_on_the_page(site: Site) -> None:
    wide = [(page, line) for page, tag in site.select(".cell_output .stream pre, .cell_output .text_plain pre")
            for line in tag.get_text().splitlines() if len(line) > 90]  # fmt: skip
    assert wide == []


def test_the_cache_knows_every_page_with_cells() -> None:
    """The execution cache recognises a page by this very line; another spelling would keep stale results."""
    assert [page for page, text in sources().items() if CODE_CELL.search(text) and not KERNELSPEC.search(text)] == []


# --- each chapter


def test_a_chapter_begins_with_its_question(site: Site) -> None:
    for chapter in CHAPTERS:
        questions = site.soup(chapter).select("article .question")
        assert len(questions) == 1, chapter
        assert "?" in questions[0].get_text(), chapter
        assert questions[0].find_previous(["h1", "h2"]).name == "h1", chapter  # before the first section


def test_a_chapter_ends_with_a_recap_of_five_lines(site: Site) -> None:
    for chapter in CHAPTERS:
        (recap,) = site.soup(chapter).select(".admonition.recap")
        assert len(recap.select("li")) == 5, chapter


def test_a_chapter_has_a_captioned_figure_and_says_what_breaks_its_idea(site: Site) -> None:
    for chapter in CHAPTERS:
        assert site.soup(chapter).select("figure figcaption"), chapter
        assert site.soup(chapter).select(".breaks"), chapter


def test_a_chapter_has_quizzes_with_one_right_option_and_a_reason_for_each(site: Site) -> None:
    for chapter in CHAPTERS:
        quizzes = site.soup(chapter).select("section.quiz")
        assert quizzes, chapter
        for quiz in quizzes:
            options = quiz.select("details.quiz-option")
            assert len(options) >= 2, quiz["id"]
            assert sum("right" in option["class"] for option in options) == 1, quiz["id"]
            for option in options:
                paragraphs = option.select(".quiz-reason > :not(.quiz-verdict)")
                assert len(" ".join(p.get_text(strip=True) for p in paragraphs)) > 10, (
                    quiz["id"],
                    option.summary.get_text(),
                )
            question = [
                tag.get_text(strip=True)
                for tag in quiz.find_all("p", recursive=False)
                if "quiz-title" not in tag.get("class", [])
            ]
            assert "".join(question), quiz["id"]


def test_every_quiz_is_answered_at_the_end_of_the_book(site: Site) -> None:
    answered = {
        local("book/quiz-answers", a["href"])
        for a in site.soup("book/quiz-answers").select("article a[href*='#quiz-']")
    }
    asked = {(f"{page}.html", tag["id"]) for page, tag in site.select("section.quiz")}
    assert answered == asked
    assert len(asked) >= len(CHAPTERS)


def test_a_chapter_has_two_exercises_and_each_a_folded_solution(site: Site) -> None:
    for chapter in CHAPTERS:
        exercises = site.soup(chapter).select("div.exercise")
        solutions = site.soup(chapter).select("div.solution")
        assert len(exercises) >= 2, chapter
        solved = [
            a["href"].partition("#")[2] for tag in solutions for a in tag.select(".admonition-title a[href*='#']")
        ]
        assert sorted(solved) == sorted(exercise["id"] for exercise in exercises), chapter
        assert all("dropdown" in tag["class"] for tag in solutions), chapter


# --- what comes along


def test_pages_that_show_code_can_be_taken_along_as_notebooks(site: Site) -> None:
    with_cells = {page for page, _ in site.select("div.cell_input")}
    folder = site.folder / "_notebooks"
    assert with_cells >= set(CHAPTERS)
    assert {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.ipynb")} >= with_cells
    for page in with_cells:
        notebook = nbformat.read(folder / f"{page}.ipynb", as_version=4)
        nbformat.validate(notebook)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert outputs, page
        assert not any(output.output_type == "error" for output in outputs), page
        assert not any("application/pdf" in output.get("data", {}) for output in outputs), page
        assert not MACHINE_PATH.search(json.dumps(notebook)), page


def test_the_static_site_says_that_it_has_no_kernel(site: Site) -> None:
    assert json.loads((site.folder / "_static" / "live.json").read_text(encoding="utf8")) == {"kernel": False}


def weight(site: Site, page: str) -> dict[str, int]:
    """Return the bytes of a page and of all that its HTML asks for, uncompressed."""
    parts = {"html": len(site.text(page).encode())}
    for tag in site.soup(page).select(
        "script[src], link[rel=stylesheet], link[rel=preload], img[src]:not([loading=lazy])"
    ):
        address = tag.get("src") or tag.get("href")
        if not urlsplit(address).scheme:
            path = local(page, address)[0]
            parts[path] = (site.folder / path).stat().st_size
    return parts


def test_the_theme_names_no_glyph_of_an_icon_font(site: Site) -> None:
    theme = (site.folder / "_static/styles/pydata-sphinx-theme.css").read_text(encoding="utf8")
    assert "--pst-color-text-base" in theme
    assert re.findall(r"\.fa-[\w-]+:{1,2}before{content:\"", theme) == []


@pytest.mark.parametrize("page", [TOC["root"], *CHAPTERS])
def test_a_page_is_light(site: Site, page: str) -> None:
    parts = weight(site, page)
    mathjax = sum(parts.pop(name) for name in list(parts) if "mathjax" in name)
    assert mathjax <= (LARGEST_MATHJAX if site.soup(page).select(".math") else 0)
    heaviest = ", ".join(f"{name} {size:,}" for name, size in sorted(parts.items(), key=lambda item: -item[1])[:6])
    assert sum(parts.values()) <= LARGEST_PAGE, f"{page}: {sum(parts.values()):,} bytes, of which {heaviest}"


@pytest.mark.parametrize("page", PAGES)
def test_no_element_of_a_page_acts_by_an_attribute(site: Site, page: str) -> None:
    """The server's policy refuses handlers that are written into a page."""
    nodes = site.soup(page).find_all(True)
    assert [f"{node.name} {name}" for node in nodes for name in node.attrs if name.startswith("on")] == []
