"""The server behind ``make live``: the book and its cells' kernels, on one origin that only this computer reaches.

It is Jupyter Server with almost everything taken away: two of its services are left (kernels, sessions), it binds
127.0.0.1, lets in whoever opens the address with the token that it prints, remembers them by a cookie, and believes
nobody else. ``docs/decisions/live-cells.md`` says why.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

import psutil
from jupyter_server.log import log_request
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.handlers import (
    KernelActionHandler,
    KernelHandler,
    _kernel_action_regex,
    _kernel_id_regex,
)
from jupyter_server.services.sessions.handlers import _session_id_regex
from tornado import web
from tornado.netutil import bind_sockets
from tornado.websocket import WebSocketClosedError
from traitlets import Unicode
from traitlets.config import Config

from booksite.server import forked
from booksite.server.channels import ChannelsHandler, KernelsHandler, PageSessionHandler, SessionsHandler
from booksite.server.kernels import BookKernelSpecs, WarmKernelManager
from booksite.server.pages import (
    START_PAGE,
    BookIdentity,
    HomeHandler,
    KeyHandler,
    LiveHandler,
    NothingHandler,
    SiteHandler,
)
from booksite.server.readers import ReadersAuthorizer, ReaderSessions
from booksite.server.relations import RelationsHandler
from booksite.server.run_outputs import RunOutputsHandler

HOST = "127.0.0.1"
COOKIE_DAYS = 1
STOP_SECONDS = 10
KERNEL_MB = 600  # what a kernel at work takes by itself, beside what it shares with the others
HEADERS = {
    # For answers that are not pages; a page's own policy is in SiteHandler.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


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


def _log_failure(handler: web.RequestHandler) -> None:
    """Report requests that the server failed to answer; to be asked to wait for a kernel (503) is an answer."""
    if handler.get_status() >= 500 and handler.get_status() != 503:
        log_request(handler)


def _is_no_death(record: logging.LogRecord) -> bool:
    """Tell whether a message is not about a kernel's end: what a reader's cell has done is for its page to say."""
    return "restarted failed" not in str(record.msg)


def _report_unless_left(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report an error that nobody caught, except that a reader closed a page while its cells were writing."""
    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = _Parser(
        prog="python -m booksite.server", description="Serve the built book with cells that run.", allow_abbrev=False
    )
    parser.add_argument("--html", type=Path, default=Path("_build/html"), help="the built book (default: %(default)s)")
    parser.add_argument(
        "--root", type=Path, default=Path("book"), help="folder in which cells run (default: %(default)s)"
    )
    parser.add_argument("--port", type=int, default=8888, help="0 takes any free one (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--cull-after", type=int, default=3600, metavar="SECONDS",
        help="shut down kernels of closed pages that were idle for so long (default: %(default)s)",
    )  # fmt: skip
    total = psutil.virtual_memory().total // 2**20
    parser.add_argument(
        "--kernels", type=int, default=max(2, (total - 2000) // KERNEL_MB), metavar="N",
        help="most kernels at once; who comes later waits for one (default, by this computer's memory: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--kernel-memory", type=int, default=max(2000, total // 2), metavar="MB",
        help="most memory of its own that a kernel may take, on Linux; 0: no limit (default: %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(argv)
    if options.kernels < 1:
        parser.error(f"--kernels must be at least 1, got {options.kernels}")
    if options.kernel_memory != 0 and options.kernel_memory < 1000:
        parser.error(f"--kernel-memory must be 0 or at least 1000 MB, got {options.kernel_memory}")
    if not 0 <= options.port <= 65535:
        parser.error(f"--port must be from 0 to 65535, got {options.port}")
    if options.cull_after < 1:
        parser.error(f"--cull-after must be at least 1 second, got {options.cull_after}")
    if not (options.html / "index.html").is_file():
        parser.error(f"no built book in {options.html} (it has no index.html): run `make book` first")
    if not options.root.is_dir():
        parser.error(f"--root must be a folder, got {options.root}")
    return options


def _has_desktop() -> bool:
    """Tell whether there is a screen that a browser could open on."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def set_environment(html_folder: Path) -> None:
    """Tell kernels what the build told its own, so that a run draws the figures that the page shows.

    To be called before the process that is forked into kernels is started: it inherits this.
    """
    os.environ.setdefault("CNNBOOK_FONTS", str(html_folder.resolve().parent / "assets" / "fonts"))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def configure(options: argparse.Namespace) -> Config:
    """Build the server's whole configuration from the command line; the user's own files are not read."""
    html_folder = options.html.resolve()
    config = Config()
    config.BookServer.update(
        site=str(html_folder),
        ip=HOST,
        port=options.port,
        root_dir=str(options.root.resolve()),
        # Beside the site, not in it: readers of a checkout stay logged in when its server is started again.
        cookie_secret_file=str(_private_folder(html_folder.parent / "live") / "cookie_secret"),
        default_url=START_PAGE,
        open_browser=not options.no_browser and _has_desktop(),
        allow_root=True,  # containers; nothing that is served depends on the user
        allow_remote_access=False,
        allow_unauthenticated_access=False,
        identity_provider_class=BookIdentity,
        kernel_manager_class=WarmKernelManager,
        kernel_spec_manager_class=BookKernelSpecs,
        session_manager_class=ReaderSessions,
        authorizer_class=ReadersAuthorizer,
        tornado_settings={"headers": HEADERS, "ws_ping_interval": 20_000, "log_function": _log_failure},
        log_level="ERROR",
    )
    config.BookIdentity.update(
        cookie_options={"expires_days": COOKIE_DAYS, "samesite": "Lax"},
        get_secure_cookie_kwargs={"max_age_days": COOKIE_DAYS},
    )
    config.BookKernelSpecs.memory_mb = options.kernel_memory
    config.WarmKernelManager.update(
        most=options.kernels,
        cull_idle_timeout=options.cull_after,
        cull_interval=min(60, max(1, options.cull_after // 2)),
    )
    # Sockets in the private folder instead of TCP ports that every program on the computer could talk to.
    config.ContentsManager.files_handler_class = None  # its files are nobody's business here
    config.KernelManager.transport = "ipc" if os.name == "posix" else "tcp"
    config.KernelManager.shutdown_wait_time = 2.0
    # A page that hears of its kernel's death takes a fresh one, which is warm; the old one is not started again.
    config.KernelRestarter.restart_limit = 0
    config.KernelRestarter.time_to_dead = 0.3  # how often to look whether a kernel still lives
    config.ZMQChannelsWebsocketConnection.limit_rate = False  # the page decides what it shows of much output
    config.WarmKernelManager.buffer_offline_messages = False  # see run_outputs
    return config


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
    options = _parse(argv)
    # Where the kernels' connection files and sockets are, private to the user. In /tmp, because the path of a socket
    # must stay below 104 bytes, and macOS's own temporary folders are half of that.
    runtime = Path(tempfile.mkdtemp(prefix="book-", dir="/tmp" if os.name == "posix" else None))
    set_environment(options.html)
    os.environ["IPYTHONDIR"] = str(runtime / "ipython")  # the user's own start-up files are not for readers
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
