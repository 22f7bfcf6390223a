"""Types of a C++ file's variables, as far as a tokenizer can tell them: from declarations and from calls."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property

from harness.api.cpp_tokens import Token
from harness.support.surfaces import Surfaces

_POINTER = re.compile(r"-> (?:const )?(\w+)(?: const)? ?[*&]")
_CLOSE = {")": "(", "]": "[", "}": "{", ">": "<"}


class CppNames:
    """Questions about TensorRT's C++ names, over all releases."""

    def __init__(self, surfaces: Surfaces) -> None:
        self._surfaces = surfaces
        self._symbols = surfaces.data.symbols

    def is_class(self, name: str) -> bool:
        symbol = self._symbols.get(name)
        return symbol is not None and symbol.kind in ("class", "alias", "enum")

    @cached_property
    def members(self) -> dict[str, set[str]]:
        """For each member's name, the classes that have had it."""
        found: dict[str, set[str]] = defaultdict(set)
        for name, symbol in self._symbols.items():
            owner, dot, member = name.rpartition(".")
            if dot and symbol.kind != "header":
                found[member].add(owner)
        return found

    def functions(self, name: str) -> bool:
        symbol = self._symbols.get(name)
        return symbol is not None and symbol.kind == "function"

    def returns(self, cls: str, method: str) -> set[str]:
        """The classes that a method returns a pointer or a reference to."""
        owners = [cls, *(base for signature in self._signatures(cls) for base in signature.split(", ") if base)]
        texts = [text for owner in owners for text in self._signatures(f"{owner}.{method}")]
        return {name for text in texts for name in _POINTER.findall(text) if self.is_class(name)}

    def function_returns(self, name: str) -> set[str]:
        return {found for text in self._signatures(name) for found in _POINTER.findall(text) if self.is_class(found)}

    def _signatures(self, name: str) -> list[str]:
        symbol = self._symbols.get(name)
        return [self._surfaces.data.signatures[index] for _, index in symbol.variants] if symbol else []


class Variables:
    """The classes that each name of a file can have; flow-insensitive. ``includes`` bring more names."""

    def __init__(self, tokens: list[Token], names: CppNames, includes: list[Variables]) -> None:
        self.tokens = tokens
        self._names = names
        self._types: dict[str, set[str]] = defaultdict(set)
        for other in includes:
            for name, types in other._types.items():
                self._types[name] |= types
        for index in range(len(tokens)):
            self._declaration(index)
        for _ in range(2):
            for index in range(len(tokens)):
                self._assignment(index)

    def _text(self, index: int) -> str:
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _declaration(self, index: int) -> None:
        """``IBuilder* builder``, ``const ITensor& input``, ``TrtUniquePtr<nvinfer1::IRuntime> runtime``."""
        name = self._text(index)
        if not (self.tokens[index].word and self._names.is_class(name)):
            return
        at, pointer = index + 1, False
        while self._text(at) in ("*", "&", "const"):
            at, pointer = at + 1, True
        if self._text(at) in (">", ","):
            while self._text(at) not in (">", ";", "{", "(", ""):
                at += 1
            at, pointer = at + 1, True
            while self._text(at) in ("*", "&", ">"):
                at += 1
        if (
            0 <= at < len(self.tokens)
            and self.tokens[at].word
            and (pointer or self._text(at + 1) in ("=", ";", "{", ",", ")"))
        ):
            self._types[self._text(at)].add(name)

    def _assignment(self, index: int) -> None:
        """``auto x = expression;``, ``x = expression;``, ``x{expression}``, ``x.reset(expression)``."""
        if not self.tokens[index].word:
            return
        if self._text(index + 1) == "=" and self._text(index + 2) != "=":
            start = index + 2
        elif self._text(index + 1) == "." and self._text(index + 2) == "reset" and self._text(index + 3) == "(":
            start = index + 4
        elif self._text(index - 1) in ("auto", "*", "&", ">") and self._text(index + 1) in ("{", "("):
            start = index + 2
        else:
            return
        self._types[self._text(index)] |= self._expression(start)

    def _expression(self, start: int) -> set[str]:
        """The classes of the expression that begins here: its last call, or the class that it makes."""
        end, depth, found = start, 0, set[str]()
        while end < len(self.tokens) and end - start < 200:
            text = self._text(end)
            depth += (text in "([{") - (text in ")]}")
            if text in (";", "") or depth < 0 or (depth == 0 and text in (",", "?")):
                break
            end += 1
        if self._text(end - 1) == ")":
            found = self.call(end - 1)
        elif end - start == 1:
            found = set(self._types.get(self._text(start), ()))
        if not found:
            # make_unique<IFoo>(...), UniquePtr<nvinfer1::IFoo>(...): the class between the angle brackets.
            inside = [
                index
                for index in range(start, end)
                if self._text(index - 1) in ("<", "::") and self._text(index + 1) == ">"
            ]
            found = {self._text(index) for index in inside if self._names.is_class(self._text(index))}
        return found

    def call(self, close: int) -> set[str]:
        """What the call whose bracket closes here returns."""
        at = self._opening(close) - 1
        if at < 0 or not self.tokens[at].word:
            return set()
        name = self._text(at)
        if self._text(at - 1) in ("->", "."):
            if name in ("get", "release"):
                return self.receiver(at - 1)
            return {found for cls in self.receiver(at - 1) for found in self._names.returns(cls, name)}
        return self._names.function_returns(name) or set(self._types.get(name, ()))

    def receiver(self, arrow: int) -> set[str]:
        """The classes of what stands before ``->`` or ``.``; empty where the tokenizer cannot tell."""
        before = self._text(arrow - 1)
        if before == ")":
            return self.call(arrow - 1)
        if before == "]":
            before = self._text(self._opening(arrow - 1) - 1)
        return set(self._types.get(before, ()))

    def _opening(self, close: int) -> int:
        opened, closed, depth = _CLOSE[self._text(close)], self._text(close), 0
        for index in range(close, -1, -1):
            depth += (self._text(index) == closed) - (self._text(index) == opened)
            if depth == 0:
                return index
        return 0
