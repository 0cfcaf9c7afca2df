"""Roles of colour and the colour maps, read from ``look.json`` (the page's CSS reads the same file)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap

LOOK_FILE = Path(__file__).parents[1] / "look.json"


@cache
def look() -> dict:
    """Return the contents of ``look.json``."""
    return json.loads(LOOK_FILE.read_text(encoding="utf8"))


def color(name: str) -> str:
    """Hex colour of a role (``"input"``, ``"kernel"``, …) or of a class (``"sky"``, ``"tower"``, …), for a light ground.

    A figure is drawn in light colours; :mod:`cnnbook.plotting.themed` gives each its dark twin when the page is dark.

    Raises
    ------
    ValueError
        If no role and no class has that name.

    Examples
    --------
    >>> color("kernel")
    '#ae500d'
    """
    table = look()
    for group in ("roles", "classes"):
        if name in table[group]:
            return table[group][name][0]
    known = ", ".join([*table["roles"], *table["classes"]])
    raise ValueError(
        f"name must be a role or class of look.json ({known}), got {name!r}"
    )


def dark_twin() -> dict[str, str]:
    """Map each light hex colour of the roles and classes to its dark one.

    Examples
    --------
    >>> dark_twin()["#fffdf8"]
    '#15191e'
    """
    table = look()
    return {
        light: dark
        for group in ("roles", "classes")
        for light, dark in table[group].values()
    }


def register_colormaps() -> None:
    """Register ``signed`` and ``activation`` (and their twins ``…_dark``) with matplotlib.

    ``signed`` diverges from the page's ground at zero: use it with symmetric limits. ``activation`` rises evenly from the
    ground: use it for values ≥ 0.
    """
    for name in ("signed", "activation"):
        for theme, suffix in (("light", ""), ("dark", "_dark")):
            if name + suffix not in mpl.colormaps:
                stops = look()[name][theme]
                colormap = LinearSegmentedColormap.from_list(
                    name + suffix, stops, N=255
                )
                mpl.colormaps.register(colormap)
