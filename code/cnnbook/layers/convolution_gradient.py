"""The gradient of a convolution, written out by hand: it is two more convolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cnnbook.checks import check_alike
from cnnbook.layers.arguments import (
    check_channels,
    check_geometry,
    check_tensors,
    output_size,
)
from cnnbook.layers.convolution import conv2d
from cnnbook.layers.transposed_convolution import conv_transpose2d


def conv2d_backward(
    grad_output: Tensor,
    x: Tensor,
    weight: Tensor,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients with respect to input, weight and bias.

    Of :func:`~cnnbook.layers.convolution.conv2d`, from that of its output. The input's gradient is the transposed convolution
    of the output's gradient with the same filters. The weight's is the correlation of the input with the output's gradient;
    stride and dilation change places, because the gradient now is the window. The bias's is the sum over places.

    Parameters
    ----------
    grad_output : Tensor
        Gradient of the loss with respect to the layer's output.
    x, weight, stride, padding, dilation, groups
        What the layer was called with (padding by zeros).

    Returns
    -------
    grad_x, grad_weight, grad_bias : Tensor
        Shaped as input, weight and bias.

    Shape:
        (N, C_out, H', W'), (N, C_in, H, W), (C_out, C_in/groups, M, N) → (N, C_in, H, W), (C_out, C_in/groups, M, N), (C_out,)

    Raises
    ------
    TypeError, ValueError
        As :func:`~cnnbook.layers.convolution.conv2d`, and if ``grad_output`` does not have the shape of its output.

    Examples
    --------
    >>> x, weight = torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2)
    >>> grad_x, grad_weight, grad_bias = conv2d_backward(torch.ones(1, 1, 2, 2), x, weight)
    >>> grad_x
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    check_alike(x=x, weight=weight, grad_output=grad_output)
    check_tensors(x, weight, None, 4)
    if x.ndim == 3:
        raise ValueError(
            f"x must have shape (N, C, H, W), got {tuple(x.shape)}"
        )
    check_channels(x.shape[1], weight, None, groups)
    if isinstance(padding, str):
        raise TypeError(
            f"padding must be an int or a pair of ints, got {padding!r}"
        )
    geometry = check_geometry(
        x.shape[-2:], weight, stride, padding, dilation, groups, "zeros"
    )
    strides, dilations = geometry.stride, geometry.dilation
    (rows, _), (columns, _) = geometry.padding
    pads = rows, columns
    size, kernel_size = x.shape[-2:], weight.shape[-2:]
    expected = (
        len(x),
        len(weight),
        *(
            output_size(n + 2 * p, m, s, d)
            for n, p, m, s, d in zip(
                size, pads, kernel_size, strides, dilations, strict=True
            )
        ),
    )
    if tuple(grad_output.shape) != expected:
        raise ValueError(
            "grad_output must have the shape of the output, "
            f"{expected}, got {tuple(grad_output.shape)}"
        )
    if len(x) == 0:  # there is nothing to add up
        no_bias = weight.new_zeros(len(weight))
        return torch.zeros_like(x), torch.zeros_like(weight), no_bias
    # At the end, rows and columns that no window reached: gradient zero.
    unreached = [
        (n + 2 * p - d * (m - 1) - 1) % s
        for n, p, d, m, s in zip(
            size, pads, dilations, kernel_size, strides, strict=True
        )
    ]
    grad_x = conv_transpose2d(
        grad_output, weight, None, strides, pads, unreached, groups, dilations
    )
    # Examples take the place of channels: they are what is summed over.
    inputs = x.transpose(0, 1).chunk(groups)
    gradients = grad_output.transpose(0, 1).chunk(groups)
    grad_weight = torch.cat(
        [
            conv2d(
                one_x,
                one_grad,
                stride=dilations,
                padding=pads,
                dilation=strides,
            ).transpose(0, 1)
            for one_x, one_grad in zip(inputs, gradients, strict=True)
        ]
    )[..., : kernel_size[0], : kernel_size[1]]
    return grad_x, grad_weight, grad_output.sum((0, 2, 3))
