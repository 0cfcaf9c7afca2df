"""The process that runs cells: IPython's kernel, which loses nothing of what cells show and knows which of them did.

Jupyter's kernels publish what cells show through a socket that drops messages when a thousand of them wait. A cell that
prints more lines than the server takes in would lose its last ones, and with them the message that it has ended. What
a thread prints goes to whoever has asked the kernel for something last, be it a page that has just been opened. And the
help on a name is in the answer to who has asked for it alone, who may have reloaded the page meanwhile.
"""

from __future__ import annotations

import contextvars
import functools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.dummy import DummyProcess
from typing import TYPE_CHECKING, Any, cast

import zmq
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import extract_header

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class BookKernelApp(IPKernelApp):
    """IPython's kernel."""

    def initialize(self, argv: list[str] | None = None) -> None:
        """Get ready; the book's package, which is there already, is looked at again when the first cell comes."""
        super().initialize(argv)
        keep_context_in_threads()
        for stream in (sys.stdout, sys.stderr):
            keep_to_cells(stream)
        shell = cast("InteractiveShell", self.shell)
        shell.set_hook("show_in_pager", show_as_output, 0)  # before the one that puts it into the answer
        events = shell.events

        def look_once(_: object) -> None:
            events.unregister("pre_run_cell", look_once)
            warm_up = sys.modules.get("booksite.server.warm_up")
            if warm_up is not None:
                warm_up.forget_package_if_changed()

        events.register("pre_run_cell", look_once)

    def init_iopub(self, context: zmq.Context) -> None:
        """Set up the channel to all who listen; whoever sends on it waits until there is room."""
        # Of the sockets that it makes from now on; other kinds of them have no such options.
        context.setsockopt(zmq.XPUB_NODROP, 1)
        context.setsockopt(
            zmq.XPUB_VERBOSE, 1
        )  # each listener is welcomed, so that it knows when it hears (RunOutputs)
        super().init_iopub(context)


def show_as_output(
    shell: InteractiveShell, text: str | dict[str, str], start: int = 0, screen_lines: int = 0, pager_cmd: object = None
) -> None:
    """Show what IPython would open in a pager, such as the help on a name, as an output of the cell (IPython's hook).

    ``text`` is plain, or the same under several MIME types; the metadata name ``pager`` tells pages what it is.
    """
    data = {"text/plain": text} if isinstance(text, str) else text
    shell.display_pub.publish(data, metadata={"pager": True})


def keep_to_cells(stream: Any) -> None:
    """Have what a stream of ipykernel gets from nobody known belong to the last cell, whatever was asked since.

    So it is with the text of child processes and of libraries in C, which goes past Python.
    """
    set_parent = getattr(stream, "set_parent", None)
    if set_parent is None:  # another kind of stream: somebody debugs the kernel
        return

    def set_cell(parent: dict[str, Any]) -> None:
        if extract_header(parent).get("msg_type") == "execute_request":
            set_parent(parent)

    stream.set_parent = set_cell


def keep_context_in_threads() -> None:
    """Have each thread go on in the context in which it is started: what it prints is the output of that cell.

    Python itself can do so from 3.14 on (``-X thread_inherit_context``). The threads of a pool work for whoever gives
    them something to do: those of :mod:`concurrent.futures` in the context of who does, those of
    :mod:`multiprocessing.pool` in none, so that they print where the last cell does.
    """
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    @functools.wraps(start)
    def start_in_context(thread: threading.Thread) -> None:
        if not isinstance(thread, DummyProcess):
            run = functools.partial(contextvars.copy_context().run, thread.run)
            thread.run = run  # type: ignore[method-assign]
        start(thread)

    @functools.wraps(cast(Any, submit))
    def submit_in_context(pool: ThreadPoolExecutor, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        return submit(pool, contextvars.copy_context().run, work, *args, **kwargs)

    threading.Thread.start = start_in_context  # type: ignore[method-assign,assignment]
    ThreadPoolExecutor.submit = submit_in_context  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    BookKernelApp.launch_instance()
