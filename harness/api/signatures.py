"""Signatures as pybind11 and ``inspect`` write them: which calls fit, and which would no longer."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_RETURN = re.compile(r"\)\s*->\s*(.+)$")


class Parameter(NamedTuple):
    name: str
    optional: bool


class Overload(NamedTuple):
    """One signature without ``self``; ``variadic`` takes any further arguments."""

    parameters: tuple[Parameter, ...]
    variadic: bool
    returns: str

    def fits(self, positional: int, keywords: frozenset[str]) -> bool:
        """True where a call with so many positional arguments and these keywords is accepted."""
        if self.variadic:
            return True
        if positional > len(self.parameters):
            return False
        rest = self.parameters[positional:]
        names = {parameter.name for parameter in rest}
        missing = {parameter.name for parameter in rest if not parameter.optional} - keywords
        return keywords <= names and not missing


@cache
def overloads(signature: str) -> tuple[Overload, ...]:
    """The overloads that a stored signature holds; empty where it tells nothing."""
    return tuple(_parse(part) for part in _split(signature, " | ", top="(") if part.startswith("("))


def accepts(signature: str, positional: int, keywords: frozenset[str]) -> bool:
    """True where one overload fits, or nothing is known of the signature."""
    known = overloads(signature)
    return not known or any(one.fits(positional, keywords) for one in known)


def returns(signature: str) -> set[str]:
    """The types that the overloads return."""
    return {one.returns for one in overloads(signature) if one.returns}


def breaks_callers(before: str, after: str) -> bool:
    """True where some call that the old signature takes is refused by the new one.

    Tries, for each old overload, the shortest and the longest call, by position and by keyword.
    """
    return any(
        not accepts(after, positional, keywords)
        for one in overloads(before)
        if not one.variadic
        for positional, keywords in _calls(one)
    )


def _calls(one: Overload) -> list[tuple[int, frozenset[str]]]:
    names = [parameter.name for parameter in one.parameters]
    required = [parameter.name for parameter in one.parameters if not parameter.optional]
    calls = [(len(required), frozenset[str]()), (len(names), frozenset[str]())]
    if not any(re.fullmatch(r"arg\d+", name) for name in names):
        calls += [(0, frozenset(required)), (0, frozenset(names))]
    return [call for call in calls if one.fits(*call)]


def _parse(text: str) -> Overload:
    end = _closing(text)
    parameters, variadic = list[Parameter](), False
    for part in _split(text[1:end], ","):
        part = part.strip()
        if part in ("", "self", "cls", "this", "/"):
            continue
        if part.startswith("*"):
            variadic = True
            continue
        name = re.match(r"\w+", part)
        parameters.append(Parameter(name[0] if name else part, _has_default(part)))
    found = _RETURN.match(text[end:])
    return Overload(tuple(parameters), variadic, found[1].strip() if found else "")


def _has_default(part: str) -> bool:
    return len(_split(part, "=")) > 1


def _closing(text: str) -> int:
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return index
    return len(text)


def _split(text: str, separator: str, top: str = "") -> list[str]:
    """Split outside brackets; with ``top``, only before that character."""
    parts, depth, start, index = list[str](), 0, 0, 0
    while index < len(text):
        depth += (text[index] in "([{") - (text[index] in ")]}")
        here = depth == 0 and text.startswith(separator, index)
        if here and text.startswith(top, index + len(separator)):
            parts.append(text[start:index])
            start = index = index + len(separator)
            continue
        index += 1
    parts.append(text[start:])
    return parts
