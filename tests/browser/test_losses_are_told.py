"""What is lost is told until the reader closes it; what need not be lost is not, whoever writes or crashes at once."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Error, Route, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader, SlowConnection, Wire, end_kernels
from tests.browser.live_support import wait_for
from tests.browser.test_nothing_is_lost import another_tab, asks_while_busy, waits_for

SUM, TENSOR, FIGURE = 0, 1, 2


def fails_once() -> Callable[[Route], None]:
    failed: list[Route] = []

    def handle(route: Route) -> None:
        if failed:
            route.fallback()
        else:
            failed.append(route)
            route.abort()

    return handle


def crash(reader: Reader) -> None:
    with contextlib.suppress(Error):
        reader.page.goto("chrome://crash", timeout=2000)


def test_who_closes_a_line_has_not_closed_what_was_lost_since(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "print('one')")
    reader.finished(SUM)
    end_kernels(reader.page.context)
    reader.page.reload()
    expect(reader.loss).to_contain_text("What 1 cell had shown")
    for cell in (TENSOR, FIGURE):
        reader.run(cell, "print('more')")
        reader.finished(cell)
    reader.button("Restart").click()
    expect(reader.note).to_contain_text("Python was started anew")
    reader.loss.get_by_role("button", name="Close").click()
    reader.page.reload()
    expect(reader.loss).to_contain_text("What 2 cells had shown")


def test_what_the_cell_had_shown_that_ended_python_is_told(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(SUM, "print('result')\nexit()")).to_contain_text("result")
    expect(reader.note).to_contain_text("The cell ended Python")
    reader.page.reload()
    expect(reader.loss).to_contain_text("What 1 cell had shown")
    expect(reader.cell(SUM)).to_contain_text("What your run of this cell had shown is not brought back")


def test_what_another_tab_had_shown_is_told_by_a_tab_that_slept(reader: Reader, noise: Noise) -> None:
    other = another_tab(reader, noise).wake()
    other.run(SUM, "print('shown')")
    other.finished(SUM)
    other.page.close()
    end_kernels(reader.page.context)
    reader.cell(TENSOR).locator(".cell_input").focus()
    reader.page.keyboard.press("Control+Enter")
    reader.finished(TENSOR)
    expect(reader.loss).to_contain_text("The Python that ran this page is gone, and its variables with it.")
    reader.page.reload()
    expect(reader.loss).to_contain_text("What 1 cell had shown")


@pytest.mark.parametrize("question", [r"/api/kernels(\?.*)?$", "/outputs"])
def test_outputs_come_back_although_a_question_fails(reader: Reader, noise: Noise, question: str) -> None:
    noise.expected = True
    reader.wake()
    for cell in (SUM, TENSOR):
        reader.run(cell, "print('shown')")
        reader.finished(cell)
    reader.page.route(re.compile(question), fails_once())
    reader.page.reload()
    for cell in (SUM, TENSOR):
        expect(reader.fresh(cell)).to_contain_text("shown")


def test_that_a_cell_waited_in_a_closed_tab_is_told_until_it_is_closed(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    other.finished(TENSOR, "queued")
    other.page.close()
    third = another_tab(reader, noise)
    told = "Cell 3 waited when its tab was closed; it was not run."
    expect(third.loss).to_contain_text(told)
    third.page.reload()
    expect(third.loss).to_contain_text(told)
    third.loss.get_by_role("button", name="Close").click()
    third.page.reload()
    expect(third.code(TENSOR)).to_contain_text("waited")
    expect(third.loss).to_have_count(0)
    (tmp_path / "end").touch()
    reader.finished(SUM)


def test_a_cell_that_waited_when_its_tab_crashed_is_told_and_others_outputs_are_shown(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    other.finished(TENSOR, "queued")
    crash(other)
    (tmp_path / "end").touch()
    reader.finished(SUM)
    third = another_tab(reader, noise)
    expect(third.loss).to_contain_text("Cell 3 waited when its tab was closed; it was not run.")
    expect(third.fresh(SUM)).to_contain_text("after")


def test_a_run_is_told_as_lost_although_its_tab_crashed_while_it_was_shown(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.wake()
    other = Reader(reader.page.context.new_page(), reader.server)
    expect(reader.run(SUM, waits_for(tmp_path / "never", "before", "after"))).to_contain_text("before")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("before")
    crash(reader)  # within the five seconds in which an output that does that is noticed
    end_kernels(other.page.context)
    other.open()
    expect(other.loss).to_contain_text("Cell 2 was running then; what it showed is lost.")


def test_cells_that_were_asked_for_while_one_ran_are_told_when_the_tab_crashes(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.wake()
    stays = reader.page.context.new_page()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    for cell in (TENSOR, FIGURE):
        reader.run(cell, "print('waited')")
        reader.finished(cell, "queued")
    crash(reader)
    back = Reader(stays, reader.server).open()
    expect(back.fresh(SUM)).to_contain_text("2 cells that waited behind it were not run.")
    (tmp_path / "end").touch()
    back.finished(SUM)


def test_a_run_of_a_closed_tab_does_not_cover_the_newer_one_that_is_going_on(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    other = Reader(reader.page.context.new_page(), reader.server)
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "old"))).to_contain_text("before")
    reader.write(SUM, waits_for(tmp_path / "newer end", "newer begins", "newer ends"))
    reader.page.evaluate("() => new Promise((resolve) => setTimeout(resolve, 300))")  # it is written down
    reader.page.close()
    (tmp_path / "end").touch()
    other.open()
    expect(other.run(SUM)).to_contain_text("newer begins")
    other.page.wait_for_timeout(3000)  # what a tab has left is taken up after two
    (tmp_path / "newer end").touch()
    for _ in range(2):
        expect(other.fresh(SUM)).to_contain_text("newer ends")
        other.finished(SUM)
        other.page.reload()
    expect(other.fresh(SUM)).not_to_contain_text("old")


def test_tabs_that_run_cells_at_once_lose_nothing_of_each_other(reader: Reader, noise: Noise) -> None:
    tabs = [reader.wake(), another_tab(reader, noise).wake(), another_tab(reader, noise).wake()]
    for turn in range(5):
        for cell, tab in enumerate(tabs):
            tab.write(cell, f"print('turn {turn} of tab {cell}')")
        for tab in tabs:
            tab.page.keyboard.press("Control+Enter")
        for cell, tab in enumerate(tabs):
            expect(tab.fresh(cell)).to_contain_text(f"turn {turn} of tab {cell}")
            tab.finished(cell)
        last = another_tab(reader, noise)
        for cell in range(len(tabs)):
            expect(last.fresh(cell)).to_contain_text(f"turn {turn} of tab {cell}")
        assert last.page.evaluate("() => Object.keys(localStorage).filter((key) => key.includes(':left:'))") == []
        last.page.close()


def test_an_output_stays_when_a_cell_fails_that_a_later_run_needs(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, "given = 40")
    expect(reader.run(TENSOR, "print('precious', given)")).to_contain_text("precious 40")
    reader.finished(TENSOR)
    reader.write(SUM, "given = 1 / 0")
    reader.run(TENSOR)
    reader.finished(TENSOR, "failed")
    expect(reader.fresh(TENSOR)).to_contain_text("precious 40")
    expect(reader.fresh(TENSOR)).to_contain_text("This cell did not run: cell 2, which it needs, failed.")


def test_cells_that_a_reload_gave_up_are_told_until_that_is_closed(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    reader.run(TENSOR, "print('waited')")
    reader.finished(TENSOR, "queued")
    for _ in range(2):
        reader.page.reload()
        expect(reader.fresh(SUM)).to_contain_text("its output goes on here")
        expect(reader.loss).to_contain_text("1 cell that waited behind it was not run.")
    (tmp_path / "end").touch()
    reader.finished(SUM)


def test_what_a_run_used_is_said_although_the_page_was_left_meanwhile(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, "value = 40\n1 / 0")
    reader.finished(SUM, "failed")
    code = waits_for(tmp_path / "end", "before", "after") + "\nprint(value)"
    expect(reader.run(TENSOR, code)).to_contain_text("before")
    reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("its output goes on here")
    (tmp_path / "end").touch()
    reader.finished(TENSOR)
    for _ in range(2):
        expect(reader.fresh(TENSOR)).to_contain_text("This used what was left by cell 2, which failed.")
        reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("after")


def test_of_a_cell_that_had_shown_nothing_nothing_is_lost(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    reader.wake()
    reader.run(TENSOR, "print('shown')")
    reader.finished(TENSOR)
    reader.run(SUM, "import os; os._exit(1)")
    reader.finished(SUM, "failed")
    reader.page.reload()
    expect(reader.loss.filter(has_text="not brought back")).to_contain_text("What 1 cell had shown")
    expect(reader.cell(TENSOR)).to_contain_text("What your run of this cell had shown is not brought back")


@pytest.mark.parametrize("first", [True, False])
def test_a_double_click_on_run_runs_once(reader: Reader, tmp_path: Path, first: bool) -> None:
    if not first:
        reader.wake()
        reader.write(SUM, f"open({str(tmp_path / 'runs')!r}, 'a').write('run ')")
    reader.cell(SUM).hover()
    reader.cell(SUM).locator(".live-run").dblclick()
    reader.finished(SUM)
    if not first:
        reader.run(TENSOR, f"print(open({str(tmp_path / 'runs')!r}).read(), 'is all')")
        expect(reader.fresh(TENSOR)).to_contain_text("run is all")
    expect(reader.cell(SUM)).to_have_attribute("data-live", "done")


@pytest.mark.parametrize("leave", ["reload", "cut"])
def test_lines_come_once_although_the_connection_is_slower_than_the_server(
    reader: Reader, noise: Noise, tmp_path: Path, leave: str
) -> None:
    noise.expected = True  # the library says that the connection is lost
    SlowConnection(reader.page)
    reader.wake()
    count = f"import os, time\nk = 0\nwhile not os.path.exists({str(tmp_path / 'end')!r}):\n"
    count += "    print('line', k, flush=True); k += 1; time.sleep(0.01)\nprint('last', k)"
    expect(reader.run(SUM, count)).to_contain_text("line 50")
    if leave == "reload":
        reader.page.reload()
    else:
        SlowConnection.cut(reader.page)
    expect(reader.fresh(SUM)).to_contain_text("line 200", timeout=60_000)
    (tmp_path / "end").touch()
    expect(reader.fresh(SUM)).to_contain_text("last")
    reader.finished(SUM)
    reader.page.wait_for_timeout(1500)  # what is late comes now
    said = (
        reader.fresh(SUM).locator(".live-stdout pre").evaluate_all("all => all.map((pre) => pre.textContent).join('')")
    )
    lines = re.findall(r"line (\d+)", said)
    assert lines == [str(k) for k in range(len(lines))]


FORBIDDEN = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });"""


