"""Diagrams of layers: units as small discs, weights as lines whose width is their size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from cnnbook.checks import check_tensor
from cnnbook.plotting.look import color, look
from cnnbook.plotting.pictures import bare


def draw_connections(
    ax: Axes,
    weight: Tensor,
    roles: Sequence[Sequence[str | None]] | None = None,
    title: str = "",
) -> None:
    """Draw a linear layer as two columns of units and a line for each weight that is not zero.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    weight : Tensor
        (n_out, n_in); the width of a line is the size of its weight, a dashed line is a negative one.
    roles : sequence, optional
        Role of colour of each weight, as a nested list like ``weight``; default: all muted.
    title : str
        Title of the diagram.

    Raises
    ------
    TypeError, ValueError
        If ``weight`` is no floating-point matrix or an empty one.

    Examples
    --------
    >>> import torch
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> draw_connections(ax, torch.eye(3), title="the identity")
    >>> len(ax.lines)
    3
    """
    check_tensor("weight", weight, "(n_out, n_in)")
    n_out, n_in = weight.shape
    longest = max(n_out, n_in)
    # The shorter column stands in the middle.
    above_in, above_out = (longest - n_in) / 2, (longest - n_out) / 2
    values = weight.detach().float().numpy()
    strongest = np.abs(values).max() or 1.0
    for (n, k), value in np.ndenumerate(values):
        if value == 0:
            continue
        role = (roles[n][k] if roles else None) or "muted"
        ax.plot(
            [0, 1],
            [k + above_in, n + above_out],
            color=color(role),
            linestyle="-" if value > 0 else "--",
            linewidth=0.4 + 1.8 * abs(value) / strongest,
            zorder=1,
        )
    size = look()["sizes"]["unit"] ** 2 * 0.6
    for x, n, above, role in (
        (0, n_in, above_in, "input"),
        (1, n_out, above_out, "output"),
    ):
        ax.scatter(
            [x] * n, np.arange(n) + above, s=size, color=color(role), zorder=2
        )
    ax.set_xlim(-0.15, 1.15)
    ax.set_ylim(longest - 0.5, -0.5)
    bare(ax)
    ax.set_title(title)
