"""The convolution stepper in Chromium: window, settings, cells that the reader edits, and the output's size."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from tests.browser import test_live_figures as live
from torch.nn import functional

visit, browser, site = live.visit, live.browser, live.site


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    return visit("convolution-stepper")


def state(page: Page) -> dict:
    return live.state(page)


def place(page: Page) -> tuple[int, int]:
    now = state(page)
    return now["row"], now["column"]


def shown(page: Page) -> list[list[str]]:
    """Return the output's texts, row by row; cells that no window has visited are empty."""
    rows = page.locator(".lf-sheet-out [role=row]")
    return [rows.nth(i).locator("[role=cell]").all_inner_texts() for i in range(rows.count())]


def true_output(stride: int = 1, padding: int = 1, dilation: int = 1, **changed: list) -> torch.Tensor:
    data = live.convolution_stepper() | changed
    x, w = (torch.tensor(data[name], dtype=torch.float64)[None, None] for name in ("input", "kernel"))
    return functional.conv2d(x, w, None, stride, padding, dilation)[0, 0]


def written(values: torch.Tensor) -> list[list[str]]:
    return [[f"{int(value)}".replace("-", "−") for value in row] for row in values]


def choose(page: Page, name: str, value: int) -> None:
    page.get_by_role("group", name=name).get_by_role("radio", name=str(value), exact=True).check(force=True)


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator(".lf-step-stage [role=row]").nth(row).locator("[role=gridcell]").nth(column)


def middle(target: Locator) -> tuple[float, float]:
    box = live.box_of(target)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_first_sight_is_an_output_filled_down_to_the_window(page: Page) -> None:
    expected = written(true_output())
    flat = [text for row in shown(page) for text in row]
    assert flat[:16] == [text for row in expected for text in row][:16]
    assert set(flat[16:]) == {""}
    expect(page.locator(".lf-readout")).to_have_text(
        f"Output row 2, column 3 = {expected[2][3]}. The window reads input rows 1 to 3, columns 2 to 4."
    )


def test_the_products_and_their_sum_are_written_out(page: Page) -> None:
    data = live.convolution_stepper()
    patch = [row[2:5] for row in data["input"][1:4]]
    pairs = [(x, w) for xs, ws in zip(patch, data["kernel"], strict=True) for x, w in zip(xs, ws, strict=True)]
    terms = page.locator(".lf-term")
    assert [text.split("\n") for text in terms.all_inner_texts()] == [
        [f"{x} × {w}".replace("-", "−"), f"{x * w}".replace("-", "−")] for x, w in pairs
    ]
    total = f"{sum(x * w for x, w in pairs)}".replace("-", "−")
    expect(page.locator(".lf-totals")).to_have_text(f"={total}")
    label = " + ".join(f"{x} × {w}".replace("-", "−") for x, w in pairs)
    expect(page.locator(".lf-terms")).to_have_attribute("aria-label", f"{label} = {total}")


def test_steps_go_row_by_row_and_stop_at_both_ends(page: Page) -> None:
    page.get_by_role("button", name="Start over").click()
    assert place(page) == (0, 0)
    assert sum(text != "" for row in shown(page) for text in row) == 1
    page.get_by_role("button", name="Previous").click()
    assert place(page) == (0, 0)
    for _ in range(8):
        page.get_by_role("button", name="Next").click()
    assert place(page) == (1, 2)
    assert [bool(text) for row in shown(page) for text in row] == [True] * 9 + [False] * 27
    page.get_by_role("button", name="Fill all").click()
    assert shown(page) == written(true_output())
    for _ in range(40):
        page.get_by_role("button", name="Next").click()
    assert place(page) == (5, 5)


def test_arrow_keys_move_the_window_and_stop_at_the_edge(page: Page) -> None:
    page.locator(".lf-grip").focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert place(page) == (3, 4)
    page.keyboard.press("Shift+ArrowLeft")
    assert place(page) == (3, 1)
    for _ in range(5):
        page.keyboard.press("Shift+ArrowUp")
    assert place(page) == (0, 1)


