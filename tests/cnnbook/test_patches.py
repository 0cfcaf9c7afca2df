"""Cells and patches against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cnnbook.patches import PADDING_MODES, cut_into_cells, join_cells, pad_image, sample_patches, sliding_patches

SIZES = st.integers(1, 12)
NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def an_image(channels: int, height: int, width: int) -> Tensor:
    return torch.rand(channels, height, width, dtype=torch.float64)


def patches_by_loops(image: Tensor, size: int, stride: int) -> Tensor:
    """Oracle: the definition of a sliding window."""
    _, height, width = image.shape
    rows = range(0, height - size + 1, stride)
    columns = range(0, width - size + 1, stride)
    return torch.stack([torch.stack([image[:, r : r + size, c : c + size] for c in columns]) for r in rows])


@given(rows=st.integers(1, 4), columns=st.integers(1, 4), channels=st.integers(1, 3), size=st.integers(1, 5))
def test_cells_are_blocks_and_joining_undoes_cutting(rows: int, columns: int, channels: int, size: int) -> None:
    image = an_image(channels, rows * size, columns * size)
    cells = cut_into_cells(image, size)
    assert torch.equal(cells, patches_by_loops(image, size, size))
    assert torch.equal(join_cells(cells), image)
    assert torch.equal(cut_into_cells(join_cells(cells), size), cells)


@given(height=SIZES, width=SIZES, channels=st.integers(1, 3), size=st.integers(1, 12), stride=st.integers(1, 4))
def test_sliding_patches_are_those_of_a_loop(height: int, width: int, channels: int, size: int, stride: int) -> None:
    size = min(size, height, width)
    image = an_image(channels, height, width)
    patches = sliding_patches(image, size, stride)
    assert torch.equal(patches, patches_by_loops(image, size, stride))
    assert patches.shape[:2] == ((height - size) // stride + 1, (width - size) // stride + 1)


@given(size=st.integers(1, 4), stride=st.integers(1, 3))
def test_the_gradient_of_a_pixel_counts_the_patches_that_see_it(size: int, stride: int) -> None:
    image = an_image(1, 6, 7).requires_grad_()
    sliding_patches(image, size, stride).sum().backward()
    seen = torch.zeros(6, 7, dtype=torch.float64)
    for r in range(0, 6 - size + 1, stride):
        for c in range(0, 7 - size + 1, stride):
            seen[r : r + size, c : c + size] += 1
    assert image.grad is not None
    assert torch.equal(image.grad[0], seen)


def test_patches_are_views() -> None:
    image = an_image(1, 6, 6)
    assert sliding_patches(image, 3).data_ptr() == cut_into_cells(image, 3).data_ptr() == image.data_ptr()


@given(height=SIZES, width=SIZES, border=st.integers(0, 12), mode=st.sampled_from(PADDING_MODES))
def test_borders_are_those_of_numpy(height: int, width: int, border: int, mode: str) -> None:
    widest = {"reflect": min(height, width) - 1, "circular": min(height, width)}.get(mode, 12)
    border = min(border, widest)
    image = an_image(2, height, width)
    sides = ((0, 0), (border, border), (border, border))
    assert np.array_equal(pad_image(image, border, mode).numpy(), np.pad(image.numpy(), sides, mode=NUMPY_MODES[mode]))


@pytest.mark.parametrize(("mode", "widest"), [("reflect", 3), ("circular", 4)])
def test_a_border_cannot_be_wider_than_what_it_shows(mode: str, widest: int) -> None:
    assert pad_image(torch.zeros(1, 4, 5), widest, mode).shape == (1, 4 + 2 * widest, 5 + 2 * widest)
    message = rf"^border must be at most {widest} for mode '{mode}' and an image of \(4, 5\), got {widest + 1}$"
    with pytest.raises(ValueError, match=message):
        pad_image(torch.zeros(1, 4, 5), widest + 1, mode)


def test_bad_borders_are_refused() -> None:
    image = torch.zeros(1, 4, 5)
    with pytest.raises(ValueError, match=r"^border must not be negative, got -1$"):
        pad_image(image, -1)
    with pytest.raises(TypeError, match=r"^border must be an int, got float$"):
        pad_image(image, 1.0)
    with pytest.raises(TypeError, match=r"^border must be an int, got bool$"):
        pad_image(image, True)
    with pytest.raises(
        ValueError, match=r"^mode must be one of 'zeros', 'circular', 'reflect', 'replicate', got 'mirror'$"
    ):
        pad_image(image, 1, "mirror")


def test_a_cell_size_divides_the_image() -> None:
    with pytest.raises(ValueError, match=r"^cell_size must divide height and width, got 4 for an image of 8 × 10$"):
        cut_into_cells(torch.zeros(3, 8, 10), 4)
    with pytest.raises(ValueError, match=r"^cell_size must divide height and width, got 16 for an image of 8 × 8$"):
        cut_into_cells(torch.zeros(3, 8, 8), 16)
    with pytest.raises(ValueError, match=r"^cell_size must be at least 1, got 0$"):
        cut_into_cells(torch.zeros(3, 8, 8), 0)
    with pytest.raises(TypeError, match=r"^cell_size must be an int, got float$"):
        cut_into_cells(torch.zeros(3, 8, 8), 4.0)


def test_a_window_fits_into_the_image() -> None:
    with pytest.raises(ValueError, match=r"^patch_size must be at most the image's size \(4, 9\), got 5$"):
        sliding_patches(torch.zeros(1, 4, 9), 5)
    with pytest.raises(ValueError, match=r"^stride must be at least 1, got 0$"):
        sliding_patches(torch.zeros(1, 4, 9), 3, stride=0)
    with pytest.raises(ValueError, match=r"^patch_size must be at least 1, got 0$"):
        sliding_patches(torch.zeros(1, 4, 9), 0)


def test_every_function_wants_one_image_of_floats() -> None:
    calls = [
        lambda x: cut_into_cells(x, 2),
        lambda x: pad_image(x, 1),
        lambda x: sliding_patches(x, 2),
        lambda x: sample_patches(x, torch.zeros(4, 4, dtype=torch.int64), 3, 1, generator=torch.Generator()),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"^image must have shape \(C, H, W\), got \(4, 4\)$"):
            call(torch.zeros(4, 4))
        with pytest.raises(TypeError, match=r"^image must be a floating-point tensor, got dtype torch.uint8$"):
            call(torch.zeros(1, 4, 4, dtype=torch.uint8))
        with pytest.raises(ValueError, match=r"^image must not be empty, got shape \(0, 4, 4\)$"):
            call(torch.zeros(0, 4, 4))
    with pytest.raises(ValueError, match=r"^cells must have shape \(R, S, C, M, M\), got \(4, 4\)$"):
        join_cells(torch.zeros(4, 4))


# --- drawing patches at random


def sample(labels: Tensor, size: int = 3, n: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Sample from an image whose every pixel tells its place."""
    image = torch.arange(labels.numel(), dtype=torch.float64).reshape(1, *labels.shape)
    return sample_patches(image, labels, size, n, generator=torch.Generator().manual_seed(seed))


