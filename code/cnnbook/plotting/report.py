"""The report on a classifier as pictures: a part for each of its four questions, and all of them on one page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from torch import Tensor

from cnnbook.classifier_report import MOST_MISTAKES, ClassifierReport
from cnnbook.evaluation import Evaluation
from cnnbook.first_layer import FirstLayer
from cnnbook.plotting.look import color, register_colormaps
from cnnbook.plotting.pictures import bare, show_image, show_signed
from cnnbook.plotting.style import TEXT_WIDTH
from cnnbook.vulnerability import Vulnerability

MOST_KERNELS, MOST_EXAMPLES = 4, 2


def draw_report(report: ClassifierReport) -> Figure:
    """Draw the answers to all four questions.

    Parameters
    ----------
    report : ClassifierReport
        From :func:`cnnbook.classifier_report.report`.

    Returns
    -------
    Figure
        Parts that have nothing to show (no convolution, no families) are left out.
    """
    register_colormaps()
    families = len(report.out_of_domain)
    parts = {
        "evaluation": 1.9,
        "first layer": _height(report.first_layer),
        "families": 0.5 + 0.17 * families if families else 0,
        "vulnerability": 2.4,
    }
    heights = {name: height for name, height in parts.items() if height}
    figure = Figure(
        figsize=(TEXT_WIDTH, sum(heights.values())), layout="constrained"
    )
    rows = figure.subfigures(
        len(heights), 1, squeeze=False, height_ratios=list(heights.values())
    )[:, 0]
    place = dict(zip(heights, rows, strict=True))
    draw_evaluation(place["evaluation"], report)
    if report.first_layer:
        draw_first_layer(place["first layer"], report.first_layer)
    if families:
        draw_families(place["families"].subplots(), report.out_of_domain)
    draw_vulnerability(
        place["vulnerability"], report.vulnerability, report.classes
    )
    return figure


def _height(found: FirstLayer | None) -> float:
    return 0.4 + 0.95 * len(found.kernels[:MOST_KERNELS]) if found else 0


def draw_evaluation(figure: FigureBase, report: ClassifierReport) -> None:
    """Draw the confusion matrix of the test and the images that were mistaken."""
    register_colormaps()
    axes = figure.subplots(
        1, 1 + MOST_MISTAKES, width_ratios=[1.6] + [1] * MOST_MISTAKES
    )
    _draw_table(axes[0], report.testing.confusion, report.classes)
    axes[0].set_title(f"{report.testing.errors} of {report.testing.n:,} wrong")
    axes[0].set_ylabel("class")
    axes[0].set_xlabel("answer")
    for ax in axes[1:]:
        bare(ax)
    for ax, image, (truth, answer) in zip(
        axes[1:], report.mistakes, report.mistaken_for.tolist(), strict=False
    ):
        _show_example(ax, image)
        ax.set_title(report.classes[truth])
        ax.set_xlabel(f"taken for\n{report.classes[answer]}")


def draw_first_layer(figure: FigureBase, found: FirstLayer) -> None:
    """Draw up to four kernels (of the first input channel), their spectra, and maps of up to two images."""
    register_colormaps()
    kernels = found.kernels[:MOST_KERNELS, 0]
    images, maps = found.images[:MOST_EXAMPLES], found.maps[:MOST_EXAMPLES]
    axes = figure.subplots(len(kernels), 2 + 2 * len(images), squeeze=False)
    strongest = float(kernels.abs().max())
    loudest = float(maps[:, : len(kernels)].abs().max())
    for k, row in enumerate(axes):
        show_signed(row[0], kernels[k], limit=strongest)
        row[0].set_ylabel(f"kernel {k}")
        _show_spectrum(row[1], found.spectra[k, 0])
        for image, ax in zip(images, row[2::2], strict=True):
            _show_example(ax, image)
        for answer, ax in zip(maps, row[3::2], strict=True):
            show_signed(ax, answer[k], limit=loudest)
    for ax, title in zip(
        axes[0],
        ["kernel", "spectrum", *["image", "its map"] * len(images)],
        strict=True,
    ):
        ax.set_title(title)


def draw_families(ax: Axes, families: Mapping[str, Evaluation]) -> None:
    """Draw a bar for each family: percent that are classified correctly."""
    names = list(families)
    percent = [100 * families[name].accuracy for name in names]
    ax.barh(names, percent, color=color("input"), height=0.7)
    for place, value in enumerate(percent):
        ax.text(
            102, place, f"{value:.1f}", va="center", fontsize=8, color=color("ink"),
        )  # fmt: skip
    ax.invert_yaxis()
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, 100)
    ax.set_xlabel("percent correct, by kind of image")
    ax.tick_params(axis="y", length=0)


def draw_vulnerability(
    figure: FigureBase, found: Vulnerability, classes: Sequence[str]
) -> None:
    """Draw a table for each class: percent misclassified, by frequency (to the right) and direction (downwards) of the wave."""
    register_colormaps()
    axes = figure.subplots(len(classes), 1, squeeze=False, sharex=True)[:, 0]
    directions = [f"{math.degrees(angle):.0f}°" for angle in found.directions]
    for ax, name, percent in zip(axes, classes, found.percent, strict=True):
        _draw_table(ax, percent.T, (), most=100)
        ax.set_title(f"{name}: percent misclassified")
        ax.set_yticks(range(len(directions)), directions)
        ax.set_ylabel("direction")
    axes[-1].set_xticks(
        range(len(found.frequencies)),
        [_as_fraction(frequency) for frequency in found.frequencies],
    )
    axes[-1].set_xlabel("frequency of the wave in cycles per pixel")


def _draw_table(
    ax: Axes, values: Tensor, classes: Sequence[str], most: float | None = None
) -> None:
    """Write numbers into cells that are the darker, the larger the number; NaN is left blank."""
    table = values.double().numpy()
    most = most or float(np.nanmax(table)) or 1.0
    ax.imshow(table, cmap="activation", vmin=0, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        if np.isnan(value):
            continue
        ax.text(
            column, row, f"{value:,.0f}", ha="center", va="center", fontsize=8,
            color=color("ground") if value > 0.6 * most else color("ink"),
        )  # fmt: skip
    if classes:
        ax.set_xticks(range(len(classes)), classes)
        ax.set_yticks(range(len(classes)), classes)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _show_example(ax: Axes, image: Tensor) -> None:
    """Show an image of any number of channels: the first three in colour, or the first in grey."""
    show_image(ax, image[:3] if len(image) >= 3 else image[0])


def _show_spectrum(ax: Axes, spectrum: Tensor) -> None:
    """Show by how much each frequency is multiplied, frequency 0 in the middle."""
    ax.imshow(
        spectrum.numpy(), cmap="activation", vmin=0, extent=(-0.5, 0.5, 0.5, -0.5),
    )  # fmt: skip
    bare(ax)


def _as_fraction(frequency: float) -> str:
    """Write 1/8 where that is what it is."""
    cycle = round(1 / frequency)
    return f"1/{cycle}" if cycle * frequency == 1 else f"{frequency:.3g}"
