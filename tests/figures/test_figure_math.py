"""The live figures' arithmetic, run in node, against torch and matplotlib in float64."""

from __future__ import annotations

import base64
import copy

import matplotlib as mpl
import numpy as np
import pytest
import torch
from tests.figures.in_node import CLOSE, DELETE, broken, encode, run, run_all, tensor
from torch.nn import functional

from cnnbook import datasets, plotting

SEEDS = range(6)


# --- sliding kernel ---------------------------------------------------------------------------------------------------


def picture_data(rng: np.random.Generator, channels: int, weights: list[np.ndarray]) -> tuple[dict, torch.Tensor]:
    height, width = (int(n) for n in rng.integers(9, 22, 2))
    pixels = rng.integers(0, 256, (channels, height, width), dtype=np.uint8)
    kernels = [{"name": f"k{i}", "weight": weight.tolist()} for i, weight in enumerate(weights)]
    data = {"height": height, "width": width, "channels": channels, "pixels": encode(pixels), "kernels": kernels}
    return data, torch.from_numpy(pixels / 255)[None]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_output_is_the_cross_correlation_of_torch(seed: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(channels, k, k)) for k in (1, 2, 3, 5, 7)]
    data, x = picture_data(rng, channels, weights)
    for answer, weight in zip(run("correlate", data=data), weights, strict=True):
        expected = functional.conv2d(x, torch.from_numpy(weight)[None])[0, 0]
        assert (answer["rows"], answer["columns"]) == expected.shape
        torch.testing.assert_close(tensor(answer["values"], *expected.shape), expected, **CLOSE)
        assert answer["largest"] == pytest.approx(float(expected.abs().max()), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flat_kernel_sees_the_mean_of_the_channels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(3, 3))
    data, x = picture_data(rng, 3, [weight])
    expected = functional.conv2d(x.mean(1, keepdim=True), torch.from_numpy(weight)[None, None])[0, 0]
    answer = run("correlate", data=data)[0]
    torch.testing.assert_close(tensor(answer["values"], *expected.shape), expected, **CLOSE)


def test_a_weight_may_be_a_flat_list_with_its_size() -> None:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(3, 5, 5))
    data, _ = picture_data(rng, 3, [weight])
    flat = copy.deepcopy(data)
    flat["kernels"] = [{"name": "flat", "size": 5, "weight": weight.ravel().tolist()}]
    assert run("correlate", data=flat) == run("correlate", data=data)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_products_of_a_window_add_up_to_its_output(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(3, 3, 3))
    data, x = picture_data(rng, 3, [weight])
    row, column = (int(rng.integers(0, data[side] - 2)) for side in ("height", "width"))
    answer = run("explain", data=data, row=row, column=column)
    patch = x[0, :, row : row + 3, column : column + 3]
    torch.testing.assert_close(tensor(answer["patch"], 3, 3, 3), patch, **CLOSE)
    torch.testing.assert_close(tensor(answer["products"], 3, 3, 3), patch * torch.from_numpy(weight), **CLOSE)
    torch.testing.assert_close(tensor(answer["sums"], 3), (patch * torch.from_numpy(weight)).sum((1, 2)), **CLOSE)
    expected = functional.conv2d(x, torch.from_numpy(weight)[None])[0, 0, row, column]
    assert answer["sum"] == pytest.approx(float(expected), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_window_leaves_no_gaps_on_its_way(seed: int) -> None:
    start, end = np.random.default_rng(seed).integers(0, 60, (2, 2)).tolist()
    path = np.array(run("path", **{"from": start, "to": end}))
    assert path[0].tolist() == start
    assert path[-1].tolist() == end
    assert np.abs(np.diff(path, axis=0)).max() == 1


# --- cells break ------------------------------------------------------------------------------------------------------


def scene_data(rng: np.random.Generator, classes: int = 2, packed: bool = True) -> dict:
    height, width, cell, hidden = 24, 40, 8, 5

    def numbers(*shape: int) -> dict | list:
        values = rng.normal(size=shape).astype("<f4")
        return {"shape": list(shape), "float32": encode(values)} if packed else values.astype(float).tolist()

    return {
        "height": height, "width": width, "cell": cell,
        "background": encode(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)),
        "sprite": {"height": 7, "width": 10, "rgba": encode(rng.integers(0, 256, (7, 10, 4), dtype=np.uint8))},
        "classes": [f"class {i}" for i in range(classes)], "object": 1,
        "layers": [
            {"weight": numbers(hidden, 3 * cell * cell), "bias": numbers(hidden)},
            {"weight": numbers(classes, hidden), "bias": numbers(classes)},
        ],
        "start": {"x": 20, "y": 12, "scale": 1}, "scales": [0.3, 3],
    }  # fmt: skip


