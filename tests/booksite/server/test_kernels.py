"""Who gets a kernel and whose it is, in the manager itself: at the moments that a client cannot hit on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

from booksite.server import kernels
from booksite.server.kernels import BUSY_CLOSED, IDLE_CLOSED, IDLE_OPEN, PATIENCE, WarmKernelManager


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose request is being answered: the last of the list."""
    asking = ["nobody"]
    monkeypatch.setattr(kernels, "current_reader", lambda: asking[-1])
    return asking


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the manager a clock that shows the seconds in this list."""
    clock = [0.0]
    monkeypatch.setattr(kernels, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return clock


class Manager(WarmKernelManager):
    """A manager whose kernels are names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ended: list[str] = []

    def add(self, name: str, owner: str | None, idle: float = 0, state: str = "idle", pages: int = 0) -> None:
        """Have a kernel that was last active some seconds ago, with pages that are connected with it."""
        active = utcnow() - timedelta(seconds=idle)
        kernel = ServerKernelManager(kernel_name="python3")
        if state != "begins":  # Jupyter has noted nothing of it
            kernel.last_activity, kernel.execution_state = active, state
        self._kernels[name] = kernel
        self._kernel_connections[name] = pages
        if owner:
            self._owners[name] = owner

    async def shutdown_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Note which kernel is ended, and leave it in the list, as it is for two seconds."""
        self.ended.append(kernel_id)

    def kernel_model(self, kernel_id: str) -> dict[str, Any]:
        """Return what lists need."""
        return {"id": super().kernel_model(kernel_id)["id"]}


def ended(manager: Manager, asks: list[str], reader: list[str]) -> list[str]:
    """Return which kernels are ended when readers ask for one, in this order."""

    async def ask() -> None:
        for who in asks:
            reader.append(who)
            manager.place_in_line("page")
        await asyncio.sleep(0)

    asyncio.run(ask())
    return manager.ended


def test_a_kernel_that_only_begins_or_is_the_spare_is_in_nobodys_list(reader: list[str]) -> None:
    manager = Manager()
    manager.add("begins", None)
    manager.add("mine", "ann")
    reader.append("ann")
    assert manager.list_kernels() == [{"id": "mine"}]
    assert manager.owner("begins") is None
    reader.append("ben")
    assert manager.list_kernels() == []


def test_a_kernel_of_which_nothing_has_been_noted_spoils_no_list(reader: list[str]) -> None:
    manager = Manager(most=2)
    manager.add("mine", "ann", idle=IDLE_OPEN + 1)
    manager.add("begins", "ann", state="begins")
    reader.append("ann")
    assert manager.list_kernels() == [{"id": "mine"}]
    assert ended(manager, ["ben"], reader) == ["mine"]


def test_a_kernel_that_is_given_up_stays_its_readers_until_it_has_ended(reader: list[str]) -> None:
    manager = Manager(most=1)
    manager.add("old", "ann", idle=IDLE_CLOSED + 1)
    assert ended(manager, ["ben"], reader) == ["old"]
    assert manager.owner("old") == "ann"
    assert manager.place_in_line("page") == 0, "but it makes room at once"
    assert ended(manager, ["cat"], reader) == ["old"], "and is not ended twice"


@pytest.mark.parametrize(
    ("kernels", "given_up"),
    [
        ([("closed", IDLE_CLOSED + 1, "idle", 0), ("open", IDLE_OPEN + 99, "idle", 1)], ["closed"]),
        ([("closed", IDLE_CLOSED + 1, "idle", 0), ("longer", IDLE_CLOSED + 2, "idle", 0)], ["longer"]),
        ([("closed", IDLE_CLOSED - 5, "idle", 0), ("open", IDLE_OPEN + 1, "idle", 1)], ["open"]),
        ([("closed", IDLE_CLOSED - 5, "idle", 0), ("open", IDLE_OPEN - 5, "idle", 1)], []),
        ([("computes", 9999, "busy", 0), ("computes too", 9999, "busy", 1)], []),
        (
            [("left as it began", IDLE_CLOSED + 1, "starting", 0), ("open", IDLE_OPEN - 5, "idle", 1)],
            ["left as it began"],
        ),
    ],
)
def test_closed_pages_go_first_and_nobody_who_computes(
    kernels: list[tuple[str, float, str, int]], given_up: list[str], reader: list[str]
) -> None:
    manager = Manager(most=len(kernels))
    for name, idle, state, pages in kernels:
        manager.add(name, f"reader of {name}", idle, state, pages)
    manager.add("spare", None, 9999)
    manager._spare_id = "spare"
    assert ended(manager, ["ben"], reader) == given_up


def test_a_place_is_kept_by_asking(reader: list[str], now: list[float]) -> None:
    manager = Manager(most=1)
    manager.add("busy", "ann", state="busy")

    def place(who: str, seconds: float) -> int:
        reader.append(who)
        now[0] = seconds
        return manager.place_in_line("page")

    assert [place("ben", 0), place("cat", 1), place("dan", 2)] == [1, 2, 3]
    assert [place("cat", 5), place("dan", 6)] == [2, 3]
    assert place("dan", PATIENCE + 0.5) == 2, "ben has stopped asking"
    assert place("ben", PATIENCE + 1) == 3, "and begins at the end"


def test_who_has_fewer_kernels_comes_first(reader: list[str]) -> None:
    manager = Manager(most=3)
    for name, owner in (("first", "ann"), ("second", "ann"), ("third", "cat")):
        manager.add(name, owner, state="busy")

    def place(who: str, page: str) -> int:
        reader.append(who)
        return manager.place_in_line(page)

    assert [place("ann", "a page"), place("ann", "another page")] == [1, 2]
    assert place("cat", "page") == 1
    assert place("ben", "page") == 1
    assert [place("cat", "page"), place("ann", "another page"), place("ann", "a page")] == [2, 4, 3]


def test_a_kernel_that_computes_for_nobody_is_given_up_after_a_while_and_only_if_nothing_is_idle(
    reader: list[str], now: list[float]
) -> None:
    manager = Manager(most=2)
    manager.add("left", "ann", state="busy")
    manager.add("watched", "cat", state="busy", pages=1)
    assert ended(manager, ["ben"], reader) == [], "its reader may have reloaded the page"
    now[0] = BUSY_CLOSED - 1
    assert ended(manager, ["ben"], reader) == []
    now[0] = BUSY_CLOSED + 1
    assert ended(manager, ["ben"], reader) == ["left"]


def test_a_page_that_was_opened_again_is_not_one_that_was_left(reader: list[str], now: list[float]) -> None:
    manager = Manager(most=1)
    manager.add("at work", "ann", state="busy")
    ended(manager, ["ben"], reader)
    manager._kernel_connections["at work"] = 1
    now[0] = BUSY_CLOSED + 1
    assert ended(manager, ["ben"], reader) == []
    manager._kernel_connections["at work"] = 0
    assert ended(manager, ["ben"], reader) == [], "it counts from when it was left the last time"


def test_a_kernel_that_has_been_promised_and_has_come_is_counted_once(reader: list[str]) -> None:
    manager = Manager(most=2)
    with manager.promised():
        assert manager.place_in_line("second") == 0
        manager._give("first")
        assert manager.place_in_line("second") == 0
        with manager.promised():
            assert manager.place_in_line("third") == 1
    assert manager.place_in_line("third") == 0, "nothing came of the second promise"
