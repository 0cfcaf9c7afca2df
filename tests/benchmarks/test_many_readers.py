"""The benchmark of many readers judges what it measures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("many_readers", REPOSITORY / "benchmarks" / "many_readers.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("seconds", "errors", "missed"),
    [([1.0] * 20, [], False), ([1.0] * 19 + [99.0], [], False), ([1.0] * 18 + [99.0] * 2, [], True),
     ([1.0] * 19, [], True), ([1.0] * 20, ["page: NameError"], True), ([], [], True)],
)  # fmt: skip
def test_the_budget_is_for_95_of_100_and_no_error_is_forgiven(
    benchmark: ModuleType, seconds: list[float], errors: list[str], missed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmark.report(20, seconds, errors, 100.0) == missed
    assert all(error in capsys.readouterr().out for error in errors)


def test_the_first_run_of_every_chapter_is_known(benchmark: ModuleType, book_html: Path) -> None:
    for page in benchmark.CHAPTERS:
        assert len(benchmark.first_run(book_html, page)) >= 2
