"""Runs cells as a reader's first press does: each in a fresh process, after the earlier cells that it needs.

``python -m booksite.cell_check`` takes every cell of every built page, runs what :mod:`booksite.needed_cells` says that
it needs and then the cell itself, and compares what it shows with what the build stored. Cells that begin alike share
their beginning: a process runs it once and forks for what differs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import statistics
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from booksite.needed_cells import needed_cells

ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
SPACES = re.compile(r" {2,}")
BLANKS = re.compile(r"[ \t]+(?=\n|$)")
CLOCK = re.compile(r"perf_counter|process_time|timeit")
NUMBER = re.compile(r"\d[\d.,]*")


@dataclass
class Finding:
    """What came of one cell."""

    page: str
    cell: int  # its number in the page, from 1
    needed: int  # how many cells ran before it
    seconds: float  # from the first of them to its end
    problem: str = ""  # empty if it printed what the build printed


@dataclass
class Step:
    """A cell in the tree of all runs of a page; what follows it in some run hangs below it."""

    cell: int
    asked: bool = False  # does a run end here?
    then: dict[int, Step] = field(default_factory=dict)


def run_tree(needs: Sequence[Sequence[int]], cells: Iterable[int]) -> Step:
    """Arrange the runs of some cells as a tree, so that what they have in common runs once.

    Parameters
    ----------
    needs : sequence of sequences of int
        For each cell of the page the cells that go before it.
    cells : iterable of int
        The cells to run.

    Examples
    --------
    >>> tree = run_tree([[], [0], [0, 1]], [1, 2])
    >>> [(step.cell, step.asked) for step in (tree.then[0], tree.then[0].then[1], tree.then[0].then[1].then[2])]
    [(0, False), (1, True), (2, True)]
    """
    tree = Step(-1)
    for cell in cells:
        step = tree
        for one in [*needs[cell], cell]:
            step = step.then.setdefault(one, Step(one))
        step.asked = True
    return tree


def shown(outputs: Iterable[Any]) -> list[str]:
    """Return what outputs say, and of what has no text the kind, but for addresses and blanks at ends of lines."""
    streams: dict[str, str] = {}
    found: list[str] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        elif kind == "error":
            found.append(f"error: {output['ename']}: {output['evalue']}")
        elif "text/plain" in output["data"]:  # without it: a number for the text (glue), which is kept elsewhere
            pictures = sorted(mime for mime in output["data"] if mime.startswith("image/"))
            found.append(" ".join(["".join(output["data"]["text/plain"]), *pictures]))
    # Pictures of a figure come when the cell has ended, results where they stand: their order is not compared.
    found = [f"{name}: {text}" for name, text in sorted(streams.items())] + sorted(found)
    return [BLANKS.sub("", ADDRESS.sub("0x…", text)) for text in found]


def _without_numbers(text: str) -> str:
    """Return what times look like, whatever they are: columns are as wide as their numbers."""
    return SPACES.sub(" ", NUMBER.sub("#", text))


def check_page(file: Path, cells: Iterable[int] | None = None) -> list[Finding]:
    """Run cells of a built page and compare.

    Parameters
    ----------
    file : Path
        The page as it was executed by the build (``_build/jupyter_execute/…/page.ipynb``).
    cells : iterable of int, optional
        Which cells, counted from 0; all by default.
    """
    notebook = nbformat.read(file, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in code]
    tree = run_tree(needed_cells(sources), range(len(sources)) if cells is None else cells)
    found = _in_fork(lambda: _Runner(file.stem, code).follow(tree))
    return sorted((Finding(**one) for one in found), key=lambda finding: finding.cell)


def sample(file: Path) -> list[int]:
    """Return the cell of a page that needs fewest others, but at least one: the last of them, if there are several."""
    cells = [cell.source for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]
    needy = [(len(needs), -number) for number, needs in enumerate(needed_cells(cells)) if needs]
    return [-min(needy)[1]] if needy else []


def _in_fork(work: Any) -> list[dict[str, Any]]:
    """Call a function in a copy of this process; return its findings."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump([asdict(finding) for finding in work()], pipe)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(f"the process that ran the cells ended with status {status}")
    return json.loads(text)


class _Results(CapturingDisplayHook):
    """Keeps what a cell's last expression gives, unless a semicolon says that it is not to be shown."""

    def __call__(self, result: object = None) -> None:
        """Take a result."""
        if not self.shell.displayhook.quiet():
            super().__call__(result)


