"""What a cell does to names: which it reads, binds and may change, as far as its text tells.

A method changes the object that it belongs to, unless it is known to return something only (those of tensors, arrays
and strings are). What a call is given it changes if its text says so (functions of the book's package and of the page,
:mod:`booksite.changed_parameters`) or by the habits of the field (a trailing underscore, ``generator=``). Names that
may stand for one object, or for parts of it, change together: see :mod:`booksite.shared_objects`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from booksite.call_effects import (
    acts_on_all,
    cast_by,
    changes_of,
    hooks_of,
    is_unknowable,
    makes_a_function,
    moved_by,
    sets_a_seed,
    writes_a_file,
)
from booksite.cell_text import is_too_much, statements_of
from booksite.expressions import elements_of, pairs_of, root_name
from booksite.hidden_state import PAST_RESULTS, TORCH, forks, seeded_by
from booksite.page_names import PageNames
from booksite.python_names import free_names, global_changes, names_in, names_of_pattern
from booksite.shared_objects import joins_of


@dataclass
class Effects:
    """One cell's."""

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    settles: set[str] = field(default_factory=set)  # of `binds`, those that it binds whatever happens
    imports: dict[str, str] = field(default_factory=dict)  # of `binds`, those that an import binds, and from where
    changes: set[str] = field(default_factory=set)
    lasting: bool = False  # acts on the process: a seed, a style
    unknown: bool = False  # could read and bind anything


def effects_of(source: str, names: PageNames) -> Effects:
    """Return a cell's effects, and tell ``names`` what it binds.

    Parameters
    ----------
    source : str
        The cell's code; IPython's own syntax is allowed.
    names : PageNames
        What earlier cells have bound; is extended.
    """
    if is_too_much(source):
        return Effects(unknown=True)
    try:
        statements = statements_of(source)
    except (SyntaxError, ValueError):
        return Effects()  # it is meant not to run: it neither needs nor leaves anything
    reader = _Reader(names)
    reader.block(statements)
    return reader.effects


