"""The fast patch product, cut into small blocks, against the plain one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cnnbook.layers.gradients import values_and_gradients
from torch import Tensor

from cnnbook.layers import blocked_patches
from cnnbook.layers.blocked_patches import by_blocked_patches
from cnnbook.layers.convolution_methods import by_patches
from cnnbook.layers.padding import pad

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
Case = dict[str, Any]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a convolution and a size of the blocks, in numbers and in rows, that is small for it."""
    kernel, stride, dilation = draw(PAIRS), draw(PAIRS), draw(PAIRS)
    # Padding on each side by itself, also far beyond the reach of the window.
    padding = tuple(draw(st.tuples(st.integers(0, 6), st.integers(0, 6))) for _ in range(2))
    least = [max(1, d * (m - 1) + 1 - sum(p)) for d, m, p in zip(dilation, kernel, padding, strict=True)]
    size = [n + draw(st.integers(0, 5)) for n in least]
    images, in_channels, out_channels = draw(st.integers(1, 4)), draw(st.integers(1, 6)), draw(st.integers(1, 6))
    return {
        "x": torch.randn(images, in_channels, *size, dtype=torch.float64),
        "weight": torch.randn(out_channels, in_channels, *kernel, dtype=torch.float64),
        "settings": (stride, padding, dilation),
        "limits": {
            "BLOCK": draw(st.integers(1, 200)),
            "FEWEST_ROWS": draw(st.integers(1, 40)),
            "NARROW": draw(st.sampled_from([1, 2, 5, 32])),
        },
    }


def plain(x: Tensor, weight: Tensor, stride: Any, padding: Any, dilation: Any) -> Tensor:
    """Oracle."""
    return by_patches(pad(x, padding), weight, stride, dilation, 1)


def run(function: Any, case: Case) -> list[Tensor]:
    return values_and_gradients(lambda x, weight: function(x, weight, *case["settings"]), case["x"], case["weight"])


def limited(patch: pytest.MonkeyPatch, case: Case) -> None:
    for name, value in case["limits"].items():
        patch.setattr(blocked_patches, name, value)


@settings(max_examples=200)
@given(case=cases())
def test_small_blocks_give_the_values_and_gradients_of_the_plain_form(case: Case) -> None:
    expected = run(plain, case)
    with pytest.MonkeyPatch.context() as patch:
        limited(patch, case)
        found = run(by_blocked_patches, case)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def blocks_of(*shape: int) -> list[tuple[slice, slice]]:
    return list(blocked_patches._blocks(torch.zeros(shape)))


@given(
    images=st.integers(1, 6),
    rows=st.integers(1, 6),
    columns=st.integers(1, 6),
    block=st.integers(1, 300),
    fewest=st.integers(1, 30),
)
def test_blocks_cover_each_place_once_and_the_first_is_the_largest(
    images: int, rows: int, columns: int, block: int, fewest: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocked_patches, "BLOCK", block)
        patch.setattr(blocked_patches, "FEWEST_ROWS", fewest)
        places = torch.zeros(images, rows, columns, 2, 2, 1)
        covered, sizes = torch.zeros(images, rows, columns), []
        for cut in blocked_patches._blocks(places):
            covered[cut] += 1
            sizes.append(covered[cut].numel())
    assert (covered == 1).all()
    assert max(sizes) == sizes[0] <= max(block // 4, fewest, columns)


def test_blocks_are_some_rows_of_an_image_or_several_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocked_patches, "BLOCK", 40)
    monkeypatch.setattr(blocked_patches, "FEWEST_ROWS", 1)
    # Two numbers in a patch, so 20 places in a block: two rows of ten; or three images of six.
    rows = [(slice(0, 1), slice(0, 2)), (slice(0, 1), slice(2, 4)), (slice(0, 1), slice(4, 6))]
    assert blocks_of(1, 5, 10, 1, 2, 1) == rows
    assert blocks_of(4, 2, 3, 1, 2, 1) == [(slice(0, 3), slice(0, 2)), (slice(3, 6), slice(0, 2))]
    monkeypatch.setattr(blocked_patches, "FEWEST_ROWS", 50)
    assert blocks_of(1, 5, 10, 1, 2, 1) == [(slice(0, 1), slice(0, 5))]


@pytest.mark.parametrize(
    ("stride", "padding", "out_channels", "fold"),
    [
        ((1, 1), ((1, 1), (2, 2)), 2, False),
        ((1, 1), ((0, 0), (0, 0)), 2, False),
        ((1, 1), ((3, 0), (0, 0)), 2, True),  # padded beyond the reach of the window, 2
        ((2, 1), ((0, 0), (0, 0)), 2, True),
        ((1, 1), ((0, 0), (0, 0)), 9, True),  # far more filters than channels
    ],
)
def test_the_gradient_of_the_input_takes_the_way_that_is_open(
    stride: Any, padding: Any, out_channels: int, fold: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded: list[bool] = []
    way = blocked_patches._fold
    monkeypatch.setattr(blocked_patches, "_fold", lambda *a: folded.append(True) or way(*a))
    x, weight = torch.randn(2, 2, 6, 7, dtype=torch.float64), torch.randn(out_channels, 2, 3, 3, dtype=torch.float64)
    case = {"x": x, "weight": weight, "settings": (stride, padding, (1, 1))}
    found = run(by_blocked_patches, case)
    assert bool(folded) == fold
    torch.testing.assert_close(found, run(plain, case))


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_gradients_have_gradients_in_small_blocks(stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocked_patches, "BLOCK", 8)
    monkeypatch.setattr(blocked_patches, "FEWEST_ROWS", 2)
    x = torch.randn(2, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, 2, 3, dtype=torch.float64, requires_grad=True)
    arguments: Any = ((stride, stride), ((1, 0), (1, 1)), (1, 1))
    assert torch.autograd.gradcheck(lambda x, w: by_blocked_patches(x, w, *arguments), (x, weight))
    assert torch.autograd.gradgradcheck(lambda x, w: by_blocked_patches(x, w, *arguments), (x, weight))


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_what_is_not_finite_stays_within_its_windows_though_patches_are_wide(value: float) -> None:
    x = torch.randn(1, 1, 6, 40, dtype=torch.float64)
    x[0, 0, 2, 20] = value
    weight = torch.randn(2, 1, 3, 3, dtype=torch.float64)
    arguments: Any = ((1, 1), ((0, 0), (0, 0)), (1, 1))
    assert torch.equal(by_blocked_patches(x, weight, *arguments).isfinite(), plain(x, weight, *arguments).isfinite())


def test_a_patch_of_one_pixel_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocked_patches, "_correlate", None)  # would fail
    x, weight = torch.randn(2, 3, 5, 6, dtype=torch.float64), torch.randn(4, 3, 1, 1, dtype=torch.float64)
    case = {"x": x, "weight": weight, "settings": ((2, 3), ((0, 0), (0, 0)), (1, 1))}
    torch.testing.assert_close(run(by_blocked_patches, case), run(plain, case))


def test_the_forward_pass_keeps_no_patches() -> None:
    x, weight = torch.randn(1, 2, 20, 20), torch.randn(40, 2, 5, 5, requires_grad=True)
    kept: list[int] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        by_blocked_patches(x, weight, (1, 1), ((2, 2), (2, 2)), (1, 1))
    assert sorted(kept) == sorted([x.numel(), weight.numel()])
