"""The linear classifier: one template a class, as large as the image."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from cnnbook.checks import check_labels, check_positive, check_tensor


class LinearClassifier(nn.Module):
    """Score each class by a weighted sum of all pixels: z_k = Σ w_k · x + b_k.

    Parameters
    ----------
    in_channels, height, width : int
        Size of the images.
    n_classes : int
        Number of classes K.

    Attributes
    ----------
    weight : Parameter
        (K, C, H, W): a template for each class, in the shape of an image, so that one can look at it.
    bias : Parameter
        (K,)

    Shape:
        (N, C, H, W) → (N, K)

    Raises
    ------
    ValueError
        If a size is not positive, or an image of another size comes in.

    Examples
    --------
    >>> model = LinearClassifier(1, 16, 16, n_classes=10)
    >>> model(torch.zeros(5, 1, 16, 16)).shape
    torch.Size([5, 10])
    """

    def __init__(
        self, in_channels: int, height: int, width: int, n_classes: int
    ) -> None:
        super().__init__()
        for name, value in (
            ("in_channels", in_channels),
            ("height", height),
            ("width", width),
            ("n_classes", n_classes),
        ):
            check_positive(name, value)
        bound = 1 / math.sqrt(
            in_channels * height * width
        )  # as torch.nn.Linear
        self.weight = nn.Parameter(
            torch.empty(n_classes, in_channels, height, width).uniform_(
                -bound, bound
            )
        )
        self.bias = nn.Parameter(torch.zeros(n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of each image."""
        check_tensor("x", x, "(N, C, H, W)")
        if x.shape[1:] != self.weight.shape[1:]:
            raise ValueError(
                f"x must hold images of shape {tuple(self.weight.shape[1:])}, "
                f"got {tuple(x.shape[1:])}"
            )
        return torch.einsum("nchw,kchw->nk", x, self.weight) + self.bias


def one_hot(labels: Tensor, n_classes: int) -> Tensor:
    """Code each class as a vector that is 1 at the class and 0 elsewhere.

    Parameters
    ----------
    labels : Tensor
        Integers in [0, K), of any shape.
    n_classes : int
        Number of classes K.

    Shape:
        (…) → (…, K)

    Raises
    ------
    TypeError, ValueError
        If the labels are no integers in [0, K).

    Examples
    --------
    >>> one_hot(torch.tensor([2, 0]), n_classes=3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    check_labels("labels", labels, check_positive("n_classes", n_classes))
    return torch.eye(n_classes)[labels.long()]
