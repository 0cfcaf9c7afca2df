"""The patch matrix: one row for each window."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from cnnbook.layers import patch_matrix

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(size=st.tuples(st.integers(7, 9), st.integers(7, 9)), kernel_size=PAIRS, stride=PAIRS, dilation=PAIRS)
def test_rows_are_the_patches_that_torch_unfolds(size: Any, kernel_size: Any, stride: Any, dilation: Any) -> None:
    x = torch.randn(2, 3, *size)
    expected = F.unfold(x, kernel_size, dilation, 0, stride).transpose(1, 2)
    assert torch.equal(patch_matrix(x, kernel_size, stride, dilation), expected)


def test_one_number_stands_for_two() -> None:
    x = torch.randn(1, 1, 6, 6)
    assert torch.equal(patch_matrix(x, 2, 2, 3), patch_matrix(x, (2, 2), (2, 2), (3, 3)))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": torch.zeros(3, 3)}, ValueError, "x must have shape (N, C, H, W), got (3, 3)"),
        ({"x": [0.0]}, TypeError, "x must be a torch.Tensor of shape (N, C, H, W), got list"),
        (
            {"x": torch.ones(1, 1, 3, 4).to_sparse()},
            TypeError,
            "x must be a dense tensor, got layout torch.sparse_coo",
        ),
        ({"kernel_size": 0}, ValueError, "kernel_size must be at least 1, got 0"),
        ({"stride": (1, 0)}, ValueError, "stride must be at least 1, got (1, 0)"),
        ({"dilation": 1.5}, TypeError, "dilation must be an int or a pair of ints, got 1.5"),
        (
            {"dilation": 2},
            ValueError,
            "the window must fit into the input of size (3, 4), got kernel_size (3, 3) with dilation (2, 2)",
        ),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"x": torch.zeros(1, 1, 3, 4), "kernel_size": 3}
    patch_matrix(**arguments)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        patch_matrix(**arguments | change)
