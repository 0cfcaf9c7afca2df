"""The fully connected layer: every output is a weighted sum of all inputs."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from cnnbook.checks import (
    check_alike,
    check_floating,
    check_positive,
)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply by a matrix and add a bias: ``z = x @ weight.T + bias``.

    Parameters
    ----------
    x : Tensor
        Inputs; the last dimension holds the features.
    weight : Tensor
        (out_features, in_features)
    bias : Tensor, optional
        (out_features,)

    Shape:
        (…, in_features) → (…, out_features)

    Raises
    ------
    TypeError
        If an argument is no dense floating-point tensor or the dtypes differ.
    ValueError
        If the shapes do not fit or the devices differ.

    Examples
    --------
    >>> linear(torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    tensor([1., 3.])
    """
    check_alike(x=x, weight=weight, bias=bias)
    if weight.ndim != 2:
        raise ValueError(
            "weight must have shape (out_features, in_features), "
            f"got {tuple(weight.shape)}"
        )
    if x.ndim < 1 or x.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"x must have {weight.shape[1]} features in its last dimension, "
            f"got shape {tuple(x.shape)}"
        )
    if bias is not None and bias.shape != (len(weight),):
        raise ValueError(
            f"bias must have shape ({len(weight)},), got {tuple(bias.shape)}"
        )
    z = x @ weight.T
    return z if bias is None else z + bias


class Linear(nn.Module):
    """A fully connected layer; can take the place of :class:`torch.nn.Linear`.

    Parameters
    ----------
    in_features, out_features : int
        Sizes of input and output.
    bias : bool
        Whether there is one.
    device, dtype
        Of the parameters.

    Shape:
        (…, in_features) → (…, out_features)

    Raises
    ------
    TypeError, ValueError
        If a size is no int or below 1, or ``dtype`` not floating point; for an input, as :func:`linear`.

    Examples
    --------
    >>> Linear(8, 2)(torch.rand(5, 8)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_features = check_positive("in_features", in_features)
        self.out_features = check_positive("out_features", out_features)
        check_floating("dtype", dtype or torch.get_default_dtype())
        self.weight = nn.Parameter(
            torch.empty(out_features, in_features, device=device, dtype=dtype)
        )
        if bias:
            self.bias = nn.Parameter(
                torch.empty(out_features, device=device, dtype=dtype)
            )
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and biases from U(−a, a) with a = 1/√in_features, as torch does."""
        bound = 1 / math.sqrt(self.in_features)
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Return the weighted sums."""
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Name the settings."""
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}"
