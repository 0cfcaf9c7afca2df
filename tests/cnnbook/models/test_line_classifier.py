"""The line classifier: its formula in torch's words, its variants, and its export."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from cnnbook.models import LineClassifier
from cnnbook.training import seeded


def make(seed: int = 0, **settings: Any) -> LineClassifier:
    """Return a network with weights everywhere, biases too."""
    with seeded(seed):
        model = LineClassifier(**settings)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter)
    return model.requires_grad_(False)


def forward_of_export(numbers: dict, x: Tensor) -> Tensor:
    """Oracle: what a figure has to compute from the exported numbers, in float64."""
    kernels, bias, w, c = (torch.tensor(numbers[name], dtype=torch.float64) for name in ("kernels", "bias", "W", "c"))
    padding = {"valid": 0, "same": 4}[numbers["padding"]]
    maps = functional.conv2d(x.double(), kernels[:, None], bias, padding=padding).relu()
    pooled = maps.mean((2, 3)) if numbers["pooling"] == "mean" else maps.amax((2, 3))
    return (numbers["tau"] * (pooled @ w.T + c)).softmax(1)


@pytest.mark.parametrize("zero_sum", [True, False])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_exported_numbers_give_the_same_answers(zero_sum: bool, padding: str, pooling: str) -> None:
    model = make(tau=0.5, zero_sum=zero_sum, padding=padding, pooling=pooling).double()
    numbers = json.loads(json.dumps(model.export(seed=3, size=48)))
    x = torch.rand(20, 1, 17, 23)
    expected = forward_of_export(numbers, x)
    torch.testing.assert_close(model.steps(x.double()).probabilities, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(model.float().steps(x).probabilities.double(), expected, rtol=0, atol=2e-5)
    assert (numbers["seed"], numbers["size"], numbers["zero_sum"]) == (3, 48, zero_sum)


def test_a_network_as_it_comes_from_training_exports_to_a_millionth() -> None:
    with seeded(0):
        model = LineClassifier()
    x = torch.rand(50, 1, 64, 64)
    expected = forward_of_export(json.loads(json.dumps(model.export(seed=0))), x)
    torch.testing.assert_close(model.steps(x).probabilities.double(), expected, rtol=0, atol=1e-6)


def test_what_is_exported_has_the_names_of_the_lecture() -> None:
    numbers = make().export(seed=0)
    assert list(numbers) == ["size", "seed", "tau", "zero_sum", "padding", "pooling", "kernels", "bias", "W", "c"]
    assert torch.tensor(numbers["kernels"]).shape == (2, 9, 9)


@pytest.mark.parametrize("method", ["patches", "filter", "fft", "native", "toeplitz"])
def test_methods_agree_in_values_and_gradients(method: str) -> None:
    x = torch.rand(3, 1, 12, 14, dtype=torch.float64)
    found = []
    for way in (method, "native"):
        model = make(method=way).double().requires_grad_()
        model(x).square().sum().backward()
        found.append([model(x).detach(), *(p.grad for p in model.parameters())])
    torch.testing.assert_close(found[0], found[1], rtol=1e-9, atol=1e-9)


def test_steps_lead_to_the_scores() -> None:
    model, x = make(tau=3.0), torch.rand(4, 1, 20, 22)
    steps = model.steps(x)
    assert steps.maps.shape == steps.rectified.shape == (4, 2, 12, 14)
    torch.testing.assert_close(steps.maps, functional.conv2d(x, model.conv.weight, model.conv.bias), rtol=0, atol=1e-4)
    assert torch.equal(steps.rectified, steps.maps.clamp(min=0))
    torch.testing.assert_close(steps.pooled, steps.rectified.mean((2, 3)))
    torch.testing.assert_close(steps.scores, steps.pooled @ model.fc.weight.T + model.fc.bias)
    torch.testing.assert_close(model(x), 3 * steps.scores)
    torch.testing.assert_close(steps.probabilities, model(x).softmax(1))


def test_a_very_large_tau_makes_the_answer_certain() -> None:
    probabilities = make(tau=1e30).steps(torch.rand(4, 1, 20, 22)).probabilities
    assert probabilities.sort(1).values.tolist() == [[0, 1]] * 4


def test_zero_sum_kernels_are_blind_to_the_background_and_nearly_to_the_sign() -> None:
    x = torch.rand(5, 1, 30, 30, dtype=torch.float64)
    model = make().double()
    torch.testing.assert_close(
        model.conv.weight.sum((1, 2, 3)), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-12
    )
    torch.testing.assert_close(model(x + 0.7), model(x))
    same = make(padding="same").double()
    assert (same(x + 0.7) - same(x)).abs().max() > 0.01  # the step to the zeros
    # mean relu(z) − mean relu(−z) = mean z = bias + (sum of the kernel) · …: what is left is the rim.
    model.conv.bias.zero_()
    framed = functional.pad(x, (8, 8, 8, 8))
    torch.testing.assert_close(model(-framed), model(framed))
    other = make(zero_sum=False).double()
    assert (other(x + 0.7) - other(x)).abs().max() > 0.1


def test_kernels_can_be_set_and_are_used_without_their_mean() -> None:
    model = make()
    model.conv.weight = torch.ones(2, 1, 9, 9) * 5
    assert model.conv.weight.abs().max() == 0
    plain = make(zero_sum=False)
    plain.conv.weight.fill_(5)
    assert (plain.conv.weight == 5).all()


def test_the_recommended_start() -> None:
    with seeded(0):
        model = LineClassifier()
    assert model.fc.weight.tolist() == [[1, -1], [-1, 1]]
    assert not model.conv.bias.any()
    assert not model.fc.bias.any()
    assert abs(model.conv.weight.std() - 1 / 9) < 0.02
    torch.testing.assert_close(model.conv.weight.mean((1, 2, 3)), torch.zeros(2), rtol=0, atol=1e-7)
    assert not model.collapsed()


def test_the_default_start_is_torchs() -> None:
    with seeded(2):
        model = LineClassifier(init="default", zero_sum=False)
    with seeded(2):
        conv, fc = torch.nn.Conv2d(1, 2, 9), torch.nn.Linear(2, 2)
    torch.testing.assert_close(model.conv.weight, conv.weight)
    torch.testing.assert_close(model.conv.bias, conv.bias)
    torch.testing.assert_close(model.fc.weight, fc.weight)
    torch.testing.assert_close(model.fc.bias, fc.bias)


@pytest.mark.parametrize(
    ("w", "votes", "collapsed"),
    [
        ([[1.0, -1], [-1, 1]], [2, -2], False),
        ([[2.83, -2.36], [-0.60, 1.14]], [3.43, -3.5], False),  # of the source
        ([[1.51, 2.10], [-1.90, -1.68]], [3.41, 3.78], True),
        ([[-1.0, -2], [1, 1]], [-2, -3], True),
    ],
)
def test_a_network_has_collapsed_if_both_channels_vote_alike(w: list, votes: list, collapsed: bool) -> None:
    model = make()
    model.fc.weight.copy_(torch.tensor(w))
    torch.testing.assert_close(model.votes(), torch.tensor(votes).float())
    assert model.collapsed() is collapsed


def test_any_size_down_to_a_kernel() -> None:
    assert make()(torch.zeros(2, 1, 9, 9)).shape == (2, 2)
    assert make()(torch.zeros(2, 1, 9, 200)).shape == (2, 2)
    assert make(padding="same")(torch.zeros(2, 1, 1, 1)).shape == (2, 2)


@pytest.mark.parametrize("call", [lambda m, x: m(x), lambda m, x: m.steps(x)])
def test_bad_images_are_refused(call: Any) -> None:
    model = make()
    with pytest.raises(ValueError, match=r"^x must have shape \(N, 1, H, W\), got \(2, 3, 64, 64\)$"):
        call(model, torch.zeros(2, 3, 64, 64))
    with pytest.raises(ValueError, match=r"^x must have shape \(N, C, H, W\), got \(64, 64\)$"):
        call(model, torch.zeros(64, 64))
    with pytest.raises(ValueError, match=r"^x must be at least as large as a kernel, 9 × 9, got \(2, 1, 8, 64\)$"):
        call(model, torch.zeros(2, 1, 8, 64))
    with pytest.raises(TypeError, match=r"^x must be a floating-point tensor, got dtype torch.uint8$"):
        call(model, torch.zeros(2, 1, 64, 64, dtype=torch.uint8))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"tau": 0}, ValueError, "tau must be above 0, got 0"),
        ({"tau": -1.0}, ValueError, "tau must be above 0, got -1.0"),
        ({"tau": float("inf")}, ValueError, r"tau must be a finite number in \[-inf, inf\], got inf"),
        ({"tau": "1"}, TypeError, "tau must be a number, got '1'"),
        ({"zero_sum": 1}, TypeError, "zero_sum must be a bool, got 1"),
        ({"padding": 4}, ValueError, "padding must be one of 'valid', 'same', got 4"),
        ({"init": "zeros"}, ValueError, "init must be one of 'recommended', 'default', got 'zeros'"),
        ({"pooling": "sum"}, ValueError, "pooling must be one of 'mean', 'max', got 'sum'"),
        ({"method": "magic"}, ValueError, "method must be one of 'loops', .*, got 'magic'"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        LineClassifier(**settings)
