"""A figure as one SVG drawing that is right on a light and on a dark page.

The drawing is made once, in light colours. Each colour of ``look.json`` becomes ``light-dark(light, dark)``, which the browser
resolves by the page's colour scheme; pictures that were drawn through one of the book's colour maps are put in twice, and the
page shows the one that fits. Other viewers ignore what they do not know and show the light version.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure, FigureBase
from matplotlib.image import AxesImage
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from PIL import Image

from cnnbook.plotting.look import dark_twin

PNG_HREF = re.compile(r'xlink:href="data:image/png;base64,([^"]+)"')
PICTURE = re.compile(r"(<image\b.*?/>)", re.DOTALL)
PRINT_DPI = 300
"""Pixels an inch of the pictures in a printed figure, at least."""
WORTH_A_LOSS = 0.8
"""A picture is stored with small losses if that takes less than this part of the bytes of the exact one."""


def figure_svg(figure: Figure, *, small: bool = False) -> str:
    """Draw a figure as themed SVG.

    Parameters
    ----------
    figure : Figure
        Any matplotlib figure. If :func:`attach_live_figure` was called on it, its data travel along in ``<metadata>``.
    small : bool
        Store pictures as WebP, photographs with small losses. That takes longer than the drawing itself: it is for a
        figure that is made once and sent often.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    _keep_layout_by_hand(figure)
    svg = _draw(figure)
    themed = list(_themed_mappables(figure))
    if themed:
        with _dark_colormaps(figure, themed):
            svg = _pair_pictures(svg, figure, themed) or _pair_drawings(
                svg, _draw(figure)
            )
    if small:
        svg = PNG_HREF.sub(_compress, svg)
    svg = _theme_colors(svg)
    return _attach_live_data(figure, svg)


def figure_pdf(figure: Figure) -> bytes:
    """Draw a figure as PDF for print, in light colours, with vector text (raises whatever matplotlib raises)."""
    _keep_layout_by_hand(figure)
    # It would warn, in the page's output, of the date in a font's file.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    buffer = io.BytesIO()
    with _pixels_drawn(figure):
        figure.savefig(
            buffer,
            format="pdf",
            dpi=PRINT_DPI,
            metadata={"CreationDate": None},
        )
    return buffer.getvalue()


def attach_live_figure(
    figure: Figure, module: str, data: dict | None = None
) -> Figure:
    """Make a figure the printed twin of a live one: where scripts run, ``module`` takes its place on the page.

    Parameters
    ----------
    figure : Figure
        What print and readers without JavaScript see.
    module : str
        Name of an ES module in ``book/_js/figures``, without its ending.
    data : dict, optional
        What the module needs: anything that ``json`` can write.

    Returns
    -------
    Figure
        The same figure.

    Raises
    ------
    ValueError
        If ``module`` is not made of lower-case words joined by hyphens.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", module):
        raise ValueError(
            f"module must be lower-case words joined by hyphens, got {module!r}"
        )
    text = json.dumps(data or {}, separators=(",", ":"))
    figure.live_figure = (module, text)  # type: ignore[attr-defined]
    return figure


def _keep_layout_by_hand(figure: Figure) -> None:
    """Give a figure without a layout engine one that does nothing: matplotlib puts the default in when a drawing is saved."""
    if figure.get_layout_engine() is None:
        figure.set_layout_engine(PlaceHolderLayoutEngine(True, True))


@contextmanager
def _pixels_drawn(figure: Figure) -> Iterator[None]:
    """Draw each pixel of a small picture as a square inside the block: a printer may smooth one that is enlarged by itself."""
    enlarged = [
        image
        for image in figure.findobj(AxesImage)
        if image.get_interpolation() == "none"
    ]
    for image in enlarged:
        image.set_interpolation("nearest")
    try:
        yield
    finally:
        for image in enlarged:
            image.set_interpolation("none")


def _draw(figure: Figure) -> str:
    """Return the figure as matplotlib writes it, from ``<svg`` on."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None}
    )
    text = re.sub(
        r"<metadata>.*?</metadata>",
        "",
        buffer.getvalue(),
        count=1,
        flags=re.DOTALL,
    )  # matplotlib's own
    return text[text.index("<svg") :]


def _themed_mappables(figure: Figure) -> Iterator[ScalarMappable]:
    """Yield the artists that are coloured through a map which has a dark twin (each artist has a map; few have values for it)."""
    for artist in figure.findobj():
        if (
            isinstance(artist, ScalarMappable)
            and artist.get_array() is not None
            and not _has_own_colors(artist)
            and f"{artist.get_cmap().name}_dark" in mpl.colormaps
        ):
            yield artist


def _has_own_colors(artist: ScalarMappable) -> bool:
    """Tell whether an artist is a picture whose values are red, green and blue."""
    values = artist.get_array()
    return (
        isinstance(artist, AxesImage)
        and values is not None
        and values.ndim == 3
    )


@contextmanager
def _dark_colormaps(
    figure: Figure, themed: list[ScalarMappable]
) -> Iterator[None]:
    """Draw with the dark twins of the colour maps inside the block; nothing is laid out again, for nothing moves."""
    changed = [(artist, artist.get_cmap().name) for artist in themed]
    for artist, name in changed:
        artist.set_cmap(f"{name}_dark")
    layout = figure.get_layout_engine()
    no_layout: dict[Any, object] = {
        "figure.constrained_layout.use": False,
        "figure.autolayout": False,
    }
    try:
        with mpl.rc_context(no_layout):
            figure.set_layout_engine(None)
            yield
    finally:
        figure.set_layout_engine(layout)
        for artist, name in changed:
            artist.set_cmap(name)


