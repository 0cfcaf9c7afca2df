"""Images of lines, vertical or horizontal: the data of the line case study, drawn from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from cnnbook.checks import (
    check_choice,
    check_number,
    check_positive,
    check_seed,
)
from cnnbook.datasets.strokes import Cover, bar

LINE_CLASSES = ("vertical", "horizontal")
"""Names of the classes 0 and 1."""
POLARITIES = ("bright", "dark", "mixed")
BLOCK = 1 << 17
"""Pixels that are drawn at a time, half a megabyte in float32 (a level-2 cache holds that)."""
SETTINGS_PER_LINE = 10  # jitter, thickness, length, row, column, contrast, sign, and three for the kind of stroke


@dataclass(frozen=True)
class LineSettings:
    """What line images look like. A pair is a range (low, high) from which a value is drawn uniformly for each line.

    Parameters
    ----------
    size : int or (int, int)
        Side of the images in pixels, or height and width.
    lines : (int, int)
        Fewest and most lines in an image. All lines of an image have its class.
    jitter : float
        By how many degrees, in [0, 45], a line may be turned away from its class, to either side.
    thickness : (float, float)
        In pixels, above 0.
    length : (float, float)
        Above 0, in units of the image's shorter side.
    centre : (float, float)
        Where the middle of a line may lie, in units of height and of width; (0, 1) is the whole image.
    contrast : (float, float)
        Difference between a line and the background, at least 0.
    polarity : {"bright", "dark", "mixed"}
        Whether lines are brighter than the background, darker, or either, drawn for each line.
    background : float
        Value of the background.
    noise : float
        Standard deviation of the normal noise that is added to every pixel, at least 0. Nothing is clipped.

    Raises
    ------
    TypeError, ValueError
        If a setting is of the wrong kind or out of range.

    Examples
    --------
    >>> LineSettings(jitter=60)
    Traceback (most recent call last):
        ...
    ValueError: jitter must be a finite number in [0, 45], got 60
    """

    size: int | tuple[int, int] = 64
    lines: tuple[int, int] = (1, 4)
    jitter: float = 10.0
    thickness: tuple[float, float] = (1.0, 3.0)
    length: tuple[float, float] = (0.5, 1.2)
    centre: tuple[float, float] = (0.1, 0.9)
    contrast: tuple[float, float] = (0.3, 1.0)
    polarity: str = "bright"
    background: float = 0.0
    noise: float = 0.05

    def __post_init__(self) -> None:
        if not isinstance(self.size, int):
            object.__setattr__(self, "size", _as_pair("size", self.size))
        for side in self.height_and_width:
            check_positive("size", side)
        for name in ("lines", "thickness", "length", "centre", "contrast"):
            object.__setattr__(
                self, name, _as_range(name, getattr(self, name))
            )
        for number in self.lines:
            check_positive("lines", number)
        for name in ("thickness", "length"):
            if not getattr(self, name)[0] > 0:
                raise ValueError(
                    f"{name} must be above 0, got {getattr(self, name)}"
                )
        if self.contrast[0] < 0:
            raise ValueError(
                f"contrast must be at least 0, got {self.contrast}"
            )
        check_number("jitter", self.jitter, 0, 45)
        check_choice("polarity", self.polarity, POLARITIES)
        check_number("background", self.background)
        check_number("noise", self.noise, 0)

    @property
    def height_and_width(self) -> tuple[int, int]:
        """The size as a pair."""
        size = self.size
        return size if isinstance(size, tuple) else (size, size)


def line_images(
    n: int, *, seed: int, **settings: Any
) -> tuple[Tensor, Tensor]:
    """Draw images of one to four lines, all vertical (class 0) or all horizontal (class 1).

    The two data sets asked for last are kept in memory (10,000 images of 64 × 64 take 164 MB); each call returns copies, which
    may be changed.

    Parameters
    ----------
    n : int
        Number of images. Half of them, or one fewer, are of class 1, in random order.
    seed : int
        The same seed and settings give the same images.
    **settings
        What differs from the defaults of :class:`LineSettings`: ``size``, ``lines``, ``jitter``, ``thickness``, ``length``,
        ``centre``, ``contrast``, ``polarity``, ``background``, ``noise``.

    Returns
    -------
    images : Tensor
        float32, (n, 1, H, W). By default the background is 0, lines lie in [0.3, 1] and noise reaches beyond both.
    labels : Tensor
        int64, (n,)

    Raises
    ------
    TypeError, ValueError
        If ``n`` is below 1, ``seed`` no int of 64 bits, or a setting unknown, of the wrong kind or out of range.

    Examples
    --------
    >>> images, labels = line_images(6, seed=0, jitter=0)
    >>> images.shape, labels.bincount()
    (torch.Size([6, 1, 64, 64]), tensor([3, 3]))
    """
    check_positive("n", n)
    check_seed(seed)
    images, labels = _kept_lines(n, seed, LineSettings(**settings))
    return images.clone(), labels.clone()


@lru_cache(maxsize=2)
def _kept_lines(
    n: int, seed: int, settings: LineSettings
) -> tuple[Tensor, Tensor]:
    return draw_lines(n, seed, settings)


def draw_lines(
    n: int, seed: int, settings: LineSettings, cover: Cover = bar
) -> tuple[Tensor, Tensor]:
    """Draw images of strokes of any kind; :func:`line_images` without memory.

    Parameters
    ----------
    n, seed
        As in :func:`line_images`.
    settings : LineSettings
        What the images look like.
    cover : callable
        The kind of stroke: a function of :mod:`cnnbook.datasets.strokes`.

    Returns
    -------
    images, labels
        As in :func:`line_images`.

    Raises
    ------
    TypeError, ValueError
        If ``n`` is no int or below 1, or ``seed`` no int of 64 bits.

    Examples
    --------
    >>> images, labels = draw_lines(2, 0, LineSettings(size=(20, 30)))
    >>> images.shape
    torch.Size([2, 1, 20, 30])
    """
    check_positive("n", n)
    generator = torch.Generator().manual_seed(check_seed(seed))
    labels = torch.randperm(n, generator=generator) % 2
    fewest, most = settings.lines
    counts = torch.randint(fewest, most + 1, (n,), generator=generator)
    chances = torch.rand(SETTINGS_PER_LINE, most, n, 1, 1, generator=generator)
    height, width = settings.height_and_width
    images = torch.full((n, height, width), float(settings.background))
    for block in torch.arange(n).split(max(1, BLOCK // (height * width))):
        part = images[block[0] : block[-1] + 1]  # a view: drawn in place
        for k in range(most):
            which = block[counts[block] > k]
            part[which - block[0]] = _painted(
                images[which],
                labels[which],
                chances[:, k, which],
                settings,
                cover,
            )
        if settings.noise:
            noise = torch.randn(part.shape, generator=generator)
            part.add_(noise, alpha=settings.noise)
    return images[:, None], labels


def _painted(
    images: Tensor,
    labels: Tensor,
    chances: Tensor,
    settings: LineSettings,
    cover: Cover,
) -> Tensor:
    """Return the images, (N, H, W), with one stroke more on each."""
    chance = iter(chances)
    sizes = settings.height_and_width
    angle = math.radians(settings.jitter) * (2 * next(chance) - 1)
    thickness = _draw(settings.thickness, chance)
    length = _draw(settings.length, chance) * min(sizes)
    rows, columns = (
        torch.arange(size) + 0.5 - _draw(settings.centre, chance)[:, 0] * size
        for size in sizes
    )
    rows, columns = rows[:, :, None], columns[:, None, :]
    contrast = _draw(settings.contrast, chance)
    sign = {
        "bright": torch.tensor(1.0),
        "dark": torch.tensor(-1.0),
        "mixed": (chances[6] < 0.5) * 2.0 - 1,
    }[settings.polarity]
    horizontal = (labels == 1)[:, None, None]
    cos, sin = torch.cos(angle), torch.sin(angle)
    # Across and along a vertical line are right and down, turned by the angle; those of a horizontal one are down and right.
    across = torch.where(horizontal, sin, cos) * columns
    across = across + torch.where(horizontal, cos, sin) * rows
    along = torch.where(horizontal, cos, -sin) * columns
    along = along + torch.where(horizontal, -sin, cos) * rows
    share = cover(across, along, thickness, length, list(chances[7:]))
    return torch.lerp(images, settings.background + sign * contrast, share)


def _draw(limits: tuple[float, float], chance: Iterator[Tensor]) -> Tensor:
    return limits[0] + (limits[1] - limits[0]) * next(chance)


def _as_pair(name: str, value: object) -> tuple:
    """Read a pair; a list, as JSON has it, will do."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"{name} must be a pair, got {value!r}")
    return tuple(value)


def _as_range(name: str, value: object) -> tuple[float, float]:
    low, high = (check_number(name, v) for v in _as_pair(name, value))
    if low > high:
        raise ValueError(f"{name} must rise from low to high, got {value}")
    return low, high
