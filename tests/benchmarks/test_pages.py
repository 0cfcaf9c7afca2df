"""The benchmark of pages judges what it measures, and knows every live figure."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages_benchmark", REPOSITORY / "benchmarks" / "pages.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_missed_budget_is_named_and_makes_the_command_fail(pages: ModuleType) -> None:
    said: list[str] = []
    figures = [pages.Figure("quick", 3, 16), pages.Figure("slow", 30, 16), pages.Figure("told only", 900, None)]
    assert pages.report(figures, said.append) == 1
    assert [line.split()[-1] for line in said[1:4]] == ["kept", "MISSED", "900.0"]
    assert said[-1] == "1 missed"
    assert pages.report(figures[:1], said.append) == 0
    assert said[-1] == "all budgets kept"


def test_every_live_figure_of_the_book_is_timed(pages: ModuleType, book_html: Path) -> None:
    texts = [path.read_text(encoding="utf8") for path in book_html.glob("book/*.html")]
    used = {name for text in texts for name in re.findall(r'data-live-figure="([\w-]+)"', text)}
    assert {move.partition(":")[0] for move in pages.figure_pages(book_html)} == used


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--rounds", "0"], "--rounds must be at least 1, got 0"), (["--html", "/nothing"], "no built book in /nothing")],
)
def test_bad_arguments_get_one_line(
    pages: ModuleType, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        pages.main(arguments)
    assert said in capsys.readouterr().err
