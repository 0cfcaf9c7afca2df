"""Guards of the convolutions: every argument is read and checked, before any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from cnnbook.checks import check_alike, check_positive
from cnnbook.layers.padding import (
    Amounts,
    Pair,
    as_pair,
    check_padding_fits,
    padding_amounts,
)


@dataclass(frozen=True)
class Geometry:
    """How the window moves: all settings of a convolution, as pairs (rows, columns)."""

    stride: Pair
    padding: Amounts
    dilation: Pair
    groups: int
    padding_mode: str


def output_size(
    size: int, kernel_size: int, stride: int = 1, dilation: int = 1
) -> int:
    """Count the places at which a window fits into ``size`` values.

    Shape:
        ⌊(H − D·(M − 1) − 1) / S⌋ + 1, and 0 if the window is larger than its input

    Raises
    ------
    TypeError, ValueError
        If an argument is no int, or too small.

    Examples
    --------
    >>> output_size(7, kernel_size=3, stride=2)
    3
    """
    _, size = as_pair("size", size, at_least=0, length=1)
    check_positive("kernel_size", kernel_size)
    check_positive("stride", stride)
    check_positive("dilation", dilation)
    return max(0, (size - dilation * (kernel_size - 1) - 1) // stride + 1)


def check_tensors(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    ndim: int,
    channels: str = "C_out, C_in/groups",
) -> None:
    """Raise unless input, weight and bias are floating-point tensors that go together.

    Parameters
    ----------
    x, weight, bias
        What was passed; ``bias`` may be None.
    ndim : int
        Number of dimensions of ``weight``; ``x`` has the same, or one fewer if it is a single example.
    channels : str
        What the first two dimensions of ``weight`` are, for the message.

    Raises
    ------
    TypeError
        If one is no dense floating-point tensor, or the dtypes differ.
    ValueError
        If a rank is wrong, a dimension other than that of the batch is empty, or they lie on different devices.
    """
    check_alike(x=x, weight=weight, bias=bias)
    example = "C, H, W" if ndim == 4 else "C, L"
    if x.ndim not in (ndim, ndim - 1):
        raise ValueError(
            f"x must have shape (N, {example}) or ({example}), got {tuple(x.shape)}"
        )
    if 0 in x.shape[1 - ndim :]:
        raise ValueError(
            f"x must not be empty in ({example}), got shape {tuple(x.shape)}"
        )
    check_filters(weight, ndim, channels)


def check_filters(
    weight: Tensor, ndim: int, channels: str = "C_out, C_in/groups"
) -> None:
    """Raise ``ValueError`` unless ``weight`` has so many dimensions and none is empty."""
    kernel = "M, N" if ndim == 4 else "M"
    if weight.ndim != ndim or weight.numel() == 0:
        raise ValueError(
            f"weight must have shape ({channels}, {kernel}) without empty "
            f"dimensions, got {tuple(weight.shape)}"
        )


def check_channels(
    channels: int, weight: Tensor, bias: Tensor | None, groups: int
) -> None:
    """Raise ``ValueError`` unless the numbers of channels, filters, groups and biases fit."""
    check_positive("groups", groups)
    if len(weight) % groups:
        raise ValueError(
            f"groups must divide the number of filters {len(weight)}, got {groups}"
        )
    if channels % groups:
        raise ValueError(
            f"groups must divide the number of input channels {channels}, got {groups}"
        )
    if weight.shape[1] != channels // groups:
        raise ValueError(
            f"weight must have {channels // groups} input channels, those of x ({channels}) "
            f"divided by groups ({groups}), got {weight.shape[1]}"
        )
    if bias is not None and bias.shape != (len(weight),):
        raise ValueError(
            f"bias must have shape ({len(weight)},), one value for each output channel, got {tuple(bias.shape)}"
        )


def check_geometry(
    size: Sequence[int],
    weight: Tensor,
    stride: int | Sequence[int],
    padding: int | Sequence[int] | str,
    dilation: int | Sequence[int],
    groups: int,
    padding_mode: str,
) -> Geometry:
    """Read the settings of a convolution over an input of this size.

    Parameters
    ----------
    size : (H, W) or (L,)
        Of the input, before padding. A single dimension counts as a single row.
    weight : Tensor
        (C_out, C_in/groups, M, N) or (C_out, C_in/groups, M).
    stride, padding, dilation, groups, padding_mode
        As in :func:`~cnnbook.layers.convolution.conv2d`.

    Raises
    ------
    TypeError, ValueError
        If a setting is of the wrong kind, out of range, or leaves no place for the window.
    """
    length = len(size)
    strides = as_pair("stride", stride, length=length)
    dilations = as_pair("dilation", dilation, length=length)
    kernel: Pair = (
        (weight.shape[2], weight.shape[3])
        if length == 2
        else (1, weight.shape[2])
    )
    if isinstance(padding, str):
        amounts = padding_amounts(padding, kernel, strides, dilations)
    else:
        rows, columns = as_pair("padding", padding, at_least=0, length=length)
        amounts = (rows, rows), (columns, columns)
    whole = tuple(size) if length == 2 else (1, *size)
    check_padding_fits(amounts, whole, padding_mode)
    padded = [
        n + before + after
        for n, (before, after) in zip(whole, amounts, strict=True)
    ]
    check_kernel_fits(kernel, padded, dilations, length, padded != list(whole))
    return Geometry(strides, amounts, dilations, groups, padding_mode)


def check_kernel_fits(
    kernel: Pair,
    size: Sequence[int],
    dilation: Pair = (1, 1),
    length: int = 2,
    padded: bool = False,
) -> None:
    """Raise ``ValueError`` if the window is larger than the input.

    Parameters
    ----------
    kernel, dilation : (int, int)
        Of the window, for rows and columns.
    size : (int, int)
        Of the input, with what was added.
    length : int
        How many of the dimensions the message names.
    padded : bool
        Whether something was added, for the message.
    """
    for n, m, d in zip(size, kernel, dilation, strict=True):
        if d * (m - 1) + 1 > n:
            message = (
                f"the window must fit into the {'padded ' * padded}input of size {tuple(size)[-length:]}, "
                f"got kernel_size {kernel[-length:]}"
            )
            if max(dilation) > 1:
                message += f" with dilation {dilation[-length:]}"
            raise ValueError(message)
