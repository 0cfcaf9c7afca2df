"""Strokes: how much of each pixel a line, a row of dots, a wave, a rectangle … covers.

Each function is a *cover*: it takes coordinates of the pixels in the frame of the stroke and returns a number in [0, 1] for each,
1 inside, 0 outside and in between over one pixel at the edge. All have the arguments

- ``across``, ``along``: (N, H, W), pixels from the middle of the stroke, across it and along it. Across grows to the right for a
  vertical stroke and downwards for a horizontal one.
- ``thickness``, ``length``: (N, 1, 1), in pixels.
- ``chance``: three tensors (N, 1, 1) of numbers in [0, 1), drawn anew for each stroke, for whatever else is left to chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Cover = Callable[[Tensor, Tensor, Tensor, Tensor, Sequence[Tensor]], Tensor]
Range = tuple[float, float]


def bar(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
) -> Tensor:
    """Cover a straight line with square ends.

    Shape:
        (N, H, W), (N, H, W), (N, 1, 1), (N, 1, 1), three of (N, 1, 1) → (N, H, W), values in [0, 1]

    Examples
    --------
    >>> x = torch.arange(-2.0, 3)[None, None]
    >>> bar(x, torch.zeros(1), torch.tensor(2.0), torch.tensor(9.0), [])[0, 0]
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _inside(across, thickness).mul_(_inside(along, length))


def dashed(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    period: Range = (8, 16),
) -> Tensor:
    """Cover a line of dashes: half of each period (in pixels) is left out.

    Shape as :func:`bar`.
    """
    p = _between(period, chance[0])
    dashes = _inside(_repeated(along + p * chance[1], p), p / 2)
    return dashes.mul_(bar(across, along, thickness, length, chance))


def dotted(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    period: Range = (5, 8),
) -> Tensor:
    """Cover a row of discs with the line's thickness as diameter.

    Shape as :func:`bar`.
    """
    p = _between(period, chance[0])
    from_centre = torch.hypot(across, _repeated(along + p * chance[1], p))
    return _inside(from_centre, thickness).mul_(_inside(along, length))


def wavy(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    amplitude: Range = (1, 3),
    wavelength: Range = (20, 32),
) -> Tensor:
    """Cover a line that swings to both sides, by ``amplitude`` pixels.

    Shape as :func:`bar`.
    """
    angle = along / _between(wavelength, chance[1]) + chance[2]
    swing = _between(amplitude, chance[0]) * torch.sin(2 * math.pi * angle)
    return bar(across + swing, along, thickness, length, chance)


def arc(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    rise: Range = (-6, 6),
) -> Tensor:
    """Cover a line that is bent: its ends lie ``rise`` pixels from where they were.

    Shape as :func:`bar`.
    """
    bend = _between(rise, chance[0]) * (2 * along / length) ** 2
    return bar(across + bend, along, thickness, length, chance)


def parallel_bars(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    gap: Range = (4, 8),
) -> Tensor:
    """Cover 3 to 5 parallel lines with a gap of so many pixels between them.

    Shape as :func:`bar`.
    """
    period = thickness + _between(gap, chance[0])
    count = 3 + (3 * chance[1]).floor()
    shifted = across + period * (count % 2) / 2  # the set is centred
    comb = _inside(_repeated(shifted, period), thickness)
    within = (across.abs() < count * period / 2).float()
    return comb.mul_(within).mul_(_inside(along, length))


def grating(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    period: Range = (4, 16),
) -> Tensor:
    """Cover the whole image with a sinusoid that runs across: ``½ + ½·cos``.

    Shape as :func:`bar`.
    """
    angle = across / _between(period, chance[0]) + chance[1]
    return torch.cos(2 * math.pi * angle).mul_(0.5).add_(0.5)


def step_edge(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    rising: bool = True,
) -> Tensor:
    """Cover one side of the image: that to the right or below if ``rising``, else the other.

    Shape as :func:`bar`.
    """
    return ((across if rising else -across) + 0.5).clamp_(0, 1)


def rectangle(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    outline: bool = False,
) -> Tensor:
    """Cover a rectangle three times as long as it is wide, or only its outline of the line's thickness.

    Shape as :func:`bar`.
    """
    whole = bar(across, along, length / 3, length, chance)
    if not outline:
        return whole
    inner = length / 3 - 2 * thickness, length - 2 * thickness
    return whole - bar(across, along, *inner, chance)


def ellipse(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    outline: bool = False,
) -> Tensor:
    """Cover an ellipse three times as long as it is wide, or only its outline, of about the line's thickness.

    Shape as :func:`bar`.
    """
    from_centre = torch.hypot(across * 3, along) / 3  # in units of the width
    whole = _inside(from_centre, length / 3)
    if not outline:
        return whole
    return whole - _inside(from_centre, length / 3 - 2 * thickness)


def fence(
    across: Tensor,
    along: Tensor,
    thickness: Tensor,
    length: Tensor,
    chance: Sequence[Tensor],
    width: Range = (10, 16),
) -> Tensor:
    """Cover a band of short bars that stand *across* it; the class is that of the band.

    Shape as :func:`bar`.
    """
    period = 3 * thickness
    bars = _inside(_repeated(along + period * chance[1], period), thickness)
    return bars.mul_(
        bar(across, along, _between(width, chance[0]), length, chance)
    )


def _inside(distance: Tensor, width: Tensor) -> Tensor:
    """Return 1 within width/2 of zero, 0 outside, and in between where the edge cuts a pixel."""
    return (width / 2 + 0.5 - distance.abs()).clamp_(0, 1)


def _between(limits: Range, chance: Tensor) -> Tensor:
    return limits[0] + (limits[1] - limits[0]) * chance


def _repeated(place: Tensor, period: Tensor) -> Tensor:
    """Return the signed distance from the middle of the period in which a place lies."""
    return place.remainder(period) - period / 2
