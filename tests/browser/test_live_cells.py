"""Running cells as a reader meets them: Chromium, the real server, a real kernel."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader
from tests.browser.live_support import REPOSITORY, BookServerProcess, wait_for

# The sample's cells as they stand in the page.
SUM, TENSOR, FIGURE, DRAWING, TABLE, PROGRESS, FOLDED, OUTPUT_ONLY, FAILS, SOLUTION, FORMULA, LAST = range(12)
STORED = "sum 21"


# --- before anything runs ---


def test_stored_outputs_are_there_and_little_else_is_loaded(
    book_server: BookServerProcess, new_context: Callable[..., BrowserContext], noise: Noise
) -> None:
    page = new_context().new_page()
    noise.listen(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    reader = Reader(page, book_server).open()
    expect(reader.stored(SUM)).to_have_text(re.compile(STORED))
    assert "token" not in page.url
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")[2].startswith("_xsrf=")
    # What a press needs is fetched while nobody waits for it, and asks for nothing by itself.
    loaded = "performance.getEntriesByType('resource').filter(({name}) => name.includes('live-')).length"
    page.wait_for_function(f"() => {loaded} == 1")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(loaded) == 1
    assert not [url for url in requests if "/api/" in url]
    assert page.locator(".cm-editor").count() == 0  # the editor is at hand, not yet at work
    assert not [url for url in requests if not url.startswith(book_server.origin)]
    assert book_server.token not in page.content()


@pytest.mark.parametrize(("file", "most"), [("live.js", 25_000), ("live-session.js", 200_000)])
def test_scripts_are_small(sample_site: Path, file: str, most: int) -> None:
    assert len(gzip.compress((sample_site / "_static" / file).read_bytes())) <= most


def test_a_page_without_code_has_no_script(sample_site: Path) -> None:
    assert "live.js" not in (sample_site / "book" / "index.html").read_text()
    assert "live.js" in (sample_site / "book" / "cells.html").read_text()


# --- running ---


def test_the_first_press_runs_the_page_and_every_kind_of_output_appears(reader: Reader) -> None:
    reader.button("Run this page").click()
    expect(reader.fresh(SUM)).to_contain_text("sum 21")
    expect(reader.fresh(TENSOR)).to_contain_text("tensor([[0, 1]")
    picture = reader.fresh(FIGURE).locator("img")
    expect(picture).to_have_attribute("alt", "a line from the lower left to the upper right")
    assert picture.get_attribute("src").startswith("data:image/png;base64,")
    expect(reader.fresh(TABLE).locator("td").last).to_have_text("27")
    expect(reader.fresh(OUTPUT_ONLY)).to_contain_text("only output 20")
    expect(reader.fresh(FAILS).locator(".live-error .ansi-fg-1").first).to_contain_text("----")
    expect(reader.fresh(FAILS)).to_contain_text("ZeroDivisionError: division by zero")
    expect(reader.fresh(FORMULA).locator("mjx-container")).to_have_count(1)
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    reader.finished(LAST)
    # Folded and hidden cells took part: the last one needs what they define.
    for index, text in ((FOLDED, "folded 40"), (SOLUTION, "solved 42"), (LAST, "the last 42")):
        assert text in reader.fresh(index).text_content()
    # What the author removed stays removed.
    expect(reader.fresh(PROGRESS)).to_have_count(0)
    expect(reader.bar.get_by_role("status")).to_have_text("All cells have run")


def test_one_cell_runs_with_the_hidden_set_up_above_it(reader: Reader) -> None:
    reader.cell(SUM).hover()
    reader.cell(SUM).get_by_role("button", name="Run cell").click()
    expect(reader.fresh(SUM)).to_contain_text("sum 21")
    expect(reader.fresh(TENSOR)).to_have_count(0)


def test_shift_enter_on_printed_code_makes_the_page_live_and_moves_on(reader: Reader) -> None:
    reader.cell(SUM).locator(".cell_input").focus()
    reader.page.keyboard.press("Shift+Enter")
    expect(reader.fresh(SUM)).to_contain_text("sum 21")
    expect(reader.code(TENSOR)).to_be_focused()


def test_edited_code_runs(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(SUM, "for i in range(2):\n    print('line', i)")).to_contain_text("line 0\nline 1")


def test_run_above_runs_what_is_above(reader: Reader) -> None:
    reader.wake()
    reader.cell(FIGURE).hover()
    reader.cell(FIGURE).get_by_role("button", name=re.compile("Run above")).click()
    reader.finished(TENSOR)
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.fresh(SUM)).to_contain_text("sum 21")
    expect(reader.fresh(FIGURE)).to_have_count(0)


def test_streams_come_as_they_are_written(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    gate = tmp_path / "gate"
    code = (
        f"import os, sys, time\nprint('before')\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)\n"
        "print('after'); print('aside', file=sys.stderr)"
    )
    fresh = reader.run(SUM, code)
    expect(fresh).to_contain_text("before")
    assert "after" not in fresh.inner_text()
    expect(reader.cell(SUM)).to_have_attribute("data-live", "running")
    gate.touch()
    expect(fresh.locator(".live-stdout")).to_contain_text("after")
    expect(fresh.locator(".live-stderr")).to_contain_text("aside")


def test_a_progress_bar_stays_on_its_line(reader: Reader) -> None:
    reader.wake()
    fresh = reader.run(PROGRESS)
    expect(fresh).to_contain_text("train: 100%")
    reader.finished(PROGRESS)
    assert fresh.locator(".live-stderr").inner_text().count("train") == 1
    nested = (
        "from tqdm import tqdm\nfor a in tqdm(range(2), desc='outer'):\n"
        "    for b in tqdm(range(2), desc='inner'):\n        pass"
    )
    fresh = reader.run(PROGRESS, nested)
    expect(fresh).to_contain_text(re.compile("outer: 100%"))
    reader.finished(PROGRESS)
    assert fresh.inner_text().count("outer") == 1


def test_displays_are_updated_and_cleared(reader: Reader) -> None:
    reader.wake()
    reader.run(
        SUM,
        "from IPython.display import clear_output, display\n"
        "handle = display('first', display_id=True); handle.update('second')",
    )
    reader.finished(SUM)
    expect(reader.fresh(SUM).locator(".live-body")).to_have_text(re.compile(r"^'second'\s*$"))
    reader.run(TENSOR, "handle.update('from below')")
    expect(reader.fresh(SUM).locator(".live-body")).to_have_text(re.compile(r"^'from below'\s*$"))
    reader.run(SUM, "from IPython.display import clear_output\nprint('old'); clear_output(wait=True); print('new')")
    reader.finished(SUM)
    expect(reader.fresh(SUM).locator(".live-body")).to_have_text(re.compile(r"^new\s*$"))


def test_a_live_figure_in_a_fresh_output_is_mounted(reader: Reader) -> None:
    reader.wake()
    reader.run(DRAWING)
    reader.finished(DRAWING)
    reader.fresh(DRAWING).scroll_into_view_if_needed()
    expect(reader.fresh(DRAWING).get_by_role("button", name="side 4")).to_be_visible()


def test_drawings_do_not_disturb_each_other_or_the_page(reader: Reader) -> None:
    reader.wake()
    reader.run(DRAWING)
    reader.finished(DRAWING)
    reader.run(TABLE, "display(SVG(drawing))")
    reader.finished(TABLE)
    ids = reader.page.eval_on_selector_all("[id]", "nodes => nodes.map(node => node.id)")
    assert len(ids) == len(set(ids))
    for index in (DRAWING, TABLE):
        svg = reader.fresh(index).locator("svg.plot")
        reference = svg.locator("use").get_attribute("xlink:href")
        assert svg.locator(reference).count() == 1
    assert reader.page.evaluate("getComputedStyle(document.body).strokeLinecap") == "butt"
    styles = reader.fresh(DRAWING).locator("style").text_content()
    assert styles.startswith("@scope (#run")


def test_outputs_cannot_act(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # what is taken out of an output is refused aloud while it is parsed
    reader.wake()
    html = (
        "<b>shown</b><script>window.acted = 1</script><img src='data:,' alt='' onerror='window.acted = 2'>"
        "<a href='java\nscript:window.acted=3'>link</a><iframe srcdoc='<script>parent.acted=4</script>'></iframe>"
    )
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload='window.acted = 5'>"
        "<script>window.acted = 6</script><rect width='9' height='9'/></svg>"
    )
    code = f"from IPython.display import HTML, SVG, display\ndisplay(HTML({html!r})); display(SVG({svg!r}))"
    fresh = reader.run(SUM, code)
    reader.finished(SUM)
    expect(fresh.locator("b")).to_have_text("shown")
    expect(fresh.locator("svg rect")).to_have_count(1)
    assert fresh.locator("script, iframe, [onerror], [onload], a[href]").count() == 0
    assert reader.page.evaluate("window.acted") is None


def test_a_formula_is_typeset(reader: Reader) -> None:
    reader.wake()
    reader.run(FORMULA)
    expect(reader.fresh(FORMULA).locator("mjx-container mjx-munder, mjx-container mjx-math").first).to_be_attached()


def test_input_is_refused_with_a_reason(reader: Reader) -> None:
    reader.wake()
    fresh = reader.run(SUM, "input('name?')")
    expect(fresh).to_contain_text("write the value into the code")


# --- whose output is whose ---


def test_the_books_output_is_folded_not_lost(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "print('mine')")
    expect(reader.fresh(SUM)).to_contain_text("mine")
    expect(reader.fresh(SUM)).to_contain_text("Your run")
    expect(reader.stored(SUM).locator("pre")).to_be_hidden()
    toggle = reader.cell(SUM).get_by_role("button", name="Show the book’s output")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(reader.stored(SUM)).to_contain_text(STORED)
    expect(reader.stored(SUM).locator("pre")).to_be_visible()
    expect(reader.fresh(SUM)).to_contain_text("mine")
    reader.cell(SUM).get_by_role("button", name="Hide the book’s output").click()
    expect(reader.stored(SUM).locator("pre")).to_be_hidden()


def test_a_run_without_output_says_so(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(SUM, "x = 1")).to_contain_text("Done. It shows nothing.")


def test_captions_stay(reader: Reader) -> None:
    reader.wake()
    reader.run(FIGURE)
    expect(reader.fresh(FIGURE).locator("img")).to_be_visible()
    expect(reader.stored(FIGURE).locator("img")).to_be_hidden()
    expect(reader.stored(FIGURE).locator("figcaption")).to_be_visible()
    expect(reader.stored(FIGURE).locator("figcaption")).to_contain_text("A line that rises.")


def test_reset_brings_back_the_authors_text_and_output(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "print('mine')")
    reader.finished(SUM)
    reader.cell(SUM).get_by_role("button", name=re.compile("Reset")).click()
    expect(reader.code(SUM)).to_have_text('print("sum", hidden + 1)')
    expect(reader.fresh(SUM)).to_have_count(0)
    expect(reader.stored(SUM).locator("pre")).to_be_visible()
    expect(reader.cell(SUM).get_by_role("button", name=re.compile("Reset"))).to_be_hidden()


def test_paper_gets_the_book(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "print('mine')")
    reader.finished(SUM)
    reader.page.emulate_media(media="print")
    expect(reader.fresh(SUM)).to_be_hidden()
    expect(reader.code(SUM)).to_be_hidden()
    expect(reader.bar).to_be_hidden()
    expect(reader.stored(SUM).locator("pre")).to_be_visible()
    expect(reader.cell(SUM).locator(".cell_input pre")).to_be_visible()


# --- when something goes wrong ---


def test_an_error_stops_the_cells_after_it(reader: Reader) -> None:
    reader.wake()
    reader.write(TENSOR, "raise ValueError('mine')")
    reader.button("Run all").click()
    expect(reader.note).to_have_text("Stopped at cell 3: ValueError. The cells after it did not run.")
    expect(reader.fresh(SUM)).to_contain_text("sum 21")
    expect(reader.fresh(FIGURE)).to_have_count(0)
    expect(reader.page.locator("[data-live=queued]")).to_have_count(0)
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.button("Interrupt")).to_be_disabled()


def test_an_endless_loop_is_interrupted(reader: Reader) -> None:
    reader.wake()
    fresh = reader.run(SUM, "print('begun')\nwhile True:\n    pass")
    expect(fresh).to_contain_text("begun")
    reader.button("Interrupt").click()
    expect(fresh).to_contain_text("KeyboardInterrupt")
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.run(SUM, "print('again')")).to_contain_text("again")


def test_a_restart_gives_a_fresh_kernel(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "kept = 1")
    reader.finished(SUM)
    reader.button("Restart").click()
    expect(reader.note).to_contain_text("Python was started anew")
    expect(reader.run(SUM, "print('kept' in globals())")).to_contain_text("False")


def test_a_restart_stops_an_endless_loop(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(SUM, "print('begun')\nwhile True:\n    pass")).to_contain_text("begun")
    reader.button("Restart").click()
    expect(reader.fresh(SUM)).to_contain_text("Stopped: Python was restarted.")
    expect(reader.stored(SUM).locator("pre")).to_be_visible()
    expect(reader.run(TENSOR, "print('again')")).to_contain_text("again")


def test_a_dead_kernel_is_reported_and_replaced(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # Jupyter's library says on the console that it connects anew
    reader.wake()
    reader.run(TENSOR, "print('mine')")
    reader.finished(TENSOR)
    reader.run(SUM, "import os; os._exit(1)")
    expect(reader.loss).to_contain_text("Python died; its variables are gone.")
    expect(reader.fresh(SUM)).to_contain_text("Python died while this cell ran.")
    expect(reader.stored(SUM).locator("pre")).to_be_visible()
    expect(reader.run(SUM, "print('alive')")).to_contain_text("alive")


def test_a_culled_kernel_is_replaced_at_once(reader: Reader) -> None:
    reader.wake()
    client = reader.client()
    reader.run(SUM, "kept = 1")
    reader.finished(SUM)
    (kernel,) = client.get("/api/kernels").json
    client.request("DELETE", f"/api/kernels/{kernel['id']}", headers={"X-XSRFToken": client.cookies["_xsrf"]})
    expect(reader.run(SUM, "print('alive', 'kept' in globals(), hidden)")).to_contain_text("alive False 20")
    expect(reader.loss).to_contain_text("is gone, and its variables with it")


def test_variables_survive_a_reload(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "kept = 'still here'")
    reader.finished(SUM)
    reader.page.reload()
    expect(reader.stored(SUM).locator("pre")).to_be_visible()
    reader.wake()
    expect(reader.note).to_contain_text("still running for this page; your variables are there")
    expect(reader.run(SUM, "print(kept)")).to_contain_text("still here")


def test_the_page_waits_for_a_stopped_server_and_comes_back(
    sample_site: Path, new_context: Callable[..., BrowserContext], noise: Noise
) -> None:
    noise.expected = True  # a server that is not there
    root = sample_site.parents[1] / "book"
    server = BookServerProcess(sample_site, root)
    page = new_context().new_page()
    reader = Reader(page, server).open().wake()
    reader.run(SUM, "kept = 1\nprint('mine')")
    reader.finished(SUM)
    server.stop()
    expect(reader.note).to_contain_text("The book’s server does not answer.")
    expect(reader.fresh(SUM)).to_contain_text("mine")

    server = BookServerProcess(sample_site, root, port=server.port)
    expect(reader.loss).to_contain_text("is gone, and its variables with it")
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.run(SUM, "print('kept' in globals())")).to_contain_text("False")

    # A server that was cleaned and built anew does not know its readers any more.
    server.stop()
    (sample_site.parent / "live" / "cookie_secret").unlink()
    server = BookServerProcess(sample_site, root, port=server.port)
    expect(reader.note).to_contain_text("has a new key")
    other = page.context.new_page()
    other.goto(server.page("book/index.html"))
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.run(SUM, "print('back')")).to_contain_text("back")
    server.stop()


# --- keyboard, phone, screen reader ---


def test_the_keyboard_alone_is_enough(reader: Reader) -> None:
    page = reader.page
    reader.cell(SUM).locator(".cell_input").focus()
    page.keyboard.press("Enter")
    expect(reader.code(SUM)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("if True:")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("print('indented')")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("pass")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")  # indents in here
    expect(reader.code(SUM)).to_have_text(re.compile(r"        pass$"))
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+Enter")
    expect(reader.fresh(SUM)).to_contain_text("indented")
    expect(reader.code(SUM)).to_be_focused()
    page.keyboard.press("Escape")
    run = reader.cell(SUM).get_by_role("button", name="Run cell 2")
    expect(run).to_be_focused()
    assert run.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    expect(reader.cell(SUM).locator(".live-tools")).to_have_css("opacity", "1")
    page.keyboard.press("Tab")
    expect(reader.cell(SUM).get_by_role("button", name=re.compile("Run above"))).to_be_focused()
    page.keyboard.press("Tab")
    expect(reader.cell(SUM).get_by_role("button", name=re.compile("Reset"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(reader.code(SUM)).to_have_text('print("sum", hidden + 1)')
    page.keyboard.press("Shift+Enter")
    expect(reader.code(TENSOR)).to_be_focused()
    page.keyboard.press("Shift+Tab")  # takes indentation away only where somebody has typed
    expect(reader.code(TENSOR)).not_to_be_focused()


def press(reader: Reader, button: Locator) -> None:
    """Put the mouse onto a button and press it down."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    reader.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reader.page.mouse.down()


