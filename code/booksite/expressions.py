"""Pieces of Python's syntax: what an expression is rooted in, what an assignment or a loop binds to what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache


def root_name(node: ast.expr) -> str | None:
    """Return the name at the root of ``x``, ``x.a``, ``x[0].b(…)``; None if there is none."""
    while True:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Await):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return None


def roots_of(node: ast.expr) -> set[str]:
    """Return the names at the roots of an expression, or of the elements of a list or tuple that is written out."""
    if isinstance(node, ast.List | ast.Tuple):
        return set().union(*map(roots_of, node.elts))
    root = root_name(node)
    return {root} if root else set()


def stored(node: ast.AST) -> Iterator[ast.expr]:
    """Return what a statement stores into, tuples taken apart."""
    if isinstance(node, ast.Assign | ast.Delete):
        stack = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For | ast.NamedExpr):
        stack = [node.target]
    else:
        return
    while stack:
        target = stack.pop()
        if isinstance(target, ast.Tuple | ast.List):
            stack += target.elts
        elif isinstance(target, ast.Starred):
            stack.append(target.value)
        else:
            yield target


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
