"""The pages that the server shows: the book's, for readers who have its key, and a few of its own."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from booksite.server.policy import script_hashes

START_PAGE = "/site/index.html"

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


class BookIdentity(IdentityProvider):
    """Lets in readers who know the token, and makes no exception for it.

    Jupyter Server waives its checks of origin and XSRF for a request that carries the token, and opens CORS to it.
    Programs need that; a page never does: it has the cookie. So a token is good for getting the cookie and no more.
    """

    def get_token(self, handler: web.RequestHandler) -> str | None:
        """Return the token of a request: only the book's own addresses take one, and only in the address."""
        return handler.get_argument("token", None) if isinstance(handler, SiteHandler) else None

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


class PlainErrors(JupyterHandler):
    """Says what went wrong without Jupyter's error page, which asks for styles, and for who the reader is."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write a page that leads to the book."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(
            ERROR_PAGE.format(
                style=STYLE,
                status=status_code,
                reason=html.escape(self._reason),
                home=f"{self.base_url}site/index.html",
            )
        )


class KeyHandler(PlainErrors, LoginFormHandler):
    """Says where to find the key, and takes it."""

    @property
    def content_security_policy(self) -> str:
        """The policy of a page with a form and a few lines of style."""
        return "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"

    def _render(self, message: dict[str, str] | None = None) -> None:
        self.set_status(403)
        tried = "token=" in self.get_argument("next", "")  # in the address that led here
        said = "This is not the token of this server." if message or tried else ""
        self.write(KEY_PAGE.format(style=STYLE, xsrf=self.xsrf_form_html(), message=html.escape(said)))


class SiteHandler(PlainErrors, web.StaticFileHandler):
    """Files of the built book, for readers who are logged in."""

    def initialize(self, path: str, default_filename: str | None = "index.html") -> None:  # type: ignore[override]
        """Take the site's folder (JupyterHandler has no arguments of its own)."""
        web.StaticFileHandler.initialize(self, path=path, default_filename=default_filename)

    @property
    def content_security_policy(self) -> str:
        """The policy of the book's pages: nothing from outside, no frames, no ``eval``.

        Sphinx and the theme write scripts into each page: these are allowed, by what they say, and no others. Styles
        in the page are allowed.
        """
        return self._policy()

    def _policy(self, *scripts: str) -> str:
        """Write the policy of a page that brings scripts of these hashes."""
        allowed = " ".join(["'self'", *(f"'sha256-{script}'" for script in scripts)])
        return (
            f"default-src 'self'; script-src {allowed}; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            "media-src 'self' data: blob:; "
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
        if "\0" in path:
            raise web.HTTPError(404)
        await web.StaticFileHandler.get(self, path, include_body=False)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Refuse what lies outside of the site, also by way of a symbolic link."""
        path = super().validate_absolute_path(root, absolute_path)
        if path is not None and not Path(path).resolve().is_relative_to(Path(root).resolve()):
            raise web.HTTPError(403, "outside of the site")
        return path

    def compute_etag(self) -> str:
        """Name a file's state: the book may be built anew while the server runs (Tornado keeps its hashes for ever)."""
        state = Path(self.absolute_path or "").stat()
        return f'"{state.st_mtime_ns:x}-{state.st_size:x}"'

    def set_extra_headers(self, path: str) -> None:
        """Let browsers ask each time whether a file changed, and allow a page the scripts that it brings.

        A rebuilt page must not meet an old script.
        """
        self.set_header("Cache-Control", "no-cache")
        file = Path(self.absolute_path or "")
        if file.suffix == ".html":
            self.set_header("Content-Security-Policy", self._policy(*script_hashes(file, file.stat().st_mtime_ns)))


class HomeHandler(SiteHandler):
    """``/``, ``/site`` and ``/site/``: the way to the first page, also for who comes with the token."""

    @web.authenticated
    async def get(self, path: str = "", include_body: bool = True) -> None:  # type: ignore[override]
        """Lead to the first page, without the token."""
        self.redirect(self.base_url.rstrip("/") + START_PAGE)

    head = get


class NothingHandler(PlainErrors):
    """All other addresses, Jupyter Server's own among them: a book has no use for them."""

    @web.authenticated
    def get(self) -> None:
        """Say that there is nothing."""
        raise web.HTTPError(404)

    head = post = put = patch = delete = options = get


class LiveHandler(APIHandler):
    """``_static/live.json``: the built file says that there is no kernel; here there is one."""

    @web.authenticated
    def get(self) -> None:
        """Tell the page where the kernels are."""
        self.set_header("Cache-Control", "no-store")
        _ = self.xsrf_token
        self.finish(json.dumps({"kernel": True, "base": self.base_url}))
