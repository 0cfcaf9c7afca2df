"""Classic image filters: small kernels that people designed before networks learned theirs.

Each function returns a kernel (M, N) for cross-correlation ∘, as :func:`~cnnbook.layers.convolution.conv2d` computes it; put
``[None, None]`` behind it to make it a weight (1, 1, M, N).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cnnbook.checks import (
    check_number,
    check_odd,
    check_positive,
    check_tensor,
    floating,
)

FAINTEST = 1e-5
"""A wave of which less is left than this (in float32, of absolute values near 1) is rounding."""


def box(size: int) -> Tensor:
    """Return the mean over a square.

    Parameters
    ----------
    size : int
        Side M.

    Shape:
        (M, M), all 1/M²

    Raises
    ------
    TypeError, ValueError
        If ``size`` is no int or below 1.

    Examples
    --------
    >>> box(2)
    tensor([[0.2500, 0.2500],
            [0.2500, 0.2500]])
    """
    check_positive("size", size)
    return torch.full((size, size), 1 / size**2)


def gaussian(sigma: float, size: int | None = None) -> Tensor:
    """Return a blur whose weights fall off as a Gaussian.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels.
    size : int, optional
        Odd side M; default: three standard deviations to each side.

    Shape:
        (M, M), positive, sum 1; the outer product of two one-dimensional Gaussians

    Raises
    ------
    TypeError, ValueError
        If ``sigma`` is no finite number above 0, or ``size`` no odd int.

    Examples
    --------
    >>> gaussian(1.0).shape, round(float(gaussian(1.0).sum()), 6)
    (torch.Size([7, 7]), 1.0)
    """
    _check_sigma(sigma)
    if size is None:
        size = 2 * math.ceil(3 * sigma) + 1
    place = _centred(check_odd("size", size))
    profile = torch.exp(-(place**2) / (2 * sigma**2))
    profile = profile / profile.sum()
    return profile[:, None] * profile


def sobel_x() -> Tensor:
    """Return a derivative to the right, smoothed across: positive where the image gets brighter.

    Shape:
        (3, 3), sum 0; one unit of brightness per pixel gives 1. Source: Sobel and Feldman (1968).

    Examples
    --------
    >>> sobel_x() * 8
    tensor([[-1.,  0.,  1.],
            [-2.,  0.,  2.],
            [-1.,  0.,  1.]])
    """
    return torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8


def sobel_y() -> Tensor:
    """Return a derivative downwards: :func:`sobel_x` transposed.

    Examples
    --------
    >>> bool((sobel_y() == sobel_x().T).all())
    True
    """
    return sobel_x().T.contiguous()


def laplacian() -> Tensor:
    """Return the sum of the second derivatives: by how much the four neighbours exceed the pixel.

    Shape:
        (3, 3), sum 0

    Examples
    --------
    >>> laplacian()
    tensor([[ 0.,  1.,  0.],
            [ 1., -4.,  1.],
            [ 0.,  1.,  0.]])
    """
    return torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])


def sharpen(amount: float = 1.0) -> Tensor:
    """Return the image minus its Laplacian: what differs from the neighbours is made to differ more.

    Parameters
    ----------
    amount : float
        How much of the Laplacian is taken away; 0 changes nothing.

    Shape:
        (3, 3), sum 1

    Raises
    ------
    TypeError, ValueError
        If ``amount`` is no finite number.

    Examples
    --------
    >>> sharpen(1.0)
    tensor([[ 0., -1.,  0.],
            [-1.,  5., -1.],
            [ 0., -1.,  0.]])
    """
    check_number("amount", amount)
    identity = torch.zeros(3, 3)
    identity[1, 1] = 1
    return identity - amount * laplacian() + 0.0


def gabor(
    size: int,
    wavelength: float,
    orientation: float = 0.0,
    phase: float = 0.0,
    sigma: float | None = None,
) -> Tensor:
    """Return a wave under a Gaussian window: it answers to stripes.

    Parameters
    ----------
    size : int
        Odd side M.
    wavelength : float
        Pixels from stripe to stripe, at least 2.
    orientation : float
        Direction in which the wave runs, in radians: 0 to the right (upright stripes), π/2 downwards.
    phase : float
        Radians: 0 a bright stripe in the middle, π/2 an edge.
    sigma : float, optional
        Standard deviation of the window in pixels; default: half a wavelength.

    Shape:
        (M, M), sum 0, sum of absolute values 1. Source: Gabor (1946); Daugman (1985).

    Raises
    ------
    TypeError
        If ``size`` is no int or another argument no number.
    ValueError
        If the size is even, the wavelength is below 2 pixels, which no row of pixels can hold, a number is not finite, or
        nothing of the wave is left, as of one whose zeros fall on the pixels.

    Examples
    --------
    >>> gabor(9, wavelength=4).shape
    torch.Size([9, 9])
    """
    check_odd("size", size)
    check_number("orientation", orientation)
    check_number("phase", phase)
    if check_number("wavelength", wavelength) < 2:
        raise ValueError(
            f"wavelength must be at least 2 pixels, got {wavelength}"
        )
    sigma = wavelength / 2 if sigma is None else sigma
    _check_sigma(sigma)
    y, x = torch.meshgrid(_centred(size), _centred(size), indexing="ij")
    along = x * math.cos(orientation) + y * math.sin(orientation)
    window = torch.exp(-(x**2 + y**2) / (2 * sigma**2))
    wave = window * torch.cos(2 * math.pi * along / wavelength + phase)
    kernel = wave - window * (wave.sum() / window.sum())
    if not kernel.abs().sum() >= FAINTEST:
        raise ValueError(
            "size, wavelength, phase and sigma must leave a kernel that is "
            f"not zero, got {size}, {wavelength}, {phase} and {sigma}"
        )
    return kernel / kernel.abs().sum()


def frequency_response(kernel: Tensor, size: int) -> Tensor:
    """Return by how much a filter multiplies each frequency.

    That is its Fourier transform.

    Parameters
    ----------
    kernel : Tensor
        A kernel.
    size : int
        Number of frequencies in each direction, at least the kernel's sides.

    Shape:
        (M, N) → (size, size), complex; frequency 0 in the middle, at [size // 2, size // 2]. Neighbours are 1/size cycles per
        pixel apart. The conjugate makes it the response of a cross-correlation.

    Raises
    ------
    TypeError, ValueError
        If ``kernel`` is no floating-point tensor (M, N), or ``size`` no int or smaller than the kernel.

    Examples
    --------
    >>> frequency_response(box(3), 8)[4, 4].abs()
    tensor(1.)
    """
    check_tensor("kernel", kernel, "(M, N)")
    if check_positive("size", size) < max(kernel.shape):
        raise ValueError(
            "size must be at least the sides of the kernel "
            f"{tuple(kernel.shape)}, got {size}"
        )
    kernel = kernel.to(floating(kernel.dtype))
    spectrum = torch.fft.fft2(kernel, s=(size, size)).conj()
    return torch.fft.fftshift(spectrum)


def _check_sigma(sigma: object) -> None:
    if not check_number("sigma", sigma) > 0:
        raise ValueError(f"sigma must be positive, got {sigma}")


def _centred(size: int) -> Tensor:
    return torch.arange(size) - (size - 1) / 2
