"""Families of line images unlike those that a network was trained on: a table, and one function that draws from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import Tensor

from cnnbook.checks import check_choice
from cnnbook.datasets import strokes
from cnnbook.datasets.lines import LineSettings, draw_lines
from cnnbook.datasets.strokes import Cover


@dataclass(frozen=True)
class LineFamily:
    """How a family differs from the images of :func:`~cnnbook.datasets.lines.line_images`.

    Attributes
    ----------
    description : str
        In words.
    settings : mapping
        What differs from the defaults of :class:`~cnnbook.datasets.lines.LineSettings`.
    cover : callable
        The kind of stroke, a function of :mod:`cnnbook.datasets.strokes`.
    """

    description: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    cover: Cover = strokes.bar


GREY = {"background": 0.5, "contrast": (0.15, 0.5)}
ONE = {"lines": (1, 1)}
SHAPE = {"lines": (1, 2), "length": (0.4, 0.8)}
LINE_FAMILIES: dict[str, LineFamily] = {
    "as trained": LineFamily("fresh images of the kind used for training"),
    "dark on white": LineFamily(
        "inverted", {"background": 1.0, "polarity": "dark"}
    ),
    "bright on grey": LineFamily("background ½, half the contrast", GREY),
    "dark on grey": LineFamily(
        "background ½, inverted", {**GREY, "polarity": "dark"}
    ),
    "mixed on grey": LineFamily(
        "background ½, each line bright or dark", {**GREY, "polarity": "mixed"}
    ),
    "no noise": LineFamily("noise 0", {"noise": 0.0}),
    "noise 0.15": LineFamily("three times the noise", {"noise": 0.15}),
    "noise 0.3": LineFamily("six times the noise", {"noise": 0.3}),
    "low contrast": LineFamily(
        "contrast 0.06 … 0.2, one to four times the noise",
        {"contrast": (0.06, 0.2)},
    ),
    "high contrast": LineFamily("contrast 1.5 … 5", {"contrast": (1.5, 5.0)}),
    "32 × 32": LineFamily("half the size", {"size": 32}),
    "128 × 128": LineFamily("twice the size", {"size": 128}),
    "80 × 200": LineFamily("a wide image", {"size": (80, 200)}),
    "200 × 80": LineFamily("a tall image", {"size": (200, 80)}),
    "jitter 20": LineFamily("up to 20° off", {"jitter": 20.0}),
    "jitter 30": LineFamily("up to 30° off", {"jitter": 30.0}),
    "jitter 40": LineFamily("up to 40° off", {"jitter": 40.0}),
    "centres anywhere": LineFamily(
        "lines may lie on the rim", {"centre": (0.0, 1.0)}
    ),
    "one thin line": LineFamily(
        "a single line of 1 … 2 pixels", {**ONE, "thickness": (1.0, 2.0)}
    ),
    "many lines": LineFamily("5 to 12 lines", {"lines": (5, 12)}),
    "short strokes": LineFamily(
        "5 to 12 lines of 6 … 13 pixels",
        {"lines": (5, 12), "length": (0.1, 0.2)},
    ),
    "thick bars": LineFamily(
        "8 … 20 pixels thick", {"lines": (1, 2), "thickness": (8.0, 20.0)}
    ),
    "dashed": LineFamily(
        "half of each 8 … 16 pixels left out", cover=strokes.dashed
    ),
    "dotted": LineFamily(
        "discs 5 … 8 pixels apart", {"thickness": (2.0, 4.0)}, strokes.dotted
    ),
    "wavy": LineFamily("swinging by 1 … 3 pixels", cover=strokes.wavy),
    "very wavy": LineFamily(
        "swinging by 4 … 7 pixels",
        cover=partial(strokes.wavy, amplitude=(4, 7)),
    ),
    "arcs": LineFamily("bent by up to 6 pixels", cover=strokes.arc),
    "parallel lines": LineFamily(
        "sets of 3 to 5 lines", {"lines": (1, 2)}, strokes.parallel_bars
    ),
    "gratings": LineFamily(
        "sinusoids with a period of 4 … 16 pixels, over the whole image",
        ONE,
        strokes.grating,
    ),
    "rectangles": LineFamily("filled, sides 3 : 1", SHAPE, strokes.rectangle),
    "rectangle outlines": LineFamily(
        "sides 3 : 1", SHAPE, partial(strokes.rectangle, outline=True)
    ),
    "ellipses": LineFamily("filled, axes 3 : 1", SHAPE, strokes.ellipse),
    "ellipse outlines": LineFamily(
        "axes 3 : 1", SHAPE, partial(strokes.ellipse, outline=True)
    ),
    "rising step edges": LineFamily(
        "one edge, bright to the right or below", ONE, strokes.step_edge
    ),
    "falling step edges": LineFamily(
        "one edge, dark to the right or below",
        ONE,
        partial(strokes.step_edge, rising=False),
    ),
    "fences": LineFamily(
        "a band of short bars across it; its class is the band's",
        {**ONE, "thickness": (2.0, 3.0)},
        strokes.fence,
    ),
}
"""The families by name. Sizes other than 64 × 64 are not for networks that fix the size of their input."""


def family_images(name: str, n: int, *, seed: int) -> tuple[Tensor, Tensor]:
    """Draw images of a family.

    Parameters
    ----------
    name : str
        A key of :data:`LINE_FAMILIES`.
    n : int
        Number of images.
    seed : int
        The same seed gives the same images.

    Returns
    -------
    images : Tensor
        float32, (n, 1, H, W), background and contrast as in the table; noise is not clipped.
    labels : Tensor
        int64, (n,): 0 vertical, 1 horizontal.

    Raises
    ------
    ValueError
        If there is no such family.

    Examples
    --------
    >>> images, labels = family_images("80 × 200", 4, seed=0)
    >>> images.shape
    torch.Size([4, 1, 80, 200])
    """
    check_choice("name", name, list(LINE_FAMILIES))
    family = LINE_FAMILIES[name]
    return draw_lines(n, seed, LineSettings(**family.settings), family.cover)


def all_family_images(
    n: int, *, seed: int, names: Iterable[str] | None = None
) -> dict[str, tuple[Tensor, Tensor]]:
    """Draw images of several families, as :func:`cnnbook.classifier_report.report` takes them.

    Parameters
    ----------
    n, seed
        As in :func:`family_images`, for each family.
    names : iterable of str, optional
        Which families; default: all of :data:`LINE_FAMILIES`.

    Examples
    --------
    >>> sorted(all_family_images(2, seed=0, names=["dashed", "wavy"]))
    ['dashed', 'wavy']
    """
    return {
        name: family_images(name, n, seed=seed)
        for name in (LINE_FAMILIES if names is None else names)
    }
