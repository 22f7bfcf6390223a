"""What to use in place of what is gone, and the topic of a name: the data of ``replacements.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import yaml

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


@dataclass(frozen=True, slots=True)
class Replacement:
    """Words for what to use instead, the names that they rely on, and where that is written."""

    use: str
    needs: tuple[str, ...]
    source: str


class _Index:
    """Values by name: exact names first, then patterns in their order."""

    def __init__(self) -> None:
        self._exact: dict[str, Replacement] = {}
        self._globs: list[tuple[str, Replacement]] = []

    def add(self, names: list[str], value: Replacement) -> None:
        for name in names:
            if "*" in name or "?" in name:
                self._globs.append((name, value))
            else:
                self._exact.setdefault(name, value)

    def find(self, name: str) -> Replacement | None:
        globs = (value for glob, value in self._globs if fnmatchcase(name, glob))
        return self._exact.get(name) or next(globs, None)

    def values(self) -> list[Replacement]:
        return [*self._exact.values(), *(value for _, value in self._globs)]


def replacement(name: str, language: Language = Language.PYTHON) -> Replacement | None:
    """What to use instead of a name, where that is known."""
    return _index(language).find(name)


@cache
def topic(name: str) -> str:
    """What people use a name for: one of ``TOPICS``."""
    return next((found for found, globs in _raw()["topics"] if any(fnmatchcase(name, glob) for glob in globs)), "other")


def all_replacements(language: Language) -> list[Replacement]:
    """Every replacement, for the tests and for the documentation."""
    return _index(language).values()


@cache
def _index(language: Language) -> _Index:
    suffix = "_cpp" if language is Language.CPP else ""
    index = _Index()
    for row in _raw()["replacements"]:
        use = row.get(f"use{suffix}", row["use"])
        value = Replacement(use, tuple(row.get(f"needs{suffix}", ())), _raw()["sources"][row["source"]])
        index.add(row.get("cpp", []) if suffix else row["gone"], value)
    return index


@cache
def _raw() -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C it is ten times as quick
    return yaml.load((FOLDER / "replacements.yaml").read_bytes(), Loader=loader)  # noqa: S506 - both are safe
