"""Make the PDF from LaTeX's sources and look at what TeX says: ``python -m booksite.pdf _build/print/_build/latex``."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NAME = "cnns-and-spatial-processing.pdf"
LARGEST_OVERFULL = 2.0  # pt
ERROR = re.compile(r"^(?:!|[^\s:]+\.(?:tex|sty):\d+:) .+", re.MULTILINE)
COMPLAINTS = {
    "a reference leads nowhere": re.compile(r"^LaTeX Warning: .*(?:undefined|multiply defined).*", re.MULTILINE),
    "a sign is in no font": re.compile(r"^Missing character: .+", re.MULTILINE),
}
OVERFULL = re.compile(r"^Overfull \\[hv]box \(([\d.]+)pt too .+", re.MULTILINE)


def complaints(log: str) -> list[str]:
    r"""Return what TeX's log holds against the book, a line each; none is good.

    Parameters
    ----------
    log : str
        The log of the last run, its lines not wrapped (``max_print_line``).

    Examples
    --------
    >>> complaints("Overfull \\hbox (12.3pt too wide) in paragraph at lines 5--6\nOverfull \\vbox (1.2pt too high)")
    ['a box is too large: Overfull \\hbox (12.3pt too wide) in paragraph at lines 5--6']
    """
    found = [f"TeX stopped: {line}" for line in ERROR.findall(log)]
    for what, pattern in COMPLAINTS.items():
        found += [f"{what}: {line}" for line in dict.fromkeys(pattern.findall(log))]
    for match in OVERFULL.finditer(log):
        if float(match[1]) > LARGEST_OVERFULL:
            found.append(f"a box is too large: {match[0]}")
    return found


def make(latex: Path) -> list[str]:
    """Run XeLaTeX as often as needed in the folder of sources, and return the complaints."""
    command = ["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "book.tex"]
    done = subprocess.run(
        command, cwd=latex, capture_output=True, text=True, errors="replace", check=False, env=_environment()
    )
    log = latex / "book.log"
    found = complaints(log.read_text(encoding="utf8", errors="replace")) if log.is_file() else []
    if done.returncode and not found:
        found = [f"latexmk failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}"]
    return found


def _environment() -> dict[str, str]:
    """Return an environment in which TeX does not wrap the lines of its log."""
    return {**os.environ, "max_print_line": "2000", "error_line": "254", "half_error_line": "238"}


def pages(file: Path) -> int:
    """Return the number of pages of a PDF, as poppler counts them."""
    told = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    found = re.search(r"^Pages:\s+(\d+)", told, re.MULTILINE)
    assert found
    return int(found[1])


def main() -> int:
    """Make the PDF and put it into its folder; print where it is, or what is wrong."""
    parser = argparse.ArgumentParser(description="Make the printed book from the sources that Sphinx has written.")
    parser.add_argument("latex", type=Path, help="folder with book.tex")
    parser.add_argument("out", type=Path, help="folder for the PDF")
    options = parser.parse_args()
    if not (options.latex / "book.tex").is_file():
        print(f"{options.latex} must hold book.tex: run `make pdf`", file=sys.stderr)
        return 1
    found = make(options.latex)
    if found:
        print(f"The printed book has faults ({options.latex / 'book.log'}):", *found, sep="\n  ", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / NAME
    shutil.copy(options.latex / "book.pdf", file)
    print(f"{file}: {pages(file)} pages, {file.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