class _Runner:
    """Runs a page's cells in this process and its forks."""

    def __init__(self, page: str, code: list[nbformat.NotebookNode]) -> None:
        self.page, self.code = page, code
        sources = [cell.source for cell in code]
        clocks = [bool(CLOCK.search(source)) for source in sources]
        # What a stopwatch says is never the same twice, nor is what is computed from it.
        self.times = [clocks[k] or any(clocks[i] for i in needs) for k, needs in enumerate(needed_cells(sources))]
        self.shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
        self.shell.display_trap.hook = _Results(self.shell)
        self.shell.set_custom_exc((Exception,), _say_nothing)  # an error is an output, not a text on stdout
        self.start = time.perf_counter()

    def follow(self, tree: Step, before: int = 0) -> list[Finding]:
        """Run all that hangs below a step, each branch in a fork."""
        found: list[Finding] = []
        for step in tree.then.values():
            found += [Finding(**one) for one in _in_fork(partial(self._take, step, before))]
        return found

    def _take(self, step: Step, before: int) -> list[Finding]:
        """Run one cell, compare if it was asked for, and go on from there."""
        got, expected = shown(self._run(self.code[step.cell].source)), shown(self.code[step.cell].outputs)
        found = []
        if step.asked:
            if self.times[step.cell]:
                got, expected = ([_without_numbers(text) for text in texts] for texts in (got, expected))
            problem = "" if got == expected else f"expected {expected}, got {got}"
            found.append(Finding(self.page, step.cell + 1, before, time.perf_counter() - self.start, problem))
        return found + self.follow(step, before + 1)

    def _run(self, source: str) -> list[dict[str, Any]]:
        """Run one cell; return its outputs as a notebook stores them."""
        results: list[Any] = []
        self.shell.display_trap.hook.outputs = results
        with capture_output() as captured:
            result = self.shell.run_cell(source, store_history=True)
        streams = {"stdout": captured.stdout, "stderr": captured.stderr}
        outputs: list[dict[str, Any]] = [
            {"output_type": "stream", "name": name, "text": text} for name, text in streams.items() if text
        ]
        outputs += [{"output_type": "display_data", "data": output.data} for output in captured.outputs]
        outputs += [{"output_type": "execute_result", "data": output["data"]} for output in results]
        error = result.error_before_exec or result.error_in_exec
        if error:
            outputs.append({"output_type": "error", "ename": type(error).__name__, "evalue": str(error)})
        return outputs


def _middle_and_most(values: Sequence[float], form: str) -> str:
    return f"{statistics.median(values):{form}} (median), {max(values):{form}} (most)"


def _say_nothing(*args: object, **kwargs: object) -> None:
    """Take the place of what prints tracebacks."""


def prepare(root: Path, fonts: Path) -> None:
    """Make this process like the kernels of the build, which its forks then are."""
    os.environ.update(CNNBOOK_BUILD="1", TQDM_DISABLE="1", CNNBOOK_FONTS=str(fonts))
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    os.chdir(root)
    importlib.import_module("torch").set_num_threads(1)


def main(argv: list[str] | None = None) -> int:
    """Check pages; return 1 if a cell printed something else than the build.

    Parameters
    ----------
    argv : list of str, optional
        Command line without the program's name.
    """
    parser = argparse.ArgumentParser(
        prog="python -m booksite.cell_check", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("pages", nargs="*", help="names of pages, such as cells (default: all)")
    parser.add_argument(
        "--sample", action="store_true", help="of each page the cell that needs fewest others, but some"
    )
    parser.add_argument("--build", type=Path, default=Path("_build"), help="the build's folder (default: %(default)s)")
    options = parser.parse_args(argv)
    build = options.build.resolve()
    files = sorted((build / "jupyter_execute" / "book").glob("*.ipynb"))
    chosen = [file for file in files if not options.pages or file.stem in options.pages]
    if not chosen or len(chosen) < len(set(options.pages)):
        parser.error(f"no such page in {build}: {options.pages or 'run `make book` first'}")
    prepare(Path("book").resolve(), build / "assets" / "fonts")
    failed = 0
    for file in chosen:
        found = check_page(file, sample(file) if options.sample else None)
        if not found:
            continue
        needed = [finding.needed for finding in found]
        seconds = [finding.seconds for finding in found]
        print(f"{file.stem:26} {len(found):3} cells, needed before one {_middle_and_most(needed, '.0f')};", end=" ")
        print(f"seconds to its end {_middle_and_most(seconds, '.1f')}", flush=True)
        for finding in found:
            if finding.problem:
                failed += 1
                print(f"  cell {finding.cell}: {finding.problem}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
