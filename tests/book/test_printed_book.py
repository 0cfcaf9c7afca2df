"""The printed book: what TeX said of it, and the PDF against the pages of the web."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from pypdf.generic import Destination
from tests.book.test_built_book import CHAPTERS, MACHINE_PATH, PAGES, REPOSITORY, TOC

from booksite.pdf import NAME, complaints, pages
from booksite.printing import FRONT, PAPERS

PRINT = REPOSITORY / "_build" / "print" / "_build" / "latex"
PARTS = [part for part in TOC["parts"] if part.get("numbered")]
DPI = 299  # 300, up to the rounding of a picture's size to whole pixels


@pytest.fixture(scope="module")
def pdf() -> Path:
    file = REPOSITORY / "_build" / "pdf" / NAME
    assert file.is_file(), f"{file} is missing: run `make pdf`"
    return file


@pytest.fixture(scope="module")
def reader(pdf: Path) -> PdfReader:
    return PdfReader(pdf)


@pytest.fixture(scope="module")
def text(pdf: Path) -> str:
    return poppler("pdftotext", "-layout", pdf, "-")


@pytest.fixture(scope="module")
def web(book_html: Path) -> Iterator:
    @cache
    def page(name: str) -> BeautifulSoup:
        return BeautifulSoup((book_html / f"{name}.html").read_text(encoding="utf8"), "html.parser")

    return page


def poppler(program: str, *arguments: object) -> str:
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=True).stdout


def table(listing: str) -> list[list[str]]:
    """Return the rows of a listing of poppler's, below its rule."""
    lines = listing.splitlines()
    rule = next(i for i, line in enumerate(lines) if line.startswith("---"))
    return [line.split() for line in lines[rule + 1 :]]


def outline(entries: list, level: int = 0) -> list[tuple[int, Destination]]:
    found = []
    for entry in entries:
        found += outline(entry, level + 1) if isinstance(entry, list) else [(level, entry)]
    return found


def chapter(reader: PdfReader, pdf: Path, title: str) -> str:
    """Return the text from a title of the outline to the next."""
    starts = [(entry.title, reader.get_destination_page_number(entry)) for _, entry in outline(reader.outline)]
    at = [name for name, _ in starts].index(title)
    first, after = starts[at][1], starts[at + 1][1]
    return poppler("pdftotext", "-layout", "-f", first + 1, "-l", max(after, first + 1), pdf, "-")


def heading(page: BeautifulSoup) -> str:
    title = page.h1
    for extra in title.select(".section-number, .headerlink"):
        extra.extract()
    return " ".join(title.get_text().split())


def numbers(web: object, css: str, pattern: str) -> set[str]:
    """Return what the web numbers: the first match of a pattern in each element."""
    found = set()
    for name in PAGES:
        for tag in web(name).select(css):
            match = re.search(pattern, " ".join(tag.get_text().split()))
            if match:
                found.add(match[1])
    return found


def test_tex_has_nothing_against_the_book() -> None:
    log = (PRINT / "book.log").read_text(encoding="utf8", errors="replace")
    assert "Output written on book" in log
    assert complaints(log) == []


def test_the_outline_is_the_table_of_contents(reader: PdfReader, web: object) -> None:
    entries = [(level, entry.title) for level, entry in outline(reader.outline)]
    top = [title for level, title in entries if level == 0]
    assert top[0] == FRONT
    for part, title in zip(PARTS, top[1:], strict=False):
        assert part["caption"] == f"Part {title.split()[0]} · {title.split(maxsplit=1)[1]}"
    assert top.count("Bibliography") == 1
    back = top[1 + len(PARTS) :]
    for name in ("Notation", "Glossary", "Solutions to the exercises", "Answers to the quizzes", "Index"):
        assert name in back
    chapters = [title.split(maxsplit=1) for level, title in entries if level == 1 and re.match(r"\d+ ", title)]
    assert [number for number, _ in chapters] == [str(i + 1) for i in range(len(CHAPTERS))]
    assert [title for _, title in chapters] == [heading(web(name)) for name in CHAPTERS]


