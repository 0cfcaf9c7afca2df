"""The line laboratory in Chromium: drawing by mouse, finger and keys, lines from sliders, the wave, the kernels."""

from __future__ import annotations

import re
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect
from tests.browser import test_live_figures as live
from torch.nn import functional

from cnnbook import plotting

visit, browser, site = live.visit, live.browser, live.site
N = 64


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    return visit("line-laboratory")


def values(page: Page, name: str) -> np.ndarray:
    """Return the picture or what the net sees of it."""
    read = "name => Array.from(document.querySelector('.live-figure').figure[name]())"
    return np.reshape(page.evaluate(read, name), (N, N)).astype(float)


def answer(page: Page) -> dict:
    return page.evaluate(
        """() => { const {answer} = document.querySelector('.live-figure').figure.state;
        return {...answer, after: answer.after.map((map) => Array.from(map)), before: null}; }"""
    )


def kernels(page: Page) -> np.ndarray:
    read = "document.querySelector('.live-figure').figure.net().kernels.map((kernel) => Array.from(kernel))"
    return np.reshape(page.evaluate(read), (2, 9, 9))


def by_torch(weights: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    data = live.line_laboratory()
    bias, c, w = (torch.tensor(data[name], dtype=torch.float64) for name in ("bias", "c", "W"))
    maps = functional.conv2d(torch.from_numpy(x)[None, None], torch.from_numpy(weights)[:, None], bias)[0].relu()
    pooled = maps.mean((1, 2))
    return {"after": maps.numpy(), "pooled": pooled.numpy(), "scores": (w @ pooled + c).numpy()}


def check(page: Page) -> dict:
    """Compare the figure's numbers, and those that it writes, with torch."""
    now = answer(page)
    wanted = by_torch(kernels(page), values(page, "seen"))
    for name, numbers in wanted.items():
        np.testing.assert_allclose(np.reshape(now[name], numbers.shape), numbers, rtol=0, atol=1e-9)
    means = page.locator(".lf-lane-mean b").all_text_contents()
    assert means == [f"{mean:.3f}" for mean in wanted["pooled"]]
    for line, score in zip(page.locator(".lf-sum-line").all_text_contents(), wanted["scores"], strict=True):
        assert re.search(r"[=≈] (.*)$", line)[1] == written(score, 3)
    return now


def written(value: float, digits: int) -> str:
    text = f"{abs(value):.{digits}f}"
    return ("−" if value < 0 and float(text) else "") + text


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).check()


def empty(page: Page) -> None:
    page.get_by_role("button", name="Empty").click()
    choose(page, "off")


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a pixel's middle is on the page."""
    box = live.box_of(page.locator(".lf-pad canvas"))
    return box["x"] + (x + 0.5) * box["width"] / N, box["y"] + (y + 0.5) * box["height"] / N


