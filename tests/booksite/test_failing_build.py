"""A cell that fails, or a figure that says nothing to the blind, stops the build, and the message says where."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """\
title: Small book
author: the tests
only_build_toc_files: true
execute: {execute_notebooks: force, timeout: 60}
launch_buttons: {thebe: false}
html: {use_issues_button: false, use_repository_button: false}
sphinx:
  extra_extensions: [booksite.extension]
  config:
    nb_execution_raise_on_error: true
    html_context: {default_mode: auto}
    html_theme_options:
      use_download_button: false
      pygments_light_style: a11y-high-contrast-light
      pygments_dark_style: a11y-high-contrast-dark
"""
PAGE = """\
---
file_format: mystnb
kernelspec: {{name: python3, display_name: Python 3}}
myst: {{html_meta: {{description: "A page of the small book."}}}}
---

# Title

```{{code-cell}}
a = 1
```

{cell}
"""
CELLS = {
    "failing": "```{code-cell}\nb = a / 0\n```\n",
    "silent": """\
```{code-cell}
import matplotlib.pyplot as plt
from cnnbook import plotting
plotting.use_style()
fig, ax = plt.subplots()
ax.plot([1, 2]);
```
""",
}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Build a book of one page with each cell, side by side; return exit codes and what was said."""
    running = {name: start_build(tmp_path_factory.mktemp(name), cell) for name, cell in CELLS.items()}
    return {name: end(process) for name, process in running.items()}


def start_build(folder: Path, cell: str) -> subprocess.Popen[str]:
    (folder / "_config.yml").write_text(CONFIG)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: the-page\n")
    page = folder / "the-page.md"
    if not page.exists():
        page.write_text(PAGE.format(cell=cell))
    command = [Path(sys.executable).with_name("jb"), "build", folder, "-n", "-W", "--keep-going"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    said = re.sub(r"\x1b\[[\d;]*m", "", process.communicate()[0])
    return process.returncode, said


def test_a_failing_cell_fails_the_build_and_is_named(builds: dict[str, tuple[int, str]]) -> None:
    code, said = builds["failing"]
    assert code != 0
    assert "the-page" in said  # the page,
    assert "b = a / 0" in said  # the cell,
    assert "ZeroDivisionError: division by zero" in said  # and what happened


def test_a_figure_without_alt_text_fails_the_build_and_is_named(builds: dict[str, tuple[int, str]]) -> None:
    code, said = builds["silent"]
    assert code != 0
    assert "the-page" in said
    assert "drawing 1 of the page has no alt text" in said
    assert said.count(": WARNING: ") == 1  # nothing else is wrong with it


def test_a_warning_comes_again_in_the_next_build_of_the_same_page(tmp_path: Path) -> None:
    for _ in range(2):
        code, said = end(start_build(tmp_path, "See {doc}`nowhere`."))
        assert code != 0
        assert "unknown document: 'nowhere'" in said
