"""Numbers on the live figures' coloured cells can be read: the ink has the contrast that WCAG asks of small text."""

from __future__ import annotations

import numpy as np
import pytest
from tests.figures.in_node import run

READABLE = 4.5


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Compute the relative luminance of sRGB colours in [0, 1] (WCAG 2.2)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["signed", "activation", "grey"])
def test_the_ink_can_be_read_on_every_colour(name: str, dark: bool) -> None:
    ground = luminance(np.reshape(run("colors", name=name, dark=dark), (255, 3)) / 255)
    middles = ((np.arange(255) + 0.5) / 255).tolist()  # a value for each entry of the table
    inks = run("inks", name=name, dark=dark, values=middles)
    assert set(inks) <= {"#000000", "#ffffff"}
    ink = np.equal(inks, "#ffffff").astype(float)
    contrast = (np.maximum(ground, ink) + 0.05) / (np.minimum(ground, ink) + 0.05)
    assert contrast.min() >= READABLE
