"""Energy by frequency and direction, on waves and kernels whose spectra are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnbook.filters import box, frequency_response, gabor, sobel_x, sobel_y
from cnnbook.modulation import sinusoid
from cnnbook.spectra import energy_by_direction, peak_frequency, power_spectrum, separability

SIDES = st.integers(2, 9)


@given(height=SIDES, width=SIDES)
def test_the_power_spectrum_is_numpys_without_the_mean(height: int, width: int) -> None:
    images = torch.randn(2, 3, height, width, dtype=torch.float64)
    expected = np.fft.fftshift(np.abs(np.fft.fft2(images.numpy())) ** 2, axes=(-2, -1))
    expected[..., height // 2, width // 2] = 0
    np.testing.assert_allclose(power_spectrum(images).numpy(), expected, atol=1e-9)
    centred = images - images.mean((-2, -1), keepdim=True)  # Parseval
    torch.testing.assert_close(power_spectrum(images).sum((-2, -1)) / (height * width), centred.square().sum((-2, -1)))


def test_a_larger_grid_of_frequencies_is_that_of_the_frequency_response() -> None:
    kernel = gabor(9, 4.0, 0.7)
    torch.testing.assert_close(
        power_spectrum(kernel, 32), frequency_response(kernel, 32).abs() ** 2, rtol=1e-4, atol=1e-6
    )


@given(height=SIDES, width=SIDES, more=st.integers(0, 9))
def test_a_background_changes_nothing_in_a_larger_grid_either(height: int, width: int, more: int) -> None:
    images, size = torch.randn(2, height, width, dtype=torch.float64), max(height, width) + more
    centred = images - images.mean((-2, -1), keepdim=True)
    expected = np.abs(np.fft.fftshift(np.fft.fft2(centred.numpy(), s=(size, size)), axes=(-2, -1))) ** 2
    for background in (0.0, 1.0, -30.0):
        np.testing.assert_allclose(power_spectrum(images + background, size).numpy(), expected, atol=1e-9)


@settings(max_examples=100)
@given(
    height=st.integers(1, 80),
    width=st.integers(1, 80),
    size=st.sampled_from([None, 80, 128]),
    value=st.floats(-9, 9, width=32),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
)
def test_a_constant_has_no_energy_no_direction_and_no_frequency(
    height: int, width: int, size: int | None, value: float, dtype: torch.dtype
) -> None:
    constant = torch.full((height, width), value, dtype=dtype)
    assert not power_spectrum(constant, size).any()
    assert not energy_by_direction(constant, 4, size).any()
    assert peak_frequency(constant, size or 80) == 0


def test_what_is_no_number_stays_visible() -> None:
    assert power_spectrum(torch.tensor([[0.0, math.nan]])).isnan().any()


@given(height=SIDES, width=SIDES, n=st.integers(1, 6))
def test_shares_add_up_to_one_and_turn_with_the_image(height: int, width: int, n: int) -> None:
    images = torch.randn(3, height, width, dtype=torch.float64)
    shares = energy_by_direction(images, n)
    assert shares.shape == (3, n)
    assert (shares >= 0).all()
    torch.testing.assert_close(shares.sum(1), torch.ones(3, dtype=torch.float64))
    if n % 2 == 0:
        turned = energy_by_direction(images.rot90(1, (1, 2)), n)
        torch.testing.assert_close(turned, shares.roll(n // 2, 1))


@pytest.mark.parametrize("k", range(8))
def test_a_wave_has_its_direction(k: int) -> None:
    angle = k * math.pi / 8
    window = gabor(33, 6.0, angle)
    assert int(energy_by_direction(window, 8).argmax()) == k
    assert float(peak_frequency(window)) == pytest.approx(1 / 6, abs=1 / 64)


def test_two_directions_compare_right_and_down() -> None:
    for kernel, place in ((sobel_x(), 0), (sobel_y(), 1)):
        assert energy_by_direction(kernel, 2)[place] > 0.8
    torch.testing.assert_close(energy_by_direction(sobel_x(), 2), energy_by_direction(sobel_y(), 2).flip(0))
    torch.testing.assert_close(energy_by_direction(box(3), 2, 64), torch.zeros(2))  # no energy but the mean


def test_more_frequencies_show_what_lies_between_the_axes() -> None:
    few, many = (float(energy_by_direction(sobel_x(), 2, size)[0]) for size in (None, 64))
    assert many < few
    power = power_spectrum(sobel_x(), 65)  # odd: no frequency is its own opposite
    down, right = torch.meshgrid(*[torch.arange(65).float() - 32] * 2, indexing="ij")
    by_hand = power[right.abs() > down.abs()].sum() + power[right.abs() == down.abs()].sum() / 2
    assert float(energy_by_direction(sobel_x(), 2, 65)[0]) == pytest.approx(float(by_hand / power.sum()), abs=1e-5)


@pytest.mark.parametrize("size", [None, 8, 9])
def test_a_checkerboard_lies_on_both_diagonals(size: int | None) -> None:
    rows, columns = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    shares = energy_by_direction(1.0 - 2 * ((rows + columns) % 2), 4, size)
    torch.testing.assert_close(shares, shares.roll(2))
    if size != 9:  # an odd grid spreads it
        torch.testing.assert_close(shares, torch.tensor([0, 0.5, 0, 0.5]))


def test_noise_has_no_direction() -> None:
    assert (energy_by_direction(torch.randn(64, 64)) - 1 / 4).abs().max() < 0.05


def test_the_peak_of_a_wave_is_its_frequency() -> None:
    for frequency in (4 / 64, 8 / 64, 20 / 64, 0.5):
        assert float(peak_frequency(sinusoid(64, 64, frequency))) == pytest.approx(frequency)
    assert float(peak_frequency(1 + sinusoid(16, 16, 1 / 4))) == pytest.approx(1 / 4, abs=1 / 64)


def test_separability() -> None:
    kernels = torch.stack([torch.outer(torch.randn(9), torch.randn(9)), torch.eye(9)])
    torch.testing.assert_close(separability(kernels), torch.tensor([1.0, 1 / 9]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_smaller_floats_are_computed_in_float32(dtype: torch.dtype) -> None:
    kernel = gabor(9, 4.0, 0.7).to(dtype)
    for function in (power_spectrum, energy_by_direction, peak_frequency, separability):
        found = function(kernel)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, function(kernel.float()))


def test_bad_input_is_refused() -> None:
    images, kernels = r"images must have shape \(…, H, W\)", r"kernels must have shape \(…, M, N\)"
    for function in (power_spectrum, energy_by_direction, peak_frequency, separability):
        rule = kernels if function is separability else images
        with pytest.raises(ValueError, match=rf"^{rule}, got \(3,\)$"):
            function(torch.zeros(3))
        with pytest.raises(ValueError, match=rf"^{rule}, got \(2, 0\)$"):
            function(torch.zeros(2, 0))
        with pytest.raises(TypeError, match=r"^\w+s must be floating point with 16 bits or more, got torch.int64$"):
            function(torch.zeros(2, 2).long())
    with pytest.raises(ValueError, match=r"^size must be at least the sides of the images \(4, 6\), got 5$"):
        power_spectrum(torch.zeros(4, 6), 5)
    with pytest.raises(ValueError, match=r"^n_directions must be at least 1, got 0$"):
        energy_by_direction(torch.zeros(4, 4), 0)
