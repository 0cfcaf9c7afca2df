"""Which names may stand for one object, or for parts of it: who changes one changes the others.

``opt = SGD(net.parameters())`` holds what ``net`` holds, a view is its tensor, a list holds its elements. Kept by the
text alone and for the usual ways of sharing only: a call of an unknown function is taken to return something new.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from booksite.expressions import root_name, words_of

PARTS = {
    *("parameters", "named_parameters", "buffers", "children", "modules", "state_dict", "items", "values", "keys"),
    *("view", "reshape", "view_as", "flatten", "unflatten", "ravel", "squeeze", "unsqueeze", "expand", "expand_as"),
    *("permute", "transpose", "movedim", "swapaxes", "t", "unfold", "narrow", "select", "diagonal", "chunk", "split"),
    *("unbind", "detach", "numpy", "contiguous", "requires_grad_", "data"),
}
"""Methods whose result is the object itself or a part of it."""

HOLDERS = {"list", "tuple", "dict", "set", "iter", "enumerate", "zip", "reversed", "map", "filter", "partial"}
HOLDERS |= {"from_numpy", "as_tensor", "asarray", "Sequential", "ModuleList", "DataLoader", "TensorDataset"}
"""Functions whose result holds what they are given."""

LEARNS = {"requires_grad", "requires_grad_", "Parameter"}
"""Words in the expression that makes a tensor with a gradient."""


@dataclass
class SharedObjects:
    """What is known after the cells so far."""

    groups: dict[str, set[str]] = field(default_factory=dict)  # name → all names that may share with it; itself too
    sources: dict[str, set[str]] = field(default_factory=dict)  # name → those that its gradient would reach
    learning: set[str] = field(default_factory=set)  # tensors that were made to have a gradient

    def bind(self, name: str, value: ast.expr, imports: Collection[str]) -> None:
        """Note that ``name`` now stands for what an expression gives."""
        others = {one for one in _shared_by(value) if one not in imports} - {name}
        if others:
            group = {name}.union(*(self.groups.get(one, {one}) for one in others))
            for one in group:
                self.groups[one] = group
        if words_of(value) & LEARNS:
            self.learning.add(name)
        self.sources[name] = self.reached(value, imports)

    def reached(self, value: ast.expr, imports: Collection[str]) -> set[str]:
        """Return what the gradient of an expression would reach."""
        found: set[str] = set()
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in imports:
                found.add(node.func.id)  # a network that is called
            elif isinstance(node, ast.Name):
                found |= {node.id} & self.learning
                found |= self.sources.get(node.id, set())
        return found

    def forget(self, name: str) -> None:
        """Note that ``name`` is bound anew, to something else."""
        group = self.groups.pop(name, set())
        group.discard(name)
        self.sources.pop(name, None)
        self.learning.discard(name)

    def all_of(self, names: Iterable[str]) -> set[str]:
        """Return names and all that may share with them."""
        return set().union(*(self.groups.get(name, {name}) | {name} for name in names))

    def sources_of(self, name: str) -> set[str]:
        """Return what ``name.backward()`` gives gradients to."""
        return self.sources.get(name, set())


def _shared_by(value: ast.expr) -> Iterator[str]:
    """Return the names of which the value of an expression may be a part, or which may be a part of it."""
    if isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.Starred):
        name = root_name(value)
        if name and not any(isinstance(one, ast.Call) for one in ast.walk(value)):
            yield name
    elif isinstance(value, ast.IfExp):
        yield from _shared_by(value.body)
        yield from _shared_by(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for one in value.values:
            yield from _shared_by(one)
    elif isinstance(value, ast.Tuple | ast.List | ast.Set):
        for one in value.elts:
            yield from _shared_by(one)
    elif isinstance(value, ast.Dict):
        for one in value.values:
            yield from _shared_by(one)
    elif isinstance(value, ast.Call):
        called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        arguments = [*value.args, *(keyword.value for keyword in value.keywords)]
        if isinstance(value.func, ast.Attribute) and called in PARTS:
            yield from _shared_by(value.func.value)
        for one in arguments:
            if called in HOLDERS or _is_part(one):
                yield from _shared_by(one)


def _is_part(value: ast.expr) -> bool:
    """Tell whether an argument hands over a network's parameters, as optimizers are made."""
    return isinstance(value, ast.Call) and getattr(value.func, "attr", "") in {"parameters", "named_parameters"}
