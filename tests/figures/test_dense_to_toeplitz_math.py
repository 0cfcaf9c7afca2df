"""The arithmetic of the live figure "dense-to-toeplitz", in node, against conv1d and an explicit matrix in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.figures.in_node import CLOSE, DELETE, broken, lehmer, run, run_all, tensor
from torch.nn import functional

SEEDS = range(6)
SHAPES = [(size, taps) for size in (8, 9, 10) for taps in (3, 5)]
SETTINGS = ("full", "local", "zeros", "circular")


def layer(rng: np.random.Generator, size: int, taps: int, setting: str) -> dict:
    return {
        "size": size, "taps": rng.uniform(-2, 2, taps).tolist(), "input": rng.uniform(-2, 2, size).tolist(),
        "seed": int(rng.integers(0, 10_000)), "setting": setting,
    }  # fmt: skip


def inputs(data: dict) -> tuple[torch.Tensor, torch.Tensor]:
    return tuple(torch.tensor(data[name], dtype=torch.float64) for name in ("input", "taps"))


def convolved(data: dict, mode: str) -> torch.Tensor:
    x, w = inputs(data)
    half = len(w) // 2
    padded = functional.pad(x[None, None], (half, half), mode=mode)
    return functional.conv1d(padded, w[None, None])[0, 0]


def random_weights(size: int, seed: int) -> np.ndarray:
    """Draw the free weights as the figure says it does: tenths from −1 to 1 without 0."""
    pairs = lehmer(seed, 2 * size * size).reshape(-1, 2)
    steps = 1 + np.floor(10 * pairs[:, 0])
    return np.where(pairs[:, 1] < 0.5, -steps, steps).reshape(size, size) / 10


@pytest.mark.parametrize(("setting", "mode"), [("zeros", "constant"), ("circular", "circular")])
@pytest.mark.parametrize(("size", "taps"), SHAPES)
def test_the_shared_layer_is_the_convolution_of_torch(size: int, taps: int, setting: str, mode: str) -> None:
    layers = [layer(np.random.default_rng(seed), size, taps, setting) for seed in range(12)]
    for data, result in zip(layers, run_all([{"program": "toeplitz", "data": data} for data in layers]), strict=True):
        y = tensor(result["answer"]["y"], size)
        torch.testing.assert_close(y, convolved(data, mode), **CLOSE)


@pytest.mark.parametrize("setting", ["zeros", "circular"])
@pytest.mark.parametrize(("size", "taps"), SHAPES)
def test_the_matrix_of_the_shared_layer_has_constant_diagonals(size: int, taps: int, setting: str) -> None:
    data = layer(np.random.default_rng(size), size, taps, setting)
    _, w = inputs(data)
    half = taps // 2
    expected = torch.zeros(size, size, dtype=torch.float64)
    for k in range(taps):
        ones = torch.eye(size, dtype=torch.float64)
        if setting == "circular":
            expected += w[k] * torch.roll(ones, k - half, dims=1)
        else:
            expected += w[k] * torch.diag(torch.ones(size - abs(k - half), dtype=torch.float64), k - half)
    torch.testing.assert_close(tensor(run("toeplitz", data=data)["weights"], size, size), expected, **CLOSE)


@pytest.mark.parametrize("setting", ["full", "local"])
@pytest.mark.parametrize(("size", "taps"), SHAPES)
def test_free_weights_are_drawn_from_the_seed_and_local_ones_are_their_band(size: int, taps: int, setting: str) -> None:
    layers = [layer(np.random.default_rng(seed), size, taps, setting) for seed in SEEDS]
    for data, result in zip(layers, run_all([{"program": "toeplitz", "data": data} for data in layers]), strict=True):
        free = torch.from_numpy(random_weights(size, data["seed"]))
        assert free.abs().min() >= 0.1
        assert free.abs().max() <= 1
        expected = free if setting == "full" else free.tril(taps // 2).triu(-(taps // 2))
        answer = result["answer"]
        torch.testing.assert_close(tensor(answer["weights"], size, size), expected, **CLOSE)
        torch.testing.assert_close(tensor(answer["y"], size), expected @ inputs(data)[0], **CLOSE)


def test_another_seed_gives_other_weights_and_the_same_the_same() -> None:
    base = layer(np.random.default_rng(0), 8, 3, "full")
    tasks = [{"program": "toeplitz", "data": base | {"seed": seed}} for seed in (0, 1, 2, 0)]
    zero, one, two, again = (result["answer"]["free"] for result in run_all(tasks))
    assert zero == again
    assert np.mean(np.equal(zero, one)) < 0.25
    assert np.mean(np.equal(one, two)) < 0.25
    assert 0.3 < np.mean(np.array([zero, one, two]) < 0) < 0.7


@pytest.mark.parametrize(("size", "taps"), SHAPES)
def test_parameters_and_connections_are_those_of_the_matrix(size: int, taps: int) -> None:
    rng = np.random.default_rng(0)
    data = layer(rng, size, taps, "full") | {"taps": rng.uniform(0.5, 1, taps).tolist()}
    counts = {}
    for setting in SETTINGS:
        answer = run("toeplitz", data=data | {"setting": setting})
        assert np.count_nonzero(answer["weights"]) == answer["count"]["connections"]
        counts[setting] = answer["count"]["parameters"]
        shared = setting in ("zeros", "circular")
        assert len({w for w in answer["weights"] if w}) <= (taps if shared else size * size)
    band = np.count_nonzero(np.abs(np.subtract.outer(np.arange(size), np.arange(size))) <= taps // 2)
    assert counts == {"full": size**2, "local": band, "zeros": taps, "circular": taps}


@pytest.mark.parametrize(
    ("setting", "row", "column", "tap"),
    [
        ("zeros", 3, 3, 1), ("zeros", 3, 2, 0), ("zeros", 3, 4, 2), ("zeros", 3, 5, -1), ("zeros", 0, 7, -1),
        ("circular", 0, 7, 0), ("circular", 7, 0, 2), ("circular", 0, 6, -1), ("local", 5, 4, 0), ("full", 0, 5, -1),
    ],
)  # fmt: skip
def test_which_tap_joins_two_units(setting: str, row: int, column: int, tap: int) -> None:
    assert run("tapAt", data=good() | {"setting": setting}, row=row, column=column) == tap


def good() -> dict:
    return {"size": 8, "taps": [-0.6, 1, 0.3], "input": [0.5] * 8, "seed": 3, "setting": "zeros"}


BAD = [
    ("size", 7, "size must be one of 8, 9, 10, got 7"),
    ("size", "8", 'size must be a whole number of at least 1, got "8"'),
    ("taps", [1, 2], "taps must be 3 or 5 numbers, got [1,2]"),
    ("taps", DELETE, "taps must be a list with at least one entry, got nothing"),
    ("taps", [1, 2.5, 1], "taps[1] must be from −2 to 2, got 2.5"),
    ("taps", [1, "a", 1], 'taps[1] must be a finite number, got "a"'),
    ("input", [0] * 9, "input must be 8 numbers, one for each unit, got [0,0,0,0,0,0,0,0,0]"),
    ("input", [0] * 7 + [-3], "input[7] must be from −2 to 2, got -3"),
    ("seed", -1, "seed must be a whole number of at least 0, got -1"),
    ("setting", "dense", 'setting must be one of full, local, zeros, circular, got "dense"'),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD)
def test_data_that_do_not_fit_are_an_error_that_names_the_field(path: str, value: object, message: str) -> None:
    fine, bad = run_all([{"program": "toeplitz", "data": data} for data in (good(), broken(good(), path, value))])
    assert "error" not in fine
    assert bad.get("error", "no error").startswith(f"Error: {message}")
