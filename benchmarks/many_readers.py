"""Many readers press Run at once: how long each waits for a first output. Part of ``make bench``.

Every reader is a browser of its own, on a chapter of its own (or one that others read, too, when they are more than the
chapters), and runs what the page's first visible cell needs and then the cell.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # the tests' server and client are used here, too

from tests.browser.live_support import BookServerProcess, Client, wait_for  # noqa: E402

TOC = yaml.safe_load((REPOSITORY / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [chapter["file"] for part in TOC["parts"] if part.get("numbered") for chapter in part["chapters"]]
BUDGET = 20.0  # seconds, for 95 of 100 readers
CONFIG = re.compile(r'<script id="live-config" type="application/json">(.*?)</script>', re.DOTALL)


def first_run(html: Path, page: str) -> list[str]:
    """Return the code that a press on a page's first visible cell runs: a print goes before it, as the first output."""
    found = CONFIG.search((html / f"{page}.html").read_text(encoding="utf8"))
    cells: list[dict[str, Any]] = json.loads(found[1])["cells"] if found else []
    first = next(k for k, cell in enumerate(cells) if cell["shown"])
    return ["print('first output')", *(cells[k]["source"] for k in [*cells[first]["needs"], first])]


def read(client: Client, page: str, run: list[str], seconds: list[float], errors: list[str]) -> None:
    """Be one reader."""
    start = time.perf_counter()
    try:
        kernel = client.start_kernel(page)
        reply = client.execute(kernel, run[0])
        seconds.append(time.perf_counter() - start)
        for code in run[1:]:
            reply = client.execute(kernel, code)
            if reply["status"] != "ok":
                errors.append(f"{page}: {reply.get('ename')}: {reply.get('evalue')}")
    except Exception as error:  # whatever kept this reader from a result is told
        errors.append(f"{page}: {error!r}")


def memory_mb(server: BookServerProcess) -> float:
    """Return the proportional share of memory that the server and its kernels take."""
    family = [psutil.Process(server.process.pid)]
    family += family[0].children(recursive=True)
    return sum(one.memory_full_info().pss for one in family) / 2**20


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return 1 if the budget was missed or a reader met an error."""
    parser = argparse.ArgumentParser(prog="benchmarks/many_readers.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--html", type=Path, default=REPOSITORY / "_build" / "html", help="the built book")
    parser.add_argument("--readers", type=int, default=20, help="how many at once (default: %(default)s)")
    options = parser.parse_args(argv)
    if options.readers < 1:
        parser.error(f"--readers must be at least 1, got {options.readers}")
    if not (options.html / "index.html").is_file():
        parser.error(f"no built book in {options.html}: run `make book` first")
    server = BookServerProcess(options.html, REPOSITORY / "book")
    try:
        wait_for(server.kernels, "the spare kernel", seconds=60)
        clients = [server.client() for _ in range(options.readers)]
        seconds: list[float] = []
        errors: list[str] = []
        pages = [CHAPTERS[k % len(CHAPTERS)] for k in range(options.readers)]
        threads = [
            threading.Thread(target=read, args=(client, page, first_run(options.html, page), seconds, errors))
            for client, page in zip(clients, pages, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        memory = memory_mb(server)
    finally:
        server.stop()
    return report(options.readers, seconds, errors, memory)


def report(readers: int, seconds: list[float], errors: list[str], memory: float) -> int:
    """Print what was measured, and judge it."""
    for error in errors:
        print(f"error: {error}")
    if not seconds:
        return 1
    p95 = sorted(seconds)[max(0, -(-95 * len(seconds) // 100) - 1)]
    missed = bool(errors) or len(seconds) < readers or p95 > BUDGET
    print(
        f"{readers} readers at once, s to the first output: least {min(seconds):.1f}, median "
        f"{statistics.median(seconds):.1f}, p95 {p95:.1f} (budget {BUDGET:.0f}), most {max(seconds):.1f}; "
        f"{len(errors)} errors; {memory:.0f} MB in all: {'MISSED' if missed else 'kept'}"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
