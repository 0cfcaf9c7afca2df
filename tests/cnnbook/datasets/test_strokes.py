"""Strokes: covers lie in [0, 1] and cover what they say."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from cnnbook.datasets import strokes

SIZE = 65
HALF = torch.tensor(0.5)


def covered(stroke: Callable, thickness: float = 2.0, length: float = 40.0, chance: float = 0.5) -> Tensor:
    """Return what a vertical stroke in the middle covers, (H, W): across to the right, along downwards."""
    place = torch.arange(SIZE) - SIZE // 2.0
    across, along = place.expand(1, SIZE, SIZE), place[:, None].expand(1, SIZE, SIZE)
    sizes = torch.tensor(thickness).reshape(1, 1, 1), torch.tensor(length).reshape(1, 1, 1)
    return stroke(across, along, *sizes, [torch.tensor(chance).reshape(1, 1, 1)] * 3)[0]


ALL = [
    strokes.bar,
    strokes.dashed,
    strokes.dotted,
    strokes.wavy,
    strokes.arc,
    strokes.parallel_bars,
    strokes.grating,
    strokes.step_edge,
    partial(strokes.step_edge, rising=False),
    strokes.rectangle,
    partial(strokes.rectangle, outline=True),
    strokes.ellipse,
    partial(strokes.ellipse, outline=True),
    strokes.fence,
]


@pytest.mark.parametrize("stroke", ALL)
@pytest.mark.parametrize("chance", [0.0, 0.37, 0.999])
def test_a_cover_lies_between_zero_and_one_and_covers_something(stroke: Callable, chance: float) -> None:
    share = covered(stroke, thickness=3.0, chance=chance)
    assert share.shape == (SIZE, SIZE)
    assert share.min() >= 0
    assert 0.45 < share.max() <= 1
    assert 0 < share.mean() < 0.9


@pytest.mark.parametrize(
    ("stroke", "area"),
    [
        (strokes.bar, 2 * 40),
        (partial(strokes.dashed, period=(8, 8)), 2 * 40 / 2),
        (strokes.wavy, 2 * 40),  # a swing across moves pixels and makes no more of them
        (strokes.arc, 2 * 40),
        (partial(strokes.parallel_bars, gap=(6, 6)), 4 * 2 * 40),  # chance ½: 3 + ⌊1.5⌋ lines
        (strokes.rectangle, 40 * 40 / 3),
        (partial(strokes.rectangle, outline=True), 40 * 40 / 3 - 36 * (40 / 3 - 4)),
        (strokes.ellipse, torch.pi / 4 * 40 * 40 / 3),
        (partial(strokes.fence, width=(12, 12)), 12 * 40 / 3),
        (strokes.grating, SIZE**2 / 2),
        (strokes.step_edge, SIZE**2 / 2),
    ],
)
def test_the_area_is_the_one_computed_by_hand(stroke: Callable, area: float) -> None:
    assert float(covered(stroke).sum()) == pytest.approx(area, rel=0.12)


def test_dots_are_discs() -> None:
    share = covered(partial(strokes.dotted, period=(10, 10)), thickness=4.0)
    assert float(share.sum()) == pytest.approx(4 * torch.pi * 4, rel=0.15)  # 4 of them, radius 2
    assert (share.sum(1) == 0).any()  # and gaps between


def test_parallel_bars_are_whole() -> None:
    for chance in (0.1, 0.5, 0.9):  # 3, 4 and 5 of them
        profile = covered(strokes.parallel_bars, chance=chance)[SIZE // 2]
        starts = ((profile[1:] > 0) & (profile[:-1] == 0)).sum()
        assert starts == 3 + int(3 * chance)
        torch.testing.assert_close(profile.sum(), torch.tensor(2.0) * starts, rtol=0, atol=0.05)
        torch.testing.assert_close(profile, profile.flip(0), rtol=0, atol=1e-4)


def test_edges_rise_and_fall_across() -> None:
    rising, falling = covered(strokes.step_edge), covered(partial(strokes.step_edge, rising=False))
    assert (rising[:, 0] == 0).all()
    assert (rising[:, -1] == 1).all()
    torch.testing.assert_close(rising + falling, torch.ones_like(rising))


def test_outlines_are_hollow() -> None:
    for stroke in (strokes.rectangle, strokes.ellipse):
        assert covered(stroke)[SIZE // 2, SIZE // 2] == 1
        assert covered(partial(stroke, outline=True))[SIZE // 2, SIZE // 2] == 0


def test_bars_of_a_fence_stand_across_its_band() -> None:
    share = covered(strokes.fence)
    assert share.diff(dim=0).square().sum() > 2 * share.diff(dim=1).square().sum()
    rows, columns = (share > 0).nonzero().T
    assert rows.max() - rows.min() > 2 * (columns.max() - columns.min())
