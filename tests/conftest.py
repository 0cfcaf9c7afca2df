"""What all tests share: seeds, the built book, and a browser."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import matplotlib as mpl
import pytest
import torch

from booksite.chromium import ADVICE, find_chromium

REPOSITORY = Path(__file__).resolve().parents[1]
HTML = Path(os.environ.get("BOOK_HTML") or REPOSITORY / "_build" / "html").resolve()
"""Where the built book is: ``BOOK_HTML``, else ``_build/html``."""

mpl.use("Agg")
hypothesis.settings.register_profile("book", deadline=None, derandomize=True, max_examples=40, database=None)
hypothesis.settings.load_profile("book")


@pytest.fixture(autouse=True)
def seeds() -> None:
    """Start each test from the same random numbers."""
    random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    """Leave no figure of a test behind."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def book_html() -> Path:
    """Return the folder of the built book."""
    if not (HTML / "index.html").is_file():
        pytest.fail(f"There is no built book at {HTML}: run `make book`.", pytrace=False)
    return HTML


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of Chromium; without one the browser tests fail, they are never skipped."""
    found = find_chromium()
    if found is None:
        pytest.fail(ADVICE, pytrace=False)
    return found
