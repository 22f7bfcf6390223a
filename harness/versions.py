"""Ordered versions, and releases: a flavour of TensorRT and a version of it."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache, total_ordering
from typing import NamedTuple, Self

from harness.errors import UsageError

_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,9}){0,3}", re.ASCII)


class Flavour(StrEnum):
    """Two products that share an API and a name, but not their libraries."""

    TENSORRT = "tensorrt"
    TENSORRT_RTX = "tensorrt-rtx"

    @property
    def product(self) -> str:
        """The name as NVIDIA writes it."""
        return "TensorRT" if self is Flavour.TENSORRT else "TensorRT-RTX"


@total_ordering
class Version:
    """One to four numbers. ``10.3`` and ``10.3.0`` are the same version."""

    __slots__ = ("_padded", "parts")

    def __init__(self, parts: tuple[int, ...]) -> None:
        self.parts = parts
        self._padded = parts + (0,) * (4 - len(parts))

    @classmethod
    @cache
    def parse(cls, text: str) -> Self:
        if not _VERSION.fullmatch(text):
            raise UsageError(f"version {text!r} is not one to four numbers with dots, such as 8.6.1")
        return cls(tuple(int(part) for part in text.split(".")))

    @property
    def major(self) -> int:
        return self.parts[0]

    def covers(self, other: Version) -> bool:
        """True where ``other`` is this version or a more exact form of it: 8.6 covers 8.6.1."""
        return other.parts[: len(self.parts)] == self.parts

    def fits(self, other: Version) -> bool:
        """One of the two is a more exact form of the other: 8.6.1 and 8.6 fit each other."""
        return self.covers(other) or other.covers(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._padded == other._padded

    def __lt__(self, other: Version) -> bool:
        return self._padded < other._padded

    def __hash__(self) -> int:
        return hash(self._padded)

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))

    def __repr__(self) -> str:
        return f"Version({self})"


class Release(NamedTuple):
    """A flavour and a version, written ``8.6.1`` or ``tensorrt-rtx 1.7.1``.

    Only the order of releases of one flavour means anything.
    """

    flavour: Flavour
    version: Version

    @classmethod
    def parse(cls, text: str) -> Self:
        words = text.split()
        if len(words) == 1:
            return cls(Flavour.TENSORRT, Version.parse(words[0]))
        if len(words) == 2 and words[0] in list(Flavour):
            return cls(Flavour(words[0]), Version.parse(words[1]))
        raise UsageError(f"release {text!r} is not like 8.6.1 or 'tensorrt-rtx 1.7.1'")

    def __str__(self) -> str:
        return f"{self.flavour.value} {self.version}"
