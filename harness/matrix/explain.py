"""Turn a type error of msgspec into words for people: place, value, what was expected, the nearest valid one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import msgspec

from harness.errors import ConfigError
from harness.matrix.schema import EXPECTED, MatrixModel
from harness.matrix.yaml_tree import Node
from harness.neutral import one_line

Steps = tuple[str | int, ...]

_AT = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[A-Za-z_]+)|\[(?P<index>[0-9]+)\]")
_FIELD = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)
_REGEX = re.compile(r"Expected `str` matching regex (?P<quoted>'.*'|\".*\")$", re.DOTALL)
_TYPES = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping of keys to values",
    "null": "nothing",
}


def find(tree: Node, steps: Steps, *, key: bool = False) -> tuple[int, int]:
    """Line and column of the value that ``steps`` lead to (or of its key), or of the last one that is there."""
    node = tree
    place = (tree.line, tree.column)
    for step in steps:
        if isinstance(step, int):
            if node.items is None or step >= len(node.items):
                break
            node = node.items[step]
        else:
            if node.entries is None or step not in node.entries:
                break
            if key and node.keys is not None and step == steps[-1]:
                return node.keys[step]
            node = node.entries[step]
        place = (node.line, node.column)
    return place


def explain(error: msgspec.ValidationError, tree: Node, file: str) -> ConfigError:
    """The same error with file, line and column, and a suggestion where there is one."""
    text = str(error)
    found = _AT.search(text)
    steps = _steps(found["path"]) if found else ()
    text = text[: found.start()] if found else text
    field = _FIELD.fullmatch(text)
    if field and field["what"] == "contains unknown":
        steps, message = (*steps, field["name"]), _unknown(steps, field["name"])
        line, column = find(tree, steps, key=True)
    else:
        message = f"{dotted(steps)}: {field['name']} is missing" if field else _value(text, tree, steps)
        line, column = find(tree, steps)
    return ConfigError(message, file=file, line=line, column=column)


def dotted(steps: Steps) -> str:
    """``grids[0].axes.version``; the file itself is ``the matrix``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "the matrix"


def shown(node: Node | None) -> str:
    """A value for an error message: short, quoted, nothing in it can steer a terminal."""
    if node is None:
        return "nothing"
    if node.entries is not None or node.items is not None:
        return "a list" if node.items is not None else "a mapping"
    raw = node.raw if len(node.raw) <= 60 else node.raw[:57] + "..."
    return ascii(raw) if isinstance(node.value, str) else one_line(raw) or "nothing"


def _unknown(steps: Steps, name: str) -> str:
    known = [field.encode_name for field in _fields(_type_at(steps))]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here are {', '.join(known)}"
    return f"{dotted(steps)}: unknown key {ascii(name)[:60]}; {hint}"


def _value(text: str, tree: Node, steps: Steps) -> str:
    node = _node(tree, steps)
    where = f"{dotted(steps)}: {shown(node)}"
    regex = _REGEX.fullmatch(text)
    types = _TYPES.fullmatch(text)
    if regex:
        pattern = regex["quoted"][1:-1].replace("\\\\", "\\")
        return f"{where} is not {EXPECTED.get(pattern, 'of the expected form')}"
    if text.startswith("Invalid enum value"):
        return f"{where} is not {_choice(steps, node)}"
    if text.startswith("Invalid RFC3339"):
        return f"{where} is not a date such as 2027-03-31"
    if types:
        wanted = " or ".join(_WORDS.get(word, word) for word in types["expected"].split(" | ") if word != "null")
        quote = "; write it in quotes" if wanted == "a text" and types["got"] in ("int", "float", "bool") else ""
        return f"{where} is not {wanted}{quote}"
    return f"{where}: {text[0].lower()}{text[1:].replace('`', '')}"


def _choice(steps: Steps, node: Node | None) -> str:
    choices = [str(choice) for choice in _choices(_type_at(steps))]
    near = difflib.get_close_matches(node.raw if node else "", choices, n=1, cutoff=0.4)
    return f"one of {', '.join(choices)}" + (f"; the nearest is {near[0]}" if near else "")


def _steps(path: str) -> Steps:
    return tuple(found["name"] or int(found["index"]) for found in _STEP.finditer(path))


def _node(tree: Node, steps: Steps) -> Node | None:
    node: Node | None = tree
    for step in steps:
        if node is None:
            return None
        if isinstance(step, int):
            node = node.items[step] if node.items and step < len(node.items) else None
        else:
            node = (node.entries or {}).get(step)
    return node


def _type_at(steps: Steps) -> msgspec.inspect.Type | None:
    """The schema's type where ``steps`` lead, ``None`` inside free values."""
    kind: msgspec.inspect.Type | None = msgspec.inspect.type_info(MatrixModel)
    for step in steps:
        kind = _plain_type(kind)
        if isinstance(step, int):
            kind = kind.item_type if isinstance(kind, msgspec.inspect.ListType) else None
        else:
            kind = next((field.type for field in _fields(kind) if field.encode_name == step), None)
    return _plain_type(kind)


def _plain_type(kind: msgspec.inspect.Type | None) -> msgspec.inspect.Type | None:
    while isinstance(kind, msgspec.inspect.Metadata | msgspec.inspect.UnionType):
        if isinstance(kind, msgspec.inspect.Metadata):
            kind = kind.type
        else:
            kind = next(one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType))
    return kind


def _fields(kind: msgspec.inspect.Type | None) -> tuple[msgspec.inspect.Field, ...]:
    return kind.fields if isinstance(kind, msgspec.inspect.StructType) else ()


def _choices(kind: msgspec.inspect.Type | None) -> Iterator[object]:
    if isinstance(kind, msgspec.inspect.EnumType):
        yield from (member.value for member in kind.cls)
    elif isinstance(kind, msgspec.inspect.LiteralType):
        yield from kind.values
