"""One convolution, computed in several ways: each function is one view of the layer, in its plainest form.

All take a padded input ``x`` (N, C_in, H, W), the filters ``weight`` (C_out, C_in/groups, M, N), and the pairs ``stride`` and
``dilation``; all return (N, C_out, H', W') with H' = ⌊(H − D·(M − 1) − 1)/S⌋ + 1, without bias. The arguments have been checked
by :func:`~cnnbook.layers.convolution.conv2d`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from cnnbook.checks import check_alike, check_tensor, floating
from cnnbook.layers.arguments import check_kernel_fits, output_size
from cnnbook.layers.padding import Pair, as_pair
from cnnbook.layers.toeplitz import toeplitz_matrix2d


def by_loops(
    x: Tensor, weight: Tensor, stride: Pair, dilation: Pair, groups: int
) -> Tensor:
    """Compute a convolution as it is defined, one value after the other.

    Slow on purpose: the oracle of all others.
    """
    out_channels, group_channels, *kernel_size = weight.shape
    rows, columns = _output_shape(x, weight, stride, dilation)
    values = []
    for k, n, m in product(range(out_channels), range(rows), range(columns)):
        first = k // (out_channels // groups) * group_channels
        total = torch.zeros_like(x[:, 0, 0, 0])
        for c, i, j in product(
            range(group_channels), *map(range, kernel_size)
        ):
            row = n * stride[0] + i * dilation[0]
            column = m * stride[1] + j * dilation[1]
            total = total + weight[k, c, i, j] * x[:, first + c, row, column]
        values.append(total)
    return torch.stack(values, 1).reshape(-1, out_channels, rows, columns)


def patch_matrix(
    x: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Write every patch of a batch of images as one row of a matrix.

    Parameters
    ----------
    x : Tensor
        (Padded) images.
    kernel_size, stride, dilation : int or (int, int)
        Of the window, for rows and columns.

    Shape:
        (N, C, H, W) → (N, H'·W', C·M·N)

    Raises
    ------
    TypeError, ValueError
        If ``x`` is no batch of images, a setting is out of range, or the window does not fit.

    Examples
    --------
    >>> x = torch.arange(9.0).reshape(1, 1, 3, 3)
    >>> patch_matrix(x, 2)[0]
    tensor([[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]])
    """
    check_tensor("x", x, "(N, C, H, W)")
    check_alike(x=x)
    kernel = as_pair("kernel_size", kernel_size)
    strides = as_pair("stride", stride)
    dilations = as_pair("dilation", dilation)
    check_kernel_fits(kernel, x.shape[2:], dilations)
    for dim, m, s, d in zip((2, 3), kernel, strides, dilations, strict=True):
        x = x.unfold(dim, d * (m - 1) + 1, s)[..., ::d]
    # now (batch, C, H', W', M, N), with N the width of the kernel
    return x.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def by_patches(
    x: Tensor, weight: Tensor, stride: Pair, dilation: Pair, groups: int
) -> Tensor:
    """Compute a convolution as one matrix product (view 2)."""
    shape = _output_shape(x, weight, stride, dilation)
    kernel_size = weight.shape[2], weight.shape[3]
    patches = patch_matrix(x, kernel_size, stride, dilation)
    patches = patches.unflatten(2, (groups, -1))  # (N, H'·W', G, C·M·N/G)
    filters = weight.flatten(1).unflatten(0, (groups, -1))
    z = torch.einsum("nlgp,gkp->ngkl", patches, filters)
    return z.reshape(len(x), len(weight), *shape)


def by_filter(
    x: Tensor, weight: Tensor, stride: Pair, dilation: Pair, groups: int
) -> Tensor:
    """Compute a convolution as a weighted sum of shifted images (view 3)."""
    rows, columns = _output_shape(x, weight, stride, dilation)
    x = x.unflatten(1, (groups, -1))
    filters = weight.unflatten(0, (groups, -1))
    z = torch.zeros(())
    for i, j in product(range(weight.shape[2]), range(weight.shape[3])):
        top, left = i * dilation[0], j * dilation[1]
        bottom = top + stride[0] * (rows - 1) + 1
        right = left + stride[1] * (columns - 1) + 1
        shifted = x[..., top : bottom : stride[0], left : right : stride[1]]
        tap = torch.einsum("ngchw,gkc->ngkhw", shifted, filters[..., i, j])
        z = tap if i == j == 0 else z + tap
    return z.flatten(1, 2)


def by_fft(
    x: Tensor, weight: Tensor, stride: Pair, dilation: Pair, groups: int
) -> Tensor:
    """Compute a convolution as a product of spectra (view 3).

    The product of the spectra is a correlation on a torus; where the window does not cross the edge it is ours, and only
    that part is kept. The conjugate makes it a cross-correlation. A dilated kernel has zeros between its taps; a stride
    computes all places and keeps some.
    """
    size = x.shape[-2:]
    rows, columns = _output_shape(x, weight, (1, 1), dilation)
    dtype, x = x.dtype, x.to(floating(x.dtype))
    spread = _spread_taps(weight.to(x.dtype), dilation)
    x_spectrum = torch.fft.rfft2(x).unflatten(1, (groups, -1))
    filter_spectrum = torch.fft.rfft2(spread, s=size).unflatten(
        0, (groups, -1)
    )
    product_ = torch.einsum(
        "ngchw,gkchw->ngkhw", x_spectrum, filter_spectrum.conj()
    )
    z = torch.fft.irfft2(product_.flatten(1, 2), s=size)
    return z[..., : rows : stride[0], : columns : stride[1]].to(dtype)


def by_toeplitz(
    x: Tensor, weight: Tensor, stride: Pair, dilation: Pair, groups: int
) -> Tensor:
    """Compute a convolution as a sparse matrix times a vector (view 4)."""
    shape = _output_shape(x, weight, stride, dilation)
    dtype, x = x.dtype, x.to(floating(x.dtype))
    matrix = toeplitz_matrix2d(
        weight.to(x.dtype),
        (x.shape[2], x.shape[3]),
        stride,
        dilation=dilation,
        groups=groups,
        sparse=True,
    )
    z = torch.sparse.mm(matrix, x.flatten(1).T).T
    return z.reshape(len(x), len(weight), *shape).to(dtype)


def _output_shape(
    x: Tensor, weight: Tensor, stride: Pair, dilation: Pair
) -> tuple[int, int]:
    return (
        output_size(x.shape[2], weight.shape[2], stride[0], dilation[0]),
        output_size(x.shape[3], weight.shape[3], stride[1], dilation[1]),
    )


def _spread_taps(weight: Tensor, dilation: Pair) -> Tensor:
    """Put zeros between the taps of a dilated kernel."""
    if dilation == (1, 1):
        return weight
    (m, n), (d, e) = weight.shape[2:], dilation
    spread = weight.new_zeros(
        *weight.shape[:2], d * (m - 1) + 1, e * (n - 1) + 1
    )
    spread[..., ::d, ::e] = weight
    return spread
