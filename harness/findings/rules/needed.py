"""Texts that every match of a pattern contains: a line without them need not be searched, nor the pattern compiled."""

from __future__ import annotations

import re._constants as sre  # type: ignore[import-not-found]  # no stubs
import re._parser as sre_parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from typing import Any

from harness.findings.rules.pattern import flexible

# A text shorter than this stands in most lines; a choice among more than so many costs as much as the search.
_SHORTEST, _CHOICE = 3, 16
# Any one of its texts, in small letters.
Choice = tuple[str, ...]


def needed(expression: str) -> tuple[Choice, ...]:
    """Of each choice every match has a text, whatever its letters' case. The most telling come first."""
    choices = dict.fromkeys(_choices(list(sre_parser.parse(flexible(expression)))))
    return tuple(sorted(choices, key=lambda choice: (len(choice), -min(map(len, choice)))))


def in_small(text: str) -> str:
    """The text in small letters; empty where letters may be alike to ``re`` that are not so in small letters."""
    return text.lower() if text.isascii() else ""


def _choices(items: list[Any]) -> Iterator[Choice]:
    letters: list[str] = []
    for kind, value in items:
        if letter := _letter(kind, value):
            letters.append(letter)
            continue
        yield from _words(letters)
        letters = []
        if kind is sre.SUBPATTERN:
            yield from _choices(list(value[3]))
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and value[0]:
            yield from _choices(list(value[2]))
        elif kind is sre.BRANCH:
            yield from _any_of(value[1])
    yield from _words(letters)


def _words(letters: list[str]) -> Iterator[Choice]:
    return ((word,) for word in "".join(letters).split() if len(word) >= _SHORTEST)


def _any_of(branches: list[Any]) -> Iterator[Choice]:
    """The best of each branch together; none where a branch has none."""
    texts: list[str] = []
    for branch in branches:
        best = max(_choices(list(branch)), key=lambda choice: min(map(len, choice)), default=())
        if not best:
            return
        texts += best
    if len(texts) <= _CHOICE:
        yield tuple(dict.fromkeys(texts))


def _letter(kind: Any, value: Any) -> str:
    """The one letter, in small, that stands here: ``f``, ``[fF]``; empty where more can."""
    if kind is sre.LITERAL:
        return chr(value).lower()
    if kind is sre.IN and all(inner is sre.LITERAL for inner, _ in value):
        letters = {chr(code).lower() for _, code in value}
        return letters.pop() if len(letters) == 1 else ""
    return ""