def drag(page: Page, *points: tuple[float, float]) -> None:
    page.locator(".lf-pad").scroll_into_view_if_needed()
    page.mouse.move(*at(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(page, *point))
    page.mouse.up()


def test_the_first_sight_agrees_with_torch_and_says_the_seed(page: Page) -> None:
    now = check(page)
    assert now["winner"] == 1
    expect(page.locator(".lf-readout")).to_contain_text("The net says horizontal")
    expect(page.locator(".lf-best")).to_contain_text("horizontal")
    expect(page.locator(".lf-net-tools")).to_contain_text("trained, seed 1")
    expect(page.locator(".lf-without")).to_contain_text("without the wave: horizontal")


def test_a_line_by_mouse_is_seen_at_once_and_its_class_is_told(page: Page) -> None:
    empty(page)
    drag(page, (30, 6), (30, 30), (31, 58))
    assert check(page)["winner"] == 0
    picture = values(page, "picture")
    assert picture[10:50, 30].min() > 0.9
    assert picture[:, 40:].max() == 0
    drawn = live.canvas(page, ".lf-pad canvas")[..., 0]
    np.testing.assert_allclose(drawn, picture * 255, atol=2.1)
    page.get_by_role("button", name="Empty").click()
    drag(page, (6, 30), (58, 30))
    assert check(page)["winner"] == 1
    expect(page.locator(".lf-readout")).to_contain_text("The net says horizontal, 9")


def test_the_pen_has_a_width_and_inks_and_strokes_are_undone(page: Page) -> None:
    empty(page)
    page.get_by_role("slider", name="Width").fill("8")
    drag(page, (10, 20), (50, 20))
    thick = values(page, "picture")
    assert thick[17:24, 30].min() == pytest.approx(1)
    page.get_by_role("radio", name="erase").check()
    drag(page, (10, 20), (50, 20))
    assert values(page, "picture").max() < 1
    assert values(page, "picture")[20, 10:50].max() == 0
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    np.testing.assert_array_equal(values(page, "picture"), thick)
    undo.click()
    expect(page.locator(".lf-readout")).to_contain_text("Draw something")


def test_an_empty_picture_has_the_score_of_the_biases_only(page: Page) -> None:
    empty(page)
    expect(page.locator(".lf-readout")).to_have_text(
        re.compile("^Draw something: an empty picture gives both classes the score of the biases only.")
    )
    check(page)
    page.get_by_role("slider", name="Background").fill("0.5")
    expect(page.locator(".lf-readout")).to_contain_text("the score of the biases only")  # Σ w = 0
    page.get_by_role("button", name="Find the frequency").click()
    expect(page.locator(".lf-found")).to_contain_text("Draw a line first")


def test_keys_move_the_pen_and_space_draws(page: Page) -> None:
    empty(page)
    page.locator(".lf-pad").focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".lf-readout")).to_contain_text("Pen up at row 24, column 32, where the picture is 0.00.")
    assert values(page, "picture").max() == 0
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".lf-readout")).to_contain_text("Pen down at row 48")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    picture = values(page, "picture")
    assert picture[24:49, 32].min() == 1
    assert picture[:, 36:].max() == 0
    assert check(page)["winner"] == 0


def test_sliders_make_lines_and_the_pen_stays_on_top(page: Page) -> None:
    choose(page, "off")
    angle = page.get_by_role("slider", name="Angle")
    angle.fill("90")
    assert check(page)["winner"] == 0
    drag(page, (4, 4), (4, 4))
    dot = values(page, "picture")[4, 4]
    before = values(page, "picture")
    page.get_by_role("button", name="Other places").click()
    expect(page.locator(".lf-seed")).to_contain_text("seed 1")
    assert (values(page, "picture") != before).mean() > 0.9  # noise is of the seed, too
    page.get_by_role("slider", name="Noise").fill("0")
    assert values(page, "picture")[4, 4] == 1
    assert dot > 0.8
    page.get_by_role("slider", name="Lines").fill("0")
    assert (values(page, "picture") > 0).sum() < 20  # the pen's dot only
    page.get_by_role("button", name="Start over").click()
    assert live.state(page)["lines"]["angle"] == 0
    assert live.state(page)["wave"]["kind"] == "cos"


@pytest.mark.parametrize("kind", ["cos", "1 + a·cos"])
def test_the_wave_multiplies_and_the_spectrum_is_that_of_what_is_seen(page: Page, kind: str) -> None:
    choose(page, kind)
    typed = {"Frequency f": ("1/8", 0.125), "Direction θ": ("30", 30), "Phase φ": ("90", 90)}
    if kind != "cos":
        typed["Amplitude a"] = ("2,5", 2.5)
    for name, (text, _) in typed.items():
        field = page.get_by_role("textbox", name=f"{name}, a number")
        field.fill(text)
        field.press("Enter")
    y, x = np.mgrid[:N, :N]
    cosine = np.cos(2 * np.pi / 8 * (x * np.cos(np.pi / 6) + y * np.sin(np.pi / 6)) + np.pi / 2)
    factor = cosine if kind == "cos" else 1 + 2.5 * cosine
    seen = values(page, "seen")
    np.testing.assert_allclose(seen, values(page, "picture") * factor, rtol=0, atol=1e-9)
    check(page)
    size = np.log10(np.abs(np.fft.fftshift(np.fft.fft2(seen))) + 1e-12)
    stops = plotting.look()["activation"]["light"]
    colormap = plt.matplotlib.colors.LinearSegmentedColormap.from_list("activation", stops, N=255)
    top = np.log10(N * N / 2)
    expected = colormap(np.clip((size - top + 3) / 3, 0, 1))[..., :3] * 255
    off = np.abs(live.canvas(page, ".lf-spectrum")[..., :3] - expected).max(-1)
    assert (off > 1.5).mean() < 2e-3  # a value on the border of two entries of the table may fall either way