def unpack(value: dict | list) -> torch.Tensor:
    if isinstance(value, list):
        return torch.tensor(value, dtype=torch.float64)
    array = np.frombuffer(base64.b64decode(value["float32"]), "<f4").reshape(value["shape"])
    return torch.from_numpy(array.astype(float))


def compose(data: dict, place: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """Picture (3, H, W) and alpha (H, W), by the package."""

    def values(text: str, *shape: int) -> torch.Tensor:
        array = np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape) / 255
        return torch.from_numpy(array).permute(2, 0, 1).float()

    sprite = data["sprite"]
    rgba = values(sprite["rgba"], sprite["height"], sprite["width"], 4)
    background = values(data["background"], data["height"], data["width"], 3)
    picture, cover = datasets.paste(background, rgba[:3], rgba[3], (place["y"], place["x"]), place["scale"])
    return picture.double(), cover.double()


def random_place(rng: np.random.Generator, data: dict) -> dict:
    return {
        "x": rng.uniform(0, data["width"]), "y": rng.uniform(0, data["height"]), "scale": rng.uniform(*data["scales"])
    }  # fmt: skip


@pytest.mark.parametrize(("classes", "packed"), [(2, True), (3, False)])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_scene_and_its_scores_are_those_of_torch(seed: int, classes: int, packed: bool) -> None:
    rng = np.random.default_rng(seed)
    data = scene_data(rng, classes, packed)
    places = [random_place(rng, data) for _ in range(3)]  # the way there must leave no trace
    answer = run("cells", data=data, places=places)
    picture, alpha = compose(data, places[-1])
    height, width, cell = data["height"], data["width"], data["cell"]
    single = {"rtol": 0, "atol": 2e-6}  # the package pastes in float32
    drawn = tensor(answer["picture"], height, width, 3).permute(2, 0, 1)
    covered_pixels = tensor(answer["alpha"], height, width)
    torch.testing.assert_close(drawn, picture, **single)
    torch.testing.assert_close(covered_pixels, alpha, **single)

    cells = functional.unfold(drawn[None], cell, stride=cell)[0].T  # (cells, C·h·w)
    first, second = data["layers"]
    hidden = functional.relu(cells @ unpack(first["weight"]).T + unpack(first["bias"]))
    scores = hidden @ unpack(second["weight"]).T + unpack(second["bias"])
    torch.testing.assert_close(tensor(answer["scores"], *scores.shape), scores, **CLOSE)
    assert answer["labels"] == scores.argmax(1).tolist()

    shares = functional.avg_pool2d(covered_pixels[None, None], cell).flatten()
    torch.testing.assert_close(tensor(answer["shares"], -1), shares, **CLOSE)
    called = scores.argmax(1) == data["object"]
    covered, touched = shares > 0.5, shares > 0.01
    assert answer["wrong"] == (covered != called).tolist()
    counts = {
        "covered": covered, "found": covered & called, "touched": touched, "missed": touched & ~called,
        "alarms": ~covered & called,
    }  # fmt: skip
    assert {name: answer[name] for name in counts} == {name: int(cells.sum()) for name, cells in counts.items()}


@pytest.mark.parametrize("scale", [0.15, 0.37, 1, 1.04, 1.7, 2.9])
def test_resizing_is_that_of_torch_to_the_last_digit(scale: float) -> None:
    values = np.random.default_rng(0).uniform(size=(21, 30, 4))
    sprite = {"height": 21, "width": 30, "values": values.ravel().tolist()}
    expected = functional.interpolate(
        torch.from_numpy(values).permute(2, 0, 1)[None], scale_factor=scale, mode="bilinear", antialias=True
    )[0].permute(1, 2, 0)
    answer = run("resize", sprite=sprite, scale=scale)
    torch.testing.assert_close(tensor(answer["values"], answer["height"], answer["width"], 4), expected, **CLOSE)


@pytest.mark.parametrize("x", [18, 18.5, 19, 19.5, 20])
def test_an_object_between_two_pixels_goes_where_python_rounds_it(x: float) -> None:
    data = scene_data(np.random.default_rng(0))
    place = {"x": x, "y": x - 6, "scale": 1}
    answer = run("cells", data=data, places=[place])
    torch.testing.assert_close(tensor(answer["alpha"], 24, 40), compose(data, place)[1], rtol=0, atol=2e-6)


