"""Run on any cell, first: what a cell needs runs before it, quietly, and no more than that."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect
from tests.browser.live_reader import Reader

SUM, TENSOR, FIGURE, DRAWING, TABLE, PROGRESS, FOLDED, OUTPUT_ONLY, FAILS, SOLUTION, FORMULA, LAST = range(12)
FOLDED_TEXT = 'folded = hidden * 2\nprint("folded", folded)'
COUNT = "import builtins\nbuiltins.runs = getattr(builtins, 'runs', 0) + 1\n"


def test_the_first_press_on_the_last_cell_runs_what_it_needs(reader: Reader) -> None:
    reader.cell(LAST).hover()
    reader.cell(LAST).get_by_role("button", name="Run cell").click()
    fresh = reader.fresh(LAST)
    expect(fresh).to_contain_text("the last 42")
    said = fresh.locator(".live-prelude")
    expect(said).to_have_text(re.compile(
        r"Ran 3 cells first that this one needs: cell 1 \(not shown on the page\), cell 8 and cell 11 \(\d+\.\d s\)\."
    ))  # fmt: skip
    # Quietly: the book's own output of those cells still stands, and is right.
    for index in (SUM, TENSOR, FOLDED, SOLUTION):
        expect(reader.fresh(index)).to_have_count(0)
    said.get_by_role("button", name="cell 8").click()
    expect(reader.cell(FOLDED).locator("details").first).to_have_attribute("open", "")


def unfold(reader: Reader, index: int) -> None:
    """Open what hides a cell's code."""
    fold = "summary" if index == FOLDED else "xpath=ancestor::*[contains(@class, 'dropdown')]//button"
    reader.cell(index).locator(fold).first.click()
    expect(reader.code(index)).to_be_visible()


def test_what_has_run_is_not_run_again(reader: Reader) -> None:
    reader.wake()
    unfold(reader, FOLDED)
    reader.run(FOLDED, COUNT + "folded = 40")
    reader.finished(FOLDED)
    unfold(reader, SOLUTION)
    reader.run(SOLUTION, "solved = folded + 2")
    reader.finished(SOLUTION)
    expect(reader.run(LAST, "import builtins; print('runs', builtins.runs, solved)")).to_contain_text("runs 1 42")
    expect(reader.fresh(LAST).locator(".live-prelude")).to_have_count(0)


def test_a_cell_edited_since_and_what_hangs_on_it_run_again(reader: Reader) -> None:
    reader.wake()
    reader.run(LAST)
    expect(reader.fresh(LAST)).to_contain_text("the last 42")
    unfold(reader, FOLDED)
    reader.write(FOLDED, "folded = 100")
    reader.run(LAST)
    expect(reader.fresh(LAST)).to_contain_text("the last 102")
    expect(reader.fresh(LAST).locator(".live-prelude")).to_contain_text("cell 8 and cell 11")
    # An edited cell shows what it prints: the page does not have it.
    reader.write(FOLDED, "folded = 200\nprint('mine')")
    reader.run(LAST)
    expect(reader.fresh(LAST)).to_contain_text("the last 202")
    expect(reader.fresh(FOLDED)).to_contain_text("mine")


def test_an_edited_cell_needs_what_its_new_text_names(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(TABLE, "print(hidden, torch.ones(1))")).to_contain_text("20 tensor([1.])")
    expect(reader.fresh(TABLE).locator(".live-prelude")).to_contain_text("cell 1 (not shown on the page) and cell 3")
    expect(reader.run(DRAWING, "print('nothing')")).to_contain_text("nothing")
    expect(reader.fresh(DRAWING).locator(".live-prelude")).to_have_count(0)


def test_after_a_restart_everything_is_needed_again(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(LAST)).to_contain_text("the last 42")
    reader.button("Restart").click()
    expect(reader.note).to_contain_text("Python was started anew")
    expect(reader.run(LAST).locator(".live-prelude")).to_contain_text("Ran 3 cells first")


def test_after_a_reload_the_page_knows_what_has_run(reader: Reader) -> None:
    reader.wake()
    expect(reader.run(LAST)).to_contain_text("the last 42")
    reader.page.reload()
    reader.wake()
    expect(reader.note).to_contain_text("still running for this page; your variables are there")
    expect(reader.run(LAST)).to_contain_text("the last 42")
    expect(reader.fresh(LAST).locator(".live-prelude")).to_have_count(0)


