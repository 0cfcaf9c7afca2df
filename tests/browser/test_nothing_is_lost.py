"""What a reader wrote, and what a cell has shown, stays: over reloads, closed tabs, new builds, dying kernels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader, Wire
from tests.browser.live_support import BookServerProcess, wait_for

SUM, TENSOR, FIGURE, TABLE, LAST = 0, 1, 2, 4, 11
MINE = "print('mine', 40 + 2)"


def another_tab(reader: Reader, noise: Noise) -> Reader:
    page = reader.page.context.new_page()
    noise.listen(page)
    return Reader(page, reader.server).open()


def asks_while_busy(reader: Reader, noise: Noise) -> Reader:
    """Open another tab while a cell runs in the first, and run one there."""
    other = another_tab(reader, noise)
    other.cell(TENSOR).locator(".cell_input").focus()
    other.page.keyboard.press("Enter")
    other.run(TENSOR, "print('waited')")
    return other


def waits_for(gate: Path, before: str, after: str) -> str:
    """Write a cell that prints, waits for a file, and prints again."""
    wait = f"while not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)\n"
    return f"import os, time\nprint({before!r})\n{wait}print({after!r})"


# --- edits


@pytest.mark.parametrize("leave", ["reload", "back", "closed tab"])
def test_an_edit_stays(reader: Reader, noise: Noise, leave: str) -> None:
    reader.wake()
    reader.write(SUM, MINE)
    if leave == "reload":
        reader.page.reload()
    elif leave == "back":
        reader.page.goto(reader.server.page("book/short.html"))
        reader.page.go_back()
    else:
        reader.page.close()
        page = noise_free_page(reader, noise)
        reader = Reader(page, reader.server).open()
    expect(reader.code(SUM)).to_have_text(MINE)
    expect(reader.cell(SUM).locator(".live-edited")).to_have_text("Your edit")
    expect(reader.cell(TENSOR).locator(".live-edited")).to_be_hidden()
    # Nothing was started for it: the page still offers to run.
    expect(reader.button("Run this page")).to_be_visible()
    expect(reader.run(SUM)).to_contain_text("mine 42")


def noise_free_page(reader: Reader, noise: Noise) -> Page:
    page = reader.page.context.new_page()
    noise.listen(page)
    return page


def test_reset_forgets_the_edit_and_undo_brings_it_back(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, MINE)
    reader.cell(SUM).get_by_role("button", name=re.compile("Reset")).click()
    expect(reader.code(SUM)).to_have_text('print("sum", hidden + 1)')
    expect(reader.cell(SUM).locator(".live-edited")).to_be_hidden()
    reader.page.keyboard.press("Control+Z")
    expect(reader.code(SUM)).to_have_text(MINE)
    reader.page.reload()
    expect(reader.code(SUM)).to_have_text(MINE)
    reader.cell(SUM).get_by_role("button", name=re.compile("Reset")).click()
    reader.page.reload()
    expect(reader.button("Run this page")).to_be_visible()
    expect(reader.page.locator(".live-editor")).to_have_count(0)


def kept(reader: Reader, words: str) -> None:
    """Wait until the browser has the words among the edits that it keeps."""
    read = "() => Object.entries(localStorage).filter(([name]) => name.startsWith('live:book/cells:edit:')).join()"
    wait_for(lambda: words in reader.page.evaluate(read), f"an edit with {words!r}")


def rewrite(reader: Reader, change: str) -> None:
    """Change the kept edits as an older build of the book would have left them."""
    reader.page.evaluate(f"""() => {{
      const prefix = "live:book/cells:edit:";
      const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
      const edits = {{}};
      for (const name of names) edits[name.slice(prefix.length)] = JSON.parse(localStorage[name]);
      ({change})(edits);
      names.forEach((name) => localStorage.removeItem(name));
      for (const number of Object.keys(edits)) localStorage.setItem(prefix + number, JSON.stringify(edits[number]));
    }}""")
    reader.page.reload()


def test_if_the_book_has_changed_both_texts_are_offered(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, MINE)
    expect(reader.cell(SUM).locator(".live-edited")).to_be_visible()
    kept(reader, "mine")
    rewrite(reader, "edits => (edits[2].source = 'print(\"what the book said\")')")
    says = reader.cell(SUM).locator(".cell_input .live-problem")
    expect(says).to_contain_text("The book’s text of this cell has changed since you edited it.")
    expect(reader.code(SUM)).to_have_text(MINE)
    printed = reader.cell(SUM).locator(".live-print")
    expect(printed).to_be_hidden()
    says.get_by_role("button", name="Show the book’s text").click()
    expect(printed).to_be_visible()
    reader.page.reload()
    says.get_by_role("button", name="Keep mine").click()
    expect(says).to_have_count(0)
    kept(reader, "hidden + 1")
    rewrite(reader, "edits => (edits[2].source = 'print(\"what the book said\")')")
    says.get_by_role("button", name="Take the book’s").click()
    expect(reader.code(SUM)).to_have_text('print("sum", hidden + 1)')
    expect(says).to_have_count(0)


def test_an_edit_follows_its_cell_to_another_place(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, MINE)
    kept(reader, "mine")
    rewrite(reader, "edits => { edits[7] = edits[2]; delete edits[2]; }")
    expect(reader.code(SUM)).to_have_text(MINE)
    expect(reader.cell(SUM).locator(".cell_input .live-problem")).to_have_count(0)


def test_an_edit_of_a_cell_that_is_gone_can_be_saved(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, MINE)
    kept(reader, "mine")
    rewrite(reader, "edits => { edits[99] = {source: 'gone', text: 'print(\"kept\")'}; delete edits[2]; }")
    expect(reader.offer).to_contain_text("You edited cells that are not in the book any more")
    with reader.page.expect_download() as download:
        reader.offer.get_by_role("link", name="Save them as a file").click()
    assert Path(download.value.path()).read_text() == 'print("kept")'
    expect(reader.run(TENSOR, "print('a run')")).to_contain_text("a run")
    expect(reader.offer).to_be_visible()
    reader.offer.get_by_role("button", name="Forget them").click()
    expect(reader.offer).to_be_hidden()
    reader.page.reload()
    expect(reader.offer).to_be_hidden()


@pytest.mark.parametrize(
    "forbid",
    [
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
        "for (const kind of ['localStorage', 'sessionStorage'])"
        "Object.defineProperty(window, kind, {get() { throw new DOMException('no', 'SecurityError'); }})",
    ],
)
def test_storage_that_is_full_or_forbidden_costs_one_sentence(
    book_server: BookServerProcess, new_context: Callable[..., BrowserContext], forbid: str
) -> None:
    page = new_context().new_page()
    page.add_init_script(forbid)
    reader = Reader(page, book_server).open().wake()
    reader.write(SUM, MINE)
    expect(reader.bar).to_contain_text("This browser does not let the page keep anything")
    expect(reader.run(SUM)).to_contain_text("mine 42")
    reader.finished(SUM)
    reader.button("Restart").click()
    expect(reader.note).to_contain_text("Python was started anew")
    expect(reader.bar.locator(".live-unkept")).to_contain_text("your edits and what your cells have shown are lost")


def test_what_one_tab_could_not_keep_hides_nothing_of_what_another_has_kept_since(reader: Reader) -> None:
    reader.wake()
    fill = """() => {
      for (let size = 2 ** 22; size >= 1; size >>= 1)
        for (;;) try { localStorage.setItem(`fill ${size} ${Math.random()}`, "x".repeat(size)); } catch { break; }
    }"""
    reader.page.evaluate(fill)
    reader.write(SUM, MINE)
    expect(reader.bar.locator(".live-unkept")).to_be_visible()
    reader.page.evaluate("""() => {
      for (const name of Object.keys(localStorage)) if (name.startsWith("fill")) localStorage.removeItem(name);
    }""")
    other = Reader(reader.page.context.new_page(), reader.server).open()
    other.wake()
    other.write(TENSOR, "'theirs'")
    kept(other, "theirs")
    other.write(SUM, "'theirs, too'")
    kept(other, "theirs, too")
    reader.write(SUM, "'mine again'")
    kept(reader, "mine again")
    other.page.reload()
    expect(other.code(TENSOR)).to_have_text("'theirs'")
    expect(other.code(SUM)).to_have_text("'mine again'")
    expect(other.offer).to_contain_text("or the same cell in two tabs")
    assert "'theirs, too'" in other.page.evaluate("() => Object.values(localStorage).join()")


# --- outputs


def test_what_a_cell_had_printed_stays_when_the_kernel_dies(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    reader.wake()
    fresh = reader.run(SUM, "import os, sys, time\nprint('before the end', flush=True)\ntime.sleep(1)\nos._exit(1)")
    expect(fresh).to_contain_text("Python died while this cell ran.")
    expect(fresh).to_contain_text("before the end")
    expect(reader.stored(SUM).locator("pre")).to_be_visible()


@pytest.mark.parametrize("end", ["exit()", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_cell_run_at_once_after_the_end_of_a_kernel_is_not_lost(reader: Reader, noise: Noise, end: str) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, end)
    expect(reader.run(TENSOR, "print('after', 1)")).to_contain_text("after 1")
    reader.finished(TENSOR)
    reader.run(FIGURE, "print('once more', hidden)")
    expect(reader.fresh(FIGURE)).to_contain_text("once more 20")


def test_output_goes_on_in_its_place_after_a_reload(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    fresh = reader.run(SUM, waits_for(tmp_path / "gate", "before the reload", "after the reload"))
    expect(fresh).to_contain_text("before the reload")
    reader.page.reload()
    expect(fresh).to_contain_text("before the reload")
    expect(fresh).to_contain_text("This page was left while the cell ran; its output goes on here.")
    expect(reader.cell(SUM)).to_have_attribute("data-live", re.compile("running|queued"))
    (tmp_path / "gate").touch()
    expect(fresh).to_contain_text("after the reload")
    reader.finished(SUM)
    expect(reader.run(TENSOR, "print('next')")).to_contain_text("next")


def test_what_was_printed_while_the_page_was_away_comes_when_it_is_back(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    gate, ended = tmp_path / "gate", tmp_path / "ended"
    code = waits_for(gate, "before", "meanwhile") + f"\nopen({str(ended)!r}, 'w').close()"
    fresh = reader.run(SUM, code)
    expect(fresh).to_contain_text("before")
    reader.page.goto(reader.server.page("book/short.html"))
    gate.touch()
    wait_for(ended.exists, "the end of the run")
    reader.page.go_back()
    expect(fresh).to_contain_text("meanwhile")
    reader.finished(SUM)


@pytest.mark.parametrize("tabs", [1, 2])
def test_of_fast_output_no_line_is_lost_by_a_reload_whoever_else_listens(
    reader: Reader, noise: Noise, tmp_path: Path, tabs: int
) -> None:
    reader.wake()
    if tabs == 2:
        another_tab(reader, noise).wake()
    gate = tmp_path / "gate"
    code = f"""import os, time