@pytest.mark.parametrize("name", ["Run this page", "Run cell 3"])
def test_the_kernel_is_there_before_the_mouse_button_is_let_go(reader: Reader, name: str) -> None:
    client = reader.client()
    reader.cell(TENSOR).hover()
    press(reader, reader.button(name))
    wait_for(lambda: client.get("/api/sessions").json, "the kernel")
    # Who lets go elsewhere has asked for nothing.
    reader.page.mouse.move(0, 0)
    reader.page.mouse.up()
    expect(reader.button("Run this page")).to_be_visible()
    press(reader, reader.button("Run this page"))
    reader.page.mouse.up()
    expect(reader.fresh(SUM)).to_contain_text("sum 21")
    expect(reader.bar.locator(".live-status")).to_have_text("Ready")
    assert len(client.get("/api/sessions").json) == 1


def test_the_buttons_show_with_mouse_and_keyboard_only(reader: Reader) -> None:
    tools = reader.cell(TENSOR).locator(".live-tools")
    reader.page.mouse.move(0, 0)
    expect(tools).to_have_css("opacity", "0")
    reader.cell(TENSOR).hover()
    expect(tools).to_have_css("opacity", "1")
    reader.page.mouse.move(0, 0)
    expect(tools).to_have_css("opacity", "0")
    reader.cell(TENSOR).locator(".cell_input").focus()
    expect(tools).to_have_css("opacity", "1")


