"""The shift explorer in Chromium: dragging, the settings, what is said of the difference, and the map of moves."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect
from tests.browser import test_live_figures as live
from torch.nn import functional

visit, browser, site = live.visit, live.browser, live.site
N = 48


def open_figure(visit: Callable[..., Page], **options: object) -> Page:
    return visit("shift-explorer", **options)


def moves_by(page: Page) -> tuple[int, int]:
    return tuple(
        page.evaluate("(({down, right}) => [down, right])(document.querySelector('.live-figure').figure.state)")
    )


def choose(page: Page, group: str, name: str) -> None:
    page.get_by_role("group", name=group, exact=True).get_by_role("radio", name=name, exact=True).check()


def picture() -> torch.Tensor:
    pixels = np.frombuffer(base64.b64decode(live.shift_explorer()["pixels"]), np.uint8)
    return torch.from_numpy(pixels.reshape(N, N) / 255)


def filtered(x: torch.Tensor, kernel: int, padding: str, stride: int) -> torch.Tensor:
    weight = torch.tensor(live.shift_explorer()["kernels"][kernel]["weight"], dtype=torch.float64)
    mode = {"zeros": "constant"}.get(padding, padding)
    padded = functional.pad(x[None, None], (len(weight) // 2,) * 4, mode=mode)
    return functional.conv2d(padded, weight[None, None], stride=stride)[0, 0]


def gap(kernel: int, padding: str, stride: int, down: int, right: int) -> float:
    x = picture()
    after = torch.roll(filtered(x, kernel, padding, stride), (down // stride, right // stride), (0, 1))
    return float((after - filtered(torch.roll(x, (down, right), (0, 1)), kernel, padding, stride)).abs().max())


def test_with_zeros_the_difference_is_at_the_edge_and_without_edge_there_is_none(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    largest = page.get_by_text("largest:")
    expect(largest).to_have_text(f"largest: {gap(0, 'zeros', 1, 3, 5):.3f}")
    expect(page.locator(".lf-readout")).to_contain_text("only where a window crosses the edge; inside the frames")
    assert page.locator(".lf-inside rect").count() == 4  # the moved edge cuts the picture in four
    choose(page, "Padding", "circular")
    expect(largest).to_have_text("largest: 0")
    expect(page.locator(".lf-readout")).to_contain_text("Both ways give the same picture, exactly.")
    assert page.locator(".lf-inside rect").count() == 0
    for padding in ("reflect", "replicate"):
        choose(page, "Padding", padding)
        expect(largest).to_have_text(f"largest: {gap(0, padding, 1, 3, 5):.3f}")


def test_a_stride_that_does_not_divide_the_move_is_told(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "Padding", "circular")
    choose(page, "Stride", "2")
    expect(page.locator(".lf-readout")).to_have_text(
        "Moved 3 px down, 5 px right. With stride 2 the output would have to move by 3/2 and 5/2 of its pixels: there "
        "is no such move. Against 1 down and 2 right, rounded down, it is off by up to "
        f"{gap(0, 'circular', 2, 3, 5):.3f}, anywhere in the picture."
    )
    page.evaluate("document.querySelector('.live-figure').figure.update(-4, 6)")
    expect(page.locator(".lf-readout")).to_have_text(
        "Moved −4 px down, 6 px right. The output moves by −2 and 3 of its pixels. "
        "Both ways give the same picture, exactly."
    )
    choose(page, "Padding", "zeros")
    choose(page, "Stride", "4")
    expect(page.locator(".lf-readout")).to_contain_text("not only at the edge: inside it is up to")
    expect(page.get_by_text("12 × 12")).to_be_visible()


@pytest.mark.parametrize("padding", ["circular", "zeros", "reflect", "replicate"])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_the_map_shows_the_largest_difference_of_each_move(
    visit: Callable[..., Page], padding: str, stride: int
) -> None:
    page = open_figure(visit)
    choose(page, "Padding", padding)
    choose(page, "Stride", str(stride))
    page.wait_for_function("document.querySelectorAll('.lf-map .lf-waits').length === 0")
    values = np.reshape(page.evaluate("document.querySelector('.live-figure').figure.map()"), (9, 9))
    expected = [[gap(0, padding, stride, down, right) for right in range(-4, 5)] for down in range(-4, 5)]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9)
    agrees = page.locator(".lf-map .lf-agrees")
    assert agrees.count() == (values == 0).sum()
    if padding == "circular":
        assert agrees.count() == sum(i % stride == 0 for i in range(-4, 5)) ** 2
    numbers = page.locator(".lf-map text:not(.lf-tick)").all_text_contents()
    assert [text == "0" for text in numbers] == (values == 0).ravel().tolist()


@pytest.mark.parametrize("padding", ["zeros", "reflect", "replicate"])
def test_away_from_the_edge_the_multiples_of_the_stride_agree(visit: Callable[..., Page], padding: str) -> None:
    page = open_figure(visit)
    choose(page, "Padding", padding)
    choose(page, "Stride", "2")
    page.get_by_role("radio", name="inside only").check()
    page.wait_for_function("document.querySelectorAll('.lf-map .lf-waits').length === 0")
    values = np.reshape(page.evaluate("document.querySelector('.live-figure').figure.map()"), (9, 9))
    even = np.arange(-4, 5) % 2 == 0
    assert ((values == 0) == np.outer(even, even)).all()
    assert page.locator(".lf-map .lf-agrees").count() == 25
    page.get_by_role("radio", name="the whole output").check()
    assert page.locator(".lf-map .lf-agrees").count() < 25


def test_a_click_in_the_map_goes_there_and_keys_walk_in_it(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    expect(page.locator(".lf-map .lf-chosen-move")).to_be_hidden()  # (3, 5) is not in it
    cell = page.locator(".lf-map rect").nth(1 * 9 + 6)  # row −3, column 2
    cell.scroll_into_view_if_needed()
    box = live.box_of(cell)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert moves_by(page) == (-3, 2)
    mark = page.locator(".lf-map .lf-chosen-move")
    expect(mark).to_be_visible()
    here = live.box_of(mark)
    assert here["x"] + here["width"] / 2 == pytest.approx(box["x"] + box["width"] / 2, abs=1)
    assert here["y"] + here["height"] / 2 == pytest.approx(box["y"] + box["height"] / 2, abs=1)
    page.locator(".lf-map").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    assert moves_by(page) == (-4, -1)


def test_mouse_keys_and_sliders_move_the_picture(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    page.get_by_role("button", name="Put back").click()
    assert moves_by(page) == (0, 0)
    moved = page.locator(".lf-draggable")
    moved.scroll_into_view_if_needed()
    box = live.box_of(moved)
    unit = box["width"] / N
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 60 + 7 * unit, box["y"] + 60 - 2 * unit)
    page.mouse.up()
    page.mouse.move(box["x"] + 20, box["y"] + 20)  # let go: it stays
    assert moves_by(page) == (-2, 7)
    moved.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert moves_by(page) == (2, 6)
    page.get_by_role("slider", name="Right").fill("-5")
    page.get_by_role("slider", name="Down").fill("24")
    assert moves_by(page) == (24, -5)
    page.keyboard.press("ArrowRight")
    drawn = live.canvas(page, ".lf-draggable canvas")[..., 0]
    down, right = moves_by(page)
    expected = torch.roll(picture(), (down, right), (0, 1)).numpy() * 255
    np.testing.assert_allclose(drawn, expected, atol=1.6)


def test_a_finger_drags_the_picture_and_the_page_stays(visit: Callable[..., Page]) -> None:
    page = open_figure(visit, **live.PHONE)
    page.get_by_role("button", name="Put back").tap()
    page.evaluate("scrollTo(0, 0)")
    box = live.box_of(page.locator(".lf-draggable"))
    x, y, unit = box["x"] + 20, box["y"] + 20, box["width"] / N
    live.drag(page, (x, y), *((x + i * unit, y + 2 * i * unit) for i in range(1, 9)))
    assert moves_by(page) == (16, 8)
    assert page.evaluate("scrollY") == 0
    live.swipe_up(page, 60, 500)  # on the output: nothing to drag there
    page.wait_for_function("scrollY > 100")


def test_the_cells_of_the_map_are_large_enough_for_a_finger(visit: Callable[..., Page]) -> None:
    page = open_figure(visit, **live.PHONE)
    cells = page.locator(".lf-map rect")
    first, second = live.box_of(cells.nth(0)), live.box_of(cells.nth(10))
    assert second["x"] - first["x"] >= live.SMALLEST_TARGET
    assert second["y"] - first["y"] >= live.SMALLEST_TARGET
    cells.nth(0).scroll_into_view_if_needed()
    box = live.box_of(cells.nth(0))
    page.touchscreen.tap(box["x"] + 15, box["y"] + 15)
    assert moves_by(page) == (-4, -4)


@pytest.mark.parametrize("kernel", [0, 1, 2])
def test_the_map_is_made_in_slices_that_leave_the_hand_free(visit: Callable[..., Page], kernel: int) -> None:
    page = open_figure(visit)
    page.wait_for_function("document.querySelector('.live-figure').figure.map().length === 81")
    made = page.evaluate(
        """async kernel => {
        const {figure} = document.querySelector(".live-figure");
        let now = 0;
        performance.now = () => now++;  // a clock on which every position takes a millisecond
        const idle = window.requestIdleCallback;
        const made = [];
        window.requestIdleCallback = act => idle(() => {
            const before = figure.map().length;
            act();
            made.push(figure.map().length - before);
        });
        figure.change({kernel, padding: "replicate"});
        while (figure.map().length < 81) await new Promise(done => setTimeout(done, 5));
        return made;
    }""",
        kernel,
    )
    assert sum(made) == 81
    assert max(made) <= 9  # a ninth of the map at a time, then the hand may move
