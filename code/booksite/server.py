"""The server behind ``make live``: the book and its cells' kernels, on one origin that only this computer reaches.

It is Jupyter Server with almost everything taken away: two of its services are left (kernels, sessions), it binds
127.0.0.1, lets in whoever opens the address with the token that it prints, remembers them by a cookie, and believes
nobody else. ``docs/decisions/live-cells.md`` says why.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import os
import shutil
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.serverapp import ServerApp
from tornado import web
from tornado.netutil import bind_sockets
from tornado.websocket import WebSocketClosedError
from traitlets import Unicode
from traitlets.config import Config

from booksite.warm_kernels import BookKernelSpecs, WarmKernelManager

HOST = "127.0.0.1"
START_PAGE = "/site/index.html"
COOKIE_DAYS = 1
STOP_SECONDS = 10
HEADERS = {
    # For answers that are not pages; a page's own policy is in SiteHandler.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}

STYLE = """:root { color-scheme: light dark }
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.5rem }
input, button { font: inherit; padding: .4rem .6rem }
input { width: 100%; box-sizing: border-box; margin: .3rem 0 .8rem }"""

KEY_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>This book needs its key</title>
<style>{style}</style></head>
<body><main><h1>This book needs its key</h1>
<p>Open the address that the server printed in its terminal: it ends in <code>?token=…</code>.
A server that was started anew may have a new one.</p>
<form method="post">{xsrf}<label>Or give the token here:
<input name="password" type="password" autocomplete="off" required></label>
<button>Open the book</button></form><p role="alert">{message}</p></main></body></html>
"""