class _Reader:
    """Goes through a cell's statements in the order in which they run."""

    def __init__(self, names: PageNames) -> None:
        self.names = names
        self.effects = Effects()
        self.last: ast.expr | None = None
        self.deferred: set[str] = set()  # read when a function of this cell is called
        self.forked = 0  # how many blocks around a statement have random numbers of their own

    def block(self, body: list[ast.stmt]) -> None:
        """Take in the whole cell."""
        self.last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None  # shown, not dropped
        for statement in body:
            self._statement(statement, self.effects.settles)
        self.effects.reads |= self.deferred - self.effects.settles
        self.effects.changes = self.names.shared.all_of(self.effects.changes)

    # --- statements

    def _statement(self, node: ast.stmt, settled: set[str]) -> None:
        """Take in a statement; ``settled`` are the names bound before it, and gets those that it surely binds."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._definition(node, settled)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node, settled)
        elif isinstance(node, ast.If):
            self._expression(node.test, settled)
            branches = [self._branch(node.body, settled), self._branch(node.orelse, settled)]
            settled |= branches[0] & branches[1]
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._expression(node.iter, settled)
            self._bind(node.target, settled)
            for name, value in elements_of(node.target, node.iter):
                self.names.shared.bind(name, value, self.names.imports)  # `for row in image: row += 1`
                self.names.hidden.inherit(name, value)
            # A loop of a textbook runs at least once.
            self._sequence([*node.body, *node.orelse], settled)
        elif isinstance(node, ast.While):
            self._expression(node.test, settled)
            self._branch([*node.body, *node.orelse], settled)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                self._expression(item.context_expr, settled)
                entered = root_name(item.context_expr)
                if entered in self.names.bound and isinstance(item.context_expr, ast.Name):
                    self.effects.changes.add(item.context_expr.id)  # it may keep something as it is entered and left
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, settled)
            # `with suppress(…)` goes on after it whatever happens in it.
            through = not any("suppress" in ast.unparse(item.context_expr) for item in node.items)
            self.forked += forks(node)
            (self._sequence if through else self._branch)(node.body, settled)
            self.forked -= forks(node)
        elif isinstance(node, ast.Try | ast.TryStar):
            self._branch(node.body, settled)
            for handler in node.handlers:
                if handler.type is not None:
                    self._expression(handler.type, settled)
                inside = settled | ({handler.name} if handler.name else set())
                self._sequence(handler.body, inside)
            self._branch(node.orelse, settled)
            self._sequence(node.finalbody, settled)
        else:
            self._simple(node, settled)

    def _sequence(self, body: Iterable[ast.stmt], settled: set[str]) -> None:
        for statement in body:
            self._statement(statement, settled)

    def _branch(self, body: list[ast.stmt], settled: set[str]) -> set[str]:
        """Take in statements that may not run; return what is bound after them if they do."""
        inside = set(settled)
        self._sequence(body, inside)
        return inside

    def _simple(self, node: ast.stmt, settled: set[str]) -> None:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            if node.value is not None:
                self._expression(node.value, settled)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                self._read({node.target.id}, settled)
            carried = self._carried_by(node.value) if node.value is not None else set()
            for target in targets:
                if isinstance(node, ast.AugAssign) and isinstance(target, ast.Name):
                    self.effects.changes.add(target.id)  # `part += 1` changes what it is a part of
                    self._name(target.id, settled)
                    continue
                self._bind(target, settled, carried)
                for name, value in pairs_of(target, node.value):
                    self.names.shared.bind(name, value, self.names.imports)
                    self.names.hidden.bind(name, value)
                    if isinstance(value, ast.Call) and makes_a_function(value, self.names):
                        self.names.closures[name] = value
            self._join(node)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self._expression(target, settled)
                self.effects.changes |= {root_name(target) or ""} - {""}
        elif isinstance(node, ast.Expr):
            self._expression(node.value, settled)
            if isinstance(node.value, ast.Call):
                self.effects.changes |= cast_by(node.value, self.names)
                self.effects.lasting |= acts_on_all(node.value, self.names, shown=node.value is self.last)
        else:  # assert, raise, match, global …: read what they name
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self._expression(child, settled)
                elif isinstance(child, ast.match_case):
                    self.effects.binds |= set(names_of_pattern(child.pattern))
                    self._branch(child.body, settled)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, settled: set[str]) -> None:
        for decorator in node.decorator_list:
            self._expression(decorator, settled)
            self._call(ast.Call(decorator, [], []), settled)
        free, changed = free_names(node), global_changes(node, (self.names.imports, self.names.functions))
        if isinstance(node, ast.ClassDef):
            self._read(free, settled)  # its body runs now
            for base in [*node.bases, *(keyword.value for keyword in node.keywords)]:
                self._expression(base, settled)
        else:
            for default in [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]:
                self._expression(default, settled)
            self.deferred |= free - settled
            if isinstance(node, ast.FunctionDef):
                self.names.functions[node.name] = node
        self.names.imports.pop(node.name, None)
        self.names.hidden.define(node, self.names.imports)
        if isinstance(node, ast.ClassDef):
            for method in (one for one in node.body if isinstance(one, ast.FunctionDef)):
                self.names.methods.setdefault(method.name, []).append(method)
            self.names.shared.forget(node.name)
            self.names.shared.classes.add(node.name)
        self.names.carried[node.name] = set(free)
        self.names.stored[node.name] = changed
        self._name(node.name, settled)

    def _import(self, node: ast.Import | ast.ImportFrom, settled: set[str]) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.effects.unknown = True
                continue
            if isinstance(node, ast.Import):
                name = alias.asname or alias.name.partition(".")[0]
                origin = alias.name if alias.asname else name
                if not alias.asname and "." in alias.name:
                    self.effects.changes.add(name)  # `import a.b` after `import a` adds to it
            else:
                name, origin = alias.asname or alias.name, f"{node.module}.{alias.name}"
            self.names.forget(name)
            self.names.imports[name] = origin
            self._name(name, settled)
            self.effects.imports[name] = origin

    # --- names

    def _name(self, name: str, settled: set[str]) -> None:
        self.effects.binds.add(name)
        self.effects.imports.pop(name, None)
        self.names.bound.add(name)
        settled.add(name)

    def _bind(self, target: ast.expr, settled: set[str], carried: set[str] | None = None) -> None:
        """Take in the target of an assignment."""
        if isinstance(target, ast.Name):
            self.names.forget(target.id)
            if carried:
                self.names.carried[target.id] = carried
            self._name(target.id, settled)
        elif isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self._bind(element, settled, carried)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, settled, carried)
        else:  # x.a = …, x[0] = …
            self._expression(target, settled)
            root = root_name(target)
            if root in self.names.imports:  # plt.rcParams["…"] = …, os.environ["…"] = …
                self.effects.lasting = True
            elif root:
                self.effects.changes.add(root)

    def _read(self, used: Set[str], settled: set[str]) -> None:
        # A function of the page reads its own globals when it is called.
        self.effects.reads |= used - settled | self.names.reach(used) - used - settled

    def _carried_by(self, value: ast.expr) -> set[str]:
        """Return what a value may read later: it can hold a function of the page, or be an object of a class."""
        found = {name for name in names_in(value) if name in self.names.carried}
        return found.union(*(names_in(inner) for inner in ast.walk(value) if isinstance(inner, ast.Lambda)))

    def _join(self, node: ast.AST) -> None:
        """Note which names hold something after a statement or an expression."""
        for name, value in joins_of(node):
            self.names.shared.join(name, value, self.names.imports)

    # --- expressions

    def _expression(self, node: ast.expr, settled: set[str]) -> None:
        read = names_in(node)
        self._read(read, settled)
        self.effects.unknown |= any(PAST_RESULTS.match(name) for name in read - self.names.bound)
        self.effects.changes |= read & self.names.hidden.used_up
        if read & self.names.hidden.shuffling and not self.forked:
            self._read({TORCH}, settled)
            self.effects.changes.add(TORCH)
        inside: set[str] = set()  # names of comprehensions: they end with the expression
        for inner in sorted(ast.walk(node), key=lambda one: not isinstance(one, ast.comprehension)):
            if isinstance(inner, ast.NamedExpr):
                self._bind(inner.target, settled)
            elif isinstance(inner, ast.comprehension):
                self._comprehension(inner, inside)
            elif isinstance(inner, ast.Call):
                self._call(inner, settled)
            elif isinstance(inner, ast.Attribute):
                self.effects.changes |= moved_by(inner, self.names)
        if inside:
            self.effects.changes = self.names.shared.all_of(self.effects.changes) - inside
            for name in inside:
                self.names.shared.forget(name)

    def _comprehension(self, node: ast.comprehension, inside: set[str]) -> None:
        for name, value in elements_of(node.target, node.iter):
            if name not in self.names.bound:
                inside.add(name)
            self.names.shared.join(name, value, self.names.imports)

    def _call(self, call: ast.Call, settled: set[str]) -> None:
        """Note which names a call may change, and what it does to streams of random numbers."""
        names, effects = self.names, self.effects
        hooks = hooks_of(call, names)
        for name in names.shared.all_of({root_name(call.func) or ""}) if hooks else ():
            names.hooked[name] = names.hooked.get(name, set()) | hooks
        effects.lasting |= writes_a_file(call)
        effects.unknown |= is_unknowable(call)
        effects.lasting |= sets_a_seed(call, names)
        effects.changes |= changes_of(call, names)
        if self.forked:
            return
        drawn, seeded = names.hidden.drawn_by(call, names.imports), seeded_by(call, names.imports)
        self._read(drawn, settled)
        effects.changes |= drawn
        effects.binds |= seeded
        settled |= seeded
