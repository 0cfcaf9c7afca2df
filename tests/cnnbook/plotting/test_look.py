"""The one table of colours."""

from __future__ import annotations

import itertools
import re

import matplotlib as mpl
import pytest
from matplotlib.colors import to_rgb

from cnnbook.plotting.look import color, dark_twin, look, register_colormaps

TABLE = {name: pair for group in ("roles", "classes") for name, pair in look()[group].items()}


def luminance(shade: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(shade)]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_every_colour_is_a_pair_of_hex_colours() -> None:
    for name, pair in TABLE.items():
        assert len(pair) == 2, name
        assert all(re.fullmatch(r"#[0-9a-f]{6}", shade) for shade in pair), name


def test_a_role_or_class_gives_its_light_colour() -> None:
    for name, (light, _) in TABLE.items():
        assert color(name) == light


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^name must be a role or class of look.json \(ground, .*unlabelled\), got 'pink'$"
    ):
        color("pink")


def test_no_light_colour_has_two_dark_twins() -> None:
    for light, pairs in itertools.groupby(sorted(TABLE.values()), key=lambda pair: pair[0]):
        assert len({dark for _, dark in pairs}) == 1, light
    assert dark_twin()[color("ink")] == TABLE["ink"][1]


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("role", ["ink", "muted", "input", "kernel", "output", "link", "alert", "good"])
def test_text_can_be_read_on_both_grounds(role: str, theme: int) -> None:
    assert contrast(TABLE[role][theme], TABLE["ground"][theme]) >= 4.5
    assert contrast(TABLE[role][theme], TABLE["surface"][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signed_is_the_ground_at_zero_and_even_on_both_sides_in_grey(theme: str) -> None:
    register_colormaps()
    colormap = mpl.colormaps["signed" if theme == "light" else "signed_dark"]
    ground = TABLE["ground"][theme == "dark"]
    assert colormap(0.5)[:3] == pytest.approx(to_rgb(ground), abs=0.01)
    strong = [contrast(mpl.colors.to_hex(colormap(end)), ground) for end in (0.0, 1.0)]
    assert min(strong) >= 4.5


@pytest.mark.parametrize("name", ["activation", "activation_dark"])
def test_activation_changes_in_one_direction_in_grey(name: str) -> None:
    register_colormaps()
    greys = [luminance(mpl.colors.to_hex(mpl.colormaps[name](i / 20))) for i in range(21)]
    assert greys in (sorted(greys), sorted(greys, reverse=True))
    assert mpl.colormaps[name](0.0)[:3] == pytest.approx(to_rgb(TABLE["ground"][name.endswith("dark")]), abs=0.01)


def test_plots_cycle_through_roles() -> None:
    assert set(look()["series"]) <= set(look()["roles"])