def test_chapters_follow_each_other_and_every_title_is_in_the_text(reader: PdfReader, pdf: Path) -> None:
    assert len(reader.pages) == pages(pdf)
    starts = [(entry.title, reader.get_destination_page_number(entry)) for _, entry in outline(reader.outline)]
    assert [page for _, page in starts] == sorted(page for _, page in starts)
    for title, page in starts:
        words = poppler("pdftotext", "-f", page + 1, "-l", page + 1, pdf, "-")
        assert "".join(title.split()[-2:]) in "".join(words.split()), (title, page)


def test_it_says_who_made_it_and_is_a_page_of_its_paper(reader: PdfReader) -> None:
    assert reader.metadata.title == "CNNs and Spatial Processing"
    assert reader.metadata.author
    width, height = (float(side) / 72 for side in reader.pages[0].mediabox[2:])
    sizes = {"a4": (8.27, 11.69), "7x10": (7.0, 10.0)}
    assert set(sizes) == set(PAPERS)
    assert any(abs(width - w) < 0.01 and abs(height - h) < 0.01 for w, h in sizes.values())


def test_all_fonts_are_embedded_and_none_is_of_type_3(pdf: Path) -> None:
    fonts = table(poppler("pdffonts", pdf))
    assert len(fonts) > 5
    # name, type (one to three words), encoding, emb, sub, uni, object, generation
    assert [row for row in fonts if row[-5] != "yes"] == []
    assert [row for row in fonts if "Type 3" in " ".join(row)] == []


def test_pictures_are_fine_enough_for_a_press(pdf: Path) -> None:
    header, *_ = (line.split() for line in poppler("pdfimages", "-list", pdf).splitlines())
    rows = table(poppler("pdfimages", "-list", pdf))
    assert len(rows) > 100
    at = [header.index(name) for name in ("page", "x-ppi", "y-ppi")]
    # "object ID" is two columns after these, so positions hold
    coarse = [[row[i] for i in at] for row in rows if min(int(row[at[1]]), int(row[at[2]])) < DPI]
    assert coarse == []


@pytest.mark.parametrize(
    ("css", "on_the_web", "on_paper"),
    [
        ("figcaption .caption-number", r"Figure ([\d.]*\d)", r"^\s*Figure (\d+(?:\.\d+)?)\.(?!\d)"),
        ("caption .caption-number", r"Table ([\d.]*\d)", r"^\s*Table (\d+(?:\.\d+)?)\.(?!\d)"),
        (".code-block-caption", r"Listing ([\d.]*\d)", r"^\s*Listing (\d+(?:\.\d+)?)\.(?!\d)"),
        (".exercise .admonition-title", r"Exercise ([\d.]*\d)", r"^\s*Exercise ([\d.]*\d) \("),
        (".solution .admonition-title", r"Exercise ([\d.]*\d)", r"^\s*Solution to Exercise ([\d.]*\d)"),
        (".quiz-title", r"Quiz ([\d.]*\d)", r"^\s*Quiz ([\d.]*\d)$"),
        (".eqno", r"\(([\d.]*\d)\)", r"\(([\d.]*\d)\)$"),
    ],
)
def test_numbers_are_those_of_the_web(web: object, text: str, css: str, on_the_web: str, on_paper: str) -> None:
    wanted = numbers(web, css, on_the_web)
    found = set(re.findall(on_paper, text, re.MULTILINE))
    assert wanted or "Table" in on_the_web  # no table has a caption so far
    if css == ".eqno":  # other things in brackets end lines, too
        found &= wanted
    assert found == wanted


