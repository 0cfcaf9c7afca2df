"""A kernel that has warmed up knows no more than one that has not; it is only quicker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOOK = """
import gc, json, sys
import matplotlib, torch
before = dict(matplotlib.rcParams), torch.get_rng_state().tolist()
import booksite.server.warm_up
after = dict(matplotlib.rcParams), torch.get_rng_state().tolist()
print(json.dumps({
    "package": [name for name in sys.modules if name.partition(".")[0] == "cnnbook"],
    "drawn": "matplotlib.backends.backend_svg" in sys.modules,
    "settings": before[0] == after[0], "random numbers": before[1] == after[1],
    "figures": sys.modules["matplotlib.pyplot"].get_fignums(), "frozen": gc.get_freeze_count() > 100_000,
}))
"""


def test_a_warm_kernel_holds_nothing_of_the_package_and_no_settings() -> None:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "code"), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, env=environment, check=True)
    assert json.loads(done.stdout) == {
        "package": [],  # its authors edit it while the kernel waits
        "drawn": True,
        "settings": True,
        "random numbers": True,
        "figures": [],
        "frozen": True,
    }