def test_the_search_finds_the_first_frequency_that_changes_the_class(page: Page) -> None:
    choose(page, "off")
    page.get_by_role("slider", name="Angle").fill("90")
    page.get_by_role("button", name="Find the frequency").click()
    now = live.state(page)
    assert (now["wave"]["kind"], now["wave"]["angle"]) == ("cos", 90)
    assert check(page)["winner"] == 1
    first = now["wave"]["frequency"]
    expect(page.locator(".lf-found")).to_contain_text(f"First “horizontal” at f = {first:.4f}")
    expect(page.locator(".lf-curve svg")).to_be_visible()
    expect(page.locator(".lf-without")).to_contain_text("without the wave: vertical")
    slider = page.get_by_role("slider", name="Frequency f")
    slider.fill(str(first - 1 / 128))
    assert check(page)["winner"] == 0
    expect(page.locator(".lf-curve svg")).to_be_visible()  # the search holds at another frequency,
    page.get_by_role("slider", name="Thickness").fill("5")
    expect(page.locator(".lf-curve svg")).to_have_count(0)  # not for another picture
    expect(page.locator(".lf-found")).to_have_text("")


def test_a_search_may_find_nothing_and_says_so(page: Page) -> None:
    choose(page, "1 + a·cos")
    field = page.get_by_role("textbox", name="Amplitude a, a number")
    field.fill("0.2")
    field.press("Enter")
    page.get_by_role("button", name="Find the frequency").click()
    expect(page.locator(".lf-found")).to_contain_text("None of the 64 frequencies, 1/128 to ½, along 0°, changes")
    assert live.state(page)["wave"]["frequency"] == 0.0625


@pytest.mark.parametrize(
    ("text", "words"),
    [("0.7", "Beyond ½ the pixels no longer follow the wave"), ("abc", "not “abc”"), ("NaN", "not “NaN”")],
)
def test_a_frequency_that_cannot_be_is_refused_in_words(page: Page, text: str, words: str) -> None:
    field = page.get_by_role("textbox", name="Frequency f, a number")
    field.fill(text)
    field.press("Enter")
    alert = page.locator(".lf-problem")
    expect(alert).to_contain_text("The frequency must be a number from 0 to ½ cycles per pixel")
    expect(alert).to_contain_text(words)
    expect(alert).to_contain_text("0.0625 stays.")
    expect(field).to_have_value("0.0625")
    assert live.state(page)["wave"]["frequency"] == 0.0625
    field.fill("0.25")
    expect(alert).to_be_hidden()
    assert live.state(page)["wave"]["frequency"] == 0.25
    check(page)


def test_the_wave_is_dragged_in_the_spectrum(page: Page) -> None:
    box = live.box_of(page.locator(".lf-spectrum-frame"))
    unit = box["width"] / N
    page.mouse.move(box["x"] + 32.5 * unit, box["y"] + 32.5 * unit)
    page.mouse.down()
    page.mouse.move(box["x"] + 32.5 * unit, box["y"] + 48.5 * unit)
    page.mouse.up()
    now = live.state(page)["wave"]
    assert (now["frequency"], now["angle"]) == (0.25, 90)
    check(page)


def test_a_kernel_is_opened_typed_in_dragged_and_brought_back(page: Page) -> None:
    trained = kernels(page)
    opener = page.get_by_role("button", name="Kernel w₀: edit its weights")
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    cells = page.locator(".lf-kernel-editor [role=gridcell]")
    cells.nth(40).click()
    page.keyboard.type("-1/2")
    page.keyboard.press("Enter")
    weights = kernels(page)
    assert weights[0, 4, 4] == -0.5
    assert abs(weights[0].sum()) < 1e-9  # the others share the difference
    check(page)
    expect(page.locator(".lf-net-tools")).to_contain_text("your own weights")
    page.get_by_role("checkbox", name="keep Σ w = 0").uncheck()
    box = live.box_of(cells.nth(0))
    page.mouse.move(box["x"] + 15, box["y"] + 15)
    page.mouse.down()
    page.mouse.move(box["x"] + 15, box["y"] - 15)
    page.mouse.up()
    after = kernels(page)
    assert after[0, 0, 0] == pytest.approx(weights[0, 0, 0] + 0.5)  # five steps of 0.1
    assert after[0].sum() == pytest.approx(0.5)
    expect(page.locator(".lf-lane-kernel small").first).to_have_text("Σ = 0.50")
    check(page)
    cells.nth(3).click()
    page.keyboard.type("1000")
    expect(page.locator(".lf-kernel-editor [role=alert]")).to_contain_text("must be a number from −99 to 99")
    page.keyboard.press("Escape")
    np.testing.assert_allclose(kernels(page), after, atol=1e-12)
    page.get_by_role("button", name="Back to trained").click()
    np.testing.assert_array_equal(kernels(page), trained)
    expect(page.get_by_role("checkbox", name="keep Σ w = 0")).to_be_checked()
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".lf-kernel-editor")).to_have_count(0)
    expect(opener).to_be_focused()


