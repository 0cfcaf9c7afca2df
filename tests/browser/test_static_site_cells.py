"""The same pages on a host without a kernel: one quiet line, and nothing that fails."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse

import nbformat
import pytest
from playwright.sync_api import BrowserContext, expect
from tests.browser.conftest import Noise


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def static_host(sample_site: Path) -> Iterator[str]:
    """Any web host: Python's own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(sample_site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_one_line_says_what_to_do(static_host: str, new_context: Callable[..., BrowserContext], noise: Noise) -> None:
    page = new_context().new_page()
    noise.listen(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{static_host}/book/cells.html", wait_until="networkidle")
    bar = page.locator(".live-bar")
    expect(bar).to_contain_text("This page shows results that were computed when it was built.")
    expect(bar).to_contain_text("make live")
    assert [link.inner_text() for link in bar.get_by_role("link").all()] == ["download it as a notebook"]
    assert page.locator("button:has-text('Run')").count() == 0
    assert page.locator(".cell_input[tabindex]").count() == 0
    assert [url for url in requests if "live" in url and "live_" not in url] == [
        url for url in requests if urlparse(url).path in {"/_static/live.js", "/_static/live.json"}
    ]
    assert not [url for url in requests if not url.startswith((static_host, "data:", "blob:"))]
    expect(page.locator(".cell_output").first).to_contain_text("sum 21")


def test_a_file_is_as_quiet(sample_site: Path, new_context: Callable[..., BrowserContext], noise: Noise) -> None:
    page = new_context().new_page()
    noise.listen(page)
    page.goto((sample_site / "book" / "short.html").as_uri(), wait_until="load")
    expect(page.locator(".live-bar")).to_contain_text("download it as a notebook")


def test_the_notebook_carries_all_outputs(
    static_host: str, sample_site: Path, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(accept_downloads=True).new_page()
    page.goto(f"{static_host}/book/cells.html")
    with page.expect_download() as download:
        page.locator(".live-bar").get_by_role("link", name="notebook").click()
    path = Path(download.value.path())
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert unquote(download.value.suggested_filename) == "cells.ipynb"
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) == 13
    assert code[1].outputs[0]["text"] == "sum 21\n"
    assert "image/png" in code[3].outputs[0]["data"]
    assert not [
        kind for cell in code for output in cell.outputs for kind in output.get("data", {}) if kind == "application/pdf"
    ]
