"""Somebody in front of a page whose cells run."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import psutil
from playwright.sync_api import BrowserContext, Locator, Page, Route, WebSocketRoute, expect
from tests.browser.live_support import BookServerProcess, Client

KEEPS = """() => {
    try {
        return Object.keys(localStorage).some((name) => /:(edit:|ran:|lost)/.test(name));
    } catch (forbidden) {
        return false;
    }
}"""


class Reader:
    """Somebody in front of a page of cells; without a name, the sample's."""

    def __init__(self, page: Page, server: BookServerProcess, name: str = "book/cells.html") -> None:
        self.page, self.server, self.name = page, server, name

    def open(self) -> Reader:
        self.page.goto(self.server.page(self.name))
        expect(self.page.get_by_role("button", name=re.compile("^Run (this page|all)$"))).to_be_visible()
        return self

    def cell(self, index: int) -> Locator:
        return self.page.locator("div.cell").nth(index)

    def code(self, index: int) -> Locator:
        return self.cell(index).locator(".cm-content")

    def fresh(self, index: int) -> Locator:
        return self.cell(index).locator(".live-fresh")

    def stored(self, index: int) -> Locator:
        return self.cell(index).locator(".cell_output")

    def client(self) -> Client:
        """Return a client that the server takes for this reader's browser."""
        return Client(self.server.port, {one["name"]: one["value"] for one in self.page.context.cookies()})

    @property
    def bar(self) -> Locator:
        return self.page.locator(".live-bar")

    @property
    def note(self) -> Locator:
        return self.page.locator(".live-note:not(.live-unkept, .live-place)")

    @property
    def offer(self) -> Locator:
        return self.page.locator(".live-bar .live-offer:not(.live-loss)")

    @property
    def loss(self) -> Locator:
        return self.page.locator(".live-bar .live-loss")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def wake(self) -> Reader:
        """Make the page live without running anything."""
        if self.page.evaluate(KEEPS):
            self.code(0).focus()  # what the reader did is brought back, and editors with it
        else:
            self.cell(0).locator(".cell_input").focus()
            self.page.keyboard.press("Enter")
        expect(self.code(0)).to_be_focused()
        expect(self.bar).to_have_attribute("data-kernel", "idle")
        return self

    def write(self, index: int, code: str) -> None:
        self.code(index).focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)

    def run(self, index: int, code: str | None = None, key: str = "Control+Enter") -> Locator:
        """Run a cell with the keyboard; return its fresh output."""
        if code is not None:
            self.write(index, code)
        self.code(index).focus()
        self.page.keyboard.press(key)
        return self.fresh(index)

    def finished(self, index: int, state: str = "done") -> None:
        expect(self.cell(index)).to_have_attribute("data-live", state)


class Wire:
    """A page's connection to its kernel, from the next loading on, that can be cut, or lose what is sent."""

    def __init__(self, page: Page) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.whole = True
        self.loses = False
        self.deaf = False  # nothing of the kernel's comes, as while Jupyter makes a connection
        page.route_web_socket(re.compile("/channels"), self._connect)
        page.reload()

    def _connect(self, socket: WebSocketRoute) -> None:
        if not self.whole:
            socket.close()
            return
        self.sockets.append(socket)
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if self.loses else server.send(message))
        server.on_message(lambda message: None if self.deaf else socket.send(message))

    @contextlib.contextmanager
    def cut(self) -> Iterator[None]:
        """Cut it; at the end it can be made again."""
        self.whole = False
        self.sockets[-1].close()
        yield
        self.whole = True


SCRIPT = "**/live-session.js*"


class SlowScript:
    """The script of the editors, after a reload on its way until somebody lets it arrive."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] = []
        self.page = page
        page.route(SCRIPT, lambda route: self.held.append(route))
        page.reload()

    def arrives(self) -> None:
        self.page.unroute(SCRIPT)  # what is asked for from now on comes at once
        for route in self.held:
            route.fallback()


class SlowConnection:
    """A page's connection to its kernel, from the next loading on, by which all comes late."""

    def __init__(self, page: Page) -> None:
        page.add_init_script("""
          const { onmessage } = Object.getOwnPropertyDescriptors(WebSocket.prototype);
          const late = (listener) => (event) => setTimeout(() => listener(event), 600);
          Object.defineProperty(WebSocket.prototype, "onmessage", {
            get: onmessage.get, configurable: true,
            set(listener) { onmessage.set.call(this, listener && late(listener)); },
          });
          const { send } = WebSocket.prototype;
          window.sockets = new Set();
          WebSocket.prototype.send = function (...data) { window.sockets.add(this); return send.apply(this, data); };
        """)
        page.reload()

    @staticmethod
    def cut(page: Page) -> None:
        """Break it; the page makes it again."""
        page.evaluate("() => window.sockets.forEach((socket) => socket.close())")


def end_kernels(context: BrowserContext) -> None:
    """Shut down the kernels that a browser has on servers of books, as far as these still run."""
    for cookie in context.cookies():
        name = re.fullmatch(r"username-127-0-0-1-(\d+)", cookie["name"])
        if name:
            jar = {one["name"]: one["value"] for one in context.cookies()}
            client = Client(int(name[1]), jar)
            with contextlib.suppress(ConnectionError):
                for session in client.get("/api/sessions").json:
                    client.delete(f"/api/sessions/{session['id']}")


def is_warm(kernel: psutil.Process) -> bool:
    """Tell whether a kernel waits for its first cell: it has its threads, and nothing to do."""
    try:
        return kernel.num_threads() > 5 and kernel.cpu_percent(interval=0.3) < 5
    except psutil.NoSuchProcess:
        return False
