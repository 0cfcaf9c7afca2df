"""Finding a browser, or saying what to do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from booksite import chromium, debian


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a machine without any browser; the returned folder is its PATH."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "PLACES", ())
    monkeypatch.setattr(chromium, "_playwrights_own", lambda: None)
    return tmp_path


def program(folder: Path, name: str, text: str = "#!/bin/sh\n") -> Path:
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)
    return file


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["chromium", *arguments])
    return chromium.main()


def test_the_named_browser_is_taken(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare, "chromium")
    mine = program(bare, "mine")
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert chromium.find_chromium() == str(mine)


def test_a_browser_on_the_path_is_found(bare: Path) -> None:
    assert chromium.find_chromium() is None
    found = program(bare, "google-chrome")
    assert chromium.find_chromium() == str(found)


def test_playwrights_own_browser_is_the_last_resort(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "_playwrights_own", lambda: "/somewhere/chrome")
    assert chromium.find_chromium() == "/somewhere/chrome"


def test_a_wrong_name_is_an_error(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(bare, "chromium")  # another one does not silently take its place
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(FileNotFoundError, match=r"^CHROMIUM must be the path of a program, got '/no/such/browser'$"):
        chromium.find_chromium()
    assert main(monkeypatch) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "CHROMIUM must be the path of a program, got '/no/such/browser'\n"


def test_the_command_prints_the_path(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = program(bare, "chromium")
    assert main(monkeypatch) == 0
    assert capsys.readouterr() == (f"{found}\n", "")


@pytest.mark.parametrize("arguments", [(), ("--install",)])
def test_without_a_browser_it_says_what_to_install(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert main(monkeypatch, *arguments) == 1  # no apt-get here: --install cannot help
    assert capsys.readouterr() == ("", chromium.ADVICE + "\n")


def test_installing_uses_apt_where_it_may(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    browser = bare / "chromium"
    makes_it = f'echo "#!/bin/sh" > {browser}; /bin/chmod +x {browser}'
    text = f'#!/bin/sh\necho "apt-get $*"\nif [ "$1" = install ]; then {makes_it}; fi\n'
    program(bare, "apt-get", text)
    assert main(monkeypatch, "--install") == 0
    out, err = capfd.readouterr()
    assert out == f"{bare}/chromium\n"
    assert "apt-get install -q -y --no-install-recommends chromium" in err


def test_without_rights_nothing_is_installed(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    program(bare, "apt-get", f"#!/bin/sh\necho ran > {bare}/ran\n")
    assert not debian.install(["chromium"])
    program(bare, "sudo", "#!/bin/sh\nexit 1\n")  # sudo that asks for a password
    assert not debian.install(["chromium"])
    assert not (bare / "ran").exists()


def test_an_installation_that_fails_is_not_taken_for_one(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(bare, "apt-get", "#!/bin/sh\nexit 100\n")
    assert not debian.install(["chromium"])
    assert main(monkeypatch, "--install") == 1
