"""What a pattern may be, how it is compiled, and the constant text in it that makes the search fast."""

from __future__ import annotations

import re
import re._constants as sre  # type: ignore[import-not-found]  # no stubs
import re._parser as sre_parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

_SHORTEST_ANCHOR = 5


class PatternError(ValueError):
    """The pattern cannot be used; the message goes after its text."""


class Anchor(msgspec.Struct, frozen=True, array_like=True):
    """Words that every match contains, with white space of any kind between them."""

    words: tuple[str, ...]
    ignore_case: bool = False

    def __len__(self) -> int:
        return sum(map(len, self.words))


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """As ``re`` takes it, each run of spaces standing for any white space."""
    return re.compile(flexible(expression))


def check(expression: str) -> set[str]:
    """Names of its groups. Raises PatternError where it is no regular expression, or a slow or vague one."""
    try:
        parsed = compiled(expression)
    except re.error as error:
        raise PatternError(f"is not a regular expression: {error}") from error
    _refuse_unbounded(list(sre_parser.parse(flexible(expression))))
    anchor(expression)
    return set(parsed.groupindex)


@cache
def anchor(expression: str) -> Anchor:
    """The longest constant text: every match contains it. Raises PatternError where there is none."""
    tree = sre_parser.parse(flexible(expression))
    ignore_case = bool(tree.state.flags & re.IGNORECASE)
    longest = max(_runs(list(tree)), key=lambda words: sum(map(len, words)), default=())
    if sum(map(len, longest)) < _SHORTEST_ANCHOR:
        raise PatternError(f"has no constant text of {_SHORTEST_ANCHOR} characters to search for")
    return Anchor(longest, ignore_case)


def constant(expression: str) -> str:
    """The longest word that every match contains; empty where there is none."""
    words = (word for run in _runs(list(sre_parser.parse(expression))) for word in run)
    return max(words, key=len, default="")


def flexible(expression: str) -> str:
    """With any white space for each run of spaces, and for a space that may be missing (`` ?``) at most one."""
    return re.sub(r"(?<!\\) +(\??)", lambda found: r"\s?" if found[1] else r"\s+", expression)


def _runs(items: list[Any]) -> Iterator[tuple[str, ...]]:
    """Constant runs of a parsed pattern, as words."""
    letters: list[str] = []
    for kind, value in _flat(items):
        if kind is sre.LITERAL:
            letters.append(chr(value))
        elif kind is sre.MAX_REPEAT and _is_space(value):
            letters.append(" ")
        else:
            yield tuple("".join(letters).split())
            letters = []
    yield tuple("".join(letters).split())


def _flat(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Groups opened, so that text before and inside one counts as one run."""
    for kind, value in items:
        if kind is sre.SUBPATTERN:
            yield from _flat(list(value[3]))
        else:
            yield kind, value


def _is_space(repeat: Any) -> bool:
    least, _, content = repeat
    return bool(least == 1 and list(content) == [(sre.IN, [(sre.CATEGORY, sre.CATEGORY_SPACE)])])


def _refuse_unbounded(items: list[Any]) -> None:
    """A repeat without bound (but of white space) may stand only at the end: elsewhere a long line costs the square."""
    flat = list(_flat(items))
    for position, (kind, value) in enumerate(flat):
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, content = value
            at_end = position == len(flat) - 1 and kind is sre.MAX_REPEAT
            if most is sre.MAXREPEAT and not at_end and not _is_space((1, most, content)):
                raise PatternError(f"repeats without bound (at least {least}); give a bound such as {{1,300}}")
        elif kind is sre.BRANCH:
            for branch in value[1]:
                _refuse_unbounded(list(branch))
