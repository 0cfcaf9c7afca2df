"""Transposed convolution: torch's values and gradients, and the transpose of a convolution."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cnnbook.layers.gradients import values_and_gradients
from torch import Tensor
from torch.nn import functional as F

from cnnbook.layers import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from cnnbook.layers.transposed_convolution import TRANSPOSED_METHODS

OPERATIONS: dict[int, Any] = {1: conv_transpose1d, 2: conv_transpose2d}
TORCHS: dict[int, Any] = {1: F.conv_transpose1d, 2: F.conv_transpose2d}
Case = tuple[Tensor, Tensor, Tensor | None, dict[str, Any]]


@st.composite
def cases(draw: st.DrawFn, output_padding: bool = True) -> Case:
    dims = draw(st.sampled_from([1, 2]))
    kernel, stride, dilation, size = ([draw(st.integers(1, 3)) for _ in range(dims)] for _ in range(4))
    extra = [draw(st.integers(0, max(s, d) - 1)) * output_padding for s, d in zip(stride, dilation, strict=True)]
    whole = [
        (n - 1) * s + d * (m - 1) + e + 1 for n, s, d, m, e in zip(size, stride, dilation, kernel, extra, strict=True)
    ]
    padding = [draw(st.integers(0, min(3, (w - 1) // 2))) for w in whole]
    groups = draw(st.integers(1, 2))
    in_channels, group_out = groups * draw(st.integers(1, 2)), draw(st.integers(1, 2))
    batch = draw(st.sampled_from([(), (0,), (1,), (2,)]))

    def as_given(numbers: list[int]) -> Any:
        same = len(set(numbers)) == 1
        return numbers[0] if same and draw(st.booleans()) else draw(st.sampled_from([tuple, list]))(numbers)

    arguments = {
        "stride": as_given(stride),
        "padding": as_given(padding),
        "output_padding": as_given(extra),
        "groups": groups,
        "dilation": as_given(dilation),
    }
    x = torch.randn(*batch, in_channels, *size, dtype=torch.float64)
    weight = torch.randn(in_channels, group_out, *kernel, dtype=torch.float64)
    bias = torch.randn(groups * group_out, dtype=torch.float64) if draw(st.booleans()) else None
    return x, weight, bias, arguments


@pytest.mark.parametrize("method", TRANSPOSED_METHODS)
@settings(max_examples=80)
@given(case=cases())
def test_values_and_gradients_are_torchs(method: str, case: Case) -> None:
    *tensors, arguments = case
    dims = tensors[1].ndim - 2
    found = values_and_gradients(lambda *t: OPERATIONS[dims](*t, **arguments, method=method), *tensors)
    expected = values_and_gradients(lambda *t: TORCHS[dims](*t, **arguments), *tensors)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("method", TRANSPOSED_METHODS)
def test_output_padding_beyond_the_stride(method: str) -> None:
    x, weight = torch.randn(1, 2, 3, 3), torch.randn(2, 1, 2, 2)
    arguments: dict[str, Any] = {"stride": (1, 2), "dilation": (3, 4), "output_padding": (2, 3)}
    expected = F.conv_transpose2d(x, weight, **arguments)
    torch.testing.assert_close(conv_transpose2d(x, weight, **arguments, method=method), expected)
    assert expected.shape == (1, 1, 3 - 1 + 3 + 2 + 1, (3 - 1) * 2 + 4 + 3 + 1)


@settings(max_examples=80)
@given(case=cases())
def test_it_is_the_adjoint_of_the_convolution(case: Case) -> None:
    """⟨conv(u), v⟩ = ⟨u, convᵀ(v)⟩ for all u, v."""
    v, weight, _, arguments = case
    dims = weight.ndim - 2
    back = OPERATIONS[dims](v, weight, **arguments)
    u = torch.randn_like(back)
    settings_of_conv = {k: a for k, a in arguments.items() if k != "output_padding"}
    forth = (conv1d if dims == 1 else conv2d)(u, weight, **settings_of_conv)
    # Windows in rows that only a long output padding adds belong to no value of v.
    forth = forth[(..., *[slice(0, n) for n in v.shape[-dims:]])]
    torch.testing.assert_close((forth * v).sum(), (u * back).sum(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", TRANSPOSED_METHODS)
@pytest.mark.parametrize("dims", [1, 2])
def test_gradients_are_those_of_finite_differences(method: str, dims: int) -> None:
    shapes = [(2, 2, *[3] * dims), (2, 1, *[2] * dims), (2,)]
    leaves = tuple(torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes)

    def run(*t: Tensor) -> Tensor:
        return OPERATIONS[dims](*t, stride=2, padding=1, output_padding=1, groups=2, method=method)

    assert torch.autograd.gradcheck(run, leaves)
    assert torch.autograd.gradgradcheck(run, leaves)


@pytest.mark.parametrize("method", TRANSPOSED_METHODS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_smaller_floats_give_the_same_within_their_precision(method: str, dtype: torch.dtype) -> None:
    x, weight, bias = torch.randn(2, 2, 3, 4).to(dtype), torch.randn(2, 3, 3, 2).to(dtype), torch.randn(3).to(dtype)
    z = conv_transpose2d(x, weight, bias, 2, 1, method=method)
    assert z.dtype == dtype
    tolerance = 20 * torch.finfo(dtype).eps
    exact = conv_transpose2d(x.double(), weight.double(), bias.double(), 2, 1, method=method)
    torch.testing.assert_close(z.double(), exact, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("method", TRANSPOSED_METHODS)
def test_the_layout_in_memory_does_not_matter(method: str) -> None:
    x, weight = torch.randn(2, 3, 4, 5), torch.randn(3, 2, 2, 2)
    expected = F.conv_transpose2d(x, weight, stride=2)
    for layout in (
        lambda t: t.contiguous(memory_format=torch.channels_last),
        lambda t: t.transpose(2, 3).contiguous().transpose(2, 3),
        lambda t: t.repeat_interleave(2, 3)[..., ::2],
    ):
        torch.testing.assert_close(conv_transpose2d(layout(x), layout(weight), stride=2, method=method), expected)
    one = x[:1, :1].expand(2, 3, 4, 5)
    torch.testing.assert_close(
        conv_transpose2d(one, weight, method=method), F.conv_transpose2d(one.contiguous(), weight)
    )


X, W, B = torch.zeros(2, 4, 5, 6), torch.zeros(4, 3, 3, 3), torch.zeros(3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": None}, TypeError, "x must be a torch.Tensor, got NoneType"),
        ({"weight": W.double()}, TypeError, "weight must have the dtype of x, torch.float32, got torch.float64"),
        ({"bias": B.int()}, TypeError, "bias must be floating point with 16 bits or more, got torch.int32"),
        ({"bias": B.to("meta")}, ValueError, "bias must lie on the device of x, cpu, got meta"),
        ({"x": X[0, 0]}, ValueError, "x must have shape (N, C, H, W) or (C, H, W), got (5, 6)"),
        ({"x": X[:, :, :, :0]}, ValueError, "x must not be empty in (C, H, W), got shape (2, 4, 5, 0)"),
        (
            {"weight": W[0]},
            ValueError,
            "weight must have shape (C_in, C_out/groups, M, N) without empty dimensions, got (3, 3, 3)",
        ),
        (
            {"weight": W[:, :0]},
            ValueError,
            "weight must have shape (C_in, C_out/groups, M, N) without empty dimensions, got (4, 0, 3, 3)",
        ),
        ({"x": X[:, :3]}, ValueError, "weight must have shape (C_in, C_out/groups, …) with C_in = 3, got (4, 3, 3, 3)"),
        ({"groups": 3}, ValueError, "groups must divide the number of input channels 4, got 3"),
        ({"groups": 0}, ValueError, "groups must be at least 1, got 0"),
        ({"groups": "2"}, TypeError, "groups must be an int, got str"),
        ({"groups": 2}, ValueError, "bias must have shape (6,), one value for each output channel, got (3,)"),
        ({"bias": B[:2]}, ValueError, "bias must have shape (3,), one value for each output channel, got (2,)"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"stride": (1, 2, 3)}, ValueError, "stride must be an int or a pair of ints, got (1, 2, 3)"),
        ({"stride": 2.0}, TypeError, "stride must be an int or a pair of ints, got 2.0"),
        ({"dilation": False}, TypeError, "dilation must be an int or a pair of ints, got False"),
        ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
        ({"padding": "same"}, TypeError, "padding must be an int or a pair of ints, got 'same'"),
        (
            {"padding": 4},
            ValueError,
            "padding must leave an output, got padding 4 for an input of size (5, 6), which leaves (-1, 0)",
        ),
        ({"output_padding": -1}, ValueError, "output_padding must be at least 0, got -1"),
        (
            {"output_padding": 2, "stride": 2},
            ValueError,
            "output_padding must be smaller than stride or dilation, got 2 for stride 2 and dilation 1",
        ),
        (
            {"output_padding": (1, 0), "stride": (1, 2)},
            ValueError,
            "output_padding must be smaller than stride or dilation, got (1, 0) for stride (1, 2) and dilation 1",
        ),
        ({"method": "native"}, ValueError, "method must be one of 'filter', 'toeplitz', got 'native'"),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"x": X, "weight": W, "bias": B}
    conv_transpose2d(**arguments)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        conv_transpose2d(**arguments | change)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": torch.zeros(1, 1, 2, 2)}, ValueError, "x must have shape (N, C, L) or (C, L), got (1, 1, 2, 2)"),
        (
            {"weight": torch.zeros(1, 1)},
            ValueError,
            "weight must have shape (C_in, C_out/groups, M) without empty dimensions, got (1, 1)",
        ),
        ({"stride": (2, 2)}, ValueError, "stride must be an int, got (2, 2)"),
        (
            {"padding": 9},
            ValueError,
            "padding must leave an output, got padding 9 for an input of size (5,), which leaves (-11,)",
        ),
        ({"method": None}, ValueError, "method must be one of 'filter', 'toeplitz', got None"),
    ],
)
def test_bad_arguments_are_refused_in_one_dimension(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    arguments: dict[str, Any] = {"x": torch.zeros(1, 1, 5), "weight": torch.zeros(1, 1, 3)}
    conv_transpose1d(**arguments)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        conv_transpose1d(**arguments | change)
