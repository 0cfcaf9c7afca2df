"""Padding: what a window sees beyond the edge of its input, as amounts, as values and as an index map."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnbook.checks import check_choice
from cnnbook.patches import PADDING_MODES

Pair = tuple[int, int]
Amounts = tuple[Pair, Pair]
"""How much is added (before, after) the rows and (before, after) the columns."""


def padding_amounts(
    padding: int | Sequence[int] | str,
    kernel_size: Pair,
    stride: Pair,
    dilation: Pair,
) -> Amounts:
    """Turn the argument ``padding`` of a layer into numbers of rows and columns.

    Parameters
    ----------
    padding : int, (int, int), "same" or "valid"
        The same on all sides; rows and columns; as much as keeps the size (an odd one is added after); or none.
    kernel_size, stride, dilation : (int, int)
        Of the layer.

    Returns
    -------
    Amounts
        ((top, bottom), (left, right))

    Raises
    ------
    TypeError, ValueError
        If ``padding`` is something else, is negative, or is ``"same"`` with a stride.

    Examples
    --------
    >>> padding_amounts("same", (3, 4), (1, 1), (1, 1))
    ((1, 1), (1, 2))
    """
    if isinstance(padding, str):
        check_choice("padding", padding, ["same", "valid"])
        if padding == "valid":
            return (0, 0), (0, 0)
        if stride != (1, 1):
            raise ValueError(
                f"padding='same' needs stride 1, since a strided output is smaller, got stride {stride}"
            )
        reach = [
            d * (m - 1) for m, d in zip(kernel_size, dilation, strict=True)
        ]
        top, left = (r // 2 for r in reach)
        return (top, reach[0] - top), (left, reach[1] - left)
    rows, columns = as_pair("padding", padding, at_least=0)
    return (rows, rows), (columns, columns)


def as_pair(
    name: str, value: int | Sequence[int], at_least: int = 1, length: int = 2
) -> Pair:
    """Read an argument that is one number, or one for rows and one for columns.

    For a layer of one dimension (``length`` 1) the second number is the value and the first does nothing.

    Raises
    ------
    TypeError, ValueError
        If it is neither, or a number is below ``at_least`` or too large for torch to compute with.

    Examples
    --------
    >>> as_pair("stride", 2)
    (2, 2)
    >>> as_pair("stride", (2, 0))
    Traceback (most recent call last):
        ...
    ValueError: stride must be at least 1, got (2, 0)
    """
    what = "an int or a pair of ints" if length == 2 else "an int"
    numbers = [value] * length if isinstance(value, int) else value
    if (
        isinstance(value, bool)
        or not isinstance(numbers, (tuple, list))
        or not all(type(n) is int for n in numbers)
    ):
        raise TypeError(f"{name} must be {what}, got {value!r}")
    if len(numbers) != length:
        raise ValueError(f"{name} must be {what}, got {value!r}")
    if min(numbers) < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value!r}")
    if max(numbers) >= 1 << 31:
        raise ValueError(f"{name} must be below 2**31, got {value!r}")
    return (numbers[0], numbers[1]) if length == 2 else (at_least, numbers[0])


def check_padding_fits(
    amounts: Amounts, size: Sequence[int], mode: str
) -> None:
    """Raise ``ValueError`` if a mirror or a torus of this size cannot give so much padding."""
    check_choice("padding_mode", mode, PADDING_MODES)
    for (before, after), n in zip(amounts, size, strict=True):
        most = {"reflect": n - 1, "circular": n}.get(mode)
        if most is not None and max(before, after) > most:
            raise ValueError(
                f"padding must be at most {most} with padding_mode={mode!r} "
                f"and an input of size {tuple(size)}, got {max(before, after)}"
            )


def pad(x: Tensor, amounts: Amounts, mode: str = "zeros") -> Tensor:
    """Put rows and columns around a batch of images.

    Parameters
    ----------
    x : Tensor
        A batch of images.
    amounts : Amounts
        ((top, bottom), (left, right)), each at least 0.
    mode : {"zeros", "circular", "reflect", "replicate"}
        What they hold: zeros, the other side, the image mirrored at its edge pixel, or the edge pixel repeated.

    Shape:
        (N, C, H, W) → (N, C, top + H + bottom, left + W + right)

    Raises
    ------
    ValueError
        If the mode is unknown or the amounts do not fit it.

    Examples
    --------
    >>> pad(torch.tensor([[[[1.0, 2.0, 3.0]]]]), ((0, 0), (1, 2)), "circular")
    tensor([[[[3., 1., 2., 3., 1., 2.]]]])
    """
    check_padding_fits(amounts, x.shape[-2:], mode)
    (top, bottom), (left, right) = amounts
    if top == bottom == left == right == 0:
        return x
    if mode == "zeros":
        return F.pad(x, (left, right, top, bottom))
    for dim, (before, after) in zip((-2, -1), amounts, strict=True):
        index, _ = source_index(x.shape[dim], before, after, mode)
        x = x.index_select(dim, index.to(x.device))
    return x


def source_index(
    size: int, before: int, after: int, mode: str
) -> tuple[Tensor, Tensor]:
    """Tell from which place each place of the padded input comes.

    Parameters
    ----------
    size : int
        Places of the input.
    before, after : int
        Places added.
    mode : str
        As in :func:`pad`.

    Returns
    -------
    index : Tensor
        int64, (before + size + after,), values in [0, size).
    inside : Tensor
        bool, the same shape; False where the value is zero instead (mode ``"zeros"``).

    Examples
    --------
    >>> source_index(4, 2, 1, "reflect")[0]
    tensor([2, 1, 0, 1, 2, 3, 2])
    """
    place = torch.arange(-before, size + after)
    inside = (place >= 0) & (place < size)
    if mode == "circular":
        return place % size, torch.ones_like(inside)
    if mode == "reflect":
        last = size - 1
        return last - (last - place.abs()).abs(), torch.ones_like(inside)
    if mode == "replicate":
        return place.clamp(0, size - 1), torch.ones_like(inside)
    return place.clamp(0, size - 1), inside
