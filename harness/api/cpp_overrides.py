"""Functions of the user's classes that are marked ``override`` and whose place in TensorRT's class may be gone."""

from __future__ import annotations

from collections.abc import Iterator

from harness.api.cpp_tokens import Token
from harness.api.cpp_types import CppNames

_MARKS = ("override", "final")


def overrides(tokens: list[Token], names: CppNames) -> Iterator[tuple[Token, set[str]]]:
    """The name of each such function, with TensorRT's classes that its class is made from.

    Left out are classes with another base than TensorRT's: that may have the function too.
    """
    for index, token in enumerate(tokens):
        if token.text in ("class", "struct"):
            start, bases = _head(tokens, index, names)
            if bases:
                yield from ((name, bases) for name in _marked(tokens, start))


def _head(tokens: list[Token], index: int, names: CppNames) -> tuple[int, set[str]]:
    """Where the body of the class begins, and its bases; none where one of them is not TensorRT's."""
    at, words = index + 1, list[str]()
    while at < len(tokens) and tokens[at].text not in ("{", ";", "(", ">", "="):
        words.append(tokens[at].text)
        at += 1
    if at == len(tokens) or tokens[at].text != "{" or ":" not in words:
        return at, set()
    listed = " ".join(words[words.index(":") + 1 :]).split(" , ")
    bases = {base.split()[-1] for base in listed if base.split()}
    return at, bases if all(map(names.is_class, bases)) else set()


def _marked(tokens: list[Token], start: int) -> Iterator[Token]:
    """Names of functions in the body that begins here, if they are marked."""
    depth = 0
    for index in range(start, len(tokens)):
        text = tokens[index].text
        depth += (text == "{") - (text == "}")
        if depth == 0:
            return
        if depth == 1 and text in _MARKS:
            name = _function(tokens, index)
            if name:
                yield name


def _function(tokens: list[Token], mark: int) -> Token | None:
    """``name`` of ``name(...) const noexcept override``."""
    at = mark - 1
    while at > 0 and tokens[at].word:
        at -= 1
    if tokens[at].text != ")":
        return None
    depth = 0
    while at > 0:
        depth += (tokens[at].text == ")") - (tokens[at].text == "(")
        if depth == 0:
            return tokens[at - 1] if tokens[at - 1].word else None
        at -= 1
    return None
