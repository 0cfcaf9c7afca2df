"""What the tests of the live figures' arithmetic share: run it in node, encode pictures, break data."""

from __future__ import annotations

import base64
import copy
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

NODE = Path(sys.executable).with_name("node")
PROGRAM = Path(__file__).with_name("run_math.mjs")
CLOSE = {"rtol": 0, "atol": 1e-9}
DELETE = object()
"""In place of a value for :func:`broken`: the field goes."""


def run_all(tasks: list[dict]) -> list[dict]:
    """Run tasks in one node process: each answer is {"answer": …} or {"error": …}."""
    done = subprocess.run([NODE, PROGRAM], input=json.dumps(tasks), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run(program: str, **task: object) -> dict:
    """Run one task that must succeed."""
    result = run_all([{"program": program, **task}])[0]
    assert "error" not in result, result
    return result["answer"]


def encode(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def tensor(values: list, *shape: int) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def lehmer(seed: int, count: int) -> np.ndarray:
    """Draw numbers in (0, 1) as the figures do: Lehmer's generator, its first ten numbers left out."""
    prime, drawn = 2**31 - 1, []
    state = seed % (prime - 1) + 1
    for _ in range(10 + count):
        state = 48271 * state % prime
        drawn.append(state / prime)
    return np.array(drawn[10:])


def broken(data: dict, path: str, value: object) -> dict:
    """Return a copy in which the field at ``a/b/0`` has another value, or is gone."""
    data = copy.deepcopy(data)
    *way, last = path.split("/")
    target = data
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    if value is DELETE:
        del target[last]
    else:
        target[last] = value
    return data
