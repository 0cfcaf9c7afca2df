"""The names that a piece of Python code reads, binds or may change."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from functools import lru_cache

from booksite.changed_parameters import Beside, changed_names, stored

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def names_of_pattern(pattern: ast.pattern) -> Iterator[str]:
    """Return the names that a pattern of ``match`` binds."""
    for one in ast.walk(pattern):
        name = one.rest if isinstance(one, ast.MatchMapping) else getattr(one, "name", None)
        if isinstance(name, str):
            yield name


def arguments(call: ast.Call) -> Iterator[ast.expr]:
    """Return what a call is given."""
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def pairs_of(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    """Return the names that an assignment binds, each with the expression that it may be a part of."""
    if value is None:
        return
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Starred):
        yield from pairs_of(target.value, value)
    elif isinstance(target, ast.Tuple | ast.List):
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        values = value.elts if same and isinstance(value, ast.Tuple | ast.List) else [value] * len(target.elts)
        for one, part in zip(target.elts, values, strict=True):
            yield from pairs_of(one, part)


def elements_of(target: ast.expr, iterated: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Return the names that a loop binds, each with the expression that it may be a part of."""
    called = iterated.func if isinstance(iterated, ast.Call) else None
    if isinstance(target, ast.Tuple) and isinstance(iterated, ast.Call):
        if isinstance(called, ast.Name) and called.id == "zip" and len(iterated.args) == len(target.elts):
            for one, part in zip(target.elts, iterated.args, strict=True):
                yield from elements_of(one, part)
            return
        last = target.elts[-1]
        if isinstance(called, ast.Name) and called.id == "enumerate" and iterated.args:
            yield from elements_of(last, iterated.args[0])
            return
        if isinstance(called, ast.Attribute) and called.attr in {"items", "named_parameters"}:
            yield from pairs_of(last, called.value)
            return
    yield from pairs_of(target, iterated)


@lru_cache(maxsize=50_000)  # a parsed cell is kept, and its nodes with it
def names_in(node: ast.expr) -> frozenset[str]:
    """Return the global names that an expression reads, those inside of comprehensions and lambdas included."""
    table = symtable.symtable(ast.unparse(ast.Expression(node)), "cell", "eval")
    return frozenset(_global_reads(table))


@lru_cache(maxsize=5_000)
def free_names(node: Definition) -> frozenset[str]:
    """Return the global names that a function or class reads in its body."""
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    return frozenset().union(*(_global_reads(child) for child in table.get_children()))


def global_changes(node: Definition, beside: Beside) -> set[str]:
    """Return the globals that a function may change when it is called."""
    if isinstance(node, ast.ClassDef):
        return set()
    local = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    local |= {target.id for inner in ast.walk(node) for target in stored(inner) if isinstance(target, ast.Name)}
    declared = {name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names}
    return declared | (changed_names(node, beside=beside) - local)


def _global_reads(table: symtable.SymbolTable) -> set[str]:
    top = table.get_type() == "module"
    found = {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced() and (top or symbol.is_global())
    }
    for child in table.get_children():
        found |= _global_reads(child)
    return found


@lru_cache(maxsize=50_000)
def words_of(value: ast.expr) -> frozenset[str]:
    """Return the names, attributes and keywords in an expression."""
    return frozenset(_words_of(value))


def _words_of(value: ast.expr) -> Iterator[str]:
    for one in ast.walk(value):
        if isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.keyword) and one.arg:
            yield one.arg
