"""The convolutional layers that ``make bench`` times, and what it measured last (``conv_speed.json``)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cnnbook.checks import check_choice

RESULTS = Path(__file__).with_suffix(".json")
FROM_SCRATCH = ("patches", "filter", "fft")


@dataclass(frozen=True)
class Layer:
    """A convolutional layer of a published network, and the size of its square input."""

    network: str
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    padding: int
    size: int
    batches: tuple[int, ...] = (1, 8)

    @property
    def name(self) -> str:
        """Short name, such as ``"64→128, 3 × 3, 112"``."""
        stride = f", stride {self.stride}" if self.stride > 1 else ""
        return (
            f"{self.in_channels}→{self.out_channels}, "
            f"{self.kernel_size} × {self.kernel_size}{stride}, {self.size}"
        )


def _layers(
    network: str, *rows: tuple[int, int, int, int, int, int]
) -> list[Layer]:
    return [Layer(network, *row) for row in rows]


# Distinct shapes only; in_channels, out_channels, kernel_size, stride, padding, size of the input.
LAYERS = [
    *_layers(
        "AlexNet",
        (3, 64, 11, 4, 2, 224),
        (64, 192, 5, 1, 2, 27),
        (192, 384, 3, 1, 1, 13),
        (384, 256, 3, 1, 1, 13),
        (256, 256, 3, 1, 1, 13),
    ),
    *_layers(
        "VGG-16",
        (3, 64, 3, 1, 1, 224),
        (64, 64, 3, 1, 1, 224),
        (64, 128, 3, 1, 1, 112),
        (128, 128, 3, 1, 1, 112),
        (128, 256, 3, 1, 1, 56),
        (256, 256, 3, 1, 1, 56),
        (256, 512, 3, 1, 1, 28),
        (512, 512, 3, 1, 1, 28),
        (512, 512, 3, 1, 1, 14),
    ),
    *_layers(
        "ResNet-50",
        (3, 64, 7, 2, 3, 224),
        (64, 64, 1, 1, 0, 56),
        (64, 64, 3, 1, 1, 56),
        (64, 256, 1, 1, 0, 56),
        (256, 64, 1, 1, 0, 56),
        (256, 128, 1, 1, 0, 56),
        (128, 128, 3, 2, 1, 56),
        (128, 512, 1, 1, 0, 28),
        (256, 512, 1, 2, 0, 56),
        (512, 128, 1, 1, 0, 28),
        (128, 128, 3, 1, 1, 28),
        (512, 256, 1, 1, 0, 28),
        (256, 256, 3, 2, 1, 28),
        (256, 1024, 1, 1, 0, 14),
        (512, 1024, 1, 2, 0, 28),
        (1024, 256, 1, 1, 0, 14),
        (256, 256, 3, 1, 1, 14),
        (1024, 512, 1, 1, 0, 14),
        (512, 512, 3, 2, 1, 14),
        (512, 2048, 1, 1, 0, 7),
        (1024, 2048, 1, 2, 0, 14),
        (2048, 512, 1, 1, 0, 7),
        (512, 512, 3, 1, 1, 7),
    ),
    Layer("line classifier", 1, 2, 9, 1, 0, 64, batches=(128,)),
]
"""Conv layers of AlexNet (torchvision's widths), VGG-16, ResNet-50, and of the line classifier."""


def results() -> dict:
    """Return what ``make bench`` measured last: machine, settings, times in ms and memory in MB.

    Examples
    --------
    >>> sorted(results())
    ['date', 'machine', 'memory', 'times', 'torch']
    """
    return json.loads(RESULTS.read_text(encoding="utf8"))


def best_ratio(row: dict, phase: str) -> tuple[float, str]:
    """Return the time of the fastest from-scratch method relative to torch's own, and which it is.

    Parameters
    ----------
    row : dict
        One of ``results()["times"]``.
    phase : {"forward", "training"}
        The forward pass, or forward and backward pass.

    Raises
    ------
    ValueError
        If there is no such phase.

    Examples
    --------
    >>> best_ratio({"forward": {"native": 2.0, "patches": 3.0, "fft": 9.0}}, "forward")
    (1.5, 'patches')
    """
    check_choice("phase", phase, ["forward", "training"])
    times = row[phase]
    best = min(
        (times[method], method) for method in FROM_SCRATCH if method in times
    )
    return best[0] / times["native"], best[1]
