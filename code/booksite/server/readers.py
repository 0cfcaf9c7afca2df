"""One reader, one kernel a page: what a browser may see and touch is its own.

A reader is a browser: the anonymous user that Jupyter Server makes up for the login cookie. Kernels belong to the
reader who had them started; sessions are kept apart by putting the reader before the page's name.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

from jupyter_server import CallContext
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.sessions.sessionmanager import SessionManager

if TYPE_CHECKING:
    from booksite.server.kernels import WarmKernelManager


def current_reader() -> str | None:
    """Return whose request is being answered; None outside of requests."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    user = getattr(handler, "current_user", None)
    return user.username if isinstance(user, User) else None


class ReaderSessions(SessionManager):
    """Jupyter's session manager, in which every reader has only their own sessions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def alone(self, path: str) -> asyncio.Lock:
        """Return the lock of a reader's page: two requests at once must not start two kernels."""
        return self._locks.setdefault(_own(path), asyncio.Lock())

    async def session_exists(self, path: str) -> bool:
        """Tell whether the reader has a session of that name."""
        return bool(await super().session_exists(_own(path)))

    async def create_session(self, path: str | None = None, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Create a session of the reader's."""
        return await super().create_session(_own(path or ""), *args, **kwargs)

    async def get_session(self, **kwargs: Any) -> dict[str, Any]:
        """Return a session of the reader's."""
        if "path" in kwargs:
            kwargs["path"] = _own(kwargs["path"])
        return await super().get_session(**kwargs)

    async def list_sessions(self) -> list[dict[str, Any]]:
        """Return the reader's sessions."""
        return [model for model in await super().list_sessions() if model["path"].startswith(_own(""))]

    def owner(self, session_id: str) -> str | None:
        """Return whose a session is; None if there is none of that name."""
        row = self.cursor.execute("SELECT path FROM session WHERE session_id=?", (session_id,)).fetchone()
        return row[0].partition("/")[0] if row else None


def _own(path: str) -> str:
    return f"{current_reader() or ''}/{path}"


class ReadersAuthorizer(Authorizer):
    """Lets readers act on their own kernels and sessions; those that do not exist are for the handlers to miss."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        """Tell whether whatever a request names is the reader's own."""
        kernels = cast("WarmKernelManager", handler.kernel_manager)
        sessions = cast(ReaderSessions, handler.session_manager)
        kernel, session = (handler.path_kwargs.get(name) for name in ("kernel_id", "session_id"))
        if kernel is not None and kernel in kernels:
            return kernels.owner(kernel) == user.username  # the spare is nobody's
        return session is None or sessions.owner(session) in {None, user.username}
