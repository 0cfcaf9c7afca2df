"""The line laboratory's arithmetic, run in node, against torch in float64."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from tests.figures.in_node import CLOSE, broken, encode, lehmer, run, run_all, tensor
from torch.nn import functional

N, SIDE = 64, 9
OUT = N - SIDE + 1
KINDS = ("off", "cos", "one")


def net(rng: np.random.Generator, zero_sum: bool = False, tau: float = 1.0) -> dict:
    return {
        "size": N, "seed": 1, "tau": tau, "zero_sum": zero_sum, "padding": "valid", "pooling": "mean",
        "kernels": rng.normal(size=(2, SIDE, SIDE)).tolist(), "bias": rng.normal(0, 0.3, 2).tolist(),
        "W": rng.normal(0, 2, (2, 2)).tolist(), "c": rng.normal(0, 0.3, 2).tolist(),
        "classes": ["vertical", "horizontal"],
    }  # fmt: skip


def settings(rng: np.random.Generator, kind: str) -> dict:
    return {
        "kind": kind, "frequency": rng.uniform(0, 0.5), "angle": rng.uniform(0, 180), "phase": rng.uniform(0, 360),
        "amplitude": rng.uniform(0, 5),
    }  # fmt: skip


def factor(wave: dict) -> torch.Tensor:
    y, x = torch.meshgrid(*[torch.arange(N, dtype=torch.float64)] * 2, indexing="ij")
    angle, phase = np.radians(wave["angle"]), np.radians(wave["phase"])
    cosine = torch.cos(2 * np.pi * wave["frequency"] * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    return {"off": torch.ones(N, N).double(), "cos": cosine, "one": 1 + wave["amplitude"] * cosine}[wave["kind"]]


def by_torch(data: dict, x: torch.Tensor) -> dict[str, torch.Tensor]:
    kernels = torch.tensor(data["kernels"], dtype=torch.float64)
    if data["zero_sum"]:
        kernels = kernels - kernels.mean((1, 2), keepdim=True)
    weights, c, bias = (torch.tensor(data[name], dtype=torch.float64) for name in ("W", "c", "bias"))
    before = functional.conv2d(x[None, None], kernels[:, None], bias)[0]
    pooled = before.relu().mean((1, 2))
    scores = weights @ pooled + c
    return {
        "before": before, "after": before.relu(), "pooled": pooled, "scores": scores,
        "probabilities": torch.softmax(data["tau"] * scores, 0),
    }  # fmt: skip


def check(result: dict, data: dict, x: torch.Tensor, wave: dict) -> None:
    m = factor(wave)
    torch.testing.assert_close(tensor(result["factor"], N, N), m, **CLOSE)
    torch.testing.assert_close(tensor(result["input"], N, N), x * m, **CLOSE)
    for name, wanted in by_torch(data, x * m).items():
        torch.testing.assert_close(tensor(result[name], *wanted.shape), wanted, **CLOSE)
    assert result["winner"] == int(by_torch(data, x * m)["scores"].argmax())
    assert not result["tie"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("zero_sum", [False, True])
def test_maps_means_scores_and_probabilities_are_those_of_torch(kind: str, zero_sum: bool) -> None:
    """Forty random images, nets and waves in each of the six settings: 240 in all."""
    rng = np.random.default_rng([KINDS.index(kind), zero_sum])
    cases = [
        (net(rng, zero_sum, tau), rng.uniform(-0.2, 1.2, (N, N)), settings(rng, kind)) for tau in [1, 20, 0.3, 1] * 10
    ]
    for batch in range(0, len(cases), 10):
        part = cases[batch : batch + 10]
        tasks = [
            {"program": "laboratory", "data": data, "picture": x.ravel().tolist(), "wave": wave}
            for data, x, wave in part
        ]
        for (data, x, wave), result in zip(part, run_all(tasks), strict=True):
            check(result["answer"], data, torch.from_numpy(x), wave)


@pytest.mark.parametrize("angle", [0, 90, 180, 45])
@pytest.mark.parametrize("frequency", [0, 1 / 8, 0.5])
def test_waves_at_the_ends_of_their_sliders(angle: float, frequency: float) -> None:
    wave = {"kind": "cos", "frequency": frequency, "angle": angle, "phase": 360, "amplitude": 5}
    rng = np.random.default_rng(0)
    data, x = net(rng), rng.uniform(size=(N, N))
    check(run("laboratory", data=data, picture=x.ravel().tolist(), wave=wave), data, torch.from_numpy(x), wave)


def test_equal_scores_are_a_tie_and_huge_ones_have_probabilities() -> None:
    data = {**net(np.random.default_rng(0)), "bias": [1.0, 1.0], "W": [[1.0, 0.0], [0.0, 1.0]], "c": [0.0, 0.0]}
    answer = run("laboratory", data=data, picture=[0] * N * N, wave={})
    assert answer["tie"]
    assert answer["probabilities"] == [0.5, 0.5]
    answer = run("laboratory", data={**data, "c": [-900.0, 900.0]}, picture=[0] * N * N, wave={})
    assert answer["probabilities"] == [0, 1]


# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_lines_are_where_their_numbers_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = {
        "count": 1 + seed, "angle": [0, 90, 180, 33.3, 120, 90][seed], "thickness": rng.uniform(1, 12),
        "length": rng.uniform(0.1, 1.5), "contrast": rng.uniform(-1, 1), "background": rng.uniform(), "noise": 0,
        "seed": 9 * seed,
    }  # fmt: skip
    y, x = np.mgrid[:N, :N]
    angle = np.radians(lines["angle"])
    wanted = np.full((N, N), lines["background"])
    value = np.clip(lines["background"] + lines["contrast"], 0, 1)
    for u, v in lehmer(lines["seed"], 2 * lines["count"]).reshape(-1, 2):
        dx, dy = x - (0.2 + 0.6 * u) * N, y - (0.2 + 0.6 * v) * N
        across = np.abs(dy * np.cos(angle) - dx * np.sin(angle))
        lengthwise = np.abs(dx * np.cos(angle) + dy * np.sin(angle))
        cover = np.clip(lines["thickness"] / 2 + 0.5 - across, 0, 1)
        cover *= np.clip(lines["length"] * N / 2 + 0.5 - lengthwise, 0, 1)
        wanted += cover * (value - wanted)
    drawn = run("linePicture", name="drawLines", arguments=[N, lines])
    np.testing.assert_allclose(np.reshape(drawn, (N, N)), wanted, rtol=0, atol=1e-9)


def test_noise_is_normal_and_belongs_to_its_seed() -> None:
    first, same, other = (np.array(run("linePicture", name="normal", arguments=[N, seed])) for seed in (3, 3, 4))
    assert (first == same).all()
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.05
    assert abs(first.mean()) < 0.06
    assert abs(first.std() - 1) < 0.05
    assert 0.66 < (np.abs(first) < 1).mean() < 0.71


def test_a_stroke_is_a_soft_capsule_and_its_pieces_do_not_add_up() -> None:
    y, x = np.mgrid[:N, :N]
    ends, thickness = [[10.3, 12.0], [40.5, 30.2]], 4
    a, b = np.array(ends)
    t = np.clip(((x - a[0]) * (b - a)[0] + (y - a[1]) * (b - a)[1]) / ((b - a) ** 2).sum(), 0, 1)
    distance = np.hypot(x - a[0] - t * (b - a)[0], y - a[1] - t * (b - a)[1])
    wanted = np.clip(thickness / 2 + 0.5 - distance, 0, 1)
    once = {"points": ends, "thickness": thickness, "ink": 1}
    again = {**once, "points": ends + ends[:1] + ends[1:]}
    for stroke in (once, again):
        result = run("lineSheet", size=N, strokes=[stroke], values=[0] * N * N, background=0)
        np.testing.assert_allclose(np.reshape(result["picture"], (N, N)), wanted, rtol=0, atol=1e-9)
        assert result["undo"]
        assert not result["blank"]


def test_dark_ink_the_eraser_undo_and_clear() -> None:
    stroke = {"points": [[32, 32]], "thickness": 10}
    paper = np.random.default_rng(0).uniform(size=N * N)

    def middle(*strokes: dict) -> float:
        result = run("lineSheet", size=N, strokes=strokes, values=paper.tolist(), background=0.25)
        assert result["picture"][0] == paper[0]
        return result["picture"][32 * N + 32]

    bright, dark, erased = ({**stroke, "ink": ink} for ink in (1, 0, None))
    assert middle(bright) == 1
    assert middle(bright, dark) == 0
    assert middle(bright, erased) == 0.25
    assert middle(bright, erased, {"act": "undo"}) == 1
    assert middle(bright, {"act": "clear"}) == paper[32 * N + 32]
    assert middle(bright, {"act": "clear"}, {"act": "undo"}) == 1
    assert middle({"act": "undo"}) == paper[32 * N + 32]


@pytest.mark.parametrize("angle", [0, 20, 45, 90, 133, 179])
def test_the_direction_of_lines_is_found(angle: float) -> None:
    lines = {
        "count": 2, "angle": angle, "thickness": 4, "length": 0.9, "contrast": -0.5, "background": 0.7, "seed": 5,
    }  # fmt: skip
    answer = run("laboratory", data=net(np.random.default_rng(0)), lines=lines, wave={})
    off = abs(answer["direction"] - angle) % 180
    assert min(off, 180 - off) < 2


def test_a_flat_picture_has_no_direction() -> None:
    assert run("laboratoryCall", name="lineDirection", arguments=[[0.5] * 256, 16]) is None
    assert run("laboratoryCall", name="isFlat", arguments=[[0.5] * 256])
    assert not run("laboratoryCall", name="isFlat", arguments=[[0.5] * 255 + [0.6]])


# --- search, kernels, passbands ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cos", "one"])
@pytest.mark.parametrize("seed", range(3))
def test_the_search_tells_the_first_frequency_that_gives_another_class(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    data, x = net(rng, zero_sum=True), torch.from_numpy(rng.uniform(size=(N, N)))
    wave = settings(rng, kind)
    found = run("laboratorySearch", data=data, picture=x.ravel().tolist(), wave=wave)
    clean = by_torch(data, x)
    winner = int(clean["scores"].argmax())
    assert found["winner"] == winner
    assert found["probability"] == pytest.approx(float(clean["probabilities"][winner]), abs=1e-9)
    frequencies = [i / 128 for i in range(1, 65)]
    answers = [by_torch(data, x * factor({**wave, "frequency": f})) for f in frequencies]
    chances = [float(one["probabilities"][winner]) for one in answers]
    flips = [f for f, one in zip(frequencies, answers, strict=True) if int(one["scores"].argmax()) != winner]
    assert [one["frequency"] for one in found["tried"]] == frequencies
    np.testing.assert_allclose([one["probability"] for one in found["tried"]], chances, rtol=0, atol=1e-9)
    assert found["first"] == (flips[0] if flips else None)
    assert found["flips"] == len(flips)
    assert found["surest"]["probability"] == min(one["probability"] for one in found["tried"])


def test_zero_sum_kernels_stay_so_when_a_weight_changes() -> None:
    weight = np.random.default_rng(0).normal(size=81)
    zero = np.array(run("laboratoryCall", name="withoutMean", arguments=[weight.tolist()]))
    np.testing.assert_allclose(zero, weight - weight.mean(), rtol=0, atol=1e-12)
    kept = np.array(run("laboratoryCall", name="withWeight", arguments=[zero.tolist(), 40, 7, True]))
    assert kept[40] == 7
    assert abs(kept.sum()) < 1e-9
    np.testing.assert_allclose(np.delete(kept - zero, 40), -(7 - zero[40]) / 80, rtol=0, atol=1e-12)
    free = np.array(run("laboratoryCall", name="withWeight", arguments=[zero.tolist(), 40, 7, False]))
    assert (np.delete(free, 40) == np.delete(zero, 40)).all()
    assert run("total", values=zero.tolist()) == 0


def test_the_outline_of_a_passband_is_where_the_gain_has_its_level() -> None:
    n, radius = 64, 12.3
    y, x = np.mgrid[:n, :n]
    gain = np.hypot(x - 32, y - 32) * -1.0
    (line,) = run("laboratoryCall", name="contour", arguments=[gain.ravel().tolist(), n, -radius])
    points = np.array(line)
    np.testing.assert_allclose(np.hypot(*(points - 32).T), radius, atol=0.05)
    assert (points[0] == points[-1]).all()
    assert np.hypot(*np.diff(points, axis=0).T).max() < 1.5
    assert run("laboratoryCall", name="contour", arguments=[gain.ravel().tolist(), n, 1]) == []
    half = run("laboratoryCall", name="contour", arguments=[x.astype(float).ravel().tolist(), n, 20.25])
    assert len(half) == 1  # an open line, from edge to edge
    assert sorted(point[1] for point in half[0]) == list(range(n))


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.125", 0.125), ("1/8", 0.125), ("0,25", 0.25), (".5", 0.5), ("½", 0.5), ("-0", 0), (" 0 ", 0)],
)
def test_a_typed_frequency_is_read(text: str, value: float) -> None:
    assert run("laboratoryCall", name="parseWave", arguments=["frequency", text]) == value


RULES = {
    "frequency": "The frequency must be a number from 0 to ½ cycles per pixel, such as 0.125 or 1/8",
    "angle": "The direction must be a number from 0 to 180 degrees",
    "phase": "The phase must be a number from 0 to 360 degrees",
    "amplitude": "The amplitude a must be a number from 0 to 5",
}


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("frequency", "0.7", " Beyond ½ the pixels no longer follow the wave"),
        ("frequency", "-0.1", ""),
        ("frequency", "NaN", ""),
        ("frequency", "1/0", ""),
        ("angle", "181", ""),
        ("phase", "Infinity", ""),
        ("amplitude", "", ""),
        ("amplitude", "1e1", ""),
    ],
)
def test_what_the_wave_cannot_be_is_told(name: str, text: str, why: str) -> None:
    error = run_all([{"program": "laboratoryCall", "name": "parseWave", "arguments": [name, text]}])[0]["error"]
    message = f"Error: {RULES[name]}, not “{text}”."
    assert error.startswith(message + why)
    assert why or error == message


BAD = [
    ("size", 48, "size must be a power of two from 16 to 128, got 48"),
    ("size", 8, "size must be a power of two from 16 to 128, got 8"),
    ("tau", 0, "tau must be more than 0, got 0"),
    ("tau", "1", 'tau must be a finite number, got "1"'),
    ("zero_sum", 1, "zero_sum must be true or false, got 1"),
    ("padding", "same", 'padding must be valid, got "same"'),
    ("pooling", "max", 'pooling must be mean, got "max"'),
    ("seed", -1, "seed must be a whole number of at least 0, got -1"),
    ("classes", ["a"], 'classes must be two texts, got ["a"]'),
    ("kernels", [[[1.0] * 7] * 7] * 2, 'kernels must be 2 × 9 × 9 numbers, got "2 × 7 × 7"'),
    ("kernels", [[[100.0] * 9] * 9] * 2, "kernels must be within −99 and 99, got 100"),
    ("bias", [1, 2, 3], 'bias must be 2 numbers, got "3"'),
    ("bias", [1, None], "bias must be a finite number, got null"),
    ("W", [1, 2], 'W must be 2 × 2 numbers, got "2"'),
    ("c", [], "c must be nested lists of numbers or {shape, float32}, got []"),
    ("start", {"kind": "photo"}, 'start.kind must be one of lines, empty, picture, got "photo"'),
    ("start", {"kind": "lines", "count": 9}, "start.count must be a whole number from 0 to 8, got 9"),
    ("start", {"kind": "lines", "angle": -3}, "start.angle must be from 0 to 180, got -3"),
    ("start", {"kind": "picture", "pixels": "AAAA"}, "start.pixels must be 64 × 64 = 4096 bytes in base64, got"),
    ("start", {"kind": "empty", "wave": {"kind": "sin"}}, 'start.wave.kind must be one of off, cos, one, got "sin"'),
    ("start", {"kind": "empty", "wave": {"frequency": 0.6}}, "start.wave.frequency must be from 0 to 0.5, got 0.6"),
]


@pytest.mark.parametrize(("field", "value", "message"), BAD)
def test_data_that_do_not_fit_are_an_error_that_names_the_field(field: str, value: object, message: str) -> None:
    data = net(np.random.default_rng(0))
    fine, bad = run_all([{"program": "laboratoryRead", "data": d} for d in (data, broken(data, field, value))])
    assert "answer" in fine
    assert bad["error"].startswith(f"Error: {message}")


def test_a_start_may_be_a_picture_or_an_empty_page() -> None:
    data = net(np.random.default_rng(0))
    pixels = np.random.default_rng(1).integers(0, 256, N * N, dtype=np.uint8)
    given = {"kind": "picture", "pixels": encode(pixels)}
    picture, empty = (
        run("laboratoryRead", data={**copy.deepcopy(data), "start": start})["start"]
        for start in (given, {"kind": "empty", "noise": 0.2})
    )
    np.testing.assert_allclose(picture["given"], pixels / 255)
    assert empty["given"] is None
    assert (empty["lines"]["count"], empty["lines"]["noise"], empty["wave"]["kind"]) == (0, 0, "off")
