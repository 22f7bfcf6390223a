"""Follow TensorRT's types through Python files: imports, assignments, calls, attributes of the user's classes.

Flow-insensitive and over all releases: a name has every type that it gets anywhere. Files that import one
another by their file names are followed together.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.api.names import Names
from harness.api.scopes import (
    Bound,
    Items,
    Known,
    Object,
    Scope,
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
_OTHER: Types = {Known.OTHER}
_FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)


class Inference:
    """The types of every expression of some files. ``modules`` are the files' trees by module name."""

    def __init__(self, modules: dict[str, ast.Module], names: Names) -> None:
        self.names = names
        self.scopes: dict[ast.AST, Scope] = {}
        self.functions: dict[ast.AST, UserFunction] = {}
        self.modules = {name: self._scope(tree, None) for name, tree in modules.items()}
        self._changed = False
        self._flows: list[tuple[Scope, ast.AST]] = []
        for name, tree in modules.items():
            self._declare(tree.body, self.modules[name])
        for _ in range(_PASSES):
            self._changed = False
            for scope, node in self._flows:
                self._flow(node, scope)
            if not self._changed:
                break

    # Declaring: one walk finds the scopes and the statements that move types.

    def _scope(self, node: ast.AST, parent: Scope | None, owner: UserClass | None = None) -> Scope:
        scope = self.scopes[node] = Scope(node, parent, owner=owner)
        return scope

    def _declare(self, body: Iterable[ast.AST], scope: Scope) -> None:
        for node in body:
            if isinstance(node, _FunctionNode):
                self._declare_function(node, scope)
            elif isinstance(node, ast.ClassDef):
                self._declare_class(node, scope)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                scope.outer.update(node.names)
            else:
                if isinstance(node, _MOVING):
                    self._flows.append((scope, node))
                self._declare(ast.iter_child_nodes(node), scope)

    def _declare_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        owner = scope.owner if isinstance(scope.node, ast.ClassDef) else None
        inner = self._scope(node, scope, owner or scope.owner)
        function = self.functions[node] = UserFunction(node, inner, owner)
        scope.names.setdefault(node.name, set()).add(function)
        if owner:
            owner.attributes.setdefault(node.name, set()).add(function)
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            inner.names.setdefault(argument.arg, set())
            if argument.annotation:
                self._flows.append((inner, argument))
        if owner and function.parameters and not _is_static(node):
            inner.names[function.parameters[0]].add(Object(owner))
        self._declare((*node.args.defaults, *node.decorator_list), scope)
        self._declare(node.body, inner)

    def _declare_class(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = self._scope(node, scope)
        cls = inner.owner = UserClass(node, inner)
        scope.names.setdefault(node.name, set()).add(cls)
        self._flows.append((scope, node))
        self._declare(node.body, inner)

    # Moving types: one statement.

    def _flow(self, node: ast.AST, scope: Scope) -> None:
        _MOVERS[type(node)](self, node, scope)

    def _flow_import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._add(scope, name, self._imported(alias.name if alias.asname else name))

    def _flow_import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = node.module or ""
        source = self._imported(module) if module else set()
        for alias in node.names:
            found = self._attribute(source, alias.name) or self._imported(alias.name if not module else "")
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
            return _OTHER
        found = self.modules.get(module.rpartition(".")[2])
        return {UserModule(found)} if found else set()

    def _flow_assign(self, node: ast.Assign, scope: Scope) -> None:
        found = self.types(node.value, scope)
        for target in node.targets:
            self._bind(target, found, scope, node.value)

    def _flow_annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        found = self._annotation(node.annotation, scope) | (self.types(node.value, scope) if node.value else set())
        self._bind(node.target, found, scope, node.value)

    def _flow_named(self, node: ast.NamedExpr, scope: Scope) -> None:
        self._bind(node.target, self.types(node.value, scope), scope, node.value)

    def _flow_argument(self, node: ast.arg, scope: Scope) -> None:
        if node.annotation:
            self._add(scope, node.arg, self._annotation(node.annotation, scope))

    def _flow_class(self, node: ast.ClassDef, scope: Scope) -> None:
        cls = self.scopes[node].owner
        if cls:
            self._grow(cls.bases, {found for base in node.bases for found in self.types(base, scope)})

    def _flow_for(self, node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope) -> None:
        self._bind(node.target, self._elements(self.types(node.iter, scope)), scope)

    def _flow_with(self, node: ast.withitem, scope: Scope) -> None:
        if node.optional_vars:
            entered = self.types(node.context_expr, scope)
            results = {found for value in entered for found in self._entered(value)}
            self._bind(node.optional_vars, results, scope)

    def _flow_return(self, node: ast.Return, scope: Scope) -> None:
        function = self.functions.get(scope.node)
        if function and node.value:
            self._grow(function.returns, self.types(node.value, scope))

    def _flow_call(self, node: ast.Call, scope: Scope) -> None:
        for value in self.types(node.func, scope):
            if isinstance(value, UserClass):
                for method in value.attributes.get("__init__", ()):
                    if isinstance(method, UserFunction):
                        self._pass_arguments(node, method, 1, scope)
            elif isinstance(value, Bound):
                self._pass_arguments(node, value.function, 0 if _is_static(value.function.node) else 1, scope)
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
                self._bind(inner, self._element(found, place), scope)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, set(), scope)

    def _add(self, scope: Scope, name: str, found: Types) -> None:
        self._grow(scope.names.setdefault(name, set()), found)

    def _grow(self, types: Types, found: Types) -> None:
        if not found <= types:
            types |= found
            self._changed = True

    # Asking: the types of an expression.

    def types(self, node: ast.expr, scope: Scope) -> Types:
        """The types that an expression can have; empty where nothing is known."""
        asker = _ASKERS.get(type(node))
        return asker(self, node, scope) if asker else set()

    def _types_name(self, node: ast.Name, scope: Scope) -> Types:
        found = scope.find(node.id)
        if found:
            return found.names[node.id]
        star = scope.module.names.get("*")
        if star:
            return self._attribute(star, node.id)
        return _OTHER if hasattr(builtins, node.id) else set()

    def _types_attribute(self, node: ast.Attribute, scope: Scope) -> Types:
        return self._attribute(self.types(node.value, scope), node.attr)

    def _attribute(self, values: Types, name: str) -> Types:
        found: Types = set()
        for value in values:
            if isinstance(value, Trt):
                found |= self.names.attribute(value, name)
            elif isinstance(value, (Object, UserClass)):
                found |= self._user_attribute(value, name)
            elif isinstance(value, UserModule):
                found |= value.scope.names.get(name, set())
            elif value is Known.OTHER:
                found.add(value)
        return found

    def _user_attribute(self, value: Object | UserClass, name: str) -> Types:
        cls = value.cls if isinstance(value, Object) else value
        own = cls.attributes.get(name) or cls.scope.names.get(name)
        if own:
            bound = isinstance(value, Object)
            return {Bound(one) if bound and isinstance(one, UserFunction) else one for one in own}
        found: Types = set()
        for base in cls.bases:
            if isinstance(base, UserClass) and base is not cls:
                found |= self._user_attribute(Object(base) if isinstance(value, Object) else base, name)
            elif isinstance(base, Trt):
                found |= self.names.attribute(Trt(Tag.INSTANCE, base.name), name)
        return found

    def _types_call(self, node: ast.Call, scope: Scope) -> Types:
        found: Types = set()
        for value in self.types(node.func, scope):
            if isinstance(value, Trt):
                found |= self.names.call(value)
            elif isinstance(value, UserClass):
                found.add(Object(value))
            elif isinstance(value, Bound):
                found |= value.function.returns
            elif isinstance(value, UserFunction):
                found |= value.returns
            elif value is Known.OTHER:
                found |= self._other_call(node, scope)
        if not found and isinstance(node.func, ast.Attribute) and not self.types(node.func, scope):
            return self.names.told_by(node.func.attr)
        return found

    def _other_call(self, node: ast.Call, scope: Scope) -> Types:
        """``getattr``, ``enumerate`` and ``zip`` pass types on; other functions are not TensorRT's."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            return self._attribute(self.types(node.args[0], scope), str(node.args[1].value))
        if name in ("list", "tuple", "reversed", "sorted", "iter", "next") and node.args:
            found = self.types(node.args[0], scope)
            return self._elements(found) if name == "next" else {one for one in found if isinstance(one, Items)}
        if name == "enumerate" and node.args:
            element = frozenset(self._elements(self.types(node.args[0], scope)))
            return {Items((frozenset({Items((frozenset(_OTHER), element), fixed=True)}),), fixed=False)}
        if name == "zip":
            places = tuple(frozenset(self._elements(self.types(argument, scope))) for argument in node.args)
            return {Items((frozenset({Items(places, fixed=True)}),), fixed=False)}
        return _OTHER

    def _types_sequence(self, node: ast.Tuple | ast.List, scope: Scope) -> Types:
        places = tuple(frozenset(self.types(element, scope)) for element in node.elts)
        if isinstance(node, ast.List):
            return {Items((frozenset().union(*places),), fixed=False)}
        return {Items(places, fixed=True)}

    def _types_comprehension(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Types:
        return {Items((frozenset(self.types(node.elt, scope)),), fixed=False)}

    def _types_subscript(self, node: ast.Subscript, scope: Scope) -> Types:
        place = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return self._element(self.types(node.value, scope), place if isinstance(place, int) else None)

    def _element(self, values: Types, place: int | None) -> Types:
        found: Types = set()
        for value in values:
            if isinstance(value, Items) and value.fixed and place is not None:
                found |= value.places[place] if -len(value.places) <= place < len(value.places) else set()
            elif isinstance(value, Items):
                found |= set().union(*value.places)
            elif isinstance(value, Trt) and value.tag is Tag.INSTANCE:
                for method in self.names.attribute(value, "__getitem__"):
                    found |= self.names.call(method) if isinstance(method, Trt) else set()
            elif value is Known.OTHER:
                found.add(value)
        return found

    def _elements(self, values: Types) -> Types:
        return self._element(values, None)

    def _types_either(self, node: ast.IfExp | ast.BoolOp, scope: Scope) -> Types:
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        return {found for part in parts for found in self.types(part, scope)}

    def _types_passed_on(self, node: ast.NamedExpr | ast.Await | ast.Starred, scope: Scope) -> Types:
        return self.types(node.value, scope)

    def _types_other(self, _node: ast.expr, _scope: Scope) -> Types:
        return _OTHER

    def _annotation(self, node: ast.expr, scope: Scope) -> Types:
        """Objects of the classes that an annotation names; also where it is written as a string."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return set()
        if isinstance(node, ast.BinOp):
            return self._annotation(node.left, scope) | self._annotation(node.right, scope)
        if isinstance(node, ast.Subscript):
            inner = self._annotation(node.slice, scope)
            name = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
            return inner if name in ("Optional", "Union") else {Items((frozenset(inner),), fixed=False)}
        if isinstance(node, ast.Tuple):
            return {found for element in node.elts for found in self._annotation(element, scope)}
        return {found for value in self.types(node, scope) for found in self._instance(value)}

    def _instance(self, value: object) -> Iterator[Object | Trt | Known]:
        if isinstance(value, UserClass):
            yield Object(value)
        elif isinstance(value, Trt) and value.tag is Tag.CLASS:
            yield Trt(Tag.INSTANCE, value.name)

    def _entered(self, value: object) -> Types:
        """What ``with value as x`` gives to ``x``."""
        if isinstance(value, Object):
            enter = value.cls.attributes.get("__enter__", set())
            return {found for one in enter if isinstance(one, UserFunction) for found in one.returns} or {value}
        return {value} if isinstance(value, Trt) or value is Known.OTHER else set()


def _is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in node.decorator_list)


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
_MOVING = tuple(_MOVERS)
_ASKERS: dict[type[ast.expr], Callable[[Inference, Any, Scope], Types]] = {
    ast.Name: Inference._types_name,
    ast.Attribute: Inference._types_attribute,
    ast.Call: Inference._types_call,
    ast.Tuple: Inference._types_sequence,
    ast.List: Inference._types_sequence,
    ast.ListComp: Inference._types_comprehension,
    ast.GeneratorExp: Inference._types_comprehension,
    ast.Subscript: Inference._types_subscript,
    ast.IfExp: Inference._types_either,
    ast.BoolOp: Inference._types_either,
    ast.NamedExpr: Inference._types_passed_on,
    ast.Await: Inference._types_passed_on,
    ast.Starred: Inference._types_passed_on,
    ast.Constant: Inference._types_other,
    ast.JoinedStr: Inference._types_other,
    ast.BinOp: Inference._types_other,
    ast.UnaryOp: Inference._types_other,
    ast.Compare: Inference._types_other,
    ast.Dict: Inference._types_other,
    ast.Set: Inference._types_other,
    ast.Lambda: Inference._types_other,
}
