"""The matrix of a convolution: it does what the convolution does, and has the structure that gives it its name."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cnnbook.layers import PADDING_MODES, conv1d, conv2d, toeplitz_matrix1d, toeplitz_matrix2d

MATRICES: dict[int, Any] = {1: toeplitz_matrix1d, 2: toeplitz_matrix2d}
CONVOLUTIONS: dict[int, Any] = {1: conv1d, 2: conv2d}
Case = tuple[Tensor, Any, dict[str, Any]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    dims = draw(st.sampled_from([1, 2]))
    kernel, dilation, stride = ([draw(st.integers(1, 3)) for _ in range(dims)] for _ in range(3))
    padding: Any = draw(st.sampled_from(["same", "valid", "numbers", "numbers"]))
    reach = [d * (m - 1) for d, m in zip(dilation, kernel, strict=True)]
    if padding == "same":
        stride, added = [1] * dims, [(r + 1) // 2 for r in reach]
    elif padding == "valid":
        added = [0] * dims
    else:
        padding = added = [draw(st.integers(0, 3)) for _ in range(dims)]
    mode = draw(st.sampled_from(PADDING_MODES))
    size = [max(1, r + 1 - 2 * p, p + 1) + draw(st.integers(0, 3)) for r, p in zip(reach, added, strict=True)]
    groups = draw(st.integers(1, 2))
    weight = torch.randn(groups * draw(st.integers(1, 2)), draw(st.integers(1, 2)), *kernel, dtype=torch.float64)
    arguments = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "padding_mode": mode}
    if dims == 1 and draw(st.booleans()):
        arguments = {k: v[0] if isinstance(v, list) else v for k, v in arguments.items()}
        return weight, size[0], arguments
    return weight, tuple(size), arguments


@settings(max_examples=80)
@given(case=cases())
def test_the_matrix_times_an_image_is_the_convolution(case: Case) -> None:
    weight, size, arguments = case
    dims = weight.ndim - 2
    whole = (size,) if isinstance(size, int) else size
    x = torch.randn(arguments["groups"] * weight.shape[1], *whole, dtype=torch.float64)
    z = CONVOLUTIONS[dims](x, weight, **arguments, method="native")
    matrix = MATRICES[dims](weight, size, **arguments)
    assert matrix.shape == (z.numel(), x.numel())
    torch.testing.assert_close(matrix @ x.flatten(), z.flatten(), rtol=1e-10, atol=1e-10)
    sparse = MATRICES[dims](weight, size, **arguments, sparse=True)
    assert sparse.layout == torch.sparse_coo
    torch.testing.assert_close(sparse.to_dense(), matrix, rtol=1e-12, atol=1e-12)


@settings(max_examples=30)
@given(case=cases())
def test_gradients_pass_through_the_matrix_to_the_weights(case: Case) -> None:
    weight, size, arguments = case
    dims = weight.ndim - 2
    one, other, third = (weight.clone().requires_grad_() for _ in range(3))
    whole = (size,) if isinstance(size, int) else size
    x = torch.randn(arguments["groups"] * weight.shape[1], *whole, dtype=torch.float64)
    expected = CONVOLUTIONS[dims](x, one, **arguments, method="native")
    cotangent = torch.randn_like(expected)
    expected.backward(cotangent)
    (MATRICES[dims](other, size, **arguments) @ x.flatten()).backward(cotangent.flatten())
    product = torch.sparse.mm(MATRICES[dims](third, size, **arguments, sparse=True), x.flatten()[:, None])
    product.backward(cotangent.flatten()[:, None])
    torch.testing.assert_close(other.grad, one.grad, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(third.grad, one.grad, rtol=1e-10, atol=1e-10)


def diagonals(matrix: Tensor) -> list[Tensor]:
    rows, columns = matrix.shape
    return [matrix.diagonal(k) for k in range(1 - rows, columns)]


def is_toeplitz(matrix: Tensor) -> bool:
    return all((diagonal == diagonal[0]).all() for diagonal in diagonals(matrix))


def is_circulant(matrix: Tensor) -> bool:
    return all(torch.equal(matrix[i], matrix[0].roll(i)) for i in range(len(matrix)))


@given(kernel=st.integers(2, 4), size=st.integers(4, 9), padding=st.integers(0, 3), dilation=st.integers(1, 2))
def test_with_zeros_beyond_the_edge_diagonals_are_constant(kernel: int, size: int, padding: int, dilation: int) -> None:
    size = max(size, dilation * (kernel - 1) + 1)
    matrix = toeplitz_matrix1d(torch.randn(1, 1, kernel), size, padding=padding, dilation=dilation)
    assert is_toeplitz(matrix)


@given(kernel=st.integers(1, 5), size=st.integers(5, 9), dilation=st.integers(1, 2))
def test_on_a_circle_the_matrix_is_circulant_and_the_dft_makes_it_diagonal(
    kernel: int, size: int, dilation: int
) -> None:
    size = max(size, dilation * (kernel - 1) + 1)
    weight = torch.randn(1, 1, kernel, dtype=torch.float64)
    matrix = toeplitz_matrix1d(weight, size, padding="same", dilation=dilation, padding_mode="circular")
    assert is_circulant(matrix)
    dft = torch.fft.fft(torch.eye(size, dtype=torch.complex128), norm="ortho")
    spectrum = dft @ matrix.to(torch.complex128) @ dft.conj().T
    torch.testing.assert_close(spectrum, spectrum.diagonal().diag(), rtol=0, atol=1e-10)
    # The eigenvalues are the transform of what one impulse turns into.
    torch.testing.assert_close(
        spectrum.diagonal(), torch.fft.fft(matrix[:, 0].to(torch.complex128)), rtol=0, atol=1e-10
    )


def test_other_edges_break_the_diagonals_near_the_edge() -> None:
    weight = torch.tensor([[[1.0, 2.0, 4.0]]])
    by_hand = {
        "zeros": [[2, 4, 0, 0], [1, 2, 4, 0], [0, 1, 2, 4], [0, 0, 1, 2]],
        "circular": [[2, 4, 0, 1], [1, 2, 4, 0], [0, 1, 2, 4], [4, 0, 1, 2]],
        "reflect": [[2, 5, 0, 0], [1, 2, 4, 0], [0, 1, 2, 4], [0, 0, 5, 2]],
        "replicate": [[3, 4, 0, 0], [1, 2, 4, 0], [0, 1, 2, 4], [0, 0, 1, 6]],
    }
    assert set(by_hand) == set(PADDING_MODES)
    for mode, expected in by_hand.items():
        matrix = toeplitz_matrix1d(weight, 4, padding=1, padding_mode=mode)
        assert matrix.tolist() == expected, mode
        assert is_toeplitz(matrix) == (mode in ("zeros", "circular"))
        assert is_circulant(matrix) == (mode == "circular")


def test_a_strided_matrix_shifts_by_the_stride_from_row_to_row() -> None:
    matrix = toeplitz_matrix1d(torch.tensor([[[1.0, 2.0, 3.0]]]), 7, stride=2)
    assert matrix.tolist() == [[1, 2, 3, 0, 0, 0, 0], [0, 0, 1, 2, 3, 0, 0], [0, 0, 0, 0, 1, 2, 3]]


def test_in_two_dimensions_the_blocks_are_toeplitz_and_stand_on_diagonals() -> None:
    matrix = toeplitz_matrix2d(torch.randn(1, 1, 3, 2), (4, 5), padding=(1, 0))
    blocks = matrix.reshape(4, 4, 4, 5).transpose(1, 2)  # (row out, row in, column out, column in)
    assert all(is_toeplitz(block) for row in blocks for block in row)
    for i in range(1, 4):
        for j in range(1, 4):
            assert torch.equal(blocks[i, j], blocks[i - 1, j - 1])
    assert not is_toeplitz(matrix)


def test_groups_leave_blocks_of_zeros() -> None:
    matrix = toeplitz_matrix1d(torch.ones(4, 1, 2), 3, groups=2)  # (4 channels × 2 places, 2 channels × 3 places)
    assert not matrix[:4, 3:].any()
    assert not matrix[4:, :3].any()
    assert matrix[:4, :3].count_nonzero() == matrix[4:, 3:].count_nonzero() == 8


def test_the_sparse_matrix_holds_the_weights_and_nothing_else() -> None:
    sparse = toeplitz_matrix2d(torch.randn(8, 3, 5, 5), (32, 32), sparse=True)
    assert sparse.shape == (8 * 28 * 28, 3 * 32 * 32)
    assert sparse._nnz() == 8 * 28 * 28 * 3 * 25


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_dtype_is_that_of_the_weights(dtype: torch.dtype) -> None:
    weight = torch.randn(1, 1, 2, 2).to(dtype)
    for sparse in (False, True):
        matrix = toeplitz_matrix2d(weight.transpose(2, 3), 3, sparse=sparse)
        assert matrix.dtype == dtype
        assert matrix.to_dense()[0, 1] == weight[0, 0, 1, 0]


W = torch.zeros(6, 4, 3, 3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"weight": None}, TypeError, "weight must be a torch.Tensor, got NoneType"),
        ({"weight": W.int()}, TypeError, "weight must be floating point with 16 bits or more, got torch.int32"),
        (
            {"weight": W[0]},
            ValueError,
            "weight must have shape (C_out, C_in/groups, M, N) without empty dimensions, got (4, 3, 3)",
        ),
        (
            {"weight": W[:, :0]},
            ValueError,
            "weight must have shape (C_out, C_in/groups, M, N) without empty dimensions, got (6, 0, 3, 3)",
        ),
        ({"size": None}, TypeError, "size must be an int or a pair of ints, got None"),
        ({"size": (5,)}, ValueError, "size must be an int or a pair of ints, got (5,)"),
        ({"size": (5, 0)}, ValueError, "size must be at least 1, got (5, 0)"),
        ({"size": "55"}, TypeError, "size must be an int or a pair of ints, got '55'"),
        ({"size": (5, True)}, TypeError, "size must be an int or a pair of ints, got (5, True)"),
        ({"groups": 4}, ValueError, "groups must divide the number of filters 6, got 4"),
        ({"groups": 0}, ValueError, "groups must be at least 1, got 0"),
        ({"groups": None}, TypeError, "groups must be an int, got NoneType"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"dilation": (1.0, 1)}, TypeError, "dilation must be an int or a pair of ints, got (1.0, 1)"),
        ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
        ({"padding": "full"}, ValueError, "padding must be one of 'same', 'valid', got 'full'"),
        (
            {"padding": 5, "padding_mode": "reflect"},
            ValueError,
            "padding must be at most 4 with padding_mode='reflect' and an input of size (5, 5), got 5",
        ),
        (
            {"padding_mode": "wrap"},
            ValueError,
            "padding_mode must be one of 'zeros', 'circular', 'reflect', 'replicate', got 'wrap'",
        ),
        (
            {"size": 2},
            ValueError,
            "the window must fit into the input of size (2, 2), got kernel_size (3, 3)",
        ),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"weight": W, "size": (5, 5)}
    toeplitz_matrix2d(**arguments)
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        toeplitz_matrix2d(**arguments | change)


def test_bad_arguments_are_refused_in_one_dimension() -> None:
    weight = torch.zeros(1, 1, 3)
    with pytest.raises(ValueError, match=r"^size must be an int, got \(4, 4\)$"):
        toeplitz_matrix1d(weight, (4, 4))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^stride must be an int, got \(1, 1\)$"):
        toeplitz_matrix1d(weight, 4, stride=(1, 1))  # type: ignore[arg-type]
    message = r"^weight must have shape \(C_out, C_in/groups, M\) without empty dimensions, got \(1, 1, 3, 3\)$"
    with pytest.raises(ValueError, match=message):
        toeplitz_matrix1d(torch.zeros(1, 1, 3, 3), 4)
