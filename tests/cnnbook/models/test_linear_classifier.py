"""The linear classifier against its formula in plain loops."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnbook.models import LinearClassifier, one_hot
from cnnbook.training import seeded


@given(n=st.integers(1, 3), c=st.integers(1, 3), h=st.integers(1, 4), w=st.integers(1, 4), k=st.integers(1, 4))
def test_scores_are_weighted_sums_of_all_pixels(n: int, c: int, h: int, w: int, k: int) -> None:
    model = LinearClassifier(c, h, w, k).double().requires_grad_(False)
    model.bias.uniform_(-1, 1)
    x = torch.rand(n, c, h, w, dtype=torch.float64)
    scores = model(x)
    assert scores.shape == (n, k)
    for i in range(n):
        for j in range(k):
            by_hand = sum(
                float(model.weight[j, a, b, d] * x[i, a, b, d]) for a in range(c) for b in range(h) for d in range(w)
            )
            assert float(scores[i, j]) == pytest.approx(by_hand + float(model.bias[j]), abs=1e-12)


def test_it_starts_as_torchs_linear_layer_with_one_bias_a_class_at_zero() -> None:
    with seeded(0):
        model = LinearClassifier(1, 8, 8, 10)
    with seeded(0):
        other = LinearClassifier(1, 8, 8, 10)
    assert torch.equal(model.weight, other.weight)
    assert 0.9 / 8 < model.weight.abs().max() <= 1 / 8
    assert model.bias.count_nonzero() == 0


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    ("value", "error", "message"), [(0, ValueError, "at least 1, got 0"), (2.0, TypeError, "an int, got float")]
)
def test_bad_sizes_are_refused(place: int, value: object, error: type[Exception], message: str) -> None:
    sizes = [2, 2, 2, 2]
    sizes[place] = value
    name = ["in_channels", "height", "width", "n_classes"][place]
    with pytest.raises(error, match=f"^{name} must be {message}$"):
        LinearClassifier(*sizes)


def test_images_of_another_size_are_refused() -> None:
    model = LinearClassifier(1, 8, 8, 10)
    with pytest.raises(ValueError, match=r"^x must hold images of shape \(1, 8, 8\), got \(3, 8, 8\)$"):
        model(torch.zeros(2, 3, 8, 8))
    with pytest.raises(ValueError, match=r"^x must have shape \(N, C, H, W\), got \(1, 8, 8\)$"):
        model(torch.zeros(1, 8, 8))


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=9))
def test_one_hot_codes_have_a_single_one_at_the_class(labels: list[int]) -> None:
    for dtype in (torch.int64, torch.int32, torch.uint8, torch.int8):
        codes = one_hot(torch.tensor(labels, dtype=dtype), 5)
        assert codes.tolist() == [[float(k == label) for k in range(5)] for label in labels]


def test_one_hot_codes_a_map_of_any_shape() -> None:
    assert one_hot(torch.zeros(2, 3, dtype=torch.int64), 4).shape == (2, 3, 4)


def test_one_hot_refuses_bad_labels() -> None:
    with pytest.raises(ValueError, match=r"^labels must lie in \[0, 3\), got 3$"):
        one_hot(torch.tensor([0, 3]), 3)
    with pytest.raises(TypeError, match=r"^labels must be an integer tensor, got dtype torch.float32$"):
        one_hot(torch.tensor([0.0]), 3)
    with pytest.raises(ValueError, match=r"^n_classes must be at least 1, got 0$"):
        one_hot(torch.tensor([0]), 0)