def _pair_pictures(
    light: str, figure: Figure, themed: list[ScalarMappable]
) -> str:
    """Put dark versions beside a drawing's pictures, where nothing else changes; empty if that is not so.

    Then nothing else has to be drawn: most of a drawing's time goes into its letters and photographs.
    """
    pictures = [one for one in themed if isinstance(one, AxesImage)]
    if len(pictures) < len(themed):
        return ""
    # Pictures of one pair of axes may be drawn as one.
    with _shown_alone(figure, {one.axes for one in pictures}):
        drawn = PICTURE.findall(_draw(figure))
    places = [_place(picture) for picture in PICTURE.findall(light)]
    dark = {_place(picture): picture for picture in drawn}
    if len(dark) != len(drawn) or any(places.count(one) != 1 for one in dark):
        return ""
    return PICTURE.sub(
        lambda match: _pair(match[0], dark.get(_place(match[0]), match[0])),
        light,
    )


def _place(picture: str) -> str:
    """Return a picture's element without its content and name: where it stands."""
    return re.sub(r' (xlink:href|id)="[^"]*"', "", picture)


@contextmanager
def _shown_alone(
    figure: Figure, axes: Collection[Axes | None]
) -> Iterator[None]:
    """Hide all but the pictures of some axes inside the block."""
    hidden = [
        child
        for child in _leaves(figure)
        if child.get_visible()
        and not (isinstance(child, AxesImage) and child.axes in axes)
    ]
    for child in hidden:
        child.set_visible(False)
    try:
        yield
    finally:
        for child in hidden:
            child.set_visible(True)


def _leaves(artist: Artist) -> Iterator[Artist]:
    """Yield what stands in a figure and in its axes."""
    for child in artist.get_children():
        if isinstance(child, Axes | FigureBase):
            yield from _leaves(child)
        else:
            yield child


def _pair_drawings(light: str, dark: str) -> str:
    """Put the dark version of each changed picture beside the light one, and pair up changed fill colours."""
    light_parts, dark_parts = (PICTURE.split(text) for text in (light, dark))
    return "".join(
        _pair(one, other)
        if one.startswith("<image")
        else _pair_fills(one, other)
        for one, other in zip(light_parts, dark_parts, strict=True)
    )


def _pair(light: str, dark: str) -> str:
    """Return a picture, or two of which the page shows one."""
    if light == dark:
        return light
    shown = light.replace("<image", '<image class="light-only"', 1)
    hidden = re.sub(r' id="[^"]*"', "", dark, count=1)
    return shown + hidden.replace(
        "<image", '<image class="dark-only" display="none"', 1
    )


def _pair_fills(light: str, dark: str) -> str:
    """Replace each hex colour that differs between the drawings (cells drawn as vectors) by ``light-dark(…)``."""
    if light == dark:
        return light
    dark_colors = iter(re.findall(r"#[0-9a-f]{6}\b", dark))

    def pair(match: re.Match[str]) -> str:
        other = next(dark_colors)
        return (
            match[0]
            if match[0] == other
            else f"light-dark({match[0]}, {other})"
        )

    return re.sub(r"#[0-9a-f]{6}\b", pair, light)


def _theme_colors(svg: str) -> str:
    """Turn the colours of ``look.json`` in style attributes into ``light-dark(light, dark)``."""
    twin = dark_twin()

    def themed(match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if value.startswith("light-dark("):
            light = value[len("light-dark(") :].split(",")[0]
            return f"{name}: {light}; {name}: {value}"
        # First the plain colour, for viewers that do not know light-dark(), then the pair.
        return (
            f"{name}: {value}; {name}: light-dark({value}, {twin[value]})"
            if value in twin
            else match[0]
        )

    return re.sub(
        r"\b(fill|stroke): (#[0-9a-f]{6}|light-dark\([^)]*\))", themed, svg
    )


def _compress(match: re.Match[str]) -> str:
    """Store a picture as WebP: exactly, or with small losses if it is a photograph or as busy as one."""
    picture = Image.open(io.BytesIO(base64.b64decode(match[1])))
    exact = _webp(picture, lossless=True)
    lossy = _webp(picture, quality=88, use_sharp_yuv=True)
    smaller = lossy if len(lossy) < WORTH_A_LOSS * len(exact) else exact
    data = base64.b64encode(smaller).decode()
    return f'xlink:href="data:image/webp;base64,{data}"'


def _webp(picture: Image.Image, **settings: bool | int) -> bytes:
    """Return a picture's bytes as WebP."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", method=4, **settings)
    return buffer.getvalue()


def _attach_live_data(figure: Figure, svg: str) -> str:
    """Put the live figure's module name and data into the drawing."""
    if not hasattr(figure, "live_figure"):
        return svg
    module, data = figure.live_figure
    start = svg.index(">") + 1
    return f'{svg[:start]}<metadata data-live-figure="{module}">{escape(data)}</metadata>{svg[start:]}'
