"""Pieces of the package, shown by inclusion."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.booksite.conftest import Built

from booksite import listing
from booksite.listing import extract

MODULE = '''\
"""Module."""
import functools


def before():
    """Not this."""


@functools.cache
def decorated(x):
    """Double.

    More.
    """

    def inner():
        """Inner.

        More.
        """
        return x

    return 2 * inner()  # a comment stays


class Pair:
    """Two.

    More.
    """

    def first(self):
        """Give one.

        More.
        """
        return 1

    def second(self):
        return 2


def after():
    return """Not
    a docstring."""
'''


def test_a_function_comes_with_its_decorator_and_short_docstrings() -> None:
    assert extract(MODULE, "decorated").splitlines() == [
        "@functools.cache", "def decorated(x):", '    """Double."""', "", "    def inner():", '        """Inner."""',
        "        return x", "", "    return 2 * inner()  # a comment stays",
    ]  # fmt: skip


def test_a_class_comes_whole_and_a_method_alone() -> None:
    assert extract(MODULE, "Pair").splitlines() == [
        "class Pair:", '    """Two."""', "", "    def first(self):", '        """Give one."""', "        return 1", "",
        "    def second(self):", "        return 2",
    ]  # fmt: skip
    assert extract(MODULE, "Pair.first") == 'def first(self):\n    """Give one."""\n    return 1'


def test_text_that_is_no_docstring_stays() -> None:
    assert extract(MODULE, "after") == 'def after():\n    return """Not\n    a docstring."""'


@pytest.mark.parametrize("name", ["missing", "Pair.third", "decorated.inner.x", "functools"])
def test_an_object_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^object must be defined in the module, got '{name}'$"):
        extract(MODULE, name)


def test_every_public_object_of_the_package_can_be_shown() -> None:
    for file in listing.SOURCE.rglob("*.py"):
        source = file.read_text(encoding="utf8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                shown = extract(source, node.name)
                assert ast.parse(shown).body[0].name == node.name
                assert shown.splitlines()[-1].strip() == source.splitlines()[node.end_lineno - 1].strip()


def test_a_listing_names_its_module(build: Callable[..., Built]) -> None:
    built = build("booksite.listing", index="# Book\n\n```{package-code} patches join_cells\n:name: joined\n```\n")
    assert built.complaints == ""
    block = built.page().select_one("#joined")
    assert "join_cells, from cnnbook/patches.py" in block.get_text().replace("`", "")
    assert "def join_cells(cells" in block.get_text()
    assert "Parameters" not in block.get_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nothing join_cells", "module must be a file of cnnbook without .py, got 'nothing'"),
        ("patches nothing", "object must be defined in the module, got 'nothing'"),
    ],
)
def test_a_bad_listing_is_named_with_its_line(build: Callable[..., Built], arguments: str, message: str) -> None:
    built = build("booksite.listing", index=f"# Book\n\n```{{package-code}} {arguments}\n```\n")
    assert f"index.md:3: ERROR: {message}" in built.complaints


def test_a_listing_fits_on_the_printed_page(
    build: Callable[..., Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wide.py").write_text(f"def f():\n    return {'1' * 80}\n")
    monkeypatch.setattr(listing, "SOURCE", tmp_path)
    built = build("booksite.listing", index="# Book\n\n```{package-code} wide f\n```\n")
    assert f"wide f: a printed line holds {listing.MAX_COLUMNS} columns, got 'return 111" in built.complaints
