"""Kernels that have imported torch and matplotlib before anybody asks for them.

Starting Python with torch takes seconds; a reader who presses Run should wait for none of them. So one spare kernel
stands ready; whoever asks for a kernel gets it, and the next is started once the reader's cells have stopped computing.
"""

from __future__ import annotations

import asyncio
import subprocess
from typing import Any

from ipykernel.kernelspec import KERNEL_NAME, RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import ApiPath
from traitlets import Float

WARM_UP = (
    '__import__("booksite.warm_up");'  # an expression: it leaves no name behind, and ";" keeps it from being shown
)

# What a kernel has to say goes to its page; what it writes past that (as it is stopped) is not for the terminal.
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class BookKernelSpecs(KernelSpecManager):
    """Knows one kernel: the Python that runs the server, warmed up as it starts.

    A kernel named ``python3`` that the user once installed elsewhere would otherwise be taken, and has no torch.
    """

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
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict([f"--IPKernelApp.exec_lines={WARM_UP}"]))


class WarmKernelManager(AsyncMappingKernelManager):
    """Jupyter Server's kernel manager, with one kernel in hand."""

    spare_delay = Float(
        2.0,
        help="Seconds from handing out the spare to starting the next: the reader's first cell has the processor.",
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
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
        if any(getattr(kernel, "execution_state", "") == "busy" for kernel in self._kernels.values()):
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
            started = await super()._async_start_kernel(kernel_id=kernel_id, path=path, **(QUIET | kwargs))
        self.prepare_spare(self.spare_delay)
        return started

    start_kernel = _async_start_kernel  # type: ignore[assignment]  # Jupyter's managers call it by either name

    async def _take_spare(self) -> str | None:
        """Make the spare an ordinary kernel and return its id; None if there is none that lives."""
        spare, start = self._spare_id, self._spare_start
        self._spare_id = self._spare_start = None
        if spare is None or start is None:
            return None
        try:
            await start
            kernel = self.get_kernel(spare)
        except Exception as error:  # it failed to start, or died and was given up
            self.log.warning("The spare kernel was of no use (%s); starting another.", error)
            return None
        kernel.last_activity = utcnow()  # type: ignore[attr-defined]  # it begins to be idle now, not when it was started
        return spare

    def list_kernels(self) -> list[dict[str, Any]]:
        """Return the kernels that somebody uses."""
        return [model for model in super().list_kernels() if model["id"] != self._spare_id]

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
