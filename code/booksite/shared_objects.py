"""Which names may stand for one object, or for parts of it: who changes one changes the others.

``opt = SGD(net.parameters())`` holds what ``net`` holds, a view is its tensor, a list holds its elements. Kept by the
text alone: of the page's functions by what they return, of libraries for the usual ways of sharing; a call of any other
function is taken to return something new.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from booksite.expressions import arguments, elements_of, pairs_of, root_name, words_of

PARTS = {
    *("parameters", "named_parameters", "buffers", "named_buffers", "children", "named_children", "modules"),
    *("named_modules", "state_dict", "get_submodule", "get_parameter", "items", "values", "keys"),
    *("view", "reshape", "view_as", "flatten", "unflatten", "ravel", "squeeze", "unsqueeze", "expand", "expand_as"),
    *("permute", "transpose", "movedim", "swapaxes", "t", "unfold", "narrow", "select", "diagonal", "chunk", "split"),
    *("unbind", "detach", "numpy", "contiguous", "requires_grad_", "data", "double", "half", "train", "eval", "apply"),
    *("add_subplot", "add_axes", "subplots", "subplot_mosaic", "twinx", "twiny", "gca", "inset_axes"),
    *("plot", "imshow", "bar", "scatter"),
}
"""Methods whose result is the object itself or a part of it."""

HOLDERS = {"list", "tuple", "dict", "set", "iter", "enumerate", "zip", "reversed", "map", "filter", "partial"}
HOLDERS |= {"sorted", "max", "min", "tqdm", "chain", "product", "cycle", "islice"}
HOLDERS |= {"from_numpy", "as_tensor", "asarray", "Sequential", "ModuleList", "DataLoader", "TensorDataset", "Draw"}
HOLDERS |= {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam", "Adamax", "Adadelta", "LBFGS"}
HOLDERS |= {"StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "LambdaLR", "OneCycleLR", "LinearLR"}
"""Functions whose result holds what they are given, or parts of it."""

PLAIN = {"shape", "ndim", "dtype", "device", "size", "ndims", "__name__", "__doc__"}
"""Attributes that are no parts of an object, but say something of it."""

LEARNS = {"requires_grad", "requires_grad_", "Parameter"}
"""Words in the expression that makes a tensor with a gradient."""

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


@dataclass
class SharedObjects:
    """What is known after the cells so far."""

    functions: Mapping[str, ast.FunctionDef] = field(default_factory=dict)  # of the page
    classes: set[str] = field(default_factory=set)  # of the page
    groups: dict[str, set[str]] = field(default_factory=dict)  # name → all names that may share with it; itself too
    sources: dict[str, set[str]] = field(default_factory=dict)  # name → those that its gradient would reach
    learning: set[str] = field(default_factory=set)  # tensors that were made to have a gradient

    def bind(self, name: str, value: ast.expr, imports: Collection[str]) -> None:
        """Note that ``name`` now stands for what an expression gives."""
        self.join(name, value, imports)
        if words_of(value) & LEARNS:
            self.learning.add(name)
        self.sources[name] = self.reached(value, imports)

    def join(self, name: str, value: ast.expr, imports: Collection[str]) -> None:
        """Note that ``name`` may hold what an expression gives, beside what it stands for."""
        others = {one for one in self.parts_of(value) if one not in imports} - {name}
        if others:
            group = {name}.union(*(self.groups.get(one, {one}) for one in others), self.groups.get(name, ()))
            for one in group:
                self.groups[one] = group

    def reached(self, value: ast.expr, imports: Collection[str]) -> set[str]:
        """Return what the gradient of an expression would reach."""
        found: set[str] = set()
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in imports:
                found.add(node.func.id)  # a network that is called
                if node.func.id in self.functions:
                    found |= self._networks_in(node, self.functions[node.func.id]) - set(imports)
            elif isinstance(node, ast.Name):
                found |= {node.id} & self.learning
                found |= self.sources.get(node.id, set())
        return found

    def _networks_in(self, call: ast.Call, function: ast.FunctionDef) -> set[str]:
        """Return what a function of the page calls: of what it is given, and of what it finds."""
        calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
        called = {func.id for func in calls if isinstance(func, ast.Name)}
        given = {root_name(one) for name, one in given_to(function, call) if name in called}
        return {name for name in given if name} | (called - parameters_of(function).keys())

    def forget(self, name: str) -> None:
        """Note that ``name`` is bound anew, to something else."""
        group = self.groups.pop(name, set())
        group.discard(name)
        self.sources.pop(name, None)
        self.learning.discard(name)
        self.classes.discard(name)

    def all_of(self, names: Iterable[str]) -> set[str]:
        """Return names and all that may share with them."""
        return set().union(*(self.groups.get(name, {name}) | {name} for name in names))

    def sources_of(self, name: str) -> set[str]:
        """Return what ``name.backward()`` gives gradients to."""
        return self.sources.get(name, set())

    def parts_of(self, value: ast.expr) -> Iterator[str]:
        """Return the names of which the value of an expression may be a part, or which may be a part of it."""
        if isinstance(value, ast.Name):
            yield value.id
        elif isinstance(value, ast.Attribute | ast.Subscript | ast.Starred | ast.NamedExpr | ast.Await):
            if not (isinstance(value, ast.Attribute) and value.attr in PLAIN):
                yield from self.parts_of(value.value)
        elif isinstance(value, ast.Call):
            yield from self._parts_of_call(value)
        elif isinstance(value, Comprehension):
            inside = {part: one for loop in value.generators for part, one in elements_of(loop.target, loop.iter)}
            for name in self.parts_of(value.value if isinstance(value, ast.DictComp) else value.elt):
                yield from self.parts_of(inside[name]) if name in inside else [name]
        elif isinstance(value, ast.BinOp):
            if any(isinstance(one, ast.List | ast.Tuple | ast.ListComp) for one in (value.left, value.right)):
                yield from self.parts_of(value.left)
                yield from self.parts_of(value.right)
        else:
            for one in _choices_of(value):
                yield from self.parts_of(one)

    def _parts_of_call(self, call: ast.Call) -> Iterator[str]:
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if isinstance(call.func, ast.Attribute) and called in PARTS:
            yield from self.parts_of(call.func.value)
        if isinstance(call.func, ast.Name) and called in self.functions:
            function = self.functions[called]
            returned = returned_by(function, self.functions)
            for name, one in given_to(function, call):
                if name in returned:
                    yield from self.parts_of(one)
            return
        for one in arguments(call):
            if called in HOLDERS or called in self.classes or _is_part(one):
                yield from self.parts_of(one)


def _choices_of(value: ast.expr) -> Iterable[ast.expr]:
    """Return the expressions of which one, or each, is in the value of another."""
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    if isinstance(value, ast.BoolOp):
        return value.values
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return value.elts
    return value.values if isinstance(value, ast.Dict) else ()


def _is_part(value: ast.expr) -> bool:
    """Tell whether an argument hands over a network's parameters, as optimizers are made."""
    return isinstance(value, ast.Call) and getattr(value.func, "attr", "") in {"parameters", "named_parameters"}