def test_what_has_run_is_known_where_storage_is_forbidden(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True  # the theme complains
    reader.page.add_init_script(FORBIDDEN)
    reader.page.reload()
    reader.wake()
    reader.run(SUM, f"open({str(tmp_path / 'runs')!r}, 'a').write('run ')\ngiven = 40")
    reader.finished(SUM)
    for k in range(2):
        reader.run(TENSOR, f"print(given, {k})")
        expect(reader.fresh(TENSOR)).to_contain_text(f"40 {k}")
        reader.finished(TENSOR)
    assert (tmp_path / "runs").read_text() == "run "
    expect(reader.bar.locator(".live-unkept")).to_be_visible()


def test_a_run_is_taken_up_although_the_kernel_cannot_be_asked_for_at_first(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    reader.page.route(re.compile("/api/sessions"), fails_once())
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("its output goes on here")
    (tmp_path / "end").touch()
    expect(reader.fresh(SUM)).to_contain_text("after")
    reader.finished(SUM)
    expect(reader.bar).not_to_contain_text("started anew")
    expect(reader.bar).not_to_contain_text("does not answer")


def test_a_run_goes_on_although_its_outputs_cannot_be_asked_for_at_first(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        refused.append(route)
        if len(refused) > 3:
            route.fallback()
        else:
            route.fulfill(status=502)

    reader.page.route(re.compile("/outputs"), refuse)
    reader.page.reload()
    wait_for(lambda: reader.page.evaluate("() => 1") and len(refused) > 3, "the outputs to be asked for again")
    (tmp_path / "end").touch()
    expect(reader.fresh(SUM)).to_contain_text("after")
    reader.finished(SUM)


def test_a_run_that_was_left_is_shown_although_its_cell_has_run_for_another_since(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    code = "given = 40\n" + waits_for(tmp_path / "end", "precious", "after")
    expect(reader.run(SUM, code)).to_contain_text("precious")
    other = another_tab(reader, noise)
    reader.page.close()
    (tmp_path / "end").touch()
    other.code(TENSOR).focus()
    expect(other.run(TENSOR, "print(given + 2)")).to_contain_text("42")
    expect(other.fresh(TENSOR)).to_contain_text("Ran first, because this cell needs it: cell 2")
    other.page.wait_for_timeout(2500)
    other.page.reload()
    expect(other.fresh(SUM)).to_contain_text("precious")


def test_a_tab_that_hears_late_of_a_restart_strikes_out_nothing_newer(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "never", "before", "after"))).to_contain_text("before")
    other = another_tab(reader, noise)
    other.code(SUM).focus()
    reader.page.evaluate("() => { BroadcastChannel.prototype.postMessage = () => {}; }")
    reader.page.route(re.compile(r"/api/kernels(\?.*)?$"), lambda route: held.append(route))
    held: list[Route] = []
    other.button("Restart").click()
    expect(other.note).to_contain_text("Python was started anew")
    other.run(SUM, "print('newest')")
    other.finished(SUM)
    reader.page.unroute_all()
    for route in held:
        route.fallback()
    expect(reader.fresh(SUM)).to_contain_text("The connection was lost while this cell ran.")
    other.page.reload()
    expect(other.fresh(SUM)).to_contain_text("newest")
    expect(other.cell(SUM)).not_to_contain_text("is not brought back")


def test_a_cell_that_is_reset_before_its_output_has_come_stays_reset(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "print('of my edit')")
    reader.finished(SUM)
    reader.run(TENSOR, "print('other')")
    reader.finished(TENSOR)
    held: list[Route] = []
    reader.page.route(re.compile("/outputs"), lambda route: held.append(route))
    reader.page.reload()
    reader.cell(SUM).hover()
    reader.cell(SUM).locator(".live-reset").click()
    reader.page.unroute_all()
    for route in held:
        route.fallback()
    expect(reader.fresh(TENSOR)).to_contain_text("other")
    expect(reader.fresh(SUM)).to_have_count(0)


def test_what_is_run_while_the_server_is_asked_for_an_old_kernel_stays(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, "print('old')")
    reader.finished(SUM)
    end_kernels(reader.page.context)
    reader.page.route(re.compile(r"/api/kernels(\?.*)?$"), fails_once())
    reader.page.reload()
    reader.cell(TENSOR).locator(".cell_input").click()
    reader.run(TENSOR, "print('new')")
    reader.finished(TENSOR)
    expect(reader.loss.filter(has_text="not brought back")).to_contain_text("What 1 cell had shown")
    reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("new")


def test_edits_of_cells_that_are_gone_are_offered_at_every_visit(reader: Reader) -> None:
    name = "`live:${JSON.parse(document.getElementById('live-config').textContent).page}:homeless:a`"
    reader.page.evaluate(f"() => localStorage.setItem({name}, JSON.stringify('of a cell that was here'))")
    for _ in range(2):
        reader.page.reload()
        expect(reader.offer).to_contain_text("You edited cells that are not in the book any more")


def test_what_a_thread_printed_while_nobody_could_listen_is_told_if_it_was_too_much(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True  # that the connection is lost
    wire = Wire(reader.page)
    reader.wake()
    code = f"""import pathlib, threading, time
folder = pathlib.Path({str(tmp_path)!r})
def talk():
    while not (folder / "say").exists():
        time.sleep(0.01)
    for k in range(120):
        print("x" * 500_000, flush=True)
    (folder / "said").touch()
threading.Thread(target=talk).start()
print("begun")"""
    expect(reader.run(SUM, code)).to_contain_text("begun")
    reader.finished(SUM)
    with wire.cut():
        (tmp_path / "say").touch()
        wait_for((tmp_path / "said").exists, "the thread to have printed")
        run = json.loads(reader.page.evaluate("() => localStorage.getItem('live:book/cells:ran:1')"))
        kept = f"/api/kernels/{run['kernel']}/outputs?request={run['request']}"
        wait_for(lambda: reader.client().get(kept).json["cut"], "the server to have heard too much")
    expect(reader.fresh(SUM)).to_contain_text("was too long to be kept whole", timeout=60_000)


def test_what_a_thread_printed_without_a_connection_comes_although_a_question_fails(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    wire = Wire(reader.page)
    reader.wake()
    code = f"""import pathlib, threading, time
folder = pathlib.Path({str(tmp_path)!r})
def talk():
    while not (folder / "say").exists():
        time.sleep(0.01)
    print("of the thread", flush=True)
    (folder / "said").touch()
threading.Thread(target=talk).start()
print("begun")"""
    expect(reader.run(SUM, code)).to_contain_text("begun")
    reader.finished(SUM)
    reader.page.route(re.compile("/outputs"), fails_once())
    with wire.cut():
        (tmp_path / "say").touch()
        wait_for((tmp_path / "said").exists, "the thread to have printed")
    expect(reader.fresh(SUM)).to_contain_text("of the thread")
