"""What the modules ``Conv1d`` and ``Conv2d`` share: the arguments of torch's own, the weights and how they begin."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from cnnbook.checks import check_choice, check_floating, check_positive
from cnnbook.layers.padding import as_pair, padding_amounts
from cnnbook.patches import PADDING_MODES

METHODS = ("loops", "patches", "filter", "fft", "toeplitz", "native")
"""The ways in which a convolution can be computed."""


class Convolution(nn.Module):
    """Hold the weights and the settings of a convolution; what is done with them is up to the subclass.

    Parameters as in :class:`~cnnbook.layers.convolution.Conv2d`.

    Raises
    ------
    TypeError, ValueError
        If a setting is of the wrong kind or out of range, or groups do not divide the channels.
    """

    dimensions: int
    """Dimensions of a window, 1 or 2."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        method: str = "patches",
    ) -> None:
        super().__init__()
        self.in_channels = check_positive("in_channels", in_channels)
        self.out_channels = check_positive("out_channels", out_channels)
        self.groups = check_positive("groups", groups)
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % groups:
                raise ValueError(
                    f"groups must divide {name} {getattr(self, name)}, got {groups}"
                )
        n = self.dimensions
        kernel = as_pair("kernel_size", kernel_size, length=n)
        strides = as_pair("stride", stride, length=n)
        dilations = as_pair("dilation", dilation, length=n)
        if isinstance(padding, str):
            padding_amounts(padding, kernel, strides, dilations)
        else:
            padding = as_pair("padding", padding, at_least=0, length=n)[-n:]
        check_choice("padding_mode", padding_mode, PADDING_MODES)
        check_choice("method", method, METHODS)
        check_floating("dtype", dtype or torch.get_default_dtype())
        self.kernel_size, self.stride = kernel[-n:], strides[-n:]
        self.padding, self.dilation = padding, dilations[-n:]
        self.padding_mode, self.method = padding_mode, method
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = nn.Parameter(
            torch.empty(shape, device=device, dtype=dtype)
        )
        self.register_parameter("bias", None)
        if bias:
            self.bias = nn.Parameter(
                torch.empty(out_channels, device=device, dtype=dtype)
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and biases from U(−a, a) with a = 1/√(numbers in a filter), as torch does."""
        bound = 1 / math.sqrt(self.weight[0].numel())
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """Name the settings that differ from the defaults."""
        n = self.dimensions
        settings = (
            ("padding", self.padding, (0,) * n),
            ("dilation", self.dilation, (1,) * n),
            ("groups", self.groups, 1),
            ("bias", self.bias is not None, True),
            ("padding_mode", self.padding_mode, "zeros"),
            ("method", self.method, "patches"),
        )
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, value, default in settings:
            if value != default:
                text += f", {name}={value}"
        return text
