"""Counting errors, on a classifier whose answers are known."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnbook.evaluation import evaluate, out_of_domain


class Told(nn.Module):
    """Answers with the class that the first pixel names."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.one_hot(x[:, 0, 0, 0].long(), self.n_classes).float()


@given(pairs=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_every_image_is_counted_once(pairs: list[tuple[int, int]]) -> None:
    truths, answers = (torch.tensor(values) for values in zip(*pairs, strict=True))
    found = evaluate(Told(3), answers.float()[:, None, None, None].expand(-1, 1, 2, 2), truths, 3)
    wrong = [i for i, (truth, answer) in enumerate(pairs) if truth != answer]
    assert (found.n, found.errors, found.misclassified.tolist()) == (len(pairs), len(wrong), wrong)
    assert found.accuracy == pytest.approx(1 - len(wrong) / len(pairs))
    assert torch.equal(found.predictions, answers)
    for truth in range(3):
        for answer in range(3):
            assert found.confusion[truth, answer] == pairs.count((truth, answer))


X, Y = torch.zeros(4, 1, 2, 2), torch.zeros(4, dtype=torch.int64)


def test_labels_may_be_small_integers() -> None:
    assert evaluate(Told(2), X, Y.to(torch.uint8), 2).errors == 0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"labels": Y + 2}, ValueError, "labels must lie in [0, 2), got 2"),
        ({"labels": Y.float()}, TypeError, "labels must be an integer tensor, got dtype torch.float32"),
        ({"labels": Y[:3]}, ValueError, "labels must have shape (4,), one for each image, got (3,)"),
        ({"images": X[0]}, ValueError, "images must have shape (N, C, H, W), got (1, 2, 2)"),
        ({"images": X[:0]}, ValueError, "images must not be empty, got shape (0, 1, 2, 2)"),
        ({"n_classes": 0}, ValueError, "n_classes must be at least 1, got 0"),
        ({"model": nn.Flatten(0)}, ValueError, "model must give scores of shape (B, K), got (16,)"),
        (
            {"model": nn.Identity()}, ValueError,
            "model must give scores of shape (N, K), got answers of shape (4, 2, 2) for N = 4",
        ),
        (
            {"model": nn.Flatten(0, 1)}, ValueError,
            "model must give scores of shape (N, K), got answers of shape (4, 2) for N = 4",
        ),
        ({"model": Told(4), "images": X + 3}, ValueError, "the model's answers must lie in [0, 2), got 3"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        evaluate(**{"model": Told(2), "images": X, "labels": Y, "n_classes": 2, **change})


def test_families_are_evaluated_one_by_one() -> None:
    found = out_of_domain(Told(2), {"right": (X, Y), "wrong": (X + 1, Y)}, 2)
    assert {name: result.accuracy for name, result in found.items()} == {"right": 1.0, "wrong": 0.0}
    assert out_of_domain(Told(2), {}, 2) == {}


def test_an_error_names_its_family() -> None:
    with pytest.raises(ValueError, match=r"^labels must lie in \[0, 2\), got 7") as caught:
        out_of_domain(Told(2), {"good": (X, Y), "bad": (X, Y + 7)}, 2)
    assert caught.value.__notes__ == ["(in the family 'bad')"]
