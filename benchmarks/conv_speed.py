"""Time our convolutions against torch's compiled one: ``make bench``.

Methods take turns, so that a busy moment of the machine hits all of them; the figure is the median. A method that is
far slower than torch's own is timed once and left out of the further rounds.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from cnnbook.conv_speed import FROM_SCRATCH, LAYERS, RESULTS, Layer, best_ratio
from cnnbook.layers import conv2d

METHODS = ("native", *FROM_SCRATCH)
ROUNDS = 30
SECONDS = 2.0  # per layer and phase: slow layers get fewer rounds, but at least three
HOPELESS = 6.0  # times torch's own
MOST_IN_SPECTRA = 2e7  # numbers in the filters' spectra: with more, the FFT takes seconds and is not timed
MEMORY_LAYERS = (5, 6, 13, 14, 16, 37)  # a few, of all kinds


def main() -> None:
    """Run the benchmark and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=RESULTS, help="where to write the results (JSON)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1], help="numbers of threads to time with")
    parser.add_argument("--layers", type=int, nargs="+", default=range(len(LAYERS)), help="numbers of layers")
    parser.add_argument("--peak", nargs=2, metavar=("LAYER", "METHOD"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        print(peak_memory(LAYERS[int(arguments.peak[0])], arguments.peak[1]))
        return
    chosen = [LAYERS[i] for i in arguments.layers]
    times = []
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for layer in tqdm(chosen, desc=f"{threads} thread{'s' * (threads > 1)}"):
            times += [time_layer(layer, batch, threads) for batch in layer.batches]
    results = {
        "machine": machine(),
        "torch": torch.__version__,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "times": times,
        "memory": [memory_of(i) for i in MEMORY_LAYERS if i in arguments.layers],
    }
    arguments.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf8")
    report(results)


def time_layer(layer: Layer, batch: int, threads: int) -> dict:
    """Time all methods on one layer, in ms."""
    x, weight = tensors(layer, batch)
    spectra = layer.in_channels * layer.out_channels * layer.size * (layer.size // 2 + 1)
    methods = [method for method in FROM_SCRATCH if method != "fft" or spectra <= MOST_IN_SPECTRA]

    def forward(method: str) -> None:
        with torch.no_grad():
            conv2d(x, weight, None, layer.stride, layer.padding, method=method)

    arriving = torch.randn_like(conv2d(x, weight, None, layer.stride, layer.padding, method="native"))
    leaves = x.clone().requires_grad_(), weight.clone().requires_grad_()

    def training(method: str) -> None:
        z = conv2d(*leaves, None, layer.stride, layer.padding, method=method)
        torch.autograd.grad(z, leaves, arriving)

    return {
        "network": layer.network,
        "layer": layer.name,
        "batch": batch,
        "threads": threads,
        "forward": race(forward, methods),
        "training": race(training, methods),
    }


def race(run: Callable[[str], None], methods: list[str]) -> dict[str, float]:
    """Let the methods take turns; return the median time of each in ms."""
    run("native")  # warm
    times = {"native": [seconds(run, "native")]}
    for method in methods:
        times[method] = [seconds(run, method)]
        if times[method][0] <= HOPELESS * times["native"][0]:
            times[method] = [seconds(run, method)]  # the first run was not warm
    running = [method for method in times if times[method][0] <= HOPELESS * times["native"][0]]
    spent = sum(times[method][0] for method in running)
    for _ in range(max(2, min(ROUNDS - 1, int(SECONDS / spent)))):
        for method in running:
            times[method].append(seconds(run, method))
    return {method: round(1000 * statistics.median(t), 4) for method, t in times.items()}


def seconds(run: Callable[[str], None], method: str) -> float:
    """Time one run."""
    start = time.perf_counter()
    run(method)
    return time.perf_counter() - start


def tensors(layer: Layer, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw an input and filters."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(batch, layer.in_channels, layer.size, layer.size, generator=generator)
    shape = (layer.out_channels, layer.in_channels, layer.kernel_size, layer.kernel_size)
    return x, torch.randn(shape, generator=generator) / shape[1] ** 0.5


def memory_of(number: int) -> dict:
    """Measure the peak memory of each method, each in a process of its own, in MB beyond input and filters."""
    layer, peaks = LAYERS[number], {}
    for method in METHODS:
        command = [sys.executable, __file__, "--peak", str(number), method]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks[method] = round(float(done.stdout), 1)
    return {"network": layer.network, "layer": layer.name, "batch": layer.batches[0], "peak": peaks}


def peak_memory(layer: Layer, method: str) -> float:
    """Return by how many MB the process grows, at most, during a forward pass (Linux)."""
    torch.set_num_threads(1)
    x, weight = tensors(layer, layer.batches[0])
    small = torch.zeros(1, layer.in_channels, layer.kernel_size + 1, layer.kernel_size + 1)
    with torch.no_grad():
        conv2d(small, weight, method=method)  # libraries are loaded and plans are made
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        conv2d(x, weight, None, layer.stride, layer.padding, method=method)
        return max(0.0, memory("VmHWM") - before)


def memory(field: str) -> float:
    """Read a field of this process's memory, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status must hold {field}: memory is measured on Linux only")


def machine() -> str:
    """Name the processor."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores, {platform.system()} {platform.machine()}"


def report(results: dict) -> None:
    """Print the goals and what was reached."""
    print(f"{results['machine']}, torch {results['torch']}, {results['date']}")
    for threads in sorted({row["threads"] for row in results["times"]}):
        rows = [row for row in results["times"] if row["threads"] == threads]
        for phase in ("forward", "training"):
            ratios = {f"{row['network']} {row['layer']} ×{row['batch']}": best_ratio(row, phase)[0] for row in rows}
            worst = max(ratios, key=ratios.__getitem__)
            mean = statistics.geometric_mean(ratios.values())
            print(f"{threads} thread(s), {phase}: geometric mean {mean:.2f}, worst {ratios[worst]:.2f} ({worst})")


if __name__ == "__main__":
    main()
