"""Moving images, and mappings whose invariance and equivariance are known by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cnnbook.equivariance import equivariance_error, invariance_error, translate

SHIFTS = st.tuples(st.integers(-9, 9), st.integers(-9, 9))


def an_image() -> Tensor:
    return torch.rand(2, 5, 7, dtype=torch.float64)


@given(shift=SHIFTS)
def test_a_circular_move_is_that_of_a_loop(shift: tuple[int, int]) -> None:
    x, (down, right) = an_image(), shift
    moved = translate(x, shift)
    for row in range(5):
        for column in range(7):
            assert torch.equal(moved[:, (row + down) % 5, (column + right) % 7], x[:, row, column])


@given(shift=SHIFTS, fill=st.floats(-2, 2))
def test_a_filled_move_is_that_of_a_loop(shift: tuple[int, int], fill: float) -> None:
    x, (down, right) = an_image(), shift
    expected = torch.full_like(x, fill)
    for row in range(5):
        for column in range(7):
            if 0 <= row + down < 5 and 0 <= column + right < 7:
                expected[:, row + down, column + right] = x[:, row, column]
    assert torch.equal(translate(x, shift, fill), expected)


@given(first=SHIFTS, second=SHIFTS)
def test_circular_moves_compose_and_can_be_undone(first: tuple[int, int], second: tuple[int, int]) -> None:
    x = an_image()
    both = (first[0] + second[0], first[1] + second[1])
    assert torch.equal(translate(translate(x, first), second), translate(x, both))
    assert torch.equal(translate(translate(x, first), (-first[0], -first[1])), x)


def test_moves_keep_dtype_and_need_no_channel() -> None:
    assert translate(torch.tensor([[True, False, False]]), (0, 1), fill=0).tolist() == [[False, True, False]]
    assert translate(torch.eye(3, dtype=torch.int64), (0, 4), fill=7).tolist() == [[7] * 3] * 3


def test_bad_moves_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^x must have at least the dimensions \(H, W\), got shape \(3,\)$"):
        translate(torch.zeros(3), (0, 1))
    for fill in ("mirror", None):
        with pytest.raises(ValueError, match=rf"^fill must be 'circular' or a number, got {fill!r}$"):
            translate(torch.zeros(3, 3), (0, 1), fill=fill)


def neighbours(x: Tensor) -> Tensor:
    """Each pixel's sum with its right neighbour: equivariant, not invariant."""
    return x + x.roll(-1, dims=-1)


def masked(x: Tensor) -> Tensor:
    """Keep the left column alone: neither."""
    return x * (torch.arange(x.shape[-1]) == 0)


@given(shift=SHIFTS)
def test_equivariant_mappings_move_along(shift: tuple[int, int]) -> None:
    for f in (neighbours, torch.square, lambda x: x.flip(0)):
        assert equivariance_error(f, an_image(), shift) == 0


@given(shift=SHIFTS)
def test_invariant_mappings_do_not_change(shift: tuple[int, int]) -> None:
    x = torch.randint(0, 9, (2, 5, 7))  # integers: sums in any order are exact
    for f in (torch.sum, torch.amax, lambda x: x.sort(-1)[0].sum()):
        assert invariance_error(f, x, shift) == 0


def test_the_errors_are_the_largest_differences() -> None:
    x = torch.tensor([[1.0, 2.0, 6.0]])
    assert invariance_error(lambda x: x, x, (0, 1)) == 5  # (6, 1, 2) − (1, 2, 6)
    assert invariance_error(neighbours, x, (0, 1)) == 5  # (7, 3, 8) − (3, 8, 7)
    assert equivariance_error(masked, x, (0, 1)) == 6  # (6, 0, 0) − (0, 1, 0)
    assert equivariance_error(lambda x: x.flip(-1), x, (0, 1)) == 5  # (2, 1, 6) − (1, 6, 2)


def test_a_mask_is_neither_and_a_constant_image_does_not_show_it() -> None:
    assert equivariance_error(masked, an_image(), (0, 3)) > 0.1
    assert invariance_error(masked, an_image(), (0, 3)) > 0.1
    assert (
        equivariance_error(neighbours, torch.ones(3, 3), (1, 1))
        == invariance_error(neighbours, torch.ones(3, 3), (1, 1))
        == 0
    )


@pytest.mark.parametrize("f", [torch.mean, lambda x: x[..., ::2], lambda x: x[..., 0]])
def test_equivariance_needs_an_output_of_the_inputs_size(f: object) -> None:
    with pytest.raises(ValueError, match=r"^f must keep the size \(4, 6\) of the image, got an output of shape \("):
        equivariance_error(f, torch.rand(4, 6), (1, 1))
