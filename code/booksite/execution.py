"""Which executed pages are still right: the cache's key covers the package's modules that a page uses.

jupyter-cache knows a page by the text of its cells alone, so an edit of the package would leave old results standing.
Here each page gets a fingerprint of the modules that its cells import (and of all that those import), of the package's
data files and of the pinned requirements. The fingerprint is written into the page's kernelspec, which is part of the
cache's key.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import grimp
from myst_nb.core.execute.cache import NotebookClientCache
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

PACKAGE = "cnnbook"
REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "code"
CODE_CELL = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{code-cell\}.*?\n(?P<body>.*?)^(?P=fence)\s*$", re.MULTILINE | re.DOTALL
)
KERNELSPEC = re.compile(r"^kernelspec: \{name: python3, display_name: Python 3\}$", re.MULTILINE)

logger = logging.getLogger(__name__)


def cells_code(text: str) -> str:
    r"""Return the code of a MyST page's cells, without their options.

    Examples
    --------
    >>> cells_code("text\n```{code-cell}\n:tags: [hide-input]\nimport math\n```\n")
    'import math\n'
    """
    bodies = (match["body"] for match in CODE_CELL.finditer(text))
    return "".join(
        re.sub(r"\A(---\n.*?^---\n|(:[^\n]*\n)+)", "", body, flags=re.DOTALL | re.MULTILINE) for body in bodies
    )


def imported_modules(code: str) -> set[str]:
    """Return the package's modules that a page's code names, re-exports followed to where they are defined.

    Examples
    --------
    >>> sorted(imported_modules("from cnnbook.models import PatchSegmenter"))
    ['cnnbook.models', 'cnnbook.models.patch_segmenter']
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(without_magics(code))):
        whole: set[str] = set()  # modules that the page has as such: it can use all that they hold
        if isinstance(node, ast.Import):
            whole = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            for alias in node.names:
                whole.add(node.module if alias.name == "*" else f"{node.module}.{alias.name}")
                found.add(_reexports(node.module).get(alias.name, node.module))
        for name in whole:
            found |= {name, *_reexports(name).values()}
    return {name for name in found if name in _modules()}


def fingerprint(text: str) -> str:
    """Return the key of everything outside a page that its results depend on.

    Comments, layout and docstrings of the package do not count: they cannot change a result.

    Parameters
    ----------
    text : str
        The page's MyST source.
    """
    used = imported_modules(cells_code(text))
    graph = _graph()
    for module in list(used):
        # A package re-exports its siblings; a page depends on those it names, which are in the set already.
        if not _is_package(module):
            used |= graph.find_upstream_modules(module)
    digest = hashlib.sha256()
    for module in sorted(used):
        digest.update(f"{module}\0{_meaning(module)}\0".encode())
    for file in [*_data_files(), REPOSITORY / "requirements.txt"]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def without_magics(code: str) -> str:
    """Drop IPython's own lines, which are no Python."""
    return "".join(line for line in code.splitlines(keepends=True) if not line.lstrip().startswith(("%", "!")))


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, cache_dir=None)


@cache
def _modules() -> frozenset[str]:
    return frozenset(_graph().modules)


def _file(module: str) -> Path:
    path = SOURCE / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_package(module: str) -> bool:
    return _file(module).name == "__init__.py"


@cache
def _reexports(module: str) -> dict[str, str]:
    """Map each name that a package's ``__init__`` takes from a module to that module."""
    if module not in _modules() or not _is_package(module):
        return {}
    tree = ast.parse(_file(module).read_text(encoding="utf8"))
    froms = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module)
    return {alias.asname or alias.name: str(node.module) for node in froms for alias in node.names}


@cache
def _meaning(module: str) -> str:
    """Return a module's syntax tree without docstrings, as text."""
    tree = ast.parse(_file(module).read_text(encoding="utf8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _data_files() -> Iterable[Path]:
    files = (SOURCE / PACKAGE).rglob("*")
    tools = {".py", ".pyc", ".typed"}
    return sorted(
        file
        for file in files
        if file.is_file()
        and file.suffix not in tools
        and not any(part.startswith(".") for part in file.relative_to(SOURCE).parts)  # what a linter has left
    )


def note_fingerprint(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write a page's fingerprint into its kernelspec and remember it."""
    if KERNELSPEC.search(source[0]):
        key = fingerprint(source[0])
        _keys(app.env)[docname] = key
        line = f"kernelspec: {{name: python3, display_name: Python 3, fingerprint: {key}}}"
        source[0] = KERNELSPEC.sub(line, source[0], count=1)


def outdated_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose modules changed since they were read."""
    stale = []
    for docname, key in _keys(env).items():
        path = Path(env.doc2path(docname))
        if docname in added | changed | removed or not path.is_file():
            continue
        if fingerprint(path.read_text(encoding="utf8")) != key:
            logger.info("[execution] %s: a module that it uses has changed", docname)
            stale.append(docname)
    return stale


def _keys(env: BuildEnvironment) -> dict[str, str]:
    if not hasattr(env, "page_fingerprints"):
        env.page_fingerprints = {}  # type: ignore[attr-defined]
    return env.page_fingerprints  # type: ignore[attr-defined]


def fill_cached_notebook(start_client: Callable[[NotebookClientCache], None]) -> Callable[[NotebookClientCache], None]:
    """Put the cache's outputs into the notebook that the page was parsed from, too.

    myst-nb 1.4.0 merges them into a copy and then writes the original to ``jupyter_execute``: a page that comes out of
    the cache would be offered to the reader as a notebook without outputs.
    """

    @functools.wraps(start_client)
    def start(client: NotebookClientCache) -> None:
        parsed = client.notebook
        start_client(client)
        merge_streams(client.notebook)
        parsed.update(client.notebook)

    return start


def merge_streams(notebook: NotebookNode) -> None:
    """Make one output of those that follow each other in one stream.

    myst-nb does the same for the page (``nb_merge_streams``), but leaves the later ones in the notebook, whose reader
    would meet their text twice.
    """
    for cell in notebook.cells:
        merged: list[NotebookNode] = []
        for output in cell.get("outputs", []):
            before = merged[-1] if merged else None
            if before and output.output_type == before.output_type == "stream" and output.name == before.name:
                before.text += output.text
            else:
                merged.append(output)
        if "outputs" in cell:
            cell.outputs = merged


def setup(app: Sphinx) -> dict:
    """Connect the fingerprints to the reading of pages."""
    if not hasattr(NotebookClientCache.start_client, "__wrapped__"):
        NotebookClientCache.start_client = fill_cached_notebook(NotebookClientCache.start_client)
    app.connect("source-read", note_fingerprint)
    app.connect("env-get-outdated", outdated_pages)
    return {"parallel_read_safe": False, "parallel_write_safe": True, "env_version": 1}
