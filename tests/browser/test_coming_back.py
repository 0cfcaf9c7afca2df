"""What cells have shown is there again when a reader comes back, as long as the server has their Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader, SlowScript, Wire, end_kernels
from tests.browser.live_support import BookServerProcess, wait_for

from booksite.chromium import FLAGS

SUM, TENSOR, FIGURE, DRAWING, TABLE, PROGRESS, FOLDED, OUTPUT_ONLY, FAILS, SOLUTION, FORMULA, LAST = range(12)
EARLIER = "Your earlier run"


@pytest.fixture
def worker(reader: Reader) -> Reader:
    """Open the sample's page for somebody who has run three cells: one prints, one draws, one fails."""
    reader.wake()
    reader.run(SUM, "mine = 42\nprint('mine', mine)")
    reader.finished(SUM)
    reader.run(FIGURE)
    reader.finished(FIGURE)
    reader.run(TENSOR, "1 / 0")
    reader.finished(TENSOR, "failed")
    return reader


def come_back(reader: Reader, noise: Noise, how: str) -> Reader:
    if how == "reload":
        reader.page.reload()
        return reader
    if how == "back":
        reader.page.goto(reader.server.page("book/short.html"))
        reader.page.go_back()
        return reader
    page: Page = reader.page.context.new_page()
    noise.listen(page)
    if how == "closed tab":
        reader.page.close()
    page.goto(reader.server.page(reader.name))
    return Reader(page, reader.server)


@pytest.mark.parametrize("how", ["reload", "back", "closed tab", "second tab"])
def test_what_cells_have_shown_is_there_again(worker: Reader, noise: Noise, how: str) -> None:
    back = come_back(worker, noise, how)
    expect(back.fresh(SUM)).to_contain_text("mine 42")
    expect(back.fresh(SUM)).to_contain_text(EARLIER)
    expect(back.fresh(FIGURE).locator("img").first).to_be_visible()
    expect(back.fresh(TENSOR)).to_contain_text("ZeroDivisionError")
    back.finished(SUM)
    back.finished(TENSOR, "failed")
    expect(back.note).to_contain_text("Python is still running for this page")
    expect(back.fresh(TABLE)).to_have_count(0)
    # It is the same Python, and the page can be worked on at once.
    expect(back.run(TABLE, "print('still', mine)")).to_contain_text("still 42")
    expect(back.fresh(TABLE).locator(".live-prelude")).to_have_count(0)


def test_a_display_that_a_later_cell_has_changed_comes_back_as_it_was_last(reader: Reader) -> None:
    reader.wake()
    shown = reader.run(SUM, "from IPython.display import display\nhandle = display('first', display_id=True)")
    expect(shown).to_contain_text("first")
    reader.run(TENSOR, "handle.update('second')\nprint('updated')")
    expect(shown).to_contain_text("second")
    reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("updated")
    expect(shown).to_contain_text("second")
    expect(shown).not_to_contain_text("first")


def test_what_ran_quietly_or_was_reset_stays_away(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(LAST)).to_contain_text("the last 42")  # runs others first, quietly
    reader.run(SUM, "print('away')")
    reader.finished(SUM)
    reader.cell(SUM).get_by_role("button", name="Reset cell").click()
    reader.page.reload()
    expect(reader.fresh(LAST)).to_contain_text("the last 42")
    for index in (SUM, FOLDED, SOLUTION):
        expect(reader.fresh(index)).to_have_count(0)


def test_help_comes_back(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(SUM, "len?")).to_contain_text("number of items")
    reader.finished(SUM)
    reader.page.reload()
    expect(reader.fresh(SUM).locator(".live-page")).to_contain_text("number of items")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("for _ in range(20):\n    display({'text/plain': 'x' * 1_000_000}, raw=True)", "The beginning of this output"),
        ("print('x' * 20_000_000)", "What this cell has shown"),
    ],
)
def test_what_was_too_much_to_be_kept_says_so(reader: Reader, code: str, sentence: str) -> None:
    reader.wake()
    reader.run(SUM, code)
    reader.finished(SUM)
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text(f"{sentence} is not there any more: of what cells show, the last 16 MB")
    expect(reader.fresh(SUM)).not_to_contain_text("shows nothing")


def test_without_its_python_the_page_is_the_books(worker: Reader) -> None:
    end_kernels(worker.page.context)
    worker.page.reload()
    expect(worker.button("Run this page")).to_be_visible()
    for index in (SUM, FIGURE, TENSOR):
        expect(worker.fresh(index)).to_have_count(0)


def test_a_display_of_an_earlier_visit_can_still_be_updated(reader: Reader) -> None:
    reader.wake()
    shown = reader.run(SUM, "from IPython.display import display\nhandle = display('first', display_id=True)")
    expect(shown).to_contain_text("first")
    reader.page.reload()
    expect(shown).to_contain_text("first")
    reader.run(TENSOR, "handle.update('second')\nprint('updated')")
    expect(reader.fresh(TENSOR)).to_contain_text("updated")
    expect(shown).to_contain_text("second")


