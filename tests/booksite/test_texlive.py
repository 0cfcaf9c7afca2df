"""Finding XeLaTeX and its company, or saying what to install."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from booksite import texlive


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a machine without TeX; the returned folder is its PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["texlive", *arguments])
    return texlive.main()


@pytest.mark.parametrize("arguments", [(), ("--install",)])
def test_without_tex_one_sentence_says_what_to_install(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert main(monkeypatch, *arguments) == 1
    said = capsys.readouterr().err
    assert "this machine lacks xelatex, latexmk, kpsewhich" in said
    assert "sudo apt-get install --no-install-recommends fonts-texgyre fonts-texgyre-math" in said


def test_a_file_that_tex_does_not_find_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in texlive.PROGRAMS:
        program(bare, name, "")
    program(bare, "kpsewhich", '[ "$1" = texgyrepagella-math.otf ] || echo "/usr/share/$1"')
    assert texlive.missing() == ["texgyrepagella-math.otf"]
    program(bare, "kpsewhich", 'echo "/usr/share/$1"')
    assert texlive.missing() == []
    assert main(monkeypatch) == 0


def test_installing_asks_apt_for_the_short_list(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(bare, "apt-get", 'echo "apt-get $*"')
    assert main(monkeypatch, "--install") == 1  # this one installs nothing
    said = capfd.readouterr().err
    assert f"apt-get install -q -y --no-install-recommends {' '.join(texlive.packages())}" in said
