"""What the checker knows of a Python file: scopes, functions, classes, and types as sets of small values."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Tag(StrEnum):  # its hash is that of str, not a function of Python
    MODULE = "module"  # tensorrt itself, or a subpackage of it
    CLASS = "class"  # a class of TensorRT
    INSTANCE = "instance"  # an object of a class of TensorRT
    FUNCTION = "function"  # a function or a bound method of TensorRT


@dataclass(frozen=True, slots=True)
class Trt:
    """Something of TensorRT's, under its name: ``Builder``, ``Builder.create_network``; empty for the module."""

    tag: Tag
    name: str


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence: of any length with one set of types, or a tuple with a set for each place."""

    places: tuple[frozenset[Type], ...]
    fixed: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A dictionary: the types of its values by their keys; an empty key stands for those that are not written out."""

    rows: frozenset[tuple[str, frozenset[Type]]]


class Known(StrEnum):
    """Not TensorRT's: a literal, a result of the standard library, numpy, ..."""

    OTHER = "other"


@dataclass(eq=False)
class Scope:
    """The names of a module, a function or a class. Flow-insensitive: a name has all types it ever gets."""

    node: ast.AST
    parent: Scope | None
    names: dict[str, set[Type]] = field(default_factory=dict)
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)  # named by global or nonlocal
    owner: UserClass | None = None

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


@dataclass(eq=False)
class UserFunction:
    node: ast.FunctionDef | ast.AsyncFunctionDef
    scope: Scope
    owner: UserClass | None
    returns: set[Type] = field(default_factory=set)

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


@dataclass(eq=False)
class UserClass:
    """``bases`` are user classes and classes of TensorRT; ``attributes`` those of its objects too."""

    node: ast.ClassDef
    scope: Scope
    attributes: dict[str, set[Type]] = field(default_factory=dict)
    bases: set[Type] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of a user's object; its first argument is taken."""

    function: UserFunction


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a user's class."""

    cls: UserClass


@dataclass(frozen=True, slots=True)
class UserModule:
    """A checked file, imported by another."""

    scope: Scope


Type: TypeAlias = Trt | Items | Table | Known | UserFunction | UserClass | Bound | Object | UserModule
Types: TypeAlias = set[Type]
