"""Which scripts a page brings with it, by what they say: all others in the page are refused by the browser."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

DATA = {"application/json", "application/ld+json", "text/plain"}


@lru_cache(maxsize=512)
def script_hashes(file: Path, changed: int) -> tuple[str, ...]:
    """Return the SHA-256 hashes of a page's inline scripts, as a Content Security Policy names them.

    Parameters
    ----------
    file : Path
        The page.
    changed : int
        When it was changed last: a page that is built anew is read anew.
    """
    reader = _Scripts()
    reader.feed(file.read_text(encoding="utf8"))
    return tuple(dict.fromkeys(_hash(script) for script in reader.scripts))


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf8")).digest()).decode()


class _Scripts(HTMLParser):
    """Collects the text of inline scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the beginning of a script that has no address of its own."""
        given = dict(attrs)
        self._inside = tag == "script" and "src" not in given and given.get("type") not in DATA
        if self._inside:
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        """Take in a script's text."""
        if self._inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """Note its end."""
        self._inside = False
