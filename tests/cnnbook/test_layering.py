"""Imports run one way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("cnnbook", include_external_packages=True, cache_dir=None)


def part(graph: grimp.ImportGraph, name: str) -> set[str]:
    """Return a module and those below it."""
    return {module for module in graph.modules if f"{module}.".startswith(f"cnnbook.{name}.")}


def uses(graph: grimp.ImportGraph, modules: set[str]) -> set[str]:
    """Return all that these modules import, directly or not, without what they are."""
    return {found for module in modules for found in graph.find_upstream_modules(module)} - modules


def own(modules: set[str]) -> set[str]:
    return {module for module in modules if module.startswith("cnnbook")}


def test_the_graph_is_that_of_the_package(graph: grimp.ImportGraph) -> None:
    files = list((REPOSITORY / "code" / "cnnbook").rglob("*.py"))
    assert len(own(graph.modules)) == len(files)
    assert "cnnbook.patches" in graph.find_upstream_modules("cnnbook.models.patch_segmenter")  # it does see imports


def test_no_module_imports_itself_round_about(graph: grimp.ImportGraph) -> None:
    for module in own(graph.modules):
        for imported in own(graph.find_modules_directly_imported_by(module)):
            assert module not in graph.find_upstream_modules(imported), (module, imported)


def test_checks_and_patches_are_at_the_bottom(graph: grimp.ImportGraph) -> None:
    assert own(uses(graph, {"cnnbook.checks"})) == set()
    assert own(uses(graph, {"cnnbook.patches"})) == {"cnnbook.checks"}


def test_models_import_what_is_below_them(graph: grimp.ImportGraph) -> None:
    below = {"cnnbook.checks", "cnnbook.patches"} | part(graph, "layers")
    assert own(uses(graph, part(graph, "models"))) <= below


def test_layers_import_what_is_below_them(graph: grimp.ImportGraph) -> None:
    assert own(uses(graph, part(graph, "layers"))) <= {"cnnbook.checks", "cnnbook.patches"}


ANALYSIS = ["equivariance", "evaluation", "first_layer", "modulation", "spectra", "vulnerability", "classifier_report"]


@pytest.mark.parametrize("name", [*ANALYSIS, "training", "datasets"])
def test_analysis_knows_no_model_and_draws_nothing(graph: grimp.ImportGraph, name: str) -> None:
    found = uses(graph, part(graph, name))
    assert not found & part(graph, "models")
    assert not found & part(graph, "plotting")


def test_plotting_alone_imports_matplotlib(graph: grimp.ImportGraph) -> None:
    drawing = graph.find_modules_that_directly_import("matplotlib")
    assert drawing
    assert drawing <= part(graph, "plotting")
    assert graph.find_downstream_modules("cnnbook.plotting.pictures") <= part(graph, "plotting")


def test_the_package_does_not_know_the_site(graph: grimp.ImportGraph) -> None:
    assert not {module for module in graph.modules if module.split(".")[0] in {"booksite", "sphinx", "docutils"}}


def test_the_folder_named_code_does_not_hide_the_standard_library() -> None:
    assert not (REPOSITORY / "code" / "__init__.py").exists()
    program = "import code, pdb; assert code.InteractiveConsole; print(code.__file__)"
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert str(REPOSITORY) not in done.stdout
