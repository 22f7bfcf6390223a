"""The types of an expression in a Python file, from what is known of its scopes."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from typing import Any

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
    Type,
    Types,
    UserClass,
    UserFunction,
    UserModule,
)

OTHER: Types = {Known.OTHER}
_OF_TABLES = ("get", "pop", "setdefault", "values", "items")


class Expressions:
    """Answers with the types that an expression can have; empty where nothing is known."""

    def __init__(self, names: Names) -> None:
        self.names = names

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
            return self.attribute(star, node.id)
        return OTHER if hasattr(builtins, node.id) else set()

    def _types_attribute(self, node: ast.Attribute, scope: Scope) -> Types:
        return self.attribute(self.types(node.value, scope), node.attr)

    def attribute(self, values: Types, name: str) -> Types:
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
            return own if isinstance(value, UserClass) else {found for one in own for found in _bound(one)}
        found: Types = set()
        for base in cls.bases:
            if isinstance(base, UserClass) and base is not cls:
                found |= self._user_attribute(Object(base) if isinstance(value, Object) else base, name)
            elif isinstance(base, Trt):
                found |= self.names.attribute(Trt(Tag.INSTANCE, base.name), name)
        return found

    def _types_call(self, node: ast.Call, scope: Scope) -> Types:
        found: Types = set()
        if isinstance(node.func, ast.Attribute) and node.func.attr in _OF_TABLES:
            found |= self._table_call(node.func, node.args, scope)
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
            return self.attribute(self.types(node.args[0], scope), str(node.args[1].value))
        if name in ("list", "tuple", "reversed", "sorted", "iter", "next") and node.args:
            found = self.types(node.args[0], scope)
            return self.elements(found) if name == "next" else {one for one in found if isinstance(one, Items)}
        if name == "enumerate" and node.args:
            element = frozenset(self.elements(self.types(node.args[0], scope)))
            return {Items((frozenset({Items((frozenset(OTHER), element), fixed=True)}),), fixed=False)}
        if name == "zip":
            places = tuple(frozenset(self.elements(self.types(argument, scope))) for argument in node.args)
            return {Items((frozenset({Items(places, fixed=True)}),), fixed=False)}
        return OTHER

    def _types_sequence(self, node: ast.Tuple | ast.List, scope: Scope) -> Types:
        places = tuple(frozenset(self.types(element, scope)) for element in node.elts)
        if isinstance(node, ast.List):
            return {Items((frozenset().union(*places),), fixed=False)}
        return {Items(places, fixed=True)}

    def _types_comprehension(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Types:
        return {Items((frozenset(self.types(node.elt, scope)),), fixed=False)}

    def _types_dict(self, node: ast.Dict, scope: Scope) -> Types:
        rows = {
            (_key(key), frozenset(self.types(value, scope))) for key, value in zip(node.keys, node.values, strict=True)
        }
        return {Table(frozenset(rows))}

    def _types_dict_comprehension(self, node: ast.DictComp, scope: Scope) -> Types:
        return {Table(frozenset({("", frozenset(self.types(node.value, scope)))}))}

    def _table_call(self, method: ast.Attribute, arguments: list[ast.expr], scope: Scope) -> Types:
        """``d.get(key)`` and the like, ``d.values()``, ``d.items()``."""
        tables = {one for one in self.types(method.value, scope) if isinstance(one, Table)}
        if not tables:
            return set()
        key = arguments[0] if method.attr in ("get", "pop", "setdefault") and arguments else None
        found = frozenset({one for table in tables for one in _row(table, _key(key))})
        if method.attr == "values":
            return {Items((found,), fixed=False)}
        if method.attr == "items":
            return {Items((frozenset({Items((frozenset(OTHER), found), fixed=True)}),), fixed=False)}
        return set(found)

    def _types_subscript(self, node: ast.Subscript, scope: Scope) -> Types:
        place = node.slice.value if isinstance(node.slice, ast.Constant) else None
        values = self.types(node.value, scope)
        rows = {found for one in values if isinstance(one, Table) for found in _row(one, _key(node.slice))}
        return rows | self.element(values, place if isinstance(place, int) else None)

    def element(self, values: Types, place: int | None) -> Types:
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
            elif isinstance(value, Table) and place is None:
                found |= OTHER  # a loop over a dictionary gives its keys
        return found

    def elements(self, values: Types) -> Types:
        return self.element(values, None)

    def _types_either(self, node: ast.IfExp | ast.BoolOp, scope: Scope) -> Types:
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        return {found for part in parts for found in self.types(part, scope)}

    def _types_passed_on(self, node: ast.NamedExpr | ast.Await | ast.Starred, scope: Scope) -> Types:
        return self.types(node.value, scope)

    def _types_other(self, _node: ast.expr, _scope: Scope) -> Types:
        return OTHER

    def annotation(self, node: ast.expr, scope: Scope) -> Types:
        """Objects of the classes that an annotation names; also where it is written as a string."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return set()
        if isinstance(node, ast.BinOp):
            return self.annotation(node.left, scope) | self.annotation(node.right, scope)
        if isinstance(node, ast.Subscript):
            inner = self.annotation(node.slice, scope)
            name = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
            return inner if name in ("Optional", "Union") else {Items((frozenset(inner),), fixed=False)}
        if isinstance(node, ast.Tuple):
            return {found for element in node.elts for found in self.annotation(element, scope)}
        return {found for value in self.types(node, scope) for found in self._instance(value)}

    def _instance(self, value: object) -> Iterator[Object | Trt | Known]:
        if isinstance(value, UserClass):
            yield Object(value)
        elif isinstance(value, Trt) and value.tag is Tag.CLASS:
            yield Trt(Tag.INSTANCE, value.name)

    def entered(self, value: object) -> Types:
        """What ``with value as x`` gives to ``x``."""
        if isinstance(value, Object):
            enter = value.cls.attributes.get("__enter__", set())
            return {found for one in enter if isinstance(one, UserFunction) for found in one.returns} or {value}
        return {value} if isinstance(value, Trt) or value is Known.OTHER else set()


