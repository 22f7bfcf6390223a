"""YAML with the line and column of every value, read within limits.

The parser's events are taken one by one, so that a deep or self-repeating document is refused before it costs
memory. Values are those of JSON (YAML 1.2's core schema): ``no`` and ``2027-01-31`` are texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from harness.errors import ConfigError
from harness.neutral import one_line

MAX_BYTES = 1024 * 1024
MAX_NODES = 100_000
MAX_DEPTH = 24

Scalar = str | int | float | bool | None

_INT = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", re.ASCII)
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class Node:
    """One value and where it stands; ``raw`` is a scalar's text as written. Lines and columns count from 1."""

    line: int
    column: int
    raw: str = ""
    value: Scalar = None
    items: list[Node] | None = None
    entries: dict[str, Node] | None = None
    keys: dict[str, tuple[int, int]] | None = None
    height: int = 0

    def children(self) -> list[Node]:
        return self.items or list((self.entries or {}).values())

    def plain(self) -> object:
        """The value without its places."""
        if self.entries is not None:
            return {key: node.plain() for key, node in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.value


def parse(data: bytes, file: str) -> Node:
    """Read one document. Raises ``ConfigError`` with the place of what is wrong."""
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{len(data)} bytes are more than the {MAX_BYTES} that a matrix may have", file=file)
    reader = _Reader(_events(_text(data, file), file), file)
    return reader.document()


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        byte = data[error.start]
        message = f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
        raise ConfigError(message, file=file, line=line, column=column) from None


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=yaml.CSafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        reason = f"not YAML: {one_line(str(error.reason))}"
        raise ConfigError(reason, file=file, line=line, column=column) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = {} if mark is None else {"line": mark.line + 1, "column": mark.column + 1}
        raise ConfigError(f"not YAML: {one_line(error.problem or 'unreadable')}", file=file, **place) from None


class _Reader:
    """Builds the tree from events; depth is bounded, so recursion is safe."""

    def __init__(self, events: Iterator[yaml.Event], file: str) -> None:
        self._events = events
        self._file = file
        self._anchors: dict[str, Node] = {}
        self._sizes: dict[str, int] = {}
        self._nodes = 0

    def document(self) -> Node:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
            if isinstance(event, yaml.StreamEndEvent):
                raise ConfigError("the file is empty; it should begin with version: 1", file=self._file)
        root = self._node(next(self._events), 0)
        next(self._events)
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            raise self._error(after, "a second document begins here; a matrix is one document")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        assert isinstance(event, yaml.NodeEvent)
        self._count(event, 1)
        self._depth(event, depth)
        before = self._nodes
        node = Node(*_place(event))
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise self._error(event, f"tag {one_line(str(tag))!r} is not allowed; a matrix holds plain values")
        if isinstance(event, yaml.ScalarEvent):
            node.raw = event.value
            node.value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node.items = list(self._items(depth))
        else:
            self._mapping(node, depth)
        node.height = 1 + max((child.height for child in node.children()), default=-1)
        if event.anchor:
            self._anchors[event.anchor] = node
            self._sizes[event.anchor] = self._nodes - before + 1
        return node

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        name = event.anchor or ""
        node = self._anchors.get(name)
        if node is None:
            raise self._error(event, f"alias *{one_line(name)} has no anchor before it")
        self._count(event, self._sizes[name])
        self._depth(event, depth + node.height)
        return node

    def _items(self, depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, depth + 1)

    def _mapping(self, node: Node, depth: int) -> None:
        entries: dict[str, Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            if key in entries:
                raise self._error(event, f"key {key!r} stands here a second time; first in line {keys[key][0]}")
            keys[key] = _place(event)
            entries[key] = self._node(next(self._events), depth + 1)
        node.entries, node.keys = entries, keys

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag not in (None, "!"):
            raise self._error(event, "a key must be a plain word")
        self._count(event, 1)
        return one_line(event.value[:200])

    def _depth(self, event: yaml.Event, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self._error(event, f"nested more than {MAX_DEPTH} deep")

    def _count(self, event: yaml.Event, number: int) -> None:
        self._nodes += number
        if self._nodes > MAX_NODES:
            raise self._error(event, f"more than {MAX_NODES} values, aliases written out; a matrix is smaller")

    def _error(self, event: yaml.Event, message: str) -> ConfigError:
        line, column = _place(event)
        return ConfigError(message, file=self._file, line=line, column=column)


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
