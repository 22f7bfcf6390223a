"""One walk over a Python file: its scopes, its functions and classes, and the statements that move types."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from harness.api.scopes import Object, Scope, UserClass, UserFunction

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Fields that hold no node with anything of TensorRT's in it; most nodes of a tree stand in them.
_BARE = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "level", "module", "kind", "type_comment", "conversion"})
_LEAVES = (ast.Constant, ast.Name, ast.alias, ast.Pass)
# Of each kind of node the fields that are worth a look; none of those that end a walk.
FIELDS = {
    kind: () if issubclass(kind, _LEAVES) else tuple(field for field in kind._fields if field not in _BARE)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


class Declarations:
    """Of all files that are checked together. ``flows`` are statements of the kinds ``moving``, with their scopes.

    ``own_names`` are those of methods and of attributes that the user's own classes define.
    """

    def __init__(self, moving: Iterable[type[ast.AST]]) -> None:
        self.scopes: dict[ast.AST, Scope] = {}
        self.functions: dict[ast.AST, UserFunction] = {}
        self.flows: list[tuple[Scope, ast.AST]] = []
        self.own_names: set[str] = set()
        self._moving = frozenset(moving)

    def module(self, tree: ast.Module) -> Scope:
        scope = self._scope(tree, None)
        self._all(tree.body, scope)
        return scope

    def _scope(self, node: ast.AST, parent: Scope | None, owner: UserClass | None = None) -> Scope:
        scope = self.scopes[node] = Scope(node, parent, owner=owner)
        return scope

    def _all(self, nodes: Iterable[ast.AST | str | None], scope: Scope) -> None:
        """Lists hold more than nodes: no key before ``**`` in a dictionary, texts in patterns."""
        for node in nodes:
            if isinstance(node, ast.AST):
                self._one(node, scope)

    def _one(self, node: ast.AST, scope: Scope) -> None:
        kind = type(node)
        if kind in _FUNCTIONS:
            self._function(node, scope)  # type: ignore[arg-type]
            return
        if kind is ast.ClassDef:
            self._class(node, scope)  # type: ignore[arg-type]
            return
        if kind is ast.Global or kind is ast.Nonlocal:
            scope.outer.update(node.names)  # type: ignore[attr-defined]
            return
        if kind is ast.Attribute:
            self._attribute(node)  # type: ignore[arg-type]
        if kind in self._moving:
            self.flows.append((scope, node))
        for field in FIELDS[kind]:
            value = getattr(node, field, None)
            if type(value) is list:
                self._all(value, scope)
            elif isinstance(value, ast.AST):
                self._one(value, scope)

    def _attribute(self, node: ast.Attribute) -> None:
        if type(node.ctx) is ast.Store and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            self.own_names.add(node.attr)

    def _function(self, node: _Function, scope: Scope) -> None:
        owner = scope.owner if isinstance(scope.node, ast.ClassDef) else None
        inner = self._scope(node, scope, owner or scope.owner)
        function = self.functions[node] = UserFunction(node, inner, owner)
        scope.names.setdefault(node.name, set()).add(function)
        if owner:
            self.own_names.add(node.name)
            owner.attributes.setdefault(node.name, set()).add(function)
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            inner.names.setdefault(argument.arg, set())
            if argument.annotation:
                self.flows.append((inner, argument))
        if owner and function.parameters and not function.static:
            inner.names[function.parameters[0]].add(Object(owner))
        self._all((*node.args.defaults, *node.decorator_list), scope)
        self._all(node.body, inner)

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = self._scope(node, scope)
        cls = inner.owner = UserClass(node, inner)
        scope.names.setdefault(node.name, set()).add(cls)
        self.flows.append((scope, node))
        self._all(node.body, inner)
