"""C++ source as tokens, with the releases that each preprocessor condition leaves out."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|/\*.*?\*/|R\"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    r"|(?P<directive>^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<mark2>->|::|\+\+|--|[^\s\w])"
    r"|(?P<number>\w+)",
    re.DOTALL | re.MULTILINE,
)
_VERSION_MACRO = re.compile(r"\b(?:NV_TENSORRT|TRT)_(MAJOR|MINOR|PATCH)(?:_(?:ENTERPRISE|RTX))?\b")
# One number for a version: from 10 on as 100805 for 10.8.5, before as 8601 for 8.6.1.
_VERSION_NUMBER = re.compile(r"\bNV_TENSORRT_VERSION\b")
_VERSION_INT = re.compile(r"\bNV_TENSORRT_VERSION_INT\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_COMPARE: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Token:
    """``conditions`` are preprocessor conditions around it, each with the value that reaches it."""

    text: str
    line: int
    column: int
    word: bool
    conditions: tuple[tuple[str, bool], ...]


def tokenize(text: str) -> tuple[list[Token], list[Token], dict[str, str]]:
    """Tokens without comments and literals, included files by name alone, and the macros that are expressions."""
    tokens: list[Token] = []
    includes: list[Token] = []
    macros: dict[str, str] = {}
    stack: list[list[tuple[str, bool]]] = []
    line, start = 1, 0
    for found in _TOKEN.finditer(text):
        part, kind = found[0], found.lastgroup
        if kind == "directive":
            included = _directive(part, stack, macros)
            if included:
                column = found.start() - start + 1 + part.rindex(included)
                conditions = tuple(condition for level in stack for condition in level)
                includes.append(Token(included, line, column, True, conditions))
        elif kind in ("word", "mark2", "number"):
            conditions = tuple(condition for level in stack for condition in level)
            tokens.append(Token(part, line, found.start() - start + 1, kind == "word", conditions))
        newlines = part.count("\n")
        if newlines:
            line, start = line + newlines, found.start() + part.rindex("\n") + 1
    return tokens, includes, macros


def _directive(text: str, stack: list[list[tuple[str, bool]]], macros: dict[str, str]) -> str:
    """Enter or leave a condition, or note a macro; returns the name of an included file."""
    words = re.sub(r"\\\n|/\*.*?\*/|//.*", " ", text, flags=re.DOTALL).strip().lstrip("#").split(None, 1)
    name, rest = (words[0] if words else ""), (words[1].strip() if len(words) > 1 else "")
    if name in ("if", "ifdef", "ifndef"):
        stack.append([(rest if name == "if" else f"defined({rest})", name != "ifndef")])
    elif name == "elif" and stack:
        stack[-1] = [*_refused(stack[-1]), (rest, True)]
    elif name == "else" and stack:
        stack[-1] = _refused(stack[-1])
    elif name == "endif" and stack:
        stack.pop()
    elif name == "include":
        return rest.strip('<>"').rpartition("/")[2]
    elif name == "define":
        macro = re.match(r"(\w+)\s+(.+)", rest, re.DOTALL)
        if macro:
            macros[macro[1]] = macro[2]
    return ""


def _refused(conditions: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    last, value = conditions[-1]
    return [*conditions[:-1], (last, not value)]


def holds(condition: str, version: tuple[int, int, int], macros: dict[str, str]) -> bool | None:
    """What a preprocessor condition comes to on a version; None where it depends on something else."""
    for _ in range(3):
        condition = re.sub(
            r"\b[A-Za-z_]\w*\b", lambda word: f"({macros[word[0]]})" if word[0] in macros else word[0], condition
        )
        if len(condition) > _LONGEST:
            return None
    numbers = dict(zip(("MAJOR", "MINOR", "PATCH"), version, strict=True))
    text = _VERSION_MACRO.sub(lambda found: str(numbers[found[1]]), condition)
    text = _VERSION_INT.sub(lambda found: str(_number(int(found[1]), int(found[2]), int(found[3]))), text)
    text = _VERSION_NUMBER.sub(str(_number(*version)), text)
    text = re.sub(r"!(?!=)", " not ", text.replace("&&", " and ").replace("||", " or "))
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return None if value is None else bool(value)


def _number(major: int, minor: int, patch: int) -> int:
    return major * (10_000 if major >= 10 else 1000) + minor * 100 + patch


def _value(node: ast.expr) -> int | None:
    """Three-valued arithmetic of the preprocessor."""
    match node:
        case ast.Constant(value=int() as number):
            return int(number)
        case ast.UnaryOp(op=ast.Not()):
            inner = _value(node.operand)
            return None if inner is None else int(not inner)
        case ast.BoolOp():
            return _boolean([_value(part) for part in node.values], decides=isinstance(node.op, ast.Or))
        case ast.Compare(ops=[operation], comparators=[right]):
            ends = _value(node.left), _value(right)
            known = ends[0] is not None and ends[1] is not None
            return int(_COMPARE[type(operation)](ends[0] or 0, ends[1] or 0)) if known else None
        case ast.BinOp():
            ends = _value(node.left), _value(node.right)
            known = None not in ends and type(node.op) in _ARITHMETIC
            return _ARITHMETIC[type(node.op)](ends[0] or 0, ends[1] or 0) if known else None
    return None


def _boolean(values: list[int | None], *, decides: bool) -> int | None:
    if any(value is not None and bool(value) is decides for value in values):
        return int(decides)
    return None if None in values else int(not decides)