def test_an_object_outside_leaves_the_background() -> None:
    data = scene_data(np.random.default_rng(1))
    answer = run("cells", data=data, places=[{"x": 20, "y": 12, "scale": 2}, {"x": -90, "y": -90, "scale": 1}])
    pixels = np.frombuffer(base64.b64decode(data["background"]), np.uint8) / 255
    np.testing.assert_allclose(answer["picture"], pixels, rtol=0, atol=1e-12)
    assert answer["touched"] == answer["covered"] == 0


# --- equivariance -----------------------------------------------------------------------------------------------------


def shift_data(rng: np.random.Generator, size: int = 12, k: int = 3) -> tuple[dict, torch.Tensor, torch.Tensor]:
    pixels = rng.integers(0, 256, (size, size), dtype=np.uint8)
    kernel = rng.normal(size=(k, k))
    return (
        {"size": size, "pixels": encode(pixels), "kernel": kernel.tolist()},
        torch.from_numpy(pixels / 255),
        torch.from_numpy(kernel),
    )


def moved(x: torch.Tensor, down: int, right: int, wrap: bool) -> torch.Tensor:
    if wrap:
        return torch.roll(x, (down, right), (0, 1))
    height, width = x.shape
    padded = functional.pad(x, (width,) * 2 + (height,) * 2)
    return padded[height - down : 2 * height - down, width - right : 2 * width - right]


def filtered(x: torch.Tensor, kernel: torch.Tensor, wrap: bool) -> torch.Tensor:
    half = kernel.shape[0] // 2
    padded = functional.pad(x[None, None], (half,) * 4, mode="circular" if wrap else "constant")
    return functional.conv2d(padded, kernel[None, None])[0, 0]


