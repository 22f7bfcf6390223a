"""What the checker knows of a Python file: scopes, functions, classes, and types as sets of small values."""

from __future__ import annotations

import ast
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Tag(StrEnum):  # its hash is that of str, not a function of Python
    MODULE = "module"  # tensorrt itself, or a subpackage of it
    CLASS = "class"  # a class of TensorRT
    INSTANCE = "instance"  # an object of a class of TensorRT
    FUNCTION = "function"  # a function or a bound method of TensorRT


class Trt(NamedTuple):
    """Something of TensorRT's, under its name: ``Builder``, ``Builder.create_network``; empty for the module."""

    tag: Tag
    name: str


class Items(NamedTuple):
    """A sequence: of any length with one set of types, or a tuple with a set for each place."""

    places: tuple[frozenset[Type], ...]
    fixed: bool


class Table(NamedTuple):
    """A dictionary: the types of its values by their keys; an empty key stands for those that are not written out."""

    rows: frozenset[tuple[str, frozenset[Type]]]


class Known(StrEnum):
    """Not TensorRT's: a literal, a result of the standard library, numpy, ..."""

    OTHER = "other"


class Scope:
    """The names of a module, a function or a class. Flow-insensitive: a name has all types it ever gets."""

    def __init__(self, node: ast.AST, parent: Scope | None, owner: UserClass | None = None) -> None:
        self.node = node
        self.parent = parent
        self.owner = owner
        self.names: dict[str, set[Type]] = {}
        self.assigned: dict[str, list[ast.expr]] = {}
        self.outer: set[str] = set()  # named by global or nonlocal

    def find(self, name: str) -> Scope | None:
        """The scope that a name is looked up in; class scopes are not seen from their functions."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope
            scope = scope.parent
        return None

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


class UserFunction:
    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, owner: UserClass | None = None
    ) -> None:
        self.node = node
        self.scope = scope
        self.owner = owner
        self.returns: set[Type] = set()

    @property
    def parameters(self) -> list[str]:
        return [argument.arg for argument in (*self.node.args.posonlyargs, *self.node.args.args)]

    @property
    def static(self) -> bool:
        return "staticmethod" in self._decorators

    @property
    def is_property(self) -> bool:
        return bool({"property", "cached_property"} & self._decorators)

    @property
    def _decorators(self) -> set[str]:
        return {getattr(one, "id", "") or getattr(one, "attr", "") for one in self.node.decorator_list}


class UserClass:
    """``bases`` are user classes and classes of TensorRT; ``attributes`` those of its objects too."""

    def __init__(self, node: ast.ClassDef, scope: Scope) -> None:
        self.node = node
        self.scope = scope
        self.attributes: dict[str, set[Type]] = {}
        self.bases: set[Type] = set()


class Bound(NamedTuple):
    """A method of a user's object; its first argument is taken."""

    function: UserFunction


class Object(NamedTuple):
    """An object of a user's class."""

    cls: UserClass


class UserModule(NamedTuple):
    """A checked file, imported by another."""

    scope: Scope


Type: TypeAlias = Trt | Items | Table | Known | UserFunction | UserClass | Bound | Object | UserModule
Types: TypeAlias = set[Type]
