"""Captions of live figures on paper: what to do at the screen is left out."""

from __future__ import annotations

from docutils import nodes

SCREEN, PAPER = "Live:", "On paper:"


def drop_screen_instructions(caption: nodes.Element) -> None:
    """Take out what stands from "Live:" to "On paper:"; where nothing is said of paper, the sentence that begins so.

    Parameters
    ----------
    caption : nodes.Element
        A caption, which is changed; formulas and emphasis in it may be among what goes.

    Examples
    --------
    >>> caption = nodes.caption("", "", nodes.Text("Live: drag it, quickly. On paper: the "), nodes.math("", "x"))
    >>> drop_screen_instructions(caption)
    >>> caption.astext()
    'The x'
    """
    text = caption.astext()
    if SCREEN not in text:
        return
    start = text.index(SCREEN)
    if PAPER in text[start:]:
        end = text.index(PAPER, start) + len(PAPER)
    else:
        stop = text.find(". ", start)
        end = stop + 1 if stop >= 0 else len(text)
    end += len(text[end:]) - len(text[end:].lstrip())
    _cut(caption, start, end)


def _cut(caption: nodes.Element, start: int, end: int) -> None:
    """Take the characters from ``start`` to ``end`` out of the caption; what comes next begins with a capital."""
    at = 0
    for child in list(caption.children):
        text = child.astext()
        first, at = at, at + len(text)
        if at <= start or first >= end:
            continue
        after = text[end - first :] if end < at else ""
        rest = text[: max(0, start - first)] + after[:1].upper() + after[1:]
        if isinstance(child, nodes.Text) and rest:
            caption.replace(child, nodes.Text(rest))
        else:
            caption.remove(child)
