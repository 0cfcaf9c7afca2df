"""The live figures in Chromium: they take the place of their twins, and answer mouse, finger and keyboard in time."""

from __future__ import annotations