class Settled(Expressions):
    """The same once no name gets another type any more: each answer is worked out once."""

    def __init__(self, names: Names) -> None:
        super().__init__(names)
        self._known: dict[tuple[ast.expr, Scope], Types] = {}

    def types(self, node: ast.expr, scope: Scope) -> Types:
        if type(node) is ast.Name:
            return self._types_name(node, scope)
        found = self._known.get((node, scope))
        if found is None:
            found = self._known[node, scope] = super().types(node, scope)
        return found


def _bound(value: Type) -> Types:
    """A member as an object of the class has it: a method takes the object, a property is what it returns."""
    if not isinstance(value, UserFunction):
        return {value}
    return value.returns if value.is_property else {Bound(value)}


def _key(node: ast.expr | None) -> str:
    return repr(node.value) if isinstance(node, ast.Constant) else ""


def _row(table: Table, key: str) -> Types:
    """What may stand under a key; under any of them where the key is not written out."""
    return {found for name, types in table.rows if not key or name in ("", key) for found in types}


_ASKERS: dict[type[ast.expr], Callable[[Expressions, Any, Scope], Types]] = {
    ast.Name: Expressions._types_name,
    ast.Attribute: Expressions._types_attribute,
    ast.Call: Expressions._types_call,
    ast.Tuple: Expressions._types_sequence,
    ast.List: Expressions._types_sequence,
    ast.ListComp: Expressions._types_comprehension,
    ast.GeneratorExp: Expressions._types_comprehension,
    ast.Subscript: Expressions._types_subscript,
    ast.IfExp: Expressions._types_either,
    ast.BoolOp: Expressions._types_either,
    ast.NamedExpr: Expressions._types_passed_on,
    ast.Await: Expressions._types_passed_on,
    ast.Starred: Expressions._types_passed_on,
    ast.Constant: Expressions._types_other,
    ast.JoinedStr: Expressions._types_other,
    ast.BinOp: Expressions._types_other,
    ast.UnaryOp: Expressions._types_other,
    ast.Compare: Expressions._types_other,
    ast.Dict: Expressions._types_dict,
    ast.DictComp: Expressions._types_dict_comprehension,
    ast.Set: Expressions._types_other,
    ast.Lambda: Expressions._types_other,
}
