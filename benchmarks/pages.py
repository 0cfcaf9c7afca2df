"""Measure what a reader waits for, beside its budget: ``make bench`` (the book must be built; an idle machine).

First output and first figure after the first press on each chapter, with a warm kernel; what a later run takes beyond
its code's own time; a move of each live figure, layout included.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from playwright.sync_api import Browser, Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # the browser tests' reader and server are used here, too

from tests.browser.live_reader import Reader, end_kernels, is_warm  # noqa: E402
from tests.browser.live_support import BookServerProcess, wait_for  # noqa: E402

from booksite.chromium import ADVICE, FLAGS, find_chromium  # noqa: E402

TOC = yaml.safe_load((REPOSITORY / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [chapter["file"] for part in TOC["parts"] if part.get("numbered") for chapter in part["chapters"]]
TRAINING_FIRST = {
    *("book/cells", "book/semantic-segmentation"),
    *("book/view-variable-size", "book/lines", "book/lines-limits"),
}
"""Chapters whose first figure shows what a network has learned by then; until it comes, there is a progress bar."""

FIRST_OUTPUT, FIRST_FIGURE, LATER_RUN, MOVE = 500.0, 800.0, 50.0, 16.0  # budgets, ms

CLOCK = """
globalThis.clock = new Promise((done) => {
  let pressed;
  const after = {};
  document.addEventListener("pointerdown", () => (pressed = performance.now()), { once: true });
  const watch = () => {
    for (const body of pressed ? document.querySelectorAll(".live-fresh .live-body") : []) {
      const drawn = body.querySelector("svg");
      if (drawn || body.textContent.trim()) after.output ??= performance.now() - pressed;
      if (drawn) return done({ figure: performance.now() - pressed, ...after });
    }
    setTimeout(watch, 4);
  };
  watch();
}), null
"""  # in the page, since playwright looks for what it waits for only every half second

LATER = """
globalThis.clock = new Promise((done) => {
  const pressed = performance.now();
  const watch = () => document.querySelector(".live-fresh .live-body")?.textContent.includes("%s")
    ? done(performance.now() - pressed) : setTimeout(watch, 1);
  watch();
}), null
"""

MOVES = {
    "sliding-kernel": "i => figure.update((i * 37) % 62, (i * 53) % 94, 3)",
    "sliding-kernel-detail": "i => figure.update((i * 37) % 46, (i * 53) % 70, 3)",
    "cells-break": "i => figure.update({x: (i * 37) % 160, y: (i * 23) % 96, scale: 0.5 + (i % 20) / 10})",
    "equivariance-shift": "i => figure.update((i * 5) % 12, (i * 7) % 12)",
    "dense-to-toeplitz": "i => figure.setInput(i % 8, (i % 41) / 10 - 2)",
    "convolution-stepper": "i => figure.update((i * 5) % 6, (i * 7) % 6)",
    "shift-explorer": "i => figure.update((i * 5) % 12, (i * 7) % 12)",
    "filter-playground": "i => figure.update(i % 5, (i * 3) % 5, (i % 7) / 7)",
    "line-laboratory: stroke": "i => figure.stroke([[i, 0], [63 - i, 63]])",
    "line-laboratory: lines": "i => figure.changeLines({angle: (i * 7) % 180, count: 8, noise: 0.2})",
    "line-laboratory: wave": "i => figure.changeWave({kind: 'one', frequency: (i % 64) / 128, angle: (i * 7) % 180})",
    "line-laboratory: seed": "i => figure.changeLines({seed: i})",
}
SHOW_FIGURE = """name => (
  document.querySelector(`.live-figure.lf-${name}`)
  ?? document.querySelector(`svg:has(metadata[data-live-figure="${name}"])`)
).scrollIntoView()"""  # a figure near the page's top is live, and its twin hidden, before anybody scrolls
TIME_MOVES = """([name, move]) => {
  const node = document.querySelector(`.live-figure.lf-${name}`);
  const act = new Function("figure", `return ${move}`)(node.figure);
  return Array.from({length: 60}, (_, i) => {
    const start = performance.now();
    act(i);
    document.body.offsetHeight; // with the layout that it asks for
    return performance.now() - start;
  });
}"""


@dataclass(frozen=True)
class Figure:
    """Something measured, in milliseconds."""

    what: str
    value: float
    budget: float | None  # None: told, not judged

    @property
    def missed(self) -> bool:
        """Tell whether it took longer than it may."""
        return self.budget is not None and self.value > self.budget

    def __str__(self) -> str:
        """Return a line of the table."""
        judged = "" if self.budget is None else f"{self.budget:9.0f}  {'MISSED' if self.missed else 'kept'}"
        return f"{self.what:58} {self.value:9.1f}{judged}"


def figure_pages(html: Path) -> dict[str, str]:
    """Find for each live figure a page that has it."""
    found: dict[str, str] = {}
    for name in [TOC["root"], *CHAPTERS]:
        text = (html / f"{name}.html").read_text(encoding="utf8")
        for move in MOVES:
            if f'data-live-figure="{move.partition(":")[0]}"' in text:
                found.setdefault(move, name)
    return found


def measure_moves(browser: Browser, server: BookServerProcess) -> Iterator[Figure]:
    """Time moves of the live figures, each in a page that has it."""
    for move, name in figure_pages(server.html).items():
        figure = move.partition(":")[0]
        page = browser.new_page()
        page.goto(server.page(f"{name}.html"))
        page.evaluate(SHOW_FIGURE, figure)
        page.wait_for_function("name => document.querySelector(`.live-figure.lf-${name}`)?.figure", arg=figure)
        times = page.evaluate(TIME_MOVES, [figure, MOVES[move]])
        yield Figure(f"{move}: a move", statistics.median(times), MOVE)
        page.close()


def measure_first(browser: Browser, server: BookServerProcess, name: str, rounds: int) -> Iterator[Figure]:
    """Time the first press on a chapter, each time with a warm kernel that has run nothing."""
    seen = []
    for _ in range(rounds):
        page = browser.new_context().new_page()
        reader = open_with_warm_kernel(page, server, name)
        page.evaluate(CLOCK)
        reader.button("Run this page").click()
        seen.append(page.evaluate("clock"))
        end_kernels(page.context)
        page.context.close()
    output, figure = (statistics.median(after[what] for after in seen) for what in ("output", "figure"))
    yield Figure(f"{name}: first output", output, FIRST_OUTPUT)
    yield Figure(f"{name}: first figure", figure, None if name in TRAINING_FIRST else FIRST_FIGURE)


def measure_later(browser: Browser, server: BookServerProcess, rounds: int) -> Iterator[Figure]:
    """Time later runs of a cell that prints a word."""
    page = browser.new_page()
    reader = open_with_warm_kernel(page, server, CHAPTERS[1])
    page.locator(".cell_input:visible").first.focus()
    page.keyboard.press("Enter")
    reader.bar.and_(page.locator("[data-kernel=idle]")).wait_for()
    times = []
    for number in range(rounds + 1):
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(f"print({number} + 1000)")
        page.evaluate(LATER % (number + 1000))
        page.keyboard.press("Control+Enter")
        times.append(page.evaluate("clock"))
    yield Figure("a later run of a cell, beyond its code's own time", statistics.median(times[1:]), LATER_RUN)


def open_with_warm_kernel(page: Page, server: BookServerProcess, name: str) -> Reader:
    """Open a page for a reader who will get the spare kernel."""
    reader = Reader(page, server, f"{name}.html").open()
    wait_for(lambda: any(is_warm(kernel) for kernel in server.kernels()), "a warm spare", seconds=60)
    time.sleep(1)  # what was started for the spare has ended
    return reader


@contextmanager
def opened(html: Path) -> Iterator[tuple[Browser, BookServerProcess]]:
    """Start the server and Chromium."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit(ADVICE)
    server = BookServerProcess(html, REPOSITORY / "book")
    try:
        with sync_playwright() as playwright:
            yield playwright.chromium.launch(executable_path=chromium, args=list(FLAGS)), server
    finally:
        server.stop()


