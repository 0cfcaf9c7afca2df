"""What a page needs for its cells to run: their description, a script, a notebook to take along.

The scripts are in ``book/_js/live``, the server is :mod:`booksite.server.app`; ``docs/decisions/live-cells.md`` says
why.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.osutil import ensuredir

from booksite.needed_cells import cell_relations

NOTEBOOKS = "_notebooks"
UNWANTED_TYPES = ("application/pdf",)
"""Forms of an output that only the printed book uses, and that would make up most of a downloaded notebook."""


def page_config(app: Sphinx, page: str, notebook: nbformat.NotebookNode, shown: set[int]) -> dict[str, Any]:
    """Describe a page to its script.

    Parameters
    ----------
    app : Sphinx
        Knows where the book's sources live (``live_*`` in ``_config.yml``).
    page : str
        Name of the page, such as ``"book/cells"``.
    notebook : NotebookNode
        The page as it was executed.
    shown : set of int
        Which of the notebook's cells have an element in the page; a cell that was removed from it still runs.

    Returns
    -------
    dict
        Ready for JSON.
    """
    code = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    cells = [
        {"source": cell.source, "tags": cell.metadata.get("tags", []), "shown": index in shown} | relations
        for (index, cell), relations in zip(code, cell_relations([cell.source for _, cell in code]), strict=True)
    ]
    config = {"page": page, "cells": cells, "notebook": f"{NOTEBOOKS}/{quote(page)}.ipynb"}
    if app.config.live_help:
        config["help"] = f"{quote(app.config.live_help)}.html"
    return config | _elsewhere(app, page)


def _elsewhere(app: Sphinx, page: str) -> dict[str, str]:
    """Return the addresses at which the page can be run without our server, as far as ``_config.yml`` says."""
    config = app.config
    repository, branch = config.live_repository.strip("/"), quote(config.live_branch, safe="")
    if not repository:
        return {}
    places = {"clone": f"https://github.com/{repository}.git"}
    if config.live_binder_host:
        host = config.live_binder_host.rstrip("/")
        host = host if "://" in host else f"https://{host}"
        source = Path(app.env.doc2path(page)).relative_to(app.srcdir).as_posix()
        places["binder"] = f"{host}/v2/gh/{repository}/{branch}?labpath={quote(source, safe='')}"
    if config.live_notebook_branch:
        notebooks = quote(config.live_notebook_branch, safe="")
        places["colab"] = (
            f"https://colab.research.google.com/github/{repository}/blob/{notebooks}/{NOTEBOOKS}/{quote(page)}.ipynb"
        )
    return places


def portable_notebook(notebook: nbformat.NotebookNode, note: str = "") -> nbformat.NotebookNode:
    """Make the notebook that a reader takes along: all outputs, except forms that only print needs.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook; it is not changed.
    note : str
        Markdown for a cell put before the others; none if empty.

    Returns
    -------
    NotebookNode
        A valid notebook of format 4.5.
    """
    result = nbformat.from_dict(json.loads(json.dumps(notebook)))
    result.nbformat, result.nbformat_minor = 4, max(5, result.get("nbformat_minor", 5))
    result.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}  # without the build's own marks
    if note:
        result.cells.insert(0, nbformat.v4.new_markdown_cell(note))
    for number, cell in enumerate(result.cells):
        cell.id = f"cell-{number}"  # the same at each build, so that an unchanged page's notebook does not change
        for output in cell.get("outputs", []):
            for kind in UNWANTED_TYPES:
                output.get("data", {}).pop(kind, None)
    nbformat.validate(result)
    return result


def _executed_notebook(app: Sphinx, page: str) -> Path:
    """Return where myst-nb left the page as it was executed."""
    return Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"


def _shows_code(cell: nbformat.NotebookNode) -> bool:
    """Tell whether the page shows a cell's code."""
    return not {"remove-input", "remove-cell"} & set(cell.metadata.get("tags", []))


def add_live_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give a page with cells its description, its script and its notebook."""
    if doctree is None or app.builder.format != "html":
        return
    shown = {node["cell_index"] for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"}
    if not shown:
        return
    file = _executed_notebook(app, page)
    if not file.is_file():
        raise ExtensionError(f"{page}: its executed notebook {file} is missing: run `make clean`, then build again")
    notebook = nbformat.read(file, as_version=4)
    if not any(_shows_code(notebook.cells[index]) for index in shown):
        return  # nothing to run: the page only shows what its cells made

    target = Path(app.outdir) / NOTEBOOKS / f"{page}.ipynb"
    ensuredir(target.parent)
    note = ""
    if app.config.live_repository:
        address = f"https://github.com/{app.config.live_repository.strip('/')}"
        note = f"A page of [this book]({address}). Its cells need the book's package: `pip install git+{address}`."
    nbformat.write(portable_notebook(notebook, note), target)

    description = json.dumps(page_config(app, page, notebook, shown), ensure_ascii=False)
    # "<" is written so that no text of a cell can end the script element.
    app.add_js_file(
        None, body=description.replace("<", "\\u003c"), type="application/json", id="live-config", priority=700
    )
    # Not a module: browsers refuse to load those into a page that was opened as a file.
    app.add_js_file("live.js", defer="defer", priority=710)


def write_probe(app: Sphinx, error: Exception | None) -> None:
    """Write the file that tells a page that there is no kernel; :mod:`booksite.server.app` answers otherwise."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "_static" / "live.json").write_text('{"kernel": false}\n', encoding="utf8")


def code_digest() -> str:
    """Return a short name of the code that describes pages: when it changes, all pages are written anew."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the settings and the hooks."""
    app.add_config_value("live_code", code_digest(), "html", types=[str])  # nobody sets it
    app.add_config_value("live_repository", "", "html", types=[str])
    app.add_config_value("live_help", "", "html", types=[str])  # the page that explains how cells are run
    app.add_config_value("live_branch", "main", "html", types=[str])
    app.add_config_value("live_notebook_branch", "", "html", types=[str])
    app.add_config_value("live_binder_host", "", "html", types=[str])
    app.connect("html-page-context", add_live_page)
    app.connect("build-finished", write_probe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