def test_maps_before_and_after_relu(page: Page) -> None:
    after = live.canvas(page, ".lf-lane-map canvas")
    choose(page, "before ReLU")
    before = live.canvas(page, ".lf-lane-map canvas")
    assert (before != after).any()
    expect(page.locator(".lf-heads")).to_contain_text("maps z₁± ")


def test_a_finger_draws_and_beside_the_picture_the_page_scrolls(visit: Callable[..., Page]) -> None:
    page = visit("line-laboratory", **live.PHONE)
    page.get_by_role("button", name="Empty").tap()
    page.evaluate("scrollTo(0, 0)")
    live.drag(page, *(at(page, 30, y) for y in range(8, 56, 6)))
    assert page.evaluate("scrollY") == 0
    assert values(page, "picture")[12:46, 30].min() > 0.9
    box = live.box_of(page.locator(".lf-readout"))
    live.swipe_up(page, box["x"] + 40, box["y"] + 20)
    page.wait_for_function("scrollY > 100")


def test_an_open_kernel_fits_a_phone(visit: Callable[..., Page]) -> None:
    page = visit("line-laboratory", **live.PHONE)
    page.get_by_role("button", name="Kernel w₁").tap()
    page.get_by_role("button", name="Find the frequency").tap()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    cell = live.box_of(page.locator(".lf-kernel-editor [role=gridcell]").nth(80))
    assert cell["x"] + cell["width"] <= 390
    assert cell["width"] >= 36


def mount(page: Page, **changes: object) -> None:
    """Put a figure with other data in the place of the first."""
    page.evaluate(
        """async data => {
        const { render } = await import("/_static/figures/line-laboratory.js");
        const old = document.querySelector(".live-figure"), el = old.cloneNode();
        old.replaceWith(el);
        render({ el, data });
    }""",
        {**live.line_laboratory(), **changes},
    )


def test_a_picture_to_start_with_is_as_it_was_given_until_a_slider_moves(page: Page) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (N, N), dtype=np.uint8)
    mount(page, start={"kind": "picture", "pixels": live.encode(pixels), "noise": 0.1})
    np.testing.assert_allclose(values(page, "picture"), pixels / 255, rtol=0, atol=1e-12)
    expect(page.locator(".lf-seed")).to_contain_text("the book’s picture")
    check(page)
    page.get_by_role("slider", name="Angle").fill("45")
    assert np.abs(values(page, "picture") - pixels / 255).max() > 0.5
    page.get_by_role("button", name="Start over").click()
    np.testing.assert_allclose(values(page, "picture"), pixels / 255, rtol=0, atol=1e-12)


def test_without_zero_sum_a_grey_page_is_a_signal_and_is_told(page: Page) -> None:
    ones = np.full((2, 9, 9), 0.1).tolist()
    mount(page, kernels=ones, zero_sum=False, start={"kind": "empty"}, bias=[0, 0], c=[0, 0], tau=20)
    expect(page.locator(".lf-readout")).to_contain_text("the score of the biases only")
    page.get_by_role("slider", name="Background").fill("0.5")
    expect(page.locator(".lf-readout")).to_contain_text("one value, the bias plus 0.50 · Σ w")
    assert answer(page)["pooled"] == pytest.approx([4.05, 4.05])
    page.get_by_role("slider", name="Lines").fill("2")
    expect(page.locator(".lf-readout")).to_have_text("The net cannot decide: both scores are 0.00.")
    page.get_by_role("radio", name="cos", exact=True).check()
    expect(page.locator(".lf-readout")).to_contain_text("The net cannot decide")
    page.get_by_role("button", name="Find the frequency").click()
    expect(page.locator(".lf-found")).to_contain_text("The net cannot decide on this picture")