def test_on_a_phone(book_server: BookServerProcess, new_context: Callable[..., BrowserContext], noise: Noise) -> None:
    context = new_context(viewport={"width": 390, "height": 800}, is_mobile=True, has_touch=True, device_scale_factor=2)
    page = context.new_page()
    noise.listen(page)
    reader = Reader(page, book_server).open()
    tools = reader.cell(SUM).locator(".live-tools")
    expect(tools).to_have_css("opacity", "1")
    reader.cell(SUM).get_by_role("button", name="Run cell").tap()
    expect(reader.fresh(SUM)).to_contain_text("sum 21")
    reader.button("Run all").tap()
    reader.finished(LAST)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.locator(".live-bar button, .live-tools button, .live-mark button").all():
        if button.is_visible():
            box = button.bounding_box()
            assert min(box["width"], box["height"]) >= 36, button.inner_text()
    code = tools.locator("xpath=..").locator(".live-editor").bounding_box()
    assert tools.bounding_box()["y"] >= code["y"] + code["height"] - 1, "the buttons cover no code"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(reader: Reader, theme: str) -> None:
    axe = (REPOSITORY / "node_modules" / "axe-core" / "axe.min.js").read_text()
    reader.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")

    def violations() -> list[tuple[str, list[str]]]:
        reader.page.evaluate(axe)
        # Buttons fade in: half-way through, their contrast is nobody's. In what is not drawn, no fade ever ends.
        reader.page.evaluate("""document.getAnimations()
            .filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
            .forEach((animation) => animation.finish())""")
        found = reader.page.evaluate("axe.run('.bd-article')")["violations"]
        return [
            (v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found if v["impact"] in {"serious", "critical"}
        ]

    assert violations() == []
    reader.wake()
    reader.write(TENSOR, "import sys; print('\\x1b[31mred\\x1b[0m \\x1b[32mgreen\\x1b[0m', file=sys.stderr); input()")
    reader.button("Run all").click()
    expect(reader.note).to_contain_text("Stopped at cell 3")
    assert violations() == []


def test_a_listener_hears_results_and_nothing_more(reader: Reader) -> None:
    listen = """() => {
      const announcer = document.querySelector(".live-announcer");
      window.heard = [];
      new MutationObserver(() => heard.push(announcer.textContent)).observe(announcer, {childList: true});
    }"""
    reader.page.evaluate(listen)
    reader.wake()
    reader.run(SUM)
    reader.finished(SUM)
    reader.button("Run all").click()
    reader.finished(LAST)
    expect(reader.bar.get_by_role("status")).to_have_text("All cells have run")
    said = [text for text in reader.page.evaluate("heard") if text]
    assert said == ["Cell 2 has run", "Running 13 cells", "All cells have run"]


# --- other sites ---


@pytest.fixture
def attacker() -> Iterator[str]:
    """Serve a page on another origin of the same computer."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>attacker</title>")

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_another_site_gets_nothing_from_a_reader_who_is_logged_in(reader: Reader, attacker: str, noise: Noise) -> None:
    noise.expected = True
    reader.wake()
    origin = reader.server.origin
    (kernel,) = reader.client().get("/api/kernels").json
    page = reader.page.context.new_page()
    page.goto(attacker)
    attack = """async ([origin, kernel]) => {
      const failed = () => "refused";
      const read = await fetch(origin + "/api/kernels", {credentials: "include"}).then(() => "read", failed);
      const post = await fetch(origin + "/api/sessions", {method: "POST", credentials: "include", body: "{}",
        headers: {"Content-Type": "application/json"}}).then(() => "sent", failed);
      const blind = {method: "POST", credentials: "include", mode: "no-cors", body: "{}"};
      await fetch(origin + "/api/kernels", blind).catch(failed);
      const socket = await new Promise((done) => {
        const ws = new WebSocket(origin.replace("http", "ws") + "/api/kernels/" + kernel + "/channels");
        ws.onopen = () => done("open");
        ws.onerror = () => done("refused");
      });
      const script = await new Promise((done) => {
        const node = document.createElement("script");
        node.src = origin + "/site/_static/live.js";
        node.onload = () => done("loaded");
        node.onerror = () => done("refused");
        document.head.append(node);
      });
      const frame = document.createElement("iframe");
      frame.src = origin + "/site/book/cells.html";
      await new Promise((done) => { frame.onload = done; document.body.append(frame); });
      return {read, post, socket, script};
    }"""
    got = page.evaluate(attack, [origin, kernel["id"]])
    assert got == {"read": "refused", "post": "refused", "socket": "refused", "script": "refused"}
    (frame,) = page.main_frame.child_frames
    assert "Cells of every kind" not in frame.content()
    assert len(reader.client().get("/api/kernels").json) == 1


def test_the_description_cannot_end_its_script(sample_site: Path) -> None:
    html = (sample_site / "book" / "cells.html").read_text()
    text = re.search(r'<script id="live-config" type="application/json">(.*?)</script>', html, re.DOTALL)[1]
    assert "<" not in text
    cells = json.loads(text)["cells"]
    assert len(cells) == 13
    assert [cell["source"] for cell in cells if not cell["shown"]] == ["hidden = 20"]


# --- what a newcomer does ---


def test_a_click_into_printed_code_edits_it_there_and_selecting_text_does_not(reader: Reader) -> None:
    line = reader.cell(TENSOR).locator(".cell_input pre")
    box = line.bounding_box()
    reader.page.mouse.move(box["x"] + 20, box["y"] + 20)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + 80, box["y"] + 20)
    reader.page.mouse.up()  # a word is selected, to be copied
    reader.page.wait_for_function("getSelection().toString() !== ''")
    reader.page.evaluate("new Promise((done) => setTimeout(done, 300))")
    expect(reader.cell(TENSOR).locator(".cm-content")).to_have_count(0)
    reader.page.evaluate("getSelection().removeAllRanges()")
    line.click(position={"x": 2, "y": 20})
    expect(reader.code(TENSOR)).to_be_focused()
    reader.page.keyboard.insert_text("# mine ")
    expect(reader.code(TENSOR)).to_contain_text(re.compile("^# mine "))


def test_shift_enter_works_where_a_click_has_put_the_focus(reader: Reader) -> None:
    reader.cell(SUM).locator(".cell_input pre").focus()
    reader.page.keyboard.press("Shift+Enter")
    expect(reader.fresh(SUM)).to_contain_text("sum 21")


def test_run_keeps_its_place_and_becomes_stop_while_a_run_takes_long(reader: Reader, tmp_path: Path) -> None:
    reader.cell(SUM).hover()
    run = reader.cell(SUM).locator(".live-run")
    before = run.bounding_box()
    reader.wake()
    runs = tmp_path / "runs"
    reader.write(SUM, f"open({str(runs)!r}, 'a').write('run ')\nimport time\nwhile True:\n    time.sleep(0.05)")
    reader.cell(SUM).hover()
    after = run.bounding_box()
    assert abs(after["x"] + after["width"] - before["x"] - before["width"]) < 1
    run.click()
    stop = reader.cell(SUM).get_by_role("button", name="Stop cell")
    expect(stop).to_have_text(re.compile(r"Stop \(\d+ s\)"))
    stop.click()
    expect(reader.fresh(SUM)).to_contain_text("This cell was interrupted.")
    expect(reader.cell(SUM).get_by_role("button", name="Run cell")).to_be_visible()
    reader.finished(SUM, "failed")
    assert runs.read_text() == "run ", "Stop runs nothing"


def test_a_cell_that_waits_says_so_and_can_leave_the_line(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    gate = tmp_path / "gate"
    reader.run(SUM, f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.05)")
    reader.finished(SUM, "running")
    for cell in (TENSOR, FIGURE):
        reader.run(cell, f"print('ran', {cell})")
        expect(reader.cell(cell).locator(".live-number")).to_have_text(re.compile("waits$"))
    reader.cell(TENSOR).get_by_role("button", name="Cancel cell").click()
    expect(reader.cell(TENSOR).locator(".live-number")).to_have_text(re.compile("did not run$"))
    gate.touch()
    expect(reader.fresh(FIGURE)).to_contain_text(f"ran {FIGURE}")
    reader.finished(FIGURE)
    expect(reader.fresh(TENSOR)).to_have_count(0)
    expect(reader.run(TENSOR)).to_contain_text(f"ran {TENSOR}")

    gate.unlink()
    reader.run(SUM)
    reader.finished(SUM, "running")
    reader.run(TENSOR)
    reader.button("Interrupt").click()
    reader.finished(SUM, "failed")
    expect(reader.cell(TENSOR).locator(".live-number")).to_have_text(re.compile("did not run$"))


def test_what_uses_an_edited_cells_names_can_be_run_with_it(reader: Reader) -> None:
    reader.wake()
    reader.run(TENSOR, "import torch\nhidden = 500")
    offer = reader.fresh(TENSOR).locator(".live-prelude")
    expect(offer).to_contain_text("Cells 8, 9, 11 and 13 use what this cell gives")
    offer.get_by_role("button", name="Run them, too").click()
    expect(reader.cell(FOLDED).locator(".live-stdout")).to_contain_text("folded 1000")
    expect(reader.cell(LAST).locator(".live-stdout")).to_contain_text("the last 1002")
    expect(reader.run(TENSOR, "import torch")).to_contain_text("Done. It shows nothing.")
    expect(offer).to_have_count(0)


def test_shift_enter_goes_on_only_to_what_is_in_sight(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "print('short')", key="Shift+Enter")
    expect(reader.code(TENSOR)).to_be_focused()
    reader.page.set_viewport_size({"width": 800, "height": 250})
    reader.code(SUM).focus()
    reader.cell(SUM).evaluate("(cell) => cell.scrollIntoView({block: 'end'})")
    reader.cell(SUM).evaluate("(cell) => (cell.style.marginBottom = '400px')")
    reader.page.keyboard.press("Shift+Enter")
    expect(reader.fresh(SUM)).to_contain_text("short")
    expect(reader.code(SUM)).to_be_focused()


def test_an_error_begins_with_the_readers_own_line(reader: Reader) -> None:
    reader.wake()
    code = "import json\n\njson.loads('{')"
    error = reader.run(TENSOR, code).locator(".live-error")
    expect(error).to_contain_text("JSONDecodeError")
    first = error.locator("pre").first
    expect(first).to_contain_text("cell 3, line 3")
    expect(first).to_contain_text("json.loads('{')")
    expect(first).not_to_contain_text("decoder.py")
    expect(error.locator("details pre")).to_be_hidden()
    error.locator("summary").click()
    expect(error.locator("details pre")).to_contain_text("decoder.py")
    expect(error.locator("details pre")).to_contain_text("Traceback (most recent call last)")
    reader.run(SUM, "def fails():\n    return 1 / 0")
    reader.finished(SUM)
    expect(reader.run(TENSOR, "fails()").locator(".live-error")).to_contain_text("cell 2, line 2")


def test_a_cell_that_asks_for_input_is_told_in_a_sentence_first(reader: Reader) -> None:
    reader.wake()
    fresh = reader.run(SUM, "input('number? ')")
    expect(fresh.locator(".live-error summary")).to_have_text("This cell asked for input.")
    expect(fresh).to_contain_text("cannot ask for input")


def test_the_books_output_below_an_edit_that_has_not_run_says_whose_it_is(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, "print('mine')")
    mark = reader.cell(SUM).locator(".live-not-mine")
    expect(mark).to_have_text("The book’s output, not of your edit")
    reader.page.reload()
    expect(mark).to_be_visible()
    reader.run(SUM)
    expect(reader.fresh(SUM)).to_contain_text("mine")
    expect(mark).to_be_hidden()
    reader.cell(SUM).get_by_role("button", name=re.compile("^Reset")).click()
    expect(mark).to_be_hidden()


def test_tab_passes_through_a_cell_until_somebody_types_there(reader: Reader) -> None:
    reader.wake()
    reader.code(TENSOR).focus()
    text = reader.code(TENSOR).inner_text()
    reader.page.keyboard.press("Tab")
    expect(reader.code(TENSOR)).not_to_be_focused()
    assert reader.code(TENSOR).inner_text() == text
    reader.code(TENSOR).focus()
    reader.page.keyboard.press("Control+Home")
    reader.page.keyboard.press("Tab")
    expect(reader.code(TENSOR)).to_contain_text(re.compile("^    "))


def test_an_output_from_before_a_restart_says_so(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(SUM)).to_contain_text("sum 21")
    expect(reader.fresh(SUM).locator(".live-mark")).to_contain_text("Your run")
    reader.button("Restart").click()
    expect(reader.fresh(SUM).locator(".live-mark")).to_contain_text("Your earlier run")
    expect(reader.run(SUM).locator(".live-mark")).to_contain_text("Your run")


def test_shift_enter_leaves_the_page_where_it_is_and_the_next_run_comes_into_view(reader: Reader) -> None:
    reader.wake()
    reader.code(SUM).focus()
    reader.cell(SUM).scroll_into_view_if_needed()
    before = reader.page.evaluate("scrollY")
    reader.page.keyboard.press("Shift+Enter")
    expect(reader.code(TENSOR)).to_be_focused()
    reader.finished(SUM)
    assert reader.page.evaluate("scrollY") == before
    reader.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    reader.page.keyboard.press("Shift+Enter")
    expect(reader.cell(TENSOR).locator(".cell_input")).to_be_in_viewport()
