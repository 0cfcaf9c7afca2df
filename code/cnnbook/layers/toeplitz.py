"""A convolution as a matrix: most entries are zero, and each weight stands in many places (view 4).

The matrix of a 1-D convolution with stride 1 has constant diagonals: it is a *Toeplitz* matrix. With circular padding the
diagonals wrap around: it is *circulant*. In 2-D, blocks take the place of entries.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cnnbook.checks import check_alike, check_positive
from cnnbook.layers.arguments import (
    check_channels,
    check_filters,
    check_geometry,
    output_size,
)
from cnnbook.layers.padding import as_pair, source_index


def toeplitz_matrix1d(
    weight: Tensor,
    size: int,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    sparse: bool = False,
) -> Tensor:
    """Write a 1-D convolution as the matrix T with ``conv1d(x, weight, …).flatten() = T @ x.flatten()``.

    Parameters
    ----------
    weight : Tensor
        (C_out, C_in/groups, M)
    size : int
        Length L of the signals, before padding.
    stride, padding, dilation, groups, padding_mode
        As in :func:`~cnnbook.layers.convolution.conv1d`.
    sparse : bool
        Return an uncoalesced sparse COO tensor: it holds the weights and nothing else.

    Shape:
        (C_out·L', C_in·L) with L' as in :func:`~cnnbook.layers.convolution.conv1d`

    Raises
    ------
    TypeError, ValueError
        As :func:`~cnnbook.layers.convolution.conv1d`, and if ``size`` is not positive.

    Examples
    --------
    >>> toeplitz_matrix1d(torch.tensor([[[1.0, 2.0, 3.0]]]), 4, padding=1)
    tensor([[2., 3., 0., 0.],
            [1., 2., 3., 0.],
            [0., 1., 2., 3.],
            [0., 0., 1., 2.]])
    """
    check_alike(weight=weight)
    check_filters(weight, 3)
    return _matrix(
        weight,
        size,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
        sparse,
    )


def toeplitz_matrix2d(
    weight: Tensor,
    size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    sparse: bool = False,
) -> Tensor:
    """Write a 2-D convolution as the matrix T with ``conv2d(x, weight, …).flatten() = T @ x.flatten()``.

    Parameters
    ----------
    weight : Tensor
        (C_out, C_in/groups, M, N)
    size : int or (int, int)
        Height and width of the images, before padding.
    stride, padding, dilation, groups, padding_mode
        As in :func:`~cnnbook.layers.convolution.conv2d`.
    sparse : bool
        Return an uncoalesced sparse COO tensor: it holds the weights and nothing else.

    Shape:
        (C_out·H'·W', C_in·H·W)

    Raises
    ------
    TypeError, ValueError
        As :func:`~cnnbook.layers.convolution.conv2d`, and if a size is not positive.

    Examples
    --------
    >>> T = toeplitz_matrix2d(torch.ones(8, 3, 5, 5), (32, 32), padding=2, sparse=True)
    >>> T.shape
    torch.Size([8192, 3072])
    """
    check_alike(weight=weight)
    check_filters(weight, 4)
    return _matrix(
        weight, size, stride, padding, dilation, groups, padding_mode, sparse
    )


def _matrix(
    weight: Tensor,
    size: int | Sequence[int],
    stride: int | Sequence[int],
    padding: int | Sequence[int] | str,
    dilation: int | Sequence[int],
    groups: int,
    padding_mode: str,
    sparse: bool,
) -> Tensor:
    """Find the row and column of each weight and put it there."""
    length = weight.ndim - 2
    whole = as_pair("size", size, length=length)
    check_positive("groups", groups)
    check_channels(weight.shape[1] * groups, weight, None, groups)
    geometry = check_geometry(
        whole[-length:],
        weight,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
    )
    weight = weight if length == 2 else weight[:, :, None]
    out_channels, group_channels, *kernel_size = weight.shape
    # At which input place does tap i of output n look? Is there one?
    source, inside = [], []
    for n, m, s, d, (before, after) in zip(
        whole,
        kernel_size,
        geometry.stride,
        geometry.dilation,
        geometry.padding,
        strict=True,
    ):
        index, exists = source_index(n, before, after, padding_mode)
        places = s * torch.arange(output_size(n + before + after, m, s, d))
        looks_at = d * torch.arange(m)[:, None] + places  # (M, H')
        source.append(index[looks_at])
        inside.append(exists[looks_at])
    shape = (
        out_channels,
        group_channels,
        *kernel_size,
        source[0].shape[1],
        source[1].shape[1],
    )  # (C_out, C_in/G, M, N, H', W'): all entries
    k, c = torch.arange(out_channels), torch.arange(group_channels)
    first = k // (out_channels // groups) * group_channels
    channel = (first[:, None] + c)[:, :, None, None, None, None]
    from_row = source[0][:, None, :, None]
    from_column = source[1][None, :, None, :]
    column = (channel * whole[0] + from_row) * whole[1] + from_column
    row = torch.arange(out_channels * shape[4] * shape[5]).reshape(
        out_channels, 1, 1, 1, shape[4], shape[5]
    )
    exists = inside[0][:, None, :, None] & inside[1][None, :, None, :]
    exists = exists.expand(shape)
    rows, columns = row.expand(shape)[exists], column.expand(shape)[exists]
    values = weight[..., None, None].expand(shape)[exists]
    matrix_shape = (
        out_channels * shape[4] * shape[5],
        groups * group_channels * whole[0] * whole[1],
    )
    index = torch.stack([rows, columns]).to(weight.device)
    if sparse:
        return torch.sparse_coo_tensor(
            index, values, matrix_shape, check_invariants=False
        )
    # Two taps can meet at a place of a mirrored, repeated or wrapped edge:
    # weights add up.
    return weight.new_zeros(matrix_shape).index_put(
        (index[0], index[1]), values, accumulate=True
    )
