"""Kernels as forks of one process that has imported torch, matplotlib and the rest before.

Importing them takes a kernel seconds of the processor's time; twenty readers at once would wait a minute. The standard
library's fork server (:mod:`multiprocessing`) imports them once and hands out copies of itself in tenths of a second,
which share its memory. Only on Linux: macOS's own libraries do not bear a fork without an exec, Windows has none.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import multiprocessing.forkserver
import os
import random
import signal
import subprocess
import sys
from importlib.metadata import EntryPoint
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import Integer

NAME = "book-fork"
BASE = "booksite.server.fork_base"
KERNEL = "booksite.server.kernel_app"
AVAILABLE = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1  # of prctl(2): the signal to get when the parent ends
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3): what is given back, or taken alone, from so many bytes on


def register() -> None:
    """Make jupyter_client know :class:`ForkedKernel` by its name, and start the fork server."""
    entry = EntryPoint(NAME, f"{__name__}:ForkedKernel", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners[NAME] = entry
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([BASE])
    # It must not hear Ctrl-C even while its Python starts; what is ignored here is ignored there (see ``fork_base``).
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, before)


class ForkedKernel(LocalProvisioner):
    """Jupyter's local provisioner, with a fork in place of a new process."""

    memory_mb = Integer(0, help="Most memory of its own that a kernel may take, in MB; 0: no limit.").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel; ``cmd`` is what would be run in its place (its arguments follow the module's name)."""
        arguments = cmd[cmd.index(KERNEL) + 1 :]
        environment = {name: str(value) for name, value in kwargs.get("env", {}).items()}
        process = multiprocessing.get_context("forkserver").Process(
            target=run_kernel, args=(arguments, str(kwargs.get("cwd") or Path.cwd()), environment, self.memory_mb)
        )
        process.daemon = True  # whoever stops the server stops it, too
        process.start()
        self.process = Fork(process)  # type: ignore[assignment]
        self.pid = self.pgid = process.pid  # it makes itself the leader of a group
        return self.connection_info


class Fork:
    """A forked kernel with the few methods of ``subprocess.Popen`` that Jupyter's provisioner calls."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        """Return the exit code; None as long as it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end.

        Raises
        ------
        subprocess.TimeoutExpired
            If it has not ended in time.
        """
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
        return self.poll()

    def send_signal(self, signum: int) -> None:
        """Send a signal; one that has ended gets none."""
        if self.poll() is None and self.pid is not None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def run_kernel(arguments: list[str], folder: str, environment: dict[str, str], memory_mb: int) -> None:
    """Be a kernel: the whole life of the forked process.

    Parameters
    ----------
    arguments : list of str
        Of :mod:`booksite.server.kernel_app`, the connection file among them.
    folder : str
        Where it runs.
    environment : dict of str
        Its environment variables.
    memory_mb : int
        Most memory of its own, in MB: beyond it an allocation fails with an error that the reader sees. 0: no limit.
    """
    _end_with_the_server()
    _keep_freed_memory()
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if memory_mb:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 2**20, memory_mb * 2**20))
    # Its forebear has drawn nothing, but two kernels of one forebear would draw the same numbers.
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    threads = environment.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads) > 0 and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(int(threads))  # the forebear had to have one
    # A kernel's code may start processes of its own, as data loaders do, and in the way that is usual here.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    multiprocessing.set_start_method(None, force=True)
    sys.argv = [KERNEL, *arguments]

    from booksite.server.kernel_app import BookKernelApp
    from booksite.server.warm_up import draw_figure

    with contextlib.suppress(ImportError):
        draw_figure()

    # Matplotlib's backend looks for its kernel when it is imported, and there was none then.
    inline = "get_ipython().run_line_magic('matplotlib', 'inline');"
    BookKernelApp.launch_instance(argv=[*arguments, f"--IPKernelApp.exec_lines={inline}"])


def _keep_freed_memory() -> None:
    """Have the C library give less memory back: to take it again a moment later costs a part of each figure's time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # not every C library has it
    if mallopt is not None:
        mallopt(M_TRIM_THRESHOLD, 32 * 2**20)
        mallopt(M_MMAP_THRESHOLD, 8 * 2**20)


def _end_with_the_server() -> None:
    """Have the kernel of Linux end this process when the server ends, however that comes about.

    The fork server ends with the server: it waits for the end of a pipe. It would wait for ever if its forks kept that
    open. A fork ends with the fork server, also one that is stopped or lets no other thread run.
    """
    base: Any = multiprocessing.forkserver._forkserver
    if base._forkserver_alive_fd is not None:
        os.close(base._forkserver_alive_fd)
        base._forkserver_alive_fd = None
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended meanwhile
        os._exit(1)
