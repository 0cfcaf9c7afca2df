"""The live figures in Chromium: they take the place of their twins and answer mouse, finger and keyboard in time."""

from __future__ import annotations

import base64
import functools
import gzip
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright
from sklearn.datasets import load_sample_image
from torch.nn import functional

from booksite import assets
from booksite.pictures import inline_svg
from cnnbook import plotting

REPOSITORY = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = {"viewport": {"width": 390, "height": 800}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
LARGEST_FILE = 30_000  # bytes, gzipped
SMALLEST_TARGET = 36  # px, for fingers
NAMES = [
    "sliding-kernel",
    "sliding-kernel-detail",
    "cells-break",
    "equivariance-shift",
    "filter-playground",
    "convolution-stepper",
    "shift-explorer",
    "dense-to-toeplitz",
    "line-laboratory",
]

PAGE = """<!doctype html><html lang="en"><meta charset="utf8"><title>{name}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="_static/look.css"><link rel="stylesheet" href="_static/book.css">
<style>:root{{color-scheme:light}} :root[data-theme=dark]{{color-scheme:dark}}
body{{background:var(--look-ground);color:var(--look-ink);max-width:740px;margin:0 auto;padding:16px}}
figure{{margin:0}} .far{{height:4000px}}</style>
<main><h1>{name}</h1>{before}<div class="cell_output"><figure>{svg}<figcaption>Caption.</figcaption></figure></div>
<div class="far"></div></main><script defer src="_static/figures.js"></script></html>"""


# --- data and pages ---------------------------------------------------------------------------------------------------


def encode(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def photograph(height: int, width: int, mode: str) -> np.ndarray:
    """Return the pagoda as bytes (C, H, W)."""
    picture = Image.fromarray(load_sample_image("china.jpg")).convert(mode)
    pixels = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))
    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)


SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
KERNELS = [
    {"name": "vertical edges", "note": "Dark left of bright.", "weight": SOBEL},
    {"name": "horizontal edges", "weight": np.transpose(SOBEL).tolist()},
    {"name": "blur", "weight": np.full((5, 5), 1 / 25).tolist(), "grey": True},
    {"name": "wide", "weight": np.full((7, 7), 1 / 49).tolist()},
]


@functools.cache
def sliding_kernel(height: int = 64, width: int = 96, mode: str = "L", detail: bool = False) -> dict:
    pixels = photograph(height, width, mode)
    return {
        "height": height, "width": width, "channels": len(pixels), "pixels": encode(pixels), "kernels": KERNELS,
        "start": 0, "detail": detail, "labels": {"input": "photograph", "output": "output"},
    }  # fmt: skip


@functools.cache
def cells_break() -> dict:
    """Put an orange disc on blue; the net is known by hand: redder than blue is a flower."""
    height, width, cell, size = 96, 160, 16, 32
    background = np.tile(np.array([30, 60, 140], np.uint8), (height, width, 1))
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    sprite = np.zeros((size, size, 4), np.uint8)
    sprite[np.hypot(y, x) < size / 2] = (240, 140, 40, 255)
    first = np.concatenate([np.full(256, 1 / 256), np.zeros(256), np.full(256, -1 / 256)])[None].astype("<f4")
    weight = {"shape": [16, 768], "float32": encode(np.repeat(first, 16, 0))}  # as wide as the book's
    return {
        "height": height, "width": width, "cell": cell, "background": encode(background),
        "sprite": {"height": size, "width": size, "rgba": encode(sprite)}, "classes": ["other", "flower"], "object": 1,
        "layers": [
            {"weight": weight, "bias": [0.0] * 16},
            {"weight": [[0.0] * 16, [1.0] * 16], "bias": [0.5, 0.0]},
        ],
        "start": {"x": 80, "y": 48, "scale": 1}, "scales": [0.4, 2.5],
    }  # fmt: skip


@functools.cache
def equivariance_shift() -> dict:
    return {"size": 24, "pixels": encode(photograph(24, 24, "L")[0]), "kernel": SOBEL}


