"""The filter playground in Chromium: weights by typing, keys and drag; spectra; the reader's own picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tests.browser import test_live_figures as live
from torch.nn import functional

from cnnbook import plotting

visit, browser, site = live.visit, live.browser, live.site
N = 128


def open_figure(visit: Callable[..., Page], **options: object) -> Page:
    return visit("filter-playground", **options)


def state(page: Page) -> dict:
    return page.evaluate("document.querySelector('.live-figure').figure.state")


def answer(page: Page, name: str) -> np.ndarray:
    values = page.evaluate("name => Array.from(document.querySelector('.live-figure').figure.answer()[name])", name)
    return np.reshape(values, (N, N))


def picture() -> torch.Tensor:
    pixels = np.frombuffer(base64.b64decode(live.filter_playground()["pixels"]), np.uint8)
    return torch.from_numpy(pixels.reshape(N, N) / 255)


def filtered(x: torch.Tensor, weight: list[float]) -> np.ndarray:
    k = int(len(weight) ** 0.5)
    padded = functional.pad(x[None, None], (k // 2,) * 4, mode="circular")
    return functional.conv2d(padded, torch.tensor(weight, dtype=torch.float64).reshape(1, 1, k, k))[0, 0].numpy()


def cell(page: Page, row: int, column: int) -> Locator:
    return page.get_by_role("spinbutton", name=f"Weight, row {row}, column {column}")


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).check()


def png(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def test_every_preset_shows_its_output_and_spectrum(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    for preset in live.filter_playground()["presets"]:
        choose(page, preset["name"])
        weight = np.ravel(preset["weight"]).tolist()
        assert state(page)["weight"] == pytest.approx(weight)
        y = filtered(picture(), weight)
        np.testing.assert_allclose(answer(page, "output"), y, rtol=0, atol=1e-9)
        np.testing.assert_allclose(answer(page, "waves"), np.abs(np.fft.fftshift(np.fft.fft2(y))), rtol=0, atol=1e-7)
        assert page.get_by_role("spinbutton").count() == len(weight)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_difference_is_painted_with_the_signed_map_and_a_mean_in_grey(visit: Callable[..., Page], theme: str) -> None:
    page = open_figure(visit)
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    grey = live.canvas(page, ".lf-at-y canvas")
    np.testing.assert_allclose(grey[..., 0], answer(page, "output") * 255, atol=2.1)
    choose(page, "Laplacian")
    y = answer(page, "output")
    limit = np.abs(y).max()
    stops = plotting.look()["signed"][theme]
    colormap = plt.matplotlib.colors.LinearSegmentedColormap.from_list("signed", stops, N=255)
    expected = colormap((y + limit) / (2 * limit))[..., :3] * 255
    off = np.abs(live.canvas(page, ".lf-at-y canvas")[..., :3] - expected).max(-1)
    assert (off > 1.5).mean() < 1e-3  # a value on the border of two entries of the table may fall either way
    expect(page.locator(".lf-at-y .lf-scale span").last).to_have_text(f"{limit:.2f}")
    page.get_by_role("radio", name="grey").check()
    np.testing.assert_allclose(live.canvas(page, ".lf-at-y canvas")[..., 0], np.clip(y, 0, 1) * 255, atol=2.1)
    beyond = 100 * ((y < 0) | (y > 1)).mean()
    expect(page.locator(".lf-at-y .lf-title small")).to_have_text(f"{beyond:.0f}% beyond 0…1")


def test_a_typed_number_acts_at_once_and_a_fraction_too(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "box blur")
    cell(page, 0, 1).click()
    page.keyboard.type("-0.5")
    assert state(page)["weight"][1] == -0.5
    page.keyboard.press("Enter")
    expect(cell(page, 1, 1)).to_be_focused()
    page.keyboard.type("1/4")
    page.keyboard.press("Tab")
    assert state(page)["weight"][4] == 0.25
    expect(page.locator(".lf-at-w .lf-title small")).to_have_text("Σ w = 0.5278")
    assert page.locator("input[type=radio]:checked").count() == 2  # size and display, and no named kernel
    np.testing.assert_allclose(answer(page, "output"), filtered(picture(), state(page)["weight"]), atol=1e-9)
    expect(page.locator(".lf-note")).to_contain_text("Your own kernel")
    choose(page, "box blur")
    assert state(page)["weight"] == pytest.approx([1 / 9] * 9)


def test_what_is_no_number_is_told_and_nothing_is_lost(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "Laplacian")
    before = state(page)["weight"]
    cell(page, 1, 1).click()
    page.keyboard.type("abc")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(
        'Row 1, column 1 of the kernel must be a number from −100 to 100 or a fraction such as 1/9, got "abc". '
        "It stays −4."
    )
    expect(cell(page, 1, 1)).to_be_focused()
    expect(cell(page, 1, 1)).to_have_value("−4")
    assert state(page)["weight"] == before
    page.keyboard.type("1e9")
    assert state(page)["weight"][4] == 1  # the 1 acted at once
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert")).to_contain_text('got "1e9". It stays −4.')
    page.get_by_role("button", name="Normalise").click()
    expect(page.get_by_role("alert")).to_have_text(
        "The weights sum to 0, and no factor makes that 1. The kernel stays as it is."
    )
    assert state(page)["weight"] == before
    choose(page, "Gaussian")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_escape_takes_back_what_was_typed(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "Laplacian")
    cell(page, 1, 1).click()
    page.keyboard.type("7")
    assert state(page)["weight"][4] == 7
    page.keyboard.press("Escape")
    assert state(page)["weight"][4] == -4
    expect(cell(page, 1, 1)).to_have_value("−4")


def test_arrow_keys_change_a_weight_and_go_to_its_neighbours(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "∂/∂x")
    cell(page, 0, 0).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowDown")
    assert state(page)["weight"][0] == pytest.approx(-1.9)
    expect(cell(page, 0, 0)).to_have_value("−1.9")
    assert cell(page, 0, 0).get_attribute("aria-valuenow") == "-1.9"
    page.keyboard.press("ArrowRight")
    expect(cell(page, 0, 1)).to_be_focused()
    for key in ("ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(cell(page, 1, 0)).to_be_focused()
    page.keyboard.type("12")
    page.keyboard.press("ArrowLeft")  # in the text, not to the neighbour
    expect(cell(page, 1, 0)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cell(page, 0, 0)).to_be_focused()
    assert state(page)["weight"][3] == 12
    for _ in range(120):
        page.keyboard.press("Shift+ArrowUp")
    assert state(page)["weight"][0] == 100


def test_a_drag_on_a_cell_changes_its_weight(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "Laplacian")
    box = live.box_of(cell(page, 0, 0))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 30)
    assert state(page)["weight"][0] == pytest.approx(0.5)
    page.mouse.move(x, y + 60)
    page.mouse.up()
    page.mouse.move(x, y + 90)  # let go: it stays
    assert state(page)["weight"][0] == pytest.approx(-1)
    expect(cell(page, 0, 0)).not_to_be_focused()
    expect(cell(page, 0, 0)).to_have_value("−1")
    page.mouse.click(x, y)
    expect(cell(page, 0, 0)).to_be_focused()


def test_a_finger_drags_a_weight_and_the_page_stays(visit: Callable[..., Page]) -> None:
    page = open_figure(visit, **live.PHONE)
    target = cell(page, 1, 1)
    target.scroll_into_view_if_needed()
    start = page.evaluate("scrollY")
    before = state(page)["weight"][6]
    box = live.box_of(target)
    x, y = box["x"] + 20, box["y"] + 20
    live.drag(page, (x, y), *((x, y - 6 * i) for i in range(1, 6)))
    assert state(page)["weight"][6] == pytest.approx(before + 0.5, abs=1e-3)
    assert page.evaluate("scrollY") == start
    page.evaluate("scrollTo(0, 0)")
    live.swipe_up(page, 60, 180)  # on the picture: nothing to drag there
    page.wait_for_function("scrollY > 100")


def test_flip_transpose_and_normalise(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "∂/∂x")
    gains, output = answer(page, "gains"), answer(page, "output")
    page.get_by_role("button", name="Flip").click()
    assert state(page)["weight"] == np.ravel(live.SOBEL)[::-1].tolist()
    np.testing.assert_allclose(answer(page, "gains"), gains, atol=1e-9)
    np.testing.assert_allclose(answer(page, "output"), -output, atol=1e-9)  # an odd kernel
    expect(page.locator(".lf-note")).to_contain_text("convolution with the one before")
    page.get_by_role("button", name="Transpose").click()
    assert state(page)["weight"] == np.transpose(live.SOBEL)[::-1, ::-1].ravel().tolist()
    choose(page, "box blur")
    cell(page, 1, 1).fill("1")
    page.get_by_role("button", name="Normalise").click()
    assert sum(state(page)["weight"]) == pytest.approx(1)
    expect(page.locator(".lf-readout")).to_contain_text("The weights sum to 1: the gain at frequency 0.")


def test_from_five_to_three_and_back_nothing_is_lost(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    before = np.reshape(state(page)["weight"], (5, 5))
    page.get_by_role("radio", name="3 × 3").check()
    assert page.get_by_role("spinbutton").count() == 9
    assert state(page)["weight"] == before[1:4, 1:4].ravel().tolist()
    expect(page.locator(".lf-note")).to_contain_text("come back with 5 × 5")
    page.get_by_role("radio", name="5 × 5").check()
    assert state(page)["weight"] == before.ravel().tolist()
    choose(page, "box blur")
    page.get_by_role("radio", name="5 × 5").check()
    assert state(page)["weight"] == np.pad(np.full((3, 3), 1 / 9), 1).ravel().tolist()


def test_the_pointer_reads_the_same_place_in_all_three_spectra(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    choose(page, "∂/∂x")
    frame = page.locator(".lf-waves .lf-frame").nth(1)
    frame.scroll_into_view_if_needed()
    box = live.box_of(frame)
    row, column = 64 - 16, 64 + 16  # 1/8 cycle per pixel up and to the right
    page.mouse.move(box["x"] + (column + 0.5) * box["width"] / N, box["y"] + (row + 0.5) * box["height"] / N)
    assert (state(page)["row"], state(page)["column"]) == (row, column)
    expect(page.locator(".lf-readout")).to_contain_text("0.177 cycles per pixel, slanting stripes 5.66 pixels apart")
    expect(page.locator(".lf-readout")).to_contain_text("along 135°")
    x = torch.fft.fftshift(torch.fft.fft2(picture())).abs()[row, column].item()
    y = np.abs(np.fft.fftshift(np.fft.fft2(answer(page, "output"))))[row, column]
    shown = [float(text) for text in page.locator(".lf-value").all_inner_texts()]
    assert shown == pytest.approx([x, y / x, y], rel=6e-3)
    page.locator(".lf-waves").focus()
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert (state(page)["row"], state(page)["column"]) == (row + 1 - 8, column + 1)
    for _ in range(30):
        page.keyboard.press("Shift+ArrowLeft")
    assert state(page)["column"] == 0


def test_a_finger_reads_the_spectrum(visit: Callable[..., Page]) -> None:
    page = open_figure(visit, **live.PHONE)
    frame = page.locator(".lf-waves .lf-frame").nth(2)
    frame.scroll_into_view_if_needed()
    start = page.evaluate("scrollY")
    box = live.box_of(frame)
    points = [(box["x"] + 10 + 5 * i, box["y"] + 20 + 8 * i) for i in range(8)]
    live.drag(page, *points)
    assert state(page)["row"] == int((points[-1][1] - box["y"]) / box["height"] * N)
    assert page.evaluate("scrollY") == start


def give(page: Page, name: str, kind: str, content: bytes) -> None:
    page.get_by_label("Your own picture").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def svg(attributes: str, inside: str = "") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


def test_the_readers_picture_is_used_and_leaves_no_trace_outside(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    array = np.zeros((N, N + 40, 3), np.uint8)
    array[:, 20:84] = (255, 120, 0)  # the middle square: half of it
    give(page, "mine.png", "image/png", png(array))
    expect(page.get_by_text("your picture", exact=True)).to_be_visible()
    choose(page, "box blur")
    expected = np.zeros((N, N))
    expected[:, :64] = 125 / 255
    np.testing.assert_allclose(answer(page, "output"), filtered(torch.from_numpy(expected), [1 / 9] * 9), atol=1e-9)
    page.get_by_role("button", name="The book’s picture").click()
    np.testing.assert_allclose(answer(page, "output"), filtered(picture(), [1 / 9] * 9), atol=1e-9)
    expect(page.get_by_role("button", name="The book’s picture")).to_have_count(0)
    assert [url for url in asked if not url.startswith("blob:")] == []


def test_a_file_that_is_no_picture_is_told_and_the_picture_stays(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    before = answer(page, "output")
    give(page, "notes.txt", "text/plain", b"no picture")
    expect(page.get_by_role("alert")).to_have_text(
        "“notes.txt” must be a picture that this browser can read, got text/plain. The picture stays as it was."
    )
    assert (answer(page, "output") == before).all()


def test_a_picture_can_be_dropped(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    data = base64.b64encode(png(np.full((40, 40), 255, np.uint8))).decode()
    page.evaluate(
        """async data => {
        const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "white.png", {type: "image/png"}));
        const target = document.querySelector(".lf-at-x .lf-frame");
        for (const name of ["dragover", "drop"])
            target.dispatchEvent(new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    }""",
        data,
    )
    expect(page.get_by_text("your picture", exact=True)).to_be_visible()
    np.testing.assert_allclose(answer(page, "output"), 1, atol=1e-9)


IDENTITY = [0, 0, 0, 0, 1, 0, 0, 0, 0]


def own_picture(page: Page, name: str) -> np.ndarray:
    """Wait for the reader's picture; return what the figure made of it."""
    page.wait_for_function(
        "name => document.querySelector('.live-figure').figure.state.own === name", arg=name, polling=50
    )
    choose(page, "3 × 3")
    for i, weight in enumerate(IDENTITY):
        cell(page, i // 3, i % 3).fill(str(weight))
    return answer(page, "output")


def test_a_large_picture_is_shrunk_by_means_over_areas(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    fine = np.random.default_rng(0).integers(0, 256, (5 * N // 2, 5 * N // 2 + 31, 4), dtype=np.uint8)
    fine[..., 3] = np.where(fine[..., 3] < 128, 0, 255)  # half transparent pixels lose digits in the browser itself
    give(page, "fine.png", "image/png", png(fine))
    square = fine[:, 15:-16].astype(float) / 255
    paper = square[..., :3].mean(2) * square[..., 3] + 1 - square[..., 3]
    # 5/2 pixels each way: two whole ones and half of the third
    cover = np.kron(np.eye(N // 2), [[0.4, 0.4, 0.2, 0, 0], [0, 0, 0.2, 0.4, 0.4]])
    np.testing.assert_allclose(own_picture(page, "fine.png"), cover @ paper @ cover.T, rtol=0, atol=1e-9)


@pytest.mark.parametrize("size", ['width="40" height="40"', 'width="3cm" height="30mm"', 'width="1e2px" height="1in"'])
def test_a_drawing_with_a_size_is_read(visit: Callable[..., Page], size: str) -> None:
    page = open_figure(visit)
    inside = (
        '<rect width="100%" height="50%" fill="#fff"/><rect y="50%" width="100%" height="50%"/>'
        '<foreignObject width="1" height="1"><p xmlns="http://www.w3.org/1999/xhtml">HTML</p></foreignObject>'
    )
    give(page, "drawn.svg", "image/svg+xml", svg(size, inside))
    picture = own_picture(page, "drawn.svg")
    np.testing.assert_allclose(picture[8 : N // 2 - 1], 1, atol=1e-9)
    np.testing.assert_allclose(picture[N // 2 + 1 : -8], 0, atol=1e-9)


def test_a_drawing_is_finer_than_its_size_says(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    give(page, "icon.svg", "", svg('width="2" height="2"', '<rect width="0.5" height="2"/>'))  # on nothing, so on white
    picture = own_picture(page, "icon.svg")
    np.testing.assert_allclose(picture, np.tile(np.arange(N) >= N // 4, (N, 1)), atol=1e-9)


@pytest.mark.parametrize(
    ("attributes", "got"),
    [
        ("", "no width and no height"),
        ('viewBox="0 0 9 9"', "no width and no height"),
        ('width="9"', "width 9 and no height"),
        ('width="100%" height="9"', "width 100% and height 9"),
        ('width="0" height="9"', "width 0 and height 9"),
    ],
)
def test_a_drawing_without_a_size_is_refused_in_these_words(
    visit: Callable[..., Page], attributes: str, got: str
) -> None:
    page = open_figure(visit)
    before = answer(page, "output")
    give(page, "drawn.svg", "image/svg+xml", svg(attributes, "<circle r='4'/>"))
    expect(page.get_by_role("alert")).to_have_text(
        "“drawn.svg” must be an SVG picture with a size, a width and a height that are not percentages, "
        f"got {got}. The picture stays as it was."
    )
    assert (answer(page, "output") == before).all()


@pytest.mark.parametrize("content", [b"<svg", b"<html xmlns='http://www.w3.org/1999/xhtml'/>", b"", b"\xff\xfe\x00"])
def test_what_only_calls_itself_a_drawing_is_refused(visit: Callable[..., Page], content: bytes) -> None:
    page = open_figure(visit)
    give(page, "bad.svg", "image/svg+xml", content)
    expect(page.get_by_role("alert")).to_have_text(
        "“bad.svg” must be a picture that this browser can read, got image/svg+xml. The picture stays as it was."
    )


def test_nothing_in_a_drawing_runs_or_is_fetched(visit: Callable[..., Page], site: tuple[str, Path]) -> None:
    page = open_figure(visit)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    inside = (
        f'<script>globalThis.ran = 1; fetch("{site[0]}/far.html")</script>'
        f'<image href="{site[0]}/far.html" width="9" height="9"/><rect width="9" height="9" onclick="ran = 2"/>'
    )
    give(page, "acts.svg", "image/svg+xml", svg('width="9" height="9" onload="globalThis.ran = 3"', inside))
    own_picture(page, "acts.svg")
    assert page.evaluate("globalThis.ran") is None
    assert [url for url in asked if not url.startswith("data:")] == []


HOLD = """() => {
  const { figure } = document.querySelector(".live-figure");
  const decode = globalThis.createImageBitmap;
  globalThis.gates = {};
  globalThis.createImageBitmap = async (file) => {
    await new Promise((open) => { gates[file.name] = open; });
    return decode(file);
  };
  globalThis.read = (name, bytes) => figure.readFile(new File([Uint8Array.from(bytes)], name, { type: "image/png" }));
}"""


@pytest.mark.parametrize("last", ["second.png", "no picture.png", "the book's"])
def test_the_last_choice_wins_whatever_is_ready_first(visit: Callable[..., Page], last: str) -> None:
    page = open_figure(visit)
    page.evaluate(HOLD)
    white, grey = (list(png(np.full((N, N), value, np.uint8))) for value in (255, 51))
    if last == "the book's":
        page.evaluate("bytes => { const done = read('first.png', bytes); gates['first.png'](); return done; }", grey)
    page.evaluate("bytes => { globalThis.first = read('first.png', bytes); }", white)
    if last == "the book's":
        page.get_by_role("button", name="The book’s picture").click()
    else:
        bytes_of = {"second.png": grey, "no picture.png": [1, 2, 3]}
        second = "([name, bytes]) => { const done = read(name, bytes); gates[name](); return done; }"
        page.evaluate(second, [last, bytes_of[last]])
    page.evaluate("() => { gates['first.png'](); return first; }")
    expected = {"second.png": "second.png", "no picture.png": "", "the book's": ""}[last]
    assert state(page)["own"] == expected
    expect(page.get_by_role("alert")).to_be_visible(visible=last == "no picture.png")


def test_the_same_file_can_be_chosen_again(visit: Callable[..., Page]) -> None:
    page = open_figure(visit)
    for _ in range(2):
        give(page, "mine.png", "image/png", png(np.full((N, N), 255, np.uint8)))
        page.get_by_role("button", name="The book’s picture").click()
        expect(page.get_by_text("your picture", exact=True)).to_have_count(0)
