"""What a rule reads from a text that it matches; and what all rules say of a line, worked out once for its copies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from harness.findings.hits import WRAP
from harness.findings.lines import decoded, level
from harness.findings.names import split_names
from harness.findings.rules.model import Rule
from harness.findings.rules.needed import in_small
from harness.findings.rules.searched import Wanted

Fact = str | int | list[str]

# What TensorRT says of an error; some programs log all it says as information.
_ERROR_ITSELF = re.compile(r"\bError Code [1-9]\d?: |\.cpp \(\d+\) - \w+ Error in ")
# So many lines are kept; a log that is full of errors repeats them.
_KEPT = 2000


class Match(NamedTuple):
    """A rule (or none: an unknown error) at a place. ``line`` counts from 1, ``at`` within it from 0."""

    rule: Rule | None
    line: int
    level: str
    text: str
    facts: Mapping[str, Fact] = MappingProxyType({})
    times: int = 1
    at: int = 0

    def on(self, line: int, times: int) -> Match:
        """The same on another line that is its copy."""
        return Match(self.rule, line, self.level, self.text, self.facts, times, self.at)


class Verdict(NamedTuple):
    """Of a line: rules whose pattern is in it, with what is worth telling of it, and the patterns that are not."""

    found: list[tuple[Rule, list[Match]]]
    rest: list[Wanted]


class Lines:
    """Judges lines by the texts in them; ``wanted`` are the patterns by the texts' numbers."""

    def __init__(self, wanted: Sequence[Sequence[Wanted]]) -> None:
        self._wanted = wanted
        self._kept: dict[tuple[bytes, tuple[int, ...]], Verdict] = {}

    def judge(self, raw: bytes, numbers: list[int]) -> Verdict:
        """Each pattern that may match, in order. What is told has no line number yet."""
        if len(raw) > WRAP:
            return self._judge(decoded(raw), numbers)
        key = (raw, tuple(numbers))
        if key not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = self._judge(decoded(raw), numbers)
        return self._kept[key]

    def _judge(self, text: str, numbers: list[int]) -> Verdict:
        verdict, small = Verdict([], []), in_small(text)
        for number in numbers:
            for one in self._wanted[number]:
                if found := one.pattern.search(text, small):
                    verdict.found.append((one.rule, worth_telling(one.rule, found, 0)))
                else:
                    verdict.rest.append(one)
        return verdict


def worth_telling(rule: Rule, found: re.Match[str], line: int) -> list[Match]:
    """The match, if its level does not say that nothing happened."""
    text = found.string
    mark = level(text[: found.start()])
    harmless = mark == "V" or (mark == "I" and not _ERROR_ITSELF.search(text))
    if harmless and rule.severity == "fatal" and not rule.any_level:
        return []
    return [Match(rule, line, mark, text, facts(rule, found.groupdict()), at=found.start())]


def facts(rule: Rule, groups: Mapping[str, str | None]) -> dict[str, Fact]:
    """What the named groups hold, numbers and lists of names as such."""
    read: dict[str, Fact] = {}
    for name, value in groups.items():
        if value is None:
            continue
        if name in rule.integers:
            read[name] = int(value)
        elif name in rule.lists:
            read[name] = split_names(value)
        else:
            read[name] = value.strip()
    return read
