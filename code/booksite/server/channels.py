"""Jupyter's handlers of sessions and of kernels' WebSockets, for guests who do not keep to the rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any, cast

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.services.kernels.handlers import MainKernelHandler
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from jupyter_server.services.sessions.handlers import SessionHandler, SessionRootHandler
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from booksite.server.kernels import WarmKernelManager
from booksite.server.pages import PlainErrors
from booksite.server.readers import ReaderSessions

ASK_AGAIN_SECONDS = 1
UNREADABLE = 1007  # of RFC 6455: data that does not fit its type
TRY_AGAIN_LATER = 1013  # of IANA's registry of WebSocket close codes
MOST_UNREAD = 64 * 2**20
"""Bytes that may wait for a page to read them."""


class SessionsHandler(SessionRootHandler):
    """Starts a kernel for a page, or tells the reader to wait for one."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the page's session; 503 and a sentence if all kernels are in use."""
        page = self._checked()["path"]
        kernels = cast(WarmKernelManager, self.kernel_manager)
        async with cast(ReaderSessions, self.session_manager).alone(page):
            if not await self.session_manager.session_exists(path=page):
                place = kernels.place_in_line(page)
                if place:
                    self._wait(place, kernels.most)
                    return
            with kernels.promised():
                await cast(Awaitable[None], super().post())

    def _wait(self, place: int, most: int) -> None:
        who = "You are next" if place == 1 else f"You are number {place} of those who wait"
        message = f"All {most} places of this server are in use. {who}; this page asks again by itself."
        self.set_status(503)
        self.set_header("Retry-After", str(ASK_AGAIN_SECONDS))
        self.finish(json.dumps({"message": message, "place": place}))

    def _checked(self) -> dict[str, Any]:
        """Return what was sent.

        Raises
        ------
        web.HTTPError
            If it is not what a page sends (400).
        """
        try:
            model = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise web.HTTPError(400, "the request must be JSON") from error
        if not isinstance(model, dict) or not isinstance(model.get("path"), str):
            raise web.HTTPError(400, "the request must be a JSON object with a path")
        kernel = model.get("kernel", {})
        if not isinstance(kernel, dict) or not isinstance(kernel.get("name", ""), str) or "id" in kernel:
            raise web.HTTPError(400, "kernel must be an object with a name")
        if not all(isinstance(model.get(name, ""), str) for name in ("name", "type")):
            raise web.HTTPError(400, "name and type must be strings")
        if model.get("type", "notebook") != "notebook":
            raise web.HTTPError(400, "type must be notebook")
        if not all(model.get(name, "").isprintable() for name in ("path", "name")):
            raise web.HTTPError(400, "path and name must be text without control characters")
        return model


class KernelsHandler(MainKernelHandler):
    """Lists the reader's kernels, and starts none: these come with a page's session, if there is one to be had."""

    @web.authenticated
    async def post(self) -> None:
        """Refuse."""
        raise web.HTTPError(405, "kernels are started by /api/sessions")


class PageSessionHandler(SessionHandler):
    """Shows and ends a session, and changes none: a page keeps its name and its kernel."""

    @web.authenticated
    async def patch(self, session_id: str) -> None:
        """Refuse."""
        raise web.HTTPError(405, "sessions cannot be changed")


class ChannelsHandler(PlainErrors, KernelWebsocketHandler):
    """A kernel's WebSocket; one who is gone before it opens, or sends what is no message, hurts nobody."""

    @ws_authenticated
    async def get(self, kernel_id: str) -> None:
        """Open the socket, unless who asked for it has left meanwhile."""
        self.kernel_id = kernel_id
        self.connection = None
        self.left = False
        self.unread = 0  # bytes that were sent and have not left
        await self.pre_get()
        if not self.left:
            await WebSocketHandler.get(self, kernel_id=kernel_id)

    def on_connection_close(self) -> None:
        """Note that whoever asked has left."""
        self.left = True
        super().on_connection_close()

    def write_message(self, message: bytes | str | dict[str, Any], binary: bool = False) -> asyncio.Future[None]:
        """Send a message; a page that does not read loses its connection, and asks for the rest later."""
        size = len(message)
        if self.unread + size > MOST_UNREAD:
            self.close(TRY_AGAIN_LATER, "the page does not read what it is sent")
            raise WebSocketClosedError
        sent = super().write_message(message, binary)
        self.unread += size
        sent.add_done_callback(lambda done: setattr(self, "unread", self.unread - size))
        return sent

    async def open(self, kernel_id: str) -> None:
        """Connect with the kernel."""
        self.set_nodelay(True)  # else a second message waits 40 ms for the browser's word that the first has come
        if self.connection is not None:
            await super().open(kernel_id)

    def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on; close the socket at one that is none."""
        if self.connection is None:
            return
        try:
            if isinstance(ws_message, bytes):
                _check_offsets(ws_message)
            super().on_message(ws_message)
        except Exception as error:  # whatever it was: it came from outside
            self.log.warning("A message for a kernel could not be read: %r", error)
            self.close(UNREADABLE, "not a message for a kernel")

    def on_close(self) -> None:
        """Let go of the kernel."""
        if self.connection is not None:
            super().on_close()


def _check_offsets(message: bytes) -> None:
    """Check how a binary message says where its parts are: Jupyter believes any number of them.

    Raises
    ------
    ValueError
        If there are more than the message has room for.
    """
    count = int.from_bytes(message[:8], "little")
    if 8 * (count + 1) > len(message):
        raise ValueError(f"{count} parts in {len(message)} bytes")
