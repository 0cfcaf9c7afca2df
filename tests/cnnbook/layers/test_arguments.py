"""How many places a window has."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnbook.layers import output_size


@given(size=st.integers(0, 30), kernel_size=st.integers(1, 6), stride=st.integers(1, 5), dilation=st.integers(1, 4))
def test_places_are_those_at_which_the_whole_window_lies_inside(
    size: int, kernel_size: int, stride: int, dilation: int
) -> None:
    places = [p for p in range(0, size, stride) if p + dilation * (kernel_size - 1) < size]
    assert output_size(size, kernel_size, stride, dilation) == len(places)


def test_a_size_may_be_that_of_an_image_of_one_dimension() -> None:
    assert output_size((7,), 3) == output_size(7, 3) == 5


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, 3), ValueError, "size must be at least 0, got -1"),
        (((7, 7), 3), ValueError, "size must be an int, got (7, 7)"),
        (("7", 3), TypeError, "size must be an int, got '7'"),
        ((7, 0), ValueError, "kernel_size must be at least 1, got 0"),
        ((7, 3, 0), ValueError, "stride must be at least 1, got 0"),
        ((7, 3, 1, -1), ValueError, "dilation must be at least 1, got -1"),
        ((7, 3, 1.0), TypeError, "stride must be an int, got float"),
    ],
)
def test_bad_arguments_are_refused(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        output_size(*arguments)
