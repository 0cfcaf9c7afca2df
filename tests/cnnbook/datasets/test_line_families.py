"""The table of families: each can be drawn, repeats from its seed, and has the classes it says."""

from __future__ import annotations

import pytest
import torch

from cnnbook.datasets import LINE_FAMILIES, all_family_images, family_images

AGAINST_THE_GRADIENT = {"fences"}
"""Families whose class is not the orientation of most of their edges: that is their point."""


@pytest.mark.parametrize("name", LINE_FAMILIES)
def test_a_family_repeats_from_its_seed_and_has_both_classes(name: str) -> None:
    images, labels = family_images(name, 6, seed=1)
    again = family_images(name, 6, seed=1)
    assert torch.equal(images, again[0])
    assert labels.tolist() == again[1].tolist()
    assert labels.bincount().tolist() == [3, 3]
    assert images.dtype == torch.float32
    assert images.isfinite().all()
    size = LINE_FAMILIES[name].settings.get("size", 64)
    assert images.shape[2:] == (size if isinstance(size, tuple) else (size, size))


@pytest.mark.parametrize("name", LINE_FAMILIES)
def test_the_class_is_the_orientation_of_the_edges(name: str) -> None:
    images, labels = family_images(name, 100, seed=2)
    if name == "dotted":  # the edges of discs have no orientation; their rows have
        images = torch.nn.functional.avg_pool2d(images, 9, 1)
    right = images.diff(dim=3).square().mean((1, 2, 3))
    down = images.diff(dim=2).square().mean((1, 2, 3))
    agreeing = ((down > right).long() == labels).float().mean()
    if name in AGAINST_THE_GRADIENT:
        assert agreeing < 0.5
    else:
        assert agreeing > 0.65  # noise and waves hide some


@pytest.mark.parametrize("name", ["dark on white", "bright on grey", "dark on grey", "mixed on grey"])
def test_backgrounds_leave_values_between_zero_and_one_but_for_the_noise(name: str) -> None:
    images, _ = family_images(name, 20, seed=0)
    assert images.min() > -0.3
    assert images.max() < 1.3
    assert abs(images.median() - LINE_FAMILIES[name].settings["background"]) < 0.02


def test_each_family_has_a_description_of_its_own() -> None:
    assert len({family.description for family in LINE_FAMILIES.values()} - {""}) == len(LINE_FAMILIES)


def test_several_families_at_once() -> None:
    found = all_family_images(2, seed=0, names=["dashed", "80 × 200"])
    assert list(found) == ["dashed", "80 × 200"]
    assert torch.equal(found["dashed"][0], family_images("dashed", 2, seed=0)[0])
    assert list(all_family_images(1, seed=0)) == list(LINE_FAMILIES)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^name must be one of 'as trained', .*'fences', got 'spirals'$"):
        family_images("spirals", 1, seed=0)
    with pytest.raises(ValueError, match=r"^n must be at least 1, got 0$"):
        family_images("dashed", 0, seed=0)
    with pytest.raises(TypeError, match=r"^seed must be an int, got 0.5$"):
        family_images("dashed", 1, seed=0.5)
    with pytest.raises(ValueError, match=r"^name must be one of "):
        all_family_images(1, seed=0, names=["spirals"])
