"""What a cell has shown can be asked for again, by its reader and nobody else, as long as it is not too much."""

from __future__ import annotations

import functools
import gc
import itertools
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from tests.browser.live_support import BookServerProcess, Client, wait_for

from booksite.server import run_outputs
from booksite.server.run_outputs import Message, RunOutputs


class Stream:
    """Stands for a kernel's socket."""

    def on_recv(self, hear: Any) -> None:
        """Forget who wants to hear."""


def outputs() -> RunOutputs:
    return RunOutputs(cast(Any, Stream()), cast(Any, None))


NEXT = itertools.count()


def message(request: str, name: str, text: str = "", ends: bool = False) -> Message:
    sent = datetime.fromtimestamp(next(NEXT), UTC)
    header, content = json.dumps({"msg_id": name}).encode(), json.dumps({"text": text}).encode()
    return Message(request, name, ends, [b"signature", header, b"{}", b"{}", content], shows=bool(text), sent=sent)


def known(one: Message) -> tuple[str, str]:
    """Return how a page says that it knows a message already."""
    return one.name, one.sent.isoformat()


def texts(said: dict[str, Any]) -> list[str]:
    return [one["content"]["text"] for one in said["messages"]]


def test_a_run_is_told_from_where_the_page_left_it() -> None:
    said = outputs()
    for one in (message("a", "1", "x"), message("b", "2", "other"), message("a", "3", "y")):
        said.add(one)
    assert texts(said.of("a")) == ["x", "y"]
    assert texts(said.of("a", "1")) == ["y"]
    assert texts(said.of("a", "3")) == []
    assert not said.of("a")["ended"]
    said.add(message("a", "4", ends=True))
    said.add(message("a", "5", "of a thread"))
    assert said.of("a", "3") == {
        "messages": said.of("a")["messages"][2:], "superseded": [], "cut": False, "ended": True,
    }  # fmt: skip
    assert said.of("nothing") == {"messages": [], "superseded": [], "cut": False, "ended": False}


def test_what_other_runs_have_changed_of_a_display_is_told_with_it() -> None:
    said = outputs()
    all_of_them = [
        replace(message(request, name, name), display=display, changes=changes)
        for request, name, display, changes in (
            ("b", "0", "d", True),  # before it was shown, of another kind of the same name
            ("a", "1", "d", False),
            ("b", "2", "d", True),
            ("b", "3", "e", True),
            ("a", "4", "", False),
            ("c", "5", "d", True),
        )
    ]
    old = known(all_of_them[2])
    for one in all_of_them:
        said.add(one)
    assert texts(said.of("a")) == ["1", "4", "5"]
    assert texts(said.of("a", "4")) == ["5"]
    assert texts(said.of("a", *old)) == ["4", "5"], "a page may have seen an update that is out of date"
    assert texts(said.of("b")) == ["3"]


def test_a_picture_that_moves_a_thousand_times_keeps_its_first_and_its_last_state() -> None:
    said = outputs()
    said.add(replace(message("a", "first", "first"), display="d"))
    states = [replace(message("a", f"{k}", "x" * 100_000 + f"{k}"), display="d", changes=True) for k in range(1000)]
    for one in states:
        said.add(one)
    assert [text[-5:] for text in texts(said.of("a"))] == ["first", "xx999"]
    assert not said.of("a")["cut"]
    assert texts(said.of("a", "999")) == []
    assert [text[-5:] for text in texts(said.of("a", *known(states[500])))] == ["xx999"]


@pytest.mark.parametrize("clears", ["next", "now"])
def test_a_picture_that_is_taken_away_and_shown_again_takes_the_room_of_one(clears: str) -> None:
    said = outputs()
    said.add(message("b", "other", "other"))
    for k in range(1000):
        said.add(replace(message("a", f"clear {k}", "clear"), shows=False, clears=clears))
        said.add(replace(message("a", f"{k}", "x" * 100_000 + f"{k}"), shows=True))
    assert [text[-5:] for text in texts(said.of("a"))] == ["clear", "xx999"]
    assert not said.of("a")["cut"]
    said.add(replace(message("a", "clear last", "clear last"), shows=False, clears=clears))
    kept = ["clear", "xx999", "clear last"] if clears == "next" else ["clear last"]
    assert [text[-10:].removeprefix("x" * 5) for text in texts(said.of("a"))] == kept, (
        "it is seen until there is another"
    )
    said.add(replace(message("b", "b", "b"), shows=True))
    assert texts(said.of("b")) == ["other", "b"]


def test_what_was_dropped_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 10_000)
    said = outputs()
    for k in range(50):
        said.add(replace(message("a", f"{k}", "x" * 1000), shows=True))
    said.add(replace(message("a", "clear"), clears="now"))
    for k in range(100):
        said.add(replace(message("a", f"y{k}", "y" * 1000), shows=True))
    assert 4 < len(texts(said.of("a"))) < 10


def test_updates_without_end_take_no_room_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 100_000)
    said = outputs()
    for k in range(1000):
        said.add(replace(message("a", f"{k}"), display="d", changes=True))
    assert len(said.of("a")["messages"]) == 1
    said.add(message("a", "end", "y" * 100_000))
    said.add(replace(message("a", "new", "new"), display="d", changes=True))
    assert texts(said.of("a")) == ["new"]


