"""What TeX's log holds against the book, and the link to the PDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter
from sphinx.config import Config
from sphinx.errors import ConfigError
from tests.booksite.conftest import Built

from booksite import pdf, printing


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("./book.tex:12: Undefined control sequence.", "TeX stopped"),
        ("! Emergency stop.", "TeX stopped"),
        ("LaTeX Warning: Hyper reference `x' on page 3 undefined on input line 7.", "a reference leads nowhere"),
        ("LaTeX Warning: Label `x' multiply defined.", "a reference leads nowhere"),
        ("Missing character: There is no ℝ (U+211D) in font texgyre!", "a sign is in no font"),
        (r"Overfull \hbox (2.1pt too wide) in paragraph at lines 1--2", "a box is too large"),
        (r"Overfull \vbox (40.0pt too high) has occurred while \output is active", "a box is too large"),
    ],
)
def test_each_fault_is_found_and_named(line: str, what: str) -> None:
    log = f"This is XeTeX\n{line}\nOutput written on book.pdf"
    assert pdf.complaints(log) == [f"{what}: {line}"]


def test_small_overfull_boxes_and_other_warnings_pass() -> None:
    log = "Overfull \\hbox (1.9pt too wide)\nUnderfull \\vbox (badness 10000)\nLaTeX Font Info: Overfull of joy\n"
    assert pdf.complaints(log) == []


def test_a_folder_without_sources_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["pdf", str(tmp_path), str(tmp_path / "out")])
    assert pdf.main() == 1
    assert capsys.readouterr().err == f"{tmp_path} must hold book.tex: run `make pdf`\n"


def test_tex_that_stops_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = r"\documentclass{article}\begin{document}\n\oops\end{document}".replace(r"\n", "\n")
    (tmp_path / "book.tex").write_text(source)
    monkeypatch.setattr("sys.argv", ["pdf", str(tmp_path), str(tmp_path / "out")])
    assert pdf.main() == 1
    assert "TeX stopped: ./book.tex:2: Undefined control sequence." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unknown_paper_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPER", "letter")
    config = Config()
    with pytest.raises(ConfigError, match="print_paper must be one of 'a4', '7x10', got 'letter'"):
        printing.configure(None, config)


def test_the_link_comes_with_the_pdf_and_goes_with_it(build: Callable[..., Built], tmp_path: Path) -> None:
    page = "# Title\n\n```{pdf-link}\n```\n"
    assert build("booksite.pdf_link", index=page).page().select(".pdf-link") == []
    file = tmp_path / "pdf" / pdf.NAME
    file.parent.mkdir()
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(72, 72)
    writer.write(file)
    built = build("booksite.pdf_link", index=page)  # the page's own text is as before
    assert "3 pages, 0.0 MB" in built.page().select_one(".pdf-link").get_text()
    assert (built.folder / pdf.NAME).read_bytes() == file.read_bytes()
    file.unlink()
    built = build("booksite.pdf_link", index=page)
    assert built.page().select(".pdf-link") == []
    assert not (built.folder / pdf.NAME).exists()
