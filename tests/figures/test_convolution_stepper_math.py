"""The arithmetic of the live figure "convolution-stepper", run in node, against torch in float64."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from tests.figures.in_node import CLOSE, DELETE, broken, run, run_all, tensor
from torch.nn import functional

SEEDS = range(6)
SETTINGS = [(s, p, d) for s in (1, 2, 3) for p in (0, 1, 2) for d in (1, 2, 3)]
EDGE = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def scene(rng: np.random.Generator, stride: int, padding: int, dilation: int) -> dict:
    height, width = (int(n) for n in rng.integers(1, 8, 2))
    return {
        "input": rng.normal(0, 9, (height, width)).tolist(), "kernel": rng.normal(size=(3, 3)).tolist(),
        "stride": stride, "padding": padding, "dilation": dilation,
    }  # fmt: skip


def expected_output(data: dict) -> torch.Tensor | None:
    """Return the output (H', W') of torch, None where torch finds no place for the window."""
    x, w = (torch.tensor(data[name], dtype=torch.float64)[None, None] for name in ("input", "kernel"))
    if min(x.shape[2:]) + 2 * data["padding"] < 2 * data["dilation"] + 1:
        with pytest.raises(RuntimeError, match="Kernel size can't be greater"):
            functional.conv2d(x, w, padding=data["padding"], dilation=data["dilation"])
        return None
    return functional.conv2d(x, w, None, data["stride"], data["padding"], data["dilation"])[0, 0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_output_is_that_of_torch_in_every_setting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenes = [scene(rng, *setting) for setting in SETTINGS]
    answers = run_all([{"program": "stepper", "data": data} for data in scenes])
    for data, result in zip(scenes, answers, strict=True):
        answer, expected = result["answer"], expected_output(data)
        if expected is None:
            assert answer["count"] == 0
            assert answer["values"] == []
            assert answer["largest"] == 0
            continue
        assert (answer["rows"], answer["columns"]) == expected.shape
        torch.testing.assert_close(tensor(answer["values"], *expected.shape), expected, **CLOSE)
        assert answer["largest"] == pytest.approx(float(expected.abs().max()), abs=1e-9)


def test_both_cases_occur_among_the_scenes() -> None:
    rng = np.random.default_rng(0)
    found = [expected_output(scene(rng, *setting)) is None for setting in SETTINGS]
    assert 3 < sum(found) < len(SETTINGS) - 3


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
def test_patch_products_and_sum_are_those_of_unfold(stride: int, padding: int, dilation: int) -> None:
    rng = np.random.default_rng(stride + 10 * padding)
    data = scene(rng, stride, padding, dilation) | {"input": rng.normal(size=(7, 7)).tolist()}
    x, w = (torch.tensor(data[name], dtype=torch.float64) for name in ("input", "kernel"))
    patches = functional.unfold(x[None, None], 3, dilation, padding, stride)[0].T
    side = int(len(patches) ** 0.5)
    tasks = [{"program": "stepper", "data": data, "row": i // side, "column": i % side} for i in range(len(patches))]
    for patch, result in zip(patches, run_all(tasks), strict=True):
        one = result["answer"]["one"]
        torch.testing.assert_close(tensor(one["patch"], 9), patch, **CLOSE)
        torch.testing.assert_close(tensor(one["products"], 9), patch * w.ravel(), **CLOSE)
        assert one["sum"] == pytest.approx(float(patch @ w.ravel()), abs=1e-9)


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
def test_how_often_each_cell_is_read_is_the_gradient_of_the_sum(stride: int, padding: int, dilation: int) -> None:
    data = {
        "input": np.ones((6, 7)).tolist(), "kernel": np.ones((3, 3)).tolist(),
        "stride": stride, "padding": padding, "dilation": dilation,
    }  # fmt: skip
    reads = tensor(run("stepper", data=data)["reads"], 6 + 2 * padding, 7 + 2 * padding)
    padded = torch.zeros(1, 1, *reads.shape, dtype=torch.float64, requires_grad=True)
    if min(reads.shape) < 2 * dilation + 1:
        assert reads.sum() == 0
        return
    weight = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    functional.conv2d(padded, weight, None, stride, 0, dilation).sum().backward()
    torch.testing.assert_close(reads, padded.grad[0, 0], **CLOSE)


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
def test_the_place_nearest_to_a_point_is_the_nearest_of_all(stride: int, padding: int, dilation: int) -> None:
    data = {
        "input": np.ones((7, 7)).tolist(),
        "kernel": EDGE,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
    }
    middles = np.arange(run("stepper", data=data)["rows"]) * stride + dilation + 0.5
    points = np.random.default_rng(0).uniform(-1, 12, (30, 2)).tolist()
    tasks = [{"program": "stepperCall", "name": "nearestPlace", "data": data, "arguments": point} for point in points]
    for point, result in zip(points, run_all(tasks), strict=True):
        assert result["answer"] == [int(np.abs(middles - n).argmin()) for n in point]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (-0.0, "0"), (9, "9"), (-13, "−13"), (0.5, "0.5"), (-0.25, "−0.25"), (1 / 9, "1/9"), (-1 / 9, "−1/9"),
        (2 / 16, "1/8"), (1 / 16, "1/16"), (2 / 3, "2/3"), (4.666666, "4.67"), (-0.001, "0"), (10.5, "10.5"),
    ],
)  # fmt: skip
def test_numbers_are_shown_short(value: float, shown: str) -> None:
    assert run("stepperCall", name="showNumber", arguments=[value]) == shown


def test_what_is_shown_can_be_typed_again() -> None:
    values = [float(Fraction(a, b)) for b in (1, 2, 3, 4, 8, 9, 16) for a in range(-b, b + 1)]
    shown = run_all([{"program": "stepperCall", "name": "showNumber", "arguments": [value]} for value in values])
    tasks = [{"program": "typedNumber", "text": one["answer"], "most": 99} for one in shown]
    typed = [one["answer"] for one in run_all(tasks)]
    np.testing.assert_allclose(typed, values, rtol=0, atol=0.0051)  # two decimals where no fraction fits


def test_no_place_is_asked_for_where_there_is_none() -> None:
    data = good() | {"input": [[1, 2], [3, 4]], "at": [5, 5]}
    assert run("stepper", data=data)["at"] == [5, 5]
    assert run("stepper", data=data)["count"] == 0


def good() -> dict:
    return {
        "input": np.zeros((5, 6)).tolist(), "kernel": EDGE, "stride": 1, "padding": 0, "dilation": 1, "at": [2, 3],
        "presets": [{"name": "edge", "weight": EDGE}],
    }  # fmt: skip


BAD = [
    ("input", [1, 2, 3], 'input must be H × W numbers, got "3"'),
    ("input", [[1, 2], [3]], "input must be nested lists of equal length"),
    ("input", [["a"]], 'input must be a finite number, got "a"'),
    ("input", [[0] * 8] * 8, 'input must be no larger than 7 × 7, got "8 × 8"'),
    ("input", [[100]], "input must be numbers from −99 to 99, got 100"),
    ("kernel", [[1, 2], [3, 4]], 'kernel must be 3 × 3 numbers, got "2 × 2"'),
    ("kernel", DELETE, "kernel must be nested lists of numbers"),
    ("stride", 4, "stride must be one of 1, 2, 3, got 4"),
    ("padding", -1, "padding must be one of 0, 1, 2, got -1"),
    ("dilation", "2", 'dilation must be one of 1, 2, 3, got "2"'),
    ("at", 3, "at must be [row, column], got 3"),
    ("at", [3, 3], "at[0] must be a whole number from 0 to 2, got 3"),
    ("at", [2, -1], "at[1] must be a whole number from 0 to 3, got -1"),
    ("presets", [], "presets must be a list with at least one entry, got []"),
    ("presets/0/name", 7, "presets[0].name must be a text, got 7"),
    ("presets/0/weight", [[1]], 'presets[0].weight must be 3 × 3 numbers, got "1 × 1"'),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD)
def test_data_that_do_not_fit_are_an_error_that_names_the_field(path: str, value: object, message: str) -> None:
    fine, bad = run_all([{"program": "stepper", "data": data} for data in (good(), broken(good(), path, value))])
    assert "error" not in fine
    assert bad.get("error", "no error").startswith(f"Error: {message}")
