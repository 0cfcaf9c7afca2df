"""Images, label maps, cells, kernels and outlines: the glyphs of the book, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from cnnbook.plotting.look import color, look

MOST_MARKED = 11
"""Side of the largest picture of signed values whose cells are marked."""
SMALLEST_NAMED = 0.04
"""Radius of the smallest region whose name is written into a label map, as a part of the map's side."""


def show_image(ax: Axes, image: Tensor, title: str = "") -> AxesImage:
    """Show an image, (3, H, W) in colour or (H, W) or (1, H, W) in grey, with values in [0, 1].

    Raises
    ------
    ValueError
        If the shape is none of these.
    """
    picture = image.detach().float().clamp(0, 1)
    if picture.ndim == 3 and picture.shape[0] == 1:
        picture = picture[0]
    if picture.ndim == 3 and picture.shape[0] == 3:
        shown = ax.imshow(
            picture.permute(1, 2, 0).numpy(), interpolation="nearest"
        )
    elif picture.ndim == 2:
        shown = ax.imshow(
            picture.numpy(),
            cmap="gray",
            vmin=0,
            vmax=1,
            interpolation="nearest",
        )
    else:
        raise ValueError(
            f"image must have shape (3, H, W), (1, H, W) or (H, W), got {tuple(image.shape)}"
        )
    bare(ax)
    ax.set_title(title)
    return shown


def show_signed(
    ax: Axes,
    values: Tensor,
    limit: float | None = None,
    title: str = "",
    numbers: str = "",
) -> AxesImage:
    """Show signed values (H, W): the page's ground at zero, limits symmetric.

    Where the cells are few and large, as in a kernel, negative ones are marked by a dash, so that the sign can be told
    without colour.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    values : Tensor
        (H, W)
    limit : float, optional
        Value of full colour; default: the largest magnitude.
    title : str
        Title of the picture.
    numbers : str
        If given, each value is written into its cell in this format, such as ``".1f"``.
    """
    array = values.detach().float().numpy()
    if limit is None:
        limit = float(np.abs(array).max()) or 1.0  # all zero: the ground
    shown = ax.imshow(
        array, cmap="signed", vmin=-limit, vmax=limit, interpolation="nearest"
    )
    if numbers:
        for (row, column), value in np.ndenumerate(array):
            strong = abs(value) > 0.62 * limit
            ax.text(
                column, row, format(value, numbers), ha="center", va="center",
                color=color("ground") if strong else color("ink"), fontsize=9,
            )  # fmt: skip
    elif max(array.shape) <= MOST_MARKED:
        _dash_negative(ax, array, limit)
    bare(ax)
    ax.set_title(title)
    return shown


def _dash_negative(ax: Axes, array: np.ndarray, limit: float) -> None:
    """Draw a dash of the page's ground into each negative cell: the weaker the cell, the less is to be seen of it."""
    places = np.argwhere(array < -0.1 * limit)
    dashes = [
        [(column - 0.22, row), (column + 0.22, row)] for row, column in places
    ]
    ax.add_collection(
        LineCollection(
            dashes, colors=color("ground"), linewidths=1.0, linestyles="-"
        ),
        autolim=False,
    )


def show_labels(
    ax: Axes, labels: Tensor, classes: Sequence[str], title: str = ""
) -> AxesImage:
    """Show a label map (H, W) in the colours of its classes, each named at its widest place; −1 is unlabelled."""
    colors = [color("unlabelled"), *(color(name) for name in classes)]
    shown = ax.imshow(
        labels.numpy() + 1,
        cmap=ListedColormap(colors),
        vmin=-0.5,
        vmax=len(classes) + 0.5,
        interpolation="nearest",
    )
    for k, name in enumerate(classes):
        row, column, radius = _widest_place(labels.numpy() == k)
        if radius > SMALLEST_NAMED * max(labels.shape):
            ax.text(
                column, row, name, ha="center", va="center", fontsize=7.5,
                path_effects=[withStroke(linewidth=2, foreground=color("ground"))],
            )  # fmt: skip
    bare(ax)
    ax.set_title(title)
    return shown


def _widest_place(mask: np.ndarray) -> tuple[int, int, float]:
    """Return row, column and radius of a largest disc that fits into a region."""
    if not mask.any():
        return 0, 0, 0.0
    depth = distance_transform_edt(np.pad(mask, 1))
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return int(row) - 1, int(column) - 1, float(depth.max())


def legend_of_classes(ax: Axes, classes: Sequence[str], **kwargs: Any) -> None:
    """Add a legend that names the colour of each class."""
    handles = [
        Patch(facecolor=color(name), edgecolor="none", label=name)
        for name in classes
    ]
    ax.legend(handles=handles, handlelength=1, handleheight=1, **kwargs)


def outline(
    ax: Axes,
    row: float,
    column: float,
    height: float,
    width: float,
    role: str = "kernel",
    **kwargs: Any,
) -> None:
    """Outline the pixels from (row, column) on: a patch, a window, a receptive field. Never a fill that hides pixels."""
    size = look()["sizes"]["outline"]
    style = {
        "edgecolor": color(role),
        "linewidth": size,
        "facecolor": "none",
        **kwargs,
    }
    ax.add_patch(Rectangle((column - 0.5, row - 0.5), width, height, **style))


def draw_cells(
    ax: Axes, rows: int, columns: int, cell_size: int, **kwargs: Any
) -> None:
    """Draw the lines between cells over an image."""
    style = {
        "color": color("ground"),
        "linewidth": 0.7,
        "alpha": 0.9,
        "linestyle": "-",
        **kwargs,
    }
    for row in range(1, rows):
        ax.axhline(row * cell_size - 0.5, **style)
    for column in range(1, columns):
        ax.axvline(column * cell_size - 0.5, **style)


def mark_cells(
    ax: Axes,
    labels: Tensor,
    classes: Sequence[str],
    cell_size: int,
    skip: Sequence[str] = (),
) -> None:
    """Frame each cell in the colour of its class; cells of −1 or of the classes in ``skip`` get none."""
    for (row, column), k in np.ndenumerate(labels.numpy()):
        if k < 0 or classes[k] in skip:
            continue
        inset = cell_size * 0.06
        outline(
            ax, row * cell_size + inset, column * cell_size + inset, cell_size - 2 * inset, cell_size - 2 * inset,
            role=classes[k], linewidth=1.4,
        )  # fmt: skip


def bare(ax: Axes) -> None:
    """Take away ticks and frame, which say nothing about a picture."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
