"""A page is run again if, and only if, code that it uses has changed its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from booksite import execution

HEAD = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n"
MODULES = {
    "__init__.py": "",
    "base.py": "def base():\n    return 1\n",
    "used.py": '"""Doc."""\nfrom toybook.base import base\n\n\ndef used():\n    """Say."""\n    return base()  # why\n',
    "unused.py": "def unused():\n    return 2\n",
    "family/__init__.py": "from toybook.family.first import First\nfrom toybook.family.second import Second\n",
    "family/first.py": "from toybook.base import base\n\n\nclass First:\n    x = base()\n",
    "family/second.py": "class Second:\n    pass\n",
    "table.json": "{}",
}


def forget() -> None:
    for function in (execution._graph, execution._modules, execution._reexports, execution._meaning):
        function.cache_clear()


def page(code: str) -> str:
    return f"{HEAD}\n# Title\n\n```{{code-cell}}\n:tags: [hide-input]\n{code}\n```\n"


class Toy:
    """A package like cnnbook, in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in MODULES.items():
            self.write(name, text)
        (root / "requirements.txt").write_text("torch==1\n")

    def write(self, name: str, text: str) -> None:
        file = self.root / "code" / "toybook" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        forget()

    def changes(self, code: str, name: str, text: str) -> bool:
        """Whether the fingerprint of a page with this code changes with a file's text."""
        before = execution.fingerprint(page(code))
        assert execution.fingerprint(page(code)) == before
        self.write(name, text)
        return execution.fingerprint(page(code)) != before


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    monkeypatch.setattr(execution, "PACKAGE", "toybook")
    monkeypatch.setattr(execution, "REPOSITORY", tmp_path)
    monkeypatch.setattr(execution, "SOURCE", tmp_path / "code")
    monkeypatch.syspath_prepend(tmp_path / "code")
    yield Toy(tmp_path)
    forget()


@pytest.mark.parametrize(
    "code",
    [
        "from toybook.used import used",
        "import toybook.used",
        "import toybook.used as u",
        "from toybook import used",
        "%matplotlib inline\nfrom toybook.used import *",
        "def f():\n    from toybook.used import used",
    ],
)
def test_a_used_modules_code_counts_however_it_is_imported(toy: Toy, code: str) -> None:
    assert toy.changes(code, "used.py", MODULES["used.py"].replace("base()  #", "base() + 1  #"))