# --- inside of functions


def parameters_of(function: ast.FunctionDef) -> dict[str, int | None]:
    """Return a function's parameters, each with its position (None if it has none)."""
    positional = [*function.args.posonlyargs, *function.args.args]
    found: dict[str, int | None] = {one.arg: None for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    return found | {one.arg: position for position, one in enumerate(positional)}


def given_to(function: ast.FunctionDef, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Return the parameters that a call gives, each with its expression; one with a star may be any of them."""
    names = parameters_of(function)
    positions = {position: name for name, position in names.items() if position is not None}
    rest = function.args.vararg
    for position, one in enumerate(call.args):
        if isinstance(one, ast.Starred):
            yield from ((name, one.value) for name in names)
        elif position in positions:
            yield positions[position], one
        elif rest is not None:
            yield rest.arg, one
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value


def shares_in(function: ast.AST, functions: Mapping[str, ast.FunctionDef]) -> SharedObjects:
    """Return what may share with what in a function's body, in whatever order it runs."""
    shared = SharedObjects(functions)
    for node in ast.walk(function):
        for name, value in joins_of(node):
            shared.join(name, value, ())
    return shared


def aliases_in(function: ast.AST) -> SharedObjects:
    """Return which names may stand for one and the same object in a function's body."""
    aliases = SharedObjects()
    for node in ast.walk(function):
        for name, value in joins_of(node) if isinstance(node, ast.Assign) else ():
            if isinstance(value, ast.Name | ast.Attribute):
                aliases.join(name, value, ())
    return aliases


def joins_of(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Return the names that may hold something after a statement or an expression, each with the expression of it."""
    if isinstance(node, ast.Assign):
        names = [target for target in node.targets if isinstance(target, ast.Name)]
        yield from ((one.id, names[0]) for one in names[1:] if not isinstance(node.value, ast.Constant))  # a = b = []
        for target in node.targets:
            yield from pairs_of(target, node.value)
            yield from held_by(target, node.value)
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Call) and _draws(node.value):
                yield from ((one.id, target.elts[0]) for one in target.elts[1:] if isinstance(one, ast.Name))
    elif isinstance(node, ast.NamedExpr):
        yield node.target.id, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield from elements_of(node.target, node.iter)
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield from pairs_of(item.optional_vars, item.context_expr)


def held_by(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Return what holds a value after ``net.head = head`` or ``nets["a"] = net`` (a tensor would hold a copy)."""
    root = root_name(target)
    named = isinstance(target, ast.Subscript) and any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) for one in ast.walk(target.slice)
    )
    if root and (named or isinstance(target, ast.Attribute)):
        yield root, value


def _draws(call: ast.Call) -> bool:
    """Tell whether a call returns a figure and what is drawn into it."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in {"subplots", "subplot_mosaic"}


_returned: dict[ast.FunctionDef, set[str]] = {}
"""What is known of a page's functions; those that are being looked at, because they call themselves, return nothing."""


def returned_by(function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef]) -> set[str]:
    """Return the parameters that a function of the page may return, or parts of them."""
    if function not in _returned:
        _returned[function] = set()
        shared = shares_in(function, functions)
        found = {
            name
            for node in ast.walk(function)
            if isinstance(node, ast.Return | ast.Yield) and node.value is not None
            for name in shared.parts_of(node.value)
        }
        _returned[function] = shared.all_of(found) & parameters_of(function).keys()
    return _returned[function]


def forget_returned() -> None:
    """Begin with another page: its functions may call others by the same names."""
    _returned.clear()
