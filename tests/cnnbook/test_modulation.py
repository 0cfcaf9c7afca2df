"""The product with a sinusoid, against numpy; the spectrum moves to both sides."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnbook.modulation import NYQUIST, modulate, sinusoid

ANGLES = st.floats(-7, 7)


def wave_by_numpy(height: int, width: int, frequency: float, direction: float, phase: float) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.cos(2 * np.pi * frequency * (columns * np.cos(direction) + rows * np.sin(direction)) + phase)


@given(
    height=st.integers(1, 9), width=st.integers(1, 9), frequency=st.floats(0.01, 0.5), direction=ANGLES, phase=ANGLES,
    amplitude=st.one_of(st.none(), st.floats(-3, 3)), background=st.floats(-1, 1),
)  # fmt: skip
def test_the_formula_is_that_of_numpy(
    height: int,
    width: int,
    frequency: float,
    direction: float,
    phase: float,
    amplitude: float | None,
    background: float,
) -> None:
    images = torch.randn(3, 2, height, width)
    found = modulate(images, frequency, direction, phase, amplitude=amplitude, background=background)
    wave = wave_by_numpy(height, width, frequency, direction, phase)
    factor = wave if amplitude is None else 1 + amplitude * wave
    expected = background + (images.numpy() - background) * factor
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(sinusoid(height, width, frequency, direction, phase).numpy(), wave, rtol=0, atol=1e-4)


def test_each_image_may_have_its_phase() -> None:
    images, phases = torch.rand(4, 1, 5, 6), torch.tensor([0.0, 1, 2, 3])
    found = modulate(images, 0.2, 0.5, phases)
    for image, phase, one in zip(images, phases.tolist(), found, strict=True):
        torch.testing.assert_close(one, modulate(image[None], 0.2, 0.5, phase)[0])


def test_the_displayable_version_stays_between_zero_and_one() -> None:
    images = torch.rand(2, 1, 8, 8)
    found = modulate(images, 0.25, displayable=True)
    torch.testing.assert_close(found, 0.5 + 0.5 * modulate(images, 0.25))
    assert 0 <= found.min() < 0.5 < found.max() <= 1


def test_a_background_is_left_as_it_is() -> None:
    grey = torch.full((1, 1, 6, 6), 0.5)
    torch.testing.assert_close(modulate(grey, 0.2, background=0.5), grey)
    assert modulate(grey, 0.2).std() > 0.1


@pytest.mark.parametrize(("direction", "place"), [(0.0, (0, 8)), (math.pi / 2, (8, 0))])
def test_the_spectrum_moves_to_both_sides(direction: float, place: tuple[int, int]) -> None:
    image = torch.randn(1, 1, 64, 64, dtype=torch.float64)
    before = torch.fft.fft2(image)
    after = torch.fft.fft2(modulate(image, 8 / 64, direction))
    expected = (before.roll(place, (2, 3)) + before.roll([-n for n in place], (2, 3))) / 2
    torch.testing.assert_close(after, expected, rtol=0, atol=1e-4)


def test_at_nyquist_pixels_alternate_in_sign() -> None:
    assert sinusoid(2, 5, NYQUIST)[1].round().tolist() == [1, -1, 1, -1, 1]
    assert sinusoid(3, 1, NYQUIST, math.pi / 2)[:, 0].round().tolist() == [1, -1, 1]


def test_the_dtype_is_that_of_the_images_and_they_are_not_changed() -> None:
    for dtype in (torch.float32, torch.float64):
        images = torch.ones(1, 1, 4, 4, dtype=dtype)
        assert modulate(images, 0.3).dtype == dtype
        assert (images == 1).all()


X = torch.zeros(2, 1, 4, 4)
BEYOND = "frequency must lie in (0, 0.5] cycles per pixel, got {}"
ALIAS = ": along a row, pixels cannot tell it from a wave of {}"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"frequency": 0.75}, ValueError, BEYOND.format("0.75") + ALIAS.format("0.25")),
        ({"frequency": 2.3}, ValueError, BEYOND.format("2.3") + ALIAS.format("0.3")),
        ({"frequency": 0}, ValueError, BEYOND.format("0")),
        ({"frequency": -0.1}, ValueError, BEYOND.format("-0.1")),
        ({"frequency": math.inf}, ValueError, BEYOND.format("inf")),
        ({"frequency": math.nan}, ValueError, BEYOND.format("nan")),
        ({"frequency": "1/8"}, TypeError, "frequency must be a number, got '1/8'"),
        ({"direction": "x"}, TypeError, "direction must be a number, got 'x'"),
        ({"phase": None}, TypeError, "phase must be a number, got None"),
        (
            {"phase": torch.zeros(3)}, ValueError,
            "phase must be a number or have shape (2,), one for each image, got (3,)",
        ),
        ({"phase": torch.zeros(2).long()}, TypeError, "phase must be a floating-point tensor, got dtype torch.int64"),
        ({"amplitude": "big"}, TypeError, "amplitude must be a number, got 'big'"),
        (
            {"amplitude": 1.0, "displayable": True}, ValueError,
            "displayable must be False where an amplitude is given, got amplitude 1.0",
        ),
        ({"background": math.nan}, ValueError, "background must be a finite number in [-inf, inf], got nan"),
        ({"images": X[0]}, ValueError, "images must have shape (N, C, H, W), got (1, 4, 4)"),
        ({"images": X.int()}, TypeError, "images must be a floating-point tensor, got dtype torch.int32"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        modulate(**{"images": X, "frequency": 0.125, **arguments})


def test_a_wave_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^height must be at least 1, got 0$"):
        sinusoid(0, 4, 0.1)
    with pytest.raises(ValueError, match=r"^width must be at least 1, got 0$"):
        sinusoid(4, 0, 0.1)
