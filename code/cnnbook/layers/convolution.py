"""Convolutional layers: the operations ``conv1d`` and ``conv2d``, and thin modules of the same names.

What deep learning calls convolution is a cross-correlation: the window is not flipped. One layer can be computed in several
ways (``method``); all give the same numbers and gradients.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cnnbook.checks import check_choice
from cnnbook.layers.arguments import (
    Geometry,
    check_channels,
    check_geometry,
    check_tensors,
)
from cnnbook.layers.blocked_patches import by_blocked_patches
from cnnbook.layers.convolution_methods import (
    by_fft,
    by_filter,
    by_loops,
    by_patches,
    by_toeplitz,
)
from cnnbook.layers.convolution_module import METHODS, Convolution
from cnnbook.layers.padding import pad

_VIEWS = {
    "loops": by_loops,
    "patches": by_patches,
    "filter": by_filter,
    "fft": by_fft,
    "toeplitz": by_toeplitz,
}


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    method: str = "patches",
) -> Tensor:
    """Slide filters over images: at every place, the same weighted sums.

    ``z[k, n, m] = bias[k] + Σ_{c,i,j} weight[k, c, i, j] · x[c, S·n + D·i − P, S·m + D·j − P]``

    Parameters
    ----------
    x : Tensor
        A batch of images, or one image.
    weight : Tensor
        The filters.
    bias : Tensor, optional
        (C_out,), one number for each output channel.
    stride : int or (int, int)
        How far S the window moves at a time.
    padding : int, (int, int), "same" or "valid"
        What is added on both sides P; ``"same"`` keeps the size, ``"valid"`` adds nothing.
    dilation : int or (int, int)
        Distance D between the taps of the window.
    groups : int
        The channels are divided into so many groups; each output channel sees only its own.
    padding_mode : {"zeros", "circular", "reflect", "replicate"}
        What lies beyond the edge.
    method : {"patches", "loops", "filter", "fft", "toeplitz", "native"}
        How it is computed: patch matrix times filter matrix; the definition; shifted images; the convolution theorem; a
        sparse matrix; or torch's own convolution.

    Returns
    -------
    Tensor
        The feature maps.

    Shape:
        (N, C_in, H, W), (C_out, C_in/groups, M, N) → (N, C_out, H', W') with
        H' = ⌊(H + 2P − D·(M − 1) − 1)/S⌋ + 1, W' likewise; or without the dimension of the batch, both.

    Raises
    ------
    TypeError
        If a tensor is none or not floating point, dtypes differ, or a setting is of the wrong kind.
    ValueError
        If shapes, channels and groups do not fit, a setting is out of range, or the kernel does not fit into the input.

    Examples
    --------
    >>> x = torch.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, torch.tensor([[[[-1.0, 1.0]]]]))
    tensor([[[[1., 1.],
              [1., 1.],
              [1., 1.]]]])
    """
    check_choice("method", method, METHODS)
    check_tensors(x, weight, bias, 4)
    check_channels(x.shape[-3], weight, bias, groups)
    geometry = check_geometry(
        x.shape[-2:], weight, stride, padding, dilation, groups, padding_mode
    )
    batch = x if x.ndim == 4 else x[None]
    z = _convolve(batch, weight, bias, geometry, method)
    return z if x.ndim == 4 else z[0]


def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    *,
    padding_mode: str = "zeros",
    method: str = "patches",
) -> Tensor:
    """Slide filters along signals: :func:`conv2d` for images that are one row high.

    ``z[k, n] = bias[k] + Σ_{c,i} weight[k, c, i] · x[c, S·n + D·i − P]``

    Parameters
    ----------
    x : Tensor
        A batch of signals, or one.
    weight : Tensor
        The filters.
    bias, stride, padding, dilation, groups, padding_mode, method
        As in :func:`conv2d`, with one number where that takes a pair.

    Shape:
        (N, C_in, L), (C_out, C_in/groups, M) → (N, C_out, L') with L' = ⌊(L + 2P − D·(M − 1) − 1)/S⌋ + 1

    Raises
    ------
    TypeError, ValueError
        As :func:`conv2d`.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 2.0, 4.0, 8.0]]])
    >>> conv1d(x, torch.tensor([[[-1.0, 1.0]]]))
    tensor([[[1., 2., 4.]]])
    """
    check_choice("method", method, METHODS)
    check_tensors(x, weight, bias, 3)
    check_channels(x.shape[-2], weight, bias, groups)
    geometry = check_geometry(
        x.shape[-1:], weight, stride, padding, dilation, groups, padding_mode
    )
    batch = x if x.ndim == 3 else x[None]
    z = _convolve(
        batch[:, :, None], weight[:, :, None], bias, geometry, method
    )[:, :, 0]
    return z if x.ndim == 3 else z[0]


def _convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    geometry: Geometry,
    method: str,
) -> Tensor:
    stride, dilation = geometry.stride, geometry.dilation
    groups, mode = geometry.groups, geometry.padding_mode
    if method != "native" and (len(x) == 0 or x.is_meta):
        # Of nothing there are no spectra and no sparse products.
        method = "filter"
    if method == "patches" and groups == 1 and mode == "zeros":
        z = by_blocked_patches(x, weight, stride, geometry.padding, dilation)
    elif method == "patches" and groups == 1:
        padded = pad(x, geometry.padding, mode)
        z = by_blocked_patches(
            padded, weight, stride, ((0, 0), (0, 0)), dilation
        )
    elif method == "native":
        padded = pad(x, geometry.padding, mode)
        z = torch.nn.functional.conv2d(
            padded, weight, None, stride, 0, dilation, groups
        )
    else:
        padded = pad(x, geometry.padding, mode)
        z = _VIEWS[method](padded, weight, stride, dilation, groups)
    return z if bias is None else z + bias[:, None, None]


class Conv2d(Convolution):
    """A convolutional layer for images; can take the place of :class:`torch.nn.Conv2d`, and gives it back.

    Arguments, defaults, initialisation and the names of the parameters are torch's. Attributes ``weight``
    (C_out, C_in/groups, M, N) and ``bias`` (C_out,) or None.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels C_in of the input and C_out of the output.
    kernel_size : int or (int, int)
        Size M × N of the window.
    stride, padding, dilation, groups, padding_mode, method
        As in :func:`conv2d`.
    bias : bool
        Whether there is one.
    device, dtype
        Of the parameters.

    Shape:
        (N, C_in, H, W) → (N, C_out, H', W') as in :func:`conv2d`

    Raises
    ------
    TypeError, ValueError
        As :func:`conv2d`, as early as possible.

    Examples
    --------
    >>> layer = Conv2d(3, 96, kernel_size=3, padding=1)
    >>> layer(torch.rand(2, 3, 128, 128)).shape
    torch.Size([2, 96, 128, 128])
    """

    dimensions = 2

    def forward(self, x: Tensor) -> Tensor:
        """Return the feature maps of a batch of images."""
        return conv2d(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            padding_mode=self.padding_mode,
            method=self.method,
        )


class Conv1d(Convolution):
    """A convolutional layer for signals; can take the place of :class:`torch.nn.Conv1d`.

    Parameters as in :class:`Conv2d`, with one number where that takes a pair. Attributes ``weight``
    (C_out, C_in/groups, M) and ``bias`` (C_out,) or None.

    Shape:
        (N, C_in, L) → (N, C_out, L') as in :func:`conv1d`

    Examples
    --------
    >>> Conv1d(1, 4, 5, padding="same")(torch.rand(2, 1, 100)).shape
    torch.Size([2, 4, 100])
    """

    dimensions = 1

    def forward(self, x: Tensor) -> Tensor:
        """Return the feature maps of a batch of signals."""
        return conv1d(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            padding_mode=self.padding_mode,
            method=self.method,
        )
