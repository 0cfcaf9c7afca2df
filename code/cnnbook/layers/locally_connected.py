"""Locally connected layers: each output sees only a window, as in a convolution, but has weights of its own.

Source: Y. LeCun, Generalization and Network Design Strategies, Technical Report CRG-TR-89-4, University of Toronto, 1989.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnnbook.checks import check_alike, check_positive
from cnnbook.layers.arguments import output_size
from cnnbook.layers.padding import Pair, as_pair


def locally_connected1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
) -> Tensor:
    """Slide a window along signals, with another filter at every place.

    ``z[k, n] = bias[k, n] + Σ_{c,i} weight[k, c, i, n] · x[c, S·n + i]``

    Parameters
    ----------
    x : Tensor
        A batch of signals.
    weight : Tensor
        (C_out, C_in, M, L_out): the filters of each place.
    bias : Tensor, optional
        (C_out, L_out)
    stride : int
        How far S the window moves at a time.

    Shape:
        (N, C_in, L) → (N, C_out, L_out) with L_out = ⌊(L − M)/S⌋ + 1

    Raises
    ------
    TypeError
        If a tensor is none or not dense or not floating point, or dtypes differ.
    ValueError
        If the shapes do not fit (the message names the number of places that the input has) or the devices differ.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 1.0, 1.0]]])
    >>> locally_connected1d(x, torch.tensor([[[[1.0, 5.0], [2.0, 6.0]]]]))
    tensor([[[ 3., 11.]]])
    """
    step = as_pair("stride", stride, length=1)[1]
    _check(x, weight, bias, (step,))
    windows = x.unfold(2, weight.shape[2], step)  # (N, C_in, L_out, M)
    z = torch.einsum("ncli,kcil->nkl", windows, weight)
    return z if bias is None else z + bias


def locally_connected2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
) -> Tensor:
    """Slide a window over images, with another filter at every place.

    Parameters
    ----------
    x : Tensor
        A batch of images.
    weight : Tensor
        (C_out, C_in, M, N, H_out, W_out): the filters of each place.
    bias : Tensor, optional
        (C_out, H_out, W_out)
    stride : int or (int, int)
        How far S the window moves at a time.

    Shape:
        (N, C_in, H, W) → (N, C_out, H_out, W_out) with H_out = ⌊(H − M)/S⌋ + 1

    Raises
    ------
    TypeError, ValueError
        As :func:`locally_connected1d`.

    Examples
    --------
    >>> locally_connected2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    steps = as_pair("stride", stride)
    _check(x, weight, bias, steps)
    m, n = weight.shape[2:4]
    windows = x.unfold(2, m, steps[0]).unfold(3, n, steps[1])
    z = torch.einsum("nchwij,kcijhw->nkhw", windows, weight)
    return z if bias is None else z + bias


def _check(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: Sequence[int]
) -> None:
    length = len(stride)
    shapes = {
        "x": "(N, C_in, L)" if length == 1 else "(N, C_in, H, W)",
        "weight": "(C_out, C_in, M, L_out)"
        if length == 1
        else "(C_out, C_in, M, N, H_out, W_out)",
        "bias": "(C_out, L_out)" if length == 1 else "(C_out, H_out, W_out)",
    }
    check_alike(x=x, weight=weight, bias=bias)
    for name, value in (("x", x), ("weight", weight), ("bias", bias)):
        if value is not None and value.ndim != shapes[name].count(",") + 1:
            raise ValueError(
                f"{name} must have shape {shapes[name]}, got {tuple(value.shape)}"
            )
    if 0 in x.shape[1:] or weight.numel() == 0:
        raise ValueError(
            "x and weight must not be empty, but for the batch, got shapes "
            f"{tuple(x.shape)} and {tuple(weight.shape)}"
        )
    if weight.shape[1] != x.shape[1]:
        raise ValueError(
            f"weight must have {x.shape[1]} input channels, as x has, got {weight.shape[1]}"
        )
    kernel, places = weight.shape[2 : 2 + length], weight.shape[2 + length :]
    fits = tuple(
        output_size(n, m, s)
        for n, m, s in zip(x.shape[2:], kernel, stride, strict=True)
    )
    if tuple(places) != fits or 0 in fits:
        raise ValueError(
            f"weight must have filters for {fits} places, as many as windows of {tuple(kernel)} "
            f"with stride {tuple(stride)} fit into {tuple(x.shape[2:])}, got {tuple(places)}"
        )
    if bias is not None and tuple(bias.shape) != (len(weight), *fits):
        raise ValueError(
            f"bias must have shape {(len(weight), *fits)}, one value for each output, got {tuple(bias.shape)}"
        )


