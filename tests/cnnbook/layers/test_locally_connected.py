"""Locally connected layers, against plain loops, and against a convolution when all places share their weights."""

from __future__ import annotations

import copy
import math
import re
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.cnnbook.layers.gradients import values_and_gradients
from torch import Tensor, nn

from cnnbook.layers import (
    LocallyConnected1d,
    LocallyConnected2d,
    conv1d,
    conv2d,
    locally_connected1d,
    locally_connected2d,
)

OPERATIONS: dict[int, Any] = {1: locally_connected1d, 2: locally_connected2d}
CONVOLUTIONS: dict[int, Any] = {1: conv1d, 2: conv2d}
MODULES: dict[int, Any] = {1: LocallyConnected1d, 2: LocallyConnected2d}


def by_loops(x: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, ...]) -> Tensor:
    """Oracle: the definition."""
    n = len(stride)
    kernel, places = weight.shape[2:-n], weight.shape[-n:]
    z = torch.zeros(len(x), len(weight), *places, dtype=x.dtype)
    for example, k in product(range(len(x)), range(len(weight))):
        for place in product(*map(range, places)):
            total = x.new_zeros(()) if bias is None else bias[(k, *place)]
            for c, *tap in product(range(weight.shape[1]), *map(range, kernel)):
                at = [s * p + i for s, p, i in zip(stride, place, tap, strict=True)]
                total = total + weight[(k, c, *tap, *place)] * x[(example, c, *at)]
            z[(example, k, *place)] = total
    return z