@pytest.mark.parametrize("wrap", [True, False])
@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_moving_and_filtering_are_those_of_torch(seed: int, k: int, wrap: bool) -> None:
    rng = np.random.default_rng(seed)
    data, x, kernel = shift_data(rng, k=k)
    down, right = rng.integers(-6, 7, 2).tolist()
    answer = run("shift", data=data, which="filter", down=down, right=right, wrap=wrap)
    expected = {
        "plain": filtered(x, kernel, wrap),
        "moved": moved(x, down, right, wrap),
        "after": moved(filtered(x, kernel, wrap), down, right, wrap),
        "before": filtered(moved(x, down, right, wrap), kernel, wrap),
    }
    for name, values in expected.items():
        torch.testing.assert_close(tensor(answer[name], *x.shape), values, **CLOSE)
    gap = float((expected["after"] - expected["before"]).abs().max())
    assert answer["difference"]["largest"] == pytest.approx(gap, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_wrapping_the_filter_is_exactly_equivariant_and_with_zeros_it_is_not(seed: int) -> None:
    data, _, _ = shift_data(np.random.default_rng(seed))
    task = {"data": data, "which": "filter", "down": 3, "right": -2}
    assert run("shift", **task, wrap=True)["difference"]["largest"] == 0
    assert run("shift", **task, wrap=False)["difference"]["largest"] > 0.01


@pytest.mark.parametrize("wrap", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_mean_is_invariant_as_long_as_nothing_leaves(seed: int, wrap: bool) -> None:
    data, x, _ = shift_data(np.random.default_rng(seed))
    answer = run("shift", data=data, which="mean", down=4, right=1, wrap=wrap)
    assert answer["after"] == [pytest.approx(float(x.mean()), abs=1e-12)]
    assert answer["before"] == [pytest.approx(float(moved(x, 4, 1, wrap).mean()), abs=1e-12)]
    assert (answer["difference"]["largest"] < 1e-12) == wrap


# --- colours ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["signed", "activation"])
def test_the_colours_are_those_of_matplotlib(name: str, dark: bool) -> None:
    stops = plotting.look()[name]["dark" if dark else "light"]
    expected = mpl.colors.LinearSegmentedColormap.from_list(name, stops, N=255)(np.arange(255))[:, :3] * 255
    np.testing.assert_allclose(np.reshape(run("colors", name=name, dark=dark), (255, 3)), expected, rtol=0, atol=0.51)


def test_a_value_takes_the_place_that_matplotlib_gives_it() -> None:
    values = np.random.default_rng(0).uniform(-2.5, 2.5, 300).tolist()
    position = mpl.colors.Normalize(-2, 2, clip=True)(values)
    expected = np.minimum((np.asarray(position) * 255).astype(int), 254)
    assert (np.array(run("offsets", values=values, low=-2, high=2)) // 3).tolist() == expected.tolist()


# --- data that do not fit ---------------------------------------------------------------------------------------------


BAD_PICTURES = [
    ("height", 0, "height must be a whole number of at least 1, got 0"),
    ("width", 9.5, "width must be a whole number of at least 1, got 9.5"),
    ("channels", 2, "channels must be 1 or 3, got 2"),
    ("pixels", "AAAA", "pixels must be 1 × 8 × 9 = 72 bytes in base64, got \"3 bytes\""),
    ("pixels", "no base64!", 'pixels must be a base64 string, got "no base64!"'),
    ("pixels", DELETE, "pixels must be a base64 string, got nothing"),
    ("kernels", [], "kernels must be a list with at least one entry, got []"),
    ("kernels", [{"weight": [[1]]}], "kernels[0].name must be a text, got nothing"),
    ("kernels", [{"name": "a"}], "kernels[0].weight must be nested lists of numbers or {shape, float32}, got nothing"),
    ("kernels", [{"name": "a", "weight": [[1, 2], [3]]}], "kernels[0].weight must be nested lists of equal length"),
    ("kernels", [{"name": "a", "weight": [[1, 2]]}], "kernels[0].weight must be k × k or 1 × k × k numbers"),
    ("kernels", [{"name": "a", "weight": [[None]]}], "kernels[0].weight must be a finite number, got null"),
    ("kernels", [{"name": "a", "weight": [1, 2, 3, 4]}], "kernels[0].size must be a whole number"),
    ("kernels", [{"name": "a", "weight": [[0] * 9] * 9}], "kernels[0].weight must be no larger than the picture"),
    ("kernels", [{"name": "a", "weight": [[1]], "limit": 0}], "kernels[0].limit must be more than 0, got 0"),
    ("start", 3, "start must be a whole number from 0 to 0, got 3"),
    ("window", 3, "window must be [row, column], got 3"),
    ("window", [8, 0], "window[0] must be a whole number from 0 to 7, got 8"),
]  # fmt: skip

BAD_SCENES = [
    ("cell", 7, "cell must be a divisor of height 24 and width 40, got 7"),
    ("background", "", "background must be 24 × 40 × 3 = 2880 bytes in base64"),
    ("sprite/rgba", "AAAA", "sprite.rgba must be 7 × 10 × 4 = 280 bytes in base64"),
    ("sprite", DELETE, "sprite.height must be a whole number of at least 1, got nothing"),
    ("object", 2, "object must be a whole number from 0 to 1, got 2"),
    ("classes", ["a", "b", "c"], "layers must be a net with one score for each of the 3 classes"),
    ("layers/0/weight", [[1, 2]], 'layers[0].weight must be (out, 192) numbers, got "1 × 2"'),
    ("layers/1/bias", [1, 2, 3], "layers[1].bias must be 2 numbers"),
    ("layers/0/weight/float32", "AAAA", "layers[0].weight.float32 must be 5 × 192 × 4 = 3840 bytes"),
    ("start/scale", 9, "start.scale must be within scales [0.3,3], got 9"),
    ("start", DELETE, "start.x must be a finite number, got nothing"),
    ("scales", [0.1, 2], "scales[0] must be at least 0.1429, which leaves a pixel of the sprite, got 0.1"),
    ("scales", [2, 1], "scales must be [min, max] with 0 < min < max, got [2,1]"),
]

BAD_SHIFTS = [
    ("size", 2, "size must be a whole number of at least 3, got 2"),
    ("pixels", "AAAA", "pixels must be 12 × 12 = 144 bytes in base64"),
    ("kernel", [[1, 2], [3, 4]], "kernel must be k × k numbers with odd k"),
    ("kernel", [[1] * 13] * 13, "kernel must be no larger than the picture (12)"),
]


def good_picture() -> dict:
    return {
        "height": 8, "width": 9, "channels": 1, "pixels": encode(np.zeros(72, np.uint8)),
        "kernels": [{"name": "one", "weight": [[1]]}],
    }  # fmt: skip


CASES = [
    *(("correlate", good_picture, {}, *case) for case in BAD_PICTURES),
    *(("cells", lambda: scene_data(np.random.default_rng(0)), {"places": []}, *case) for case in BAD_SCENES),
    *(
        ("shift", lambda: shift_data(np.random.default_rng(0))[0], {"which": "filter", "down": 0, "right": 0}, *case)
        for case in BAD_SHIFTS
    ),
]


@pytest.mark.parametrize(("program", "good", "task", "path", "value", "message"), CASES)
def test_data_that_do_not_fit_are_an_error_that_names_the_field(program, good, task, path, value, message) -> None:
    data = good()
    fine, bad = run_all([{"program": program, "data": d, **task} for d in (data, broken(data, path, value))])
    assert "error" not in fine
    assert bad.get("error", "no error").startswith(f"Error: {message}")
