"""The gradient written out by hand, against autograd through torch's own convolution."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from cnnbook.layers import conv2d, conv2d_backward

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


def by_autograd(grad_output: Tensor, x: Tensor, weight: Tensor, **arguments: Any) -> tuple[Tensor, ...]:
    """Oracle."""
    bias = torch.zeros(len(weight), dtype=x.dtype)
    leaves = [t.detach().clone().requires_grad_() for t in (x, weight, bias)]
    return torch.autograd.grad(F.conv2d(*leaves, **arguments), leaves, grad_output)


@settings(max_examples=80)
@given(
    batch=st.integers(0, 3),
    kernel=PAIRS,
    stride=st.one_of(st.integers(1, 4), PAIRS, PAIRS.map(list)),
    padding=st.one_of(st.integers(0, 4), st.tuples(st.integers(0, 4), st.integers(0, 4))),
    dilation=st.one_of(st.integers(1, 3), PAIRS),
    groups=st.integers(1, 3),
    channels=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    more=st.tuples(st.integers(0, 4), st.integers(0, 4)),
)
def test_gradients_are_those_of_autograd(
    batch: int, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: int, channels: Any, more: Any
) -> None:
    dilations = (dilation,) * 2 if isinstance(dilation, int) else dilation
    paddings = (padding,) * 2 if isinstance(padding, int) else padding
    size = [max(1, d * (m - 1) + 1 - 2 * p) + e for d, m, p, e in zip(dilations, kernel, paddings, more, strict=True)]
    x = torch.randn(batch, groups * channels[0], *size, dtype=torch.float64)
    weight = torch.randn(groups * channels[1], channels[0], *kernel, dtype=torch.float64)
    arguments = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    grad_output = torch.randn_like(conv2d(x, weight, **arguments))
    found = conv2d_backward(grad_output, x, weight, **arguments)
    torch.testing.assert_close(found, by_autograd(grad_output, x, weight, **arguments), rtol=1e-10, atol=1e-10)


def test_layouts_and_smaller_floats() -> None:
    x, weight, grad_output = torch.randn(2, 3, 5, 5), torch.randn(4, 3, 2, 2), torch.randn(2, 4, 4, 4)
    expected = by_autograd(grad_output, x, weight)
    turned = [t.contiguous(memory_format=torch.channels_last) for t in (grad_output, x, weight)]
    torch.testing.assert_close(conv2d_backward(*turned), expected)
    one = torch.ones(1, 1, 1, 1).expand(2, 4, 4, 4)
    torch.testing.assert_close(conv2d_backward(one, x, weight), by_autograd(one, x, weight))
    for dtype in (torch.bfloat16, torch.float16):
        found = conv2d_backward(*(t.to(dtype) for t in (grad_output, x, weight)))
        assert {t.dtype for t in found} == {dtype}
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a.float(), b, rtol=0, atol=30 * torch.finfo(dtype).eps)


X, W, G = torch.zeros(2, 4, 5, 6), torch.zeros(6, 4, 3, 3), torch.zeros(2, 6, 3, 4)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"grad_output": None}, TypeError, "grad_output must be a torch.Tensor, got NoneType"),
        (
            {"grad_output": G.double()},
            TypeError,
            "grad_output must have the dtype of x, torch.float32, got torch.float64",
        ),
        ({"grad_output": G.to("meta")}, ValueError, "grad_output must lie on the device of x, cpu, got meta"),
        (
            {"grad_output": G[:, :, :2]},
            ValueError,
            "grad_output must have the shape of the output, (2, 6, 3, 4), got (2, 6, 2, 4)",
        ),
        (
            {"grad_output": G[:1]},
            ValueError,
            "grad_output must have the shape of the output, (2, 6, 3, 4), got (1, 6, 3, 4)",
        ),
        ({"stride": 2}, ValueError, "grad_output must have the shape of the output, (2, 6, 2, 2), got (2, 6, 3, 4)"),
        ({"x": X.int()}, TypeError, "x must be floating point with 16 bits or more, got torch.int32"),
        ({"x": X[0]}, ValueError, "x must have shape (N, C, H, W), got (4, 5, 6)"),
        ({"x": X[:, :, :0]}, ValueError, "x must not be empty in (C, H, W), got shape (2, 4, 0, 6)"),
        (
            {"weight": W[0]},
            ValueError,
            "weight must have shape (C_out, C_in/groups, M, N) without empty dimensions, got (4, 3, 3)",
        ),
        ({"groups": 2}, ValueError, "weight must have 2 input channels, those of x (4) divided by groups (2), got 4"),
        ({"groups": 1.0}, TypeError, "groups must be an int, got float"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"dilation": 2.0}, TypeError, "dilation must be an int or a pair of ints, got 2.0"),
        ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
        ({"padding": "same"}, TypeError, "padding must be an int or a pair of ints, got 'same'"),
        (
            {"dilation": 3},
            ValueError,
            "the window must fit into the input of size (5, 6), got kernel_size (3, 3) with dilation (3, 3)",
        ),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"grad_output": G, "x": X, "weight": W}
    conv2d_backward(**arguments)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        conv2d_backward(**arguments | change)
