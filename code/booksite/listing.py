"""``:::{package-code} module object``: a piece of the package in a chapter, by inclusion, its docstring cut short.

The full docstrings stand in the reference at the end of the book; in a chapter the code should be seen at a glance.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.directives.code import container_wrapper
from sphinx.util.docutils import SphinxDirective

SOURCE = Path(__file__).resolve().parents[1] / "cnnbook"
MAX_COLUMNS = 79


def extract(source: str, name: str) -> str:
    r"""Return the source of a function, class or method, its docstring cut to the first line.

    Parameters
    ----------
    source : str
        Text of a module.
    name : str
        ``function``, ``Class`` or ``Class.method``.

    Raises
    ------
    ValueError
        If the module has no such object.

    Examples
    --------
    >>> source = "def f(x):\n    '''Double.\n\n    More.\n    '''\n    return 2 * x\n"
    >>> print(extract(source, "f").replace('"', "'"))
    def f(x):
        '''Double.'''
        return 2 * x
    """
    node: ast.AST = ast.parse(source)
    for part in name.split("."):
        children = (n for n in ast.iter_child_nodes(node) if isinstance(n, ast.FunctionDef | ast.ClassDef))
        found = next((child for child in children if child.name == part), None)
        if found is None:
            raise ValueError(f"object must be defined in the module, got {name!r}")
        node = found
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    lines = source.splitlines()
    end = node.end_lineno or 0
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    # From the end backwards, so that earlier line numbers stay right.
    for inner in sorted(ast.walk(node), key=lambda n: getattr(n, "lineno", 0), reverse=True):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(inner)):
            doc = inner.body[0]
            lines[doc.lineno - 1 : doc.end_lineno] = [f'{" " * doc.col_offset}"""{text.splitlines()[0]}"""']
            end -= (doc.end_lineno or doc.lineno) - doc.lineno
    return textwrap.dedent("\n".join(lines[first - 1 : end])).rstrip()


class PackageCode(SphinxDirective):
    """Show an object of the package; the caption names its module."""

    required_arguments = 2
    option_spec = {"name": directives.unchanged}  # noqa: RUF012 (docutils' own form)

    def run(self) -> list[nodes.Node]:
        """Read the module and make the listing."""
        module, name = self.arguments
        file = SOURCE / f"{module}.py"
        if not file.is_file():
            raise self.error(f"module must be a file of cnnbook without .py, got {module!r}")
        self.env.note_dependency(str(file))
        try:
            code = extract(file.read_text(encoding="utf8"), name)
        except ValueError as error:
            raise self.error(str(error)) from error
        if long := [line for line in code.splitlines() if len(line) > MAX_COLUMNS]:
            raise self.error(f"{module} {name}: a printed line holds {MAX_COLUMNS} columns, got {long[0].strip()!r}")
        block = nodes.literal_block(code, code, language="python")
        self.set_source_info(block)
        wrapper = container_wrapper(self, block, f"`{name}`, from `cnnbook/{module}.py`")
        self.add_name(wrapper)
        return [wrapper]


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_directive("package-code", PackageCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
