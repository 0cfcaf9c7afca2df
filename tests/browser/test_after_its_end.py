"""What a run shows after its end, or after its page was left, is not lost, nor doubled, nor put over what is newer."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Error, Route, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader, SlowConnection, Wire, end_kernels
from tests.browser.live_support import wait_for
from tests.browser.test_nothing_is_lost import another_tab, asks_while_busy, waits_for

SUM, TENSOR, QUIET, LAST = 0, 1, 5, 11


class Talker:
    """A thread that a cell leaves behind; it says its next word when a file comes to be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def code(self, last: str = "print('ended')") -> str:
        return f"""import pathlib, threading, time
folder = pathlib.Path({str(self.folder)!r})
def wait_for(name):
    while not (folder / name).exists():
        time.sleep(0.01)
def talk():
    for k in range(9):
        wait_for(f"say {{k}}")
        print("word", k)
        (folder / f"said {{k}}").touch()
threading.Thread(target=talk, daemon=True).start()
{last}"""

    def say(self, k: int) -> None:
        (self.folder / f"say {k}").touch()
        wait_for((self.folder / f"said {k}").exists, f"word {k}")


def words(reader: Reader, count: int) -> None:
    """Expect the first words, each once and in their order."""
    said = r"\s*".join(f"word {k}" for k in range(count))
    expect(reader.fresh(SUM).locator(".live-body")).to_have_text(re.compile(rf"^\s*ended\s*{said}\s*$"))


def test_a_thread_goes_on_after_a_reload(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, Talker(tmp_path).code())
    reader.finished(SUM)
    for k in range(3):
        Talker(tmp_path).say(k)
        words(reader, k + 1)
        reader.page.reload()
        words(reader, k + 1)
    # What another cell does, and whoever runs this one again, is not mixed up with it.
    expect(reader.run(TENSOR, "print('mine')")).to_contain_text("mine")
    Talker(tmp_path).say(3)
    words(reader, 4)
    expect(reader.run(SUM, "print('anew')")).to_contain_text("anew")
    reader.finished(SUM)
    Talker(tmp_path).say(4)
    expect(reader.run(TENSOR, "print('then')")).to_contain_text("then")
    expect(reader.fresh(SUM).locator(".live-body")).to_have_text(re.compile(r"^\s*anew\s*$"))


def test_a_thread_of_a_run_that_went_on_over_a_reload_is_heard(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, Talker(tmp_path).code("print('ended', flush=True)\nwait_for('end')"))
    expect(reader.fresh(SUM)).to_contain_text("ended")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("its output goes on here")
    (tmp_path / "end").touch()
    reader.finished(SUM)
    for k in range(2):
        Talker(tmp_path).say(k)
        words(reader, k + 1)