def test_each_live_figure_says_on_paper_that_it_moves_on_the_web(web: object, text: str) -> None:
    live = sum(len(web(name).select("[data-live-figure]")) for name in PAGES)
    assert live > 5
    assert len(re.findall(r"Live\s+(?:in\s+the\s+online\s+book\.|online\s*\d+)", text)) == live


def test_captions_on_paper_do_not_tell_what_to_do_at_the_screen(text: str) -> None:
    assert re.findall(r"^.*(?:\bLive:|On paper:).*$", text, re.MULTILINE) == []


def test_the_bibliography_has_no_labels_for_the_text_cites_authors_and_years(reader: PdfReader, pdf: Path) -> None:
    words = chapter(reader, pdf, "Bibliography")
    assert "Torralba" in words
    assert re.findall(r"^\s*\[\w+\]", words, re.MULTILINE) == []


def test_the_answers_are_on_the_page_that_is_named(reader: PdfReader, pdf: Path, text: str) -> None:
    entries = {entry.title: entry for _, entry in outline(reader.outline)}
    start = reader.get_destination_page_number(entries["Answers to the quizzes"])
    named = re.search(r"answers\s+to\s+the\s+quizzes\s[^.]*?\(page\s+(\d+)\)", text)
    assert named
    assert named[1] == reader.page_labels[start]


def test_no_two_pages_have_the_same_label(reader: PdfReader) -> None:
    assert len(set(reader.page_labels)) == len(reader.pages)


def test_the_index_has_each_entry_once() -> None:
    lines = (PRINT / "book.ind").read_text(encoding="utf8").splitlines()
    entries = [re.sub(r"[, ]*\\hyper(?:page|indexformat).*", "", line) for line in lines if "\\item" in line]
    assert len(entries) > 100
    plain = [entry.replace("{}", "").replace(" ", "") for entry in entries]
    assert sorted({entry for entry in plain if plain.count(entry) > 1}) == []
    assert [entry for entry in entries if "forward()" in entry or "{module}" in entry] == []


def test_the_solutions_stand_under_the_names_of_their_chapters(reader: PdfReader, web: object) -> None:
    titles = [title for _, title in ((level, entry.title) for level, entry in outline(reader.outline))]
    found = [title for title in titles if re.match(r"Chapter \d+ · ", title)]
    assert found
    chapters = {f"Chapter {i + 1} · {heading(web(name))}" for i, name in enumerate(CHAPTERS)}
    assert set(found) <= chapters


def test_it_says_its_version_year_and_language(reader: PdfReader) -> None:
    first, back = (page.extract_text() for page in reader.pages[:2])
    assert re.search(r"Version \d+\.\d+\.\d+, 20\d\d", first)
    assert re.search(r"© 20\d\d .+ Version", " ".join(back.split()))
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_links_lead_somewhere(reader: PdfReader) -> None:
    known = set(reader.named_destinations)
    inside = 0
    for page in reader.pages:
        for annotation in (one.get_object() for one in page.get("/Annots", [])):
            action = annotation.get("/A", {}).get_object() if "/A" in annotation else {}
            if action.get("/S") == "/URI":
                assert re.match(r"https?://[\w.-]+\.\w+", str(action["/URI"])), action["/URI"]
            else:
                target = annotation.get("/Dest", action.get("/D"))
                assert str(target) in known, target
                inside += 1
    assert inside > 500


def test_the_text_can_be_taken_out_and_names_no_machine(text: str) -> None:
    assert "�" not in text
    assert MACHINE_PATH.findall(text) == []
    assert "Show code cell" not in text


def test_the_landing_page_links_the_pdf_with_its_pages_and_size(web: object, pdf: Path, book_html: Path) -> None:
    link = web(TOC["root"]).select_one(".pdf-link")
    assert (book_html / "book" / link.a["href"]).resolve().read_bytes() == pdf.read_bytes()
    assert f"{pages(pdf)} pages, {pdf.stat().st_size / 1e6:.1f} MB" in link.get_text()
