"""Transposed convolution: the matrix of a convolution, transposed. It sends each value back to where a window looked.

It is not the inverse of a convolution. It is what carries gradients backwards, and a learnable way to make maps larger.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from cnnbook.checks import check_choice, check_positive
from cnnbook.layers.arguments import check_tensors, output_size
from cnnbook.layers.padding import Pair, as_pair
from cnnbook.layers.toeplitz import toeplitz_matrix2d

TRANSPOSED_METHODS = ("filter", "toeplitz")


def conv_transpose2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
    *,
    method: str = "filter",
) -> Tensor:
    """Apply the transpose of the matrix of :func:`~cnnbook.layers.convolution.conv2d` to a batch of maps.

    Each value of ``x`` adds the filter, times itself, to the window it came from.

    Parameters
    ----------
    x : Tensor
        A batch of maps, or one: as large as the *output* of the convolution.
    weight : Tensor
        The filters of the convolution, so that its outputs are inputs here.
    bias : Tensor, optional
        (C_out,)
    stride, padding, dilation, groups
        Of the convolution.
    output_padding : int or (int, int)
        Several input sizes of a strided convolution lead to the same output size; this chooses among them. Smaller than
        stride or dilation.
    method : {"filter", "toeplitz"}
        Add up shifted images, or multiply by the transposed matrix.

    Shape:
        (N, C_in, H, W), (C_in, C_out/groups, M, N) → (N, C_out, H', W') with
        H' = (H − 1)·S − 2P + D·(M − 1) + output_padding + 1, W' likewise; or without the dimension of the batch, both.

    Raises
    ------
    TypeError, ValueError
        If tensors or settings do not fit together, or nothing would be left.

    Examples
    --------
    >>> conv_transpose2d(torch.tensor([[[[1.0, 2.0]]]]), torch.ones(1, 1, 1, 2), stride=2)
    tensor([[[[1., 1., 2., 2.]]]])
    """
    check_tensors(x, weight, bias, 4, "C_in, C_out/groups")
    batch = x if x.ndim == 4 else x[None]
    settings = _settings(
        x, weight, bias, 2, stride, padding, output_padding, groups, dilation
    )
    z = _transpose(batch, weight, bias, groups, method, *settings)
    return z if x.ndim == 4 else z[0]


def conv_transpose1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
    *,
    method: str = "filter",
) -> Tensor:
    """Apply the transpose of the matrix of :func:`~cnnbook.layers.convolution.conv1d` to a batch of signals.

    Parameters
    ----------
    x, weight, bias, stride, padding, output_padding, groups, dilation, method
        As in :func:`conv_transpose2d`, with one number where that takes a pair.

    Shape:
        (N, C_in, L), (C_in, C_out/groups, M) → (N, C_out, L') with L' = (L − 1)·S − 2P + D·(M − 1) + output_padding + 1

    Raises
    ------
    TypeError, ValueError
        As :func:`conv_transpose2d`.

    Examples
    --------
    >>> conv_transpose1d(torch.tensor([[[1.0, 10.0]]]), torch.tensor([[[1.0, 2.0, 3.0]]]))
    tensor([[[ 1., 12., 23., 30.]]])
    """
    check_tensors(x, weight, bias, 3, "C_in, C_out/groups")
    batch = x if x.ndim == 3 else x[None]
    settings = _settings(
        x, weight, bias, 1, stride, padding, output_padding, groups, dilation
    )
    z = _transpose(
        batch[:, :, None], weight[:, :, None], bias, groups, method, *settings
    )[:, :, 0]
    return z if x.ndim == 3 else z[0]


def _settings(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    length: int,
    stride: int | Sequence[int],
    padding: int | Sequence[int],
    output_padding: int | Sequence[int],
    groups: int,
    dilation: int | Sequence[int],
) -> tuple[Pair, Pair, Pair, Pair]:
    """Check the arguments; return stride, padding, dilation and the size of the output as pairs."""
    check_positive("groups", groups)
    channels = x.shape[-length - 1]
    if len(weight) != channels:
        raise ValueError(
            f"weight must have shape (C_in, C_out/groups, …) with C_in = {channels}, got {tuple(weight.shape)}"
        )
    if channels % groups:
        raise ValueError(
            f"groups must divide the number of input channels {channels}, got {groups}"
        )
    out_channels = weight.shape[1] * groups
    if bias is not None and bias.shape != (out_channels,):
        raise ValueError(
            f"bias must have shape ({out_channels},), one value for each output channel, got {tuple(bias.shape)}"
        )
    strides = as_pair("stride", stride, length=length)
    dilations = as_pair("dilation", dilation, length=length)
    pads = (0,) * (2 - length) + as_pair("padding", padding, 0, length)[
        -length:
    ]
    extras = (0,) * (2 - length) + as_pair(
        "output_padding", output_padding, 0, length
    )[-length:]
    for extra, s, d in zip(extras, strides, dilations, strict=True):
        if extra >= max(s, d):
            raise ValueError(
                f"output_padding must be smaller than stride or dilation, got {output_padding} "
                f"for stride {stride} and dilation {dilation}"
            )
    sizes = (1,) * (2 - length) + tuple(x.shape[-length:])
    kernel = (1,) * (2 - length) + tuple(weight.shape[2:])
    rows, columns = (
        (n - 1) * s - 2 * p + d * (m - 1) + e + 1
        for n, s, p, d, m, e in zip(
            sizes, strides, pads, dilations, kernel, extras, strict=True
        )
    )
    if min(rows, columns) < 1:
        raise ValueError(
            f"padding must leave an output, got padding {padding} for an input of size {tuple(x.shape[-length:])}, "
            f"which leaves {(rows, columns)[-length:]}"
        )
    return strides, (pads[0], pads[1]), dilations, (rows, columns)


def _transpose(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    groups: int,
    method: str,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    size: Pair,
) -> Tensor:
    check_choice("method", method, TRANSPOSED_METHODS)
    by = _by_filter if method == "filter" else _by_toeplitz
    z = by(x, weight, groups, stride, padding, dilation, size)
    return z if bias is None else z + bias[:, None, None]


def _by_filter(
    x: Tensor,
    weight: Tensor,
    groups: int,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    size: Pair,
) -> Tensor:
    """Add the images that the taps send out, each at its shift."""
    rows, columns = x.shape[2:]
    # Each tap adds the maps, times its weight, at every stride-th place.
    canvas_size = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    x = x.unflatten(1, (groups, -1))
    filters = weight.unflatten(0, (groups, -1))
    canvas = x.new_zeros(len(x), groups, weight.shape[1], *canvas_size)
    for i, j in product(range(weight.shape[2]), range(weight.shape[3])):
        top, left = i * dilation[0], j * dilation[1]
        place = canvas[
            ...,
            top : top + stride[0] * (rows - 1) + 1 : stride[0],
            left : left + stride[1] * (columns - 1) + 1 : stride[1],
        ]
        place += torch.einsum("ngchw,gck->ngkhw", x, filters[..., i, j])
    inner = canvas.flatten(1, 2)
    return inner[
        ...,
        padding[0] : padding[0] + size[0],
        padding[1] : padding[1] + size[1],
    ]


def _by_toeplitz(
    x: Tensor,
    weight: Tensor,
    groups: int,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    size: Pair,
) -> Tensor:
    """Multiply by the transpose of the matrix of the convolution that leads from the output to the input."""
    matrix = toeplitz_matrix2d(weight, size, stride, padding, dilation, groups)
    rows, columns = (
        output_size(n + 2 * p, m, s, d)
        for n, p, m, s, d in zip(
            size, padding, weight.shape[2:], stride, dilation, strict=True
        )
    )
    # An output padding beyond the stride makes room for windows that no value of x belongs to.
    matrix = matrix.reshape(len(weight), rows, columns, -1)
    matrix = matrix[:, : x.shape[2], : x.shape[3]].flatten(0, 2)
    z = x.flatten(1) @ matrix
    return z.unflatten(1, (-1, *size))
