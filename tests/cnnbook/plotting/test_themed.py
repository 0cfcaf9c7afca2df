"""A figure becomes one drawing for light and dark pages."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image
from pypdf import PdfReader

from cnnbook import datasets
from cnnbook.plotting import (
    attach_live_figure,
    color,
    figure_pdf,
    figure_svg,
    show_image,
    show_signed,
    themed,
    use_style,
)
from cnnbook.plotting.look import look

HREF = re.compile(r'xlink:href="data:image/(\w+);base64,([^"]+)"')


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with mpl.rc_context():
        use_style()
        yield


def picture(match: tuple[str, str]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(match[1]))).convert("RGBA"))[..., :3]


def test_a_drawing_is_well_formed_and_repeats() -> None:
    fig, ax = plt.subplots()
    ax.plot([1, 2, 3])
    svg = figure_svg(fig)
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert svg == figure_svg(fig)


def test_colours_of_the_table_follow_the_page_and_others_do_not() -> None:
    fig, ax = plt.subplots()
    ax.plot([1, 2], color=color("kernel"))
    ax.plot([2, 1], color="#123456")
    light, dark = look()["roles"]["kernel"]
    svg = figure_svg(fig)
    assert f"stroke: {light}; stroke: light-dark({light}, {dark})" in svg
    assert "stroke: #123456" in svg
    assert "light-dark(#123456" not in svg


def test_a_map_in_the_books_colours_is_there_twice() -> None:
    fig, ax = plt.subplots()
    show_signed(ax, torch.tensor([[-1.0, 0.0, 1.0]]))
    svg = figure_svg(fig)
    assert svg.count('class="light-only"') == svg.count('class="dark-only" display="none"') == 1
    light, dark = (picture(found) for found in HREF.findall(svg))
    middle = tuple(light[light.shape[0] // 2, light.shape[1] // 2]), tuple(dark[dark.shape[0] // 2, dark.shape[1] // 2])
    for shade, ground in zip(middle, look()["roles"]["ground"], strict=True):
        assert np.abs(np.array(shade) - np.array([int(ground[i : i + 2], 16) for i in (1, 3, 5)])).max() <= 3
    assert ax.images[0].get_cmap().name == "signed"  # put back as it was


def test_cells_drawn_as_vectors_get_both_colours() -> None:
    fig, ax = plt.subplots()
    ax.pcolormesh(np.array([[0.0, 1.0]]), cmap="activation")
    table = look()["activation"]
    svg = figure_svg(fig)
    assert f"light-dark({table['light'][0]}, {table['dark'][0]})" in svg
    assert f"light-dark({table['light'][-1]}, {table['dark'][-1]})" in svg


def test_a_drawn_picture_stays_exact_and_a_photograph_nearly_so_at_a_fraction_of_the_bytes() -> None:
    fig, axes = plt.subplots(1, 2)
    show_image(axes[0], datasets.photo("summer-palace")[:, :200, :200])
    show_signed(axes[1], torch.eye(5))
    plain = io.StringIO()
    fig.savefig(plain, format="svg")
    before, after = HREF.findall(plain.getvalue()), HREF.findall(figure_svg(fig, small=True))
    (photograph, drawn), (photograph_before, drawn_before) = after[:2], before
    assert [kind for kind, _ in after] == ["webp"] * 3  # the signed map once more, for dark pages
    np.testing.assert_array_equal(picture(drawn), picture(drawn_before))
    error = picture(photograph).astype(float) - picture(photograph_before)
    assert 0 < np.abs(error).mean() < 4
    assert len(photograph[1]) < len(photograph_before[1]) / 2


def test_a_live_figure_takes_its_data_along() -> None:
    fig, _ = plt.subplots()
    data = {"text": 'a <b> & "c"', "numbers": [1, 2.5]}
    assert attach_live_figure(fig, "sliding-kernel", data) is fig
    found = re.search(r'<metadata data-live-figure="sliding-kernel">(.*?)</metadata>', svg := figure_svg(fig))
    assert found is not None
    assert json.loads(unescape(found[1])) == data
    ElementTree.fromstring(svg)


def test_a_figure_without_life_has_no_metadata() -> None:
    fig, _ = plt.subplots()
    assert "<metadata" not in figure_svg(fig)


@pytest.mark.parametrize("name", ["Sliding", "a b", "../x", "a-", "", "x.js"])
def test_a_modules_name_is_words_joined_by_hyphens(name: str) -> None:
    fig, _ = plt.subplots()
    with pytest.raises(ValueError, match=r"^module must be lower-case words joined by hyphens, got "):
        attach_live_figure(fig, name)


def test_print_gets_a_pdf_that_repeats() -> None:
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    pdf = figure_pdf(fig)
    assert pdf.startswith(b"%PDF")
    assert pdf == figure_pdf(fig)


def test_a_press_gets_small_pictures_pixel_by_pixel() -> None:
    fig, ax = plt.subplots(figsize=(2, 2))
    shown = ax.imshow(np.eye(3), interpolation="none")  # 3 × 3 pixels on the web, which the browser enlarges sharply
    (image,) = PdfReader(io.BytesIO(figure_pdf(fig))).pages[0].images
    inches = ax.get_window_extent().width / fig.dpi
    assert image.image.size[0] >= 299 * inches
    assert shown.get_interpolation() == "none"


def test_a_figure_laid_out_by_hand_stays_so() -> None:
    fig = plt.figure(layout="none")
    show_signed(fig.add_axes((0, 0, 1, 1)), torch.tensor([[-1.0, 1.0]]))
    assert figure_svg(fig) == figure_svg(fig)
    figure_pdf(fig)  # would warn that there is nothing to lay out
    assert not isinstance(fig.get_layout_engine(), ConstrainedLayoutEngine)


def _photo_and_map(ax: plt.Axes) -> None:
    show_signed(ax, torch.linspace(-1, 1, 12).reshape(3, 4))
    ax.set(title="a $map$")


def _map_over_a_photo(ax: plt.Axes) -> None:
    ax.imshow(np.full((6, 8, 3), 0.5))
    ax.imshow(np.linspace(0, 1, 48).reshape(6, 8), cmap="activation", alpha=0.5)


def _map_in_an_inset(ax: plt.Axes) -> None:
    ax.plot([0, 1])
    show_signed(ax.inset_axes((0.5, 0.5, 0.4, 0.4)), torch.eye(3))


def _two_maps_at_one_place(ax: plt.Axes) -> None:
    show_signed(ax, torch.eye(3))
    over = ax.figure.add_axes(ax.get_position())
    show_signed(over, -torch.eye(3))


def _map_and_points(ax: plt.Axes) -> None:
    show_signed(ax, torch.eye(3))
    ax.scatter([0, 1], [0, 1], c=[0.0, 1.0], cmap="activation")


def _map_that_is_hidden(ax: plt.Axes) -> None:
    show_signed(ax, torch.eye(3))
    ax.images[0].set_visible(False)


@pytest.mark.parametrize(
    "draw",
    [
        _photo_and_map, _map_over_a_photo, _map_in_an_inset, _two_maps_at_one_place, _map_and_points,
        _map_that_is_hidden,
    ],
)  # fmt: skip
def test_drawing_the_changed_pictures_alone_gives_what_drawing_all_anew_gives(
    draw: Callable[[plt.Axes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def figure() -> Figure:  # a layout changes a little each time, so each drawing is of a fresh one
        fig, (photo, ax) = plt.subplots(1, 2)
        show_image(photo, datasets.photo("summer-palace"), "photo")
        draw(ax)
        return fig

    quick = figure_svg(figure())
    monkeypatch.setattr(themed, "_pair_pictures", lambda *_: "")
    assert quick == figure_svg(figure())


def test_what_is_hidden_for_a_moment_is_there_again() -> None:
    fig, ax = plt.subplots()
    _map_that_is_hidden(ax)
    _map_in_an_inset(ax)
    figure_svg(fig)  # makes the ticks
    visible = [artist.get_visible() for artist in fig.findobj()]
    figure_svg(fig)
    assert [artist.get_visible() for artist in fig.findobj()] == visible


def test_a_shown_figure_is_drawn_for_the_page_alone() -> None:
    script = """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.enable_gui = lambda self, gui=None: None
shell = InteractiveShell.instance()
shell.run_line_magic("matplotlib", "inline")
shell.run_cell('''
from matplotlib.backends.backend_agg import FigureCanvasAgg
import matplotlib.pyplot as plt
from cnnbook.plotting import use_style
drawn = []
draw = FigureCanvasAgg.draw
FigureCanvasAgg.draw = lambda self: drawn.append(1) or draw(self)
use_style()
plt.plot([1, 2])
''')
shell.run_cell("print('drawn for nobody:', len(drawn), 'left open:', plt.get_fignums())")
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "drawn for nobody: 0 left open: []" in said
