"""Invariance and equivariance: two properties of a mapping, defined apart and measured apart.

A mapping f is *invariant* to translation if f(translate(x)) = f(x): the answer does not change.
It is *equivariant* with translation if f(translate(x)) = translate(f(x)): the answer moves along.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Mapping = Callable[[Tensor], Tensor]


def translate(
    x: Tensor, shift: tuple[int, int], fill: str | float = "circular"
) -> Tensor:
    """Move an image by whole pixels.

    Parameters
    ----------
    x : Tensor
        An image or a batch or map: the last two dimensions are moved.
    shift : tuple of int
        Pixels down and to the right; negative values move up and left.
    fill : "circular" or float
        What comes in at the edge: what left at the other side, or a constant.

    Shape:
        (…, H, W) → (…, H, W)

    Raises
    ------
    ValueError
        If ``x`` has fewer than two dimensions, or ``fill`` is neither ``"circular"`` nor a number.

    Examples
    --------
    >>> translate(torch.tensor([[1, 2, 3]]), (0, 1))
    tensor([[3, 1, 2]])
    >>> translate(torch.tensor([[1, 2, 3]]), (0, 1), fill=0)
    tensor([[0, 1, 2]])
    """
    if x.ndim < 2:
        raise ValueError(
            f"x must have at least the dimensions (H, W), got shape {tuple(x.shape)}"
        )
    if fill != "circular" and not isinstance(fill, int | float):
        raise ValueError(f"fill must be 'circular' or a number, got {fill!r}")
    down, right = shift
    moved = torch.roll(x, shifts=(down, right), dims=(-2, -1))
    if isinstance(fill, str):
        return moved
    height, width = x.shape[-2:]
    rows = torch.arange(height, device=x.device)
    columns = torch.arange(width, device=x.device)
    inside_rows = (rows - down >= 0) & (rows - down < height)
    inside_columns = (columns - right >= 0) & (columns - right < width)
    return torch.where(
        inside_rows[:, None] & inside_columns,
        moved,
        torch.as_tensor(fill, dtype=x.dtype),
    )


def invariance_error(f: Mapping, x: Tensor, shift: tuple[int, int]) -> float:
    """Return the largest change of f under a circular translation.

    That is ``max |f(translate(x)) − f(x)|``.

    Parameters
    ----------
    f : callable
        From (…, H, W) to a tensor of any shape.
    x : Tensor
        An input of f.
    shift : tuple of int
        Pixels down and to the right.

    Examples
    --------
    >>> invariance_error(torch.mean, torch.eye(4, dtype=torch.float64), (1, 2))
    0.0
    """
    return (f(translate(x, shift)) - f(x)).abs().max().item()


def equivariance_error(f: Mapping, x: Tensor, shift: tuple[int, int]) -> float:
    """Return how far f is from moving along with a circular translation.

    That is ``max |f(translate(x)) − translate(f(x))|``.

    Parameters
    ----------
    f : callable
        From (…, H, W) to a tensor whose last two dimensions are (H, W) again.
    x : Tensor
        An input of f.
    shift : tuple of int
        Pixels down and to the right.

    Raises
    ------
    ValueError
        If f changes the size of the image: then ``translate(f(x))`` would be another shift.

    Examples
    --------
    >>> equivariance_error(torch.sqrt, torch.eye(4, dtype=torch.float64), (1, 2))
    0.0
    """
    y = f(x)
    if y.ndim < 2 or y.shape[-2:] != x.shape[-2:]:
        raise ValueError(
            f"f must keep the size {tuple(x.shape[-2:])} of the image, got an output of shape {tuple(y.shape)}"
        )
    return (f(translate(x, shift)) - translate(y, shift)).abs().max().item()
