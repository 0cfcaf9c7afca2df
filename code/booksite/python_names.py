"""The names that a piece of Python code reads, binds or may change."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from functools import lru_cache

from booksite.changed_parameters import Beside, changed_names
from booksite.expressions import stored

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def names_of_pattern(pattern: ast.pattern) -> Iterator[str]:
    """Return the names that a pattern of ``match`` binds."""
    for one in ast.walk(pattern):
        name = one.rest if isinstance(one, ast.MatchMapping) else getattr(one, "name", None)
        if isinstance(name, str):
            yield name


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
