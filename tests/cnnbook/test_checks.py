"""The guards: what they let through, and what they say about the rest."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnbook.checks import check_choice, check_labels, check_odd, check_positive, check_tensor


def test_a_good_tensor_comes_back_as_it_is() -> None:
    image = torch.zeros(3, 4, 5)
    assert check_tensor("image", image, "(C, H, W)") is image
    assert check_tensor("n", (n := torch.zeros(2, dtype=torch.int32)), "(N,)", floating=False) is n


@pytest.mark.parametrize("shape", ["(N,)", "(H, W)", "(C, H, W)", "(N, C, H, W)", "(R, S, C, M, M)"])
def test_the_rank_is_that_of_the_shape_in_the_books_notation(shape: str) -> None:
    rank = len(shape.strip("(,)").split(","))
    assert check_tensor("x", torch.zeros([2] * rank), shape).ndim == rank
    for other in (rank - 1, rank + 1):
        with pytest.raises(ValueError, match=r"^x must have shape \(.*\), got \((2, ?)*2?\)$"):
            check_tensor("x", torch.zeros([2] * other), shape)


@pytest.mark.parametrize("value", [np.zeros((1, 2, 3)), [[[0.0]]], None])
def test_what_is_no_tensor_is_refused(value: object) -> None:
    with pytest.raises(
        TypeError, match=rf"^image must be a torch.Tensor of shape \(C, H, W\), got {type(value).__name__}$"
    ):
        check_tensor("image", value, "(C, H, W)")


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool, torch.complex64])
def test_what_is_not_floating_point_is_refused(dtype: torch.dtype) -> None:
    with pytest.raises(TypeError, match=f"^x must be a floating-point tensor, got dtype {dtype}$"):
        check_tensor("x", torch.zeros(2, dtype=dtype), "(N,)")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bool, torch.complex64])
def test_what_is_not_integer_is_refused_where_integers_are_wanted(dtype: torch.dtype) -> None:
    with pytest.raises(TypeError, match=f"^x must be an integer tensor, got dtype {dtype}$"):
        check_tensor("x", torch.zeros(2, dtype=dtype), "(N,)", floating=False)


def test_an_empty_tensor_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^x must not be empty, got shape \(0, 2\)$"):
        check_tensor("x", torch.zeros(0, 2), "(N, K)")


@pytest.mark.parametrize("value", [1.0, "1", True, None])
def test_a_size_is_an_int(value: object) -> None:
    with pytest.raises(TypeError, match=f"^stride must be an int, got {type(value).__name__}$"):
        check_positive("stride", value)


@pytest.mark.parametrize("value", [0, -3])
def test_a_size_is_at_least_one(value: int) -> None:
    with pytest.raises(ValueError, match=f"^stride must be at least 1, got {value}$"):
        check_positive("stride", value)


def test_good_sizes_come_back() -> None:
    assert check_positive("stride", 1) == 1
    assert check_odd("patch_size", 7) == 7


def test_an_even_size_has_no_centre() -> None:
    with pytest.raises(ValueError, match=r"^patch_size must be odd, so that a patch has a centre pixel, got 4$"):
        check_odd("patch_size", 4)
    with pytest.raises(ValueError, match=r"^patch_size must be at least 1, got -1$"):
        check_odd("patch_size", -1)


def test_a_choice_is_one_of_those_offered() -> None:
    check_choice("mode", "b", ["a", "b"])
    with pytest.raises(ValueError, match=r"^mode must be one of 'a', 'b', got 'c'$"):
        check_choice("mode", "c", ["a", "b"])


@pytest.mark.parametrize(("label", "shown"), [(-1, "-1"), (3, "3")])
def test_labels_lie_in_range(label: int, shown: str) -> None:
    with pytest.raises(ValueError, match=rf"^labels must lie in \[0, 3\), got {shown}$"):
        check_labels("labels", torch.tensor([0, label, 2]), 3)


def test_labels_are_an_integer_tensor() -> None:
    assert check_labels("labels", torch.tensor([0, 2]), 3).tolist() == [0, 2]
    with pytest.raises(TypeError, match=r"^labels must be a torch.Tensor, got list$"):
        check_labels("labels", [0, 1], 3)
    for dtype in (torch.float32, torch.bool, torch.complex64):
        with pytest.raises(TypeError, match=f"^labels must be an integer tensor, got dtype {dtype}$"):
            check_labels("labels", torch.zeros(2, dtype=dtype), 3)
