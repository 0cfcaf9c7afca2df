"""The four questions at once: to a hand-made net that is right, one that must fail, and one without convolution."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnbook.classifier_report import MOST_MISTAKES, ClassifierReport, report
from cnnbook.datasets import LINE_CLASSES, all_family_images, line_images
from cnnbook.models import LinearClassifier, LineClassifier
from cnnbook.training import seeded


def hand_made() -> LineClassifier:
    """Return a net nobody trained: the second differences to the right and downwards, smoothed along."""
    model = LineClassifier().requires_grad_(False)
    across = torch.tensor([-1.0, -1, -1, 1, 4, 1, -1, -1, -1])  # sum 0
    model.conv.weight = torch.stack([across.expand(9, 9), across[:, None].expand(9, 9)])[:, None] / 9
    return model


def ask(model: nn.Module, images: Tensor, labels: Tensor, **settings: Any) -> ClassifierReport:
    return report(model, images, labels, classes=LINE_CLASSES, **settings)


@pytest.fixture(scope="module")
def lines() -> tuple[Tensor, Tensor]:
    return line_images(300, seed=11)


def test_a_hand_made_net_whose_answers_are_known(lines: tuple[Tensor, Tensor]) -> None:
    families = all_family_images(60, seed=3, names=["dark on white", "jitter 20", "fences"])
    found = ask(hand_made(), *lines, training=lines, families=families, n_attacked=100, frequencies=[1 / 64, 1 / 8])
    assert found.testing.accuracy > 0.98
    assert found.testing.n == 300
    assert found.testing.confusion.sum() == 300
    assert found.training.errors == found.testing.errors
    assert len(found.mistakes) == len(found.mistaken_for) == min(MOST_MISTAKES, found.testing.errors)
    assert found.first_layer.name == "conv"
    assert found.first_layer.directions[:, 0].argmax(1).tolist() == [0, 2]
    assert (found.first_layer.separability > 0.999).all()
    assert list(found.out_of_domain) == list(families)
    assert found.out_of_domain["dark on white"].accuracy > 0.95
    assert found.out_of_domain["fences"].accuracy < 0.5
    percent = found.vulnerability.percent
    assert percent.shape == (2, 2, 4)
    assert percent[:, 0].max() < 10  # slow waves are harmless
    assert percent[1, 1, 0] > 80  # horizontal lines, wave to the right
    assert percent[0, 1, 2] > 80  # vertical lines, wave downwards
    assert percent[0, 1, 0] < 10
    assert percent[1, 1, 2] < 10


def test_a_net_that_must_fail(lines: tuple[Tensor, Tensor]) -> None:
    model = hand_made()
    model.fc.weight.neg_()  # says horizontal where it sees vertical
    found = ask(model, *lines, n_attacked=20, frequencies=[1 / 64])
    assert found.testing.accuracy < 0.02
    assert found.testing.confusion.diag().sum() < 6
    assert found.mistaken_for.tolist() == [[k, 1 - k] for k in found.mistaken_for[:, 0].tolist()]
    assert torch.equal(found.mistakes, lines[0][found.testing.misclassified[:MOST_MISTAKES]])
    assert found.training is None
    assert found.out_of_domain == {}
    assert found.vulnerability.percent[0, 0, 0] > 90


def test_examples_begin_with_one_of_each_class() -> None:
    images, labels = torch.rand(6, 1, 9, 9), torch.tensor([0, 0, 0, 1, 0, 1])
    shown = ask(LineClassifier(), images, labels, n_shown=3, frequencies=[0.1]).first_layer.images
    assert torch.equal(shown, images[[0, 3, 1]])


def test_a_net_without_convolution_and_of_other_classes_and_channels() -> None:
    with seeded(0):
        model, images = LinearClassifier(3, 8, 8, n_classes=3), torch.rand(9, 3, 8, 8)
    found = report(model, images, torch.arange(9) % 3, classes=["a", "b", "c"], frequencies=[0.1], directions=[0.0])
    assert found.first_layer is None
    assert found.testing.confusion.shape == (3, 3)
    assert found.vulnerability.percent.shape == (3, 1, 1)
    assert found.classes == ("a", "b", "c")


def test_bad_input_is_refused(lines: tuple[Tensor, Tensor]) -> None:
    images, labels = lines
    with pytest.raises(ValueError, match=r"^labels must lie in \[0, 2\), got 2$"):
        ask(hand_made(), images, labels + 1)
    with pytest.raises(ValueError, match=r"^n_classes must be at least 1, got 0$"):
        report(hand_made(), images, labels, classes=[])
    with pytest.raises(TypeError, match=r"^training must be a pair of images and labels, got Tensor$"):
        ask(hand_made(), images, labels, training=images)
    for name in ("n_attacked", "n_shown"):
        with pytest.raises(ValueError, match=rf"^{name} must be at least 1, got 0$"):
            ask(hand_made(), images, labels, **{name: 0})
    with pytest.raises(ValueError, match=r"^x must be at least as large as a kernel") as caught:
        ask(hand_made(), images[:4], labels[:4], families={"tiny": (torch.zeros(1, 1, 5, 5), torch.tensor([0]))})
    assert caught.value.__notes__ == ["(in the family 'tiny')"]
