"""Line images: the same from a seed, as the settings say, and of the class that their gradients show."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cnnbook.datasets import LINE_CLASSES, LineSettings, line_images
from cnnbook.datasets.lines import draw_lines


def gradient_energy(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return the energy of the differences to the right and downwards, (N,) each."""
    return images.diff(dim=3).square().sum((1, 2, 3)), images.diff(dim=2).square().sum((1, 2, 3))


def clean(n: int = 40, seed: int = 0, **settings: Any) -> Tensor:
    return line_images(n, seed=seed, noise=0.0, **settings)[0]


def test_kind_and_shape() -> None:
    images, labels = line_images(7, seed=0)
    assert images.shape == (7, 1, 64, 64)
    assert images.dtype == torch.float32
    assert labels.shape == (7,)
    assert labels.dtype == torch.int64
    assert LINE_CLASSES == ("vertical", "horizontal")


@given(n=st.integers(1, 30), seed=st.integers(-5, 2**40))
def test_a_seed_fixes_everything_and_another_changes_it(n: int, seed: int) -> None:
    images, labels = line_images(n, seed=seed, size=16)
    again = draw_lines(n, seed, LineSettings(size=16))  # past the memory
    assert torch.equal(images, again[0])
    assert torch.equal(labels, again[1])
    assert not torch.equal(images, line_images(n, seed=seed + 1, size=16)[0])
    assert labels.bincount(minlength=2).tolist() == [n - n // 2, n // 2]


def test_drawing_leaves_torchs_random_numbers_alone() -> None:
    state = torch.get_rng_state()
    draw_lines(3, 0, LineSettings())
    assert torch.equal(torch.get_rng_state(), state)


def test_what_is_kept_cannot_be_changed_from_outside() -> None:
    images, labels = line_images(5, seed=3)
    before, classes = images.clone(), labels.clone()
    images.zero_()
    labels.fill_(9)
    again = line_images(5, seed=3)
    assert torch.equal(again[0], before)
    assert torch.equal(again[1], classes)


def test_classes_are_orientations() -> None:
    images, labels = line_images(400, seed=1, noise=0.0)
    right, down = gradient_energy(images)
    assert torch.equal((down > right).long(), labels)


def test_half_the_images_are_horizontal_and_their_order_is_random() -> None:
    labels = line_images(1000, seed=0)[1]
    assert labels.sum() == 500
    assert 400 < (labels.diff() != 0).sum() < 600


def test_transposed_classes_have_the_same_statistics() -> None:
    images, labels = line_images(2000, seed=2, noise=0.0)
    vertical, horizontal = images[labels == 0].mean(0)[0], images[labels == 1].mean(0)[0]
    assert abs(vertical.mean() / horizontal.mean() - 1) < 0.08
    assert (vertical - horizontal.T).abs().mean() < 0.02


def test_a_line_drawn_by_loops() -> None:
    image = clean(1, 4, size=(12, 17), lines=(1, 1))[0, 0].double()
    generator = torch.Generator().manual_seed(4)
    torch.randperm(1, generator=generator)
    torch.randint(1, 2, (1,), generator=generator)
    u = torch.rand(10, 1, 1, 1, 1, generator=generator).flatten().tolist()
    angle = np.radians(10 * (2 * u[0] - 1))
    thickness, length, contrast = 1 + 2 * u[1], (0.5 + 0.7 * u[2]) * 12, 0.3 + 0.7 * u[5]
    row, column = (0.1 + 0.8 * u[3]) * 12, (0.1 + 0.8 * u[4]) * 17
    for r in range(12):
        for c in range(17):
            y, x = r + 0.5 - row, c + 0.5 - column
            across = x * np.cos(angle) + y * np.sin(angle)  # a single image is of class 0
            along = y * np.cos(angle) - x * np.sin(angle)
            share = np.clip(thickness / 2 + 0.5 - abs(across), 0, 1) * np.clip(length / 2 + 0.5 - abs(along), 0, 1)
            assert float(image[r, c]) == pytest.approx(share * contrast, abs=1e-5)


def test_contrast_polarity_and_background_set_the_values() -> None:
    assert clean().amin((1, 2, 3)).eq(0).all()
    brightest = clean(contrast=(0.25, 0.5)).amax((1, 2, 3))
    assert 0.25 * 0.9 < brightest.min() < brightest.max() <= 0.5
    bright = clean(contrast=(0.25, 0.5), background=0.5)
    dark = clean(contrast=(0.25, 0.5), background=0.5, polarity="dark")
    torch.testing.assert_close(bright - 0.5, 0.5 - dark)
    mixed = clean(200, contrast=(0.25, 0.5), background=0.5, polarity="mixed", lines=(1, 1))
    ups, downs = (mixed.amax((1, 2, 3)) > 0.6), (mixed.amin((1, 2, 3)) < 0.4)
    assert (ups ^ downs).all()
    assert 0.35 < ups.float().mean() < 0.65


def test_noise_is_normal_and_of_the_size_asked_for() -> None:
    noisy, quiet = line_images(50, seed=5, noise=0.2)[0], clean(50, 5)
    noise = noisy - quiet  # the same lines under it
    assert abs(noise.std() - 0.2) < 0.002
    assert abs(noise.mean()) < 0.002
    assert abs((noise.abs() < 0.2).float().mean() - 0.6827) < 0.005


def test_number_thickness_and_length_set_the_area() -> None:
    for lines, thickness, length, expected in [
        ((1, 1), (2, 2), (0.5, 0.5), 2 * 32),
        ((1, 1), (4, 4), (0.25, 0.25), 4 * 16),
        ((3, 3), (1, 1), (0.1, 0.1), 3 * 6.4),
    ]:
        settings = {"lines": lines, "thickness": thickness, "length": length, "centre": (0.4, 0.6)}
        area = clean(contrast=(1.0, 1.0), jitter=0.0, **settings).sum((1, 2, 3))
        assert area.max() <= expected * 1.1  # lines may overlap, so less is possible
        if lines == (1, 1):
            assert area.min() >= expected * 0.9


def test_jitter_turns_lines() -> None:
    upright = clean(100, jitter=0.0, lines=(1, 1), length=(0.5, 0.5), centre=(0.5, 0.5))
    columns = (upright > 0).any(2).sum((1, 2))  # how many columns a line touches
    assert columns[columns < 30].max() <= 4
    turned, labels = line_images(
        100, seed=0, jitter=45.0, lines=(1, 1), length=(0.5, 0.5), centre=(0.5, 0.5), noise=0.0
    )
    width = (turned > 0).any(2).sum((1, 2))[labels == 0]
    assert width.min() <= 5
    assert width.max() > 20


def test_centres_lie_where_they_should() -> None:
    dots = {"lines": (1, 1), "length": (1e-3, 1e-3), "thickness": (3.0, 3.0), "contrast": (1.0, 1.0)}
    places = clean(300, centre=(0.25, 0.5), **dots)[:, 0].flatten(1).argmax(1)
    rows, columns = places // 64, places % 64
    for place in (rows, columns):
        assert 14 <= place.min() < 20
        assert 28 < place.max() <= 33


def test_any_size() -> None:
    assert line_images(2, seed=0, size=(20, 33))[0].shape == (2, 1, 20, 33)
    assert line_images(2, seed=0, size=[20, 33])[0].shape == (2, 1, 20, 33)
    assert line_images(1, seed=0, size=1)[0].shape == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"size": (8, 0)}, ValueError, "size must be at least 1, got 0"),
        ({"size": 8.0}, TypeError, "size must be a pair, got 8.0"),
        ({"size": (8, 8, 8)}, TypeError, "size must be a pair, got (8, 8, 8)"),
        ({"lines": (0, 2)}, ValueError, "lines must be at least 1, got 0"),
        ({"lines": (1, 2.5)}, TypeError, "lines must be an int, got float"),
        ({"lines": 3}, TypeError, "lines must be a pair, got 3"),
        ({"lines": (4, 1)}, ValueError, "lines must rise from low to high, got (4, 1)"),
        ({"thickness": (0, 2)}, ValueError, "thickness must be above 0, got (0, 2)"),
        ({"length": (-1, 2)}, ValueError, "length must be above 0, got (-1, 2)"),
        ({"centre": (0, None)}, TypeError, "centre must be a number, got None"),
        ({"centre": (0, float("nan"))}, ValueError, "centre must be a finite number in [-inf, inf], got nan"),
        ({"contrast": (-0.5, 1)}, ValueError, "contrast must be at least 0, got (-0.5, 1)"),
        ({"jitter": 46}, ValueError, "jitter must be a finite number in [0, 45], got 46"),
        ({"jitter": "10"}, TypeError, "jitter must be a number, got '10'"),
        ({"polarity": "light"}, ValueError, "polarity must be one of 'bright', 'dark', 'mixed', got 'light'"),
        ({"background": float("inf")}, ValueError, "background must be a finite number in [-inf, inf], got inf"),
        ({"noise": -0.1}, ValueError, "noise must be a finite number in [0, inf], got -0.1"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        line_images(2, seed=0, **settings)


def test_bad_numbers_seeds_and_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^n must be at least 1, got 0$"):
        line_images(0, seed=0)
    for seed in (1.0, None, True):
        with pytest.raises(TypeError, match=rf"^seed must be an int, got {seed}$"):
            line_images(1, seed=seed)
        with pytest.raises(TypeError, match=rf"^seed must be an int, got {seed}$"):
            draw_lines(1, seed, LineSettings())
    with pytest.raises(ValueError, match=rf"^seed must lie in \[-2\*\*63, 2\*\*64\), got {2**70}$"):
        line_images(1, seed=2**70)
    with pytest.raises(TypeError, match="jiter"):
        line_images(1, seed=0, jiter=3)
