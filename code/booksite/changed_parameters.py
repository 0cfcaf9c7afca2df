"""Which of its arguments a call may change: by the habits of the field, and by the text of the book's own functions."""

from __future__ import annotations

import ast
import builtins
import importlib.util
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from booksite.expressions import root_name, roots_of, stored
from booksite.shared_objects import aliases_in, forget_returned, shares_in

PACKAGE = "cnnbook"

HARMLESS = frozenset(dir(builtins)) - {"next", "setattr", "delattr", "exec", "eval"} | {"display", "glue"}
"""Functions that leave what they are given as it is."""

# Not "float" and "to": they change a network, too, but are what everybody calls on tensors, where they change nothing.
CHANGING_METHODS = {
    *("double", "half", "bfloat16", "backward", "train", "eval", "step", "zero_grad", "share_memory", "retain_grad"),
    *("register_hook", "register_post_accumulate_grad_hook", "requires_grad"),
    *("fill", "put", "resize", "partition", "setfield", "setflags", "byteswap", "sort"),
    *("append", "extend", "insert", "pop", "popitem", "remove", "clear", "reverse", "update", "setdefault", "add"),
    *("discard", "difference_update", "intersection_update", "symmetric_difference_update"),
}

FILLING = {"append", "extend", "insert", "add", "appendleft"}
MODES = {"train", "eval"}
HOOKS = {"register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "register_hook"}

LOOKS = {"parameters", "named_parameters", "buffers", "named_buffers", "children", "named_children"}
LOOKS |= {"modules", "named_modules", "state_dict", "get_submodule", "get_parameter"}
"""Methods of networks that only return parts of them (see :mod:`booksite.shared_objects` for what is done to those)."""

KNOWN = "changed_parameters"
_of_page: dict[ast.FunctionDef, set[int | str]] = {}
_asked: set[ast.FunctionDef] = set()
"""Functions that are being looked at."""

Beside = tuple[Mapping[str, str], Mapping[str, ast.FunctionDef]]
"""Imports and functions of the place where a function stands."""

CHANGED_KEYWORDS = {"generator", "rng", "out"}
"""Arguments that are handed over in order to be changed."""

CHANGED_FIRST = {"shuffle", "copyto", "put", "heappush", "heappop", "heapify", "putmask", "place", "clip_grad_norm_"}
CHANGED_FIRST |= {"setattr", "delattr", "fill_diagonal", "at", "insort", "insort_left", "insort_right", "next"}
"""Functions of libraries that change their first argument, beside those whose names end with an underscore."""


@cache
def returning_methods() -> frozenset[str]:
    """Return the methods of tensors, arrays and Python's own types that only return something.

    From a list (``returning_methods.txt``): who looks at cells should not have to import torch for it.
    """
    return frozenset(Path(__file__).with_name("returning_methods.txt").read_text(encoding="utf8").split())


def list_returning_methods() -> list[str]:
    """Make that list anew: ``python -m booksite.changed_parameters > code/booksite/returning_methods.txt``."""
    import numpy as np
    import torch

    kinds = (torch.Tensor, torch.Size, np.ndarray, str, bytes, int, float, list, tuple, dict, set, Path)
    names = {name for kind in kinds for name in dir(kind)}
    return sorted({name for name in names if not _in_place(name)} - CHANGING_METHODS)


def _in_place(name: str) -> bool:
    """Tell whether a name ends as torch's functions that change their argument do."""
    return name.endswith("_") and not name.endswith("__")


def _in_place_asked(call: ast.Call) -> bool:
    return any(k.arg == "inplace" and getattr(k.value, "value", None) is True for k in call.keywords)


def changes_its_object(method: str) -> bool:
    """Tell whether a method may change the object it belongs to.

    Examples
    --------
    >>> [changes_its_object(name) for name in ("append", "mul_", "mean", "whatever")]
    [True, True, False, True]
    """
    if method in CHANGING_METHODS:
        return True
    if method in returning_methods() or method in LOOKS:
        return False
    own = _package_methods().get(method)
    return own is None or any(0 in _changed(function, module) for function, module in own)


def changed_arguments(
    call: ast.Call, imports: Mapping[str, str], functions: Mapping[str, ast.FunctionDef], module: str = ""
) -> set[str]:
    """Return the names of variables that a call may change by way of its arguments.

    Parameters
    ----------
    call : Call
        The call.
    imports : mapping of str to str
        Where names come from: ``"module"`` or ``"module.attribute"``.
    functions : mapping of str to FunctionDef
        Functions that are defined beside the call.
    module : str
        The package's module in which those functions are.
    """
    found = {root_name(keyword.value) for keyword in call.keywords if keyword.arg in CHANGED_KEYWORDS}
    if _in_place_asked(call) or (isinstance(call.func, ast.Call) and _in_place_asked(call.func)):
        found |= {root_name(argument) for argument in call.args[:1]}  # F.relu(x, inplace=True), ReLU(inplace=True)(x)
    name = root_name(call.func)
    if isinstance(call.func, ast.Name):
        if name in functions:
            found |= _by_text(call, functions[str(name)], module, None if module else (imports, functions))
        elif name in imports:
            found |= _by_origin(call, imports[str(name)])
        elif name in CHANGED_FIRST:
            found |= {root_name(argument) for argument in call.args[:1]}
        # Otherwise a built-in function or a callable object, such as a network, which leaves its input as it is.
    elif isinstance(call.func, ast.Attribute) and name not in imports:
        if call.func.attr == "shuffle":  # of a generator of random numbers
            found |= {root_name(argument) for argument in call.args[:1]}
    elif isinstance(call.func, ast.Attribute):
        dotted = ast.unparse(call.func).partition(".")[2]
        found |= _by_origin(call, f"{imports[str(name)]}.{dotted}")
    return {name for name in found if name and name not in imports}


def changed_by_method(call: ast.Call, methods: Iterable[ast.FunctionDef], beside: Beside) -> set[str]:
    """Return the names that a call of one of a page's methods may change: its object's, and its arguments'."""
    found: set[str | None] = set()
    for method in methods:
        changed = _changed(method, "", beside)
        if 0 in changed:
            found.add(root_name(call.func))
        found |= {root_name(argument) for place, argument in enumerate(call.args, 1) if place in changed}
        found |= {root_name(keyword.value) for keyword in call.keywords if keyword.arg in changed}
    return {name for name in found if name and name not in beside[0]}


def _by_origin(call: ast.Call, origin: str) -> set[str | None]:
    """Return what a call of an imported function may change."""
    own = _package_function(origin)
    if own is not None:
        return _by_text(call, *own)
    last = origin.rpartition(".")[2]
    if last in CHANGED_FIRST or _in_place(last) or origin.startswith("torch.nn.utils."):
        return {root_name(argument) for argument in call.args[:1]}
    return set()


def _by_text(call: ast.Call, function: ast.FunctionDef, module: str, beside: Beside | None = None) -> set[str | None]:
    """Return what a call of a function whose text we have may change."""
    changed = _changed(function, module, beside)
    found: set[str | None] = set()
    for keyword in call.keywords:
        found |= roots_of(keyword.value) if keyword.arg in changed else set()
    for position, argument in enumerate(call.args):
        if position in changed or (isinstance(argument, ast.Starred) and changed):
            found |= roots_of(argument)
    return found


def _changed(function: ast.FunctionDef, module: str, beside: Beside | None = None) -> set[int | str]:
    """Return the parameters that a function may change, by name and, if they have one, by position."""
    if beside is None and hasattr(function, KNOWN):  # of the package: kept with the tree itself
        return getattr(function, KNOWN)
    if beside is not None and function in _of_page:
        return _of_page[function]
    if function in _asked:
        return set()  # it calls itself
    _asked.add(function)
    try:
        positional = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
        names = changed_names(function, module, beside) & {
            a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)
        }
    finally:
        _asked.remove(function)
    found = names | {position for position, name in enumerate(positional) if name in names}
    if beside is None:
        setattr(function, KNOWN, found)
    else:
        _of_page[function] = found
    return found


