"""Every use of TensorRT's API in a Python file, with the conditions under which it is reached."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from harness.api.constants import Conditions
from harness.api.declare import FIELDS
from harness.api.infer import TRT_MODULES, Inference
from harness.api.scopes import Object, Scope, Tag, Trt, Types, UserClass, UserFunction


class Guard(NamedTuple):
    """``node`` comes to ``expected`` where the use is reached."""

    node: ast.expr
    scope: Scope
    expected: bool


Guards = tuple[Guard, ...]
Call = tuple[int, frozenset[str]]


class Use(NamedTuple):
    """One use. ``owners`` are TensorRT's classes that the receiver can be (an empty name: the module).

    Where they are empty the receiver's type could not be followed. ``call`` holds the number of
    positional arguments and the keywords of a call whose arguments are all visible. ``within`` is the
    function that the use stands in. With ``refuses`` the use is no name: the user's own code ends there.
    """

    line: int
    column: int
    end_column: int
    name: str
    owners: frozenset[str]
    guards: Guards
    within: Scope
    called: bool = False
    call: Call | None = None
    writes: bool = False
    module: str = ""
    refuses: bool = False

    @property
    def symbols(self) -> list[str]:
        """The names that the use can mean."""
        return [f"{owner}.{self.name}" if owner else self.name for owner in sorted(self.owners)]


# Where the user's functions are named: under which conditions, and inside what.
Sites = dict[Scope, list[tuple[Guards, Scope]]]
_Block = Sequence[ast.stmt]
_ENDING = ("exit", "_exit", "abort")
_BLOCKS = ("body", "orelse", "finalbody")


class Collector:
    """Walks a module with its guards. Uses inside ``try: ... except AttributeError`` are left out."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._conditions = Conditions(inference)
        self.uses: list[Use] = []
        self.sites: Sites = {}

    def module(self, scope: Scope) -> list[Use]:
        """The uses of one file."""
        self.uses = []
        assert isinstance(scope.node, ast.Module)
        self._block(scope.node.body, scope, ())
        return self.uses

    def _block(self, body: _Block, scope: Scope, guards: Guards) -> None:
        for statement in body:
            self._visit(statement, scope, guards)
            if isinstance(statement, ast.If):
                if _ends(statement.body):
                    guards = self._after(statement, scope, guards)
                elif statement.orelse and _ends(statement.orelse):
                    guards = self._with(guards, statement.test, scope, expected=True)
            elif isinstance(statement, ast.Assert):
                guards = self._with(guards, statement.test, scope, expected=True)

    def _with(self, guards: Guards, test: ast.expr, scope: Scope, *, expected: bool) -> Guards:
        """One more guard, where the test can depend on the release."""
        return (*guards, Guard(test, scope, expected)) if self._conditions.depends(test, scope) else guards

    def _after(self, node: ast.If, scope: Scope, guards: Guards) -> Guards:
        """The guards behind an ``if`` that leaves; one that raises is a refusal of the releases it is true on."""
        if _refuses(node.body) and self._conditions.depends(node.test, scope):
            here = self._with(guards, node.test, scope, expected=True)
            end = len(ast.unparse(node.test)) + node.test.col_offset + 1
            found = Use(node.test.lineno, node.test.col_offset + 1, end, "", frozenset(), here, scope, refuses=True)
            self.uses.append(found)
        return self._with(guards, node.test, scope, expected=False)

    def _visit(self, node: object, scope: Scope, guards: Guards) -> None:
        """What stands in a field: a node of any kind, or none."""
        visit = _VISITS.get(type(node))
        if visit:
            visit(self, node, scope, guards)

    def _parts(self, node: ast.AST, scope: Scope, guards: Guards) -> None:
        for field in FIELDS[type(node)]:
            value = getattr(node, field, None)
            if type(value) is not list:
                self._visit(value, scope, guards)
            elif field in _BLOCKS:
                self._block(value, scope, guards)
            else:
                for part in value:
                    self._visit(part, scope, guards)

    def _if(self, node: ast.If, scope: Scope, guards: Guards) -> None:
        self._visit(node.test, scope, guards)
        self._block(node.body, scope, self._with(guards, node.test, scope, expected=True))
        self._block(node.orelse, scope, self._with(guards, node.test, scope, expected=False))

    def _enter(self, node: ast.With | ast.AsyncWith, scope: Scope, guards: Guards) -> None:
        if isinstance(node, ast.With) and any(_suppresses_attribute_errors(item.context_expr) for item in node.items):
            return
        self._parts(node, scope, guards)
        for item in node.items:
            self._record(item.context_expr, "__enter__", self._inference.types(item.context_expr, scope), guards, scope)

    def _definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: Scope, guards: Guards
    ) -> None:
        outside: list[ast.expr] = [*node.decorator_list]
        if isinstance(node, ast.ClassDef):
            outside += [*node.bases, *(keyword.value for keyword in node.keywords)]
        else:
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            outside += [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]
            outside += [one.annotation for one in arguments if one.annotation]
            outside += [node.returns] if node.returns else []
        for expression in outside:
            self._visit(expression, scope, guards)
        self._block(node.body, self._inference.scopes[node], guards)

    def _try(self, node: ast.Try, scope: Scope, guards: Guards) -> None:
        if not any(_catches_attribute_errors(handler) for handler in node.handlers):
            self._block(node.body, scope, guards)
        for body in (*(handler.body for handler in node.handlers), node.orelse, node.finalbody):
            self._block(body, scope, guards)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope, guards: Guards) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in TRT_MODULES:
                    self.uses.append(_use_at(alias, "", frozenset(), guards, scope, alias.name))
            return
        if (node.module or "").partition(".")[0] not in TRT_MODULES or node.level:
            return
        self.uses.append(_use_at(node, "", frozenset(), guards, scope, node.module or ""))
        owner = (node.module or "").partition(".")[2]
        for alias in node.names:
            if alias.name != "*":
                self.uses.append(_use_at(alias, alias.name, frozenset({owner}), guards, scope))

    def _either(self, node: ast.IfExp, scope: Scope, guards: Guards) -> None:
        self._visit(node.test, scope, guards)
        self._visit(node.body, scope, self._with(guards, node.test, scope, expected=True))
        self._visit(node.orelse, scope, self._with(guards, node.test, scope, expected=False))

    def _boolean(self, node: ast.BoolOp, scope: Scope, guards: Guards) -> None:
        for part in node.values:
            self._visit(part, scope, guards)
            guards = self._with(guards, part, scope, expected=isinstance(node.op, ast.And))

    def _name(self, node: ast.Name, scope: Scope, guards: Guards) -> None:
        for found in self._inference.types(node, scope):
            if isinstance(found, UserFunction):
                self.sites.setdefault(found.scope, []).append((guards, scope))

    def _call(self, node: ast.Call, scope: Scope, guards: Guards) -> None:
        if isinstance(node.func, ast.Attribute):
            self._attribute(node.func, scope, guards, node)
        else:
            self._visit(node.func, scope, guards)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("getattr", "setattr", "len") and node.args:
            attribute = node.args[1] if len(node.args) > 1 else None
            if name == "len":
                self._record(node, "__len__", self._inference.types(node.args[0], scope), guards, scope)
            elif isinstance(attribute, ast.Constant) and not (name == "getattr" and len(node.args) > 2):
                types = self._inference.types(node.args[0], scope)
                self._record(attribute, str(attribute.value), types, guards, scope)
        for part in (*node.args, *(keyword.value for keyword in node.keywords)):
            self._visit(part, scope, guards)

    def _attribute(self, node: ast.Attribute, scope: Scope, guards: Guards, call: ast.Call | None = None) -> None:
        self._visit(node.value, scope, guards)
        types = self._inference.types(node.value, scope)
        owners = self._owned(node.attr, types)
        if owners is None:
            return
        end = node.end_col_offset or node.col_offset
        place = (node.end_lineno or node.lineno, end - len(node.attr) + 1, end + 1)
        shape = _shape(call) if call else None
        writes = isinstance(node.ctx, ast.Store)
        self.uses.append(Use(*place, node.attr, owners, guards, scope, call is not None, shape, writes))

    def _record(self, node: ast.expr, name: str, types: Types, guards: Guards, scope: Scope) -> None:
        owners = self._owned(name, types)
        if owners is not None:
            self.uses.append(_use_at(node, name, owners, guards, scope))

    def _owned(self, name: str, types: Types) -> frozenset[str] | None:
        """TensorRT's classes that ``name`` is asked of, empty where that is not known; None where none is."""
        owners = frozenset(_owners(types, name))
        unknown = not types and not name.startswith("__") and name in self._inference.names.members
        return owners if owners or unknown else None


