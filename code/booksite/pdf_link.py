"""``:::{pdf-link}``: a link to the printed book with its pages and size, where a PDF has been built; else nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from booksite.pdf import NAME, pages


def pdf_file(app: Sphinx) -> Path:
    """Return where ``make pdf`` puts the book, which need not exist."""
    return Path(app.outdir).parent / "pdf" / NAME


def describe(file: Path) -> str:
    """Return pages and size of a PDF in words, or nothing if there is none."""
    return f"{pages(file)} pages, {file.stat().st_size / 1e6:.1f} MB" if file.is_file() else ""


class PdfLink(SphinxDirective):
    """The link, in a paragraph of its own."""

    def run(self) -> list[nodes.Node]:
        """Write it for the web; the book on paper does not point to itself."""
        found = describe(pdf_file(self.env.app)) if self.env.app.builder.format == "html" else ""
        if not found:
            return []
        up = "../" * self.env.docname.count("/")
        link = f'<p class="pdf-link"><a href="{up}{NAME}">The whole book as a PDF</a>: {found}.</p>'
        return [nodes.raw("", link, format="html")]


def page_with_link(app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set) -> list[str]:
    """Name the landing page where a PDF has come, gone or changed since the last build."""
    if app.builder.format != "html":
        return []
    now = describe(pdf_file(app))
    before, env.pdf_described = getattr(env, "pdf_described", ""), now  # type: ignore[attr-defined]
    return [app.config.root_doc] if now != before else []


def copy_pdf(app: Sphinx, failure: Exception | None) -> None:
    """Put the PDF into the site, or take an old one out."""
    if app.builder.format != "html" or failure is not None:
        return
    target = Path(app.outdir) / NAME
    if pdf_file(app).is_file():
        shutil.copy(pdf_file(app), target)
    else:
        target.unlink(missing_ok=True)


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_directive("pdf-link", PdfLink)
    app.connect("env-get-outdated", page_with_link)
    app.connect("build-finished", copy_pdf)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
