"""The benchmark runs, and the results that the book shows are of all its layers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnnbook import conv_speed
from cnnbook.conv_speed import FROM_SCRATCH, LAYERS, best_ratio

REPOSITORY = Path(__file__).resolve().parents[2]
SMALLEST = min(range(len(LAYERS)), key=lambda i: LAYERS[i].size * LAYERS[i].in_channels * LAYERS[i].out_channels)


def test_the_benchmark_times_every_method_on_a_layer(tmp_path: Path) -> None:
    output = tmp_path / "speed.json"
    command = [sys.executable, "benchmarks/conv_speed.py", "--layers", str(SMALLEST), "--threads", "1"]
    done = subprocess.run([*command, "--output", str(output)], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "geometric mean" in done.stdout
    results = json.loads(output.read_text())
    assert [row["batch"] for row in results["times"]] == list(LAYERS[SMALLEST].batches)
    for row in results["times"]:
        for phase in ("forward", "training"):
            assert {"native", "patches", "filter"} <= set(row[phase]) <= {"native", *FROM_SCRATCH}
            assert min(row[phase].values()) > 0


def test_the_book_shows_results_of_all_layers() -> None:
    results = conv_speed.results()
    wanted = {(layer.network, layer.name, batch) for layer in LAYERS for batch in layer.batches}
    threads = {row["threads"] for row in results["times"]}
    assert 1 in threads  # what the page shows
    for number in threads:
        rows = [row for row in results["times"] if row["threads"] == number]
        assert {(row["network"], row["layer"], row["batch"]) for row in rows} == wanted
        assert len(rows) == len(wanted)
    assert results["machine"]
    for row in results["memory"]:
        assert set(row["peak"]) == {"native", *FROM_SCRATCH}
        assert max(row["peak"].values()) > 0


def test_the_shapes_are_distinct_and_fit() -> None:
    assert len({(layer.network, layer.name) for layer in LAYERS}) == len(LAYERS)
    for layer in LAYERS:
        assert layer.kernel_size <= layer.size + 2 * layer.padding


def test_ratios() -> None:
    row = {"forward": {"native": 2.0, "filter": 1.0, "fft": 4.0}}
    assert best_ratio(row, "forward") == (0.5, "filter")
    with pytest.raises(ValueError, match="phase must be one of 'forward', 'training', got 'backward'"):
        best_ratio(row, "backward")
