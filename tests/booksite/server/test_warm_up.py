"""A kernel that has warmed up knows no more than one that has not; it is only quicker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.browser.live_reader import is_warm
from tests.browser.live_support import BookServerProcess, Client, wait_for

REPOSITORY = Path(__file__).resolve().parents[3]
LOOK = """
import gc, json, sys
import matplotlib, torch
before = dict(matplotlib.rcParams), torch.get_rng_state().tolist()
import booksite.server.warm_up
after = dict(matplotlib.rcParams), torch.get_rng_state().tolist()
print(json.dumps({
    "loaded": "cnnbook.layers.convolution" in sys.modules,
    "drawn": "matplotlib.backends.backend_svg" in sys.modules,
    "settings": before[0] == after[0], "random numbers": before[1] == after[1],
    "figures": sys.modules["matplotlib.pyplot"].get_fignums(), "frozen": gc.get_freeze_count() > 100_000,
}))
"""
EDIT = """
import json, sys
import cnnbook
from pathlib import Path
from booksite.server import warm_up
seen = []
for edit in (None, "patches.py", "look.json", "fresh.py"):
    if edit:
        with (Path(cnnbook.__path__[0]) / edit).open("a") as file:
            file.write("\\n")
    warm_up.forget_package_if_changed()
    seen.append(any(name.partition(".")[0] == "cnnbook" for name in sys.modules))
    warm_up._written = warm_up.load_package()
print(json.dumps(seen))
"""


def said(code: str, package: Path) -> Any:
    """Run code in a fresh Python; return what it prints as JSON."""
    path = os.pathsep.join(map(str, (package, REPOSITORY / "code")))
    environment = os.environ | {"PYTHONPATH": path, "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return json.loads(done.stdout)


def test_a_warm_kernel_has_loaded_the_package_and_changed_no_settings() -> None:
    assert said(LOOK, REPOSITORY / "code") == {
        "loaded": True,
        "drawn": True,
        "settings": True,
        "random numbers": True,
        "figures": [],
        "frozen": True,
    }


def test_a_package_that_was_edited_while_a_kernel_waited_is_read_anew(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "code" / "cnnbook", tmp_path / "cnnbook")
    (tmp_path / "cnnbook" / ".#patches.py").symlink_to("somebody@elsewhere.1")  # as Emacs marks what it edits
    assert said(EDIT, tmp_path) == [True, False, False, False]


def test_a_spare_kernel_notices_at_its_first_cell(server: BookServerProcess, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "code" / "cnnbook", tmp_path / "cnnbook")
    path = os.pathsep.join(map(str, (tmp_path, REPOSITORY / "code")))
    edited = BookServerProcess(server.html, server.root, environment={"PYTHONPATH": path})
    try:
        wait_for(lambda: any(is_warm(kernel) for kernel in edited.kernels()), "a warm kernel", seconds=60)
        reader = Client(edited.port)
        reader.get(f"/site/index.html?token={edited.token}")
        reader.get("/site/_static/live.json")  # which hands out the key that a POST needs
        kernel = reader.start_kernel("edited")
        with (tmp_path / "cnnbook" / "patches.py").open("a") as file:
            file.write("\nfresh = 'read anew'\n")
        assert reader.execute(kernel, "from cnnbook.patches import fresh\nprint(fresh)")["text"] == "read anew\n"
    finally:
        edited.stop()
