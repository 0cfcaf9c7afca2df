"""Modulation: an image multiplied by a sinusoid, which moves its spectrum to both sides.

Since ``2 cos(2π f n) = exp(2πi f n) + exp(−2πi f n)``, the spectrum of the product is half the spectrum of the image moved by +f,
and half of it moved by −f. What was energy around frequency 0 along the wave's direction is then energy around ±f.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cnnbook.checks import check_number, check_positive, check_tensor

NYQUIST = 0.5
"""Highest frequency, in cycles per pixel, that a row or a column of pixels can hold (two pixels a cycle).

Along a diagonal, rows and columns lie closer: there pixels hold waves of up to √½, which we do without.
"""


def sinusoid(
    height: int,
    width: int,
    frequency: float,
    direction: float = 0.0,
    phase: float | Tensor = 0.0,
) -> Tensor:
    """Return a plane wave, ``cos(2π f (m cos θ + n sin θ) + phase)`` at row n and column m.

    Parameters
    ----------
    height, width : int
        In pixels.
    frequency : float
        f in cycles per pixel, in (0, 0.5].
    direction : float
        θ, in which the wave runs, in radians: 0 to the right, π/2 downwards.
    phase : float or Tensor
        In radians, at the top left pixel; or one for each of N waves, (N,).

    Shape:
        (H, W), or (N, H, W) if ``phase`` is (N,); values in [−1, 1]

    Raises
    ------
    TypeError, ValueError
        If the frequency is not above 0, or beyond Nyquist; if an argument is of the wrong kind.

    Examples
    --------
    >>> sinusoid(1, 4, 0.5)
    tensor([[ 1., -1.,  1., -1.]])
    >>> sinusoid(1, 4, 0.75)
    Traceback (most recent call last):
        ...
    ValueError: frequency must lie in (0, 0.5] cycles per pixel, got 0.75: along a row, pixels cannot tell it from a wave of 0.25
    """
    return _wave(height, width, frequency, direction, phase).float()


def _wave(
    height: int,
    width: int,
    frequency: float,
    direction: float,
    phase: float | Tensor,
) -> Tensor:
    """Compute a sinusoid in float64."""
    check_positive("height", height)
    check_positive("width", width)
    _check_frequency(frequency)
    check_number("direction", direction)
    if isinstance(phase, Tensor):
        check_tensor("phase", phase, "(N,)")
        phase = phase[:, None, None]
    else:
        check_number("phase", phase)
    rows = torch.arange(height, dtype=torch.float64)[:, None]
    columns = torch.arange(width, dtype=torch.float64)
    place = columns * math.cos(direction) + rows * math.sin(direction)
    return torch.cos(2 * math.pi * frequency * place + phase)


def modulate(
    images: Tensor,
    frequency: float,
    direction: float = 0.0,
    phase: float | Tensor = 0.0,
    *,
    amplitude: float | None = None,
    background: float = 0.0,
    displayable: bool = False,
) -> Tensor:
    """Multiply images by a sinusoid.

    Parameters
    ----------
    images : Tensor
        A batch of images.
    frequency, direction : float
        Of the wave, as in :func:`sinusoid`: cycles per pixel in (0, 0.5], and radians, 0 to the right, π/2 downwards.
    phase : float or Tensor
        In radians, at the top left pixel; or one for each image, (N,).
    amplitude : float, optional
        If given, the factor is ``1 + amplitude · cos``, so that a copy of the image stays. Default: the pure cosine.
    background : float
        Value that is left as it is: only what differs from it is multiplied. Without it, a bright background becomes a grating.
    displayable : bool
        Return ``½ + ½ · product``, which lies in [0, 1] if the images do and the background is 0. Not with ``amplitude``.

    Shape:
        (N, C, H, W) → (N, C, H, W). Values may be negative: clipping them would take half of the wave away.

    Raises
    ------
    TypeError, ValueError
        If ``images`` is no batch of images, the frequency is beyond Nyquist, ``phase`` has another length than the batch, or
        ``displayable`` meets ``amplitude``.

    References
    ----------
    A. Torralba, P. Isola and W. T. Freeman, Foundations of Computer Vision, MIT Press 2024, Convolutional Neural
    Nets: f = 1/6 along the lines.

    Examples
    --------
    >>> modulate(torch.ones(1, 1, 1, 4), frequency=0.5)[0, 0]
    tensor([[ 1., -1.,  1., -1.]])
    >>> modulate(torch.ones(1, 1, 1, 4), frequency=0.5, amplitude=0.5)[0, 0]
    tensor([[1.5000, 0.5000, 1.5000, 0.5000]])
    """
    check_tensor("images", images, "(N, C, H, W)")
    check_number("background", background)
    if isinstance(phase, Tensor) and phase.shape != (len(images),):
        raise ValueError(
            f"phase must be a number or have shape ({len(images)},), "
            f"one for each image, got {tuple(phase.shape)}"
        )
    height, width = images.shape[-2:]
    wave = _wave(height, width, frequency, direction, phase).to(images)
    if wave.ndim == 3:
        wave = wave[:, None]  # the same for all channels
    if amplitude is not None:
        if displayable:
            raise ValueError(
                "displayable must be False where an amplitude is given, "
                f"got amplitude {amplitude}"
            )
        wave = 1 + check_number("amplitude", amplitude) * wave
    product = background + (images - background) * wave
    return 0.5 + 0.5 * product if displayable else product


def _check_frequency(frequency: float) -> None:
    if isinstance(frequency, bool) or not isinstance(frequency, int | float):
        raise TypeError(f"frequency must be a number, got {frequency!r}")
    if 0 < frequency <= NYQUIST:
        return
    message = f"frequency must lie in (0, {NYQUIST}] cycles per pixel, got {frequency}"
    if NYQUIST < frequency < math.inf:
        alias = abs(frequency - round(frequency))
        message += (
            f": along a row, pixels cannot tell it from a wave of {alias:.4g}"
        )
    raise ValueError(message)