@functools.cache
def filter_playground() -> dict:
    binomial = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    presets = [
        {"name": "Gaussian", "weight": binomial.tolist(), "note": "A bell."},
        {"name": "box blur", "weight": np.full((3, 3), 1 / 9).tolist()},
        {"name": "∂/∂x", "weight": SOBEL, "note": "Right minus left."},
        {"name": "Laplacian", "weight": [[0, 1, 0], [1, -4, 1], [0, 1, 0]]},
    ]
    return {"size": 128, "pixels": encode(photograph(128, 128, "L")[0]), "presets": presets, "start": 0}


@functools.cache
def convolution_stepper() -> dict:
    rows = ["000000", "099990", "092000", "099700", "090004", "090000"]
    presets = [
        {"name": "vertical edge", "weight": SOBEL},
        {"name": "blur", "weight": np.full((3, 3), 1 / 9).tolist()},
        {"name": "identity", "weight": [[0, 0, 0], [0, 1, 0], [0, 0, 0]]},
    ]
    return {
        "input": [[int(digit) for digit in row] for row in rows], "kernel": SOBEL, "stride": 1, "padding": 1,
        "dilation": 1, "at": [2, 3], "presets": presets,
    }  # fmt: skip


@functools.cache
def shift_explorer() -> dict:
    kernels = [
        {"name": "∂/∂x", "weight": SOBEL},
        {"name": "blur", "weight": np.full((5, 5), 1 / 25).tolist()},
        {"name": "identity", "weight": [[1]]},
    ]
    return {
        "size": 48, "pixels": encode(photograph(48, 48, "L")[0]), "kernels": kernels, "padding": "zeros", "stride": 1,
        "start": {"down": 3, "right": 5},
    }  # fmt: skip


@functools.cache
def dense_to_toeplitz() -> dict:
    return {
        "size": 8, "taps": [-0.6, 1, 0.3], "input": [0, 0.2, 1, 1.2, 1, -0.4, -1, 0.5], "seed": 3, "setting": "full",
    }  # fmt: skip


@functools.cache
def line_laboratory() -> dict:
    """Make the net by hand: derivatives of a Gaussian, rightwards for upright lines, downwards for level ones."""
    y, x = np.mgrid[-4:5, -4:5]
    right = -x * np.exp(-(x**2) / 4) * np.exp(-(y**2) / 18)
    right *= 8 / np.linalg.norm(right)
    return {
        "size": 64, "seed": 1, "tau": 1, "zero_sum": True, "kernels": [right.tolist(), right.T.tolist()],
        "bias": [-0.05, 0.04], "W": [[2.5, -2.5], [-2.5, 2.5]], "c": [0.03, -0.03],
        "classes": ["vertical", "horizontal"],
        "start": {"kind": "lines", "angle": 0, "count": 2, "wave": {"kind": "cos", "frequency": 0.0625, "angle": 0}},
    }  # fmt: skip


def page_of(name: str, module: str, data: dict, before: str = "") -> str:
    """Make a page as the book does: the figure's twin with the data in it."""
    figure, axes = plt.subplots(figsize=(5, 2))
    axes.plot([1, 2, 1])
    plotting.attach_live_figure(figure, module, data)
    svg = inline_svg(plotting.figure_svg(figure), "d1-", f"What {name} shows")
    plt.close(figure)
    return PAGE.format(name=name, svg=svg, before=before)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a small site with one page for each figure."""
    folder = tmp_path_factory.mktemp("site")
    static = folder / "_static"
    static.mkdir()
    assets._bundle_scripts(static)  # as the book is shipped
    assets._write_look(static / "look.css")
    (static / "book.css").write_bytes((REPOSITORY / "book" / "_static" / "book.css").read_bytes())
    pages = {
        "sliding-kernel": page_of("sliding-kernel", "sliding-kernel", sliding_kernel()),
        "sliding-kernel-detail": page_of(
            "sliding-kernel-detail", "sliding-kernel", sliding_kernel(48, 72, "RGB", detail=True)
        ),
        "cells-break": page_of("cells-break", "cells-break", cells_break()),
        "equivariance-shift": page_of("equivariance-shift", "equivariance-shift", equivariance_shift()),
        "filter-playground": page_of("filter-playground", "filter-playground", filter_playground()),
        "convolution-stepper": page_of("convolution-stepper", "convolution-stepper", convolution_stepper()),
        "shift-explorer": page_of("shift-explorer", "shift-explorer", shift_explorer()),
        "dense-to-toeplitz": page_of("dense-to-toeplitz", "dense-to-toeplitz", dense_to_toeplitz()),
        "line-laboratory": page_of("line-laboratory", "line-laboratory", line_laboratory()),
        "bad-data": page_of("bad-data", "sliding-kernel", {**sliding_kernel(), "pixels": "AAAA"}),
        "no-module": page_of("no-module", "not-there", {}),
        "far": page_of("far", "equivariance-shift", equivariance_shift(), before='<div class="far"></div>'),
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


def complains(message: ConsoleMessage) -> bool:
    """Tell whether it is an error or a warning. That canvases are read back often is these tests' doing."""
    return message.type in ("error", "warning") and "willReadFrequently" not in message.text


