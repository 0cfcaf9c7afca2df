"""Which earlier cells of a page a cell needs, so that Run works on any cell, first.

Each cell is reduced to the names that it reads, binds and may change (:mod:`booksite.cell_effects`). What a cell needs
is then found backwards, as a program slice is (M. Weiser, "Program Slicing", 1981): a cell above is needed if it binds
or changes a name that is wanted, or if it acts on the whole process; what it reads is wanted in turn. Where the text
cannot tell (``exec``, star imports, IPython's own commands), everything above is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from booksite.cell_effects import Effects, PageNames, effects_of
from booksite.changed_parameters import forget_page


def needed_cells(sources: Sequence[str]) -> list[list[int]]:
    """Find for each cell of a page the earlier ones that it needs.

    Parameters
    ----------
    sources : sequence of str
        The cells' code in the page's order.

    Returns
    -------
    list of list of int
        For each cell the indices of those that must have run before it, in order.

    Examples
    --------
    >>> needed_cells(["x = 1", "y = 2", "print(x)", "x = []", "x.append(y)", "print(x)"])
    [[], [], [0], [], [1, 3], [1, 3, 4]]
    """
    effects = page_effects(sources)
    return [_needed(effects, number) for number in range(len(effects))]


EVERYTHING = "*"
"""Stands among what a cell gives for "all that comes after it": a seed, a style, or what its text does not tell."""


ANYTHING = "?"
"""Stands there, too, for a cell that could give any name."""


def cell_relations(sources: Sequence[str]) -> list[dict[str, list[int] | list[str] | dict[str, str]]]:
    """Describe a page's cells for its script (``book/_js/live/needs.js``).

    Returns
    -------
    list of dict
        For each cell ``needs``, the indices of the cells that it needs; ``reads``, the names that it wants of them;
        ``gives``, the names that it binds or may change; of these ``imports``, those that it imports, and from where,
        and ``binds``, those that it binds otherwise: two cells that bind a name stand in each other's way, two that
        import the same do not.
    """
    effects = page_effects(sources)
    return [
        {
            "needs": _needed(effects, number),
            "reads": sorted(cell.reads),
            "gives": sorted(cell.binds | cell.changes)
            + [EVERYTHING] * (cell.lasting or cell.unknown)
            + [ANYTHING] * cell.unknown,
            "binds": sorted(cell.binds - cell.imports.keys()),
            "imports": dict(sorted(cell.imports.items())),
        }
        for number, cell in enumerate(effects)
    ]


def page_effects(sources: Sequence[str]) -> list[Effects]:
    """Return the effects of a page's cells; what later cells can know of earlier ones (imports, functions) is used."""
    names = PageNames()
    forget_page()
    return [effects_of(source, names) for source in sources]


def _needed(effects: list[Effects], number: int) -> list[int]:
    """Walk from a cell to the top, with the names that are wanted."""
    wanted, everything = set(effects[number].reads), effects[number].unknown
    needed = []
    for index in range(number - 1, -1, -1):
        cell = effects[index]
        if everything or cell.unknown or cell.lasting or (cell.binds | cell.changes) & wanted:
            needed.append(index)
            everything |= cell.unknown
            wanted -= cell.settles
            wanted |= cell.reads
    return needed[::-1]
