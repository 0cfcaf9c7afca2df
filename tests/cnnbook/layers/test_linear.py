"""The fully connected layer, against torch."""

from __future__ import annotations

import copy
import inspect
import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.cnnbook.layers.gradients import values_and_gradients
from torch import nn

from cnnbook.layers import Linear, linear
from cnnbook.training import seeded


@given(
    leading=st.lists(st.integers(0, 3), max_size=3),
    in_features=st.integers(1, 5),
    out_features=st.integers(1, 5),
    with_bias=st.booleans(),
)
def test_values_and_gradients_are_torchs(
    leading: list[int], in_features: int, out_features: int, with_bias: bool
) -> None:
    x = torch.randn(*leading, in_features, dtype=torch.float64)
    weight = torch.randn(out_features, in_features, dtype=torch.float64)
    bias = torch.randn(out_features, dtype=torch.float64) if with_bias else None
    found = values_and_gradients(linear, x, weight, bias)
    expected = values_and_gradients(nn.functional.linear, x, weight, bias)
    assert len(found) == len(expected) == 3 + with_bias
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_gradients_are_those_of_finite_differences() -> None:
    shapes = [(2, 3, 4), (5, 4), (5,)]
    leaves = tuple(torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes)
    assert torch.autograd.gradcheck(linear, leaves)
    assert torch.autograd.gradgradcheck(linear, leaves)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_smaller_floats_give_the_same_within_their_precision(dtype: torch.dtype) -> None:
    x, weight, bias = torch.randn(3, 4).to(dtype), torch.randn(5, 4).to(dtype), torch.randn(5).to(dtype)
    z = linear(x, weight, bias)
    assert z.dtype == dtype
    tolerance = 10 * torch.finfo(dtype).eps
    torch.testing.assert_close(
        z.double(), linear(x.double(), weight.double(), bias.double()), rtol=tolerance, atol=tolerance
    )


def test_the_layout_in_memory_does_not_matter() -> None:
    x, weight = torch.randn(4, 3), torch.randn(4, 6)
    expected = nn.functional.linear(x.T.contiguous(), weight.T.contiguous())
    torch.testing.assert_close(linear(x.T, weight.T), expected)
    torch.testing.assert_close(linear(x[:, :1].expand(4, 4), weight.T), linear(x[:, :1].repeat(1, 4), weight.T))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_module_is_torchs_module(bias: bool, dtype: torch.dtype) -> None:
    with seeded(4):
        layer = Linear(7, 3, bias, dtype=dtype)
    with seeded(4):
        theirs = nn.Linear(7, 3, bias, dtype=dtype)
    assert list(layer.state_dict()) == list(theirs.state_dict())
    for name, value in layer.state_dict().items():
        torch.testing.assert_close(value, theirs.state_dict()[name], rtol=2 * torch.finfo(dtype).eps, atol=0)
    x = torch.randn(2, 5, 7, dtype=dtype)
    torch.testing.assert_close(layer(x), theirs(x))
    assert repr(layer).replace("in_features=", "").replace("out_features=", "") == (
        repr(theirs).replace("in_features=", "").replace("out_features=", "")
    )


def test_weights_go_to_torch_and_come_back() -> None:
    one, other, third = Linear(3, 2), nn.Linear(3, 2), Linear(3, 2)
    x = torch.randn(4, 3)
    assert not torch.allclose(one(x), other(x), atol=1e-3)
    other.load_state_dict(one.state_dict())
    torch.testing.assert_close(one(x), other(x))
    third.load_state_dict(other.state_dict())
    assert torch.equal(third(x), one(x))


def test_a_module_takes_torchs_arguments_and_can_be_copied() -> None:
    own, theirs = (inspect.signature(c).parameters.values() for c in (Linear, nn.Linear))
    assert [(p.name, p.default, p.kind) for p in own] == [(p.name, p.default, p.kind) for p in theirs]
    layer = Linear(3, 2)
    other = copy.deepcopy(layer)
    with torch.no_grad():
        other.bias.add_(1)
    x = torch.randn(1, 3)
    torch.testing.assert_close(other(x), layer(x) + 1)


X, W, B = torch.zeros(2, 3), torch.zeros(4, 3), torch.zeros(4)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": None}, TypeError, "x must be a torch.Tensor, got NoneType"),
        ({"weight": [[0.0]]}, TypeError, "weight must be a torch.Tensor, got list"),
        ({"bias": 0.0}, TypeError, "bias must be a torch.Tensor, got float"),
        ({"x": X.int()}, TypeError, "x must be floating point with 16 bits or more, got torch.int32"),
        ({"weight": W.to_sparse()}, TypeError, "weight must be a dense tensor, got layout torch.sparse_coo"),
        ({"weight": W.double()}, TypeError, "weight must have the dtype of x, torch.float32, got torch.float64"),
        ({"bias": B.half()}, TypeError, "bias must have the dtype of x, torch.float32, got torch.float16"),
        ({"weight": W.to("meta")}, ValueError, "weight must lie on the device of x, cpu, got meta"),
        ({"bias": B.to("meta")}, ValueError, "bias must lie on the device of x, cpu, got meta"),
        ({"weight": W[0]}, ValueError, "weight must have shape (out_features, in_features), got (3,)"),
        ({"x": X[:, :2]}, ValueError, "x must have 3 features in its last dimension, got shape (2, 2)"),
        ({"x": torch.tensor(1.0)}, ValueError, "x must have 3 features in its last dimension, got shape ()"),
        ({"bias": B[:1]}, ValueError, "bias must have shape (4,), got (1,)"),
        ({"bias": B[None]}, ValueError, "bias must have shape (4,), got (1, 4)"),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"x": X, "weight": W, "bias": B}
    linear(**arguments)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        linear(**arguments | change)


def test_bad_sizes_are_refused_when_a_layer_is_made() -> None:
    with pytest.raises(ValueError, match=r"^in_features must be at least 1, got 0$"):
        Linear(0, 1)
    with pytest.raises(TypeError, match=r"^out_features must be an int, got float$"):
        Linear(1, 2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^dtype must be floating point with 16 bits or more, got torch.int64$"):
        Linear(1, 2, dtype=torch.int64)