Case = tuple[Tensor, Tensor, Tensor | None, Any]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    dims = draw(st.sampled_from([1, 2]))
    batch, c, k = draw(st.integers(0, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel = [draw(st.integers(1, 3)) for _ in range(dims)]
    stride = [draw(st.integers(1, 3)) for _ in range(dims)]
    places = [draw(st.integers(1, 3)) for _ in range(dims)]
    # Rows at the end that no window reaches are allowed.
    size = [(p - 1) * s + m + draw(st.integers(0, s - 1)) for p, s, m in zip(places, stride, kernel, strict=True)]
    x = torch.randn(batch, c, *size, dtype=torch.float64)
    weight = torch.randn(k, c, *kernel, *places, dtype=torch.float64)
    bias = torch.randn(k, *places, dtype=torch.float64) if draw(st.booleans()) else None
    as_given = (
        stride[0] if len(set(stride)) == 1 and draw(st.booleans()) else draw(st.sampled_from([tuple, list]))(stride)
    )
    return x, weight, bias, as_given


def as_tuple(stride: Any, dims: int) -> tuple[int, ...]:
    return (stride,) * dims if isinstance(stride, int) else tuple(stride)


@given(case=cases())
def test_values_and_gradients_are_those_of_loops(case: Case) -> None:
    x, weight, bias, stride = case
    dims = x.ndim - 2
    found = values_and_gradients(lambda *t: OPERATIONS[dims](*t, stride), x, weight, bias)
    if len(x) == 0:
        assert not any(t.any() for t in found)
        assert len(found) == 3 + (bias is not None)
        return
    expected = values_and_gradients(lambda *t: by_loops(*t, as_tuple(stride, dims)), x, weight, bias)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@given(case=cases())
def test_with_the_same_weights_everywhere_it_is_a_convolution(case: Case) -> None:
    x, weight, bias, stride = case
    dims = x.ndim - 2
    shared = weight[(..., *[slice(0, 1)] * dims)]
    one_bias = None if bias is None else bias[(..., *[0] * dims)]
    everywhere = None if bias is None or one_bias is None else one_bias[(..., *[None] * dims)].expand_as(bias)
    found = OPERATIONS[dims](x, shared.expand_as(weight), everywhere, stride)
    expected = CONVOLUTIONS[dims](x, shared.reshape(shared.shape[:-dims]), one_bias, stride)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_with_different_weights_it_is_not_a_convolution() -> None:
    x, weight = torch.ones(1, 1, 4), torch.arange(4.0).reshape(1, 1, 1, 4)
    assert locally_connected1d(x, weight).tolist() == [[[0, 1, 2, 3]]]


@pytest.mark.parametrize("dims", [1, 2])
def test_gradients_are_those_of_finite_differences(dims: int) -> None:
    layer = MODULES[dims](2, 2, 4, 2, 2).double()
    x = torch.randn(2, 2, *[4] * dims, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *t: OPERATIONS[dims](*t, 2), (x, layer.weight, layer.bias))
    assert torch.autograd.gradgradcheck(lambda *t: OPERATIONS[dims](*t, 2), (x, layer.weight, layer.bias))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_smaller_floats_give_the_same_within_their_precision(dtype: torch.dtype) -> None:
    x, weight = torch.randn(2, 2, 5, 5).to(dtype), torch.randn(3, 2, 2, 2, 4, 4).to(dtype)
    z = locally_connected2d(x, weight)
    assert z.dtype == dtype
    tolerance = 20 * torch.finfo(dtype).eps
    torch.testing.assert_close(
        z.double(), locally_connected2d(x.double(), weight.double()), rtol=tolerance, atol=tolerance
    )


def test_the_layout_in_memory_does_not_matter() -> None:
    x, weight = torch.randn(2, 3, 5, 5), torch.randn(2, 3, 2, 2, 4, 4)
    expected = locally_connected2d(x, weight)
    torch.testing.assert_close(locally_connected2d(x.contiguous(memory_format=torch.channels_last), weight), expected)
    turned = weight.permute(5, 4, 3, 2, 1, 0).contiguous().permute(5, 4, 3, 2, 1, 0)
    torch.testing.assert_close(locally_connected2d(x, turned), expected)
    torch.testing.assert_close(
        locally_connected2d(x[:1, :1].expand(2, 3, 5, 5), weight),
        locally_connected2d(x[:1, :1].repeat(2, 3, 1, 1), weight),
    )


@pytest.mark.parametrize("dims", [1, 2])
def test_a_module_holds_a_filter_for_each_place(dims: int) -> None:
    layer = MODULES[dims](3, 4, input_size=8, kernel_size=3, stride=2)
    places = [3] * dims
    assert {k: tuple(v.shape) for k, v in layer.state_dict().items()} == {
        "weight": (4, 3, *[3] * dims, *places),
        "bias": (4, *places),
    }
    assert sum(p.numel() for p in layer.parameters()) == 3**dims * (4 * 3 * 3**dims + 4)
    bound = 1 / math.sqrt(3 * 3**dims)
    assert all(p.abs().max() <= bound for p in layer.parameters())
    assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)
    x = torch.randn(2, 3, *[8] * dims)
    assert torch.equal(layer(x), OPERATIONS[dims](x, layer.weight, layer.bias, 2))


def test_modules_of_images_that_are_not_square() -> None:
    layer = LocallyConnected2d(1, 2, (6, 9), (2, 3), (2, 3), bias=False)
    assert layer(torch.zeros(1, 1, 6, 9)).shape == (1, 2, 3, 3)
    assert layer.bias is None
    assert repr(layer) == "LocallyConnected2d(1, 2, kernel_size=(2, 3), stride=(2, 3), places=(3, 3), bias=False)"
    assert repr(LocallyConnected1d(1, 2, 6, 3)) == (
        "LocallyConnected1d(1, 2, kernel_size=(3,), stride=(1,), places=(4,), bias=True)"
    )
    x = torch.randn(1, 1, 6, 9)
    assert torch.equal(copy.deepcopy(layer)(x), layer(x))
    other = LocallyConnected2d(1, 2, (6, 9), (2, 3), (2, 3), bias=False)
    assert not torch.equal(other(x), layer(x))
    other.load_state_dict(layer.state_dict())
    assert torch.equal(nn.Sequential(other)(x), layer(x))


X, W, B = torch.zeros(2, 3, 5), torch.zeros(4, 3, 2, 4), torch.zeros(4, 4)
IMAGE = {"x": torch.zeros(1, 1, 4, 5), "weight": torch.zeros(1, 1, 2, 2, 3, 4), "bias": None}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": None}, TypeError, "x must be a torch.Tensor, got NoneType"),
        ({"weight": 3}, TypeError, "weight must be a torch.Tensor, got int"),
        ({"bias": [0.0]}, TypeError, "bias must be a torch.Tensor, got list"),
        ({"x": X.long()}, TypeError, "x must be floating point with 16 bits or more, got torch.int64"),
        ({"weight": W.double()}, TypeError, "weight must have the dtype of x, torch.float32, got torch.float64"),
        ({"bias": B.to("meta")}, ValueError, "bias must lie on the device of x, cpu, got meta"),
        ({"weight": W.to("meta")}, ValueError, "weight must lie on the device of x, cpu, got meta"),
        ({"x": X[0]}, ValueError, "x must have shape (N, C_in, L), got (3, 5)"),
        ({"weight": W[0]}, ValueError, "weight must have shape (C_out, C_in, M, L_out), got (3, 2, 4)"),
        ({"bias": B[0]}, ValueError, "bias must have shape (C_out, L_out), got (4,)"),
        ({"bias": B[:, :3]}, ValueError, "bias must have shape (4, 4), one value for each output, got (4, 3)"),
        ({"bias": B[:1]}, ValueError, "bias must have shape (4, 4), one value for each output, got (1, 4)"),
        ({"x": X[:, :2]}, ValueError, "weight must have 2 input channels, as x has, got 3"),
        (
            {"x": X[:, :, :0]},
            ValueError,
            "x and weight must not be empty, but for the batch, got shapes (2, 3, 0) and (4, 3, 2, 4)",
        ),
        (
            {"weight": torch.zeros(4, 3, 0, 6)},
            ValueError,
            "x and weight must not be empty, but for the batch, got shapes (2, 3, 5) and (4, 3, 0, 6)",
        ),
        (
            {"stride": 2},
            ValueError,
            "weight must have filters for (2,) places, "
            "as many as windows of (2,) with stride (2,) fit into (5,), got (4,)",
        ),
        (
            {"x": X[:, :, :1]},
            ValueError,
            "weight must have filters for (0,) places, "
            "as many as windows of (2,) with stride (1,) fit into (1,), got (4,)",
        ),
        (IMAGE, ValueError, "x must have shape (N, C_in, L), got (1, 1, 4, 5)"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"stride": 1.0}, TypeError, "stride must be an int, got 1.0"),
        ({"stride": (1, 1)}, ValueError, "stride must be an int, got (1, 1)"),
        ({"stride": True}, TypeError, "stride must be an int, got True"),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"x": X, "weight": W, "bias": B}
    locally_connected1d(**arguments)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        locally_connected1d(**arguments | change)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": torch.zeros(1, 4, 5)}, ValueError, "x must have shape (N, C_in, H, W), got (1, 4, 5)"),
        (
            {"weight": torch.zeros(1, 1, 2, 2)},
            ValueError,
            "weight must have shape (C_out, C_in, M, N, H_out, W_out), got (1, 1, 2, 2)",
        ),
        (
            {"weight": torch.zeros(1, 1, 2, 2, 4, 3)},
            ValueError,
            "weight must have filters for (3, 4) places, "
            "as many as windows of (2, 2) with stride (1, 1) fit into (4, 5), got (4, 3)",
        ),
        (
            {"bias": torch.zeros(1, 4, 3)},
            ValueError,
            "bias must have shape (1, 3, 4), one value for each output, got (1, 4, 3)",
        ),
        ({"stride": [1]}, ValueError, "stride must be an int or a pair of ints, got [1]"),
        ({"stride": "1"}, TypeError, "stride must be an int or a pair of ints, got '1'"),
    ],
)
def test_bad_arguments_are_refused_in_two_dimensions(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    locally_connected2d(**IMAGE)  # type: ignore[arg-type]
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        locally_connected2d(**IMAGE | change)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 1, 4, 2), ValueError, "in_channels must be at least 1, got 0"),
        ((1, None, 4, 2), TypeError, "out_channels must be an int, got NoneType"),
        ((1, 1, 4, 5), ValueError, "kernel_size must be at most the input size (4, 4), got (5, 5)"),
        ((1, 1, (4,), 2), ValueError, "input_size must be an int or a pair of ints, got (4,)"),
        ((1, 1, 4, 0), ValueError, "kernel_size must be at least 1, got 0"),
        ((1, 1, 4, 2, -1), ValueError, "stride must be at least 1, got -1"),
    ],
)
def test_bad_settings_are_refused_when_a_layer_is_made(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        LocallyConnected2d(*arguments)