def test_one_answer_that_fails_does_not_cost_the_outputs(worker: Reader, noise: Noise) -> None:
    noise.expected = True  # a request that fails
    worker.page.route("**/api/kernels?*", lambda route: route.fulfill(status=500))
    worker.page.reload()
    expect(worker.code(SUM)).to_contain_text("mine")
    worker.page.wait_for_load_state("networkidle")
    worker.page.unroute_all()
    worker.page.reload()
    expect(worker.fresh(SUM)).to_contain_text("mine 42")


def test_outputs_do_not_come_back_to_cells_that_the_book_has_changed(worker: Reader) -> None:
    worker.page.evaluate("""() => {
      const name = Object.keys(localStorage).find((key) => key.endsWith(":ran:1"));
      const run = JSON.parse(localStorage.getItem(name));
      localStorage.setItem(name, JSON.stringify({ ...run, source: "of a cell that was here" }));
    }""")
    worker.page.reload()
    expect(worker.fresh(TENSOR)).to_contain_text("ZeroDivisionError")
    expect(worker.fresh(SUM)).to_have_count(0)
    expect(worker.loss).to_contain_text("The book’s text of a cell that had run has changed since")
    worker.page.reload()
    expect(worker.fresh(TENSOR)).to_contain_text("ZeroDivisionError")
    worker.loss.get_by_role("button", name="Close").click()
    worker.page.reload()
    expect(worker.fresh(TENSOR)).to_contain_text("ZeroDivisionError")
    expect(worker.loss).to_have_count(0)


def moving(folder: Path) -> str:
    """Write a cell that shows a picture of 100 kB again and again, waits for a file, and shows the last one."""
    return f"""
import os, time
from IPython.display import HTML, display
def frame(k): return HTML(f"<b title='{{'x' * 100_000}}'>frame {{k}}</b>")
h = display(frame(0), display_id=True)
for k in range(1, 201): h.update(frame(k))
print("shown", flush=True)
while not os.path.exists({str(folder / "end")!r}): time.sleep(0.02)
h.update(frame("last"))
"""


def test_a_picture_that_moves_goes_on_after_a_reload_and_stays(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    expect(reader.run(SUM, moving(tmp_path))).to_contain_text("shown")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("frame 200")
    expect(reader.fresh(SUM)).not_to_contain_text("too long to be kept")
    (tmp_path / "end").touch()
    expect(reader.fresh(SUM)).to_contain_text("frame last")
    reader.finished(SUM)
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("frame last")
    expect(reader.fresh(SUM)).not_to_contain_text("shows nothing")


def test_what_is_too_much_for_the_browser_comes_from_the_server(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    code = "h = display('first', display_id=True)\nfor k in range(300): print('x' * 10_000, k, flush=True)\n"
    wait = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'end')!r}): time.sleep(0.02)\n"
    reader.run(SUM, f"{code}h.update('second')\n{wait}h.update('third')")
    expect(reader.fresh(SUM)).to_contain_text("second")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("second")
    (tmp_path / "end").touch()
    expect(reader.fresh(SUM)).to_contain_text("third")


@pytest.mark.parametrize("end", ["Restart", "import os; os._exit(3)"])
def test_that_a_python_took_its_outputs_with_it_is_said_after_a_reload(reader: Reader, noise: Noise, end: str) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, "print('one')")
    reader.run(TENSOR, "print('two')")
    reader.finished(TENSOR)
    if end == "Restart":
        reader.button(end).click()
        expect(reader.note).to_contain_text("Python was started anew")
    else:
        reader.run(TABLE, end)
        reader.finished(TABLE, "failed")
    reader.run(SUM, "print('three')")
    reader.finished(SUM)
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("three")
    expect(reader.fresh(TENSOR)).to_have_count(0)
    expect(reader.loss.filter(has_text="not brought back")).to_contain_text("What 1 cell had shown")


@pytest.mark.parametrize("lost", ["question", "request"])
def test_a_cell_whose_page_was_left_before_its_request_had_gone_runs(reader: Reader, tmp_path: Path, lost: str) -> None:
    wire = Wire(reader.page)
    reader.wake()
    reader.write(SUM, f"open({str(tmp_path / 'runs')!r}, 'a').write('run ')\nprint('done')")
    asked: list[Route] = []
    if lost == "question":
        reader.page.route("**/api/relations*", lambda route: asked.append(route))
    reader.page.reload()
    reader.wake()
    wire.loses = lost == "request"
    reader.code(SUM).focus()
    reader.page.keyboard.press("Control+Enter")
    if lost == "question":
        wait_for(lambda: asked or reader.page.wait_for_timeout(20), "the question")
    else:
        expect(reader.cell(SUM)).to_have_attribute("data-live", "running")
    reader.page.unroute_all()
    reader.page.reload()
    wire.loses = False
    expect(reader.fresh(SUM)).to_contain_text("done")
    reader.finished(SUM)
    assert (tmp_path / "runs").read_text() == "run "


