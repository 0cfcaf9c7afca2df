"""The server's command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

import psutil

KERNEL_MB = 600  # what a kernel at work takes by itself, beside what it shares with the others


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line; what is wrong with it ends the program with one line.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; those of this process if None.
    """
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