ERROR_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{reason}</title><style>{style}</style></head>
<body><main><h1>{status}: {reason}</h1><p><a href="{home}">To the book's first page</a></p></main></body></html>
"""


class StartError(Exception):
    """The server cannot start; the message says why, in one line."""


class BookIdentity(IdentityProvider):
    """Lets in readers who know the token, and makes no exception for it.

    Jupyter Server waives its checks of origin and XSRF for a request that carries the token, and opens CORS to it.
    Programs need that; a page never does: it has the cookie. So a token is good for getting the cookie and no more.
    """

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        """Return False: no request is above the checks."""
        return False

    def get_handlers(self) -> list[tuple[str, object]]:
        """Return the one page of those who are not logged in."""
        return [(r"/login", KeyHandler)]

    def process_login_form(self, handler: web.RequestHandler) -> User | None:
        """Return a user if the form carries the token."""
        return (
            self.generate_anonymous_user(handler) if handler.get_body_argument("password", "") == self.token else None
        )


class KeyHandler(LoginFormHandler):
    """Says where to find the key, and takes it."""

    @property
    def content_security_policy(self) -> str:
        """The policy of a page with a form and a few lines of style."""
        return "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"

    def _render(self, message: dict[str, str] | None = None) -> None:
        self.set_status(403)
        said = "This is not the token of this server." if message else ""
        self.write(KEY_PAGE.format(style=STYLE, xsrf=self.xsrf_form_html(), message=html.escape(said)))


class SiteHandler(JupyterHandler, web.StaticFileHandler):
    """Files of the built book, for readers who are logged in."""

    def initialize(self, path: str, default_filename: str | None = "index.html") -> None:  # type: ignore[override]
        """Take the site's folder (JupyterHandler has no arguments of its own)."""
        web.StaticFileHandler.initialize(self, path=path, default_filename=default_filename)

    @property
    def content_security_policy(self) -> str:
        """The policy of the book's pages: nothing from outside, no frames, no ``eval``.

        Inline scripts and styles are allowed because Sphinx and the theme write some into each page.
        """
        return (
            "default-src 'self'; script-src 'self' 'unsafe-inline'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            f"worker-src 'self' blob:; connect-src 'self' ws://{self.request.host}; "
            "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )

    @web.authenticated
    async def get(self, path: str, include_body: bool = True) -> None:  # type: ignore[override]
        """Serve a file; a token in the address is taken out of it first."""
        if "\0" in path:
            raise web.HTTPError(404)
        if "token" in self.request.query_arguments:
            rest = [
                (key, v)
                for key in self.request.query_arguments
                if key != "token"
                for v in self.get_query_arguments(key)
            ]
            self.redirect(self.request.path + ("?" + urlencode(rest) if rest else ""))
            return
        if path.endswith(".html"):
            _ = self.xsrf_token  # reading it sets the cookie that the page's requests must show
            self.identity_provider.set_login_cookie(self, self.current_user)  # a reader who reads stays logged in
        await web.StaticFileHandler.get(self, path, include_body)

    @web.authenticated
    async def head(self, path: str) -> None:  # type: ignore[override]
        """Serve a file's headers."""
        await web.StaticFileHandler.get(self, path, include_body=False)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Refuse what lies outside of the site, also by way of a symbolic link."""
        path = super().validate_absolute_path(root, absolute_path)
        if path is not None and not Path(path).resolve().is_relative_to(Path(root).resolve()):
            raise web.HTTPError(403, "outside of the site")
        return path

    def set_extra_headers(self, path: str) -> None:
        """Let browsers ask each time whether a file changed: a rebuilt page must not meet an old script."""
        self.set_header("Cache-Control", "no-cache")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say that there is no such page, without Jupyter's error page and the styles that it asks for."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(
            ERROR_PAGE.format(
                style=STYLE,
                status=status_code,
                reason=html.escape(self._reason),
                home=f"{self.base_url}site/index.html",
            )
        )


class LiveHandler(APIHandler):
    """``_static/live.json``: the built file says that there is no kernel; here there is one."""

    @web.authenticated
    def get(self) -> None:
        """Tell the page where the kernels are."""
        self.set_header("Cache-Control", "no-store")
        _ = self.xsrf_token
        self.finish(json.dumps({"kernel": True, "base": self.base_url}))


class BookServer(ServerApp):
    """Jupyter Server, reduced to a book and its kernels."""

    name = "book-server"
    site = Unicode(help="Folder of the built book.").tag(config=True)
    default_services = ("kernels", "sessions")  # type: ignore[assignment]
    kernel_manager: WarmKernelManager

    def load_config_file(self, suppress_errors: bool = True) -> None:  # type: ignore[override]
        """Read no configuration of the user's: it may open other servers of theirs, but not this one."""

    def init_webapp(self) -> None:
        """Add the book to the web application."""
        super().init_webapp()
        base = self.base_url.rstrip("/")
        self.web_app.add_handlers(
            ".*$",
            [
                (base + r"/site/_static/live\.json", LiveHandler),
                (base + r"/site/(.*)", SiteHandler, {"path": self.site}),
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
    options = parser.parse_args(argv)
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


def configure(options: argparse.Namespace) -> Config:
    """Build the server's whole configuration from the command line; the user's own files are not read."""
    html_folder = options.html.resolve()
    # What the build told its kernels, so that a run draws the figures that the page shows.
    os.environ.setdefault("CNNBOOK_FONTS", str(html_folder.parent / "assets" / "fonts"))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
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
        tornado_settings={"headers": HEADERS, "ws_ping_interval": 20_000},
        log_level="ERROR",
    )
    config.BookIdentity.update(
        cookie_options={"expires_days": COOKIE_DAYS, "samesite": "Lax"},
        get_secure_cookie_kwargs={"max_age_days": COOKIE_DAYS},
    )
    config.WarmKernelManager.update(
        cull_idle_timeout=options.cull_after, cull_interval=min(60, max(1, options.cull_after // 2))
    )
    # Sockets in the private folder instead of TCP ports that every program on the computer could talk to.
    config.ContentsManager.files_handler_class = None  # its files are nobody's business here
    config.KernelManager.transport = "ipc" if os.name == "posix" else "tcp"
    config.KernelManager.shutdown_wait_time = 2.0
    config.KernelRestarter.time_to_dead = (
        1.0  # how often to look whether a kernel still lives: a reader waits for the answer
    )
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
    try:
        server = BookServer.instance(config=configure(options), runtime_dir=str(runtime))
        server.initialize(argv=[], find_extensions=False)
        server.start()
    except StartError as error:
        print(f"python -m booksite.server: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
