"""Where a block of code may be split between pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from booksite.page_breaks import FEW, SHORT, blank_lines, joined_lines

LINES = st.lists(st.sampled_from(["", "@cache", "def f(x):", "    y = x", "call(", ")"]), min_size=1, max_size=30)


@given(LINES)
def test_no_split_leaves_fewer_than_three_lines(lines: list[str]) -> None:
    free = set(range(2, len(lines) + 1)) - set(joined_lines(lines))
    for number in free:
        assert number - 1 >= FEW
        assert len(lines) - number + 1 >= FEW
        assert not lines[number - 2].startswith("@")
    for number in blank_lines(lines):
        assert lines[number - 1] == ""
        assert sum(map(bool, lines[: number - 1])) >= FEW
        assert sum(map(bool, lines[number:])) >= FEW


def test_short_outputs_stay_whole() -> None:
    assert joined_lines(["a"] * SHORT, SHORT) == list(range(2, SHORT + 1))
    assert joined_lines(["a"] * (SHORT + 1), SHORT) == [2, 3, SHORT, SHORT + 1]


def test_a_page_does_not_begin_with_a_closing_bracket() -> None:
    lines = ["a = [", "    1,", "    2,", "    3,", "]", "b = 1", "c = 2", "d = 3"]
    assert 5 in joined_lines(lines)
