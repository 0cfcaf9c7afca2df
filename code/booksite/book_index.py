"""The index of the printed book: terms where each chapter first uses them, and the reference's names, each once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from docutils import nodes
from sphinx import addnodes
from sphinx.environment import BuildEnvironment

EVERYWHERE = re.compile(r"(forward|extra_repr)\(\) \(")
"""Entries that every layer has: they lead nowhere in particular."""


def thin_out(document: nodes.document) -> None:
    """Leave out the methods of every layer, and list a module under its name alone."""
    for node in document.findall(addnodes.index):
        node["entries"] = [index_entry(entry) for entry in node["entries"] if not EVERYWHERE.match(entry[1])]


def index_entry(entry: tuple) -> tuple:
    """Return an entry of the index; Sphinx lists a module under "module", too.

    Examples
    --------
    >>> index_entry(("pair", "module; cnnbook.patches", "module-cnnbook.patches", "", None))
    ('single', 'cnnbook.patches', 'module-cnnbook.patches', '', None)
    """
    kind, value, *rest = entry
    return ("single", value.split("; ")[1], *rest) if kind == "pair" and value.startswith("module; ") else entry


def add_terms(env: BuildEnvironment, chapters: Iterable[tuple[str, list[nodes.Element]]]) -> None:
    """Mark the first paragraph of each chapter that uses a term of the glossary.

    Parameters
    ----------
    env : BuildEnvironment
        Knows the terms.
    chapters : iterable of (str, list of nodes.Element)
        Each chapter's page with its nodes.
    """
    terms = {
        name: re.compile(rf"\b{re.escape(name)}(s|es)?\b", re.IGNORECASE)
        for name, _, kind, *_ in env.get_domain("std").get_objects()
        if kind == "term"
    }
    for _, part in chapters:
        paragraphs = [node for node in part if isinstance(node, nodes.paragraph)]
        for name, pattern in terms.items():
            place = next((node for node in paragraphs if pattern.search(node.astext())), None)
            if place is not None:
                key = name.replace("-", r"\sphinxhyphen {}")  # as TeX writes the glossary's: one entry
                place.insert(0, nodes.raw("", rf"\index{{{key}@\spxentry{{{key}}}}}", format="latex"))
