"""Chromium, the sample book for the tests of running cells, and the built book for those of its pages."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright
from tests.browser.live_reader import Reader, end_kernels
from tests.browser.live_support import BookServerProcess, build_sample, wait_for
from tests.browser.output_bench import OutputBench, host

from booksite.chromium import FLAGS

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sample book once; return its HTML."""
    return build_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def book_server(sample_site: Path) -> Iterator[BookServerProcess]:
    """Serve the sample book, for all tests that leave the server running."""
    server = BookServerProcess(sample_site, sample_site.parents[1] / "book")
    wait_for(server.kernels, "the spare kernel")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Start Chromium; without one the test fails and says what to install."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield browser
        browser.close()


class Noise:
    """What a page complained about."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.expected = False  # a test that stops the server expects failed requests

    def listen(self, page: Page) -> None:
        page.on(
            "console", lambda m: self.heard.append(f"{m.text} {m.location}") if m.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: self.heard.append(str(error)))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what a page that is left had still asked for
            self.heard.append(f"failed: {request.url} ({request.failure})")


@pytest.fixture(scope="module")
def bench(sample_site: Path, chromium: Browser) -> Iterator[OutputBench]:
    """Open a page on which outputs are shown without a kernel."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    with host(sample_site) as origin:
        yield OutputBench(context, origin)
    context.close()


@pytest.fixture
def noise() -> Iterator[Noise]:
    """Collect complaints; any that the test did not expect fails it."""
    noise = Noise()
    yield noise
    assert noise.expected or not noise.heard, noise.heard


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open browser contexts (a reader's cookies, a phone's screen) that are closed after the test."""
    contexts = []

    def open_context(**options: object) -> BrowserContext:
        contexts.append(chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options)))
        contexts[-1].set_default_timeout(20_000)
        return contexts[-1]

    yield open_context
    for context in contexts:
        end_kernels(context)
        context.close()


@pytest.fixture
def reader(book_server: BookServerProcess, new_context: Callable[..., BrowserContext], noise: Noise) -> Reader:
    """Open the sample's page of cells, for somebody whose kernel has run nothing yet."""
    page = new_context().new_page()
    noise.listen(page)
    return Reader(page, book_server).open()


# --- the built book, as a static host serves it


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def book_origin(book_html: Path) -> Iterator[str]:
    """Serve the built book; return its address, such as ``http://127.0.0.1:40001``."""
    handler = functools.partial(_QuietHandler, directory=str(book_html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class BookPage:
    """A page of the built book in a browser, and all that went wrong with it."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.origin = origin
        self.page = context.new_page()
        self.trouble: list[str] = []
        self.page.on("console", lambda m: self._note(m.type in {"error", "warning"}, f"console {m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self._note(True, f"error: {error}"))
        self.page.on("requestfailed", lambda r: self._note(True, f"request failed: {r.url}"))
        self.page.on("response", lambda r: self._note(r.status >= 400, f"status {r.status}: {r.url}"))
        self.page.on(
            "request", lambda r: self._note(not r.url.startswith((f"{origin}/", "data:", "blob:")), f"outside: {r.url}")
        )

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self.trouble.append(what)

    def open(self, name: str) -> Page:
        """Open a page by its name, such as ``book/cells``, and wait until its scripts and mathematics are done."""
        self.page.goto(f"{self.origin}/{name}.html")
        self.page.wait_for_function(
            "() => !document.querySelector('script[src*=\"mathjax\"]') || window.MathJax?.startup?.promise", polling=50
        )
        self.page.evaluate("async () => { await window.MathJax?.startup?.promise; await document.fonts.ready; }")
        return self.page


@pytest.fixture
def book_page(book_origin: str, new_context: Callable[..., BrowserContext]) -> Callable[..., BookPage]:
    """Make a reader's browser window: ``book_page(color_scheme="dark").open("book/cells")``."""
    return lambda **options: BookPage(new_context(**options), book_origin)
