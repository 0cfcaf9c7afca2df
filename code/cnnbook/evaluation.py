"""Evaluation of a classifier: errors, confusions and mistaken images, on one set of images or on many kinds of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnbook.checks import check_labels, check_positive, check_tensor
from cnnbook.training import predict

Examples = tuple[Tensor, Tensor]
"""Images (N, C, H, W) and their labels (N,)."""
BATCH = 500  # images that go through the network at once


@dataclass(frozen=True)
class Evaluation:
    """How a classifier does on labelled images.

    Attributes
    ----------
    n : int
        Number of images.
    errors : int
        How many it gets wrong.
    accuracy : float
        Share that it gets right, in [0, 1].
    confusion : Tensor
        int64, (K, K): how many images of class k (row) were taken for class j (column).
    misclassified : Tensor
        int64, (errors,): indices of those it gets wrong.
    predictions : Tensor
        int64, (n,)
    """

    n: int
    errors: int
    accuracy: float
    confusion: Tensor
    misclassified: Tensor
    predictions: Tensor


def evaluate(
    model: nn.Module, images: Tensor, labels: Tensor, n_classes: int
) -> Evaluation:
    """Count errors and confusions.

    Parameters
    ----------
    model : nn.Module
        Maps (N, C, H, W) to scores (N, K).
    images, labels : Tensor
        (N, C, H, W) and (N,), labels in [0, K).
    n_classes : int
        Number of classes K.

    Raises
    ------
    TypeError, ValueError
        If images, labels or the model's scores are of the wrong kind or number, or labels or answers are out of range.

    Examples
    --------
    >>> from cnnbook.layers import GlobalAvgPool  # the brighter channel wins
    >>> images = torch.tensor([[1.0, 0], [0, 1], [0, 1]])[:, :, None, None]
    >>> evaluate(GlobalAvgPool(), images, torch.tensor([0, 1, 0]), n_classes=2).confusion
    tensor([[1, 1],
            [0, 1]])
    """
    check_positive("n_classes", n_classes)
    check_tensor("images", images, "(N, C, H, W)")
    labels = check_labels("labels", labels, n_classes).long()
    if labels.shape != (len(images),):
        raise ValueError(
            f"labels must have shape ({len(images)},), one for each image, got {tuple(labels.shape)}"
        )
    answers = predict(model, images, BATCH)
    if answers.shape != labels.shape:
        raise ValueError(
            "model must give scores of shape (N, K), "
            f"got answers of shape {tuple(answers.shape)} for N = {len(images)}"
        )
    check_labels("the model's answers", answers, n_classes)
    pairs = labels * n_classes + answers
    confusion = torch.bincount(pairs, minlength=n_classes**2)
    wrong = (answers != labels).nonzero()[:, 0]
    return Evaluation(
        n=len(images),
        errors=len(wrong),
        accuracy=1 - len(wrong) / len(images),
        confusion=confusion.reshape(n_classes, n_classes),
        misclassified=wrong,
        predictions=answers,
    )


def out_of_domain(
    model: nn.Module, families: Mapping[str, Examples], n_classes: int
) -> dict[str, Evaluation]:
    """Evaluate a classifier on several kinds of images.

    Parameters
    ----------
    model : nn.Module
        Maps (N, C, H, W) to scores (N, K), for the sizes that occur.
    families : mapping
        Images and labels by the name of their kind.
    n_classes : int
        Number of classes K.

    Raises
    ------
    Exception
        What the model or :func:`evaluate` raises, with a note that names the family.
    """
    found = {}
    for name, (images, labels) in families.items():
        try:
            found[name] = evaluate(model, images, labels, n_classes)
        except Exception as error:
            error.add_note(f"(in the family {name!r})")
            raise
    return found
