"""Activations: what happens to each number by itself, and the softmax, which weighs numbers against each other."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from cnnbook.checks import check_alike


def relu(x: Tensor) -> Tensor:
    """Keep what is positive and set the rest to zero.

    Parameters
    ----------
    x : Tensor
        Any floating-point tensor.

    Shape:
        (…) → (…), values in [0, ∞). The slope at 0 is taken as 0.

    Raises
    ------
    TypeError
        If ``x`` is no floating-point tensor.

    Examples
    --------
    >>> relu(torch.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    check_alike(x=x)
    return _PositivePart.apply(x)


class _PositivePart(torch.autograd.Function):
    """max(x, 0) with its gradient by hand: autograd's own for ``torch.where`` or ``clamp`` takes three times as long."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clamp(min=0)  # what is no number stays visible as NaN

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return gradient * (y != 0)


def softmax(x: Tensor, dim: int = -1, temperature: float = 1.0) -> Tensor:
    """Turn scores into probabilities: ``y_k = exp(z_k/T) / Σ_j exp(z_j/T)``.

    Parameters
    ----------
    x : Tensor
        Scores z.
    dim : int
        Along which they compete.
    temperature : float
        T > 0. Large: all classes alike. Small: the largest score takes all. (1/T is also called inverse temperature τ.)

    Shape:
        (…) → (…), values in [0, 1] that add up to 1 along ``dim``

    Raises
    ------
    TypeError
        If ``x`` is no floating-point tensor, ``dim`` no int or ``temperature`` no number.
    ValueError
        If ``temperature`` is not positive and finite, or ``x`` has no such dimension or nothing along it.

    Examples
    --------
    >>> softmax(torch.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])
    """
    check_alike(x=x)
    _check_settings(dim, temperature)
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(
            f"dim must be a dimension of x, which has shape {tuple(x.shape)}, got {dim}"
        )
    if x.shape[dim] == 0:
        raise ValueError(
            f"x must have scores along dim {dim}, got shape {tuple(x.shape)}"
        )
    if temperature < torch.finfo(x.dtype).tiny:
        raise ValueError(
            f"temperature must be at least {torch.finfo(x.dtype).tiny} for {x.dtype}, got {temperature}"
        )
    # Scores may be shifted by a constant; without this, exp overflows.
    scores = (x - x.detach().amax(dim, keepdim=True)) / temperature
    weights = scores.exp()
    return weights / weights.sum(dim, keepdim=True)


def _check_settings(dim: object, temperature: object) -> None:
    if type(dim) is not int:
        raise TypeError(f"dim must be an int, got {dim!r}")
    if type(temperature) not in (int, float):
        raise TypeError(f"temperature must be a number, got {temperature!r}")
    if not 0 < temperature < math.inf:  # type: ignore[operator]
        raise ValueError(
            f"temperature must be positive and finite, got {temperature}"
        )


class ReLU(nn.Module):
    """:func:`relu` as a module, for ``nn.Sequential``.

    Examples
    --------
    >>> ReLU()(torch.tensor([-3.0, 3.0]))
    tensor([0., 3.])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the positive part."""
        return relu(x)


class Softmax(nn.Module):
    """:func:`softmax` as a module.

    Parameters
    ----------
    dim : int
        Along which the scores compete.
    temperature : float
        T > 0.

    Raises
    ------
    TypeError, ValueError
        If ``dim`` is no int, or ``temperature`` no number above 0 and finite; for an input, as :func:`softmax`.

    Examples
    --------
    >>> Softmax(dim=0, temperature=0.1)(torch.tensor([0.0, 1.0]))
    tensor([4.5398e-05, 9.9995e-01])
    """

    def __init__(self, dim: int = -1, temperature: float = 1.0) -> None:
        super().__init__()
        _check_settings(dim, temperature)
        self.dim, self.temperature = dim, temperature

    def forward(self, x: Tensor) -> Tensor:
        """Return the probabilities."""
        return softmax(x, self.dim, self.temperature)

    def extra_repr(self) -> str:
        """Name the settings."""
        return f"dim={self.dim}, temperature={self.temperature}"
