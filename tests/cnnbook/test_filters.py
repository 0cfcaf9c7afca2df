"""Classic filters: what they do to pictures whose answer is known by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
import torch

from cnnbook import filters
from cnnbook.layers import conv2d

ROWS, COLUMNS = torch.meshgrid(torch.arange(12.0), torch.arange(15.0), indexing="ij")


def apply(kernel: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    return conv2d(image[None, None], kernel[None, None])[0, 0]


@pytest.mark.parametrize(
    "kernel", [filters.box(4), filters.gaussian(1.3), filters.gaussian(2, 5), filters.sharpen(0.7)]
)
def test_blurs_and_sharpening_keep_flat_ground_and_slopes(kernel: torch.Tensor) -> None:
    assert apply(kernel, torch.full((12, 15), 0.3)).allclose(torch.tensor(0.3))
    slope = apply(kernel, COLUMNS)
    reach = (kernel.shape[1] - 1) / 2
    assert slope[0].allclose(torch.arange(slope.shape[1]) + reach, atol=1e-4)


def test_derivatives_of_a_plane_are_its_slopes() -> None:
    plane = 2 * COLUMNS - 3 * ROWS + 1
    assert apply(filters.sobel_x(), plane).allclose(torch.tensor(2.0), atol=1e-5)
    assert apply(filters.sobel_y(), plane).allclose(torch.tensor(-3.0), atol=1e-5)
    assert apply(filters.laplacian(), plane).abs().max() < 1e-4


def test_the_laplacian_of_a_bowl_is_its_curvature() -> None:
    assert apply(filters.laplacian(), ROWS**2 + 2 * COLUMNS**2).allclose(torch.tensor(6.0), atol=1e-3)


def test_sharpening_by_nothing_changes_nothing() -> None:
    assert torch.equal(apply(filters.sharpen(0), ROWS), ROWS[1:-1, 1:-1])


def test_a_gaussian_is_separable_and_as_wide_as_asked() -> None:
    kernel = filters.gaussian(2.0, 25).double()
    assert torch.linalg.matrix_rank(kernel, rtol=1e-6) == 1
    place = torch.arange(25) - 12
    assert (kernel.sum(0) * place**2).sum().sqrt() == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("orientation", [0.0, 0.5, math.pi / 2, 2.0])
def test_a_gabor_filter_answers_to_its_own_stripes(orientation: float) -> None:
    kernel = filters.gabor(15, wavelength=5, orientation=orientation)
    assert kernel.sum().abs() < 1e-6
    assert kernel.abs().sum() == pytest.approx(1, abs=1e-6)

    def strength(angle: float, wavelength: float) -> float:
        rows, columns = torch.meshgrid(torch.arange(48.0), torch.arange(60.0), indexing="ij")
        along = columns * math.cos(angle) + rows * math.sin(angle)
        return apply(kernel, torch.cos(2 * math.pi * along / wavelength)).abs().amax().item()

    own = strength(orientation, 5)
    assert own > 2 * strength(orientation + math.pi / 2, 5)
    assert own > 2 * strength(orientation, 15)


def test_the_frequency_response_is_the_gain_of_waves() -> None:
    kernel, size = (filters.gaussian(1.0, 5) + filters.gabor(5, 3, 1.0, 0.5)).double(), 16
    response = filters.frequency_response(kernel, size)
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    for v, u in [(0, 0), (1, 0), (2, 5), (-3, 7)]:
        wave = torch.exp(2j * math.pi * (v * rows + u * columns) / size).to(torch.complex128)
        real, imaginary = (apply(kernel, part.contiguous()) for part in (wave.real, wave.imag))
        gain = torch.complex(real, imaginary) / wave[:12, :12]
        assert gain.allclose(response[size // 2 + v, size // 2 + u].expand_as(gain), atol=1e-5)


def test_the_frequency_response_of_smaller_floats_is_computed_in_float32() -> None:
    kernel = filters.gabor(9, 4).bfloat16()
    response = filters.frequency_response(kernel, 16)
    assert response.dtype == torch.complex64
    torch.testing.assert_close(response, filters.frequency_response(kernel.float(), 16))


def response(*shape: int, size: int) -> torch.Tensor:
    return filters.frequency_response(torch.ones(shape), size)


NOTHING_LEFT = "size, wavelength, phase and sigma must leave a kernel that is not zero, got "


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: filters.box(0), "size must be at least 1, got 0"),
        (lambda: filters.gaussian(0), "sigma must be positive, got 0"),
        (lambda: filters.gaussian(math.inf), r"sigma must be a finite number in \[-inf, inf\], got inf"),
        (lambda: filters.gaussian(1, 4), "size must be odd, so that it has a centre, got 4"),
        (lambda: filters.sharpen(math.nan), r"amount must be a finite number in \[-inf, inf\], got nan"),
        (lambda: filters.gabor(8, 4), "size must be odd, so that it has a centre, got 8"),
        (lambda: filters.gabor(9, 1.5), "wavelength must be at least 2 pixels, got 1.5"),
        (lambda: filters.gabor(9, 4, sigma=-1), "sigma must be positive, got -1"),
        (lambda: filters.gabor(9, math.inf), r"wavelength must be a finite number in \[-inf, inf\], got inf"),
        (lambda: filters.gabor(9, 4, math.nan), r"orientation must be a finite number in \[-inf, inf\], got nan"),
        (lambda: filters.gabor(9, 4, 0, math.inf), r"phase must be a finite number in \[-inf, inf\], got inf"),
        (lambda: filters.gabor(9, 4, sigma=math.inf), r"sigma must be a finite number in \[-inf, inf\], got inf"),
        (lambda: filters.gabor(1, 4), NOTHING_LEFT + r"1, 4, 0\.0 and 2\.0"),
        (lambda: filters.gabor(9, 2, phase=math.pi / 2), NOTHING_LEFT + r"9, 2, 1\.57\d+ and 1\.0"),
        (lambda: filters.gabor(9, 4, sigma=1e-30), NOTHING_LEFT + "9, 4, 0.0 and 1e-30"),
        (lambda: response(5, 3, size=4), r"size must be at least the sides of the kernel \(5, 3\), got 4"),
        (lambda: response(5, 5, size=0), "size must be at least 1, got 0"),
        (lambda: response(1, 1, 3, 3, size=64), r"kernel must have shape \(M, N\), got \(1, 1, 3, 3\)"),
    ],
)
def test_bad_settings_are_named(call: Callable[[], torch.Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: filters.box("3"), "size must be an int, got str"),
        (lambda: filters.gaussian("1"), "sigma must be a number, got '1'"),
        (lambda: filters.gaussian(1, 5.0), "size must be an int, got float"),
        (lambda: filters.sharpen("1"), "amount must be a number, got '1'"),
        (lambda: filters.gabor(9, "4"), "wavelength must be a number, got '4'"),
        (lambda: filters.gabor(9, 4, "0"), "orientation must be a number, got '0'"),
        (lambda: filters.gabor(9, 4, 0, "0"), "phase must be a number, got '0'"),
        (lambda: filters.gabor(9, 4, sigma="2"), "sigma must be a number, got '2'"),
        (lambda: filters.frequency_response([[1.0]], 8), "kernel must be a torch.Tensor of shape (M, N), got list"),
        (lambda: filters.frequency_response(torch.ones(3, 3), 8.0), "size must be an int, got float"),
    ],
)
def test_what_is_of_another_kind_is_named(call: Callable[[], torch.Tensor], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        call()


def test_a_long_wave_under_a_wide_window_is_no_rounding() -> None:
    kernel = filters.gabor(3, 1000, sigma=100).double()
    place = torch.arange(3).double() - 1  # of the cosine, its second order is left: 2/3 − x²
    expected = (2 / 3 - place**2).expand(3, 3)
    torch.testing.assert_close(kernel, expected / expected.abs().sum(), rtol=0, atol=5e-3)
