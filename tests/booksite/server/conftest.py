"""A server of a book with one page, for tests that need no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.live_support import BookServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BookServerProcess]:
    html: Path = tmp_path_factory.mktemp("checkout") / "_build" / "html"
    (html / "_static").mkdir(parents=True)
    (html / "index.html").write_text("<!DOCTYPE html><title>Book</title>")
    (html / "_static" / "live.json").write_text('{"kernel": false}')
    (html.parents[1] / "book").mkdir()
    process = BookServerProcess(html, html.parents[1] / "book")
    yield process
    said = process.stop()
    assert "Traceback" not in said, said
