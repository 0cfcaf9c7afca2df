"""The reader's own picture made smaller, in node: means over areas, against torch, and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.figures.in_node import run
from torch.nn import functional


def means(rgba: np.ndarray, n: int) -> np.ndarray:
    """Shrink a square picture, (side, side, 4), to n × n grey values."""
    return np.reshape(run("areaMeans", rgba=rgba.ravel().tolist(), side=len(rgba), n=n), (n, n))


def opaque(grey: np.ndarray) -> np.ndarray:
    """Make a picture of grey values, 0 to 255."""
    return np.dstack([grey, grey, grey, np.full_like(grey, 255)])


def test_where_pixels_divide_evenly_each_value_is_the_mean_of_its_block() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (12, 12))
    expected = functional.avg_pool2d(torch.from_numpy(grey / 255)[None], 3)[0].numpy()
    np.testing.assert_allclose(means(opaque(grey), 4), expected, rtol=0, atol=1e-12)


def test_a_pixel_on_a_border_counts_on_both_sides_by_its_area() -> None:
    grey = np.array([[0, 255, 0], [0, 0, 0], [255, 0, 0]])
    # Each of the 2 × 2 values stands for 1.5 × 1.5 pixels: 1, 1/2 or 1/4 of a pixel, of 9/4.
    np.testing.assert_allclose(means(opaque(grey), 2), np.array([[2, 2], [4, 0]]) / 9, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("side", "n"), [(7, 3), (10, 4), (129, 128), (33, 16), (5, 5)])
def test_any_size_is_weighed_by_the_areas_that_overlap(side: int, n: int) -> None:
    grey = np.random.default_rng(side).integers(0, 256, (side, side))
    cover = np.array([[max(0.0, min(x + 1, (i + 1) * side / n) - max(x, i * side / n)) for x in range(side)]
                      for i in range(n)]) * n / side  # fmt: skip
    np.testing.assert_allclose(means(opaque(grey), n), cover @ (grey / 255) @ cover.T, rtol=0, atol=1e-12)


def test_lines_one_pixel_wide_become_grey_and_make_no_other_pattern() -> None:
    grey = np.tile(np.array([0, 255]), (64, 32))
    np.testing.assert_allclose(means(opaque(grey), 16), 0.5, rtol=0, atol=1e-12)


def test_what_is_transparent_lies_on_white_and_its_colour_does_not_count() -> None:
    rgba = np.zeros((2, 2, 4), int)
    rgba[0, 0] = (255, 0, 0, 255)  # red: a third
    rgba[0, 1] = (0, 0, 0, 255)
    rgba[1, 0] = (90, 90, 90, 0)  # unseen: white
    rgba[1, 1] = (0, 0, 0, 51)  # a fifth of black on white: 0.8
    np.testing.assert_allclose(means(rgba, 1), (1 / 3 + 0 + 1 + 0.8) / 4, rtol=0, atol=1e-12)
    np.testing.assert_allclose(means(rgba, 2), [[1 / 3, 0], [1, 0.8]], rtol=0, atol=1e-12)


def test_a_small_picture_is_made_larger_in_blocks() -> None:
    grey = np.array([[0, 255], [51, 102]])
    expected = np.kron(grey / 255, np.ones((2, 2)))
    np.testing.assert_allclose(means(opaque(grey), 4), expected, rtol=0, atol=1e-12)
