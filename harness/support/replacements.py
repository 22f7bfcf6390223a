"""What to use in place of what is gone, and the topic of a name: the data of ``replacements.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from harness.support.surfaces import FOLDER, Language

TOPICS = (
    "building",
    "precision",
    "int8",
    "plugins",
    "bindings",
    "execution",
    "network",
    "parsers",
    "other",
)


class Replacement(NamedTuple):
    """Words for what to use instead, the names that they rely on, and where that is written."""

    use: str
    needs: Sequence[str]
    source: str


class _Row(NamedTuple):
    """Names that are gone, in Python and in C++, and what to use; without ``use_cpp`` the words are the same."""

    use: str
    source: str
    gone: Sequence[str] = ()
    cpp: Sequence[str] = ()
    use_cpp: str | None = None
    needs: Sequence[str] = ()
    needs_cpp: Sequence[str] = ()


class _File(NamedTuple):
    about: str
    sources: dict[str, str]
    topics: list[tuple[str, list[str]]]
    replacements: list[_Row]


class _Index:
    """Values by name: exact names first, then patterns in their order."""

    def __init__(self) -> None:
        self._exact: dict[str, Replacement] = {}
        self._globs: list[tuple[list[str], Replacement]] = []

    def add(self, names: Sequence[str], value: Replacement) -> None:
        for name in names:
            if "*" in name:
                self._globs.append((name.split("*"), value))
            else:
                self._exact.setdefault(name, value)

    def find(self, name: str) -> Replacement | None:
        globs = (value for parts, value in self._globs if _matches(name, parts))
        return self._exact.get(name) or next(globs, None)

    def values(self) -> list[Replacement]:
        return [*self._exact.values(), *(value for _, value in self._globs)]


def replacement(name: str, language: Language = Language.PYTHON) -> Replacement | None:
    """What to use instead of a name, where that is known."""
    return _index(language).find(name)


@cache
def topic(name: str) -> str:
    """What people use a name for: one of ``TOPICS``."""
    return next((found for found, globs in _topics() if any(_matches(name, parts) for parts in globs)), "other")


@cache
def _topics() -> list[tuple[str, list[list[str]]]]:
    return [(found, [glob.split("*") for glob in globs]) for found, globs in _raw().topics]


def _matches(name: str, parts: list[str]) -> bool:
    """True where the name has the parts of a pattern, which stars stood between, in their order.

    A command asks this some ten thousand times: ``fnmatch`` and its regular expressions took longer than all else.
    """
    if len(parts) == 1:
        return name == parts[0]
    if not (name.startswith(parts[0]) and name.endswith(parts[-1])):
        return False
    at, end = len(parts[0]), len(name) - len(parts[-1])
    for part in parts[1:-1]:
        at = name.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return at <= end


def all_replacements(language: Language) -> list[Replacement]:
    """Every replacement, for the tests and for the documentation."""
    return _index(language).values()


@cache
def _index(language: Language) -> _Index:
    cpp, index = language is Language.CPP, _Index()
    for row in _raw().replacements:
        use = row.use_cpp if cpp and row.use_cpp is not None else row.use
        value = Replacement(use, row.needs_cpp if cpp else row.needs, _raw().sources[row.source])
        index.add(row.cpp if cpp else row.gone, value)
    return index


@cache
def _raw() -> _File:
    file = _File(**json.loads((FOLDER / "replacements.json").read_bytes()))
    return file._replace(replacements=[_Row(**row) for row in file.replacements])  # type: ignore[arg-type]
