"""From dense to Toeplitz in Chromium: settings, units and lines, the matrix, and what changes when one is moved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect
from tests.browser import test_live_figures as live
from torch.nn import functional

visit, browser, site = live.visit, live.browser, live.site
CARDS = {
    "full": "fully connected", "local": "locally connected",
    "zeros": "shared, zeros outside", "circular": "shared, circular",
}  # fmt: skip


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    return visit("dense-to-toeplitz")


def choose(page: Page, setting: str) -> None:
    page.get_by_role("radio", name=CARDS[setting]).check(force=True)


def answer(page: Page) -> tuple[np.ndarray, np.ndarray]:
    """Return W (8, 8) and y (8) as the figure has them."""
    weights, outputs = page.evaluate(
        """() => { const {answer} = document.querySelector('.live-figure').figure.state;
        return [Array.from(answer.weights), Array.from(answer.outputs)]; }"""
    )
    return np.reshape(weights, (8, 8)), np.array(outputs)


def place(page: Page) -> tuple[int, int]:
    now = live.state(page)
    return now["row"], now["column"]


def entry(page: Page, row: int, column: int) -> tuple[float, float]:
    """Return the middle of an entry of the matrix on the page."""
    box = live.box_of(page.locator(".lf-matrix :is(.lf-entry, .lf-no-entry)").nth(8 * row + column))
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def written(value: float, digits: int = 2) -> str:
    text = f"{abs(value):.{digits}f}"
    return ("−" if value < 0 and float(text) else "") + text


def unit_values(page: Page) -> list[str]:
    return page.locator(".lf-net .lf-unit-value").all_text_contents()


@pytest.mark.parametrize(
    ("setting", "lines", "parameters", "dotted"),
    [
        ("full", 64, "64 parameters", 0),
        ("local", 22, "22 parameters", 0),
        ("zeros", 22, "3 parameters, Toeplitz", 2),
        ("circular", 24, "3 parameters, circulant", 0),
    ],
)
def test_each_setting_has_its_lines_entries_and_count(
    page: Page, setting: str, lines: int, parameters: str, dotted: int
) -> None:
    choose(page, setting)
    expect(page.locator(".lf-net line:is(.lf-on, .lf-near, .lf-off)")).to_have_count(lines)
    expect(page.locator(".lf-matrix .lf-entry")).to_have_count(lines)
    expect(page.locator(".lf-no-line")).to_have_count(dotted)
    expect(page.locator(".lf-beyond")).to_have_count(2 if setting in ("zeros", "circular") else 0)
    card = page.locator(".lf-cards label").nth(list(CARDS).index(setting))
    expect(card.locator("small")).to_have_text(parameters)
    expect(page.locator(".lf-note")).to_contain_text("Biases are left out.")
    weights, outputs = answer(page)
    np.testing.assert_allclose(outputs, weights @ live.dense_to_toeplitz()["input"], rtol=0, atol=1e-12)
    assert unit_values(page) == [written(value) for value in outputs]


@pytest.mark.parametrize(("setting", "mode"), [("zeros", "constant"), ("circular", "circular")])
def test_the_shared_settings_convolve(page: Page, setting: str, mode: str) -> None:
    choose(page, setting)
    data = live.dense_to_toeplitz()
    x, w = (torch.tensor(data[name], dtype=torch.float64)[None, None] for name in ("input", "taps"))
    expected = functional.conv1d(functional.pad(x, (1, 1), mode=mode), w)[0, 0].numpy()
    np.testing.assert_allclose(answer(page)[1], expected, rtol=0, atol=1e-12)


def test_the_local_weights_are_the_band_of_the_free_ones_and_stay(page: Page) -> None:
    full = answer(page)[0]
    choose(page, "local")
    np.testing.assert_array_equal(answer(page)[0], np.triu(np.tril(full, 1), -1))
    choose(page, "circular")
    choose(page, "full")
    np.testing.assert_array_equal(answer(page)[0], full)


def test_lines_are_as_wide_as_weights_and_negative_ones_dashed(page: Page) -> None:
    weights = answer(page)[0].ravel()
    drawn = page.locator(".lf-net line:is(.lf-on, .lf-near, .lf-off)")
    widths = [float(one.get_attribute("stroke-width") or 0) for one in drawn.all()]
    np.testing.assert_allclose(widths, np.maximum(0.6, 2.6 * np.abs(weights)), atol=1e-9)
    dashed = [one.get_attribute("stroke-dasharray") != "none" for one in drawn.all()]
    assert dashed == (weights < 0).tolist()


def test_a_pointer_on_an_entry_lights_its_line_and_on_a_line_its_entry(page: Page) -> None:
    before = page.locator(".lf-readout").inner_text()
    page.mouse.move(*entry(page, 6, 1))
    expect(page.locator(".lf-readout")).to_contain_text("from x[1] to y[6]")
    expect(page.locator(".lf-net line.lf-on")).to_have_count(1)
    line = page.locator(".lf-net line.lf-on")
    y1, y2 = (float(line.get_attribute(name) or 0) for name in ("y1", "y2"))
    assert y2 - y1 == 5 * 36
    page.mouse.move(5, 5)
    expect(page.locator(".lf-readout")).to_have_text(before)  # the chosen one is back
    choose(page, "local")
    box = live.box_of(page.locator(".lf-net circle.lf-line-output").nth(2))
    page.mouse.move(box["x"] - 30, box["y"] + box["height"] / 2)
    expect(page.locator(".lf-readout")).to_contain_text("from x[2] to y[2]")
    picked = live.box_of(page.locator(".lf-matrix .lf-pick"))
    x, y = entry(page, 2, 2)
    assert (picked["x"] + picked["width"] / 2, picked["y"] + picked["height"] / 2) == (
        pytest.approx(x, abs=1), pytest.approx(y, abs=1),
    )  # fmt: skip
    page.mouse.click(box["x"] - 30, box["y"] + box["height"] / 2)
    page.mouse.move(5, 5)
    assert place(page) == (2, 2)


@pytest.mark.parametrize(
    ("setting", "row", "column", "lit"), [("zeros", 4, 3, 7), ("zeros", 4, 4, 8), ("circular", 0, 7, 8)]
)
def test_in_a_shared_setting_the_whole_diagonal_is_lit(
    page: Page, setting: str, row: int, column: int, lit: int
) -> None:
    choose(page, setting)
    page.mouse.click(*entry(page, row, column))
    expect(page.locator(".lf-matrix .lf-lit[visibility=visible]")).to_have_count(lit)
    expect(page.locator(".lf-net line.lf-on")).to_have_count(lit)
    k = {(4, 3): 0, (4, 4): 1, (0, 7): 0}[row, column]
    expect(page.locator(".lf-readout")).to_contain_text(f"W[{row}, {column}] is w[{k}], as on the whole diagonal")


def test_a_tap_moves_its_whole_diagonal(page: Page) -> None:
    choose(page, "zeros")
    page.get_by_role("slider", name="w[2]").fill("-1.5")
    weights, outputs = answer(page)
    np.testing.assert_allclose(np.diag(weights, 1), -1.5)
    np.testing.assert_allclose(np.diag(weights), 1)
    assert unit_values(page) == [written(value) for value in outputs]
    assert page.locator(".lf-entry-text").all_text_contents().count("−1.5") == 7
    page.get_by_role("radio", name="5", exact=True).check(force=True)
    expect(page.get_by_role("slider", name="w[")).to_have_count(5)
    np.testing.assert_allclose(np.diag(answer(page)[0], 1), -1.5)  # in the middle nothing has changed
    expect(page.locator(".lf-beyond")).to_have_count(4)
    page.get_by_role("slider", name="w[0]").fill("0.7")
    np.testing.assert_allclose(np.diag(answer(page)[0], -2), 0.7)
    page.get_by_role("radio", name="3", exact=True).check(force=True)
    np.testing.assert_allclose(np.diag(answer(page)[0], 1), -1.5)
    expect(page.locator(".lf-note")).to_contain_text("3 parameters, shared by 22 connections (2 taps fall on zeros")


def test_focus_on_a_tap_shows_its_diagonal(page: Page) -> None:
    choose(page, "zeros")
    page.get_by_role("slider", name="w[0]").focus()
    expect(page.locator(".lf-matrix .lf-lit[visibility=visible]")).to_have_count(7)
    assert place(page) == (3, 2)


def test_a_free_weight_is_the_readers_own_and_changes_one_output(page: Page) -> None:
    weights, outputs = answer(page)
    page.mouse.click(*entry(page, 5, 2))
    page.get_by_role("slider", name="W[5, 2]").fill("1.8")
    page.mouse.move(5, 5)
    changed = weights.copy()
    changed[5, 2] = 1.8
    np.testing.assert_allclose(answer(page)[0], changed)
    others = np.arange(8) != 5
    np.testing.assert_array_equal(answer(page)[1][others], outputs[others])
    expect(page.locator(".lf-readout")).to_contain_text("W[5, 2]: 1.8")


def test_the_keyboard_chooses_entries_and_changes_weights(page: Page) -> None:
    page.locator(".lf-matrix").focus()
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    assert place(page) == (4, 1)
    before = answer(page)[0][4, 1]
    for key in ("+", "+", "-"):
        page.keyboard.press(key)
    assert answer(page)[0][4, 1] == pytest.approx(before + 0.1)
    for _ in range(10):
        page.keyboard.press("Shift+ArrowUp")
    assert place(page) == (0, 1)
    choose(page, "local")
    page.locator(".lf-matrix").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".lf-readout")).to_contain_text("W[0, 4] = 0: no connection from x[4] to y[0].")
    expect(page.get_by_role("slider", name="W[0, 4]")).to_be_disabled()
    page.keyboard.press("+")
    assert answer(page)[0][0, 4] == 0


def test_new_random_weights_are_others_and_come_from_the_next_seed(page: Page) -> None:
    before = answer(page)[0]
    page.get_by_role("button", name="New random weights").click()
    after = answer(page)[0]
    assert (before == after).mean() < 0.3
    assert live.state(page)["seed"] == 4
    page.evaluate("document.querySelector('.live-figure').figure.change({seed: 3})")
    np.testing.assert_array_equal(answer(page)[0], before)


def test_an_input_changes_all_outputs_at_once_and_the_sum_is_written_out(page: Page) -> None:
    choose(page, "zeros")
    knob = page.get_by_role("slider", name="x[4]")
    knob.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    x = list(live.dense_to_toeplitz()["input"])
    x[4] = 0.7
    weights, outputs = answer(page)
    np.testing.assert_allclose(outputs, weights @ x, rtol=0, atol=1e-9)
    expect(page.locator(".lf-terms-line")).to_have_text(f"y[3] = −0.6·1 + 1·1.2 + 0.3·0.7 = {written(outputs[3])}")
    page.mouse.click(*entry(page, 0, 0))
    expect(page.locator(".lf-terms-line")).to_have_text(f"y[0] = −0.6·0 + 1·0 + 0.3·0.2 = {written(outputs[0])}")


def test_a_finger_drags_an_input_and_scrolls_over_the_units(visit: Callable[..., Page]) -> None:
    page = visit("dense-to-toeplitz", **live.PHONE)
    knob = live.box_of(page.locator(".lf-knob").first)
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    live.drag(page, (x, y), *((x + 4 * i, y + (i > 4)) for i in range(1, 9)))
    assert live.state(page)["input"][0] > 1
    assert page.evaluate("scrollY") == 0
    net = live.box_of(page.locator(".lf-net"))
    live.swipe_up(page, net["x"] + net["width"] * 0.6, net["y"] + 200)
    page.wait_for_function("scrollY > 100")
    weight = page.locator(".lf-matrix")
    weight.scroll_into_view_if_needed()
    page.touchscreen.tap(*entry(page, 2, 6))
    assert place(page) == (2, 6)
