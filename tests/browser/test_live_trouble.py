"""Running cells in rough hands: two tabs, a server that goes at a bad moment, outputs out of place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Route, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader
from tests.browser.live_support import BookServerProcess, wait_for

SUM, TENSOR, FIGURE, PROGRESS = 0, 1, 2, 5  # cells of the sample's page as they stand in it
ENDLESS = "import time\nprint('on and on')\nwhile True:\n    time.sleep(0.05)"


@pytest.fixture(autouse=True)
def _awake(reader: Reader) -> None:
    reader.wake()


# --- the kernel goes behind the page's back


def test_a_tab_that_runs_nothing_hears_of_a_restart_in_another(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # as below
    reader.wake()
    reader.run(SUM, "print('here')")
    reader.finished(SUM)
    page = reader.page.context.new_page()
    noise.listen(page)
    other = Reader(page, reader.server).open()
    expect(other.fresh(SUM)).to_contain_text("here")
    other.button("Restart").click()
    expect(other.note).to_contain_text("Python was started anew")
    expect(reader.loss).to_contain_text("is gone, and its variables with it")
    expect(reader.bar).to_have_attribute("data-kernel", "idle")


def test_a_restart_in_another_tab_ends_what_was_running_here(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # the browser may say that a socket of the old kernel could not be opened again
    expect(reader.run(SUM, ENDLESS)).to_contain_text("on and on")
    page = reader.page.context.new_page()
    noise.listen(page)
    other = Reader(page, reader.server).open()
    other.code(SUM).focus()  # the edit is there, too: both tabs are one reader's
    other.button("Restart").click()
    expect(other.note).to_contain_text("Python was started anew")
    expect(reader.loss).to_contain_text("is gone, and its variables with it")
    expect(reader.fresh(SUM)).to_contain_text("The connection was lost while this cell ran.")
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.run(SUM, "print('here again')")).to_contain_text("here again")


def test_a_restart_while_the_server_is_down_is_made_up_for(
    sample_site: Path, new_context: Callable[..., BrowserContext], noise: Noise
) -> None:
    noise.expected = True
    root = sample_site.parents[1] / "book"
    server = BookServerProcess(sample_site, root)
    page = new_context().new_page()
    noise.listen(page)
    reader = Reader(page, server).open().wake()
    server.stop()
    expect(reader.note).to_contain_text("The book’s server does not answer.")
    reader.button("Restart").click()
    expect(reader.bar).to_have_attribute("data-kernel", "offline")
    server = BookServerProcess(sample_site, root, port=server.port)
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.note).to_contain_text("Python was started anew")
    expect(reader.run(SUM, "print('here again')")).to_contain_text("here again")
    server.stop()


def test_a_restart_stops_what_runs_although_the_server_does_not_hear_it_at_first(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.wake()
    code = f"import os, time\nmine = 1\nprint('begun')\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    expect(reader.run(SUM, code + "while True:\n    time.sleep(0.1)")).to_contain_text("begun")
    kernel = psutil.Process(int((tmp_path / "pid").read_text()))
    refused: list[Route] = []

    def refuse_once(route: Route) -> None:
        if route.request.method == "DELETE" and not refused:
            refused.append(route)
            route.abort()
        else:
            route.fallback()

    reader.page.route(re.compile("/api/sessions"), refuse_once)
    reader.button("Restart").click()
    expect(reader.fresh(SUM)).to_contain_text("Stopped: Python was restarted.")
    expect(reader.bar).to_have_attribute("data-kernel", "idle")
    expect(reader.note).to_contain_text("Python was started anew")
    expect(reader.run(TENSOR, "print('mine' in globals())")).to_contain_text("False")
    wait_for(lambda: not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE, "the old kernel to end")


def test_a_server_that_stops_before_the_kernel_is_reached_is_missed(
    sample_site: Path, new_context: Callable[..., BrowserContext], noise: Noise
) -> None:
    noise.expected = True
    server = BookServerProcess(sample_site, sample_site.parents[1] / "book")
    page = new_context().new_page()
    page.add_init_script("window.WebSocket = class extends EventTarget { close() {} }")  # it never opens
    reader = Reader(page, server).open().wake()
    server.stop()
    expect(reader.note).to_contain_text("The book’s server does not answer.")


def test_a_cell_waits_for_what_ran_before_the_page_was_reloaded(reader: Reader, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    code = f"import os, time\nprint('before')\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.05)"
    expect(reader.run(SUM, code)).to_contain_text("before")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("before")
    reader.run(TENSOR)
    expect(reader.bar.locator(".live-status")).to_have_text("Running cell 2, 1 waiting")
    reader.finished(TENSOR, "queued")
    gate.touch()
    expect(reader.fresh(TENSOR)).to_contain_text("tensor")
    reader.finished(TENSOR)
    expect(reader.bar.locator(".live-status")).to_have_text("Ready")


# --- what is run, and what comes of it


def test_a_cell_runs_as_it_stood_when_it_was_asked_for(reader: Reader) -> None:
    reader.run(SUM, "import time; time.sleep(1)")
    fresh = reader.run(TENSOR, "print('as pressed')")
    reader.write(TENSOR, "print('as edited later')")
    reader.finished(TENSOR)
    expect(fresh).to_contain_text("as pressed")


def test_a_cell_that_runs_is_not_reset_under_its_output(reader: Reader) -> None:
    expect(reader.run(SUM, ENDLESS)).to_contain_text("on and on")
    reader.cell(SUM).get_by_role("button", name=re.compile("Reset cell")).click()
    expect(reader.note).to_contain_text("This cell is running, or waits to run.")
    reader.button("Interrupt").click()
    expect(reader.fresh(SUM)).to_contain_text("KeyboardInterrupt")
    reader.cell(SUM).get_by_role("button", name=re.compile("Reset cell")).click()
    expect(reader.fresh(SUM)).to_have_count(0)


def test_escape_leaves_the_editor_whatever_is_selected(reader: Reader) -> None:
    reader.code(SUM).focus()
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.press("Escape")
    expect(reader.code(SUM)).not_to_be_focused()
    expect(reader.cell(SUM).get_by_role("button", name="Run cell")).to_be_focused()


def test_a_bar_that_wipes_itself_away_leaves_nothing(reader: Reader) -> None:
    wiped = "from tqdm import tqdm\nfor step in tqdm(range(3), desc='train', leave=False):\n    pass"
    reader.write(PROGRESS, wiped)
    reader.button("Run all").click()
    reader.finished(PROGRESS)
    expect(reader.fresh(PROGRESS)).to_have_count(0)
    fresh = reader.run(PROGRESS, wiped + "\nprint('done')")
    reader.finished(PROGRESS)
    expect(fresh.locator(".live-stream")).to_have_count(1)
    expect(fresh.locator(".live-body")).to_have_text(re.compile(r"^done\s*$"))


# --- outputs that do not keep to their place


def test_styles_of_an_output_hold_inside_it(reader: Reader) -> None:
    before = reader.page.evaluate("getComputedStyle(document.querySelector('article')).color")
    html = "<style>article, p, body {color: rgb(1, 2, 3) !important}</style><p class='mine'>styled</p>"
    fresh = reader.run(SUM, f'from IPython.display import HTML\nHTML("""{html}""")')
    expect(fresh.locator("p.mine")).to_have_css("color", "rgb(1, 2, 3)")
    assert reader.page.evaluate("getComputedStyle(document.querySelector('article')).color") == before


def test_an_output_cannot_cover_the_page(reader: Reader) -> None:
    html = "<div id='cover' style='position: fixed; inset: 0; z-index: 99999; background: red'>X</div>"
    fresh = reader.run(SUM, f'from IPython.display import HTML\nHTML("""<p>tall</p>{html}""")')
    expect(fresh.locator("#cover")).to_be_attached()
    covered, place = (box.bounding_box() for box in (fresh.locator("#cover"), fresh.locator(".live-html")))
    assert covered["height"] <= place["height"]
    reader.button("Restart").click()
    expect(reader.note).to_contain_text("Python was started anew")


def test_many_lines_scroll_in_their_own_box_and_their_end_is_seen(reader: Reader) -> None:
    fresh = reader.run(SUM, "for k in range(3000):\n    print('line', k)")
    reader.finished(SUM)
    expect(fresh).to_contain_text(re.compile(r"… 100\d earlier lines are left out\."))
    box = fresh.locator(".live-stream pre")
    assert box.bounding_box()["height"] < 700
    assert box.evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight") < 4
    assert box.get_attribute("tabindex") == "0"


def test_a_cursor_sent_far_down_does_not_freeze_the_page(reader: Reader) -> None:
    fresh = reader.run(SUM, "print('above')\nprint('\\x1b[1000000Bbelow')")
    reader.finished(SUM)
    expect(fresh).to_contain_text("below")
    assert fresh.locator("pre span").count() < 5000


def test_a_key_that_is_held_down_runs_a_cell_once(reader: Reader, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    reader.write(SUM, f"open({str(runs)!r}, 'a').write('run ')")
    reader.page.keyboard.down("Control")
    for _ in range(5):
        reader.page.keyboard.down("Enter")
        reader.finished(SUM)
    reader.page.keyboard.up("Enter")
    reader.page.keyboard.up("Control")
    reader.run(TENSOR, f"print([open({str(runs)!r}).read()], 'is all')")
    expect(reader.fresh(TENSOR)).to_contain_text("['run '] is all")
    reader.run(SUM)
    wait_for(lambda: runs.read_text() == "run run ", "another press")


def test_a_page_that_got_no_answer_says_when_the_server_answers_again(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    reader.run(TENSOR)
    reader.finished(TENSOR)  # from now on the server is asked whether it still has the kernel
    reader.page.context.set_offline(True)
    reader.run(SUM, "print('run')")
    expect(reader.note).to_contain_text("does not answer")
    reader.page.context.set_offline(False)
    expect(reader.note).to_contain_text("Connected again")
    expect(reader.bar).to_have_attribute("data-kernel", "idle")


def test_an_interrupt_that_was_not_sent_is_not_said_to_have_no_effect(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.run(SUM, f"import os, time\nwhile not os.path.exists({str(tmp_path / 'end')!r}): time.sleep(0.02)")
    reader.finished(SUM, "running")
    reader.page.context.set_offline(True)
    reader.button("Interrupt").click()
    expect(reader.note).to_contain_text("could not be interrupted")
    reader.page.wait_for_timeout(4000)
    expect(reader.note).not_to_contain_text("no effect")
    reader.page.context.set_offline(False)
    (tmp_path / "end").touch()
    reader.finished(SUM)
