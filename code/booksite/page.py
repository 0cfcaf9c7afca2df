"""Mends of the page that Jupyter Book and its theme make: what they load, and what a screen reader meets."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

UNWANTED_SCRIPTS = ("sphinx-thebe", "THEBE_JS_URL", "thebe_selector", "initThebe")
"""Marks of scripts that Jupyter Book loads for thebe, which we do not use (docs/decisions/live-cells.md)."""

VIEWPORT = re.compile(r'<meta [^>]*name="viewport"[^>]*>\n?')
THEME_STYLES = "_static/styles/pydata-sphinx-theme.css"
ICON_RULE = re.compile(r'(?:\.fa-[\w-]+(?:::?before)?,?)+\{(?:content:"[^"]*"|--fa:"[^"]*"[^}]*)\}')
"""A rule that gives a name to one of FontAwesome's 1,881 glyphs; our few icons are in ``icons.css`` (assets.py)."""
SHARED_IDS = ("exercise-content", "solution-content")


def drop_thebe(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Remove thebe's configuration from a page's body."""
    for raw in list(doctree.findall(nodes.raw)):
        text = raw.astext()
        if "thebe-config" in text or "kernelName" in text:
            raw.parent.remove(raw)


def drop_shared_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take away the id that sphinx-exercise gives to each body of an exercise: ids name one element of a page."""
    for section in doctree.findall(nodes.section):
        section["ids"] = [name for name in section["ids"] if name not in SHARED_IDS]


def mend_context(app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """Drop from the head what the page does not use, mend names and roles, ask each chapter for its description."""
    unwanted_scripts = [*UNWANTED_SCRIPTS]
    if not re.search(r'class="[^"]*\b(math|text_latex)\b', context.get("body", "")):
        unwanted_scripts.append("mathjax/")  # 1.2 MB that a page without mathematics does not need
    context["script_files"][:] = [
        file
        for file in context["script_files"]
        if not any(
            mark in f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', {}).get('body', '')}"
            for mark in unwanted_scripts
        )
    ]
    unwanted_styles = ["sphinx-thebe"] if 'class="sd-' in context.get("body", "") else ["sphinx-thebe", "sphinx-design"]
    context["css_files"][:] = [
        file
        for file in context["css_files"]
        if not any(mark in str(getattr(file, "filename", file)) for mark in unwanted_styles)
    ]
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", ""))  # docutils' own; the theme has one
    if doctree is not None and 'name="description"' not in context.get("metatags", ""):
        logger.warning(
            "page has no description: add `myst: html_meta: description:` to its front matter", location=pagename
        )
    if doctree is not None:
        # myst-nb's name for its folds hides what they say from those who do not see (axe: label-content-name-mismatch).
        context["body"] = context["body"].replace(' aria-label="Toggle hidden content"', "")
        # A list may hold list items alone, and docutils writes entries of a bibliography (axe: aria-required-children).
        context["body"] = context["body"].replace(
            '<div role="list" class="citation-list">', '<div class="citation-list">'
        )
    if doctree is None:
        title = context.get("title", "")
        context["metatags"] = f'{context.get("metatags", "")}<meta name="description" content="{title} of the book">'


def drop_icon_rules(app: Sphinx, failure: Exception | None) -> None:
    """Take the names of icons that no page shows out of the theme's style sheet: 86 kB at a first visit."""
    file = Path(app.outdir) / THEME_STYLES
    if app.builder.format == "html" and failure is None and file.is_file():
        file.write_text(ICON_RULE.sub("", file.read_text(encoding="utf8")), encoding="utf8")


def setup(app: Sphinx) -> dict:
    """Connect the mends."""
    app.connect("doctree-resolved", drop_thebe, priority=900)
    app.connect("doctree-resolved", drop_shared_ids, priority=900)
    app.connect("html-page-context", mend_context, priority=900)
    app.connect("build-finished", drop_icon_rules)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
