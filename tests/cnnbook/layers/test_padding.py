"""What lies beyond the edge: amounts, values and index maps, against numpy."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnbook.layers.padding import (
    Amounts,
    as_pair,
    check_padding_fits,
    pad,
    padding_amounts,
    source_index,
)
from cnnbook.patches import PADDING_MODES

NUMPY_MODES: dict[str, Any] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
SIDES = st.tuples(st.integers(0, 5), st.integers(0, 5))


def within(amounts: Amounts, size: tuple[int, int], mode: str) -> Amounts:
    (a, b), (c, d) = amounts
    rows, columns = ({"reflect": n - 1, "circular": n}.get(mode, 9) for n in size)
    return (min(a, rows), min(b, rows)), (min(c, columns), min(d, columns))


@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)), rows=SIDES, columns=SIDES, mode=st.sampled_from(PADDING_MODES)
)
def test_padded_images_are_those_of_numpy(size: tuple[int, int], rows: Any, columns: Any, mode: str) -> None:
    amounts = within((rows, columns), size, mode)
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    expected = np.pad(x.numpy(), ((0, 0), (0, 0), *amounts), mode=NUMPY_MODES[mode])
    assert np.array_equal(pad(x, amounts, mode).numpy(), expected)


@given(size=st.integers(1, 6), sides=SIDES, mode=st.sampled_from(PADDING_MODES))
def test_the_index_map_tells_where_each_value_comes_from(size: int, sides: tuple[int, int], mode: str) -> None:
    (before, after), _ = within((sides, (0, 0)), (size, 1), mode)
    index, inside = source_index(size, before, after, mode)
    line = np.arange(1, size + 1)
    expected = np.pad(line, (before, after), mode=NUMPY_MODES[mode])
    assert np.array_equal(np.where(inside.numpy(), line[index.numpy()], 0), expected)
    assert index.dtype == torch.int64
    assert inside.all() or mode == "zeros"


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_gradients_of_padding_are_those_of_finite_differences(mode: str) -> None:
    x = torch.randn(2, 1, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: pad(x, ((1, 2), (3, 0)), mode), (x,))


def test_no_padding_costs_nothing() -> None:
    x = torch.zeros(1, 1, 2, 2)
    for mode in PADDING_MODES:
        assert pad(x, ((0, 0), (0, 0)), mode) is x


@given(kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)), dilation=st.tuples(st.integers(1, 3), st.integers(1, 3)))
def test_same_padding_adds_the_reach_and_the_odd_one_after(kernel: tuple[int, int], dilation: tuple[int, int]) -> None:
    amounts = padding_amounts("same", kernel, (1, 1), dilation)
    for (before, after), m, d in zip(amounts, kernel, dilation, strict=True):
        assert before + after == d * (m - 1)
        assert after - before in (0, 1)


def test_amounts_of_other_paddings() -> None:
    assert padding_amounts("valid", (5, 5), (2, 2), (1, 1)) == ((0, 0), (0, 0))
    assert padding_amounts(2, (5, 5), (2, 2), (1, 1)) == ((2, 2), (2, 2))
    assert padding_amounts([2, 0], (5, 5), (2, 2), (1, 1)) == ((2, 2), (0, 0))


def test_pairs() -> None:
    assert as_pair("stride", 3) == as_pair("stride", (3, 3)) == as_pair("stride", [3, 3]) == (3, 3)
    assert as_pair("stride", torch.Size([3, 2])) == (3, 2)
    assert as_pair("padding", 0, at_least=0) == (0, 0)
    assert as_pair("padding", (4,), at_least=0, length=1) == (0, 4)
    assert as_pair("stride", 4, length=1) == (1, 4)


@pytest.mark.parametrize(
    ("value", "length", "error", "message"),
    [
        (0, 2, ValueError, "stride must be at least 1, got 0"),
        ((1, -1), 2, ValueError, "stride must be at least 1, got (1, -1)"),
        (2**31, 2, ValueError, "stride must be below 2**31, got 2147483648"),
        ((1, 1), 1, ValueError, "stride must be an int, got (1, 1)"),
        ((1,), 2, ValueError, "stride must be an int or a pair of ints, got (1,)"),
        ((), 2, ValueError, "stride must be an int or a pair of ints, got ()"),
        (1.0, 1, TypeError, "stride must be an int, got 1.0"),
        (False, 2, TypeError, "stride must be an int or a pair of ints, got False"),
        ("11", 2, TypeError, "stride must be an int or a pair of ints, got '11'"),
        ({1, 2}, 2, TypeError, "stride must be an int or a pair of ints, got {1, 2}"),
    ],
)
def test_what_is_no_pair_is_refused(value: Any, length: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        as_pair("stride", value, length=length)


@pytest.mark.parametrize(("mode", "most"), [("reflect", 2), ("circular", 3)])
def test_padding_cannot_be_wider_than_what_it_shows(mode: str, most: int) -> None:
    check_padding_fits(((most, 0), (0, most)), (3, 3), mode)
    message = f"padding must be at most {most} with padding_mode={mode!r} and an input of size (3, 4), got {most + 1}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        pad(torch.zeros(1, 1, 3, 4), ((0, most + 1), (0, 0)), mode)


def test_an_unknown_mode_is_refused() -> None:
    message = "padding_mode must be one of 'zeros', 'circular', 'reflect', 'replicate', got 'constant'"
    with pytest.raises(ValueError, match=f"^{message}$"):
        pad(torch.zeros(1, 1, 3, 3), ((0, 0), (0, 0)), "constant")