n = 0
while not os.path.exists({str(gate)!r}):
    print(n, flush=True)
    n += 1
    time.sleep(0.01)
print("end", n)"""
    fresh = reader.run(SUM, code)
    for _ in range(3):
        expect(fresh).to_contain_text(re.compile(r"\d+\s\d+"))
        reader.page.reload()
        expect(fresh).to_contain_text("its output goes on here")
    gate.touch()
    expect(fresh).to_contain_text(re.compile(r"end \d+"))
    reader.finished(SUM)
    *numbers, _, count = (fresh.locator(".live-stdout").first.text_content() or "").split()
    assert [int(number) for number in numbers] == list(range(int(count)))


def test_a_run_that_waits_for_another_tab_is_asked_for_again_after_a_reload(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    gate = tmp_path / "gate"
    reader.run(SUM, waits_for(gate, "before", "after"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    expect(other.bar).to_have_attribute("data-kernel", "busy")
    other.finished(TENSOR, "queued")
    other.page.reload()
    other.finished(TENSOR, "queued")
    gate.touch()
    expect(other.fresh(TENSOR)).to_contain_text("waited")


def test_to_cancel_the_cell_whose_turn_it_is_leaves_the_others_in_line(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    gate = tmp_path / "gate"
    reader.run(SUM, waits_for(gate, "before", "after"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    other.finished(TENSOR, "queued")
    other.run(TABLE, "print('stayed')")
    other.finished(TABLE, "queued")
    other.cell(TENSOR).get_by_role("button", name="Cancel cell").click()
    other.finished(TENSOR, "dropped")
    gate.touch()
    expect(other.fresh(TABLE)).to_contain_text("stayed")


def test_a_run_whose_tab_was_closed_goes_on_in_the_next(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    reader.wake()
    gate = tmp_path / "gate"
    expect(reader.run(SUM, waits_for(gate, "before", "after"))).to_contain_text("before")
    context = reader.page.context
    reader.page.close(run_before_unload=True)
    page = context.new_page()
    noise.listen(page)
    page.goto(reader.server.page("book/cells.html"))
    reader = Reader(page, reader.server)
    expect(reader.fresh(SUM)).to_contain_text("before")
    gate.touch()
    expect(reader.fresh(SUM)).to_contain_text("after")
    reader.finished(SUM)


def test_two_reloads_keep_the_cell_for_which_another_runs(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    gate = tmp_path / "gate"
    reader.write(TABLE, waits_for(gate, "before", "after") + "\ntable = 7")
    reader.run(LAST, "print('the last', table)")
    expect(reader.fresh(TABLE)).to_contain_text("before")
    for _ in range(2):
        reader.page.reload()
        expect(reader.fresh(TABLE)).to_contain_text("its output goes on here")
        expect(reader.fresh(TABLE)).not_to_contain_text("not run")
    gate.touch()
    expect(reader.fresh(LAST)).to_contain_text("the last 7")


def test_what_is_asked_for_after_a_stop_runs(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    slow = "import time\ntry:\n    while True:\n        time.sleep(0.02)\nfinally:\n    time.sleep(0.5)"
    for k in range(3):
        reader.run(SUM, slow)
        reader.finished(SUM, "running")
        reader.run(FIGURE, "print('waited')")
        reader.button("Interrupt").click()
        reader.run(TENSOR, f"print('asked after it', {k})")
        expect(reader.fresh(TENSOR)).to_contain_text(f"asked after it {k}")
        reader.finished(TENSOR)
        reader.finished(SUM, "failed")
        reader.finished(FIGURE, "dropped")


def test_a_page_that_a_cell_ended_has_not_run_to_its_end(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    reader.wake()
    reader.write(SUM, "exit()")
    reader.button("Run all").click()
    reader.finished(LAST, "dropped")
    expect(reader.note).to_contain_text("The cell ended Python")
    expect(reader.page.locator(".live-announcer")).not_to_have_text("All cells have run")


def test_a_connection_that_breaks_while_a_cell_runs_costs_no_line(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    wire = Wire(reader.page)
    reader.wake()
    another_tab(reader, noise).wake()  # or Jupyter would keep what comes meanwhile
    gate, ended = tmp_path / "gate", tmp_path / "ended"
    fresh = reader.run(SUM, f"{waits_for(gate, 'before', 'meanwhile')}\nopen({str(ended)!r}, 'w').close()\n1 / 0")
    expect(fresh).to_contain_text("before")
    with wire.cut():
        gate.touch()
        wait_for(ended.exists, "the end of the run")
    expect(fresh).to_contain_text("meanwhile")
    expect(fresh).to_contain_text("ZeroDivisionError")
    reader.finished(SUM, "failed")
    expect(reader.run(TENSOR, "print('next')")).to_contain_text("next")


def test_a_cell_that_ends_python_runs_once(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    for k in range(5):
        runs = tmp_path / f"runs {k}"
        fresh = reader.run(SUM, f"import os\nopen({str(runs)!r}, 'a').write('run ')\nos._exit(0)")
        reader.finished(SUM, "failed")
        expect(fresh).to_contain_text("Python died while this cell ran.")
        expect(reader.run(TENSOR, f"print('alive', {k})")).to_contain_text(f"alive {k}")
        reader.finished(TENSOR)
        assert runs.read_text() == "run "


def test_cells_that_waited_when_python_died_are_told(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    gate = tmp_path / "gate"
    reader.write(SUM, waits_for(gate, "before", "after") + "\nos._exit(1)")
    reader.button("Run all").click()
    expect(reader.fresh(SUM)).to_contain_text("before")
    gate.touch()
    expect(reader.fresh(SUM)).to_contain_text(
        re.compile(r"Python died while this cell ran. \d+ cells that waited behind it were not run.")
    )


def test_a_reload_says_which_cells_did_not_run(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    fresh = reader.run(SUM, waits_for(tmp_path / "gate", "before", "after"))
    expect(fresh).to_contain_text("before")
    reader.run(TENSOR)
    reader.finished(TENSOR, "queued")
    reader.page.reload()
    expect(fresh).to_contain_text("1 cell that waited behind it was not run.")
    (tmp_path / "gate").touch()
    expect(fresh).to_contain_text("after")


def test_a_kernel_that_died_while_the_page_was_away_is_told(
    reader: Reader, book_server: BookServerProcess, tmp_path: Path, noise: Noise
) -> None:
    noise.expected = True
    reader.wake()
    fresh = reader.run(SUM, waits_for(tmp_path / "never", "before", "after"))
    expect(fresh).to_contain_text("before")
    reader.page.goto(reader.server.page("book/short.html"))
    client = reader.page.evaluate("""async () => {
      const session = (await (await fetch("/api/sessions")).json())[0].id;
      const xsrf = document.cookie.match(/_xsrf=([^;]*)/)[1];
      return (await fetch("/api/sessions/" + session, {method: "DELETE", headers: {"X-XSRFToken": xsrf}})).status;
    }""")
    assert client == 204, json.dumps(client)
    reader.page.go_back()
    expect(fresh).to_contain_text("before")
    expect(fresh).to_contain_text("The connection was lost while this cell ran.")


# --- interrupts


@pytest.mark.parametrize(
    "deaf",
    [
        "import asyncio\nawait asyncio.sleep(600)",
        "import os, time\ntime.sleep(1)\nos.kill(os.getpid(), signal.SIGSTOP)",
    ],
)
def test_an_interrupt_without_effect_offers_a_restart(reader: Reader, noise: Noise, deaf: str) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, "import signal\nprint('begun', flush=True)\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + deaf)
    expect(reader.fresh(SUM)).to_contain_text("begun")
    reader.button("Interrupt").click()
    expect(reader.note).to_contain_text("The interrupt has had no effect so far")
    said = reader.cell(SUM).locator(".cell_input .live-problem")
    expect(said).to_contain_text("The interrupt has had no effect so far")
    said.get_by_role("button", name="Restart").click()
    expect(said).to_have_count(0)
    expect(reader.fresh(SUM)).to_contain_text("Stopped: Python was restarted.")
    expect(reader.run(TENSOR, "print('again')")).to_contain_text("again")


# --- tabs


def test_two_tabs_of_one_browser_share_a_kernel_and_say_so(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, "kept = 'from the first tab'")
    reader.finished(SUM)
    other = another_tab(reader, noise)
    expect(reader.bar.locator(".live-shared")).to_be_hidden()
    other.wake()
    expect(other.note).to_contain_text("Python is still running for this page; your variables are there.")
    for one in (reader, other):
        expect(one.bar.locator(".live-shared")).to_have_text(
            "This page is open in another tab too; they share one Python and its variables."
        )
    expect(other.run(SUM, "print(kept)")).to_contain_text("from the first tab")
    other.run(TENSOR, waits_for(tmp_path / "gate", "before", "after"))
    expect(reader.bar.locator(".live-shared")).to_contain_text("Cell 3 is running there.")
    (tmp_path / "gate").touch()
    expect(reader.bar.locator(".live-shared")).not_to_contain_text("is running there")
    other.page.close()
    expect(reader.bar.locator(".live-shared")).to_be_hidden()


def test_what_runs_in_another_tab_is_stopped_only_if_one_says_so(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    gate = tmp_path / "gate"
    reader.run(SUM, waits_for(gate, "before", "after"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    other.finished(TENSOR, "queued")
    other.button("Interrupt").click()  # it does not wait any longer
    other.finished(TENSOR, "dropped")
    expect(other.bar).to_have_attribute("data-kernel", "busy")
    other.run(TENSOR)
    other.finished(TENSOR, "queued")
    gate.touch()
    expect(reader.fresh(SUM)).to_contain_text("after")
    reader.finished(SUM)
    expect(other.fresh(TENSOR)).to_contain_text("waited")

    gate.unlink()
    reader.run(SUM)
    expect(other.bar).to_have_attribute("data-kernel", "busy")
    other.button("Interrupt").click()
    expect(other.note).to_contain_text("Nothing of this tab is running. Python is at a cell of another tab.")
    other.page.wait_for_timeout(500)
    reader.finished(SUM, "running")
    other.note.get_by_role("button", name="Stop it").click()
    reader.finished(SUM, "failed")
    expect(reader.fresh(SUM)).to_contain_text("This cell was interrupted.")


@pytest.mark.parametrize("press", ["a cell", "the page"])
def test_the_first_press_in_another_tab_waits_and_can_be_given_up(
    reader: Reader, noise: Noise, tmp_path: Path, press: str
) -> None:
    other = another_tab(reader, noise)
    fresh = reader.wake().run(SUM, waits_for(tmp_path / "gate", "before", "after"))
    expect(fresh).to_contain_text("before")
    if press == "the page":
        other.button("Run this page").focus()
        other.page.keyboard.press("Enter")
        other.button("Interrupt").click()
    else:
        other.cell(TENSOR).locator(".cell_input").focus()
        other.page.keyboard.press("Control+Enter")
        other.finished(TENSOR, "queued")
        other.cell(TENSOR).get_by_role("button", name="Cancel").click()
    other.finished(TENSOR, "dropped")
    (tmp_path / "gate").touch()
    expect(fresh).to_contain_text("after")
    reader.finished(SUM)
    expect(other.fresh(TENSOR)).to_have_count(0)


def test_a_reload_while_a_whole_page_waits_says_what_it_gives_up(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    fresh = reader.wake().run(SUM, waits_for(tmp_path / "gate", "before", "after"))
    expect(fresh).to_contain_text("before")
    other = another_tab(reader, noise)
    other.button("Run this page").click()
    other.finished(LAST, "queued")
    other.page.reload()
    expect(other.loss).to_contain_text("cells that waited behind it were not run")
    (tmp_path / "gate").touch()
    expect(fresh).to_contain_text("after")


def test_a_duplicated_tab_does_not_take_the_first_ones_messages(reader: Reader, noise: Noise) -> None:
    reader.wake()
    kept = reader.page.evaluate("JSON.stringify(sessionStorage)")
    page = reader.page.context.new_page()
    noise.listen(page)
    page.add_init_script(f"Object.assign(sessionStorage, {kept})")
    other = Reader(page, reader.server).open().wake()
    for tab in (reader, other, reader):
        expect(tab.run(SUM, "print('heard')")).to_contain_text("heard")
        tab.finished(SUM)
        tab.run(SUM, "print('and again')")
        expect(tab.fresh(SUM)).to_contain_text("and again")


def test_a_cell_that_waits_is_not_reset_but_stopped(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, waits_for(tmp_path / "gate", "first", "later"))
    reader.run(TENSOR, "print('mine', 'ran')")
    reader.cell(TENSOR).hover()
    reader.cell(TENSOR).get_by_role("button", name="Reset").click()
    expect(reader.note).to_contain_text("This cell is running, or waits to run. Stop it, then reset it.")
    (tmp_path / "gate").touch()
    expect(reader.fresh(TENSOR)).to_contain_text("mine ran")
    expect(reader.code(TENSOR)).to_contain_text("mine")


def test_after_a_reload_the_cell_that_was_asked_for_runs_too(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.write(SUM, waits_for(tmp_path / "gate", "first", "later") + "\nvalue = 5")
    reader.run(TENSOR, "print('value', value)")
    expect(reader.bar.locator(".live-status")).to_contain_text("Running cell 2 for cell 3")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("its output goes on here")
    (tmp_path / "gate").touch()
    expect(reader.fresh(TENSOR)).to_contain_text("value 5")


def test_what_an_interrupted_cell_had_done_is_there_and_said(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    gate = tmp_path / "gate"
    gate.touch()
    reader.write(SUM, f"value = 0\n{waits_for(gate, 'first', 'later')}\nvalue = 40")
    expect(reader.run(TENSOR, "print('value', value)")).to_contain_text("value 40")
    gate.unlink()
    expect(reader.run(SUM)).to_contain_text("first")
    reader.button("Interrupt").click()
    reader.finished(SUM, "failed")
    gate.touch()
    expect(reader.run(TENSOR)).to_contain_text("value 0")
    expect(reader.fresh(TENSOR)).to_contain_text("This used what was left by cell 2, which was interrupted.")
    expect(reader.fresh(SUM).locator(".live-stdout")).to_have_text(re.compile(r"^\s*first\s*$"))
    reader.page.reload()  # the page keeps it in mind
    expect(reader.fresh(SUM)).to_contain_text("first")
    expect(reader.fresh(TENSOR)).to_contain_text("This used what was left by cell 2, which was interrupted.")
    reader.wake()
    expect(reader.run(TENSOR, "print('value', value + 1)")).to_contain_text("value 1")
    reader.cell(TENSOR).get_by_role("button", name="Run it again first").click()
    expect(reader.fresh(SUM)).to_contain_text("later")
    expect(reader.fresh(TENSOR)).to_contain_text("value 41")
    expect(reader.fresh(TENSOR)).not_to_contain_text("was interrupted")


def test_a_cell_that_failed_is_not_run_again_for_another_unless_it_is_edited(reader: Reader, noise: Noise) -> None:
    reader.wake()
    reader.run(SUM, "runs = globals().get('runs', 0) + 1\nprint('run', runs)\nvalue = 1 / (runs - 1)")
    reader.finished(SUM, "failed")
    expect(reader.run(TENSOR, "print('left', runs, 'value' in globals())")).to_contain_text("left 1 False")
    expect(reader.fresh(TENSOR)).to_contain_text("This used what was left by cell 2, which failed.")
    expect(reader.fresh(SUM)).to_contain_text("run 1")
    reader.write(SUM, "runs = value = 40")
    expect(reader.run(TENSOR)).to_contain_text("left 40 True")
    expect(reader.fresh(TENSOR)).not_to_contain_text("failed")


def test_what_another_tab_has_written_is_not_overwritten_without_a_word(reader: Reader) -> None:
    reader.wake()
    other = Reader(reader.page.context.new_page(), reader.server).open()
    other.wake()
    kept = "(text) => Object.values(localStorage).some((kept) => kept.includes(text))"
    reader.write(SUM, MINE)
    reader.page.wait_for_function(kept, arg="40 + 2")
    other.write(SUM, "theirs = 1")
    other.page.wait_for_function(kept, arg="theirs = 1")
    other.page.reload()
    expect(other.code(SUM)).to_contain_text("theirs")
    expect(other.offer).to_contain_text("or the same cell in two tabs")


def test_a_restart_in_another_tab_keeps_what_that_tab_has_run_since(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM)
    reader.finished(SUM)
    other = Reader(reader.page.context.new_page(), reader.server).open()
    other.wake()
    other.button("Restart").click()
    expect(other.note).to_contain_text("Python was started anew")
    expect(other.run(LAST)).to_contain_text("the last 42")
    reader.page.bring_to_front()
    expect(reader.run(TENSOR, "print('here', 1)")).to_contain_text("here 1")
    other.page.bring_to_front()
    expect(other.run(LAST)).to_contain_text("the last 42")
    expect(other.fresh(LAST).locator(".live-prelude")).to_have_count(0)


def test_a_long_name_of_an_error_does_not_widen_the_page(reader: Reader, noise: Noise) -> None:
    reader.wake()
    reader.write(SUM, "raise type('X' * 20_000, (Exception,), {})('v')")
    reader.button("Run all").click()
    expect(reader.note).to_contain_text("Stopped at cell")
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("press", ["Run", "Run all"])
def test_of_a_cell_that_waits_the_text_asked_for_last_runs(reader: Reader, tmp_path: Path, press: str) -> None:
    reader.wake().run(SUM, waits_for(tmp_path / "gate", "before", "after"))
    reader.run(TENSOR, "print('one')")
    reader.finished(TENSOR, "queued")
    fresh = reader.fresh(TENSOR)
    if press == "Run":
        reader.run(TENSOR, "print('two')")
    else:
        reader.write(TENSOR, "print('two')")
        reader.button("Run all").click()
    (tmp_path / "gate").touch()
    expect(fresh).to_contain_text("two")


def test_a_second_run_of_a_cell_for_which_others_run_can_be_given_up(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.write(SUM, waits_for(tmp_path / "gate", "before", "after") + "\nmine = 1")
    reader.run(TENSOR, "print('mine', mine)")
    expect(reader.fresh(SUM)).to_contain_text("before")
    reader.run(TENSOR)
    reader.finished(TENSOR, "queued")
    reader.cell(TENSOR).get_by_role("button", name="Cancel").click()
    reader.finished(TENSOR, "running")
    (tmp_path / "gate").touch()
    expect(reader.fresh(TENSOR)).to_contain_text("mine 1")
    reader.finished(TENSOR)
    expect(reader.bar.locator(".live-status")).to_have_text("Ready")


def test_a_closed_tabs_run_is_not_forgotten_by_another_tabs(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    other = another_tab(reader, noise).wake()
    fresh = reader.wake().run(SUM, waits_for(tmp_path / "gate", "before", "after"))
    expect(fresh).to_contain_text("before")
    reader.page.close(run_before_unload=False)
    (tmp_path / "gate").touch()
    expect(other.run(TENSOR, "print('other')")).to_contain_text("other")
    other.page.reload()
    expect(other.fresh(SUM)).to_contain_text("after")


def test_a_restart_in_another_tab_is_told_although_that_tab_has_run_cells_since(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    expect(reader.wake().run(SUM, "mine = 1\nprint(mine)")).to_contain_text("1")
    other = another_tab(reader, noise)
    expect(other.button("Restart")).to_be_visible()
    other.button("Restart").click()
    expect(other.note).to_contain_text("Python was started anew")
    expect(other.run(TENSOR, "print('other')")).to_contain_text("other")
    expect(reader.run(FIGURE, "print('here')")).to_contain_text("here")
    expect(reader.loss).to_contain_text("is gone, and its variables with it")


def test_only_the_edits_that_were_offered_are_forgotten(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, MINE)
    kept(reader, "mine")
    rewrite(reader, "edits => { edits[99] = {source: 'gone', text: 'offered'}; delete edits[2]; }")
    expect(reader.offer).to_contain_text("You edited cells")
    reader.page.evaluate("() => localStorage.setItem('live:book/cells:homeless:b', JSON.stringify('of another tab'))")
    reader.offer.get_by_role("button", name="Forget them").click()
    expect(reader.offer).to_be_hidden()
    aside = "() => Object.keys(localStorage).filter((name) => name.includes(':homeless:'))"
    assert reader.page.evaluate(aside) == ["live:book/cells:homeless:b"]
