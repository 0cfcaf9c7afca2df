"""What a call in a cell does: which names it may change, and whether it acts on the whole process."""

from __future__ import annotations

import ast
import re

from booksite.changed_parameters import (
    CHANGING_METHODS,
    PACKAGE,
    changed_arguments,
    changed_by_method,
    changed_names,
    changes_its_object,
    returning_methods,
)
from booksite.expressions import arguments, root_name, stored, words_of
from booksite.hidden_state import FORKS
from booksite.page_names import PageNames

UNKNOWABLE = {"exec", "eval", "globals", "locals", "vars", "get_ipython", "setattr", "delattr", "__import__"}
"""Whoever calls one of these can read and bind any name."""

CASTS = {"float", "to", "cpu", "cuda", "type"}
"""Methods that give a new tensor, but change a network."""

DRAWING = {"matplotlib", "myst_nb", "IPython", "builtins", "time", "sys"}
"""Libraries whose functions, called for their effect alone, add to what the cell shows or take time, and no more …"""

SETTING = re.compile(
    r"seed|warnings|^(set|use|enable|disable|register|rc|io[nf])|update|filter|switch_|style|config", re.I
)
"""… but for these names, which set something for all that comes after them."""

SAVES = re.compile(r"^(save\w*|write_\w+|dump|mkdir|makedirs|unlink|rename|rmtree|touch|copyfile|symlink_to)$")
"""Names of functions and methods that write files."""


def is_unknowable(call: ast.Call) -> bool:
    """Tell whether a call could read and bind any name."""
    callee = root_name(call.func)
    return callee == "get_ipython" or (callee in UNKNOWABLE and isinstance(call.func, ast.Name))


def changes_of(call: ast.Call, names: PageNames) -> set[str]:
    """Return the names that a call may change."""
    callee = root_name(call.func)
    found = changed_arguments(call, names.imports, names.functions) | names.hidden.changed_by(call, names.imports)
    if callee:
        found |= {changed for one in names.reach([callee]) for changed in names.stored.get(one, ())}
    if isinstance(call.func, ast.Attribute) and call.func.attr == "backward":
        found |= names.shared.reached(call.func.value, names.imports)  # F.mse_loss(net(x), y).backward()
    if isinstance(call.func, ast.Name) and callee in names.closures:
        found |= _by_closure(names.closures[callee], call, names) | {callee}
    hooked = names.shared.all_of({root_name(one) or "" for one in [call.func, *arguments(call)]})
    found |= {changed for one in hooked for changed in names.hooked.get(one, ())}
    if isinstance(call.func, ast.Name) and callee not in names.imports and callee not in names.functions:
        called = [*names.methods.get("forward", ()), *names.methods.get("__call__", ())]
        found |= {call.func.id} if any(map(_keeps, called)) else set()
    if callee and isinstance(call.func, ast.Attribute) and callee not in names.imports:
        if changes_its_object(call.func.attr):
            found |= {callee, *names.shared.parts_of(call.func.value)} - names.imports.keys()  # Trainer(net).fit(x)
        if call.func.attr == "backward":
            found |= names.shared.sources_of(callee)
        found |= changed_by_method(call, names.methods.get(call.func.attr, ()), (names.imports, names.functions))
    return found


def _by_closure(made: ast.Call, call: ast.Call, names: PageNames) -> set[str]:
    """Return what a call may change of a function that another call has made: ``partial``, or one of the page's."""
    if root_name(made.func) in names.functions or not made.args:
        return {root for one in arguments(made) if (root := root_name(one)) and root not in names.imports}
    whole = ast.Call(made.args[0], [*made.args[1:], *call.args], [*made.keywords, *call.keywords])
    return changes_of(whole, names)


def makes_a_function(value: ast.Call, names: PageNames) -> bool:
    """Tell whether a call gives a function: ``partial``, or one of the page's in which another one stands."""
    function = names.functions.get(getattr(value.func, "id", ""))
    inner = function is not None and any(_is_function(one) for one in ast.walk(function) if one is not function)
    return inner or words_of(value.func) & {"partial"} != set()


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def hooks_of(call: ast.Call, names: PageNames) -> set[str]:
    """Return the globals that a hook would change which a call puts into a network."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if not (method.startswith("register_") and method.endswith("hook")):
        return set()
    beside = (names.imports, names.functions)
    found = {name for one in arguments(call) for name in changed_names(one, beside=beside)}
    handed = names.reach(root for one in arguments(call) if (root := root_name(one)))
    return found | {changed for one in handed for changed in names.stored.get(one, ())}


def writes_a_file(call: ast.Call) -> bool:
    """Tell whether a call opens a file in order to write it."""
    given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    modes = [str(one.value) for one in given if isinstance(one, ast.Constant)]
    return root_name(call.func) == "open" and any(set("wax+") & set(mode) for mode in modes)


def _keeps(method: ast.FunctionDef) -> bool:
    """Tell whether a method stores something in its object."""
    arguments = method.args.posonlyargs + method.args.args
    targets = (target for node in ast.walk(method) for target in stored(node) if not isinstance(target, ast.Name))
    return bool(arguments) and any(root_name(target) == arguments[0].arg for target in targets)


def moved_by(node: ast.Attribute, names: PageNames) -> set[str]:
    """Return the name in ``net.float().segment``: what has more than a tensor has was changed by ``float``."""
    cast = node.value
    if node.attr in returning_methods() or not isinstance(cast, ast.Call) or not isinstance(cast.func, ast.Attribute):
        return set()
    root = root_name(cast.func)
    return {root} if root and cast.func.attr in CASTS and root not in names.imports else set()


def cast_by(call: ast.Call, names: PageNames) -> set[str]:
    """Return the name in ``net.to(device)``, the value of which is dropped: a tensor would be kept."""
    callee = root_name(call.func)
    cast = isinstance(call.func, ast.Attribute) and call.func.attr in CASTS and callee not in names.imports
    return {callee} if cast and callee else set()


def sets_a_seed(call: ast.Call, names: PageNames) -> bool:
    """Tell whether a call sets a seed, also where its value is kept: ``_ = torch.manual_seed(0)``."""
    dotted = ast.unparse(call.func)
    if words_of(call.func) & FORKS:  # `with seeded(0):` leaves everything as it was
        return False
    return "seed" in dotted and "(" not in dotted and root_name(call.func) in names.imports


def acts_on_all(call: ast.Call, names: PageNames, *, shown: bool) -> bool:
    """Tell whether a call, the value of which is dropped or ``shown``, acts on all that comes after it.

    Such a call stands there for what it does: it sets something, writes a file, or changes an object of a module.
    """
    origin = names.imports.get(root_name(call.func) or "")
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method == "backward":
        return False
    if SAVES.match(method):
        return True
    if origin is None:
        return False  # a method of an object, a function of the page or of Python: what they change is known
    called = {one.attr for one in ast.walk(call.func) if isinstance(one, ast.Attribute)}
    called |= {origin.rpartition(".")[2]} if isinstance(call.func, ast.Name) else set()
    named = any(root_name(argument) for argument in arguments(call))
    deep = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Attribute)
    if deep and method in CHANGING_METHODS:  # sys.path.append(…)
        return True
    only_shown = shown or origin.partition(".")[0] in {*DRAWING, PACKAGE} or named
    return any(SETTING.search(name) or SAVES.match(name) for name in called) or not only_shown
