"""One style for every plot of the book: type, sizes, colours, and how a figure reaches the page."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib import font_manager
from matplotlib.figure import Figure

from cnnbook.plotting.look import color, look, register_colormaps
from cnnbook.plotting.themed import figure_pdf, figure_svg

TEXT_WIDTH = 5.6
"""Width in inches at which a figure is drawn. The page shows it a fifth larger, a phone smaller, with type still legible."""


def register_fonts() -> list[str]:
    """Let matplotlib know the page's own sans, if the book's build made it (``CNNBOOK_FONTS`` names the folder).

    Returns
    -------
    list of str
        Font families to use, best first; DejaVu Sans, which comes with matplotlib, is always the last.
    """
    folder = os.environ.get("CNNBOOK_FONTS", "")
    manager = font_manager.fontManager
    known = {font.fname for font in manager.ttflist}
    names = []
    for file in map(str, sorted(Path(folder).glob("*.ttf")) if folder else []):
        if (
            file not in known
        ):  # adding a font makes matplotlib forget where it has found all others
            manager.addfont(file)
        names.append(font_manager.FontProperties(fname=file).get_name())
    return [*dict.fromkeys(names), "DejaVu Sans"]


def use_style() -> None:
    """Set the book's plotting style and, in a notebook or a page, show figures as drawings that follow light and dark.

    Call it once, in the first cell of a chapter.
    """
    register_colormaps()
    mpl.rcParams.update(style_settings())
    _show_figures_as_drawings()


def style_settings() -> dict[Any, object]:
    """Return the style's part of matplotlib's settings (``rcParams``); the colour maps that it names are registered apart."""
    ink, muted, rule, ground = (
        color(role) for role in ("ink", "muted", "rule", "ground")
    )
    return {
        "figure.figsize": (TEXT_WIDTH, 2.4),
        "figure.dpi": 100,
        "figure.facecolor": "none",
        "figure.constrained_layout.use": True,
        "savefig.facecolor": "none",
        "savefig.dpi": 200,
        "axes.facecolor": "none",
        "axes.edgecolor": muted,
        "axes.labelcolor": ink,
        "axes.titlecolor": ink,
        "axes.titlesize": 10,
        "axes.titleweight": "normal",
        "axes.labelsize": 9.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.8,
        "axes.grid": False,
        "axes.prop_cycle": cycler(
            color=[color(role) for role in look()["series"]]
        )
        + cycler(linestyle=["-", "--", "-.", ":"]),
        "text.color": ink,
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "grid.color": rule,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.8,
        "lines.markersize": 5,
        "patch.edgecolor": ground,
        "font.family": register_fonts(),
        "font.size": 9.5,
        "mathtext.fontset": "dejavusans",
        "image.cmap": "activation",
        "image.interpolation": "nearest",
        "svg.fonttype": "path",
        "svg.hashsalt": "cnnbook",
        "pdf.fonttype": 42,
    }


def _show_figures_as_drawings() -> None:
    """Make IPython display a figure as themed SVG (and as PDF, where the book's build asks for it)."""
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # plain Python: figures are saved by hand
        return
    shell = get_ipython()
    if shell is None:
        return
    set_matplotlib_formats()  # none of the inline backend's own formats
    if "inline" in mpl.get_backend():
        # Figures are drawn when they are shown; pyplot would draw each of them once more before.
        plt.uninstall_repl_displayhook()
    formatters = shell.display_formatter.formatters
    if os.environ.get("CNNBOOK_BUILD"):
        small = partial(figure_svg, small=True)
        formatters["image/svg+xml"].for_type(Figure, small)
        formatters["application/pdf"].for_type(Figure, figure_pdf)
    else:  # a reader waits for it
        formatters["image/svg+xml"].for_type(Figure, figure_svg)
