"""One plotting style for the whole book; the only module that imports matplotlib.

A chapter calls :func:`use_style` once and then draws with the functions here or with plain matplotlib.
Pictures of a report on a classifier are in :mod:`cnnbook.plotting.report`: it imports the analyses, and a page that needs
none of them need not run again when one changes.
"""

from cnnbook.plotting.diagrams import draw_connections
from cnnbook.plotting.look import color, look
from cnnbook.plotting.pictures import (
    bare,
    draw_cells,
    legend_of_classes,
    mark_cells,
    outline,
    show_image,
    show_labels,
    show_signed,
)
from cnnbook.plotting.style import TEXT_WIDTH, use_style
from cnnbook.plotting.themed import attach_live_figure, figure_pdf, figure_svg

__all__ = [
    "TEXT_WIDTH",
    "attach_live_figure",
    "bare",
    "color",
    "draw_cells",
    "draw_connections",
    "figure_pdf",
    "figure_svg",
    "legend_of_classes",
    "look",
    "mark_cells",
    "outline",
    "show_image",
    "show_labels",
    "show_signed",
    "use_style",
]
