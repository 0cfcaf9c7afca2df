"""Small handwritten digits, from scikit-learn's wheel."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import Tensor


def digits() -> tuple[Tensor, Tensor]:
    """Load 1,797 handwritten digits of 8 × 8 pixels.

    Returns
    -------
    images : Tensor
        float32, (1797, 1, 8, 8), ink in [0, 1].
    labels : Tensor
        int64, (1797,), 0 … 9.

    References
    ----------
    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998 (CC BY 4.0).

    Examples
    --------
    >>> images, labels = digits()
    >>> images.shape, labels[:5]
    (torch.Size([1797, 1, 8, 8]), tensor([0, 1, 2, 3, 4]))
    """
    pixels, labels = load_digits(return_X_y=True)
    return torch.from_numpy(pixels).float().reshape(
        -1, 1, 8, 8
    ) / 16, torch.from_numpy(labels).long()