def test_of_too_much_the_end_is_kept_and_the_gap_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 20_000)
    said = outputs()
    for k in range(200):
        said.add(message("a", str(k), f"{k} " + "x" * 90))
    kept = texts(said.of("a"))
    assert kept[-1].startswith("199 ")
    assert 10 < len(kept) < 50
    assert sum(map(len, kept)) < 5000
    assert said.of("a")["cut"]
    assert said.of("a", "3")["cut"]
    assert not said.of("a", "198")["cut"], "nothing is missing for a page that has seen all but the last"
    said.add(message("b", "end", "short"))
    assert not said.of("b")["cut"]


def test_a_run_that_shows_too_much_takes_nothing_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 20_000)
    said = outputs()
    said.add(message("before", "1", "short"))
    for k in range(200):
        said.add(message("long", f"{k}", "x" * 90))
        if k == 100:
            said.add(message("between", "2", "short, too"))
    assert texts(said.of("before")) == ["short"]
    assert texts(said.of("between")) == ["short, too"]
    assert said.of("long")["cut"]
    for k in range(200):
        said.add(message("longer", f"{k}", "x" * 90))
    assert texts(said.of("before")) == ["short"]
    assert abs(len(texts(said.of("long"))) - len(texts(said.of("longer")))) < 3
    said.add(message("picture", "3", "x" * 6000))
    assert texts(said.of("picture")) == ["x" * 6000]
    for k in range(100):
        said.add(message(f"many {k}", "4", "x" * 90))
    assert said.of("before")["cut"], "of many that are too much together, the oldest go"
    assert texts(said.of("many 99"))


def test_how_a_display_was_changed_last_stays_with_the_run_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 20_000)
    said = outputs()
    said.add(replace(message("shows", "1", "old"), display="d", shows=True))
    said.add(replace(message("changes", "2", "new"), display="d", changes=True))
    for k in range(200):
        said.add(message("changes", f"{k} of many", "x" * 90))
    assert said.of("changes")["cut"]
    assert texts(said.of("shows")) == ["old", "new"]
    for k in range(200):
        said.add(replace(message("changes", f"{k} of many more", f"state {k}"), display="d", changes=True))
    assert texts(said.of("shows")) == ["old", "state 199"]


def test_what_is_dropped_after_the_last_known_message_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 20_000)
    said = outputs()
    said.add(replace(message("a", "1", "old"), display="d", shows=True))
    said.add(replace(message("a", "2", "new"), display="d", changes=True))
    last_known = message("a", "3", "known")
    said.add(last_known)
    for k in range(200):
        said.add(message("a", f"{k} of many", "x" * 90))
    assert said.of("a", "2")["cut"], "what came after the display is gone, though the display is there"
    assert texts(said.of("a", "2"))[0] == "x" * 90
    assert said.of("a", *known(last_known))["cut"], "a message that is not kept itself"
    assert texts(said.of("a", *known(last_known)))[0] == "x" * 90, "what was shown before it is not told again"
    assert texts(said.of("a"))[:2] == ["old", "new"]
    assert not said.of("a", "199 of many")["cut"]


def test_what_was_taken_away_or_changed_since_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 20_000)
    said = outputs()
    said.add(message("a", "begins"))  # nothing is to be seen by it, though it says something
    for k in range(200):
        said.add(replace(message("a", f"clear {k}"), clears="next"))
        said.add(replace(message("a", f"{k}", f"frame {k}"), shows=True))
    assert texts(said.of("a"))[-1] == "frame 199"
    assert not said.of("a", "198")["cut"]
    assert not said.of("a")["cut"]


@pytest.mark.parametrize("names", [10, 5000])
def test_a_line_printed_before_a_display_changes_for_ever_stays(monkeypatch: pytest.MonkeyPatch, names: int) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 20_000)
    monkeypatch.setattr(run_outputs, "MOST_NAMES", names)
    said = outputs()
    said.add(message("other", "0", "of a neighbour"))
    said.add(message("a", "1", "loss 0.3"))
    said.add(replace(message("a", "2", "first"), display="d"))
    for k in range(1000):
        state = replace(message("a", f"state {k}", f"state {k}"), display="d", changes=True)
        said.add(state)
        if k == 500:
            page = known(state)
            said.add(message("a", "3", "loss 0.2"))
    assert texts(said.of("a")) == ["loss 0.3", "first", "loss 0.2", "state 999"]
    assert not said.of("a")["cut"]
    assert texts(said.of("other")) == ["of a neighbour"]
    assert texts(said.of("a", *page)) == ["loss 0.2", "state 999"], "of a page that was away for long"


