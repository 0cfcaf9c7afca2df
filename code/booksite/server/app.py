"""The server behind ``make live``: the book and its cells' kernels, on one origin that only this computer reaches.

It is Jupyter Server with almost everything taken away: two of its services are left (kernels, sessions), it binds
127.0.0.1, lets in whoever opens the address with the token that it prints, remembers them by a cookie, and believes
nobody else. ``docs/decisions/live-cells.md`` says why.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.handlers import (
    KernelActionHandler,
    KernelHandler,
    _kernel_action_regex,
    _kernel_id_regex,
)
from jupyter_server.services.sessions.handlers import _session_id_regex
from tornado.netutil import bind_sockets
from tornado.websocket import WebSocketClosedError
from traitlets import Unicode

from booksite.server import forked
from booksite.server.channels import ChannelsHandler, KernelsHandler, PageSessionHandler, SessionsHandler
from booksite.server.configuration import configure, set_environment
from booksite.server.kernels import WarmKernelManager
from booksite.server.options import parse
from booksite.server.pages import (
    START_PAGE,
    HomeHandler,
    KeyHandler,
    LiveHandler,
    NothingHandler,
    SiteHandler,
)
from booksite.server.relations import RelationsHandler
from booksite.server.run_outputs import RunOutputsHandler

STOP_SECONDS = 10


class StartError(Exception):
    """The server cannot start; the message says why, in one line."""


class BookServer(ServerApp):
    """Jupyter Server, reduced to a book and its kernels."""

    name = "book-server"
    site = Unicode(help="Folder of the built book.").tag(config=True)
    default_services = ("kernels", "sessions")  # type: ignore[assignment]
    kernel_manager: WarmKernelManager

    def load_config_file(self, suppress_errors: bool = True) -> None:  # type: ignore[override]
        """Read no configuration of the user's: it may open other servers of theirs, but not this one."""

    def init_webapp(self) -> None:
        """Add the book to the web application, and the few of Jupyter's addresses that its pages need: no others."""
        super().init_webapp()
        base, kernel = self.base_url.rstrip("/"), rf"/api/kernels/{_kernel_id_regex}"
        self.web_app.add_handlers(
            ".*$",
            [
                (base + r"/(?:site/?)?", HomeHandler, {"path": self.site}),
                (base + r"/login", KeyHandler),
                (base + r"/api/sessions", SessionsHandler),
                (base + rf"/api/sessions/{_session_id_regex}", PageSessionHandler),
                (base + r"/api/kernels", KernelsHandler),
                (base + r"/api/relations", RelationsHandler),
                (base + kernel, KernelHandler),
                (base + rf"{kernel}/outputs", RunOutputsHandler),
                (base + rf"{kernel}/{_kernel_action_regex}", KernelActionHandler),
                (base + rf"{kernel}/channels", ChannelsHandler),
                (base + r"/site/_static/live\.json", LiveHandler),
                (base + r"/site/(.*)", SiteHandler, {"path": self.site}),
                (r".*", NothingHandler),
            ],
        )

    def _find_http_port(self) -> None:
        """Make sure that the port is free, or choose one for port 0."""
        try:
            sockets = bind_sockets(self.port, self.ip)
        except OSError as error:
            raise StartError(
                f"port {self.port} cannot be used ({error.strerror}): choose another one with --port"
            ) from error
        self.port = sockets[0].getsockname()[1]
        for socket in sockets:
            socket.close()

    def start_app(self) -> None:
        """Say nothing yet: the port is bound when the event loop runs."""

    async def _post_start(self) -> None:
        """Warm a kernel, then tell the reader where the book is."""
        asyncio.get_running_loop().set_exception_handler(_report_unless_left)
        self.log.addFilter(_is_no_death)
        self.kernel_manager.prepare_spare()
        address = f"{self.connection_url.rstrip('/')}{START_PAGE}?{urlencode({'token': self.identity_provider.token})}"
        print(f"\n  The book is open at\n\n    {address}\n\n  (Ctrl-C stops it.)\n", flush=True)
        if self.open_browser:
            self.write_browser_open_file()  # the token goes to the browser in a private file, not on a command line
            self.launch_browser()

    async def _stop(self) -> None:
        """Clean up and end, even if a half-open connection never says that it is closed or something fails."""
        try:
            await asyncio.wait_for(self._cleanup(), STOP_SECONDS)
        finally:
            self.io_loop.stop()

    async def cleanup_kernels(self) -> None:
        """Shut all kernels down.

        The original does nothing if the manager is false, which it is as long as its only kernel is still starting.
        """
        await self.kernel_manager.shutdown_all()

    def _signal_stop(self, sig: int, frame: Any) -> None:
        """Stop, and say nothing: whoever sent the signal knows."""
        self.stop(from_signal=True)

    def init_signal(self) -> None:
        """Stop properly at the first Ctrl-C: there is nothing to lose that a question would save."""
        super().init_signal()
        signal.signal(signal.SIGINT, self._signal_stop)


def _is_no_death(record: logging.LogRecord) -> bool:
    """Tell whether a message is not about a kernel's end: what a reader's cell has done is for its page to say."""
    return "restarted failed" not in str(record.msg)


def _report_unless_left(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report an error that nobody caught, except that a reader closed a page while its cells were writing."""
    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)


def main(argv: list[str] | None = None) -> int:
    """Serve the book until it is stopped.

    Parameters
    ----------
    argv : list of str, optional
        Command line without the program's name.

    Returns
    -------
    int
        The process's exit code.
    """
    options = parse(argv)
    # Where the kernels' connection files and sockets are, private to the user. In /tmp, because the path of a socket
    # must stay below 104 bytes, and macOS's own temporary folders are half of that.
    runtime = Path(tempfile.mkdtemp(prefix="book-", dir="/tmp" if os.name == "posix" else None))
    set_environment(options.html, runtime)
    try:
        if forked.AVAILABLE:
            forked.register()
        server = BookServer.instance(config=configure(options), runtime_dir=str(runtime))
        server.initialize(argv=[], find_extensions=False)
        server.start()
    except StartError as error:
        print(f"python -m booksite.server: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
    return 0
