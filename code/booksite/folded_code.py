"""What the printed book keeps of the code that pages fold: the functions that the printed cells after it call."""

from __future__ import annotations

import ast

from docutils import nodes

from booksite.execution import without_magics


def kept_definitions(folded: str, later: str) -> str:
    r"""Return the functions and classes of a folded cell that later code uses, and those that these use.

    Parameters
    ----------
    folded : str
        Source of a cell whose code is not printed.
    later : str
        Source of the cells after it that are.

    Returns
    -------
    str
        The definitions as they are written, two empty lines apart; empty if none is used.

    Examples
    --------
    >>> kept_definitions("x = 1\ndef f():\n    return x\ndef g():\n    pass\n", "print(f())")
    'def f():\n    return x'
    """
    source = without_magics(folded)
    body = ast.parse(source).body
    definitions = {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    kept: set[str] = set()
    wanted = _names(ast.parse(without_magics(later))) & set(definitions)
    while wanted:
        kept |= wanted
        wanted = {name for one in wanted for name in _names(definitions[one])} & set(definitions) - kept
    return "\n\n\n".join(
        ast.get_source_segment(source, node) or "" for name, node in definitions.items() if name in kept
    )


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def shorten_folded_code(page: nodes.Element) -> None:
    """Leave of a page's folded cells what its later cells use; the rest draws the figures, and the page has it."""
    cells = [cell for cell in page.findall(nodes.container) if cell.get("nb_element") == "cell_code"]
    later = ""
    for cell in reversed(cells):  # from the end, where nothing is used any more
        blocks = list(cell.findall(nodes.literal_block))
        if "input" in str(cell.get("hide_mode")):
            kept = kept_definitions(blocks[0].astext(), later)
            if kept:
                blocks[0].children[:] = [nodes.Text(kept)]
                blocks[0].rawsource = kept
            else:
                cell.remove(cell[0])
            later += "\n" + kept
        elif cell.children and cell[0].get("classes") == ["cell_input"]:
            later += "\n" + blocks[0].astext()
