"""What cells have shown lately, kept by the server: a page that was away, or lost its connection, asks for the rest.

Jupyter itself keeps messages only while no page at all listens to a kernel, and for one of them only. This listens
beside the pages, so that nothing of a run is lost between the end of one connection and the next, whoever else listens.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from jupyter_client.session import Session, json_default
from jupyter_server.auth.decorator import authorized
from jupyter_server.services.kernels.handlers import KernelsAPIHandler
from tornado import web
from zmq.eventloop.zmqstream import ZMQStream

if TYPE_CHECKING:
    from booksite.server.kernels import WarmKernelManager

MOST_BYTES = 16 * 2**20
"""Most that is kept of one kernel: a cell may print for ever."""

LARGE = 1 / 4
"""Share of that from which a run that shows bit by bit gives up its own beginning, before others give up anything."""

BIT = 1 / 16
"""Share of that from which a message is no bit: a picture is not given up for what came long before it."""

FEW = 100

MOST_NAMES = 5000
"""Of messages that are not kept any more: a page that was away may have one of them in hand."""

OVERHEAD = 500
"""Bytes that a message takes beside its text."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)

DISPLAYS = {"display_data", "execute_result", "update_display_data"}
SHOWS = {"display_data", "execute_result", "stream", "error"}


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One that a kernel has sent to all who listen."""

    request: str  # name of the request that it belongs to
    name: str
    ends: bool  # the run has ended with it
    parts: list[bytes]  # as on the wire, from the signature on; none any more when it is not kept
    display: str = ""  # name of the display that it shows or changes
    changes: bool = False  # it changes one that was shown before, by whatever run
    shows: bool = False  # something is to be seen by it
    clears: str = ""  # it takes away what was shown: "now", or "next", when there is something else
    home: str = ""  # the request in whose output it is seen
    number: int = 0  # in the order in which they came
    sent: datetime = LONG_AGO  # by the kernel's clock

    @property
    def size(self) -> int:
        """Return how many bytes it takes, about."""
        return OVERHEAD + sum(map(len, self.parts))


@dataclass(frozen=True, slots=True)
class Gone:
    """What is known still of a message that is not kept."""

    home: str
    number: int
    sent: datetime
    superseded: bool  # what it says is not so any more


class RunOutputs:
    """The messages of one kernel's runs; some of the oldest are dropped when they are too much."""

    def __init__(self, stream: ZMQStream, session: Session) -> None:
        self._stream = stream
        self._session = session
        self._messages: OrderedDict[int, Message] = OrderedDict()  # by their numbers
        self._of: dict[str, OrderedDict[int, Message]] = {}  # the same, by the request in whose output they are seen
        self._bytes: Counter[str] = Counter()  # likewise
        self._total = 0
        self._large: set[str] = set()  # requests that take a large share of it, or did
        self._count_of_all = 0
        self._names: OrderedDict[str, Gone] = OrderedDict()  # by the names of messages, in the order in which they went
        self._gone: dict[str, Gone] = {}  # request → the last by which something was to be seen in its output
        self._updates: dict[str, Message] = {}  # the last one of each display
        self._homes: dict[str, str] = {}  # display → the request that has shown it
        self._current = ""  # the request that something was heard of last
        self._shown: list[Message] = []  # by that one, since it last took away what it had shown
        self._cleared: list[Message] = []  # what it will have taken away when it shows something else
        self.listens = asyncio.Event()  # set by the kernel's first word: from then on nothing is missed
        stream.on_recv(self._hear)

    def close(self) -> None:
        """Stop listening."""
        self.listens.set()  # nobody need wait for it any more
        if not self._stream.closed():
            self._stream.close()

    def _hear(self, received: list[bytes]) -> None:
        self.listens.set()
        parts = cast("list[bytes]", self._session.feed_identities(received)[1])
        try:
            message = _message_of(parts)
        except (AttributeError, KeyError, TypeError, ValueError):
            return  # a cell can send what no library would
        if message is not None:
            self.add(message)

    def add(self, message: Message) -> None:
        """Keep a message; of the updates of a display, the last one; of what is taken away again, nothing."""
        home = self._homes.get(message.display, message.request) if message.changes else message.request
        self._count_of_all += 1
        message = replace(message, home=home, number=self._count_of_all)
        if message.changes:
            self._forget(self._updates.get(message.display))
            self._updates[message.display] = message
        elif message.display:
            self._homes[message.display] = home
        self._clear_for(message)
        self._messages[message.number] = message
        self._of.setdefault(home, OrderedDict())[message.number] = message
        self._count(message, 1)
        if self._bytes[home] > LARGE * MOST_BYTES:
            self._large.add(home)
        while self._total > MOST_BYTES and len(self._messages) > 1:
            self._drop()

    def _count(self, message: Message, sign: int) -> None:
        self._bytes[message.home] += sign * message.size
        self._total += sign * message.size

    def _drop(self) -> None:
        self._large = {request for request in self._large if self._bytes[request] > LARGE * MOST_BYTES}
        beginnings = [self._beginning(request) for request in self._large]
        bits = [message for message in beginnings if message.size < BIT * MOST_BYTES]
        largest = max(bits, key=lambda message: self._bytes[message.home], default=None)
        oldest = largest or next(iter(self._messages.values()))
        gone = self._gone.get(oldest.home)
        if (oldest.shows or oldest.changes) and (gone is None or gone.number < oldest.number):
            self._gone[oldest.home] = Gone(oldest.home, oldest.number, oldest.sent, False)
        self._forget(oldest, superseded=False)

    def _beginning(self, home: str) -> Message:
        """Return the first message of a run's output that is no part of a display that has changed."""
        messages = self._of[home].values()
        steady = (message for message in messages if message.display not in self._updates)
        return next(steady, None) or next(iter(messages))

    def _clear_for(self, message: Message) -> None:
        """Forget what a message takes away; a moving picture may be shown and taken away a thousand times."""
        if message.request != self._current:
            self._current, self._shown, self._cleared = message.request, [], []
        if message.clears:
            self._cleared += self._shown
            self._shown = [message]
        if message.shows:
            self._shown.append(message)
            if len(self._shown) > 2 * len(self._messages) + FEW:
                self._shown = [one for one in self._shown if one.parts]
        if message.shows or message.clears == "now":
            for gone in self._cleared:
                self._forget(gone)
            self._cleared = []

    def _forget(self, message: Message | None, superseded: bool = True) -> None:
        if message is None or not message.parts:
            return
        del self._messages[message.number], self._of[message.home][message.number]
        self._count(message, -1)
        if not self._of[message.home]:
            del self._of[message.home], self._bytes[message.home]
        if self._homes.get(message.display) == message.home and not message.changes:
            del self._homes[message.display]
        if self._updates.get(message.display) is message:
            del self._updates[message.display]
        message.parts.clear()  # whoever has it in hand still shall not count it again
        self._names[message.name] = Gone(message.home, message.number, message.sent, superseded)
        if len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def of(self, request: str, after: str = "", at: str = "") -> dict[str, Any]:
        """Return what a run has shown, and how other runs have changed its displays.

        Parameters
        ----------
        request : str
            Name of the request by which its code was sent.
        after : str
            Name of the last message that is known already, if any is.
        at : str
            Its date (ISO 8601): if its name is not kept any more, what was sent later is told.

        Returns
        -------
        dict
            ``messages``; ``superseded``, the names of others that may be on their way still, of which nothing is to be
            seen any more; ``cut``, whether some that came after the one that was known were dropped; and ``ended``,
            whether the run has ended.
        """
        found, shown = [], set()  # what the run has to do with, and the names of its displays
        for message in self._messages.values():
            if message.request == request:
                found.append(message)
                if message.display and not message.changes:
                    shown.add(message.display)
            elif message.changes and message.display in shown:
                found.append(message)
        kept = next((message for message in found if message.name == after), None)
        known = kept or self._names.get(after)
        gone = self._gone.get(request)
        if not after:
            fresh, cut = found, gone is not None
        elif known:
            fresh = [message for message in found if message.number > known.number]
            cut = gone is not None and gone.number > known.number
        else:
            moment = _moment(at)
            fresh = [message for message in found if message.sent > moment]
            cut = gone is not None and gone.sent > moment
        return {
            "messages": [self._readable(message) for message in fresh],
            "superseded": [name for name, one in self._names.items() if one.superseded and one.home == request],
            "cut": cut,
            "ended": any(message.ends for message in found if message.request == request),
        }

    def _readable(self, message: Message) -> dict[str, Any]:
        # The signature was for the way; what a kernel's own page may read needs none here.
        header, parent, metadata, content = (_read(part) for part in message.parts[1:5])
        return {"header": header, "parent_header": parent, "metadata": metadata, "content": content}


