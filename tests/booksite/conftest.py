"""A tiny Sphinx project for the tests of one directive at a time."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils


class Built:
    """What a build left: pages, and what it complained about."""

    def __init__(self, folder: Path, complaints: str) -> None:
        self.folder = folder
        self.complaints = re.sub(r"\x1b\[\d*(;\d+)*m", "", complaints)

    def page(self, name: str = "index") -> BeautifulSoup:
        return BeautifulSoup((self.folder / f"{name}.html").read_text(encoding="utf8"), "html.parser")


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Built]:
    """Build MyST pages with one of the book's extensions; ``build("booksite.quiz", index="# Title")``."""

    def run(extension: str, **pages: str) -> Built:
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        for name, text in pages.items():
            (source / f"{name}.md").write_text(text, encoding="utf8")
        said = io.StringIO()
        settings = {
            "extensions": ["myst_parser", extension],
            "myst_enable_extensions": ["colon_fence"],
            "numfig": True,
            "numfig_format": {"quiz": "Quiz %s"},
            "html_theme": "basic",
        }
        with warnings.catch_warnings(), patch_docutils(), docutils_namespace():
            warnings.simplefilter("ignore")  # Sphinx and docutils speak of their own next versions
            app = Sphinx(
                source, None, tmp_path / "out", tmp_path / "trees", "html", settings, status=None, warning=said
            )
            app.build()
        return Built(tmp_path / "out", said.getvalue())

    return run
