"""What a condition of the user's code comes to on one release: version guards and ``hasattr``.

A small evaluator of expressions over ``tensorrt.__version__``. Nothing of the user's is executed: only the
operations below are known, and all else is ``UNKNOWN``.
"""

from __future__ import annotations

import ast
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from harness.api.declare import FIELDS
from harness.api.infer import Inference
from harness.api.scopes import Object, Scope, Tag, Trt, UserClass, UserFunction
from harness.support.surfaces import Surface

UNKNOWN: Final = object()
_DEPTH = 20
_LONGEST = 10_000
_SHORT = 4  # statements of a function that only works out a version
_VERSION_NAMES = ("Version", "parse", "parse_version", "LooseVersion", "StrictVersion")
_METHODS = ("split", "startswith", "endswith", "replace", "strip", "rsplit", "partition", "join", "lower", "group")
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def _version(text: str) -> Any:
    """Imported here: most code asks for none, and it takes 4 ms."""
    from packaging.version import Version

    return Version(text)


def _is_version(value: Any) -> bool:
    module = sys.modules.get("packaging.version")
    return module is not None and isinstance(value, module.Version)


_CALLS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(_VERSION_NAMES, _version),
    "int": int,
    "float": float,
    "str": str,
    "tuple": tuple,
    "list": list,
    "len": len,
    "bool": bool,
    "map": lambda function, values: [function(value) for value in values],
    "min": min,
    "max": max,
}


class _Place(NamedTuple):
    """Where an expression is evaluated: its scope and the variables of comprehensions around it."""

    scope: Scope
    bound: Mapping[str, Any] = MappingProxyType({})
    depth: int = 0


class Conditions:
    """Tells which conditions can depend on the release at all."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._known: dict[ast.AST, bool] = {}

    def depends(self, node: ast.AST, scope: Scope) -> bool:
        """True where ``node`` asks for the version or for an attribute, itself or by a name that it uses."""
        if node not in self._known:
            self._known[node] = False  # a name that is made of itself
            self._known[node] = any(self._asks(part, scope) for part in _askers(node))
        return self._known[node]

    def _asks(self, node: ast.AST, scope: Scope) -> bool:
        if isinstance(node, ast.Attribute):
            return node.attr == "__version__" and bool(self._inference.types(node.value, scope))
        if not isinstance(node, ast.Name):
            return False
        if node.id == "hasattr":
            return True
        home = scope.find(node.id)
        if home is None:
            return False
        functions = [one for one in home.names[node.id] if isinstance(one, UserFunction)]
        return any(self.depends(value, home) for value in home.assigned.get(node.id, [])[:1]) or any(
            self.depends(one.node, one.scope) for one in functions if len(one.node.body) <= _SHORT
        )


def _askers(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that can ask for something: all but operators and the like."""
    yield node
    for field in FIELDS[type(node)]:
        value = getattr(node, field, None)
        for part in value if type(value) is list else (value,):
            if isinstance(part, ast.AST):
                yield from _askers(part)


