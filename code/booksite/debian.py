"""Install packages of Debian or Ubuntu, where that is what the machine runs and we may."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence


def install(packages: Sequence[str]) -> bool:
    """Install packages as root or with a sudo that does not ask; return whether that was tried and went well."""
    if not shutil.which("apt-get"):
        return False
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and (
        not shutil.which("sudo") or subprocess.run([*rights, "true"], capture_output=True, check=False).returncode
    ):
        return False
    commands = (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages])
    return all(
        subprocess.run([*rights, *command], stdout=sys.stderr, check=False).returncode == 0 for command in commands
    )