def test_what_a_used_module_imports_counts(toy: Toy) -> None:
    assert toy.changes("from toybook.used import used", "base.py", "def base():\n    return 3\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# why", "# because"),
        ('"""Doc."""', '"""Other."""'),
        ('"""Say."""', '"""Say more.\n\n    And more.\n    """'),
        ("return base()", "return (\n        base()\n    )"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(toy: Toy, old: str, new: str) -> None:
    assert old in MODULES["used.py"]
    assert not toy.changes("from toybook.used import used", "used.py", MODULES["used.py"].replace(old, new))


def test_an_unused_module_does_not_count(toy: Toy) -> None:
    assert not toy.changes("from toybook.used import used", "unused.py", "def unused():\n    return 5\n")
    assert not toy.changes("import math", "base.py", "def base():\n    return 6\n")


def test_a_re_export_counts_where_it_is_defined(toy: Toy) -> None:
    code = "from toybook.family import First"
    assert toy.changes(code, "family/first.py", MODULES["family/first.py"] + "    y = 1\n")
    assert toy.changes(code, "base.py", "def base():\n    return 4\n")
    assert not toy.changes(code, "family/second.py", "class Second:\n    y = 1\n")


@pytest.mark.parametrize(
    "code", ["from toybook import family\nfamily.First()", "import toybook.family", "from toybook.family import *"]
)
def test_a_package_taken_as_a_whole_counts_with_all_that_it_holds(toy: Toy, code: str) -> None:
    assert toy.changes(code, "family/second.py", "class Second:\n    y = 1\n")
    assert toy.changes(code, "base.py", "def base():\n    return 4\n")


def test_data_and_pinned_requirements_count(toy: Toy) -> None:
    assert toy.changes("import math", "table.json", '{"a": 1}')
    assert toy.changes("import math", "../../requirements.txt", "torch==2\n")


def test_cells_are_found_in_both_kinds_of_fence_without_their_options() -> None:
    text = (
        "```{code-cell}\n---\ntags: [x]\n---\na = 1\n```\n\n"
        ":::{code-cell} ipython3\n:tags: [y]\n:name: z\nb = 2\n:::\n\n"
        "```python\nc = 3\n```\n"
    )
    assert execution.cells_code(text) == "a = 1\nb = 2\n"


def an_app(**keys: str) -> SimpleNamespace:
    env = SimpleNamespace(docname="page", page_fingerprints=keys)
    return SimpleNamespace(env=env)


def test_the_fingerprint_is_written_into_the_pages_kernelspec(toy: Toy) -> None:
    app, text = an_app(), page("from toybook.used import used")
    source = [text]
    execution.note_fingerprint(app, "page", source)
    key = execution.fingerprint(text)
    assert app.env.page_fingerprints == {"page": key}
    assert f"kernelspec: {{name: python3, display_name: Python 3, fingerprint: {key}}}" in source[0]
    assert source[0].replace(f", fingerprint: {key}", "") == text


def test_a_page_without_cells_is_left_alone() -> None:
    app, source = an_app(), ["# Title\n"]
    execution.note_fingerprint(app, "page", source)
    assert source == ["# Title\n"]
    assert app.env.page_fingerprints == {}


def test_pages_whose_modules_changed_are_outdated(toy: Toy, tmp_path: Path) -> None:
    texts = {"uses": page("from toybook.used import used"), "does-not": page("import math")}
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text)
    keys = {name: execution.fingerprint(text) for name, text in texts.items()}
    app = an_app(**keys, gone="0")
    app.env.doc2path = lambda name: str(tmp_path / f"{name}.md")

    def outdated(changed: set[str]) -> list[str]:
        return execution.outdated_pages(app, app.env, set(), changed, set())

    assert outdated(set()) == []
    toy.write("base.py", "def base():\n    return 9\n")
    assert outdated(set()) == ["uses"]
    assert outdated({"uses"}) == []  # Sphinx reads it again anyway


def test_the_books_own_pages_depend_on_how_their_figures_are_drawn() -> None:
    forget()
    found = execution.imported_modules("from cnnbook import plotting\nfrom cnnbook.models import PatchSegmenter")
    assert {"cnnbook.plotting.pictures", "cnnbook.plotting.themed", "cnnbook.models.patch_segmenter"} <= found
    assert "cnnbook.models.cell_classifier" not in found


def cell(*outputs: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[new_code_cell("1 + 1", outputs=list(outputs), id="one")])


def test_a_page_out_of_the_cache_keeps_its_outputs_for_the_readers_notebook() -> None:
    result = new_output("display_data", {"text/plain": "2"})

    class Client:
        def __init__(self, notebook: NotebookNode) -> None:
            self.notebook = notebook

        def from_cache(self) -> None:
            self.notebook = cell(result)

        def by_running(self) -> None:
            self.notebook.cells[0].outputs = [result]

    for start in (Client.from_cache, Client.by_running):
        parsed = cell()
        execution.fill_cached_notebook(start)(Client(parsed))
        assert parsed == cell(result)


def test_outputs_of_one_stream_become_one_so_that_no_text_is_in_the_notebook_twice() -> None:
    def say(text: str, name: str = "stdout") -> NotebookNode:
        return new_output("stream", name=name, text=text)

    notebook = cell(say("a"), say("b"), say("c"), say("!", "stderr"), say("d"))
    execution.merge_streams(notebook)
    assert notebook == cell(say("abc"), say("!", "stderr"), say("d"))


def test_what_a_linter_leaves_in_the_package_is_not_its_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "cnnbook"
    for name in ("look.json", "__init__.py", ".ruff_cache/0/1234", "layers/.hidden"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    monkeypatch.setattr(execution, "SOURCE", tmp_path)
    assert list(execution._data_files()) == [package / "look.json"]
