"""Rectifier and softmax, against torch and by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.cnnbook.layers.gradients import values_and_gradients
from torch import nn

from cnnbook.layers import ReLU, Softmax, relu, softmax

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@given(shape=SHAPES, seed=st.integers(0, 9))
def test_relu_is_torchs(shape: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    x = torch.randint(-2, 3, shape, dtype=torch.float64)  # zeros too
    for one, other in zip(values_and_gradients(relu, x), values_and_gradients(torch.relu, x), strict=True):
        assert torch.equal(one, other)


def test_relu_keeps_what_is_no_number_and_what_is_infinite() -> None:
    x = torch.tensor([float("nan"), float("inf"), -float("inf")])
    torch.testing.assert_close(relu(x), torch.relu(x), equal_nan=True)
    assert relu(x).isnan().tolist() == [True, False, False]


@given(shape=SHAPES, data=st.data(), temperature=st.floats(0.1, 10))
def test_softmax_is_torchs(shape: list[int], data: st.DataObject, temperature: float) -> None:
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = torch.randn(shape, dtype=torch.float64) * 5
    found = values_and_gradients(lambda x: softmax(x, dim, temperature), x)
    expected = values_and_gradients(lambda x: torch.softmax(x / temperature, dim), x)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(found[0].sum(dim), torch.ones_like(found[0].sum(dim)))


def test_softmax_by_hand() -> None:
    x = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64).log()  # weights 0, 1 and 2
    torch.testing.assert_close(softmax(x), torch.tensor([0.0, 1 / 3, 2 / 3], dtype=torch.float64))
    torch.testing.assert_close(softmax(x, temperature=0.5), torch.tensor([0.0, 1 / 5, 4 / 5], dtype=torch.float64))


def test_a_cold_softmax_is_the_maximum_and_a_hot_one_is_even() -> None:
    x = torch.tensor([1.0, 3.0, 2.0])
    assert softmax(x, temperature=1e-30).tolist() == [0, 1, 0]
    assert softmax(x, temperature=1e30).tolist() == pytest.approx([1 / 3] * 3)


def test_softmax_does_not_overflow() -> None:
    assert softmax(torch.tensor([1e38, 1e38, -1e38])).tolist() == [0.5, 0.5, 0]
    assert softmax(torch.tensor([6e4, 0.0], dtype=torch.float16)).tolist() == [1, 0]


@pytest.mark.parametrize("function", [relu, softmax])
def test_gradients_are_those_of_finite_differences(function: Any) -> None:
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, (x,))
    assert torch.autograd.gradgradcheck(function, (x,))


@pytest.mark.parametrize("function", [relu, softmax])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_smaller_floats_stay_what_they_are(function: Any, dtype: torch.dtype) -> None:
    x = torch.randn(5, 6).to(dtype)
    assert function(x).dtype == dtype
    torch.testing.assert_close(function(x).double(), function(x.double()), rtol=4 * torch.finfo(dtype).eps, atol=1e-3)


@pytest.mark.parametrize("function", [relu, softmax])
def test_layout_and_empty_batches(function: Any) -> None:
    x = torch.randn(3, 4, 5)
    assert torch.equal(function(x.transpose(0, 2)), function(x.transpose(0, 2).contiguous()))
    assert torch.equal(function(x[:1].expand(3, 4, 5)), function(x[:1].repeat(3, 1, 1)))
    assert function(x[:0]).shape == (0, 4, 5)


def test_modules_do_what_their_functions_do() -> None:
    x = torch.randn(2, 3, 4)
    assert torch.equal(ReLU()(x), relu(x))
    assert torch.equal(Softmax(1, temperature=2.0)(x), softmax(x, 1, 2.0))
    assert repr(nn.Sequential(ReLU(), Softmax(1))) == (
        "Sequential(\n  (0): ReLU()\n  (1): Softmax(dim=1, temperature=1.0)\n)"
    )


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: relu(None), TypeError, "x must be a torch.Tensor, got NoneType"),
    (lambda: relu([1.0]), TypeError, "x must be a torch.Tensor, got list"),
    (lambda: relu(torch.tensor([1])), TypeError, "x must be floating point with 16 bits or more, got torch.int64"),
    (lambda: softmax(torch.tensor([True])), TypeError, "x must be floating point with 16 bits or more, got torch.bool"),
    (lambda: softmax(torch.zeros(2), temperature=0), ValueError, "temperature must be positive and finite, got 0"),
    (
        lambda: softmax(torch.zeros(2), temperature=-1.0),
        ValueError,
        "temperature must be positive and finite, got -1.0",
    ),
    (
        lambda: softmax(torch.zeros(2), temperature=float("nan")),
        ValueError,
        "temperature must be positive and finite, got nan",
    ),
    (
        lambda: softmax(torch.zeros(2), temperature=float("inf")),
        ValueError,
        "temperature must be positive and finite, got inf",
    ),
    (
        lambda: softmax(torch.zeros(2, dtype=torch.float16), temperature=1e-5),
        ValueError,
        "temperature must be at least 6.103515625e-05 for torch.float16, got 1e-05",
    ),
    (lambda: softmax(torch.zeros(2), temperature="1"), TypeError, "temperature must be a number, got '1'"),
    (lambda: softmax(torch.zeros(2), temperature=True), TypeError, "temperature must be a number, got True"),
    (lambda: softmax(torch.zeros(2), temperature=None), TypeError, "temperature must be a number, got None"),
    (lambda: softmax(torch.zeros(2), 0.0), TypeError, "dim must be an int, got 0.0"),
    (lambda: softmax(torch.zeros(2), None), TypeError, "dim must be an int, got None"),
    (lambda: softmax(torch.zeros(2), 1), ValueError, "dim must be a dimension of x, which has shape (2,), got 1"),
    (
        lambda: softmax(torch.zeros(2, 3), -3),
        ValueError,
        "dim must be a dimension of x, which has shape (2, 3), got -3",
    ),
    (lambda: softmax(torch.tensor(1.0)), ValueError, "dim must be a dimension of x, which has shape (), got -1"),
    (lambda: softmax(torch.zeros(2, 0)), ValueError, "x must have scores along dim -1, got shape (2, 0)"),
    (lambda: Softmax(temperature=0.0), ValueError, "temperature must be positive and finite, got 0.0"),
    (lambda: Softmax("rows"), TypeError, "dim must be an int, got 'rows'"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()