def test_a_drag_moves_the_window_and_fills_its_way(page: Page) -> None:
    page.get_by_role("button", name="Start over").click()
    page.mouse.move(*middle(page.locator(".lf-grip")))
    page.mouse.down()
    page.mouse.move(*middle(cell(page, 0, 5)))  # one jump, as of a quick hand
    page.mouse.up()
    assert place(page) == (0, 5)
    assert all(shown(page)[0])
    assert not any(shown(page)[1])
    page.mouse.move(*middle(cell(page, 4, 4)))  # beside the window: it comes
    page.mouse.down()
    page.mouse.move(*middle(cell(page, 4, 3)))
    page.mouse.up()
    assert place(page) == (4, 3)
    expect(page.locator(".lf-editor")).to_have_count(0)  # a drag opens no cell


def test_a_click_on_the_output_brings_the_window(page: Page) -> None:
    page.get_by_role("button", name="Start over").click()
    page.locator(".lf-sheet-out [role=row]").nth(4).locator("[role=cell]").nth(1).click()
    assert place(page) == (4, 1)
    assert sum(text != "" for row in shown(page) for text in row) == 2  # no way between
    expect(page.locator(".lf-readout")).to_contain_text("The window reads input rows 3 to 5, columns 0 to 2.")


@pytest.mark.parametrize(
    ("stride", "padding", "dilation"), [(1, 0, 1), (2, 0, 1), (3, 1, 1), (2, 2, 2), (1, 2, 3), (3, 2, 3)]
)
def test_the_settings_give_the_output_of_torch_and_the_formula_its_size(
    page: Page, stride: int, padding: int, dilation: int
) -> None:
    page.get_by_role("button", name="Fill all").click()
    choose(page, "stride S", stride)
    choose(page, "padding P", padding)
    choose(page, "dilation D", dilation)
    expected = true_output(stride, padding, dilation)
    assert shown(page) == written(expected)  # still all of it
    size = len(expected)
    expect(page.locator(".lf-role-output small")).to_have_text(f"{size} × {size}")
    room = 6 + 2 * padding - dilation * 2 - 1
    expect(page.locator(".lf-formula")).to_have_text(
        "H′ = ⌊(H + 2P − D(M − 1) − 1) / S⌋ + 1 "
        f"= ⌊(6 + 2·{padding} − {dilation}·(3 − 1) − 1) / {stride}⌋ + 1 = ⌊{room} / {stride}⌋ + 1 = {size}"
    )
    assert page.locator(".lf-ring > div").count() == (6 + 2 * padding) ** 2 - 36


def test_cells_that_no_window_reads_are_struck_through_and_counted(page: Page) -> None:
    choose(page, "padding P", 0)
    expect(page.locator(".lf-step-stage .lf-struck")).to_have_count(0)
    expect(page.locator(".lf-note")).to_have_text("")
    choose(page, "stride S", 2)  # 6 cells, windows at 0 and 2: the last row and column are left over
    expect(page.locator(".lf-step-stage .lf-struck")).to_have_count(11)
    expect(page.locator(".lf-note")).to_have_text("11 of the 36 cells are read by no window; they are struck through.")


def test_where_no_window_fits_one_sentence_says_why_and_nothing_is_lost(page: Page) -> None:
    choose(page, "padding P", 0)
    choose(page, "dilation D", 3)
    sentence = (
        "No output: the window spans 7 × 7 cells, D(M − 1) + 1 = 7, and must not exceed the input, 6 × 6. "
        "Choose more padding or less dilation."
    )
    expect(page.locator(".lf-nothing")).to_have_text(sentence)
    expect(page.locator("[role=status]")).to_have_text(sentence)
    expect(page.locator(".lf-formula")).to_contain_text("= ⌊−1 / 1⌋ + 1 = 0 < 1")
    for name in ("Next", "Previous", "Fill all", "Start over"):
        page.get_by_role("button", name=name).click()
    page.locator(".lf-grip").focus()
    page.keyboard.press("ArrowDown")
    choose(page, "dilation D", 1)
    page.get_by_role("button", name="Fill all").click()
    assert shown(page) == written(true_output(padding=0))


def test_a_cell_is_opened_by_click_and_takes_a_number_at_once(page: Page) -> None:
    page.get_by_role("button", name="Fill all").click()
    cell(page, 0, 0).click()
    editor = page.get_by_role("textbox", name="Input, row 0, column 0")
    expect(editor).to_be_focused()
    page.keyboard.type("-7")
    changed = [list(row) for row in live.convolution_stepper()["input"]]
    changed[0][0] = -7
    assert shown(page) == written(true_output(input=changed))
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    expect(editor).to_have_value("−5")
    page.keyboard.press("Enter")
    expect(editor).to_have_count(0)
    changed[0][0] = -5
    assert shown(page) == written(true_output(input=changed))
    page.get_by_role("button", name="Restore the numbers").click()
    assert shown(page) == written(true_output())


