"""What a reader types, or presses, before the editor's script has arrived, counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import SCRIPT, Reader, SlowScript
from tests.browser.live_support import wait_for

SUM, TENSOR = 0, 1


def field(reader: Reader, index: int = SUM) -> Locator:
    return reader.cell(index).locator(".live-early")


def click_code(reader: Reader, index: int = SUM) -> None:
    reader.cell(index).locator(".cell_input pre").click()
    expect(field(reader, index)).to_be_focused()


@pytest.mark.parametrize("opens", ["click", "enter"])
def test_what_is_typed_before_the_editor_is_there_is_written(reader: Reader, opens: str) -> None:
    script = SlowScript(reader.page)
    if opens == "click":
        click_code(reader)
    else:
        reader.cell(SUM).locator(".cell_input").focus()
        reader.page.keyboard.press("Enter")
    reader.page.keyboard.press("Control+Home")
    reader.page.keyboard.type("print('early')")
    reader.page.keyboard.press("Enter")
    reader.page.keyboard.type("# a")
    script.arrives()
    expect(reader.code(SUM)).to_be_focused()
    expect(field(reader)).to_have_count(0)
    reader.page.keyboard.type("nd on")
    lines = reader.code(SUM).locator(".cm-line")
    expect(lines.nth(0)).to_have_text("print('early')")
    expect(lines.nth(1)).to_have_text(re.compile("^# and on"))
    expect(reader.cell(SUM).locator(".live-edited")).to_be_visible()
    reader.page.keyboard.press("Control+Enter")
    expect(reader.fresh(SUM)).to_contain_text("early")


def test_the_first_key_right_after_the_first_click_is_written(reader: Reader) -> None:
    reader.page.add_init_script("window.requestIdleCallback = () => {};")  # nothing was loaded ahead
    reader.page.reload()
    reader.cell(TENSOR).locator(".cell_input pre").click()
    reader.page.keyboard.type("mine")
    expect(reader.code(TENSOR)).to_contain_text("mine")


@pytest.mark.parametrize("key", ["Control+A", "Delete"])
def test_a_key_of_editing_right_after_the_first_click_works_on_the_code(reader: Reader, key: str) -> None:
    reader.page.reload()
    expect(reader.button("Run this page")).to_be_visible()
    reader.cell(SUM).locator(".cell_input pre").click(position={"x": 12, "y": 10})  # into the first line
    reader.page.keyboard.press(key)
    reader.page.keyboard.type("mine")
    if key == "Control+A":
        expect(reader.code(SUM)).to_have_text("mine")
    else:
        expect(reader.code(SUM)).to_contain_text("mine")


def test_the_caret_stands_where_the_code_was_clicked(reader: Reader) -> None:
    script = SlowScript(reader.page)
    box = reader.page.evaluate("""() => {
      const pre = document.querySelector("div.cell .cell_input pre");
      const walk = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
      const range = document.createRange();
      let before = 0;
      for (let node = walk.nextNode(); node; before += node.length, node = walk.nextNode())
        if (before + node.length > 9) {
          range.setStart(node, 9 - before);
          range.setEnd(node, 10 - before);
          break;
        }
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x, y, width, height };
    }""")
    reader.page.mouse.click(box["x"] + box["width"] / 8, box["y"] + box["height"] / 2)
    expect(field(reader)).to_be_focused()
    text = field(reader).input_value()
    reader.page.keyboard.type("XY")
    script.arrives()
    expect(reader.code(SUM).locator(".cm-line").first).to_have_text((text[:9] + "XY" + text[9:]).split("\n")[0])


def test_a_reload_before_the_editor_is_there_keeps_what_was_typed(reader: Reader) -> None:
    script = SlowScript(reader.page)
    click_code(reader)
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.type("print('kept', 1 + 1)")
    reader.page.reload()  # what was typed last is written down then
    click_code(reader)
    expect(field(reader)).to_have_value("print('kept', 1 + 1)")
    script.arrives()
    expect(reader.code(SUM)).to_have_text("print('kept', 1 + 1)")
    expect(reader.run(SUM)).to_contain_text("kept 2")


def test_a_script_that_does_not_come_costs_no_letter(reader: Reader, noise: Noise) -> None:
    noise.expected = True
    reader.page.route(SCRIPT, lambda route: route.abort())
    reader.page.reload()
    click_code(reader)
    expect(reader.note).to_contain_text("could not be made live")
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.type("print('still', 6 * 7)")
    expect(field(reader)).to_have_value("print('still', 6 * 7)")
    reader.page.unroute(SCRIPT)
    reader.page.keyboard.press("Shift+Enter")
    expect(reader.fresh(SUM)).to_contain_text("still 42")
    expect(reader.code(SUM)).to_have_text("print('still', 6 * 7)")


def test_two_cells_may_wait_for_their_editors(reader: Reader) -> None:
    script = SlowScript(reader.page)
    for index, word in ((SUM, "one"), (TENSOR, "two")):
        click_code(reader, index)
        reader.page.keyboard.press("Control+A")
        reader.page.keyboard.type(f"print('{word}')")
    script.arrives()
    expect(reader.code(SUM)).to_have_text("print('one')")
    expect(reader.code(TENSOR)).to_have_text("print('two')")
    expect(reader.code(TENSOR)).to_be_focused()


def test_what_stood_there_at_the_press_runs_although_one_types_on(reader: Reader) -> None:
    script = SlowScript(reader.page)
    click_code(reader)
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.type("print('pressed')")
    reader.page.keyboard.press("Control+Enter")
    reader.page.keyboard.type("; half a li")
    script.arrives()
    expect(reader.fresh(SUM)).to_contain_text("pressed")
    expect(reader.code(SUM)).to_have_text("print('pressed'); half a li")


def test_a_second_field_does_not_hide_what_another_tab_has_written(reader: Reader) -> None:
    script = SlowScript(reader.page)
    click_code(reader)
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.type("'mine'")
    other = Reader(reader.page.context.new_page(), reader.server).open()
    expect(other.code(SUM)).to_have_text("'mine'")
    other.write(SUM, "'theirs'")
    kept = "(text) => Object.values(localStorage).some((kept) => kept.includes(text))"
    other.page.wait_for_function(kept, arg="'theirs'")
    click_code(reader, TENSOR)
    field(reader).press_sequentially("1 + ")
    script.arrives()
    expect(reader.offer).to_contain_text("the same cell in two tabs")
    assert reader.page.evaluate(kept, "'theirs'")


def test_two_taps_that_follow_at_once_run_once(reader: Reader, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    reader.wake()
    reader.write(SUM, f"open({str(runs)!r}, 'a').write('run ')")

    def tap(seconds: float) -> None:
        """Tap on Run, by the hand's clock."""
        reader.cell(SUM).locator(".live-run").evaluate(
            """(button, timeStamp) => {
              const click = new MouseEvent("click", { bubbles: true, detail: 1 });
              button.dispatchEvent(Object.defineProperty(click, "timeStamp", { value: timeStamp }));
            }""",
            1000 * seconds,
        )

    tap(10)
    wait_for(runs.exists, "the first run")
    reader.finished(SUM)
    tap(10.15)  # the run has ended meanwhile
    tap(13)
    wait_for(lambda: runs.read_text() == "run run ", "the second run")
    reader.finished(SUM)
    assert runs.read_text() == "run run "
