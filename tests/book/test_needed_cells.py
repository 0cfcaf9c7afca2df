"""Cells of the book, run after just the earlier ones that they need, print what the build printed.

One cell of each chapter here, by a fixed rule; ``make cells`` runs all of them, which takes as long as training does.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((REPOSITORY / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [chapter["file"] for part in TOC["parts"] if part.get("numbered") for chapter in part["chapters"]]


def check(book_html: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "booksite.cell_check", "--build", str(book_html.parent), *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_cell_prints_after_what_it_needs_what_the_build_printed(book_html: Path, page: str) -> None:
    done = check(book_html, "--sample", Path(page).name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"  1 cells, needed before one [1-9]", done.stdout), done.stdout


def test_an_unknown_page_is_named(book_html: Path) -> None:
    done = check(book_html, "no-such-page")
    assert done.returncode == 2
    assert "no-such-page" in done.stderr