class Constants:
    """Evaluates conditions as one release would."""

    def __init__(self, inference: Inference, surface: Surface) -> None:
        self._inference = inference
        self._surface = surface
        self._version = surface.source.build.partition(".post")[0]
        self._truths: dict[ast.expr, bool | None] = {}

    def truth(self, node: ast.expr, scope: Scope) -> bool | None:
        """True, False, or None where it cannot be known."""
        if node not in self._truths:
            value = self._value(node, _Place(scope))
            self._truths[node] = None if value is UNKNOWN else bool(value)
        return self._truths[node]

    def _value(self, node: ast.expr, at: _Place) -> Any:
        if at.depth > _DEPTH:
            return UNKNOWN
        try:
            return self._evaluate(node, at._replace(depth=at.depth + 1))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return UNKNOWN

    def _evaluate(self, node: ast.expr, at: _Place) -> Any:
        evaluate = _EVALUATORS.get(type(node))
        return evaluate(self, node, at) if evaluate else UNKNOWN

    def _constant(self, node: ast.Constant, _at: _Place) -> Any:
        return node.value

    def _sequence(self, node: ast.Tuple | ast.List, at: _Place) -> Any:
        return _whole(tuple(self._value(element, at) for element in node.elts))

    def _subscript(self, node: ast.Subscript, at: _Place) -> Any:
        return _whole((self._value(node.value, at), self._value(node.slice, at)), operator.getitem)

    def _slice(self, node: ast.Slice, at: _Place) -> Any:
        ends = (None if end is None else self._value(end, at) for end in (node.lower, node.upper, node.step))
        return _whole(tuple(ends), slice)

    def _unary(self, node: ast.UnaryOp, at: _Place) -> Any:
        return _whole((self._value(node.operand, at),), operator.not_) if isinstance(node.op, ast.Not) else UNKNOWN

    def _binary(self, node: ast.BinOp, at: _Place) -> Any:
        if not isinstance(node.op, ast.Add):
            return UNKNOWN
        return _whole((self._value(node.left, at), self._value(node.right, at)), operator.add)

    def _compare(self, node: ast.Compare, at: _Place) -> Any:
        return _chain([self._value(part, at) for part in (node.left, *node.comparators)], node.ops)

    def _name(self, node: ast.Name, at: _Place) -> Any:
        """The value of a name that is assigned once."""
        if node.id in at.bound:
            return at.bound[node.id]
        home = at.scope.find(node.id)
        if home is None:
            return UNKNOWN
        values = [self._value(value, _Place(home, depth=at.depth)) for value in home.assigned.get(node.id, [])]
        return values[0] if len(values) == 1 else UNKNOWN

    def _attribute(self, node: ast.Attribute, at: _Place) -> Any:
        if node.attr == "__version__" and Trt(Tag.MODULE, "") in self._inference.types(node.value, at.scope):
            return self._version
        value = self._value(node.value, at)
        if _is_version(value) and node.attr in ("major", "minor", "micro", "release", "base_version"):
            return getattr(value, node.attr)
        return UNKNOWN

    def _boolean(self, node: ast.BoolOp, at: _Place) -> Any:
        """Three-valued: one false part decides an ``and``, one true part an ``or``."""
        values = [self._value(part, at) for part in node.values]
        decides = isinstance(node.op, ast.Or)
        if any(value is not UNKNOWN and bool(value) is decides for value in values):
            return decides
        return UNKNOWN if UNKNOWN in values else not decides

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp, at: _Place) -> Any:
        generator = node.generators[0]
        values = self._value(generator.iter, at)
        if len(node.generators) > 1 or generator.ifs or values is UNKNOWN or not isinstance(generator.target, ast.Name):
            return UNKNOWN
        name = generator.target.id
        inner = [at._replace(bound={**at.bound, name: one}) for one in values[:_LONGEST]]
        return _whole(tuple(self._value(node.elt, place) for place in inner))

    def _call(self, node: ast.Call, at: _Place) -> Any:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "hasattr" and len(node.args) == 2:
            return self._hasattr(node, at)
        user = [one for one in self._inference.types(node.func, at.scope) if isinstance(one, UserFunction)]
        if user:
            return self._user_call(user[0], at) if len(user) == 1 and not node.args else UNKNOWN
        arguments = tuple(
            _CALLS.get(argument.id, UNKNOWN)
            if isinstance(argument, ast.Name) and argument.id in ("int", "str", "float")
            else self._value(argument, at)
            for argument in node.args
        )
        if isinstance(node.func, ast.Attribute) and name in _METHODS:
            owner = self._value(node.func.value, at)
            return _whole((owner, *arguments), lambda text, *rest: getattr(_text(text), name)(*rest))
        return _whole(arguments, _CALLS[name]) if name in _CALLS and not node.keywords else UNKNOWN

    def _user_call(self, function: UserFunction, at: _Place) -> Any:
        """A function of the user's that takes nothing and only returns an expression."""
        body = [one for one in function.node.body if not isinstance(one, (ast.Import, ast.ImportFrom, ast.Expr))]
        if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value:
            return self._value(body[0].value, _Place(function.scope, depth=at.depth))
        return UNKNOWN

    def _hasattr(self, node: ast.Call, at: _Place) -> Any:
        name = self._value(node.args[1], at)
        symbols = _asked_for(self._inference, node.args[0], name, at.scope) if isinstance(name, str) else []
        return any(map(self._surface.has, symbols)) if symbols else UNKNOWN


def absence_test(inference: Inference, node: ast.expr, scope: Scope) -> list[str]:
    """The names of which ``hasattr(x, "name")`` wants one; empty for any other expression, and where it is unknown."""
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "hasattr" or len(node.args) != 2:
        return []
    name = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
    return _asked_for(inference, node.args[0], name, scope) if isinstance(name, str) else []


def _asked_for(inference: Inference, node: ast.expr, name: str, scope: Scope) -> list[str]:
    owners = inference.types(node, scope)
    ours = [owner for owner in owners if isinstance(owner, Trt) and owner.tag is not Tag.FUNCTION]
    if ours:
        return [f"{owner.name}.{name}" if owner.name else name for owner in ours]
    if any(isinstance(owner, (Object, UserClass)) for owner in owners):
        return []
    return [f"{cls}.{name}" for cls in inference.names.members.get(name, ())]


def _whole(values: tuple[Any, ...], make: Callable[..., Any] = lambda *values: values) -> Any:
    """``make(*values)``, or UNKNOWN where one of them is."""
    return UNKNOWN if any(value is UNKNOWN for value in values) else make(*values)


def _chain(values: list[Any], operators: list[ast.cmpop]) -> Any:
    results = [
        _whole(_alike(left, right), _COMPARE[type(operation)])
        for left, right, operation in zip(values, values[1:], operators, strict=False)
    ]
    if any(result is not UNKNOWN and not result for result in results):
        return False
    return UNKNOWN if UNKNOWN in results else True


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """A version compared with a text is compared with the version that it names."""
    if _is_version(left) and isinstance(right, str):
        return left, _version(right)
    if _is_version(right) and isinstance(left, str):
        return _version(left), right
    return left, right


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise TypeError
    return value


_EVALUATORS: dict[type[ast.expr], Callable[[Constants, Any, _Place], Any]] = {
    ast.Constant: Constants._constant,
    ast.Name: Constants._name,
    ast.Attribute: Constants._attribute,
    ast.Tuple: Constants._sequence,
    ast.List: Constants._sequence,
    ast.Subscript: Constants._subscript,
    ast.Slice: Constants._slice,
    ast.UnaryOp: Constants._unary,
    ast.BoolOp: Constants._boolean,
    ast.Compare: Constants._compare,
    ast.BinOp: Constants._binary,
    ast.ListComp: Constants._comprehension,
    ast.GeneratorExp: Constants._comprehension,
    ast.Call: Constants._call,
}
