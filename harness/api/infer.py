"""Follow TensorRT's types through Python files: imports, assignments, calls, attributes of the user's classes.

Flow-insensitive and over all releases: a name has every type that it gets anywhere. Files that import one
another by their file names are followed together.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

from harness.api.declare import Declarations
from harness.api.expressions import OTHER, Expressions, Settled
from harness.api.names import Names
from harness.api.scopes import (
    Bound,
    Items,
    Known,
    Object,
    Scope,
    Table,
    Tag,
    Trt,
    Types,
    UserClass,
    UserFunction,
    UserModule,
)

TRT_MODULES = (
    "tensorrt",
    "tensorrt_rtx",
    "tensorrt_bindings",
    "tensorrt_rtx_bindings",
    "tensorrt_lean",
    "tensorrt_dispatch",
)
_FOREIGN = frozenset(sys.stdlib_module_names) | {
    *("numpy", "torch", "torchvision", "cv2", "onnx", "onnxruntime", "PIL", "pycuda", "cuda", "cupy", "tensorflow"),
    *("pandas", "scipy", "tqdm", "requests", "yaml", "matplotlib", "polygraphy", "torch_tensorrt"),
}
_PASSES = 6


class Inference:
    """The types of every expression of some files. ``modules`` are the files' trees by module name."""

    def __init__(self, modules: dict[str, ast.Module], names: Names) -> None:
        self.names = names
        self._ask = Expressions(names)
        self.types = self._ask.types
        declared = Declarations(_MOVERS)
        self.modules = {name: declared.module(tree) for name, tree in modules.items()}
        self.scopes, self.functions, self.own_names = declared.scopes, declared.functions, declared.own_names
        self._changed = False
        for _ in range(_PASSES):
            self._changed = False
            for scope, node in declared.flows:
                _MOVERS[type(node)](self, node, scope)
            if not self._changed:
                break
        self.types = Settled(names).types

    def _flow_import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._add(scope, name, self._imported(alias.name if alias.asname else name))

    def _flow_import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = node.module or ""
        source = self._imported(module) if module else set()
        for alias in node.names:
            found = self._ask.attribute(source, alias.name) or self._imported(alias.name if not module else "")
            if alias.name == "*":
                self._flow_star(source, scope)
                continue
            self._add(scope, alias.asname or alias.name, found)

    def _flow_star(self, source: Types, scope: Scope) -> None:
        for value in source:
            if isinstance(value, UserModule) and value.scope is not scope:
                for name, found in list(value.scope.names.items()):
                    self._add(scope, name, found)
            elif isinstance(value, Trt):
                self._add(scope, "*", {value})

    def _imported(self, module: str) -> Types:
        root, _, rest = module.partition(".")
        if root in TRT_MODULES:
            return {Trt(Tag.MODULE, rest)}
        if root in _FOREIGN:
            return OTHER
        found = self.modules.get(module.rpartition(".")[2])
        return {UserModule(found)} if found else set()

    def _flow_assign(self, node: ast.Assign, scope: Scope) -> None:
        found = self.types(node.value, scope)
        for target in node.targets:
            self._bind(target, found, scope, node.value)

    def _flow_annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        found = self._ask.annotation(node.annotation, scope) | (self.types(node.value, scope) if node.value else set())
        self._bind(node.target, found, scope, node.value)

    def _flow_named(self, node: ast.NamedExpr, scope: Scope) -> None:
        self._bind(node.target, self.types(node.value, scope), scope, node.value)

    def _flow_argument(self, node: ast.arg, scope: Scope) -> None:
        if node.annotation:
            self._add(scope, node.arg, self._ask.annotation(node.annotation, scope))

    def _flow_class(self, node: ast.ClassDef, scope: Scope) -> None:
        cls = self.scopes[node].owner
        if cls:
            self._grow(cls.bases, {found for base in node.bases for found in self.types(base, scope)})

    def _flow_for(self, node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope) -> None:
        self._bind(node.target, self._ask.elements(self.types(node.iter, scope)), scope)

    def _flow_with(self, node: ast.withitem, scope: Scope) -> None:
        if node.optional_vars:
            entered = self.types(node.context_expr, scope)
            results = {found for value in entered for found in self._ask.entered(value)}
            self._bind(node.optional_vars, results, scope)

    def _flow_return(self, node: ast.Return, scope: Scope) -> None:
        function = self.functions.get(scope.node)
        if function and node.value:
            self._grow(function.returns, self.types(node.value, scope))

    def _flow_call(self, node: ast.Call, scope: Scope) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "append" and len(node.args) == 1:
            added = self.types(node.args[0], scope)
            if not added <= {Known.OTHER}:
                self._bind(node.func.value, {Items((frozenset(added),), fixed=False)}, scope)
        for value in self.types(node.func, scope):
            if isinstance(value, UserClass):
                for method in value.attributes.get("__init__", ()):
                    if isinstance(method, UserFunction):
                        self._pass_arguments(node, method, 1, scope)
            elif isinstance(value, Bound):
                self._pass_arguments(node, value.function, 0 if value.function.static else 1, scope)
            elif isinstance(value, UserFunction):
                self._pass_arguments(node, value, 0, scope)

    def _pass_arguments(self, node: ast.Call, function: UserFunction, skip: int, scope: Scope) -> None:
        parameters = function.parameters[skip:]
        for name, argument in zip(parameters, node.args, strict=False):
            if isinstance(argument, ast.Starred):
                break
            self._add(function.scope, name, self.types(argument, scope))
        for keyword in node.keywords:
            if keyword.arg in function.scope.names:
                self._add(function.scope, keyword.arg, self.types(keyword.value, scope))

    def _bind(self, target: ast.expr, found: Types, scope: Scope, value: ast.expr | None = None) -> None:
        if isinstance(target, ast.Name):
            scope = scope.module if target.id in scope.outer else scope
            if value is not None and value not in scope.assigned.setdefault(target.id, []):
                scope.assigned[target.id].append(value)
            self._add(scope, target.id, found)
        elif isinstance(target, ast.Attribute):
            for owner in self.types(target.value, scope):
                if isinstance(owner, Object):
                    self._grow(owner.cls.attributes.setdefault(target.attr, set()), found)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for place, inner in enumerate(target.elts):
                self._bind(inner, self._ask.element(found, place), scope)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, set(), scope)
        elif isinstance(target, ast.Subscript) and not found <= {Known.OTHER}:
            key = repr(target.slice.value) if isinstance(target.slice, ast.Constant) else ""
            self._bind(target.value, {Table(frozenset({(key, frozenset(found))}))}, scope)

    def _add(self, scope: Scope, name: str, found: Types) -> None:
        self._grow(scope.names.setdefault(name, set()), found)

    def _grow(self, types: Types, found: Types) -> None:
        if not found <= types:
            types |= found
            self._changed = True


_MOVERS: dict[type[ast.AST], Callable[[Inference, Any, Scope], None]] = {
    ast.Import: Inference._flow_import,
    ast.ImportFrom: Inference._flow_import_from,
    ast.Assign: Inference._flow_assign,
    ast.AnnAssign: Inference._flow_annotated,
    ast.NamedExpr: Inference._flow_named,
    ast.arg: Inference._flow_argument,
    ast.ClassDef: Inference._flow_class,
    ast.For: Inference._flow_for,
    ast.AsyncFor: Inference._flow_for,
    ast.comprehension: Inference._flow_for,
    ast.withitem: Inference._flow_with,
    ast.Return: Inference._flow_return,
    ast.Call: Inference._flow_call,
}