def test_an_error_in_a_needed_cell_is_shown_there_and_named_here(reader: Reader) -> None:
    reader.wake()
    unfold(reader, SOLUTION)
    reader.write(SOLUTION, "solved = 1 / 0")
    fresh = reader.run(LAST)
    expect(fresh).to_contain_text("This cell did not run: cell 11, which it needs, failed.")
    reader.finished(LAST, "failed")
    reader.cell(LAST).hover()
    reader.cell(LAST).get_by_role("button", name="Reset").click()  # it waits for nothing any more
    expect(reader.fresh(LAST)).to_have_count(0)
    expect(reader.fresh(SOLUTION).locator(".live-error")).to_contain_text("ZeroDivisionError")
    expect(reader.bar).to_have_attribute("data-kernel", "idle")


def test_a_needed_cell_that_takes_long_shows_its_progress_and_can_be_interrupted(
    reader: Reader, tmp_path: Path
) -> None:
    reader.wake()
    unfold(reader, FOLDED)
    gate = tmp_path / "gate"
    wait = f"while not os.path.exists({str(gate)!r}):\n    time.sleep(0.05)\n"
    reader.write(FOLDED, f"import os, time\nprint('step 1 of 9')\n{wait}folded = 1")
    fresh = reader.run(LAST)
    expect(fresh.locator(".live-prelude")).to_have_text("First running cell 8, which this cell needs (1 of 2)…")
    expect(fresh).to_contain_text("step 1 of 9")
    expect(reader.bar.locator(".live-status")).to_have_text("Running cell 8 for cell 13")
    reader.button("Interrupt").click()
    expect(fresh).to_contain_text("This cell did not run: cell 8, which it needs, was interrupted.")
    expect(fresh).not_to_contain_text("step 1 of 9")
    gate.touch()
    expect(reader.run(LAST)).to_contain_text("the last 3")


def test_a_comment_in_a_cell_changes_nothing_in_what_it_needs(reader: Reader) -> None:
    reader.wake()
    text = reader.code(LAST).inner_text()
    reader.write(LAST, f"# mine\n{text}")
    expect(reader.run(LAST)).to_contain_text("the last 42")
    expect(reader.fresh(LAST).locator(".live-prelude")).to_contain_text(
        "cell 1 (not shown on the page), cell 8 and cell 11"
    )


def test_an_edited_cell_gives_what_its_new_text_binds(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, "mine = 7")
    expect(reader.run(TENSOR, "print('mine', mine)")).to_contain_text("mine 7")
    expect(reader.fresh(TENSOR).locator(".live-prelude")).to_contain_text(
        "Ran first, because this cell needs it: cell 2"
    )


def test_a_name_that_another_cell_has_bound_since_is_bound_anew(reader: Reader) -> None:
    reader.wake()
    reader.write(SUM, "name = [1]")
    reader.write(TENSOR, "name.append(2)\nprint('in between', name)")
    reader.write(FIGURE, "name = 'another'")
    expect(reader.run(TENSOR)).to_contain_text("in between [1, 2]")
    expect(reader.run(TENSOR)).to_contain_text("in between [1, 2, 2]")  # whoever runs a cell twice wants that
    reader.run(FIGURE)
    reader.finished(FIGURE)
    expect(reader.run(TENSOR)).to_contain_text("in between [1, 2]")
    expect(reader.fresh(TENSOR).locator(".live-prelude")).to_contain_text("cell 2")


def test_a_needed_cell_that_ends_python_is_named(reader: Reader) -> None:
    reader.wake()
    unfold(reader, SOLUTION)
    reader.write(SOLUTION, "solved = 1\nexit()")
    expect(reader.run(LAST)).to_contain_text("This cell did not run: cell 11, which it needs, ended Python.")
    reader.finished(LAST, "failed")
    reader.write(SOLUTION, "nothing = 0")
    expect(reader.run(LAST)).to_contain_text("In the book, “solved” comes from cell 11, which you have edited.")
    reader.write(SOLUTION, "solved = 0")
    expect(reader.run(LAST)).to_contain_text("the last 0")


def test_a_missing_name_is_offered_from_cells_that_give_it_and_a_slip_is_not(reader: Reader) -> None:
    reader.wake()
    fresh = reader.run(TENSOR, "prnt(1)")
    expect(fresh).to_contain_text("name 'prnt' is not defined")
    expect(fresh.locator(".live-problem")).to_have_count(0)


