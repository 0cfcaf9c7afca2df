"""The guards: what they let through, and what they say about the rest."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnbook.checks import (
    check_alike,
    check_choice,
    check_floating,
    check_labels,
    check_number,
    check_odd,
    check_positive,
    check_seed,
    check_tensor,
    floating,
)


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
    with pytest.raises(ValueError, match=r"^patch_size must be odd, so that it has a centre, got 4$"):
        check_odd("patch_size", 4)
    with pytest.raises(ValueError, match=r"^patch_size must be at least 1, got -1$"):
        check_odd("patch_size", -1)


@pytest.mark.parametrize("seed", [0, -5, -(2**63), 2**64 - 1])
def test_torch_can_start_from_a_good_seed(seed: int) -> None:
    assert check_seed(seed) == seed
    torch.Generator().manual_seed(check_seed(seed))


@pytest.mark.parametrize("seed", [-(2**63) - 1, 2**64, 2**70])
def test_torch_cannot_start_from_a_larger_one(seed: int) -> None:
    with pytest.raises(ValueError, match=rf"^seed must lie in \[-2\*\*63, 2\*\*64\), got {seed}$"):
        check_seed(seed)
    with pytest.raises((RuntimeError, ValueError), match="Overflow"):
        torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", [1.5, "a", None, True, torch.tensor(1)])
def test_a_seed_is_an_int(seed: object) -> None:
    with pytest.raises(TypeError, match=r"^seed must be an int, got "):
        check_seed(seed)


def test_a_choice_is_one_of_those_offered() -> None:
    check_choice("mode", "b", ["a", "b"])
    with pytest.raises(ValueError, match=r"^mode must be one of 'a', 'b', got 'c'$"):
        check_choice("mode", "c", ["a", "b"])


def test_what_only_looks_like_a_choice_is_refused() -> None:
    for value in (np.array(["a", "b"]), torch.zeros(2), None, ["a"]):
        with pytest.raises(ValueError, match=r"^mode must be one of 'a', 'b', got "):
            check_choice("mode", value, ["a", "b"])


def test_tensors_that_are_alike_pass_and_a_bias_may_be_missing() -> None:
    x, weight = torch.zeros(2), torch.zeros(3, 4)
    check_alike(x=x, weight=weight, bias=x)
    check_alike(x=x, weight=weight, bias=None)
    check_alike(x=torch.zeros(2, device="meta"), weight=torch.zeros(2, device="meta"))


@pytest.mark.parametrize(
    ("other", "error", "message"),
    [
        (None, TypeError, "y must be a torch.Tensor, got NoneType"),
        (np.zeros(2), TypeError, "y must be a torch.Tensor, got ndarray"),
        (torch.zeros(2).int(), TypeError, "y must be floating point with 16 bits or more, got torch.int32"),
        (torch.zeros(2).to_sparse(), TypeError, "y must be a dense tensor, got layout torch.sparse_coo"),
        (torch.zeros(2).half(), TypeError, "y must have the dtype of x, torch.float32, got torch.float16"),
        (torch.zeros(2, device="meta"), ValueError, "y must lie on the device of x, cpu, got meta"),
    ],
)
def test_tensors_that_are_not_alike_are_refused(other: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        check_alike(x=torch.zeros(2), y=other)
    if other is not None:
        with pytest.raises(error, match=f"^bias{message[1:]}$"):
            check_alike(x=torch.zeros(2), bias=other)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.int64, torch.bool, torch.complex64, "float32", None])
def test_numbers_to_compute_with_are_floating_point(dtype: object) -> None:
    for good in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        check_floating("x", good)
    with pytest.raises(TypeError, match=f"^x must be floating point with 16 bits or more, got {dtype}$"):
        check_floating("x", dtype)


def test_numbers_too_short_to_be_transformed_become_float32() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        assert floating(dtype) == torch.float32
    assert floating(torch.float64) == torch.float64


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


@pytest.mark.parametrize("value", [0, -2.5, 3, 3.0])
def test_a_good_number_comes_back_as_it_is(value: float) -> None:
    assert check_number("noise", value, -2.5, 3) is value


@pytest.mark.parametrize("value", [-0.1, 45.001, float("inf"), float("nan"), 10**9])
def test_numbers_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=rf"^jitter must be a finite number in \[0, 45\], got {value}$"):
        check_number("jitter", value, 0, 45)


@pytest.mark.parametrize("value", ["1", None, True, torch.tensor(1.0), [1]])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"^noise must be a number, got "):
        check_number("noise", value)