def time_additions(count: int = 10_000_000) -> float:
    """Time a loop of additions, in seconds: how fast this machine is now, beside which the figures are to be read."""
    start = time.perf_counter()
    total = 0
    for number in range(count):
        total += number
    return time.perf_counter() - start


def report(figures: Iterable[Figure], say: Callable[[str], object] = print) -> int:
    """Print each figure as it comes; return 1 if one missed its budget."""
    say(f"{'':58} {'ms':>9}{'budget':>9}")
    missed = 0
    for figure in figures:
        say(str(figure))
        missed += figure.missed
    say(f"{missed} missed" if missed else "all budgets kept")
    return 1 if missed else 0


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="benchmarks/pages.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--html", type=Path, default=REPOSITORY / "_build" / "html", help="the built book")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken (default: %(default)s)")
    options = parser.parse_args(argv)
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}")
    if not (options.html / "index.html").is_file():
        parser.error(f"no built book in {options.html}: run `make book` first")

    print(f"10 million additions in Python take {time_additions():.2f} s here")

    def all_figures() -> Iterator[Figure]:
        with opened(options.html) as (browser, server):
            yield from measure_moves(browser, server)
            yield from measure_later(browser, server, options.rounds)
            for name in CHAPTERS:
                yield from measure_first(browser, server, name, options.rounds)

    return report(all_figures())


if __name__ == "__main__":
    sys.exit(main())
