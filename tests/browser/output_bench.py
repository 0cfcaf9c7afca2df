"""A page of the sample book with the shipped class Outputs on a bench, which tests feed without a kernel."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Route

ESC = "\x1b"
LAY = """async ({module}) => {
  const { Outputs } = await import(module);
  const place = document.createElement("section");
  place.id = "bench";
  document.querySelector("article, body").append(place);
  const message = ([msg_type, content]) => ({ header: { msg_type }, content });
  window.bench = {
    begin() {
      bench.outputs = new Outputs((n) => `picture ${n}`);
      place.replaceChildren(bench.outputs.node);
    },
    /** Whether all has its final form: what is rendered by a library has come, and each formula been drawn. */
    typeset() {
      const roots = [...place.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean);
      const waits = [place, ...roots].some((root) => root.querySelector(".live-formula, .live-markdown > pre"));
      return !waits || !window.MathJax;
    },
    hear(messages) { for (const m of messages) bench.outputs.handle(message(m)); },
    /** Once round by the browser's drawing and, so that what was asked for on the way has been seen, by the server. */
    async settle() {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      await fetch(new URL("live.json?settled", module));
    },
  };
}"""


class OutputBench:
    """Outputs of a run, fed by hand."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.page: Page = context.new_page()
        self.origin = origin
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.popups: list[Page] = []
        context.route(lambda url: not url.startswith(origin), self._refuse)
        self.page.goto(f"{origin}/book/cells.html")
        self.page.evaluate("async () => { await window.MathJax?.startup?.promise; await document.fonts.ready; }")
        self.page.evaluate(LAY, {"module": f"{origin}/_static/live-session.js"})
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on("popup", lambda page: self.popups.append(page))

    def _refuse(self, route: Route) -> None:
        self._note(route.request.url)
        route.abort()

    def _note(self, url: str) -> None:
        if not url.startswith(("data:", "blob:")) and not url.endswith("?settled"):
            self.requests.append(url)

    @property
    def body(self) -> Locator:
        return self.page.locator("#bench > .live-body")

    def begin(self) -> OutputBench:
        """Begin a run that has shown nothing yet."""
        self.page.evaluate("bench.begin()")
        return self

    def hear(self, *messages: tuple[str, Any]) -> OutputBench:
        """Hand messages to the run, all in one go."""
        self.page.evaluate("(messages) => bench.hear(messages)", [list(message) for message in messages])
        return self

    def show(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **transient: str) -> OutputBench:
        """Display something."""
        return self.hear(("display_data", {"data": data, "metadata": metadata or {}, "transient": transient}))

    def print(self, *texts: str, stream: str = "stdout") -> OutputBench:
        """Print texts, each in a message of its own."""
        return self.hear(*(("stream", {"name": stream, "text": text}) for text in texts))

    def settle(self) -> OutputBench:
        """Wait until what was shown has been drawn, and whatever it would ask for has been asked for."""
        self.page.evaluate("bench.settle()")
        return self

    def ask(self, script: str) -> Any:
        """Evaluate a script in the page."""
        return self.page.evaluate(script)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def host(folder: Path) -> Iterator[str]:
    """Serve a folder without any policy of security: what holds here is held by the scripts alone."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