@given(size=st.sampled_from([1, 3, 5]), n=st.integers(1, 20), seed=st.integers(0, 100))
def test_each_patch_is_that_around_a_pixel_with_its_label(size: int, n: int, seed: int) -> None:
    labels = torch.tensor([[0, 0, 1, -1, 2, 0]] * 5)
    patches, found = sample(labels, size, n, seed)
    assert found.tolist() == [0] * n + [1] * n + [2] * n
    padded = np.pad(np.arange(30.0).reshape(5, 6), size // 2, mode="reflect")
    for patch, label in zip(patches, found, strict=True):
        row, column = divmod(int(patch[0, size // 2, size // 2]), 6)
        assert labels[row, column] == label
        assert np.array_equal(patch[0].numpy(), padded[row : row + size, column : column + size])


def test_the_generator_alone_decides() -> None:
    labels = torch.arange(400).reshape(20, 20) % 2
    assert torch.equal(sample(labels, seed=3)[0], sample(labels, seed=3)[0])
    assert not torch.equal(sample(labels, seed=3)[0], sample(labels, seed=4)[0])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_labels_of_any_integer_kind_come_back_as_int64(dtype: torch.dtype) -> None:
    _, found = sample(torch.tensor([[0, 1], [1, 0]] * 2, dtype=dtype))
    assert found.dtype == torch.int64


def test_bad_samples_are_refused() -> None:
    labels = torch.tensor([[0, 1]] * 2)
    with pytest.raises(ValueError, match=r"^patch_size must be odd, so that it has a centre, got 2$"):
        sample(labels, size=2)
    with pytest.raises(ValueError, match=r"^n_per_class must be at least 1, got 0$"):
        sample(labels, n=0)
    with pytest.raises(TypeError, match=r"^labels must be an integer tensor, got dtype torch.float32$"):
        sample(labels.float())
    with pytest.raises(ValueError, match=r"^labels must name at least one class, got −1 everywhere$"):
        sample(torch.full((4, 4), -1))
    with pytest.raises(ValueError, match=r"^labels must have a pixel of each class below 3, got none of class 1$"):
        sample(torch.tensor([[0, 2]] * 2))
    with pytest.raises(ValueError, match=r"^labels must have the image's size \(4, 4\), got \(4, 5\)$"):
        sample_patches(torch.zeros(1, 4, 4), torch.zeros(4, 5, dtype=torch.int64), 3, 1, generator=torch.Generator())
