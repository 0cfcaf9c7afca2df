"""What the tests of the layers share: the value of a function together with its gradients."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def values_and_gradients(function: Callable[..., Tensor], *tensors: Tensor | None) -> list[Tensor]:
    """Return the result and the gradients of a weighted sum of it, with the same weights for all functions.

    A tensor may be missing (a bias); of the others, each must get a gradient.
    """
    leaves = [None if t is None else t.detach().clone().requires_grad_() for t in tensors]
    z = function(*leaves)
    z.backward((torch.arange(z.numel()) * 0.7).sin().reshape(z.shape).to(z.dtype))
    gradients = [leaf.grad for leaf in leaves if leaf is not None]
    assert all(g is not None for g in gradients)
    return [z.detach(), *(g for g in gradients if g is not None)]