def forget_page() -> None:
    """Begin with another page: its functions may call others by the same names."""
    _of_page.clear()
    forget_returned()


def changed_names(function: ast.AST, module: str = "", beside: Beside | None = None) -> set[str]:
    """Return the names in a function's body whose objects it may change.

    Parameters
    ----------
    function : FunctionDef or AsyncFunctionDef
        The function.
    module : str
        The package's module in which it stands; empty for a function of a page.
    beside : (mapping, mapping), optional
        The imports and the functions of that page.
    """
    imports, functions = _module_names(module) if module else beside or ({}, {})
    found: set[str | None] = set()
    filled: set[str] = set()  # which changes them, not what is put into them
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    # The package leaves modes as it has found them; who removes hooks has put them there for a while.
    passing = MODES if module else set()
    passing |= HOOKS if any(getattr(call.func, "attr", "") == "remove" for call in calls) else set()
    for node in ast.walk(function):
        found |= {root_name(t) for t in stored(node) if isinstance(t, ast.Attribute | ast.Subscript)}
        if isinstance(node, ast.AugAssign):
            found.add(root_name(node.target))
        elif isinstance(node, ast.Call):
            root = root_name(node.func)
            method = node.func.attr if isinstance(node.func, ast.Attribute) else None
            if method and method not in passing and root not in imports and changes_its_object(method):
                (filled if method in FILLING else found).add(root or "")
            found |= changed_arguments(node, imports, functions, module)
    shared, aliases = shares_in(function, functions), aliases_in(function)
    return (shared.all_of(name for name in found if name) | aliases.all_of(filled)) - {""}


# --- the package's own functions


@cache
def _package_root() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


@cache
def _module_file(module: str) -> Path | None:
    root = _package_root()
    if root is None or module.partition(".")[0] != PACKAGE:
        return None
    path = root.joinpath(*module.split(".")[1:])
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


@cache
def _module_names(module: str) -> tuple[dict[str, str], dict[str, ast.FunctionDef]]:
    """Return a module's imports and functions."""
    file = _module_file(module)
    if file is None:
        return {}, {}
    imports: dict[str, str] = {}
    functions: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(file.read_text(encoding="utf8")).body:
        if isinstance(node, ast.Import):
            imports |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.FunctionDef):
            functions[node.name] = node
    return imports, functions


def _package_function(origin: str) -> tuple[ast.FunctionDef, str] | None:
    """Find a function of the package by its dotted name, through re-exports."""
    module, _, name = origin.rpartition(".")
    if module.partition(".")[0] != PACKAGE:
        return None
    imports, functions = _module_names(module)
    if name in functions:
        return functions[name], module
    return _package_function(imports[name]) if name in imports else None


@cache
def _package_methods() -> dict[str, list[tuple[ast.FunctionDef, str]]]:
    """Return the methods of all of the package's classes, by name."""
    found: dict[str, list[tuple[ast.FunctionDef, str]]] = {}
    root = _package_root()
    for file in sorted(root.rglob("*.py")) if root else ():
        module = ".".join([PACKAGE, *file.relative_to(str(root)).with_suffix("").parts]).removesuffix(".__init__")
        classes = (
            node for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))) if isinstance(node, ast.ClassDef)
        )
        for method in (method for one in classes for method in one.body if isinstance(method, ast.FunctionDef)):
            found.setdefault(method.name, []).append((method, module))
    return found


if __name__ == "__main__":
    print("\n".join(list_returning_methods()))
