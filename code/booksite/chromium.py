"""Find a Chromium for the browser tests, or install one: ``python -m booksite.chromium --install``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from booksite.debian import install

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""Flags under which Chromium runs headless as root and asks no other host for anything."""

ADVICE = (
    "The browser tests need Chromium or Chrome. Install it (Debian, Ubuntu: `sudo apt-get install chromium`; macOS: "
    "`brew install --cask chromium`; anywhere: `python -m playwright install chromium`), or set CHROMIUM to its path."
)


def find_chromium() -> str | None:
    """Return the path of a Chromium: ``CHROMIUM``, the usual places, or playwright's own; None if there is none.

    Raises
    ------
    FileNotFoundError
        If ``CHROMIUM`` is set to something that is no program.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            raise FileNotFoundError(f"CHROMIUM must be the path of a program, got {named!r}")
        return found
    for name in (*NAMES, *PLACES):
        found = shutil.which(name)
        if found:
            return found
    return _playwrights_own()


def _playwrights_own() -> str | None:
    """Return the browser that `playwright install chromium` downloads, if it is there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def main() -> int:
    """Print the path of Chromium; with ``--install`` install it where it is missing."""
    parser = argparse.ArgumentParser(description="Find Chromium for the browser tests.")
    parser.add_argument("--install", action="store_true", help="install it (Debian, Ubuntu) if it is missing")
    options = parser.parse_args()
    try:
        found = find_chromium()
        if not found and options.install and install(["chromium"]):
            found = find_chromium()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    print(found or ADVICE, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