class _LocallyConnected(nn.Module):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        input_size: Sequence[int],
        kernel_size: Sequence[int],
        stride: Sequence[int],
        bias: bool,
    ) -> None:
        super().__init__()
        check_positive("in_channels", in_channels)
        check_positive("out_channels", out_channels)
        places = [
            output_size(n, m, s)
            for n, m, s in zip(input_size, kernel_size, stride, strict=True)
        ]
        if 0 in places:
            raise ValueError(
                f"kernel_size must be at most the input size {tuple(input_size)}, got {tuple(kernel_size)}"
            )
        self.stride = tuple(stride)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, *kernel_size, *places)
        )
        if bias:
            self.bias = nn.Parameter(torch.empty(out_channels, *places))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and biases from U(−a, a) with a = 1/√(numbers in a filter), as a convolution does."""
        places = len(self.stride)
        bound = 1 / math.sqrt(self.weight.shape[1:-places].numel())
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """Name the sizes."""
        (k, c), n = self.weight.shape[:2], len(self.stride)
        kernel, places = self.weight.shape[2:-n], self.weight.shape[-n:]
        return (
            f"{c}, {k}, kernel_size={tuple(kernel)}, stride={self.stride}, "
            f"places={tuple(places)}, bias={self.bias is not None}"
        )


class LocallyConnected1d(_LocallyConnected):
    """A locally connected layer for signals of one length: :func:`locally_connected1d` with weights.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of input and output.
    input_size : int
        Length L of the signals: the number of places, and so of filters, depends on it.
    kernel_size, stride : int
        Of the window.
    bias : bool
        Whether there is one, for each output channel and place.

    Shape:
        (N, C_in, L) → (N, C_out, L_out)

    Raises
    ------
    TypeError, ValueError
        If a setting is no int or below 1, or the window is too large; for an input, as :func:`locally_connected1d`.

    Examples
    --------
    >>> LocallyConnected1d(1, 2, input_size=10, kernel_size=3)(torch.rand(4, 1, 10)).shape
    torch.Size([4, 2, 8])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        input_size: int,
        kernel_size: int,
        stride: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            [check_positive("input_size", input_size)],
            [check_positive("kernel_size", kernel_size)],
            [check_positive("stride", stride)],
            bias,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of a batch of signals."""
        return locally_connected1d(x, self.weight, self.bias, self.stride)


class LocallyConnected2d(_LocallyConnected):
    """A locally connected layer for images of one size: :func:`locally_connected2d` with weights.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of input and output.
    input_size : int or (int, int)
        Height and width of the images: the number of filters depends on it.
    kernel_size, stride : int or (int, int)
        Of the window.
    bias : bool
        Whether there is one, for each output channel and place.

    Shape:
        (N, C_in, H, W) → (N, C_out, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        If a setting is no int or pair of ints or below 1, or the window is too large; for an input, as :func:`locally_connected2d`.

    Examples
    --------
    >>> LocallyConnected2d(3, 4, input_size=16, kernel_size=5)(torch.rand(2, 3, 16, 16)).shape
    torch.Size([2, 4, 12, 12])
    """

    stride: Pair

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        input_size: int | Sequence[int],
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            as_pair("input_size", input_size),
            as_pair("kernel_size", kernel_size),
            as_pair("stride", stride),
            bias,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of a batch of images."""
        return locally_connected2d(x, self.weight, self.bias, self.stride)
