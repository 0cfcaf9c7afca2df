"""The numbers that readers type into the live figures, read in node."""

from __future__ import annotations

import pytest
from tests.figures.in_node import run


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), (" 12 ", 12), ("-4", -4), ("−1.5", -1.5), ("–2", -2), ("- 2", -2), ("0,25", 0.25), (".5", 0.5),
        ("2.", 2), ("+7", 7), ("1/9", 1 / 9), ("-2 / 3", -2 / 3), ("1/.5", 2), ("1,5/0,5", 3), ("½", 0.5),
        ("−½", -0.5), ("-0", 0), ("99", 99), ("-99", -99),
    ],
)  # fmt: skip
def test_numbers_and_fractions_are_read(text: str, value: float) -> None:
    assert run("typedNumber", text=text, most=99) == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "abc", "1/0", "0/0", "1e3", "1/2/3", "1.2.3", "--2", "1½", "½/2", "Infinity", "NaN", "100", "-100",
        "50/.5",
    ],
)  # fmt: skip
def test_what_is_none_or_too_large_is_not(text: str) -> None:
    assert run("typedNumber", text=text, most=99) is None


def test_without_a_limit_every_finite_number_is_read() -> None:
    assert run("typedNumber", text="1000000") == 1_000_000
    assert run("typedNumber", text="1/0") is None
