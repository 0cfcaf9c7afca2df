"""The filter playground's arithmetic, run in node, against torch.nn.functional and torch.fft in float64."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from tests.figures.in_node import CLOSE, broken, encode, run, run_all, tensor
from torch.nn import functional

SEEDS = range(5)


def call(name: str, *arguments: object) -> object:
    return run("playgroundCall", name=name, arguments=list(arguments))


def complex_tensor(parts: dict, n: int) -> torch.Tensor:
    return torch.complex(tensor(parts["re"], n, n), tensor(parts["im"], n, n))


def make_data(rng: np.random.Generator, n: int, weights: list[np.ndarray]) -> tuple[dict, torch.Tensor]:
    pixels = rng.integers(0, 256, (n, n), dtype=np.uint8)
    presets = [{"name": f"k{i}", "weight": weight.tolist()} for i, weight in enumerate(weights)]
    data = {"size": n, "pixels": encode(pixels), "presets": presets}
    return data, torch.from_numpy(pixels / 255)


def filtered(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Cross-correlate on a picture that wraps around."""
    padded = functional.pad(x[None, None], (weight.shape[0] // 2,) * 4, mode="circular")
    return functional.conv2d(padded, weight[None, None])[0, 0]


def transformed(x: torch.Tensor) -> torch.Tensor:
    return torch.fft.fftshift(torch.fft.fft2(x))


@pytest.mark.parametrize("n", [16, 32, 64, 128])
@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_output_spectra_and_gain_are_those_of_torch(seed: int, k: int, n: int) -> None:
    rng = np.random.default_rng([seed, k, n])
    weight = rng.normal(size=(k, k))
    data, x = make_data(rng, n, [weight])
    answer = run("playground", data=data)
    y = filtered(x, torch.from_numpy(weight))
    torch.testing.assert_close(tensor(answer["output"], n, n), y, **CLOSE)
    spectrum = transformed(x)
    torch.testing.assert_close(complex_tensor(answer["x"], n), spectrum, **CLOSE)
    torch.testing.assert_close(tensor(answer["magnitude"], n, n), spectrum.abs(), **CLOSE)
    torch.testing.assert_close(complex_tensor(answer["y"], n), transformed(y), **CLOSE)

    # Cross-correlation: the complex conjugate of the transform of the kernel around pixel (0, 0).
    around = torch.zeros(n, n, dtype=torch.float64)
    around[:k, :k] = torch.from_numpy(weight)
    h = transformed(torch.roll(around, (-(k // 2), -(k // 2)), (0, 1))).conj()
    torch.testing.assert_close(complex_tensor(answer["h"], n), h, **CLOSE)
    gain = tensor(answer["h"]["gain"], n, n)
    torch.testing.assert_close(gain, h.abs(), **CLOSE)
    assert answer["sum"] == pytest.approx(weight.sum(), abs=1e-9)
    assert answer["best"]["value"] == pytest.approx(float(h.abs().max()), abs=1e-9)
    assert gain[answer["best"]["row"], answer["best"]["column"]] == answer["best"]["value"]


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_spectrum_of_the_output_is_the_product(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    answer = run("playground", data=make_data(rng, 32, [rng.normal(size=(k, k))])[0])
    x, h, y = (complex_tensor(answer[name], 32) for name in "xhy")
    torch.testing.assert_close(x * h, y, rtol=0, atol=1e-9)


def test_the_sum_is_the_gain_at_frequency_zero_and_rounding_is_no_sum() -> None:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(5, 5))
    weight -= weight.mean()
    answer = run("playground", data=make_data(rng, 16, [weight])[0])
    assert answer["sum"] == 0
    assert answer["h"]["gain"][8 * 16 + 8] < 1e-12


def test_of_equal_gains_the_one_nearest_to_zero_is_told() -> None:
    identity = np.zeros((3, 3))
    identity[1, 1] = 1
    best = run("playground", data=make_data(np.random.default_rng(0), 16, [identity])[0])["best"]
    assert (best["row"], best["column"], best["value"]) == (8, 8, pytest.approx(1))


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_flipped_it_is_convolution_and_the_gain_stays(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(k, k))
    flipped = np.array(call("flip", weight.ravel().tolist())).reshape(k, k)
    assert (flipped == weight[::-1, ::-1]).all()
    data, x = make_data(rng, 16, [weight, flipped])
    first, second = (run("playground", data=data, preset=i) for i in (0, 1))
    np.testing.assert_allclose(first["h"]["gain"], second["h"]["gain"], rtol=0, atol=1e-9)
    n = 16
    convolved = torch.zeros(n, n, dtype=torch.float64)
    for (i, j), w in np.ndenumerate(weight):
        convolved += w * torch.roll(x, (i - k // 2, j - k // 2), (0, 1))
    torch.testing.assert_close(tensor(second["output"], n, n), convolved, **CLOSE)


@pytest.mark.parametrize("k", [3, 5])
def test_transpose_normalise_and_resize(k: int) -> None:
    weight = np.random.default_rng(k).normal(size=(k, k))
    flat = weight.ravel().tolist()
    assert call("transpose", flat, k) == weight.T.ravel().tolist()
    np.testing.assert_allclose(call("normalize", flat), (weight / weight.sum()).ravel(), rtol=1e-12)
    assert call("resize", flat, k, k) == flat
    larger = np.pad(weight, (5 - k) // 2)
    assert call("resize", flat, k, 5) == larger.ravel().tolist()
    assert call("resize", larger.ravel().tolist(), 5, 3) == larger[1:4, 1:4].ravel().tolist()


@pytest.mark.parametrize(
    ("weight", "display"),
    [
        ([1 / 9] * 9, "grey"),
        ([0.01] * 9, "grey"),
        ([0, -1, 0, -1, 5, -1, 0, -1, 0], "grey"),
        ([0, 1, 0, 1, -4, 1, 0, 1, 0], "signed"),
        ([0, 0, 0, 0, -1, 0, 0, 0, 0], "signed"),
    ],
)
def test_a_kernel_with_differences_is_shown_signed(weight: list[float], display: str) -> None:
    assert call("displayOf", weight) == display
    rng = np.random.default_rng(0)
    data = make_data(rng, 16, [np.reshape(weight, (3, 3))])[0]
    assert run("playground", data=data)["presets"][0]["display"] == display
    data["presets"][0]["display"] = "signed"
    assert run("playground", data=data)["presets"][0]["display"] == "signed"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.25", 0.25), (" -1 ", -1), ("−1", -1), ("1/9", 1 / 9), ("-1 / 8", -1 / 8), ("0,5", 0.5), (".5", 0.5),
        ("+3", 3), ("2.", 2), ("100", 100), ("-0", 0),
    ],
)  # fmt: skip
def test_a_typed_weight_is_read(text: str, value: float) -> None:
    assert call("parseWeight", text, "w") == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize("text", ["", "abc", "1/0", "101", "1e5", "--1", "1/2/3", "-", "1.2.3", "Infinity"])
def test_a_text_that_is_no_weight_is_an_error_that_says_so(text: str) -> None:
    task = {"program": "playgroundCall", "name": "parseWeight", "arguments": [text, "Row 0, column 1 of the kernel"]}
    wanted = "Row 0, column 1 of the kernel must be a number from −100 to 100 or a fraction such as 1/9, got "
    assert run_all([task])[0]["error"] == f"Error: {wanted}{json.dumps(text)}"


def test_a_kernel_that_sums_to_zero_cannot_be_normalised() -> None:
    tasks = [
        {"program": "playgroundCall", "name": "normalize", "arguments": [weight]}
        for weight in ([-1, 0, 1] * 3, [0.1, 0.2, -0.3] * 3, [1, -0.999] + [0] * 7)
    ]
    errors = [answer["error"] for answer in run_all(tasks)]
    assert errors[0] == "Error: The weights sum to 0, and no factor makes that 1. The kernel stays as it is."
    assert errors[1] == errors[0]
    assert errors[2] == "Error: Divided by their sum, a weight would be more than 100. The kernel stays as it is."


@pytest.mark.parametrize("n", [16, 128])
def test_a_place_of_the_spectrum_is_a_wave(n: int) -> None:
    frequencies = torch.fft.fftshift(torch.fft.fftfreq(n, dtype=torch.float64))
    for row, column in np.random.default_rng(n).integers(0, n, (20, 2)).tolist():
        wave = run("waveAt", row=row, column=column, n=n)
        down, right = frequencies[row].item(), frequencies[column].item()
        assert (wave["down"], wave["right"]) == (down, right)
        assert wave["cycles"] == pytest.approx(np.hypot(down, right), abs=1e-12)
        if wave["cycles"]:
            assert wave["period"] == pytest.approx(1 / np.hypot(down, right))
        assert wave["degrees"] == pytest.approx(np.degrees(np.arctan2(down, right)) % 180, abs=1e-9)


BAD = [
    ("size", 24, "size must be a power of two from 16 to 128, got 24"),
    ("size", 256, "size must be a power of two from 16 to 128, got 256"),
    ("size", "16", 'size must be a whole number of at least 1, got "16"'),
    ("pixels", "AAAA", 'pixels must be 16 × 16 = 256 bytes in base64, got "3 bytes"'),
    ("presets", [], "presets must be a list with at least one entry, got []"),
    ("presets", [{"weight": [[1]]}], "presets[0].name must be a text, got nothing"),
    ("presets", [{"name": "a", "weight": [[1]]}], 'presets[0].weight must be 3 × 3 or 5 × 5 numbers, got "1 × 1"'),
    ("presets", [{"name": "a", "weight": [[1] * 3] * 2}], 'presets[0].weight must be 3 × 3 or 5 × 5 numbers, got "2 ×'),
    ("presets", [{"name": "a", "weight": [[101] * 3] * 3}], "presets[0].weight must be within −100 and 100, got 101"),
    ("presets", [{"name": "a", "weight": [["b"] * 3] * 3}], 'presets[0].weight must be a finite number, got "b"'),
    (
        "presets",
        [{"name": "a", "weight": [[1] * 3] * 3, "display": "red"}],
        'presets[0].display must be grey or signed, got "red"',
    ),
    ("start", 1, "start must be a whole number from 0 to 0, got 1"),
]


@pytest.mark.parametrize(("field", "value", "message"), BAD)
def test_data_that_do_not_fit_are_an_error_that_names_the_field(field: str, value: object, message: str) -> None:
    data = make_data(np.random.default_rng(0), 16, [np.ones((3, 3))])[0]
    fine, bad = run_all([{"program": "playground", "data": d} for d in (data, broken(data, field, value))])
    assert "error" not in fine
    assert bad.get("error", "no error").startswith(f"Error: {message}")
