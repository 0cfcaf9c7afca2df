"""Spectra: where in the plane of frequencies the energy of an image or a kernel lies, and in which direction."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cnnbook.checks import check_alike, check_positive, floating


def power_spectrum(images: Tensor, size: int | None = None) -> Tensor:
    """Return the energy at each frequency of what differs from the mean: ``|DFT|²``.

    Parameters
    ----------
    images : Tensor
        Images, maps or kernels; each is taken by itself.
    size : int, optional
        Number of frequencies in each direction, at least H and W; default: H and W.

    Shape:
        (…, H, W) → (…, size, size) or (…, H, W); at least 0, float32 or finer. Frequency 0 is in the middle, at
        [size // 2, size // 2]. Neighbours are 1/size cycles per pixel apart, as in :func:`cnnbook.filters.frequency_response`.
        The mean is taken away first: a constant has no direction, and in a larger grid its energy would leak around
        frequency 0. What is left of it by rounding counts as 0.

    Raises
    ------
    TypeError, ValueError
        If ``images`` is no floating-point tensor with H and W, or ``size`` is too small.

    Examples
    --------
    >>> power_spectrum(torch.tensor([[1.0, -1.0, 1.0, -1.0]]))
    tensor([[16.,  0.,  0.,  0.]])
    """
    images = _as_floats("images", images, "(…, H, W)")
    height, width = images.shape[-2:]
    if size is not None:
        if check_positive("size", size) < max(height, width):
            raise ValueError(
                f"size must be at least the sides of the images {(height, width)}, got {size}"
            )
        height = width = size
    centred = images - images.mean((-2, -1), keepdim=True)
    # Once more, for what rounding has left of the mean.
    centred = centred - centred.mean((-2, -1), keepdim=True)
    power = torch.fft.fft2(centred, s=(height, width)).abs() ** 2
    power[..., 0, 0] = 0
    # Rounding must not be taken for energy.
    most = images.abs().sum((-2, -1), keepdim=True)
    floor = (torch.finfo(images.dtype).eps * most) ** 2
    power = torch.where(power <= floor, 0, power)
    return torch.fft.fftshift(power, dim=(-2, -1))


def energy_by_direction(
    images: Tensor, n_directions: int = 4, size: int | None = None
) -> Tensor:
    """Return the share of the energy in each direction of the wave.

    Parameters
    ----------
    images : Tensor
        Images, maps or kernels. The mean does not count.
    n_directions : int
        Number K of directions: 0, π/K, 2π/K, … The first is to the right (upright stripes), π/2 is downwards.
    size : int, optional
        Number of frequencies in each direction, as in :func:`power_spectrum`. A small kernel has few of its own, and most of
        them lie on the axes: give 64 or so to see those between.

    Shape:
        (…, H, W) → (…, K), adding up to 1; 0 for a constant. A frequency counts for the direction that is nearest, and half each
        for two that are equally near.

    Raises
    ------
    TypeError, ValueError
        If ``images`` is no floating-point tensor with H and W, ``n_directions`` is below 1, or ``size`` is too small.

    Examples
    --------
    >>> stripes = torch.tensor([[1.0, -1.0, 1.0, -1.0]]).expand(4, 4)
    >>> energy_by_direction(stripes, 2), energy_by_direction(stripes.T, 2)
    (tensor([1., 0.]), tensor([0., 1.]))
    """
    check_positive("n_directions", n_directions)
    power = power_spectrum(images, size)
    height, width = power.shape[-2:]
    angles = _angles(height, width)
    shares = _shares(angles, n_directions)
    if height % 2 == width % 2 == 0:
        # The corner is (−½, −½) and (−½, ½) at once: it lies on both diagonals.
        shares[0] += _shares(-angles[:1], n_directions)[0]
        shares[0] /= 2
    energy = power.flatten(-2) @ shares.to(power.dtype)
    return energy / energy.sum(-1, keepdim=True).clamp(
        min=torch.finfo(power.dtype).tiny
    )


def peak_frequency(images: Tensor, size: int = 64) -> Tensor:
    """Return the frequency with the most energy, in cycles per pixel.

    Parameters
    ----------
    images : Tensor
        Images, maps or kernels. The mean does not count.
    size : int
        Number of frequencies in each direction; the answer is exact to about 1/size.

    Shape:
        (…, H, W) → (…), in [0, √½]; 0 for a constant

    Raises
    ------
    TypeError, ValueError
        As :func:`power_spectrum`.

    Examples
    --------
    >>> peak_frequency(torch.tensor([[1.0, -1.0, 1.0, -1.0]]).expand(4, 4))
    tensor(0.5000)
    """
    power = power_spectrum(images, size).flatten(-2)
    place = torch.arange(size) - size // 2
    distance = torch.hypot(place[:, None].float(), place.float()) / size
    most, peak = power.max(-1)
    return torch.where(most == 0, 0, distance.flatten()[peak])


def separability(kernels: Tensor) -> Tensor:
    """Return how much of a kernel's energy the best product of a column and a row holds: 1 for a separable kernel.

    Parameters
    ----------
    kernels : Tensor
        Kernels; not all zero.

    Shape:
        (…, M, N) → (…), in [1/min(M, N), 1]: the largest squared singular value over the sum of all

    Raises
    ------
    TypeError, ValueError
        If ``kernels`` is no floating-point tensor with M and N.

    Examples
    --------
    >>> round(float(separability(torch.eye(4))), 3), round(float(separability(torch.ones(4, 4))), 3)
    (0.25, 1.0)
    """
    kernels = _as_floats("kernels", kernels, "(…, M, N)")
    energy = torch.linalg.svdvals(kernels) ** 2
    return energy[..., 0] / energy.sum(-1)


def _angles(height: int, width: int) -> Tensor:
    """Return the direction of each frequency in [0, π), (H·W,), frequency 0 in the middle."""
    down = torch.fft.fftshift(torch.fft.fftfreq(height, dtype=torch.float64))
    right = torch.fft.fftshift(torch.fft.fftfreq(width, dtype=torch.float64))
    angles = torch.atan2(down[:, None], right.expand(height, -1)) % math.pi
    return angles.flatten()


def _shares(angles: Tensor, n_directions: int) -> Tensor:
    """Share each angle out to the directions that are nearest, (P,) → (P, K)."""
    place = angles % math.pi * (n_directions / math.pi)
    nearest = (place[:, None] - torch.arange(n_directions)).abs()
    nearest = torch.minimum(nearest, n_directions - nearest)
    # Rounding must not decide a tie.
    is_nearest = nearest <= nearest.amin(1, keepdim=True) + 1e-9
    return is_nearest / is_nearest.sum(1, keepdim=True)


def _as_floats(name: str, values: Tensor, shape: str) -> Tensor:
    """Check the rank; return the values in a dtype in which FFT and SVD are defined."""
    check_alike(**{name: values})
    if values.ndim < 2 or 0 in values.shape[-2:]:
        raise ValueError(
            f"{name} must have shape {shape}, got {tuple(values.shape)}"
        )
    return values.to(floating(values.dtype))