def test_a_needed_cell_that_changes_in_place_begins_where_it_began(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "items = [1]")
    reader.run(TENSOR, "items.append(2)")
    expect(reader.run(TABLE, "print(items)")).to_contain_text("[1, 2]")
    reader.write(TENSOR, "items.append(3)")
    reader.run(TABLE)
    expect(reader.fresh(TABLE).locator(".live-stdout")).to_have_text("[1, 3]")
    reader.write(TENSOR, "items.append(4)\n1 / 0")
    reader.run(TABLE)
    reader.finished(TABLE, "failed")
    reader.write(TENSOR, "items.append(5)")
    reader.run(TABLE)
    expect(reader.fresh(TABLE).locator(".live-stdout")).to_have_text("[1, 5]")


def test_a_name_that_was_imported_from_elsewhere_since_is_imported_anew(reader: Reader) -> None:
    reader.wake()
    reader.run(SUM, "from math import sqrt")
    expect(reader.run(TENSOR, "print(sqrt(4))")).to_contain_text("2.0")
    expect(reader.run(TABLE, "from cmath import sqrt\nprint(sqrt(4))")).to_contain_text("(2+0j)")
    reader.run(TENSOR)
    expect(reader.fresh(TENSOR).locator(".live-stdout")).to_have_text("2.0")
    expect(reader.run(TABLE, "from math import sqrt\nprint('same')")).to_contain_text("same")
    reader.finished(TABLE)
    reader.run(TENSOR)
    reader.finished(TENSOR)
    expect(reader.fresh(TENSOR).locator(".live-prelude")).to_have_count(0)
    expect(reader.run(TABLE, "%%time\nsqrt = 'mine'")).to_contain_text("Wall time")
    reader.run(TENSOR)
    expect(reader.fresh(TENSOR).locator(".live-stdout")).to_have_text("2.0")


def test_what_a_needed_cell_showed_is_marked_as_earlier_when_it_runs_again(reader: Reader) -> None:
    reader.wake()
    unfold(reader, FOLDED)
    reader.run(FOLDED)
    expect(reader.fresh(FOLDED)).to_contain_text("folded 40")
    reader.run(TENSOR, "hidden = 300")
    reader.finished(TENSOR)
    expect(reader.run(LAST, "print('last', folded)")).to_contain_text("last 600")
    expect(reader.fresh(FOLDED).locator(".live-mark")).to_contain_text("Your earlier run")


def test_a_cell_that_ran_after_all_does_not_go_on_saying_that_it_failed(reader: Reader) -> None:
    reader.wake()
    unfold(reader, FOLDED)
    reader.run(FOLDED, "raise ValueError('not yet')")
    expect(reader.fresh(FOLDED)).to_contain_text("not yet")
    reader.write(FOLDED, FOLDED_TEXT)
    expect(reader.fresh(FOLDED)).to_contain_text("Your earlier run")
    expect(reader.run(LAST)).to_contain_text("the last 42")
    expect(reader.fresh(FOLDED)).to_have_count(0)
    reader.page.reload()
    expect(reader.fresh(LAST)).to_contain_text("the last 42")
    expect(reader.fresh(FOLDED)).to_have_count(0)


def test_a_needed_cell_that_is_interrupted_is_left_as_it_was(reader: Reader) -> None:
    reader.wake()
    unfold(reader, FOLDED)
    # The author's cell between this one and the last adds 2 to it.
    reader.write(FOLDED, "import time\nclass Slow:\n    def __add__(self, other): time.sleep(100)\nfolded = Slow()")
    reader.run(LAST)
    expect(reader.fresh(LAST)).to_contain_text("First running cell 11")
    reader.button("Interrupt").click()
    expect(reader.fresh(LAST)).to_contain_text("was interrupted")
    expect(reader.fresh(SOLUTION)).to_have_count(0)


def test_a_failure_out_of_sight_is_told_at_the_top(reader: Reader) -> None:
    reader.wake()
    reader.write(LAST, "1 / 0")
    reader.cell(SUM).scroll_into_view_if_needed()
    reader.page.set_viewport_size({"width": 1280, "height": 200})
    reader.button("Run all").click()
    reader.finished(LAST, "failed")
    expect(reader.note).to_have_text("Stopped at cell 13: ZeroDivisionError.")