def test_what_comes_after_the_end_takes_the_place_of_nothing(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    wait = f"while not os.path.exists({str(tmp_path / 'end')!r}): time.sleep(0.02)"
    say = f"import os, threading, time\ndef say():\n    {wait}\n    print('later')\n"
    reader.run(SUM, f"{say}threading.Thread(target=say).start()")
    expect(reader.fresh(SUM)).to_contain_text("Done. It shows nothing.")
    (tmp_path / "end").touch()
    expect(reader.fresh(SUM)).to_contain_text("later")
    expect(reader.fresh(SUM)).not_to_contain_text("shows nothing")


def test_who_clicks_into_code_before_its_editor_is_open_writes_into_it(reader: Reader) -> None:
    reader.page.add_init_script("window.requestIdleCallback = () => {};")  # editors open when there is time: never
    reader.page.reload()
    reader.cell(SUM).locator(".live-run").click()
    reader.finished(SUM)
    reader.cell(TENSOR).locator(".cell_input pre").click()
    reader.page.keyboard.type("mine")  # at once: a second click that does not come is not waited for
    expect(reader.code(TENSOR)).to_contain_text("mine")


def test_the_caret_stays_where_a_reader_writes_who_clicked_and_pressed_enter(reader: Reader) -> None:
    reader.page.add_init_script("window.requestIdleCallback = () => {};")
    reader.page.reload()
    reader.cell(SUM).locator(".live-run").click()
    reader.finished(SUM)
    reader.cell(TENSOR).locator(".cell_input pre").click()
    reader.page.keyboard.press("Enter")
    for letter in "written":
        reader.page.keyboard.type(letter)
        reader.page.wait_for_timeout(60)
    expect(reader.code(TENSOR)).to_contain_text("written")


def test_an_editor_that_opens_late_takes_no_focus_from_elsewhere(reader: Reader) -> None:
    script = SlowScript(reader.page)
    reader.cell(TENSOR).locator(".cell_input pre").click()
    expect(reader.cell(TENSOR).locator(".live-number")).to_have_text("cell 3 opens…")
    elsewhere = reader.page.locator(".live-run").last
    elsewhere.focus()
    script.arrives()
    expect(reader.code(TENSOR)).to_be_visible()
    expect(elsewhere).to_be_focused()
    expect(reader.cell(TENSOR).locator(".live-number")).to_have_text("cell 3")


@pytest.mark.parametrize(
    "odd",
    [
        "h = display('shown', display_id=('layer', 1))",
        """class StopExecution(Exception):
    def _render_traceback_(self): pass
raise StopExecution('enough')""",
        """k = get_ipython().kernel
k.session.send(k.iopub_socket, "stream", {"text": None}, parent=k.get_parent(), ident=b"x")
k.session.send(k.iopub_socket, "status", {}, parent=k.get_parent(), ident=b"x")
k.session.send(k.iopub_socket, "display_data", {"data": {}, "transient": ["display_id"]}, parent=k.get_parent())""",
    ],
)
def test_an_odd_output_takes_nothing_from_the_cells_after_it(reader: Reader, noise: Noise, odd: str) -> None:
    noise.expected = "send" in odd  # the library says what is missing
    reader.wake()
    reader.run(SUM, odd)
    reader.finished(SUM, "failed" if "raise" in odd else "done")
    reader.run(TENSOR, "print('after it')")
    reader.finished(TENSOR)
    if "raise" in odd:
        expect(reader.fresh(SUM)).to_contain_text("StopExecution: enough")
    reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("after it")
    if "raise" in odd:
        expect(reader.fresh(SUM)).to_contain_text("StopExecution: enough")
    elif "h =" in odd:
        expect(reader.fresh(SUM)).to_contain_text("shown")


@pytest.mark.parametrize("edited", [False, True])
def test_a_page_that_the_browser_had_put_away_shows_what_was_done_meanwhile(
    chromium: Browser, chromium_path: str, book_server: BookServerProcess, edited: bool
) -> None:
    putting_away = ["--disable-back-forward-cache"]  # what playwright asks for
    browser = chromium.browser_type.launch(
        executable_path=chromium_path, args=list(FLAGS), ignore_default_args=putting_away
    )
    context = browser.new_context()
    reader = Reader(context.new_page(), book_server).open()
    if edited:  # then the page is in use when it is opened again
        reader.wake().write(TENSOR, "'edited before'")
        reader.page.reload()
        expect(reader.code(TENSOR)).to_have_text("'edited before'")
    reader.page.evaluate(
        "() => addEventListener('pageshow', ({ persisted }) => sessionStorage.setItem('away', persisted))"
    )
    reader.page.goto(book_server.page("book/short.html"))
    other = Reader(context.new_page(), book_server).open().wake()
    other.run(SUM, "print('mean' 'while')")
    other.finished(SUM)
    reader.page.go_back(wait_until="commit")  # nothing is loaded
    expect(reader.code(SUM)).to_have_text("print('mean' 'while')")
    expect(reader.fresh(SUM)).to_contain_text("meanwhile")
    assert reader.page.evaluate("() => sessionStorage.getItem('away')") == "true"
    end_kernels(context)
    browser.close()
