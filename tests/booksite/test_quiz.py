"""Quizzes: what a page shows, what the page of answers says, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.booksite.conftest import Built

GOOD = """\
:::{quiz} quiz-sum
What is $1 + 1$?

- ( ) one

  That is *too little*.
- (x) **two**

  As one sees.

  And more.
:::
"""
INDEX = "# Book\n\n```{toctree}\n:numbered:\none\ntwo\nanswers\n```\n"
ANSWERS = "# Answers\n\n:::{quiz-answers}\n:::\n"


def test_each_option_is_a_fold_with_its_reason(build: Callable[..., Built]) -> None:
    built = build("booksite.quiz", index=f"# Book\n\n{GOOD}")
    assert built.complaints == ""
    quiz = built.page().select_one("section.quiz#quiz-sum")
    wrong, right = quiz.select("details.quiz-option")
    assert "What is" in quiz.get_text()
    assert wrong["class"] == ["quiz-option", "wrong"]
    assert right["class"] == ["quiz-option", "right"]
    assert wrong.summary.get_text(" ", strip=True) == "a one"
    assert right.summary.get_text(" ", strip=True) == "b two"
    assert right.summary.strong.get_text() == "two"
    assert wrong.select_one(".quiz-reason").get_text(" ", strip=True) == "Not this one. That is too little ."
    assert right.select_one(".quiz-reason").get_text(" ", strip=True) == "Right. As one sees. And more."
    assert not quiz.select("[open]")


def test_answers_stand_in_the_order_of_the_book_and_lead_back(build: Callable[..., Built]) -> None:
    second = GOOD.replace("quiz-sum", "quiz-again").replace("**two**", "2")
    built = build("booksite.quiz", index=INDEX, one=f"# One\n\n{second}", two=f"# Two\n\n{GOOD}", answers=ANSWERS)
    assert built.complaints == ""
    links = built.page("answers").select("a[href*='#quiz-']")
    assert [(link.get_text(), link["href"]) for link in links] == [
        ("Quiz 1.1", "one.html#quiz-again"),
        ("Quiz 2.1", "two.html#quiz-sum"),
    ]
    assert [link.parent.get_text() for link in links] == ["Quiz 1.1: (b) 2", "Quiz 2.1: (b) two"]
    assert "As one sees." in links[0].parent.find_next("blockquote").get_text()
    assert "too little" not in built.page("answers").get_text()


def test_an_edited_quiz_reaches_the_page_of_answers(build: Callable[..., Built]) -> None:
    pages = {"index": INDEX, "one": f"# One\n\n{GOOD}", "two": "# Two\n", "answers": ANSWERS}
    build("booksite.quiz", **pages)
    built = build("booksite.quiz", **pages | {"one": "# One\n\n" + GOOD.replace("As one sees.", "Count.")})
    assert "Count." in built.page("answers").get_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(x) **two**", "( ) **two**", "quiz quiz-sum must have exactly one option marked (x)"),
        ("( ) one", "(x) one", "quiz quiz-sum must have exactly one option marked (x)"),
        ("( ) one", "one", "option a must begin with (x) or ( ), got 'one'"),
        ("\n  That is *too little*.\n", "", "option a must give its reason in a paragraph of its own"),
        (":::\n", "\nThat was it.\n:::\n", "a quiz must end with the list of its options"),
    ],
)
def test_a_bad_quiz_is_named_with_its_line(build: Callable[..., Built], old: str, new: str, message: str) -> None:
    assert old in GOOD
    bad = GOOD.replace(old, new) if not old.startswith(":::") else GOOD.removesuffix(old) + new
    built = build("booksite.quiz", index=f"# Book\n\n{bad}")
    assert f"index.md:3: ERROR: {message}" in built.complaints


def test_an_empty_quiz_is_refused(build: Callable[..., Built]) -> None:
    built = build("booksite.quiz", index="# Book\n\n:::{quiz} quiz-empty\n:::\n")
    assert "a quiz must end with the list of its options" in built.complaints


def test_two_quizzes_of_one_name_are_refused(build: Callable[..., Built]) -> None:
    assert "Duplicate" in build("booksite.quiz", index=f"# Book\n\n{GOOD}\n{GOOD}").complaints
