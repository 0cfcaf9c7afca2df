"""Kernels that have imported torch and matplotlib before anybody asks for them, and who gets one when they are few.

Starting Python with torch takes seconds; a reader who presses Run should wait for none of them. On Linux kernels are
forks of a process that has imported it (:mod:`booksite.server.forked`). Everywhere one spare kernel stands ready;
whoever asks for a kernel gets it, and the next is started once the reader's cells have stopped computing.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, cast

from ipykernel.kernelspec import KERNEL_NAME, RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import ApiPath
from tornado import web
from traitlets import Float, Integer
from zmq.eventloop.zmqstream import ZMQStream

from booksite.server import forked
from booksite.server.readers import current_reader
from booksite.server.run_outputs import RunOutputs

# An expression: it leaves no name behind, and ";" keeps it from being shown.
WARM_UP = '__import__("booksite.server.warm_up");'

HEARD = 5.0
"""Seconds after which a kernel is handed out although nothing has been heard of it."""

PATIENCE = 10.0
"""Seconds after which a reader who has stopped asking for a kernel loses their place."""

IDLE_CLOSED, IDLE_OPEN, BUSY_CLOSED = 10.0, 60.0, 120.0
"""Seconds after which a kernel is given to those who wait: an idle one of a page that is closed, an idle one of a page
that is open, and one of a closed page that computes still (nobody was there in all that time)."""

# What a kernel has to say goes to its page; what it writes past that (as it is stopped) is not for the terminal.
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

_promise: ContextVar[object] = ContextVar("_promise", default=None)
_NOBODY = object()


def _has_begun(kernel: Any) -> bool:
    """Tell whether Jupyter has noted anything of a kernel: before that, to ask it for its last activity is an error."""
    return bool(kernel.trait_has_value("last_activity"))


class BookKernelSpecs(KernelSpecManager):
    """Knows one kernel: the Python that runs the server, warmed up as it starts.

    A kernel named ``python3`` that the user once installed elsewhere would otherwise be taken, and has no torch.
    """

    memory_mb = Integer(0, help="Most memory of its own that a kernel may take, in MB; 0: no limit.").tag(config=True)

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel's name and folder."""
        return {KERNEL_NAME: RESOURCES}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how to start the kernel.

        Raises
        ------
        NoSuchKernel
            For any other name.
        """
        if kernel_name != KERNEL_NAME:
            raise NoSuchKernel(kernel_name)
        settings = ["--HistoryManager.enabled=False"]  # what readers write is not for the user's own IPython
        if not forked.AVAILABLE:
            settings.append(f"--IPKernelApp.exec_lines={WARM_UP}")
        description = get_kernel_dict(settings)
        description["argv"] = [forked.KERNEL if word == "ipykernel_launcher" else word for word in description["argv"]]
        if forked.AVAILABLE:
            provisioner = {"provisioner_name": forked.NAME, "config": {"memory_mb": self.memory_mb}}
            description["metadata"] = {"kernel_provisioner": provisioner}
        return KernelSpec(resource_dir=RESOURCES, **description)


class WarmKernelManager(AsyncMappingKernelManager):
    """Jupyter Server's kernel manager, with one kernel in hand."""

    spare_delay = Float(
        2.0,
        help="Seconds from handing out the spare to starting the next: the reader's first cell has the processor.",
    ).tag(config=True)

    most = Integer(0, help="How many kernels readers may have at once; 0: any number.").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._owners: dict[str, str | None] = {}
        self._leaving: set[str] = set()  # kernels that are shut down for those who wait
        self._waiting: dict[tuple[str | None, str], float] = {}  # who asks for a kernel, and when they asked last
        self._alone: dict[str, float] = {}  # kernels that compute for a closed page, and since when that is known
        self._promises: set[object] = set()  # of kernels that have no owner yet
        self._outputs: dict[str, RunOutputs] = {}
        self._spare_id: str | None = None
        self._spare_start: asyncio.Task[str] | None = None
        self._spare_timer: asyncio.TimerHandle | None = None
        self._stopping = False

    # All kernels run where the pages' sources are, as they did when the book was built; a spare cannot know its page.
    def cwd_for_path(self, path: str, **kwargs: Any) -> str:
        """Return the folder in which the kernel of any page runs."""
        return self.root_dir

    def prepare_spare(self, delay: float = 0.0) -> None:
        """Start a spare kernel after ``delay`` seconds, unless there is one."""
        if self._spare_id is None and self._spare_timer is None and not self._stopping:
            self._spare_timer = asyncio.get_running_loop().call_later(delay, self._start_spare)

    def _start_spare(self) -> None:
        """Start the spare now, or look again in a second if a reader's cell is computing."""
        self._spare_timer = None
        busy = any(getattr(kernel, "execution_state", "") == "busy" for kernel in self._kernels.values())
        if busy and not forked.AVAILABLE:  # a fork takes nothing that a reader would notice
            self.prepare_spare(1.0)
            return
        self._spare_id = self.new_kernel_id()
        self._spare_start = asyncio.ensure_future(
            super()._async_start_kernel(kernel_id=self._spare_id, path=ApiPath(""), **QUIET)
        )

    async def _async_start_kernel(
        self, *, kernel_id: str | None = None, path: ApiPath | None = None, **kwargs: Any
    ) -> str:
        """Hand out the spare, or start a kernel if there is none (or a particular one is wanted)."""
        any_will_do = kernel_id is None and kwargs.get("kernel_name") in {None, KERNEL_NAME}
        started = await self._take_spare() if any_will_do else None
        if started is None:
            kernel_id = kernel_id or self.new_kernel_id()
            self._give(kernel_id)
            try:
                started = await super()._async_start_kernel(kernel_id=kernel_id, path=path, **(QUIET | kwargs))
            except BaseException:
                self._owners.pop(kernel_id, None)
                raise
        self.prepare_spare(self.spare_delay)
        await self._listens(started)
        return started

    async def _listens(self, kernel_id: str) -> None:
        """Wait until a kernel is heard: what its first cell shows before that would be missing from its outputs."""
        outputs = self._outputs.get(kernel_id)
        if outputs is not None:
            with suppress(TimeoutError):  # it may be heard later
                await asyncio.wait_for(outputs.listens.wait(), HEARD)

    start_kernel = _async_start_kernel  # type: ignore[assignment]  # Jupyter's managers call it by either name

    async def _take_spare(self) -> str | None:
        """Make the spare an ordinary kernel and return its id; None if there is none that lives."""
        spare, start = self._spare_id, self._spare_start
        self._spare_id = self._spare_start = None
        if spare is None or start is None:
            return None
        self._give(spare)
        try:
            await start
            kernel = self.get_kernel(spare)
        except Exception as error:  # it failed to start, or died and was given up
            self._owners.pop(spare, None)
            self.log.warning("The spare kernel was of no use (%s); starting another.", error)
            return None
        kernel.last_activity = utcnow()  # type: ignore[attr-defined]  # it begins to be idle now, not when it was started
        return spare

    # --- whose they are

    def owner(self, kernel_id: str) -> str | None:
        """Return the reader who had a kernel started; None if there is no such kernel."""
        return self._owners.get(kernel_id)

    def list_kernels(self) -> list[dict[str, Any]]:
        """Return the kernels of the reader who asks; one that is nobody's, as the spare, is in no list."""
        reader = current_reader()
        mine = [model for model in super().list_kernels() if self._owners.get(model["id"], _NOBODY) == reader]
        for model in mine:
            # Jupyter looks now and then; who asks before a run wants to know now.
            process = getattr(getattr(self.get_kernel(model["id"]), "provisioner", None), "process", None)
            if process is not None and process.poll() is not None:
                model["execution_state"] = "dead"
        return mine

    def kernel_model(self, kernel_id: str) -> dict[str, Any]:
        """Return what is told of a kernel.

        Raises
        ------
        web.HTTPError
            If there is none, or if it is in the list and nothing has been noted of it (404): it has not begun.
        """
        self._check_kernel_id(kernel_id)
        if not _has_begun(self._kernels[kernel_id]):
            raise web.HTTPError(404, f"kernel {kernel_id} has not begun")
        return super().kernel_model(kernel_id)

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended."""
        if kernel_id in self._outputs:
            self._outputs.pop(kernel_id).close()
        self._owners.pop(kernel_id, None)
        self._leaving.discard(kernel_id)
        return super().remove_kernel(kernel_id)

    # --- when they are few

    def place_in_line(self, page: str) -> int:
        """Return 0 if the reader who asks may have a kernel for a page now, else their place among those who wait.

        The place is kept as long as they ask at least every ``PATIENCE`` seconds, and until somebody comes who has
        fewer kernels.
        """
        now, key = time.monotonic(), (current_reader(), page)
        self._waiting = {one: asked for one, asked in self._waiting.items() if now - asked < PATIENCE}
        # Who has fewer kernels comes first, and among equals who came first (sorting keeps their order).
        line = sorted([*self._waiting, *({key} - self._waiting.keys())], key=lambda one: self._count_of(one[0]))
        ahead = line.index(key)
        if not self.most or ahead < self.most - len(self._owners.keys() - self._leaving) - len(self._promises):
            self._waiting.pop(key, None)
            return 0
        self._waiting[key] = now
        self._make_room()
        return ahead + 1

    def _count_of(self, reader: str | None) -> int:
        """Return how many kernels a reader has."""
        return sum(owner == reader for one, owner in self._owners.items() if one not in self._leaving)

    def _make_room(self) -> None:
        """Shut down a kernel that nobody seems to need: of a closed page, or idle for longest."""
        now, seconds = utcnow(), time.monotonic()
        stay = self._owners.keys() - self._leaving
        begun = {one: kernel for one, kernel in self._kernels.items() if _has_begun(kernel)}
        mine = {one: kernel for one, kernel in begun.items() if one in stay}
        busy = {one for one, kernel in mine.items() if getattr(kernel, "execution_state", "") == "busy"}
        closed = {one for one in mine if not self._kernel_connections.get(one, 0)}
        # One that computes is active all the time; how long it has been alone is counted here.
        self._alone = {one: self._alone.get(one, seconds) for one in busy & closed}
        idle = {one: (now - kernel.last_activity).total_seconds() for one, kernel in mine.items() if one not in busy}
        ripe = [one for one in idle if idle[one] > (IDLE_CLOSED if one in closed else IDLE_OPEN)]
        ripe = ripe or [one for one, since in self._alone.items() if seconds - since > BUSY_CLOSED]
        if ripe:
            first = max(ripe, key=lambda one: (one in closed, idle.get(one, 0.0)))
            self._leaving.add(first)  # it makes room from now on
            self._ending = asyncio.ensure_future(self.shutdown_kernel(first))

    @contextmanager
    def promised(self) -> Iterator[None]:
        """Keep a kernel for the reader who asks, until one is theirs or nothing has come of it."""
        promise = object()
        self._promises.add(promise)
        before = _promise.set(promise)
        try:
            yield
        finally:
            _promise.reset(before)
            self._promises.discard(promise)

    def _give(self, kernel_id: str) -> None:
        """Make a kernel that of the reader who asks, before it is in any list."""
        self._owners[kernel_id] = current_reader()
        self._promises.discard(_promise.get())  # it counts as theirs now

    # --- what they have shown

    def start_watching_activity(self, kernel_id: str) -> None:
        """Listen to a kernel: whether it is at work, and what its cells show."""
        super().start_watching_activity(kernel_id)
        kernel = self.get_kernel(kernel_id)
        self._outputs[kernel_id] = RunOutputs(cast(ZMQStream, kernel.connect_iopub()), kernel.session)

    def stop_watching_activity(self, kernel_id: str) -> None:
        """Listen no more."""
        if kernel_id in self._outputs:
            self._outputs.pop(kernel_id).close()
        super().stop_watching_activity(kernel_id)

    def outputs_of(self, kernel_id: str) -> RunOutputs | None:
        """Return what a kernel's cells have shown lately; None if there is no such kernel."""
        return self._outputs.get(kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Shut a kernel down if it has been idle for too long; the spare's business is to be idle."""
        if kernel_id != self._spare_id:
            await super().cull_kernel_if_idle(kernel_id)

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]
        """Shut all kernels down, the spare too, even if it has only begun to start."""
        self._stopping = True
        if self._spare_timer is not None:
            self._spare_timer.cancel()
        if self._spare_start is not None:
            await asyncio.wait({self._spare_start})
        # A kernel that failed to start stays on this list for ever, and shutting it down fails.
        for kernel_id, start in list(self._pending_kernels.items()):
            await asyncio.wait({start})
            if kernel_id not in self:
                self._pending_kernels.pop(kernel_id, None)
        await self._async_shutdown_all(now=now)
