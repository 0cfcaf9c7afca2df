"""Pooling: many places become few, by their mean or their maximum; channels stay apart.

What the book calls mean pooling has the name ``avg`` here, as in torch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnnbook.checks import check_alike
from cnnbook.layers.arguments import check_kernel_fits
from cnnbook.layers.padding import Pair, as_pair


def avg_pool2d(
    x: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
) -> Tensor:
    """Slide a window over each channel and take the mean: ``z[c, n, m] = mean_{i,j} x[c, S·n + i, S·m + j]``.

    Parameters
    ----------
    x : Tensor
        A batch of images or feature maps, or one.
    kernel_size : int or (int, int)
        Size M × N of the window.
    stride : int or (int, int), optional
        How far S the window moves at a time; default: its size, so that windows do not overlap.

    Shape:
        (N, C, H, W) → (N, C, H', W') with H' = ⌊(H − M)/S⌋ + 1, W' likewise; or both without the dimension of the batch.
        Rows and columns in which no whole window fits are left out.

    Raises
    ------
    TypeError
        If ``x`` is no dense floating-point tensor or a setting no int or pair of ints.
    ValueError
        If ``x`` has another rank or is empty, a setting is below 1, or the window does not fit into the input.

    Examples
    --------
    >>> avg_pool2d(torch.arange(8.0).reshape(1, 2, 4), 2)
    tensor([[[2.5000, 4.5000]]])
    """
    return torch.mean(_windows(x, kernel_size, stride), dim=(-2, -1))


def max_pool2d(
    x: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
) -> Tensor:
    """Slide a window over each channel and take the maximum: ``z[c, n, m] = max_{i,j} x[c, S·n + i, S·m + j]``.

    The gradient goes to the place of the maximum; where several are largest, to the first of them.

    Parameters
    ----------
    x, kernel_size, stride
        As in :func:`avg_pool2d`.

    Shape:
        As :func:`avg_pool2d`.

    Raises
    ------
    TypeError, ValueError
        As :func:`avg_pool2d`.

    Examples
    --------
    >>> max_pool2d(torch.arange(8.0).reshape(1, 2, 4), 2)
    tensor([[[5., 7.]]])
    """
    return _windows(x, kernel_size, stride).flatten(-2).max(dim=-1).values


def global_avg_pool(x: Tensor) -> Tensor:
    """Take the mean of each channel over all places: how much of it there is, wherever it is.

    Parameters
    ----------
    x : Tensor
        A batch of images or feature maps, or one.

    Shape:
        (N, C, H, W) → (N, C), or (C, H, W) → (C,)

    Raises
    ------
    TypeError
        If ``x`` is no dense floating-point tensor.
    ValueError
        If ``x`` has another rank or no place.

    References
    ----------
    M. Lin, Q. Chen and S. Yan, Network in Network, 2013 (arXiv:1312.4400), section 3.2: *global average pooling*.

    Examples
    --------
    >>> global_avg_pool(torch.eye(4)[None])
    tensor([0.2500])
    """
    _check_maps(x)
    return torch.mean(x, dim=(-2, -1))


def global_max_pool(x: Tensor) -> Tensor:
    """Take the maximum of each channel over all places: whether it is anywhere.

    Parameters, Shape and Raises as in :func:`global_avg_pool`; gradient as in :func:`max_pool2d`.

    Examples
    --------
    >>> global_max_pool(torch.eye(4)[None])
    tensor([1.])
    """
    _check_maps(x)
    return x.flatten(-2).max(dim=-1).values


def _windows(
    x: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None,
) -> Tensor:
    """See the maps through the window: (…, C, H', W', M, N), a view."""
    _check_maps(x)
    kernel = as_pair("kernel_size", kernel_size)
    strides = kernel if stride is None else as_pair("stride", stride)
    check_kernel_fits(kernel, x.shape[-2:])
    rows = x.unfold(-2, kernel[0], strides[0])  # (…, C, H', W, M)
    return rows.unfold(-2, kernel[1], strides[1])


def _check_maps(x: Tensor) -> None:
    check_alike(x=x)
    if x.ndim not in (3, 4):
        raise ValueError(
            f"x must have shape (N, C, H, W) or (C, H, W), got {tuple(x.shape)}"
        )
    if 0 in x.shape[-3:]:
        raise ValueError(
            f"x must not be empty in (C, H, W), got shape {tuple(x.shape)}"
        )


class _WindowPool(nn.Module):
    """Hold the window of a pooling layer."""

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size: Pair = as_pair("kernel_size", kernel_size)
        self.stride: Pair = (
            self.kernel_size if stride is None else as_pair("stride", stride)
        )

    def extra_repr(self) -> str:
        """Name the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}"


class AvgPool2d(_WindowPool):
    """:func:`avg_pool2d` as a module; can take the place of :class:`torch.nn.AvgPool2d`.

    Parameters
    ----------
    kernel_size, stride
        As in :func:`avg_pool2d`.

    Examples
    --------
    >>> AvgPool2d(2)(torch.rand(5, 3, 8, 9)).shape
    torch.Size([5, 3, 4, 4])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean in each window."""
        return avg_pool2d(x, self.kernel_size, self.stride)


class MaxPool2d(_WindowPool):
    """:func:`max_pool2d` as a module; can take the place of :class:`torch.nn.MaxPool2d`.

    Parameters
    ----------
    kernel_size, stride
        As in :func:`max_pool2d`.

    Examples
    --------
    >>> MaxPool2d(3, stride=2)(torch.rand(5, 3, 8, 9)).shape
    torch.Size([5, 3, 3, 4])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the maximum in each window."""
        return max_pool2d(x, self.kernel_size, self.stride)


class GlobalAvgPool(nn.Module):
    """:func:`global_avg_pool` as a module.

    Examples
    --------
    >>> GlobalAvgPool()(torch.rand(5, 3, 8, 9)).shape
    torch.Size([5, 3])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean of each channel."""
        return global_avg_pool(x)


class GlobalMaxPool(nn.Module):
    """:func:`global_max_pool` as a module.

    Examples
    --------
    >>> GlobalMaxPool()(torch.rand(5, 3, 8, 9)).shape
    torch.Size([5, 3])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the maximum of each channel."""
        return global_max_pool(x)