def test_messages_whose_time_has_passed_are_named_for_a_page_to_which_they_are_on_their_way() -> None:
    said = outputs()
    said.add(replace(message("a", "shown", "first"), display="d"))
    for k in range(3):
        said.add(replace(message("b", f"state {k}", f"{k}"), display="d", changes=True))
    said.add(message("c", "frame 0", "frame 0"))
    said.add(replace(message("c", "clear"), clears="next"))
    said.add(message("c", "frame 1", "frame 1"))
    assert said.of("a")["superseded"] == ["state 0", "state 1"]
    assert said.of("c")["superseded"] == ["frame 0"]
    assert texts(said.of("c")) == ["", "frame 1"]


def test_the_order_in_which_messages_came_counts_and_not_their_dates() -> None:
    said = outputs()
    said.add(replace(message("a", "0", "shown"), display="d"))
    late, early = message("a", "2", "x"), message("a", "1", "y")
    for one in (
        replace(early, display="d", changes=True),
        late,
        replace(message("a", "3", "z"), display="d", changes=True),
    ):
        said.add(one)
    assert texts(said.of("a", *known(early))) == ["x", "z"], "one that is not kept any more, and is dated later"


@pytest.mark.parametrize("date", ["", "yesterday", "2026-12-01T10:00:00"])
def test_a_page_that_names_no_moment_is_told_all(date: str) -> None:
    said = outputs()
    said.add(replace(message("a", "1", "x"), sent=datetime(2026, 12, 1, 10, 0, 1, tzinfo=UTC)))
    assert texts(said.of("a", "not kept", date)) == ["x"]


def test_a_run_without_end_takes_no_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 20_000)
    said = outputs()
    for k in range(5000):
        said.add(replace(message("a", f"{k}", "x" * 90), shows=True))
    gc.collect()
    assert sum(type(one) is Message for one in gc.get_objects()) < 500


def test_one_message_that_is_too_much_by_itself_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_outputs, "MOST_BYTES", 50)
    said = outputs()
    said.add(message("a", "1", "x" * 100))
    assert texts(said.of("a")) == ["x" * 100]


def request(code: str) -> str:
    """Write a request of the name "mine" to run code."""
    message = {
        "header": {
            "msg_id": "mine", "msg_type": "execute_request", "session": "s",
            "username": "", "version": "5.3", "date": "",
        },
        "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [],
        "content": {"code": code, "silent": False, "store_history": True},
    }  # fmt: skip
    return json.dumps(message)


def test_of_a_kernel_that_has_only_begun_nothing_is_missed(server: BookServerProcess) -> None:
    reader = server.client()
    for k in range(6):  # more than there are spares: most of them are started for this
        kernel = reader.start_kernel(f"begun {k}")
        channel = reader.connect(kernel)
        channel.send(request("print('first')"))
        address = f"/api/kernels/{kernel}/outputs?request=mine"
        said: dict[str, Any] = wait_for(functools.partial(ended, reader, address), "the end of the run", seconds=20)
        assert [one["header"]["msg_type"] for one in said["messages"]] == [
            "status",
            "execute_input",
            "stream",
            "status",
        ]
        channel.close()


def ended(reader: Client, address: str) -> dict[str, Any] | None:
    """Return what is told of a run, if it has ended."""
    said = reader.get(address).json
    return said if said["ended"] else None


def test_a_reader_can_ask_and_nobody_else(server: BookServerProcess) -> None:
    reader, other = server.client(), server.client()
    kernel = reader.start_kernel("page")
    channel = reader.connect(kernel)
    channel.send(request("for k in range(3): print('line', k)"))
    address = f"/api/kernels/{kernel}/outputs?request=mine"
    said: dict[str, Any] = wait_for(functools.partial(ended, reader, address), "the end of the run")
    shown = "".join(one["content"]["text"] for one in said["messages"] if one["header"]["msg_type"] == "stream")
    assert shown == "line 0\nline 1\nline 2\n"
    assert said["idle"]
    assert reader.get(f"{address}&after={said['messages'][-1]['header']['msg_id']}").json["messages"] == []
    assert reader.get(f"/api/kernels/{kernel}/outputs").status == 400, "it must be said which run"
    assert other.get(address).status == 403
    assert Client(server.port).get(address).status == 403
    assert reader.get(address.replace(kernel, "0" * 8 + "-0000-0000-0000-" + "0" * 12)).status == 404
    channel.close()


def test_no_line_is_lost_while_the_server_is_behind(server: BookServerProcess, tmp_path: Path) -> None:
    client = server.client()
    kernel = client.start_kernel("flood")
    gate = tmp_path / "gate"
    code = f"""import os, time
print("ready", flush=True)
while not os.path.exists({str(gate)!r}): time.sleep(0.01)
for k in range(6000): print("line", k, flush=True)
"""
    with ThreadPoolExecutor() as pool:
        run = pool.submit(client.execute, kernel, code)
        wait_for(lambda: "busy" in client.get("/api/kernels").text, "the cell")
        server.process.send_signal(signal.SIGSTOP)
        gate.touch()
        time.sleep(2)  # in which it could print all that
        server.process.send_signal(signal.SIGCONT)
        said = run.result()
    assert said["status"] == "ok"
    assert said["text"].split("\n")[1:-1] == [f"line {k}" for k in range(6000)]
    assert client.execute(kernel, "print('next')")["text"] == "next\n"
