"""State that no name of a page shows: streams of random numbers, and what is used up by reading it.

A stream of random numbers is treated as one more name, which whoever draws from it reads and changes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from booksite.changed_parameters import PACKAGE
from booksite.expressions import root_name, words_of

TORCH, NUMPY, PYTHON = "torch's random numbers", "numpy's random numbers", "Python's random numbers"
"""Names that no cell can bind."""

DRAWS = (
    (re.compile(r"torch\.(rand\w*|normal|bernoulli|multinomial|poisson|utils\.data\.random_split)$"), TORCH),
    (re.compile(r"torch\.nn\.(init\.\w+_|functional\.\w*dropout\w*)$"), TORCH),
    # A new layer's weights.
    (
        re.compile(
            r"torch\.nn\.(Bi)?(Linear|Embedding|(Lazy)?Conv\w+|RNN|LSTM|GRU|MultiheadAttention|Transformer\w*)$"
        ),
        TORCH,
    ),
    (re.compile(rf"{PACKAGE}\.(layers|models)\..*\b[A-Z]\w*$"), TORCH),
    (re.compile(r"numpy\.random\.(?!default_rng|seed|get_state)[a-z]\w*$"), NUMPY),
    (re.compile(r"sklearn\.model_selection\.train_test_split$"), NUMPY),
    (re.compile(r"random\.(?!seed|getstate)[a-z]\w*$"), PYTHON),
)
SEEDS = (
    (re.compile(r"torch\.(random\.)?(manual_seed|seed|set_rng_state)$"), TORCH),
    (re.compile(r"numpy\.random\.(seed|set_state)$"), NUMPY),
    (re.compile(r"random\.(seed|setstate)$"), PYTHON),
)
DRAWING_METHODS = {"uniform_", "normal_", "random_", "bernoulli_", "exponential_", "bernoulli", "multinomial"}
DRAWING_METHODS |= {"reset_parameters"}

FORKS = {"seeded", "fork_rng"}

ITERATORS = {"iter", "zip", "map", "filter", "enumerate", "reversed"}
GENERATORS = {"default_rng", "RandomState", "Generator", "Random"}
AVERAGING = re.compile(r"BatchNorm|InstanceNorm|batch_norm")
"""Layers that keep what they have seen: to call them changes them."""

PAST_RESULTS = re.compile(r"^(_|__|___|_\d+|_i+|_i\d+|In|Out|_oh|_ih)$")
"""IPython's names for what earlier cells have shown."""


@dataclass
class HiddenState:
    """What is known after the cells so far."""

    used_up: set[str] = field(default_factory=set)  # iterators and generators: to read them is to change them
    averaging: set[str] = field(default_factory=set)  # networks that change when they are called
    dropping: set[str] = field(default_factory=set)  # networks that draw random numbers when they are called
    shuffling: set[str] = field(default_factory=set)  # loaders that draw when they are read
    drawing: dict[str, set[str]] = field(default_factory=dict)  # functions of the page → streams that they draw from

    def bind(self, name: str, value: ast.expr) -> None:
        """Note that ``name`` now stands for what an expression gives."""
        words, called = words_of(value), _chain(value)
        reads_on = len(called) == 1 and called[0] in ITERATORS
        if reads_on or isinstance(value, ast.GeneratorExp) or GENERATORS & {*called}:
            self.used_up.add(name)
        if any(AVERAGING.search(word) for word in words) or words & self.averaging:
            self.averaging.add(name)
        if any("Dropout" in word for word in words) or words & self.dropping:
            self.dropping.add(name)
        if "DataLoader" in called and "shuffle" in words and "generator" not in words:
            self.shuffling.add(name)

    def inherit(self, name: str, value: ast.expr) -> None:
        """Note that a loop binds ``name`` to what an expression has in it."""
        for kind in (self.averaging, self.dropping):
            if words_of(value) & kind:
                kind.add(name)

    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, imports: Mapping[str, str]) -> None:
        """Note what calling a function of the page does, or making an object of a class."""
        self.forget(node.name)
        calls = [inner for inner in _outside_of_forks(node) if isinstance(inner, ast.Call)]
        streams = {stream for call in calls for stream in self.drawn_by(call, imports) | seeded_by(call, imports)}
        if streams:
            self.drawing[node.name] = streams
        if isinstance(node, ast.ClassDef) and any(AVERAGING.search(ast.unparse(call.func)) for call in calls):
            self.averaging.add(node.name)

    def forget(self, name: str) -> None:
        """Note that ``name`` is bound anew."""
        self.used_up.discard(name)
        self.averaging.discard(name)
        self.dropping.discard(name)
        self.shuffling.discard(name)
        self.drawing.pop(name, None)

    def drawn_by(self, call: ast.Call, imports: Mapping[str, str]) -> set[str]:
        """Return the streams that a call draws from."""
        if any(keyword.arg in {"generator", "rng", "random_state"} for keyword in call.keywords):
            return set()
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        found = {TORCH} if method in DRAWING_METHODS and root_name(call.func) not in imports else set()
        if isinstance(call.func, ast.Name):
            found |= self.drawing.get(call.func.id, set())
            found |= {TORCH} if call.func.id in self.dropping else set()
        for one in call.args:  # net.apply(init)
            found |= self.drawing.get(one.id, set()) if isinstance(one, ast.Name) else set()
        return found | _streams(DRAWS, origin_of(call, imports))

    def changed_by(self, call: ast.Call, imports: Mapping[str, str]) -> set[str]:
        """Return the networks that a call changes because they keep what they see."""
        called = {root_name(call.func)} if isinstance(call.func, ast.Name | ast.Subscript) else set()
        own = imports.get(root_name(call.func) or "", "").partition(".")[0] == PACKAGE  # it leaves them as they were
        given = set() if own else {root_name(one) for one in call.args}
        return {name for name in called | given if name in self.averaging}


def forks(node: ast.With | ast.AsyncWith) -> bool:
    """Tell whether a block has random numbers of its own, and leaves the streams as they were before it."""
    return any(words_of(item.context_expr) & FORKS for item in node.items)


def _outside_of_forks(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.With | ast.AsyncWith) and forks(child)):
            yield child
            yield from _outside_of_forks(child)


def seeded_by(call: ast.Call, imports: Mapping[str, str]) -> set[str]:
    """Return the streams that a call begins anew."""
    return _streams(SEEDS, origin_of(call, imports))


def origin_of(call: ast.Call, imports: Mapping[str, str]) -> str:
    """Return the dotted name of an imported function that is called; empty if it is none."""
    parts: list[str] = []
    node = call.func
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in imports:
        return ""
    return ".".join([imports[node.id], *reversed(parts)])


def _chain(value: ast.expr) -> list[str]:
    """Return the names of ``torch.Generator().manual_seed(0)``, the last first, without what is handed over."""
    found: list[str] = []
    called = isinstance(value, ast.Call)
    while isinstance(value, ast.Call | ast.Attribute):
        if isinstance(value, ast.Attribute):
            found.append(value.attr)
        value = value.func if isinstance(value, ast.Call) else value.value
    return [*found, value.id] if called and isinstance(value, ast.Name) else []


def _streams(patterns: tuple[tuple[re.Pattern[str], str], ...], origin: str) -> set[str]:
    return {stream for pattern, stream in patterns if origin and pattern.match(origin)}
