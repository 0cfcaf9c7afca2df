"""What a page's script is told, and the notebook that a reader takes along."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from booksite.live import page_config, portable_notebook


def notebook() -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg/>", "application/pdf": "JVBERi0="})
    return nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (marked)"}},
        cells=[
            nbformat.v4.new_markdown_cell("# Title"),
            nbformat.v4.new_code_cell("a = 1", metadata={"tags": ["remove-cell"]}),
            nbformat.v4.new_code_cell("draw(a)", outputs=[output]),
        ],
    )


def app(**settings: str) -> Any:
    defaults = {
        "live_repository": "",
        "live_branch": "main",
        "live_notebook_branch": "",
        "live_binder_host": "",
        "live_help": "",
    }
    environment = SimpleNamespace(doc2path=lambda page: f"/book/{page}.md")
    return SimpleNamespace(config=SimpleNamespace(**(defaults | settings)), env=environment, srcdir="/book")


def test_cells_that_the_page_does_not_show_are_described_too() -> None:
    config = page_config(app(), "part/page", notebook(), {2})
    assert config == {
        "page": "part/page",
        "cells": [
            {"source": "a = 1", "tags": ["remove-cell"], "shown": False}
            | {"needs": [], "reads": [], "gives": ["a"], "binds": ["a"], "imports": {}},
            {"source": "draw(a)", "tags": [], "shown": True}
            | {"needs": [0], "reads": ["a", "draw"], "gives": [], "binds": [], "imports": {}},
        ],
        "notebook": "_notebooks/part/page.ipynb",
    }


@pytest.mark.parametrize(
    ("settings", "offers"),
    [
        ({}, {}),
        ({"live_help": "book/running-code"}, {"help": "book/running-code.html"}),
        ({"live_binder_host": "mybinder.org", "live_notebook_branch": "pages"}, {}),  # of no use without a repository
        ({"live_repository": "o/r"}, {"clone": "https://github.com/o/r.git"}),
        (
            {"live_repository": "o/r", "live_branch": "new/one", "live_binder_host": "mybinder.org"},
            {
                "clone": "https://github.com/o/r.git",
                "binder": "https://mybinder.org/v2/gh/o/r/new%2Fone?labpath=part%2Fpage.md",
            },
        ),
        (
            {"live_repository": "o/r", "live_notebook_branch": "pages", "live_binder_host": "http://hub.example/"},
            {
                "clone": "https://github.com/o/r.git",
                "binder": "http://hub.example/v2/gh/o/r/main?labpath=part%2Fpage.md",
                "colab": "https://colab.research.google.com/github/o/r/blob/pages/_notebooks/part/page.ipynb",
            },
        ),
    ],
)
def test_offers_are_those_that_the_settings_make_possible(settings: dict[str, str], offers: dict[str, str]) -> None:
    config = page_config(app(**settings), "part/page", notebook(), {2})
    assert {key: config[key] for key in ("clone", "binder", "colab", "help") if key in config} == offers


def test_the_portable_notebook_is_whole_and_small_and_the_original_untouched() -> None:
    original = notebook()
    portable = portable_notebook(original, "Take **this** along.")
    nbformat.validate(portable)
    assert [cell.source for cell in portable.cells] == ["Take **this** along.", "# Title", "a = 1", "draw(a)"]
    assert portable.cells[3].outputs[0]["data"] == {"image/svg+xml": "<svg/>"}
    assert portable.metadata.kernelspec == {"name": "python3", "display_name": "Python 3"}
    assert "application/pdf" in original.cells[2].outputs[0]["data"]
    assert portable == portable_notebook(notebook(), "Take **this** along."), "the same page, the same notebook"
