"""Mean and maximum over windows and over all places, against loops and torch, values and gradients."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.cnnbook.layers.gradients import values_and_gradients
from torch import Tensor, nn
from torch.nn import functional

from cnnbook.layers import (
    AvgPool2d,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool2d,
    avg_pool2d,
    global_avg_pool,
    global_max_pool,
    max_pool2d,
)

PAIRS = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))
WINDOWS = [(avg_pool2d, functional.avg_pool2d, Tensor.mean), (max_pool2d, functional.max_pool2d, Tensor.max)]


@pytest.mark.parametrize(("ours", "theirs", "definition"), WINDOWS)
@given(
    leading=st.lists(st.integers(1, 3), min_size=1, max_size=2),
    height=st.integers(3, 7),
    width=st.integers(3, 7),
    kernel=PAIRS,
    stride=st.one_of(st.none(), PAIRS),
    levels=st.sampled_from([2, 1000]),
)
def test_values_and_gradients_are_torchs_and_those_of_loops(
    ours: Callable, theirs: Callable, definition: Callable,
    leading: list[int], height: int, width: int, kernel: Any, stride: Any, levels: int,
) -> None:  # fmt: skip
    x = torch.randint(levels, (*leading, height, width)).double() / levels  # two levels: many ties
    found = values_and_gradients(lambda x: ours(x, kernel, stride), x)
    torch.testing.assert_close(found, values_and_gradients(lambda x: theirs(x, kernel, stride), x))
    m, n = (kernel, kernel) if isinstance(kernel, int) else kernel
    s, t = (m, n) if stride is None else (stride, stride) if isinstance(stride, int) else stride
    for r in range(found[0].shape[-2]):
        for c in range(found[0].shape[-1]):
            window = x[..., r * s : r * s + m, c * t : c * t + n].flatten(0, -3).flatten(1)
            by_hand = torch.stack([definition(w) for w in window])
            torch.testing.assert_close(found[0][..., r, c].flatten(), by_hand)


@given(leading=st.lists(st.integers(1, 3), min_size=1, max_size=2), height=st.integers(1, 6), width=st.integers(1, 6))
def test_pooling_over_all_places_is_one_window_as_large_as_the_map(leading: list[int], height: int, width: int) -> None:
    x = torch.randn(*leading, height, width, dtype=torch.float64)
    for ours, windowed in ((global_avg_pool, avg_pool2d), (global_max_pool, max_pool2d)):
        expected = values_and_gradients(lambda x, f=windowed: f(x, (height, width))[..., 0, 0], x)
        torch.testing.assert_close(values_and_gradients(ours, x), expected)


@pytest.mark.parametrize(
    "function", [global_avg_pool, global_max_pool, lambda x: avg_pool2d(x, 2, 1), lambda x: max_pool2d(x, (3, 2))]
)
def test_gradients_are_those_of_finite_differences(function: Callable) -> None:
    x = torch.randn(2, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, x)
    assert torch.autograd.gradgradcheck(function, x)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (AvgPool2d(2), nn.AvgPool2d(2)),
        (MaxPool2d((3, 2), 1), nn.MaxPool2d((3, 2), 1)),
        (GlobalAvgPool(), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())),
        (GlobalMaxPool(), nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())),
    ],
)
def test_a_module_can_take_the_place_of_torchs(ours: nn.Module, theirs: nn.Module) -> None:
    x = torch.randn(2, 3, 7, 6)
    torch.testing.assert_close(ours(x), theirs(x))
    assert not list(ours.parameters())


def test_a_module_names_its_settings() -> None:
    assert repr(MaxPool2d(3, stride=(2, 1))) == "MaxPool2d(kernel_size=(3, 3), stride=(2, 1))"


def test_what_is_no_number_stays_visible() -> None:
    x = torch.zeros(1, 2, 2)
    x[0, 0, 1] = torch.nan
    for z in (avg_pool2d(x, 2), max_pool2d(x, 2), global_avg_pool(x), global_max_pool(x)):
        assert z.isnan().all()


def test_an_empty_batch_gives_an_empty_batch() -> None:
    x = torch.zeros(0, 3, 4, 4)
    assert avg_pool2d(x, 2).shape == max_pool2d(x, 2).shape == (0, 3, 2, 2)
    assert global_avg_pool(x).shape == global_max_pool(x).shape == (0, 3)


X = torch.zeros(2, 3, 4, 5)


@pytest.mark.parametrize("function", [avg_pool2d, max_pool2d])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((None, 2), TypeError, "x must be a torch.Tensor, got NoneType"),
        ((X.long(), 2), TypeError, "x must be floating point with 16 bits or more, got torch.int64"),
        ((X[0, 0], 2), ValueError, "x must have shape (N, C, H, W) or (C, H, W), got (4, 5)"),
        ((X[..., :0], 2), ValueError, "x must not be empty in (C, H, W), got shape (2, 3, 4, 0)"),
        ((X, 0), ValueError, "kernel_size must be at least 1, got 0"),
        ((X, 2.0), TypeError, "kernel_size must be an int or a pair of ints, got 2.0"),
        ((X, 2, (1, 0)), ValueError, "stride must be at least 1, got (1, 0)"),
        (
            (X, (5, 1)), ValueError,
            "the window must fit into the input of size (4, 5), got kernel_size (5, 1)",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_refused(function: Callable, arguments: tuple, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        function(*arguments)


def test_bad_input_of_global_pooling_and_of_modules_is_refused() -> None:
    for function in (global_avg_pool, global_max_pool):
        with pytest.raises(ValueError, match=r"^x must have shape \(N, C, H, W\) or \(C, H, W\), got \(4, 5\)$"):
            function(X[0, 0])
        with pytest.raises(ValueError, match=r"^x must not be empty in \(C, H, W\), got shape \(2, 0, 4, 5\)$"):
            function(X[:, :0])
    with pytest.raises(ValueError, match=r"^kernel_size must be at least 1, got 0$"):
        MaxPool2d(0)
    with pytest.raises(TypeError, match=r"^stride must be an int or a pair of ints, got '1'$"):
        AvgPool2d(2, "1")
