"""Drawings that cells made go into the page itself, so that they follow light and dark and can become live figures."""

from __future__ import annotations

import hashlib
import html
import itertools
import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from cnnbook.plotting.look import dark_twin

logger = logging.getLogger(__name__)

PX_PER_PT = 96 / 72
SCALE = 1.2
"""How much larger than drawn a figure may be shown: type of 9.5 pt in the figure then fits the page's."""

STYLED = re.compile(r'(<(?!image\b)[^<>]*?) style="([^"]*)"')  # pictures have a class already


def inline_svg(svg: str, prefix: str, alt: str) -> str:
    """Make a stand-alone SVG ready to stand in a page.

    Parameters
    ----------
    svg : str
        A drawing with a ``viewBox``; colours of ``look.json`` in its attributes follow light and dark.
    prefix : str
        Put before each id, so that two drawings on a page do not share any.
    alt : str
        What the drawing shows, for those who do not see it.

    Returns
    -------
    str
        ``<svg class="plot" role="img" …>`` that is as wide as its column, at most :data:`SCALE` times its own width.
    """
    svg = svg[svg.index("<svg") :]
    twins = dark_twin()
    svg = re.sub(
        r'="(#[0-9a-f]{6})"', lambda m: f'="light-dark({m[1]}, {twins[m[1]]})"' if m[1] in twins else m[0], svg
    )
    referenced = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    svg = re.sub(r'\sid="([^"]+)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in referenced else "", svg)
    svg = re.sub(r'(url\(#|href="#)([^")]+)', rf"\g<1>{prefix}\g<2>", svg)
    width = re.search(r'width="([\d.]+)pt"', svg)
    size = f' style="max-width:{float(width[1]) * PX_PER_PT * SCALE:.0f}px"' if width else ""
    svg = re.sub(r'\s(width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r">\s+<", "><", svg)
    svg = _share_styles(svg)
    return svg.replace("<svg", f'<svg class="plot" role="img" aria-label="{html.escape(alt, quote=True)}"{size}', 1)


def _share_styles(svg: str) -> str:
    """Write a style that many elements have once, as the rule of a class that is named after it."""
    many = {style for style, count in Counter(style for _, style in STYLED.findall(svg)).items() if count > 2}
    names = {style: "s" + hashlib.sha256(style.encode()).hexdigest()[:8] for style in sorted(many)}
    svg = STYLED.sub(lambda tag: f'{tag[1]} class="{names[tag[2]]}"' if tag[2] in names else tag[0], svg)
    rules = "".join(f"svg .{name}{{{html.unescape(style)}}}" for style, name in names.items())
    start = svg.index(">") + 1
    return f"{svg[:start]}<style>{rules}</style>{svg[start:]}" if rules else svg


class InlineDrawings(SphinxPostTransform):
    """Replace each SVG, made by a cell or drawn by hand, by the drawing itself."""

    default_priority = 60  # after myst-nb has chosen which of an output's forms the page shows
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Work through the page's images."""
        count = itertools.count(1)
        for image in list(self.document.findall(nodes.image)):
            uri = image.get("uri", "")
            if not uri.endswith(".svg"):
                continue
            alt = image.get("alt", "")
            number = next(count)
            if not alt:
                logger.warning("drawing %d of the page has no alt text: give the cell `mystnb: image: alt:`", number,
                               location=self.env.docname)  # fmt: skip
            file = Path(uri) if Path(uri).is_absolute() else Path(self.app.srcdir) / uri
            text = inline_svg(file.read_text(encoding="utf8"), f"d{number}-", alt)
            image.replace_self(nodes.raw("", text, format="html"))


def load_figures_script(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Send the live figures' loader to the pages that have one, and to no other."""
    if doctree is not None and any("data-live-figure" in raw.astext() for raw in doctree.findall(nodes.raw)):
        app.add_js_file("figures.js", defer="defer")


def setup(app: Sphinx) -> dict:
    """Register the transform."""
    app.add_post_transform(InlineDrawings)
    app.connect("html-page-context", load_figures_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
