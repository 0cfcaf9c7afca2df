"""Four questions to any image classifier: does it work, how, on what else, and what breaks it? Asked at once, answered as numbers.

1. *Evaluation*: errors in training and testing, the confusion matrix, the images it gets wrong (:mod:`cnnbook.evaluation`).
2. *Understanding*: the kernels of the first convolution, their spectra, and maps of a few images (:mod:`cnnbook.first_layer`).
3. *Out of domain*: accuracy on images of other kinds (:mod:`cnnbook.evaluation`).
4. *Vulnerability*: errors on images multiplied by a sinusoid, by frequency and direction (:mod:`cnnbook.vulnerability`).

:func:`~cnnbook.plotting.report.draw_report` draws the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnbook.checks import check_positive
from cnnbook.evaluation import Evaluation, Examples, evaluate, out_of_domain
from cnnbook.first_layer import FirstLayer, look_at_first_layer
from cnnbook.vulnerability import (
    DIRECTIONS,
    FREQUENCIES,
    Vulnerability,
    attack,
)

MOST_MISTAKES = 4
"""How many mistaken images a report holds, all of which are drawn; ``testing.misclassified`` names all others."""


@dataclass(frozen=True)
class ClassifierReport:
    """The answers to the four questions.

    Attributes
    ----------
    classes : tuple of str
        Names of the K classes.
    testing : Evaluation
        On the test images.
    training : Evaluation or None
        On the training images, if they were given.
    mistakes : Tensor
        (≤ :data:`MOST_MISTAKES`, C, H, W): the first test images that it gets wrong.
    mistaken_for : Tensor
        int64, (≤ :data:`MOST_MISTAKES`, 2): their class, and what they were taken for.
    first_layer : FirstLayer or None
        None if the network has no convolution.
    out_of_domain : dict of Evaluation
        By name of the family.
    vulnerability : Vulnerability
        On test images.
    """

    classes: tuple[str, ...]
    testing: Evaluation
    training: Evaluation | None
    mistakes: Tensor
    mistaken_for: Tensor
    first_layer: FirstLayer | None
    out_of_domain: dict[str, Evaluation]
    vulnerability: Vulnerability


def report(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    classes: Sequence[str],
    training: Examples | None = None,
    families: Mapping[str, Examples] | None = None,
    frequencies: Sequence[float] = FREQUENCIES,
    directions: Sequence[float] = DIRECTIONS,
    n_attacked: int = 400,
    n_shown: int = 4,
    seed: int = 0,
) -> ClassifierReport:
    """Ask the four questions.

    Parameters
    ----------
    model : nn.Module
        Maps (N, C, H, W) to scores (N, K).
    images, labels : Tensor
        Test images, (N, C, H, W), and their classes, int64, (N,).
    classes : sequence of str
        Names of the K classes.
    training : (Tensor, Tensor), optional
        Training images and labels, evaluated too.
    families : mapping, optional
        Images and labels of other kinds by name, such as :func:`~cnnbook.datasets.line_families.all_family_images` returns.
    frequencies, directions : sequence of float
        Of the sinusoid, as in :func:`cnnbook.vulnerability.attack`.
    n_attacked : int
        How many of the first test images are attacked.
    n_shown : int
        Of how many test images the maps are kept: the first of each class, then the first of the rest.
    seed : int
        Of the phases of the sinusoid.

    Returns
    -------
    ClassifierReport
        The answers.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    >>> found = report(model, torch.rand(8, 1, 9, 9), torch.arange(8) % 2, classes=["even", "odd"])
    >>> found.testing.n, found.vulnerability.percent.shape
    (8, torch.Size([2, 9, 4]))
    """
    check_positive("n_attacked", n_attacked)
    check_positive("n_shown", n_shown)
    if not isinstance(training, tuple | list | None):
        raise TypeError(
            "training must be a pair of images and labels, "
            f"got {type(training).__name__}"
        )
    n_classes = len(classes)
    testing = evaluate(model, images, labels, n_classes)
    first = testing.misclassified[:MOST_MISTAKES]
    return ClassifierReport(
        classes=tuple(classes),
        testing=testing,
        training=evaluate(model, *training, n_classes) if training else None,
        mistakes=images[first],
        mistaken_for=torch.stack(
            [labels[first].long(), testing.predictions[first]], dim=1
        ),
        first_layer=look_at_first_layer(
            model, images[_examples(labels)[:n_shown]]
        ),
        out_of_domain=out_of_domain(model, families or {}, n_classes),
        vulnerability=attack(
            model,
            images[:n_attacked],
            labels[:n_attacked],
            n_classes,
            frequencies=frequencies,
            directions=directions,
            seed=seed,
        ),
    )


def _examples(labels: Tensor) -> list[int]:
    """Return all indices, beginning with the first of each class."""
    known = labels.tolist()
    firsts = {known.index(k): None for k in sorted(set(known))}
    return list(firsts | dict.fromkeys(range(len(known))))
