"""Photographs, regions, digits, and what is made of them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnbook import datasets
from cnnbook.datasets import (
    PHOTOS,
    paste,
    photo,
    place_on_canvas,
    region_classes,
    region_labels,
    shrink,
    without_regions,
)

DRAWN = ["dahlia", "summer-palace"]


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photograph_is_colour_in_zero_to_one_and_fills_that_range(name: str) -> None:
    image = photo(name)
    assert image.dtype == torch.float32
    assert image.ndim == 3
    assert image.shape[0] == 3
    assert 0 <= image.min() < 0.1
    assert 0.9 < image.max() <= 1
    assert torch.equal(image, photo(name))


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photograph_is_credited(name: str) -> None:
    entry = PHOTOS[name]
    assert entry.photographer
    assert entry.licence in {"CC0", "CC BY 2.0", "public domain"}
    assert entry.file in entry.source


def test_an_unknown_photograph_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^name must be one of 'summer-palace', .*'cat', got 'dog'$"):
        photo("dog")
    for call in (region_labels, region_classes, lambda name: without_regions(name, 8)):
        with pytest.raises(ValueError, match=r"^name must be one of "):
            call("dog")
    with pytest.raises(ValueError, match=r"^name must be one of 'dahlia', 'summer-palace', got 'cat'$"):
        region_labels("cat")


@given(height=st.integers(1, 9), width=st.integers(1, 9), factor=st.integers(1, 9))
def test_shrinking_averages_blocks(height: int, width: int, factor: int) -> None:
    factor = min(factor, height, width)
    image = torch.rand(2, height, width, dtype=torch.float64)
    small = shrink(image, factor)
    assert small.shape == (2, height // factor, width // factor)
    for r in range(height // factor):
        for c in range(width // factor):
            block = image[:, r * factor : (r + 1) * factor, c * factor : (c + 1) * factor]
            assert torch.allclose(small[:, r, c], block.mean((1, 2)))


def test_bad_shrinking_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^factor must be at most the image's size \(4, 9\), got 5$"):
        shrink(torch.zeros(3, 4, 9), 5)
    with pytest.raises(ValueError, match=r"^factor must be at least 1, got 0$"):
        shrink(torch.zeros(3, 4, 9), 0)
    with pytest.raises(ValueError, match=r"^image must have shape \(C, H, W\), got \(4, 9\)$"):
        shrink(torch.zeros(4, 9), 2)


@pytest.mark.parametrize("name", DRAWN)
def test_regions_label_part_of_the_photograph_with_its_classes(name: str) -> None:
    labels, classes = region_labels(name), region_classes(name)
    assert labels.shape == photo(name).shape[1:]
    assert labels.dtype == torch.int64
    drawn = set(labels.unique().tolist()) - {-1}
    assert drawn <= set(range(len(classes)))
    assert drawn  # some are drawn,
    assert (labels == -1).any()  # and some pixels are left open


def test_hand_checked_pixels_have_their_class() -> None:
    labels, classes = region_labels("summer-palace"), region_classes("summer-palace")
    assert classes[labels[30, 60]] == "sky"
    flower = region_labels("dahlia")
    assert region_classes("dahlia")[flower[220, 320]] == "flower"


def test_without_regions_the_rest_stays() -> None:
    image, filled = shrink(photo("dahlia"), 8), without_regions("dahlia", 8)
    outside = shrink((region_labels("dahlia") >= 0).float()[None], 8)[0] == 0
    far = ~torch.nn.functional.max_pool2d((~outside).float()[None], 5, 1, 2)[0].bool()
    assert torch.allclose(filled[:, far], image[:, far], atol=1e-6)
    inside = region_labels("dahlia")[4::8, 4::8][: image.shape[1], : image.shape[2]] == 0
    assert (filled - image)[:, inside].abs().mean() > 0.2  # the flower is gone
    assert filled.min() >= 0
    assert filled.max() <= 1


def test_digits() -> None:
    images, labels = datasets.digits()
    assert images.shape == (1797, 1, 8, 8)
    assert images.min() == 0
    assert images.max() == 1
    assert labels.dtype == torch.int64
    assert labels.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # the data set's own table


@given(top=st.integers(0, 4), left=st.integers(0, 3), dtype=st.sampled_from([torch.float32, torch.float64]))
def test_an_image_on_a_canvas_lies_at_its_offset(top: int, left: int, dtype: torch.dtype) -> None:
    images = torch.rand(2, 3, 2, 3, dtype=dtype) + 1
    canvas = place_on_canvas(images, 6, torch.tensor([[top, left], [0, 0]]))
    assert canvas.dtype == dtype
    assert torch.equal(canvas[0, :, top : top + 2, left : left + 3], images[0])
    assert torch.equal(canvas[1, :, :2, :3], images[1])
    assert (canvas != 0).sum() == images.numel()


def test_bad_canvases_are_refused() -> None:
    images = torch.ones(2, 1, 2, 3)
    with pytest.raises(ValueError, match=r"^offsets must have shape \(2, 2\), one for each image, got \(1, 2\)$"):
        place_on_canvas(images, 6, torch.tensor([[0, 0]]))
    for offset in ([5, 0], [0, 4], [-1, 0]):
        with pytest.raises(
            ValueError, match=r"^offsets must lie in \[0, \[4, 3\]\], so that the image fits on the canvas, got"
        ):
            place_on_canvas(images, 6, torch.tensor([[0, 0], offset]))
    with pytest.raises(TypeError, match=r"^offsets must be an integer tensor, got dtype torch.float32$"):
        place_on_canvas(images, 6, torch.zeros(2, 2))
    with pytest.raises(ValueError, match=r"^canvas_size must be at least 1, got 0$"):
        place_on_canvas(images, 0, torch.zeros(2, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"^images must have shape \(N, C, H, W\), got \(2, 3\)$"):
        place_on_canvas(torch.ones(2, 3), 6, torch.zeros(2, 2, dtype=torch.int64))


# --- pasting

PLACES = st.floats(-30, 40)
SCALES = st.floats(0.3, 3)


@given(row=PLACES, column=PLACES, scale=SCALES)
def test_pasting_mixes_object_and_background_by_the_cover(row: float, column: float, scale: float) -> None:
    background = torch.rand(3, 12, 16)
    sprite, mask = torch.full((3, 6, 6), 0.25), torch.rand(6, 6)
    image, cover = paste(background, sprite, mask, (row, column), scale)
    assert image.shape == background.shape
    assert cover.shape == background.shape[1:]
    assert cover.min() >= 0
    assert cover.max() <= 1
    assert torch.allclose(image, background * (1 - cover) + 0.25 * cover, atol=1e-5)


@given(row=PLACES, scale=SCALES)
def test_an_object_outside_the_picture_changes_nothing(row: float, scale: float) -> None:
    background = torch.rand(3, 12, 16)
    image, cover = paste(background, torch.ones(3, 6, 6), torch.ones(6, 6), (row, 100.0), scale)
    assert torch.equal(image, background)
    assert cover.sum() == 0


def test_an_empty_mask_changes_nothing() -> None:
    background = torch.rand(3, 12, 16)
    image, cover = paste(background, torch.ones(3, 6, 6), torch.zeros(6, 6), (6, 8), 1)
    assert torch.equal(image, background)
    assert cover.sum() == 0


def test_an_object_at_scale_one_is_copied_to_its_place() -> None:
    sprite = torch.rand(3, 4, 6)
    image, cover = paste(torch.zeros(3, 12, 16), sprite, torch.ones(4, 6), (5, 7), 1)
    assert torch.allclose(image[:, 3:7, 4:10], sprite, atol=1e-6)
    assert cover.sum() == 24
    assert torch.allclose(image.sum(), sprite.sum())


@pytest.mark.parametrize("scale", [0.5, 1, 2, 3])
def test_the_covered_area_grows_with_the_square_of_the_scale(scale: float) -> None:
    _, cover = paste(torch.zeros(1, 40, 40), torch.ones(1, 8, 8), torch.ones(8, 8), (20, 20), scale)
    assert float(cover.sum()) == pytest.approx(64 * scale**2)


def test_bad_pastes_are_refused() -> None:
    background, sprite, mask = torch.zeros(3, 8, 8), torch.ones(3, 4, 4), torch.ones(4, 4)
    with pytest.raises(ValueError, match=r"^mask must have the sprite's size \(4, 4\), got \(4, 5\)$"):
        paste(background, sprite, torch.ones(4, 5), (4, 4), 1)
    with pytest.raises(ValueError, match=r"^sprite must have the background's 3 channels, got 1$"):
        paste(background, sprite[:1], mask, (4, 4), 1)
    for scale in (0, -1, float("nan")):
        with pytest.raises(ValueError, match=rf"^scale must be positive, got {scale}$"):
            paste(background, sprite, mask, (4, 4), scale)
    with pytest.raises(ValueError, match=r"^scale must leave at least a pixel of the sprite's \(4, 4\), got 0.1$"):
        paste(background, sprite, mask, (4, 4), 0.1)
    with pytest.raises(ValueError, match=r"^background must have shape \(C, H, W\), got \(8, 8\)$"):
        paste(background[0], sprite, mask, (4, 4), 1)