def _message_of(parts: list[bytes]) -> Message | None:
    """Read a message of a run; None if it belongs to none."""
    header, parent = _read(parts[1]), _read(parts[2])
    if parent.get("msg_type") != "execute_request":
        return None
    kind = header["msg_type"]
    # A long text is not read for nothing.
    named = kind in DISPLAYS and b"display_id" in parts[4]
    content = _read(parts[4]) if named or kind in {"status", "clear_output"} else {}
    display = (content.get("transient") or {}).get("display_id") or ""
    if not isinstance(display, str):
        display = json.dumps(display)  # Python takes any value for a name
    return Message(
        request=parent["msg_id"],
        name=header["msg_id"],
        ends=kind == "status" and content.get("execution_state") == "idle",
        parts=parts,
        display=display,
        changes=kind == "update_display_data",
        shows=kind in SHOWS,
        clears="" if kind != "clear_output" else "next" if content.get("wait") else "now",
        sent=_moment(header.get("date")),
    )


def _moment(date: object) -> datetime:
    """Read a message's date; one that is none is long ago."""
    try:
        moment = datetime.fromisoformat(cast("str", date))
    except (TypeError, ValueError):
        return LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(part: bytes) -> Any:
    """Read a part of a message; a kernel may send text that is no UTF-8, such as the name of a file (PEP 383)."""
    return json.loads(part.decode("utf-8", "replace"))


class RunOutputsHandler(KernelsAPIHandler):
    """Answers with what a run of a reader's kernel has shown."""

    @web.authenticated
    @authorized
    async def get(self, kernel_id: str) -> None:
        """Answer for the request named by ``request``, from what came after ``after`` on; see :meth:`RunOutputs.of`."""
        kernels = cast("WarmKernelManager", self.kernel_manager)
        outputs = kernels.outputs_of(kernel_id)
        if outputs is None:
            raise web.HTTPError(404, f"no kernel {kernel_id}")
        after, at = self.get_query_argument("after", ""), self.get_query_argument("at", "")
        said = outputs.of(self.get_query_argument("request"), after, at)
        state = getattr(kernels.get_kernel(kernel_id), "execution_state", "")
        self.finish(json.dumps(said | {"idle": state == "idle"}, default=json_default))
