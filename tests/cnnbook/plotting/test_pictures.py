"""The book's glyphs: what is drawn is what was given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from cnnbook import plotting
from cnnbook.plotting.look import register_colormaps

CLASSES = ["sky", "water", "tower"]


@pytest.fixture
def ax() -> Axes:
    register_colormaps()
    return plt.subplots()[1]


def shades(shown: object) -> np.ndarray:
    """Return the colours that an image is shown in."""
    return shown.to_rgba(shown.get_array())[..., :3]


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3)])
def test_a_grey_image_goes_from_black_to_white(ax: Axes, shape: tuple[int, ...]) -> None:
    values = torch.linspace(0, 1, 6).reshape(shape)
    shown = plotting.show_image(ax, values, "title")
    assert np.allclose(shades(shown)[..., 0].ravel(), values.flatten(), atol=1 / 255)
    assert ax.get_title() == "title"
    assert not ax.get_xticks().size


def test_a_colour_image_keeps_its_channels_and_is_clipped(ax: Axes) -> None:
    image = torch.tensor([[[2.0, 0.0]], [[0.0, 0.5]], [[0.0, -1.0]]])
    assert np.allclose(plotting.show_image(ax, image).get_array(), [[[1, 0, 0], [0, 0.5, 0]]])


@pytest.mark.parametrize("shape", [(4,), (2, 4, 4), (1, 3, 4, 4)])
def test_what_is_no_image_is_refused(ax: Axes, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^image must have shape \(3, H, W\), \(1, H, W\) or \(H, W\), got \("):
        plotting.show_image(ax, torch.zeros(shape))


@pytest.mark.parametrize("values", [[[-2.0, 0.0, 1.0]], [[0.0]]])
def test_zero_is_the_ground(ax: Axes, values: list) -> None:
    values = torch.tensor(values, requires_grad=True)
    shown = plotting.show_signed(ax, values)
    ground = shades(shown)[(values == 0).numpy()]
    assert np.allclose(ground, to_rgb(plotting.color("ground")), atol=0.02)
    low, high = shown.get_clim()
    assert low == -high
    assert high == values.abs().max() or not values.any()


def test_signed_values_can_be_written_in(ax: Axes) -> None:
    plotting.show_signed(ax, torch.tensor([[-2.0, 0.25]]), limit=3, numbers=".1f")
    assert [text.get_text() for text in ax.texts] == ["-2.0", "0.2"]
    assert ax.images[0].get_clim() == (-3, 3)


def test_negative_cells_of_a_kernel_are_dashed_and_those_of_a_large_map_are_not(ax: Axes) -> None:
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, -0.1, 2.0]])
    plotting.show_signed(ax, kernel)
    (dashes,) = ax.collections
    middles = [tuple(segment.mean(0)) for segment in dashes.get_segments()]
    assert middles == [(0, 0), (0, 1)]  # −0.1 is too near to zero for its colour to be seen
    plotting.show_signed(ax, -torch.ones(12, 3))
    assert len(ax.collections) == 1


def test_each_class_is_named_where_it_has_most_room(ax: Axes) -> None:
    labels = torch.zeros(40, 60, dtype=torch.long)
    labels[10:30, 40:] = 1
    labels[:, 3] = 2  # too narrow for a name
    plotting.show_labels(ax, labels, CLASSES)
    names = {text.get_text(): text.get_position() for text in ax.texts}
    assert set(names) == {"sky", "water"}
    assert all(labels[row, column] == CLASSES.index(name) for name, (column, row) in names.items())
    assert 45 <= names["water"][0] <= 55
    assert 15 <= names["water"][1] <= 25


def test_each_label_has_its_colour(ax: Axes) -> None:
    shown = plotting.show_labels(ax, torch.tensor([[-1, 0], [1, 2]]), CLASSES)
    found = [to_hex(shade) for shade in shades(shown).reshape(-1, 3)]
    assert found == [plotting.color(name) for name in ("unlabelled", *CLASSES)]


def test_the_legend_names_the_classes(ax: Axes) -> None:
    plotting.legend_of_classes(ax, CLASSES)
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == CLASSES
    assert [to_hex(patch.get_facecolor()) for patch in legend.get_patches()] == [plotting.color(c) for c in CLASSES]


def test_an_outline_frames_its_pixels_and_hides_none(ax: Axes) -> None:
    plotting.outline(ax, 3, 5, height=2, width=4, role="output")
    frame = ax.patches[0]
    assert (frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()) == (4.5, 2.5, 4, 2)
    assert to_hex(frame.get_edgecolor()) == plotting.color("output")
    assert frame.get_facecolor()[3] == 0


def test_cells_are_parted_by_lines_between_them(ax: Axes) -> None:
    plotting.draw_cells(ax, rows=2, columns=3, cell_size=8)
    assert list(ax.lines[0].get_ydata()) == [7.5, 7.5]
    assert [line.get_xdata()[0] for line in ax.lines[1:]] == [7.5, 15.5]


def test_marked_cells_have_their_classs_colour(ax: Axes) -> None:
    plotting.mark_cells(ax, torch.tensor([[0, 2], [-1, 1]]), CLASSES, cell_size=10, skip=["water"])
    found = [(to_hex(p.get_edgecolor()), round(p.get_x() + 0.5, 1), round(p.get_y() + 0.5, 1)) for p in ax.patches]
    assert found == [(plotting.color("sky"), 0.6, 0.6), (plotting.color("tower"), 10.6, 0.6)]
