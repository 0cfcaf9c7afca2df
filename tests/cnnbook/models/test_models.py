"""What holds for every model of the book: a new one is tested by being listed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnbook import models
from cnnbook.training import seeded

Case = tuple[Callable[[], nn.Module], tuple[int, ...], int]
CASES: dict[str, Case] = {
    # name: how to make it, shape of its input, number of its parameters by hand
    "CellClassifier": (
        lambda: models.CellClassifier(3, 4, in_channels=2, hidden=5), (6, 2, 3, 3), 18 * 5 + 5 + 5 * 4 + 4,
    ),
    "LineClassifier": (lambda: models.LineClassifier(), (6, 1, 11, 12), 2 * 81 + 2 + 2 * 2 + 2),
    "LineClassifier as in torch": (
        lambda: models.LineClassifier(
            zero_sum=False, init="default", padding="same", pooling="max", tau=2.0, method="patches"
        ), (6, 1, 9, 10), 170,
    ),
    "LinearClassifier": (lambda: models.LinearClassifier(2, 3, 4, n_classes=5), (6, 2, 3, 4), 24 * 5 + 5),
    "PatchSegmenter": (lambda: models.PatchSegmenter(3, 4, in_channels=2), (6, 2, 3, 3), 18 * 4 + 4),
    "PatchSegmenter with hidden units": (
        lambda: models.PatchSegmenter(3, 4, in_channels=2, hidden=5), (6, 2, 3, 3), 18 * 5 + 5 + 5 * 4 + 4,
    ),
}  # fmt: skip


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def make(case: Case, seed: int = 0) -> tuple[nn.Module, torch.Tensor]:
    with seeded(seed):
        return case[0](), torch.rand(case[1])


def test_every_model_of_the_package_is_a_case() -> None:
    exported = {
        name
        for name in models.__all__
        if isinstance(value := getattr(models, name), type) and issubclass(value, nn.Module)
    }
    assert exported == {name.split()[0] for name in CASES}


def test_every_parameter_gets_a_gradient(case: Case) -> None:
    model, x = make(case)
    (model(x) ** 2).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_number_of_parameters_is_that_computed_by_hand(case: Case) -> None:
    assert sum(p.numel() for p in make(case)[0].parameters()) == case[2]


def test_weights_survive_a_round_trip(case: Case, tmp_path: object) -> None:
    model, x = make(case, seed=0)
    other, _ = make(case, seed=1)
    assert not torch.equal(model(x), other(x))
    torch.save(model.state_dict(), f"{tmp_path}/weights.pt")
    other.load_state_dict(torch.load(f"{tmp_path}/weights.pt", weights_only=True))
    assert torch.equal(model(x), other(x))


def test_gradients_are_those_of_finite_differences(case: Case) -> None:
    model, x = make(case)
    model, x = model.double(), x[:2].double().requires_grad_()
    names, values = zip(*model.named_parameters(), strict=True)

    def scores(x: torch.Tensor, *values: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(model, dict(zip(names, values, strict=True)), x)

    assert torch.autograd.gradcheck(scores, (x, *values))


def test_examples_do_not_influence_each_other(case: Case) -> None:
    model, x = make(case)
    assert torch.allclose(model(x)[2:3], model(x[2:3]), atol=1e-6)
    assert torch.equal(model(x), model(x))
