"""Connection diagrams: a disc for each unit, a line for each weight, everything in the picture."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cnnbook.plotting import color, draw_connections


def drawn(weight: torch.Tensor, **settings: Any) -> Axes:
    ax = Figure().subplots()
    draw_connections(ax, weight, **settings)
    return ax


def columns(ax: Axes) -> list[list[tuple[float, float]]]:
    """Return the places of the units, inputs and outputs."""
    return [[tuple(place) for place in discs.get_offsets().tolist()] for discs in ax.collections]


@pytest.mark.parametrize(
    ("n_out", "n_in", "inputs", "outputs"),
    [
        (2, 5, [0, 1, 2, 3, 4], [1.5, 2.5]),
        (5, 2, [1.5, 2.5], [0, 1, 2, 3, 4]),
        (3, 3, [0, 1, 2], [0, 1, 2]),
    ],
)
def test_the_shorter_column_stands_in_the_middle(n_out: int, n_in: int, inputs: list, outputs: list) -> None:
    ax = drawn(torch.ones(n_out, n_in))
    assert columns(ax) == [[(0, y) for y in inputs], [(1, y) for y in outputs]]


@given(n_out=st.integers(1, 7), n_in=st.integers(1, 7))
def test_lines_join_the_units_and_all_lie_within_the_limits(n_out: int, n_in: int) -> None:
    weight = torch.randn(n_out, n_in) + 5
    ax = drawn(weight)
    inputs, outputs = columns(ax)
    ends = [tuple(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in ax.lines]
    assert ends == [(inputs[k], outputs[n]) for n in range(n_out) for k in range(n_in)]
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first unit is at the top
    for _, y in [*inputs, *outputs]:
        assert top + 0.5 <= y <= bottom - 0.5


def test_a_line_tells_size_sign_and_role_and_there_is_none_for_zero() -> None:
    weight = torch.tensor([[2.0, 0.0, -1.0]], requires_grad=True)
    strong, weak = drawn(weight, roles=[["kernel", None, None]], title="title").lines
    assert strong.get_linewidth() > weak.get_linewidth() > 0
    assert (strong.get_linestyle(), weak.get_linestyle()) == ("-", "--")
    assert (to_hex(strong.get_color()), to_hex(weak.get_color())) == (color("kernel"), color("muted"))
    assert not drawn(torch.zeros(2, 2)).lines
    assert drawn(weight, title="title").get_title() == "title"


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        (torch.zeros(3), ValueError, "weight must have shape (n_out, n_in), got (3,)"),
        (torch.zeros(0, 3), ValueError, "weight must not be empty, got shape (0, 3)"),
        ([[1.0]], TypeError, "weight must be a torch.Tensor of shape (n_out, n_in), got list"),
        (torch.ones(2, 2).int(), TypeError, "weight must be a floating-point tensor, got dtype torch.int32"),
    ],
)
def test_what_is_no_matrix_is_refused(weight: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        drawn(weight)