def _use_at(
    node: ast.expr | ast.alias | ast.stmt,
    name: str,
    owners: frozenset[str],
    guards: Guards,
    scope: Scope,
    module: str = "",
) -> Use:
    end = node.end_col_offset or node.col_offset
    if node.end_lineno != node.lineno:
        end = node.col_offset + 1
    return Use(node.lineno, node.col_offset + 1, end + 1, name, owners, guards, scope, module=module)


def _owners(types: Types, name: str) -> Iterator[str]:
    for value in types:
        if isinstance(value, Trt) and value.tag is not Tag.FUNCTION:
            yield value.name
        elif isinstance(value, (Object, UserClass)):
            cls = value.cls if isinstance(value, Object) else value
            yield from _inherited(cls, name, set())


def _inherited(cls: UserClass, name: str, seen: set[int]) -> Iterator[str]:
    """TensorRT's classes that a user's class takes ``name`` from; none where the user's code has it."""
    if name in cls.attributes or name in cls.scope.names or id(cls) in seen:
        return
    seen.add(id(cls))
    for base in cls.bases:
        if isinstance(base, Trt):
            yield base.name
        elif isinstance(base, UserClass):
            yield from _inherited(base, name, seen)


def _shape(node: ast.Call) -> Call | None:
    if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
        return None
    return len(node.args), frozenset(keyword.arg for keyword in node.keywords if keyword.arg)