def test_under_the_window_a_cell_can_be_opened_too(page: Page) -> None:
    page.mouse.click(*middle(cell(page, 2, 3)))
    expect(page.get_by_role("textbox", name="Input, row 2, column 3")).to_be_focused()
    assert place(page) == (2, 3)
    page.keyboard.press("Tab")
    expect(page.locator(".lf-editor")).to_have_count(0)


def test_what_is_no_number_is_named_and_the_old_one_stays(page: Page) -> None:
    cell(page, 1, 1).click()
    page.keyboard.type("abc")
    alarm = page.locator(".lf-alarm")
    expect(alarm).to_have_text("A cell takes a number from −99 to 99, such as 3, −1.5 or 1/9, not “abc”. The 9 stays.")
    expect(page.locator(".lf-editor")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Enter")
    expect(cell(page, 1, 1)).to_have_text("9")
    page.keyboard.type("100")
    expect(alarm).to_contain_text("not “100”. The 10 stays.")
    page.keyboard.press("Escape")
    expect(cell(page, 1, 1)).to_have_text("9")
    expect(alarm).to_have_text("")


def test_padding_is_not_to_be_edited(page: Page) -> None:
    page.locator(".lf-ring > div").first.click()
    expect(page.locator(".lf-alarm")).to_have_text("This cell is padding: it always is 0.")
    expect(page.locator(".lf-editor")).to_have_count(0)


def test_the_keyboard_alone_edits_the_kernel(page: Page) -> None:
    page.get_by_role("button", name="Fill all").click()
    grid = page.get_by_role("grid", name="Kernel")
    grid.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    active = grid.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_text("0")
    page.keyboard.press("4")
    expect(page.get_by_role("textbox", name="Kernel, row 1, column 1")).to_have_value("4")
    page.keyboard.press("Enter")
    expect(grid).to_be_focused()
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    weight = [[-1, 0, 1], [-2, 3, 0], [-1, 0, 1]]
    assert shown(page) == written(true_output(kernel=weight))
    expect(page.locator(".lf-presets input:checked")).to_have_count(0)  # none of the presets any more


def test_presets_set_the_kernel_and_blur_is_shown_in_ninths(page: Page) -> None:
    page.get_by_role("radio", name="blur").check(force=True)
    assert set(page.get_by_role("grid", name="Kernel").locator("[role=gridcell]").all_inner_texts()) == {"1/9"}
    expect(page.locator(".lf-term").first).to_contain_text("9 × 1/9")
    expect(page.locator(".lf-totals")).to_have_text("=5")  # (9 + 9 + 9 + 2 + 9 + 7) / 9
    page.get_by_role("radio", name="identity").check(force=True)
    page.get_by_role("button", name="Fill all").click()
    assert shown(page) == written(torch.tensor(live.convolution_stepper()["input"]))


def test_a_pointer_on_a_product_points_out_its_cell_and_weight(page: Page) -> None:
    page.locator(".lf-term").nth(5).hover()
    expect(page.locator(".lf-sum-row [role=gridcell].lf-picked")).to_have_text("2")
    box = live.box_of(page.locator(".lf-step-stage .lf-pick"))
    x, y = middle(cell(page, 2, 4))
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == (
        pytest.approx(x, abs=1),
        pytest.approx(y, abs=1),
    )


def test_a_finger_drags_the_window_taps_a_cell_and_scrolls_beside(visit: Callable[..., Page]) -> None:
    page = visit("convolution-stepper", **live.PHONE)
    page.get_by_role("button", name="Start over").tap()
    cell(page, 0, 4).tap()
    expect(page.get_by_role("textbox", name="Input, row 0, column 4")).to_be_focused()
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    x, y = middle(page.locator(".lf-grip"))
    step = state(page)["cell"]
    live.drag(page, (x, y), *((x, y + step * i / 2) for i in range(1, 7)))
    assert place(page) == (3, 0)
    assert page.evaluate("scrollY") == 0
    live.swipe_up(page, *middle(cell(page, 5, 5)))
    page.wait_for_function("scrollY > 100")