def test_what_a_thread_says_while_the_connection_is_broken_is_heard_later(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    wire = Wire(reader.page)
    reader.wake()
    reader.run(SUM, Talker(tmp_path).code())
    reader.finished(SUM)
    for k in range(0, 4, 2):  # the first time it is a run of this page, then one of an earlier visit
        Talker(tmp_path).say(k)
        words(reader, k + 1)
        with wire.cut():
            Talker(tmp_path).say(k + 1)
        words(reader, k + 2)
        reader.page.reload()
        words(reader, k + 2)


def test_what_a_thread_says_while_another_cell_runs_stays_its_cells_own(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, Talker(tmp_path).code())
    reader.finished(SUM)
    reader.run(TENSOR, "print('begun', flush=True)\nwait_for('end')")
    expect(reader.fresh(TENSOR)).to_contain_text("begun")
    Talker(tmp_path).say(0)
    words(reader, 1)
    reader.page.reload()
    words(reader, 1)
    expect(reader.fresh(TENSOR)).to_contain_text("begun")
    Talker(tmp_path).say(1)
    words(reader, 2)
    (tmp_path / "end").touch()
    reader.finished(TENSOR)
    expect(reader.fresh(TENSOR)).not_to_contain_text("word")


def test_a_display_that_came_while_the_connection_was_broken_can_be_updated(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    wire = Wire(reader.page)
    reader.wake()
    show = "\nfrom IPython.display import display\nh = display('first', display_id=True)\n"
    ended = f"open({str(tmp_path / 'ended')!r}, 'w').close()"
    reader.run(SUM, waits_for(tmp_path / "end", "before", "after") + show + ended)
    expect(reader.fresh(SUM)).to_contain_text("before")
    with wire.cut():
        (tmp_path / "end").touch()
        wait_for((tmp_path / "ended").exists, "the end of the run")
    reader.finished(SUM)
    expect(reader.fresh(SUM)).to_contain_text("first")
    reader.run(TENSOR, "h.update('second')\nprint('updated')")
    expect(reader.fresh(TENSOR)).to_contain_text("updated")
    expect(reader.fresh(SUM)).to_contain_text("second")
    expect(reader.fresh(SUM)).not_to_contain_text("first")


def test_a_display_of_a_run_that_went_on_over_a_reload_can_be_updated(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    show = "from IPython.display import display\nh = display('first', display_id=True)\n"
    reader.run(SUM, show + Talker(tmp_path).code("wait_for('end')"))
    expect(reader.fresh(SUM)).to_contain_text("first")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("its output goes on here")
    (tmp_path / "end").touch()
    reader.finished(SUM)
    reader.run(TENSOR, "h.update('second')")
    expect(reader.fresh(SUM)).to_contain_text("second")
    expect(reader.fresh(SUM)).not_to_contain_text("first")


def test_what_a_run_has_changed_elsewhere_stays_so_over_a_reload(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, "from IPython.display import display\nh = display('first', display_id=True)")
    reader.finished(SUM)
    reader.run(
        TENSOR, "h.update('second')\n" + Talker(tmp_path).code("print('waits')\nwait_for('end')\nh.update('last')")
    )
    expect(reader.fresh(TENSOR)).to_contain_text("waits")
    reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("its output goes on here")
    expect(reader.fresh(SUM)).to_contain_text("second")
    (tmp_path / "end").touch()
    reader.finished(TENSOR)
    expect(reader.fresh(SUM)).to_contain_text("last")
    expect(reader.fresh(SUM)).not_to_contain_text("first")


# --- runs that tabs have left


def test_what_a_closed_tab_ran_and_what_another_asked_for_are_both_there(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    reader.run(SUM, waits_for(tmp_path / "end", "before", "precious"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    other.finished(TENSOR, "queued")
    reader.page.close()
    other.page.reload()
    expect(other.fresh(SUM)).to_contain_text("before")
    (tmp_path / "end").touch()
    other.finished(SUM)
    expect(other.fresh(SUM)).to_contain_text("precious")
    other.finished(TENSOR)
    expect(other.fresh(TENSOR)).to_contain_text("waited")


def test_what_two_closed_tabs_ran_is_there(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    reader.wake()
    # Somebody of the same browser stays, or its storage would go with it.
    stays = reader.page.context.new_page()
    reader.run(SUM, waits_for(tmp_path / "first", "before", "one"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    reader.page.close()
    (tmp_path / "first").touch()
    other.finished(TENSOR)
    other.run(TENSOR, waits_for(tmp_path / "second", "again", "two"))
    expect(other.fresh(TENSOR)).to_contain_text("again")
    other.page.close()
    (tmp_path / "second").touch()
    back = Reader(stays, reader.server).open()
    expect(back.fresh(SUM)).to_contain_text("one")
    expect(back.fresh(TENSOR)).to_contain_text("two")


def test_a_run_that_another_tab_has_taken_up_does_not_cover_a_newer_one(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    reader.run(SUM, waits_for(tmp_path / "end", "before", "old"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    reader.page.goto(reader.server.page("book/short.html"))
    other = another_tab(reader, noise)
    expect(other.fresh(SUM)).to_contain_text("before")
    (tmp_path / "end").touch()
    other.finished(SUM)
    expect(other.run(SUM, "print('new')")).to_contain_text("new")
    other.finished(SUM)
    reader.page.go_back()
    expect(reader.fresh(SUM)).to_contain_text("new")
    expect(reader.fresh(SUM)).not_to_contain_text("old")


def test_a_run_that_a_closed_tab_has_left_does_not_cover_a_newer_one(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    other = another_tab(reader, noise)
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "old"))).to_contain_text("before")
    reader.page.close()
    (tmp_path / "end").touch()
    other.cell(SUM).locator(".cell_input").focus()
    other.page.keyboard.press("Enter")
    expect(other.run(SUM, "print('newer')")).to_contain_text("newer")
    other.finished(SUM)
    other.page.wait_for_timeout(2500)  # a tab that comes back does so within two seconds
    for _ in range(2):
        other.page.reload()
        expect(other.fresh(SUM)).to_contain_text("newer")
        expect(other.fresh(SUM)).not_to_contain_text("old")


def test_a_cell_that_waits_behind_a_task_runs_once(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    gate, runs = tmp_path / "gate", tmp_path / "runs"
    work = f"    while not os.path.exists({str(gate)!r}): time.sleep(0.02)\n"
    begin = "asyncio.get_running_loop().call_later(1, work)"
    reader.run(SUM, f"import asyncio, os, time\ndef work():\n{work}t = {begin}\nprint('begun')")
    reader.finished(SUM)
    reader.page.wait_for_timeout(1500)  # the kernel computes by now, and says that it is idle
    reader.run(TENSOR, f"open({str(runs)!r}, 'a').write('run ')\nprint('done')")
    expect(reader.cell(TENSOR)).to_have_attribute("data-live", "running")
    reader.page.reload()
    reader.page.wait_for_timeout(5000)  # in which the page asks ten times
    gate.touch()
    expect(reader.fresh(TENSOR)).to_contain_text("done")
    reader.finished(TENSOR)
    assert runs.read_text() == "run "


@pytest.mark.parametrize("seconds", [0.1, 4])
def test_a_cell_that_is_run_while_the_connection_is_broken_runs_once(
    reader: Reader, noise: Noise, tmp_path: Path, seconds: float
) -> None:
    noise.expected = True
    wire = Wire(reader.page)
    reader.wake()
    reader.run(SUM, "print('first')")
    reader.finished(SUM)
    with wire.cut():
        reader.run(TENSOR, f"open({str(tmp_path / 'runs')!r}, 'a').write('run ')\nprint('done')")
        reader.page.wait_for_timeout(1000 * seconds)
    expect(reader.fresh(TENSOR)).to_contain_text("done")
    reader.finished(TENSOR)
    expect(reader.run(SUM, "print('next')")).to_contain_text("next")
    reader.finished(SUM)
    assert (tmp_path / "runs").read_text() == "run "
    assert reader.fresh(TENSOR).locator(".live-stdout").inner_text().split() == ["done"]


def test_a_cell_that_waits_again_after_a_reload_keeps_what_it_had_shown(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    reader.run(TENSOR, "print('precious')")
    reader.finished(TENSOR)
    other = another_tab(reader, noise)
    expect(other.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    reader.run(TENSOR)
    reader.finished(TENSOR, "queued")
    reader.page.reload()
    reader.finished(TENSOR, "queued")
    expect(reader.fresh(TENSOR)).to_contain_text("precious")
    reader.cell(TENSOR).get_by_role("button", name="Cancel cell 3").click()
    reader.finished(TENSOR, "dropped")
    expect(reader.fresh(TENSOR)).to_contain_text("precious")
    (tmp_path / "end").touch()
    other.finished(SUM)


@pytest.mark.parametrize("code", ["%pinfo len", "get_ipython().run_line_magic('pinfo', 'len')", "%psource waits"])
def test_help_that_comes_while_the_page_is_away_is_shown(reader: Reader, tmp_path: Path, code: str) -> None:
    reader.wake()
    waits = "\ndef waits(len): 'number of items'\n"
    reader.run(SUM, waits_for(tmp_path / "end", "before", "after") + waits + code)
    expect(reader.fresh(SUM)).to_contain_text("before")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("its output goes on here")
    (tmp_path / "end").touch()
    expect(reader.fresh(SUM)).to_contain_text("number of items")


def test_text_that_is_no_utf8_is_there_after_a_reload(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, "print('caf\\udce9')")
    reader.finished(SUM)
    reader.run(TENSOR, waits_for(tmp_path / "end", "before", "") + "\nprint('th\\udce9')")
    expect(reader.fresh(TENSOR)).to_contain_text("before")
    reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("its output goes on here")
    expect(reader.fresh(SUM)).to_contain_text("caf\ufffd")
    (tmp_path / "end").touch()
    reader.finished(TENSOR)
    expect(reader.fresh(TENSOR)).to_contain_text("th\ufffd")


def test_a_server_that_refuses_to_tell_is_not_asked_for_ever(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, "print('shown')")
    reader.finished(SUM)
    reader.run(TENSOR, waits_for(tmp_path / "end", "before", "after"))
    expect(reader.fresh(TENSOR)).to_contain_text("before")
    reader.page.route("**/outputs?*", lambda route: route.fulfill(status=500))
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("What this cell has shown could not be asked for.")
    expect(reader.fresh(TENSOR)).to_contain_text("what it printed last did not reach this page")
    (tmp_path / "end").touch()
    expect(reader.run(TENSOR, "print('next')")).to_contain_text("next")


def test_a_tab_that_crashed_while_a_cell_ran_has_left_its_run(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    # As long as its tab lives, another one leaves it alone.
    other = another_tab(reader, noise)
    other.page.wait_for_load_state("networkidle")
    expect(other.fresh(SUM)).to_have_count(0)
    with contextlib.suppress(Error):
        reader.page.goto("chrome://crash", timeout=2000)
    other.page.reload()
    expect(other.fresh(SUM)).to_contain_text("before")
    (tmp_path / "end").touch()
    other.finished(SUM)
    expect(other.fresh(SUM)).to_contain_text("after")


def test_what_is_typed_while_needed_cells_run_is_not_run_by_a_reload(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.write(SUM, waits_for(tmp_path / "end", "before", "after") + "\nneeded = 5")
    reader.run(TENSOR, "print('asked', needed)")
    reader.finished(SUM, "running")
    reader.write(TENSOR, "print('typed since', needed)")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("before")
    (tmp_path / "end").touch()
    expect(reader.fresh(TENSOR)).to_contain_text("asked 5")
    expect(reader.code(TENSOR)).to_contain_text("typed since")
    expect(reader.fresh(TENSOR)).to_contain_text("Your earlier run")


def test_output_of_a_text_that_was_edited_meanwhile_is_not_called_that_of_the_new_one(
    reader: Reader, tmp_path: Path
) -> None:
    reader.wake()
    gate = tmp_path / "end"
    reader.run(SUM, f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)\nprint('one')")
    reader.finished(SUM, "running")
    reader.write(SUM, "print('two')")
    gate.touch()
    expect(reader.fresh(SUM)).to_contain_text("one")
    expect(reader.fresh(SUM)).to_contain_text("Your earlier run")


def with_a_cell_more(html: str, also_changed: str = "") -> str:
    """Return a page to which its author has added a cell at the top, and changed another, named by its text."""
    script = re.search(r'<script[^>]*id="live-config"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert script is not None
    config = json.loads(script[1])
    hidden, first, *_ = config["cells"]  # the page shows nothing of the very first
    fresh = first | {"source": "print('fresh')", "needs": [], "reads": [], "gives": [], "binds": []}
    for cell in config["cells"]:
        cell["needs"] = [k + (k > 0) for k in cell["needs"]]
    for cell in config["cells"]:
        if also_changed and also_changed in cell["source"]:
            cell["source"] += "\n# as the author has it now"
    config["cells"][:1] = [hidden, fresh]
    html = html.replace(script[1], json.dumps(config).replace("</", "<\\/"))
    code = '<div class="highlight-ipython3"><div class="highlight"><pre>print(&#39;fresh&#39;)\n</pre></div></div>'
    cell = f'<div class="cell docutils container"><div class="cell_input docutils container">{code}</div></div>'
    place = html.index('<div class="cell docutils container">')
    return html[:place] + cell + html[place:]


def test_outputs_follow_their_cells_when_the_book_has_one_more(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True  # a reload may come before a socket is open
    reader.wake()
    reader.run(SUM, "print('finished')")
    reader.finished(SUM)
    reader.run(TENSOR, waits_for(tmp_path / "end", "before", "after"))
    expect(reader.fresh(TENSOR)).to_contain_text("before")

    def rebuilt(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=with_a_cell_more(answer.text()))

    reader.page.route(re.compile("/cells.html"), rebuilt)
    for _ in range(2):
        reader.page.reload()
        expect(reader.fresh(SUM + 1)).to_contain_text("finished")
        expect(reader.fresh(TENSOR + 1)).to_contain_text("before")
        (tmp_path / "end").touch()
        reader.finished(TENSOR + 1)
        expect(reader.fresh(TENSOR + 1)).to_contain_text("after")
        expect(reader.fresh(SUM)).to_have_count(0)


def test_outputs_of_cells_that_were_changed_do_not_cover_those_of_others(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    reader.wake()
    texts = reader.page.evaluate("() => JSON.parse(document.getElementById('live-config').textContent).cells")
    shown = [cell["source"] for cell in texts if cell["shown"]]
    reader.run(SUM, "print('finished')")
    reader.finished(SUM)
    reader.run(TENSOR, "print('of a text that the book had')")
    reader.finished(TENSOR)

    def rebuilt(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=with_a_cell_more(answer.text(), shown[TENSOR]))

    reader.page.route(re.compile("/cells.html"), rebuilt)
    reader.page.reload()
    expect(reader.fresh(SUM + 1)).to_contain_text("finished")
    expect(reader.loss).to_contain_text("The book’s text of a cell that had run has changed since")
    expect(reader.fresh(TENSOR + 1)).to_have_count(0)


def test_a_page_whose_python_has_gone_says_what_went_with_it(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, "print('shown')")
    reader.finished(SUM)
    reader.run(TENSOR, waits_for(tmp_path / "never", "before", "after"))
    expect(reader.fresh(TENSOR)).to_contain_text("before")
    other = reader.page.context.new_page()
    reader.page.close()
    end_kernels(other.context)
    other.goto(reader.server.page(reader.name))
    back = Reader(other, reader.server)
    gone = "What 1 cell had shown is not brought back: the Python in which it ran is gone, and with it its variables."
    expect(back.loss.filter(has_text=gone)).to_be_visible()
    expect(back.cell(SUM)).to_contain_text("What your run of this cell had shown is not brought back")
    expect(back.loss.filter(has_text=re.compile(r"Cell \d+ was running then; what it showed is lost."))).to_be_visible()
    expect(back.code(TENSOR)).to_contain_text("after")
    other.reload()
    expect(back.loss.filter(has_text=gone)).to_be_visible()  # until the reader has closed it
    for _ in range(2):
        back.loss.get_by_role("button", name="Close").first.click()
    expect(back.loss).to_have_count(0)
    expect(back.cell(SUM)).not_to_contain_text("is not brought back")
    other.reload()
    expect(back.code(TENSOR)).to_contain_text("after")
    expect(back.loss).to_have_count(0)


def test_that_outputs_are_lost_is_told_in_every_tab_whatever_else_is_said(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # that the server has no place
    reader.wake()
    reader.run(SUM, "print('shown')")
    reader.finished(SUM)
    other = another_tab(reader, noise)
    expect(other.fresh(SUM)).to_contain_text("shown")
    end_kernels(reader.page.context)
    full = json.dumps({"message": "All places of this server are in use."})
    for tab in (reader, other):
        tab.page.route("**/api/sessions*", lambda route: route.fulfill(status=503, body=full))
        tab.page.reload()
        tab.cell(TENSOR).locator(".cell_input").focus()
        tab.page.keyboard.press("Control+Enter")
        expect(tab.bar.locator(".live-place")).to_have_text("All places of this server are in use.")
        expect(tab.loss).to_contain_text("What 1 cell had shown is not brought back")
        tab.page.unroute_all()
        tab.finished(TENSOR)
        expect(tab.bar.locator(".live-place")).to_be_hidden()
        expect(tab.loss).to_contain_text("What 1 cell had shown is not brought back")
    other.run(SUM, "print('again')")
    other.finished(SUM)
    other.page.reload()
    expect(other.fresh(SUM)).to_contain_text("again")
    expect(other.loss).to_have_count(0)


def test_two_runs_left_by_closed_tabs_are_both_shown_if_the_first_has_failed(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    stays = reader.page.context.new_page()
    reader.run(SUM, waits_for(tmp_path / "first", "before", "") + "\n1 / 0")
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = another_tab(reader, noise)
    other.cell(TENSOR).locator(".cell_input").focus()
    other.page.keyboard.press("Enter")
    other.run(TENSOR, waits_for(tmp_path / "second", "again", "precious"))
    reader.page.close()
    (tmp_path / "first").touch()
    expect(other.fresh(TENSOR)).to_contain_text("again")
    other.page.close()
    (tmp_path / "second").touch()
    back = Reader(stays, reader.server).open()
    expect(back.fresh(SUM)).to_contain_text("ZeroDivisionError")
    expect(back.fresh(TENSOR)).to_contain_text("precious")


def test_updates_from_elsewhere_stay_when_the_run_they_came_from_is_gone(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(SUM, "from IPython.display import display\nh = display('first', display_id=True)")
    reader.finished(SUM)
    reader.run(TENSOR, "h.update('second')")
    reader.finished(TENSOR)
    reader.run(TENSOR, "print('other')")
    reader.finished(TENSOR)
    reader.run(LAST, "import threading\n" + Talker(tmp_path).code("").replace('print("word", k)', "h.update('late')"))
    reader.finished(LAST)
    for shown in ("second", "late"):
        reader.page.reload()
        expect(reader.fresh(SUM)).to_contain_text(shown)
        expect(reader.fresh(TENSOR)).to_contain_text("other")
        Talker(tmp_path).say(0)
    expect(reader.fresh(SUM)).not_to_contain_text("first")


def test_a_cell_that_shows_something_only_after_its_end_is_heard_after_a_reload(reader: Reader, tmp_path: Path) -> None:
    reader.wake()
    reader.run(QUIET, Talker(tmp_path).code(""))
    reader.finished(QUIET)
    expect(reader.fresh(QUIET)).to_have_count(0)
    Talker(tmp_path).say(0)
    expect(reader.fresh(QUIET)).to_contain_text("word 0")
    reader.page.reload()
    expect(reader.fresh(QUIET)).to_contain_text("word 0")
    Talker(tmp_path).say(1)
    expect(reader.fresh(QUIET)).to_contain_text("word 1")


@pytest.mark.parametrize("pool", ["concurrent.futures.ThreadPoolExecutor(1)", "multiprocessing.pool.ThreadPool(1)"])
def test_what_a_pool_does_for_a_cell_is_shown_there(reader: Reader, pool: str) -> None:
    reader.wake()
    does = "submit(print, 'NAME').result()" if "futures" in pool else "apply(print, ('NAME',))"
    make = f"import concurrent.futures, multiprocessing.pool\npool = {pool}\n"
    expect(reader.run(SUM, make + f"pool.{does.replace('NAME', 'one')}")).to_contain_text("one")
    reader.finished(SUM)
    expect(reader.run(TENSOR, f"pool.{does.replace('NAME', 'two')}")).to_contain_text("two")
    expect(reader.fresh(SUM)).not_to_contain_text("two")


def test_cells_that_waited_when_a_tab_crashed_are_told(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    reader.write(SUM, waits_for(tmp_path / "end", "before", "after"))
    stays = reader.page.context.new_page()
    reader.button("Run all").click()
    expect(reader.fresh(SUM)).to_contain_text("before")
    with contextlib.suppress(Error):
        reader.page.goto("chrome://crash", timeout=2000)
    back = Reader(stays, reader.server)
    stays.goto(reader.server.page(reader.name))
    expect(back.fresh(SUM)).to_contain_text(re.compile(r"\d+ cells that waited behind it were not run."))
    (tmp_path / "end").touch()
    back.finished(SUM)


def test_outputs_that_stopped_the_page_are_not_brought_back_again(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "mine = 1\nprint('heavy')")
    reader.finished(SUM)
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("heavy")
    mark = """
      const name = Object.keys(localStorage).find((key) => key.includes(":ran:"));
      const { request } = JSON.parse(localStorage.getItem(name));
      localStorage.setItem(name.replace(/:ran:.*/, ":showing:a tab that has gone"), JSON.stringify([request]));
    """
    reader.page.add_init_script(f"if (!sessionStorage.marked) {{ {mark}; sessionStorage.marked = 1 }}")
    reader.page.reload()  # as if a tab had ended while it was shown
    withheld = "What 1 cell had shown is not brought back: it stopped this page when it was opened last"
    expect(reader.offer).to_contain_text(withheld)
    expect(reader.fresh(SUM)).to_have_count(0)
    expect(reader.code(SUM)).to_contain_text("heavy")
    expect(reader.run(TENSOR, "print('there', mine)")).to_contain_text("there 1")
    reader.finished(TENSOR)
    reader.page.reload()
    expect(reader.fresh(TENSOR)).to_contain_text("there 1")
    expect(reader.offer).to_contain_text(withheld)
    expect(reader.fresh(SUM)).to_have_count(0)
    reader.button("Show it all the same").click()
    expect(reader.fresh(SUM)).to_contain_text("heavy")
    expect(reader.offer).to_be_hidden()
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("heavy")


def test_a_copy_of_a_tab_shows_what_the_tab_shows(reader: Reader, noise: Noise) -> None:
    reader.wake()
    reader.run(SUM, "print('shown')")
    reader.finished(SUM)
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("shown")
    with reader.page.expect_popup() as popup:  # at once; it has a copy of what the tab has kept
        reader.page.evaluate("() => { window.open(location.href) }")
    noise.listen(popup.value)
    copy = Reader(popup.value, reader.server)
    expect(copy.fresh(SUM)).to_contain_text("shown")
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("shown")


def test_a_run_that_was_left_is_not_lost_by_a_tab_that_is_left_while_it_takes_it_up(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    other = another_tab(reader, noise)
    reader.page.close()
    other.page.route("**/api/kernels*", lambda route: None)  # it is told nothing, so it goes on with nothing
    other.page.wait_for_timeout(3000)  # a tab that comes back does so within two
    other.page.reload()
    taken = "() => Object.keys(localStorage).some((key) => key.includes(':left:'))"
    assert other.page.evaluate(taken)
    other.page.unroute_all()
    other.page.reload()
    expect(other.fresh(SUM)).to_contain_text("before")
    (tmp_path / "end").touch()
    expect(other.fresh(SUM)).to_contain_text("after")
    other.finished(SUM)
    assert not other.page.evaluate(taken)


def test_a_cell_that_waited_in_a_closed_tab_is_told(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    reader.wake()
    expect(reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))).to_contain_text("before")
    other = another_tab(reader, noise)
    other.cell(TENSOR).locator(".cell_input").focus()
    other.page.keyboard.press("Enter")
    other.run(TENSOR, "print('mine')")
    other.finished(TENSOR, "queued")
    other.run(LAST, "print('last')")
    other.finished(LAST, "queued")
    other.page.close()
    (tmp_path / "end").touch()
    reader.finished(SUM)
    reader.page.wait_for_timeout(2500)
    reader.page.reload()
    expect(reader.loss).to_contain_text(
        "Cell 3 waited when its tab was closed; it was not run. 1 cell that waited behind"
    )


def test_what_a_child_process_prints_belongs_to_its_cell_whatever_is_asked_since(
    reader: Reader, tmp_path: Path
) -> None:
    reader.wake()
    loop = f"for k in 1 2 3; do until [ -e {tmp_path}/$k ]; do sleep 0.05; done; echo line $k; done"
    reader.run(SUM, f"import subprocess\np = subprocess.Popen({loop!r}, shell=True)\nprint('ended')")
    reader.finished(SUM)
    for k in (1, 2, 3):
        (tmp_path / f"{k}").touch()
        expect(reader.fresh(SUM)).to_contain_text(f"line {k}")
        reader.page.reload()
        expect(reader.fresh(SUM)).to_contain_text(f"line {k}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("edit:1", None),
        ("edit:2", {"source": 5, "text": 7}),
        ("left:a", "abc"),
        ("left:b", {"id": 3}),
        ("ran:0", 7),
        ("ran:1", {"kernel": "x", "turn": "y"}),
        ("lost:a", 3),
        ("lost-word:a", {"a": 3}),
        ("showing:a tab that has gone", 3),
        ("homeless:a", {"a": 1}),
        ("dangers", 1),
    ],
)
def test_a_damaged_record_costs_no_run(reader: Reader, name: str, value: object) -> None:
    reader.wake()
    reader.run(SUM, "print('first')")
    reader.finished(SUM)
    ran = reader.page.evaluate("() => Object.keys(localStorage).find((key) => key.includes(':ran:'))")
    damage = "([name, value]) => addEventListener('pagehide', () => localStorage.setItem(name, JSON.stringify(value)))"
    reader.page.evaluate(damage, [re.sub(":ran:.*", f":{name}", ran), value])
    reader.page.reload()
    expect(reader.wake().run(SUM, "print('second')")).to_contain_text("second")
    reader.finished(SUM)


def test_tabs_that_are_reloaded_at_once_keep_their_own_runs(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = asks_while_busy(reader, noise)
    other.finished(TENSOR, "queued")
    reload = "() => void setTimeout(() => location.reload(), 100)"
    reader.page.evaluate(reload)
    other.page.evaluate(reload)
    expect(reader.fresh(SUM)).to_contain_text("its output goes on here")
    (tmp_path / "end").touch()
    reader.finished(SUM)
    expect(reader.fresh(SUM)).to_contain_text("after")
    expect(other.fresh(TENSOR)).to_contain_text("waited")


def test_a_run_that_waited_is_run_once_by_a_tab_and_its_copy(reader: Reader, noise: Noise, tmp_path: Path) -> None:
    noise.expected = True
    reader.wake()
    reader.run(SUM, waits_for(tmp_path / "end", "before", "after"))
    expect(reader.fresh(SUM)).to_contain_text("before")
    other = another_tab(reader, noise)
    other.cell(TENSOR).locator(".cell_input").focus()
    other.page.keyboard.press("Enter")
    count = tmp_path / "count"
    other.run(TENSOR, f"open({str(count)!r}, 'a').write('x')\nprint('counted')")
    other.finished(TENSOR, "queued")
    other.page.goto(reader.server.page("book/short.html"))
    with other.page.expect_popup() as copy:
        other.page.evaluate(f"() => void window.open({reader.server.page(reader.name)!r})")
    copied = Reader(copy.value, reader.server)
    copied.finished(TENSOR, "queued")
    other.page.go_back()
    (tmp_path / "end").touch()
    copied.finished(TENSOR)
    expect(reader.run(SUM, "print('last')")).to_contain_text("last")
    assert count.read_text() == "x"


@pytest.mark.parametrize("leave", ["reload", "cut"])
def test_what_is_said_while_a_connection_is_being_made_is_not_lost(
    reader: Reader, noise: Noise, tmp_path: Path, leave: str
) -> None:
    noise.expected = True
    wire = Wire(reader.page)
    talker = Talker(tmp_path)
    reader.wake()
    reader.run(SUM, talker.code())
    reader.finished(SUM)
    talker.say(0)
    words(reader, 1)
    wire.deaf = True
    sockets = len(wire.sockets)
    if leave == "reload":
        reader.page.reload()
    else:
        with wire.cut():
            pass
    while len(wire.sockets) == sockets:
        reader.page.wait_for_timeout(50)
    reader.page.wait_for_timeout(1000)  # what the page asks for as it is connected has been answered
    words(reader, 1)
    for k in (1, 2):
        talker.say(k)
    reader.page.wait_for_timeout(300)  # in which it comes, and is dropped
    wire.deaf = False
    talker.say(3)
    words(reader, 4)


@pytest.mark.parametrize(
    "changes", ["h.update(f'state {k}')", "clear_output(wait=True); print('state', k, flush=True)"]
)
@pytest.mark.parametrize("leave", ["reload", "cut"])
def test_a_picture_that_moves_while_the_page_comes_back_ends_at_its_last_state(
    reader: Reader, noise: Noise, tmp_path: Path, leave: str, changes: str
) -> None:
    noise.expected = True  # the library says that the connection is lost
    gate, done = tmp_path / "gate", tmp_path / "done"
    SlowConnection(reader.page)
    reader.wake()
    reader.run(
        SUM,
        f"""from IPython.display import clear_output, display
import pathlib, threading, time
h = display('state', display_id=True)
def move():
    while not pathlib.Path({str(gate)!r}).exists():
        time.sleep(0.01)
    for k in range(10):
        {changes}
    time.sleep(0.3)  # in which the server hears of it
    pathlib.Path({str(done)!r}).touch()
threading.Thread(target=move).start()""",
    )
    reader.finished(SUM)
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) == (2 if leave == "reload" else 1):  # the page is connected again, and asks what it has missed
            gate.touch()
            wait_for(done.exists, "the last state")
        route.fallback()

    reader.page.route(re.compile("/outputs[?]"), answer)
    if leave == "reload":
        reader.page.reload()
    else:
        SlowConnection.cut(reader.page)
    expect(reader.fresh(SUM)).to_contain_text("state 9")
    reader.page.wait_for_timeout(1500)  # what is late comes now
    expect(reader.fresh(SUM)).to_contain_text("state 9")
    expect(reader.fresh(SUM)).not_to_contain_text(re.compile("state [0-8]"))


def test_a_message_that_is_dated_before_others_but_comes_after_them_is_shown(
    reader: Reader, noise: Noise, tmp_path: Path
) -> None:
    noise.expected = True
    SlowConnection(reader.page)
    reader.wake()
    # A thread that waits for the processor between a message's date and its way has others overtake it.
    reader.run(
        SUM,
        f"""import datetime, os, threading, time
k = get_ipython().kernel
parent = k.get_parent()
def talk():
    while not os.path.exists({str(tmp_path / "gate")!r}):
        time.sleep(0.01)
    print("in time", flush=True)
    time.sleep(0.3)
    open({str(tmp_path / "done")!r}, "w").close()
    while not os.path.exists({str(tmp_path / "later")!r}):
        time.sleep(0.01)
    message = k.session.msg("stream", dict(name="stdout", text="dated early\\n"), parent=parent)
    message["header"]["date"] -= datetime.timedelta(minutes=1)
    k.session.send(k.iopub_socket, message, ident=b"stream.stdout")
threading.Thread(target=talk).start()""",
    )
    reader.finished(SUM)
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) == 2:  # the page is connected again, and asks what it has missed
            (tmp_path / "gate").touch()
            wait_for((tmp_path / "done").exists, "the first line")
        route.fallback()

    reader.page.route(re.compile("/outputs[?]"), answer)
    reader.page.reload()
    expect(reader.fresh(SUM)).to_contain_text("in time")
    (tmp_path / "later").touch()
    expect(reader.fresh(SUM)).to_contain_text("dated early")
    reader.page.wait_for_timeout(1000)  # what is late comes now
    expect(reader.fresh(SUM).locator(".live-stdout")).to_have_text(re.compile(r"^\s*in time\s*dated early\s*$"))