def _refuses(body: _Block) -> bool:
    return isinstance(body[-1], (ast.Raise, ast.Expr))


def _ends(body: _Block) -> bool:
    last = body[-1] if body else None
    if isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return True
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and (getattr(call.func, "attr", "") or getattr(call.func, "id", "")) in _ENDING


def _suppresses_attribute_errors(node: ast.expr) -> bool:
    """``contextlib.suppress(AttributeError)``."""
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
    return name == "suppress" and any(map(_is_lookup_error, node.args))


def _is_lookup_error(node: ast.expr | None) -> bool:
    return getattr(node, "id", "") in ("AttributeError", "ImportError", "ModuleNotFoundError")


def _catches_attribute_errors(handler: ast.ExceptHandler) -> bool:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(_is_lookup_error(one) for one in types)


_VISITS: dict[type, Callable[[Collector, Any, Scope, Guards], None]] = {
    **{kind: Collector._parts for kind, fields in FIELDS.items() if fields},
    ast.If: Collector._if,
    ast.Try: Collector._try,
    ast.With: Collector._enter,
    ast.AsyncWith: Collector._enter,
    ast.FunctionDef: Collector._definition,
    ast.AsyncFunctionDef: Collector._definition,
    ast.ClassDef: Collector._definition,
    ast.Import: Collector._import,
    ast.ImportFrom: Collector._import,
    ast.IfExp: Collector._either,
    ast.BoolOp: Collector._boolean,
    ast.Attribute: Collector._attribute,
    ast.Name: Collector._name,
    ast.Call: Collector._call,
}
