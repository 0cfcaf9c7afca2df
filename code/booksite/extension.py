"""The book's Sphinx extension: one name for ``_config.yml`` that brings all the parts in."""

from __future__ import annotations

import os
from pathlib import Path

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from booksite.assets import AssetError, build_assets

PARTS = (
    "booksite.execution",
    "booksite.listing",
    "booksite.live",
    "booksite.page",
    "booksite.pdf_link",
    "booksite.pictures",
    "booksite.printing",
    "booksite.quiz",
)
BOOK = Path(__file__).resolve().parents[2] / "book"


def prepare_site(app: Sphinx, config: Config) -> None:
    """Make the site's own static files and tell Sphinx, MathJax and the cells' kernels where they are."""
    build = Path(app.outdir).parent / "assets"
    try:
        build_assets(build / "static", build / "fonts")
    except AssetError as error:
        raise ExtensionError(str(error)) from error
    config.html_static_path = [*config.html_static_path, str(build / "static"), str(BOOK / "_static")]
    config.mathjax_path = "mathjax/tex-mml-chtml.js"
    config.nb_ipywidgets_js = {}
    os.environ["CNNBOOK_FONTS"] = str(build / "fonts")
    os.environ["CNNBOOK_BUILD"] = "1"  # figures are drawn once, to be sent often, and for print, too
    os.environ["TQDM_DISABLE"] = "1"  # progress bars are for readers at a live cell
    # One thread a kernel, which sleeps when it waits: results do not depend on the number of cores, and two builds on
    # two cores do not spin against each other (measured: a chapter of 25 s took more than five minutes).
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Memory that was used once is kept. Else glibc gives it back after each step of a training and takes it again, page
    # by page (measured: 1.8 s instead of 1.3 s for the line network).
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "1000000000")
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "1000000000")


def plain_signature(
    app: Sphinx, what: str, name: str, obj: object, options: object, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Write a dataclass's computed default as "…" in the reference, not as Python's own ``<factory>``."""
    return (signature.replace("<factory>", "…"), returns) if signature and "<factory>" in signature else None


def forget_a_build_with_warnings(app: Sphinx, exception: Exception | None) -> None:
    """Have every page read again next time: Sphinx warns when it reads a page, so a second build would pass unseen."""
    if app._warncount:
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)


def setup(app: Sphinx) -> dict:
    """Connect the extension's parts."""
    app.connect("config-inited", prepare_site, priority=100)
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-signature", plain_signature, priority=900)  # the first answer ends the asking
    app.connect("build-finished", forget_a_build_with_warnings)
    for part in PARTS:
        app.setup_extension(part)
    for file in ("fonts.css", "icons.css", "look.css", "book.css"):
        app.add_css_file(file, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