@pytest.fixture
def visit(browser: Browser, site: tuple[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open a page; at the end, no page may have complained beyond what the test allows."""
    opened: list[tuple[object, list[str], bool]] = []

    def open_page(name: str, live: bool = True, complaints: bool = False, **options: object) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        page = context.new_page()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text) if complains(message) else None)
        opened.append((context, said, complaints))
        page.goto(f"{site[0]}/{name}.html")
        if live:
            page.wait_for_function("document.querySelector('.live-figure')?.figure")
        return page

    yield open_page
    for context, said, complaints in opened:
        context.close()
        assert complaints or not said, said


def state(page: Page) -> dict:
    return page.evaluate("(({seen, answer, ...rest}) => rest)(document.querySelector('.live-figure').figure.state)")


def seen(page: Page) -> np.ndarray:
    """Which pixels of the output are drawn: alpha of the output's canvas."""
    return canvas(page, ".lf-unseen canvas")[..., 3] > 0


def canvas(page: Page, selector: str) -> np.ndarray:
    """Return a canvas's pixels (H, W, 4)."""
    values, width = page.evaluate(
        """selector => { const c = document.querySelector(selector);
        return [Array.from(c.getContext("2d").getImageData(0, 0, c.width, c.height).data), c.width] }""",
        selector,
    )
    return np.array(values, np.uint8).reshape(-1, width, 4)


def box_of(target: Locator) -> dict[str, float]:
    box = target.bounding_box()
    assert box is not None
    return box


def drag(page: Page, *points: tuple[float, float]) -> None:
    """Put a finger on the first point, move it over the others and lift it."""
    session = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(points):
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def swipe_up(page: Page, x: float, y: float) -> None:
    """Draw a finger upwards from (x, y), as one scrolls."""
    drag(page, *((x, y - 8 * i) for i in range(20)))


# --- all figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_live_figure_takes_the_place_of_its_twin_but_not_in_print(visit: Callable[..., Page], name: str) -> None:
    page = visit(name)
    live, twin = page.locator(".live-figure"), page.locator("svg.plot")
    expect(live).to_be_visible()
    expect(live).to_have_attribute("aria-label", f"What {name} shows")
    expect(twin).to_be_hidden()
    assert page.evaluate("document.querySelector('.live-figure').nextElementSibling.matches('svg.plot')")
    page.emulate_media(media="print")
    expect(live).to_be_hidden()
    expect(twin).to_be_visible()


@pytest.mark.parametrize(
    ("name", "message"), [("bad-data", "pixels must be 1 × 64 × 96 = 6144 bytes"), ("no-module", "not-there")]
)
def test_the_twin_stays_if_the_live_figure_cannot_run(visit: Callable[..., Page], name: str, message: str) -> None:
    page = visit(name, live=False, complaints=True)
    told: list[str] = []
    page.on("console", lambda one: told.append(one.text))
    with page.expect_console_message(lambda one: "its printed twin stays" in one.text):
        page.reload()
    assert any(message in text for text in told), told
    expect(page.locator("svg.plot")).to_be_visible()
    expect(page.locator(".live-figure")).to_have_count(0)


def test_a_figure_far_down_waits_for_the_reader(visit: Callable[..., Page]) -> None:
    page = visit("far", live=False)
    page.wait_for_function("document.querySelector('metadata').dataset.seen === ''")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    loaded = "performance.getEntriesByType('resource').filter(one => one.name.includes('/figures/')).length"
    assert page.evaluate(loaded) == 0
    page.locator("figcaption").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.live-figure')?.figure")
    assert page.evaluate(loaded) == 1


def test_a_figure_in_a_fresh_output_is_mounted(visit: Callable[..., Page]) -> None:
    page = visit("equivariance-shift")
    page.evaluate(
        """async () => {
        const output = document.querySelector(".cell_output");
        const text = await (await fetch("cells-break.html")).text();
        const fresh = new DOMParser().parseFromString(text, "text/html").querySelector(".cell_output");
        output.replaceChildren(...fresh.children);
        output.dispatchEvent(new CustomEvent("output-rendered", {bubbles: true}));
    }"""
    )
    page.wait_for_function("document.querySelector('.lf-cells-break')?.figure")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")  # the figure that is gone must not complain
    expect(page.locator(".live-figure")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_serious(visit: Callable[..., Page], name: str, theme: str) -> None:
    page = visit(name)
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    page.add_script_tag(path=REPOSITORY / "node_modules" / "axe-core" / "axe.min.js")
    found = page.evaluate("axe.run('.live-figure')")
    assert len(found["passes"]) > 5
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, indent=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_needs_no_sideways_scrolling_and_has_room_for_fingers(visit: Callable[..., Page], name: str) -> None:
    page = visit(name, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    inside = page.evaluate(
        """Array.from(document.querySelectorAll(".live-figure *"))
        .filter(one => one.checkVisibility({visibilityProperty: true}))
        .map(one => one.getBoundingClientRect()).every(box => box.left >= 0 && box.right <= 390.5)"""
    )
    assert inside
    targets = page.locator(".live-figure :is(button, input, [tabindex])")
    assert targets.count() >= 3
    for i in range(targets.count()):
        box = box_of(targets.nth(i))
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET, targets.nth(i).evaluate("one => one.outerHTML")


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_fits_again_when_the_window_changes(visit: Callable[..., Page], name: str) -> None:
    page = visit(name)
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function(
        """Array.from(document.querySelectorAll(".live-figure *"))
        .filter(one => one.checkVisibility({visibilityProperty: true}))
        .every(one => one.getBoundingClientRect().right <= 420.5)"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 420


def test_the_scripts_are_small(site: tuple[str, Path]) -> None:
    static = site[1] / "_static"
    files = [static / "figures.js", *(static / "figures").glob("*.js")]
    sizes = {file.stem: len(gzip.compress(file.read_bytes())) for file in files}
    assert set(sizes) == {
        "figures",
        "sliding-kernel",
        "cells-break",
        "equivariance-shift",
        "filter-playground",
        "convolution-stepper",
        "shift-explorer",
        "dense-to-toeplitz",
        "line-laboratory",
    }
    assert max(sizes.values()) < LARGEST_FILE
    assert sizes["figures"] < 1024


@pytest.mark.parametrize("name", NAMES)
def test_the_readout_is_spoken_when_the_reader_rests(visit: Callable[..., Page], name: str) -> None:
    page = visit(name)
    expect(page.locator("[role=status]")).to_have_text(page.locator(".lf-readout").first.inner_text())
    before = page.locator("[role=status]").inner_text()
    page.locator(".live-figure [role=application]").first.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(page.locator("[role=status]")).not_to_have_text(before)
    expect(page.locator("[role=status]")).to_have_text(page.locator(".lf-readout").first.inner_text())


@pytest.mark.parametrize("name", NAMES)
def test_every_control_is_reached_by_tab_and_shows_its_focus(visit: Callable[..., Page], name: str) -> None:
    page = visit(name)
    wanted = page.evaluate(
        """new Set(Array.from(document.querySelectorAll(".live-figure :is(button, input, [tabindex])"),
        one => one.name || one.outerHTML.slice(0, 80))).size"""
    )
    reached = set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        key, drawn = page.evaluate(
            """() => { const one = document.activeElement, shown = one.type === "radio" ? one.nextElementSibling : one;
            const {outlineStyle, outlineWidth} = getComputedStyle(shown);
            return [one.name || one.outerHTML.slice(0, 80),
            outlineStyle !== "none" && parseFloat(outlineWidth) >= 2]; }"""
        )
        assert drawn, key
        reached.add(key)
    assert len(reached) == wanted
    page.keyboard.press("Tab")
    assert not page.evaluate("!!document.activeElement.closest('.live-figure')")


# --- sliding kernel ---------------------------------------------------------------------------------------------------


def outputs(data: dict, kernel: int) -> np.ndarray:
    """Compute the true output of a flat kernel."""
    shape = (1, data["channels"], data["height"], data["width"])
    pixels = np.frombuffer(base64.b64decode(data["pixels"]), np.uint8).reshape(shape) / 255
    weight = torch.tensor(data["kernels"][kernel]["weight"], dtype=torch.float64)
    return functional.conv2d(torch.from_numpy(pixels).mean(1, keepdim=True), weight[None, None])[0, 0].numpy()


def test_the_first_sight_is_a_half_grown_output(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel")
    drawn = seen(page)
    assert 0.4 < drawn.mean() < 0.6
    assert drawn[10, 90]
    assert drawn[32, 48]
    assert not drawn[32, 49]
    expect(page.get_by_text("Move over the photo")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_drawn_pixel_has_the_colour_of_its_true_value(visit: Callable[..., Page], theme: str) -> None:
    page = visit("sliding-kernel")
    page.get_by_role("button", name="Fill all").click()
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    y = outputs(sliding_kernel(), 0)
    limit = np.abs(y).max()
    stops = plotting.look()["signed"][theme]
    colormap = plt.matplotlib.colors.LinearSegmentedColormap.from_list("signed", stops, N=255)
    expected = colormap((y + limit) / (2 * limit))[..., :3] * 255
    page.wait_for_function(
        """color => { const drawing = document.querySelector(".lf-unseen canvas").getContext("2d");
        return Math.abs(drawing.getImageData(1, 1, 1, 1).data[0] - color) < 1.5; }""",
        arg=expected[0, 0, 0],
    )
    drawn = canvas(page, ".lf-unseen canvas")
    assert drawn[1:-1, 1:-1, 3].all()
    assert not drawn[0, :, 3].any()  # no padding: the frame of the output is one pixel smaller all round
    off = np.abs(drawn[1:-1, 1:-1, :3] - expected).max(-1)
    assert (off > 1.5).mean() < 1e-3  # a value on the border of two entries of the table may fall either way


def test_the_mouse_uncovers_the_output_on_its_way_without_gaps(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel")
    page.get_by_role("button", name="Clear").click()
    assert seen(page).sum() == 1
    expect(page.get_by_text("Move over the photo")).to_be_hidden()
    box = box_of(page.locator(".lf-stage canvas"))
    unit = box["width"] / 96
    page.mouse.move(box["x"] + 10.5 * unit, box["y"] + 50.5 * unit)
    page.mouse.move(box["x"] + 80.5 * unit, box["y"] + 50.5 * unit)  # one jump, as of a quick hand
    drawn = seen(page)
    assert drawn[50, 10:81].all()
    assert drawn[47:54, 40].all()  # the brush
    assert not drawn[:40, 40].any()
    assert (state(page)["row"], state(page)["column"]) == (49, 79)
    value = outputs(sliding_kernel(), 0)[49, 79]
    expect(page.locator(".lf-readout")).to_have_text(f"output, row 49, column 79: {value:.3f}".replace("-", "−"))


def test_a_mouse_that_comes_in_elsewhere_draws_no_line_to_there(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel")
    page.get_by_role("button", name="Clear").click()
    box = box_of(page.locator(".lf-stage canvas"))
    unit = box["width"] / 96
    page.mouse.move(box["x"] + 5.5 * unit, box["y"] + 5.5 * unit)
    page.mouse.move(box["x"] + 5.5 * unit, box["y"] - 40)
    page.mouse.move(box["x"] + 90.5 * unit, box["y"] - 40)
    page.mouse.move(box["x"] + 90.5 * unit, box["y"] + 5.5 * unit)
    drawn = seen(page)
    assert drawn[5, 5]
    assert drawn[5, 90]
    assert not drawn[5, 20:70].any()


def test_arrow_keys_move_the_window_and_stop_at_the_edge(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel")
    before = state(page)
    page.locator(".lf-stage").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    after = state(page)
    assert (after["row"] - before["row"], after["column"] - before["column"]) == (1, 9)
    drawn = seen(page)
    assert drawn[after["row"] + 1, before["column"] + 2 : after["column"] + 2].all()
    assert not drawn[after["row"], after["column"] + 1]  # keys paint no brush
    for _ in range(20):
        page.keyboard.press("Shift+ArrowRight")
    assert state(page)["column"] == 93


def test_another_kernel_shows_its_own_values_on_the_same_region(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel")
    before = seen(page)
    first = canvas(page, ".lf-unseen canvas")
    page.get_by_role("radio", name="horizontal edges").check()
    assert (seen(page) == before).all()
    assert (canvas(page, ".lf-unseen canvas") != first).any()
    page.get_by_role("radio", name="blur").check()
    page.get_by_role("button", name="Fill all").click()
    grey = canvas(page, ".lf-unseen canvas")[2:-2, 2:-2]
    np.testing.assert_allclose(grey[..., 0], outputs(sliding_kernel(), 2) * 255, atol=2.1)
    assert (grey[..., 0] == grey[..., 2]).all()
    expect(page.locator(".lf-role-output small")).to_have_text("60 × 92")


def test_a_finger_moves_the_window_sideways_and_scrolls_up_and_down(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel", **PHONE)
    expect(page.get_by_text("Drag sideways on the photo")).to_be_visible()
    page.get_by_role("button", name="Clear").tap()
    page.evaluate("scrollTo(0, 0)")
    box = box_of(page.locator(".lf-stage canvas"))
    x, y = box["x"] + 40, box["y"] + box["height"] / 2
    drag(page, (x, y), *((x + 25 * i, y + (i > 3) * 3 * i) for i in range(1, 11)))
    assert seen(page).sum() > 300
    assert page.evaluate("scrollY") == 0
    assert state(page)["column"] > 70
    swipe_up(page, x, y)
    page.wait_for_function("scrollY > 100")


def test_the_detail_shows_the_sum_channel_by_channel(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel-detail")
    page.locator(".lf-stage").focus()
    page.keyboard.press("ArrowLeft")
    at = state(page)
    data = sliding_kernel(48, 72, "RGB", detail=True)
    pixels = np.frombuffer(base64.b64decode(data["pixels"]), np.uint8).reshape(3, 48, 72) / 255
    patch = pixels[:, at["row"] : at["row"] + 3, at["column"] : at["column"] + 3]
    sums = (patch * np.array(SOBEL) / 3).sum((1, 2))

    def text(value: float, digits: int = 3) -> str:
        return f"{value:.{digits}f}".replace("-", "−")

    line = page.locator(".lf-tap-line")
    names = ("red", "green", "blue")
    parts = " + ".join(f"{name} {text(value)}" for name, value in zip(names, sums, strict=True))
    expect(line).to_have_text(f"{parts} = {text(sums.sum())}")
    expect(page.locator(".lf-sum-text")).to_have_text(text(sums.sum(), 2))
    page.get_by_role("radio", name="green").check()
    shown = page.locator(".lf-taps g g text").all_text_contents()[:9]
    assert shown == [text(value, 2) for value in patch[1].ravel()]
    page.locator(".lf-taps").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    value = patch[1, 1, 1]
    expect(line).to_have_text(f"green, row 1, column 1: {text(value)} × 0.000 = 0.000")


def test_numbers_too_large_for_their_cells_give_way_to_the_pointer(visit: Callable[..., Page]) -> None:
    page = visit("sliding-kernel-detail", **PHONE)
    page.get_by_role("radio", name="wide").check()
    assert set(page.locator(".lf-taps g g text").all_text_contents()) == {""}
    grid = page.locator(".lf-outline.lf-line-input")
    grid.scroll_into_view_if_needed()
    box = box_of(grid)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".lf-tap-line")).to_contain_text("red, row 3, column 3")


# --- cells break ------------------------------------------------------------------------------------------------------


def test_the_cells_are_named_as_the_net_known_by_hand_says(visit: Callable[..., Page]) -> None:
    page = visit("cells-break")
    answer = page.evaluate("document.querySelector('.live-figure').figure.state.answer")
    shares = np.array(answer["shares"]).reshape(6, 10)
    labels = np.array(answer["labels"]).reshape(6, 10)
    red, blue = 30 + shares * 210, 140 - shares * 100
    sure = np.abs((red - blue) / 255 - 0.5 / 16) > 1e-3
    assert sure.all()
    assert (labels == ((red - blue) / 255 > 0.5 / 16)).all()
    assert labels.sum() == answer["found"] + answer["alarms"] == 4
    expect(page.locator(".lf-readout")).to_contain_text(
        "The flower covers 4 cells by more than half; 4 of them are called"
    )
    expect(page.locator(".lf-scene .lf-called")).to_have_count(4)
    assert page.locator(".lf-scene .lf-tag-text[visibility=visible]").all_text_contents() == ["flower"] * 4


def test_a_drag_moves_the_object_and_the_cells_break(visit: Callable[..., Page]) -> None:
    page = visit("cells-break")
    box = box_of(page.locator(".lf-scene canvas"))
    unit = box["width"] / 160
    page.mouse.move(box["x"] + 82 * unit, box["y"] + 50 * unit)
    page.mouse.down()
    page.mouse.move(box["x"] + 90 * unit, box["y"] + 58 * unit)
    page.mouse.up()
    page.mouse.move(box["x"] + 20 * unit, box["y"] + 20 * unit)  # let go: it stays
    at = state(page)
    assert (at["x"], at["y"]) == (pytest.approx(88, abs=0.5), pytest.approx(56, abs=0.5))
    answer = page.evaluate("document.querySelector('.live-figure').figure.state.answer")
    assert answer["touched"] == 9
    assert answer["missed"] > 0
    crosses = page.locator(".lf-scene .lf-cross[visibility=visible]").count()
    assert crosses == sum(answer["wrong"])
    picture = canvas(page, ".lf-scene canvas")
    assert picture[56, 88, :3].tolist() == [240, 140, 40]
    assert picture[5, 5, :3].tolist() == [30, 60, 140]
    page.mouse.click(box["x"] + 30 * unit, box["y"] + 20 * unit)
    assert (state(page)["x"], state(page)["y"]) == (pytest.approx(30, abs=0.5), pytest.approx(20, abs=0.5))


def test_keys_move_the_object_by_pixels_and_cells_and_change_its_size(visit: Callable[..., Page]) -> None:
    page = visit("cells-break")
    page.locator(".lf-handle").focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    assert state(page) == {"x": 65, "y": 47, "scale": 1}
    for _ in range(3):
        page.keyboard.press("+")
    page.keyboard.press("-")
    assert state(page)["scale"] == pytest.approx(1 + 2 * 2.1 / 25)
    for _ in range(40):
        page.keyboard.press("+")
    assert state(page)["scale"] == 2.5
    page.get_by_role("slider", name="Size").fill("0.5")
    assert state(page)["scale"] == 0.5
    expect(page.locator(".lf-slider output")).to_have_text("1.0 cells")
    page.get_by_role("button", name="Put back").click()
    assert state(page) == {"x": 80, "y": 48, "scale": 1}


def test_a_finger_drags_the_object_and_scrolls_beside_it(visit: Callable[..., Page]) -> None:
    page = visit("cells-break", **PHONE)
    box = box_of(page.locator(".lf-handle"))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(page, (x, y), *((x, y + 6 * i) for i in range(1, 9)))
    assert state(page)["y"] == pytest.approx(
        48 + 48 / (box_of(page.locator(".lf-scene canvas"))["width"] / 160), abs=0.5
    )
    assert page.evaluate("scrollY") == 0
    stage = box_of(page.locator(".lf-scene"))
    swipe_up(page, stage["x"] + 20, stage["y"] + 150)
    page.wait_for_function("scrollY > 100")


# --- equivariance -----------------------------------------------------------------------------------------------------


def largest(page: Page) -> float:
    return page.evaluate("document.querySelector('.live-figure').figure.state.answer.difference.largest")


def test_wrapped_the_filter_moves_along_and_zeros_spoil_it(visit: Callable[..., Page]) -> None:
    page = visit("equivariance-shift")
    note = page.locator(".lf-shift > .lf-panel").last.locator("small")
    assert largest(page) == 0
    expect(note).to_have_text("largest: 0")
    expect(page.locator(".lf-readout")).to_contain_text("equivariant")
    page.get_by_role("radio", name="zeros").check()
    assert largest(page) > 0.1
    expect(note).to_have_text(f"largest: {largest(page):.3f}")
    page.get_by_role("radio", name="mean over the picture").check()
    assert largest(page) > 0.001
    page.get_by_role("radio", name="wrap around").check()
    assert largest(page) < 1e-12
    expect(page.locator(".lf-readout")).to_contain_text("invariant")
    numbers = page.locator(".lf-one .lf-disc").all_inner_texts()
    pixels = np.frombuffer(base64.b64decode(equivariance_shift()["pixels"]), np.uint8)
    assert numbers == [f"{pixels.mean() / 255:.4f}"] * 3 + ["0.0000"]


def test_mouse_keys_and_sliders_move_the_picture(visit: Callable[..., Page]) -> None:
    page = visit("equivariance-shift")
    page.get_by_role("button", name="Put back").click()
    moved = page.locator(".lf-draggable")
    box = box_of(moved)
    unit = box["width"] / 24
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 40 + 4 * unit, box["y"] + 40 - 2 * unit)
    page.mouse.up()
    assert (state(page)["right"], state(page)["down"]) == (4, -2)
    moved.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert (state(page)["right"], state(page)["down"]) == (3, 2)
    page.get_by_role("slider", name="Right").fill("-5")
    assert (state(page)["right"], state(page)["down"]) == (-5, 2)
    pixels = np.frombuffer(base64.b64decode(equivariance_shift()["pixels"]), np.uint8).reshape(24, 24)
    drawn = canvas(page, ".lf-draggable canvas")[..., 0]
    np.testing.assert_allclose(drawn, np.roll(pixels, (2, -5), (0, 1)), atol=1.1)


def test_a_finger_drags_the_picture_in_every_direction(visit: Callable[..., Page]) -> None:
    page = visit("equivariance-shift", **PHONE)
    page.get_by_role("button", name="Put back").tap()
    page.evaluate("scrollTo(0, 0)")
    box = box_of(page.locator(".lf-draggable"))
    x, y, unit = box["x"] + 30, box["y"] + 30, box["width"] / 24
    drag(page, (x, y), *((x + (i > 3) * unit * (i - 3), y + i * unit) for i in range(1, 7)))
    assert (state(page)["right"], state(page)["down"]) == (3, 6)
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_difference_of_zero_has_the_colour_of_the_page(visit: Callable[..., Page], theme: str) -> None:
    page = visit("equivariance-shift")
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    ground = plotting.look()["roles"]["ground"][theme == "dark"]
    expected = [int(ground[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.unique(
        canvas(page, ".lf-shift > .lf-panel:last-child canvas")[..., :3].reshape(-1, 3), axis=0
    ).tolist() == [expected]
