"""The text of a cell as Python's statements: IPython's own syntax is read as IPython reads it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager

MOST_LINES = 200
"""Of a cell with IPython's own syntax; longer ones take IPython seconds to read."""

MOST_CHARACTERS = 20_000
"""Of any cell; the longest of this book has six thousand. What a longer one needs takes too long to be found out."""

TIMED = re.compile(r"^%%(time|capture)\b[^\n]*\n")
"""First lines that leave the rest of a cell what it is."""


def is_too_much(source: str) -> bool:
    """Tell whether it would take too long to read a cell and to find out what it needs."""
    if len(source) > MOST_CHARACTERS:
        return True
    if source.count("\n") < MOST_LINES:
        return False
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return True
    return False


@lru_cache(maxsize=1000)  # of a page that somebody edits all cells but one are the same as a moment ago
def statements_of(source: str) -> list[ast.stmt]:
    """Return a cell's statements.

    Raises
    ------
    SyntaxError, ValueError
        If it is no Python, not even with IPython's own syntax.
    """
    return ast.parse(TransformerManager().transform_cell(TIMED.sub("", source))).body
