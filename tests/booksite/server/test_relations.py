"""The server looks at a reader's cells as the build looked at the author's, whatever they have written."""

from __future__ import annotations

import pytest
from tests.browser.live_support import BookServerProcess, Client

from booksite.needed_cells import cell_relations


@pytest.fixture
def reader(server: BookServerProcess) -> Client:
    return server.client()


def test_edited_cells_are_judged_as_the_build_judges(reader: Client) -> None:
    cells = ["x = []", "y = 2", "x.append(y)", "# mine\nprint(x)", "%timeit y", "def f(:"]
    answer = reader.post("/api/relations", cells)
    assert answer.status == 200
    assert answer.json == {"cells": cell_relations(cells)}
    assert answer.json["cells"][3]["needs"] == [0, 1, 2]


@pytest.mark.parametrize(
    "code",
    [
        "(" * 100_000,
        "-" * 100_000 + "1",
        "x" + "[0]" * 100_000,
        "\0",
        "\ud800",
        "return 1",
        "x = yield",
        "nonlocal x",
        "def f(x): global x",
        "from __future__ import braces",
        "class A:\n" * 200,
        "async def f(): await x",
        "match x:\n case [a, *b]: pass",
        "type X = int",
        "print(f'{x!r:>{y}}')",
        "del x, y[0]",
        "!ls\n%%bash\necho",
    ],
)
def test_whatever_a_reader_writes_is_answered(reader: Client, code: str) -> None:
    assert reader.post("/api/relations", ["x = 1", code, "print(x)"]).status in {200, 413, 422}
    assert reader.post("/api/relations", ["x = 1", "print(x)"]).json["cells"][1]["needs"] == [0]


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"a": 1}, 400), ([1], 400), ("x", 400), (["x" * 600_000, "y" * 600_000], 413), (["a = a"] * 500, 413)],
)
def test_what_is_no_list_of_cells_is_refused(reader: Client, sent: object, status: int) -> None:
    assert reader.post("/api/relations", sent).status == status


def test_strangers_are_not_answered(server: BookServerProcess) -> None:
    stranger = Client(server.port)
    assert stranger.post("/api/relations", ["x"]).status in {302, 403}
