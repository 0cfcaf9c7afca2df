"""The shift explorer's arithmetic, run in node, against torch's padding and strided convolution in float64."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from tests.figures.in_node import CLOSE, broken, encode, run, run_all
from torch.nn import functional

MODES = {"zeros": "constant", "circular": "circular", "reflect": "reflect", "replicate": "replicate"}


def make_data(
    rng: np.random.Generator, size: int = 12, k: int = 3, padding: str = "zeros", stride: int = 1
) -> tuple[dict, torch.Tensor, torch.Tensor]:
    pixels = rng.integers(0, 256, (size, size), dtype=np.uint8)
    weight = rng.normal(size=(k, k))
    data = {
        "size": size, "pixels": encode(pixels), "padding": padding, "stride": stride,
        "kernels": [{"name": "k", "weight": weight.tolist()}],
    }  # fmt: skip
    return data, torch.from_numpy(pixels / 255), torch.from_numpy(weight)


def filtered(x: torch.Tensor, weight: torch.Tensor, padding: str, stride: int) -> torch.Tensor:
    padded = functional.pad(x[None, None], (weight.shape[0] // 2,) * 4, mode=MODES[padding])
    return functional.conv2d(padded, weight[None, None], stride=stride)[0, 0]


def rows_at_the_edge(size: int, k: int, padding: str, stride: int, steps: int) -> torch.Tensor:
    """Find which rows of outputs see what was padded, by padding with marks; and where they go when they move."""
    if padding == "circular":
        return torch.zeros(size // stride, dtype=torch.bool)
    marks = functional.pad(torch.zeros(1, 1, size, size), (k // 2,) * 4, value=1.0)
    seen = (functional.max_pool2d(marks, k, stride=stride)[0, 0] > 0).all(1)
    return seen | torch.roll(seen, steps, 0)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", MODES)
@pytest.mark.parametrize(("seed", "size", "k"), [(0, 12, 3), (1, 24, 5), (2, 12, 1), (3, 36, 7), (4, 12, 11)])
def test_both_ways_are_those_of_torch(seed: int, size: int, k: int, padding: str, stride: int) -> None:
    rng = np.random.default_rng([seed, stride])
    data, x, weight = make_data(rng, size, k, padding, stride)
    shifts = [*rng.integers(-size // 2, size // 2 + 1, (4, 2)).tolist(), [0, 0], [stride, -2 * stride], [-1, 3]]
    for (down, right), answer in zip(shifts, run("explorer", data=data, shifts=shifts), strict=True):
        side = answer["side"]
        plain = filtered(x, weight, padding, stride)
        moved = torch.roll(x, (down, right), (0, 1))
        before = filtered(moved, weight, padding, stride)
        steps = (down // stride, right // stride)
        after = torch.roll(plain, steps, (0, 1))
        assert plain.shape == (side, side)
        assert (answer["steps"]["down"], answer["steps"]["right"]) == steps
        for name, wanted in [("plain", plain), ("moved", moved), ("before", before), ("after", after)]:
            got = torch.tensor(answer[name], dtype=torch.float64).reshape(wanted.shape)
            torch.testing.assert_close(got, wanted, **CLOSE)
        difference = torch.tensor(answer["difference"], dtype=torch.float64).reshape(side, side)
        torch.testing.assert_close(difference, after - before, **CLOSE)
        assert answer["whole"] == (down % stride == 0 and right % stride == 0)
        assert answer["largest"] == pytest.approx(float((after - before).abs().max()), abs=1e-9)

        rows, columns = (torch.tensor(answer["edge"][way]) for way in ("rows", "columns"))
        assert (rows == rows_at_the_edge(size, k, padding, stride, steps[0])).all()
        assert (columns == rows_at_the_edge(size, k, padding, stride, steps[1])).all()
        edge = rows[:, None] | columns
        assert answer["atEdge"] == float(torch.where(edge, difference.abs(), 0).max())
        assert answer["inside"] == float(torch.where(edge, 0, difference.abs()).max())
        assert answer["share"] == pytest.approx(float((difference != 0).double().mean()))
        if answer["whole"]:
            assert answer["inside"] == 0  # exactly, where no window crosses an edge


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("k", [3, 5])
def test_on_a_picture_without_edge_moves_by_multiples_agree_exactly_and_others_do_not(k: int, stride: int) -> None:
    data, _, _ = make_data(np.random.default_rng(k), 24, k, "circular", stride)
    shifts = run("explorerCall", name="moves", arguments=[])
    assert shifts == [list(pair) for pair in itertools.product(range(-4, 5), repeat=2)]
    for (down, right), answer in zip(shifts, run("explorer", data=data, shifts=shifts), strict=True):
        whole = down % stride == 0 and right % stride == 0
        assert (answer["largest"] == 0) == whole
        if not whole:
            assert answer["share"] > 0.99
            assert answer["atEdge"] == 0  # there is no edge


@pytest.mark.parametrize("padding", ["zeros", "reflect", "replicate"])
def test_with_an_edge_the_difference_lives_there(padding: str) -> None:
    data, _, _ = make_data(np.random.default_rng(0), 24, 3, padding)
    (answer,) = run("explorer", data=data, shifts=[[3, 5]])
    assert answer["atEdge"] > 0.01
    assert answer["inside"] == 0
    rows = [row for row, crossed in enumerate(answer["edge"]["rows"]) if crossed]
    columns = [column for column, crossed in enumerate(answer["edge"]["columns"]) if crossed]
    assert rows == [0, 2, 3, 23]  # the first and last row, and where they have moved to
    assert columns == [0, 4, 5, 23]


def test_the_pieces_between_crossings() -> None:
    crossed = [True, False, False, True, False, True]
    assert run("explorerCall", name="runs", arguments=[crossed]) == [[1, 2], [4, 1]]
    assert run("explorerCall", name="runs", arguments=[[False] * 3]) == [[0, 3]]
    assert run("explorerCall", name="runs", arguments=[[True] * 3]) == []


@pytest.mark.parametrize("padding", MODES)
def test_what_stands_beyond_the_edge_is_what_torch_pads_with(padding: str) -> None:
    line = torch.arange(6.0)[None, None]
    padded = functional.pad(line, (4, 4), mode=MODES[padding], **({"value": -1} if padding == "zeros" else {}))
    tasks = [{"program": "explorerCall", "name": "source", "arguments": [i, 6, padding]} for i in range(-4, 10)]
    assert [answer["answer"] for answer in run_all(tasks)] == padded.flatten().tolist()


BAD = [
    ("size", 20, "size must be a multiple of 12, which strides of 1 to 4 divide, got 20"),
    ("size", -12, "size must be a whole number of at least 1, got -12"),
    ("pixels", "AAAA", 'pixels must be 12 × 12 = 144 bytes in base64, got "3 bytes"'),
    ("kernels", [], "kernels must be a list with at least one entry, got []"),
    ("kernels", [{"weight": [[1]]}], "kernels[0].name must be a text, got nothing"),
    (
        "kernels",
        [{"name": "a", "weight": [[1, 2], [3, 4]]}],
        'kernels[0].weight must be k × k numbers with odd k, got "2 × 2"',
    ),
    (
        "kernels",
        [{"name": "a", "weight": [[1] * 13] * 13}],
        'kernels[0].weight must be no larger than the picture (12), got "13 × 13"',
    ),
    ("kernel", 1, "kernel must be a whole number from 0 to 0, got 1"),
    ("padding", "same", 'padding must be one of circular, zeros, reflect, replicate, got "same"'),
    ("stride", 5, "stride must be 1, 2, 3 or 4, got 5"),
    ("stride", 1.5, "stride must be 1, 2, 3 or 4, got 1.5"),
    ("start", {"down": 7}, "start.down must be a whole number from −6 to 6, got 7"),
    ("start", {"right": 0.5}, "start.right must be a whole number from −6 to 6, got 0.5"),
]


@pytest.mark.parametrize(("field", "value", "message"), BAD)
def test_data_that_do_not_fit_are_an_error_that_names_the_field(field: str, value: object, message: str) -> None:
    data = make_data(np.random.default_rng(0))[0]
    pair = (data, broken(data, field, value))
    fine, bad = run_all([{"program": "explorer", "data": d, "shifts": [[0, 0]]} for d in pair])
    assert "error" not in fine
    assert bad.get("error", "no error").startswith(f"Error: {message}")
