"""What the names of a page stand for, as far as the cells so far have told."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from booksite.hidden_state import HiddenState
from booksite.shared_objects import SharedObjects


@dataclass
class PageNames:
    """What the cells so far have told about names."""

    imports: dict[str, str] = field(default_factory=dict)  # name → "module" or "module.attribute"
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    carried: dict[str, set[str]] = field(default_factory=dict)  # name → globals that a call of it would read
    stored: dict[str, set[str]] = field(default_factory=dict)  # name → globals that a call of it would change
    closures: dict[str, ast.Call] = field(default_factory=dict)  # name → the call that made the function it stands for
    hooked: dict[str, set[str]] = field(default_factory=dict)  # network → globals that its hooks change
    shared: SharedObjects = field(default_factory=SharedObjects)
    hidden: HiddenState = field(default_factory=HiddenState)
    methods: dict[str, list[ast.FunctionDef]] = field(default_factory=dict)  # of the page's classes, by name
    bound: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shared.functions = self.functions

    def reach(self, names: Iterable[str]) -> set[str]:
        """Return names and all that calls of them would read, by way of functions that were defined later, too."""
        found, stack = set(), list(names)
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack += self.carried.get(name, ())
        return found

    def forget(self, name: str) -> None:
        """Note that a name is bound anew."""
        self.shared.forget(name)
        self.hidden.forget(name)
        for table in (self.imports, self.functions, self.carried, self.stored, self.closures, self.hooked):
            table.pop(name, None)
