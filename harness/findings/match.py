"""Where rules match a log, and which of its lines are errors that no rule knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO

from harness.findings.blocks import Block, blocks
from harness.findings.broken import rule_of, whole
from harness.findings.error_lines import ERROR_MARKS, error_level
from harness.findings.joined import continues, copies, looks_broken
from harness.findings.lines import decoded, level, message
from harness.findings.names import split_names
from harness.findings.rules import rules
from harness.findings.rules.model import Rule
from harness.findings.rules.pattern import anchors, compiled
from harness.findings.scan import Scanner, expression_of, scanner
from harness.findings.wrap import rejoined

Fact = str | int | list[str]

# A line is judged up to this many bytes around the hit: a list of names can be long.
_BEFORE, _AFTER = 8 * 1024, 256 * 1024
# Lines longer than this are not put together with their neighbours.
_WRAP = 2000
# So many lines of one block are: a hostile log must not cost more than its length.
_JOINED = 300

# Unknown errors of one block: compared by so much of the line, and so many kinds told apart.
_FORM, _FORMS = 300, 1000
# So many of them are looked at together with the lines after them.
_WHOLE = 100
_DIGITS = bytes.maketrans(b"0123456789", b"0" * 10)

_GLOG = re.compile(rb"[EF]\d{4} \d")
# What TensorRT says of an error; some programs log all it says as information.
_ERROR_ITSELF = re.compile(r"\bError Code [1-9]\d?: |\.cpp \(\d+\) - \w+ Error in ")
# The head of a message that was wrapped right after its code: the rest stands in the next line.
_HEAD_ALONE = re.compile(r"(?:Error\[)?\d{1,3}\]?:?")
# The name of an exception whose message fills the next lines.
_NAME_ALONE = re.compile(r"[\w.]{1,80}(?:Error|Exception):?")
# Patterns as text: to compile all of them takes longer than most logs.
_Wanted = tuple[tuple[Rule, str], ...]
# For the start of a line: the texts that it may be a part of.
_Joins = dict[int, list[tuple[int, str, list[int]]]]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule (or none: an unknown error) at a place. ``line`` counts from 1, ``at`` within it from 0."""

    rule: Rule | None
    line: int
    level: str
    text: str
    facts: dict[str, Fact] = field(default_factory=dict)
    count: int = 1
    at: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A pattern in a text of so many ``lines`` from the ``first`` one on."""

    found: re.Match[str]
    text: str
    first: int
    lines: int


def matches(stream: BinaryIO) -> Iterator[Match]:
    """In the order of the log."""
    search, wanted = _search()
    broken = False
    for block in blocks(stream):
        if block.first_line == 1 and block.fresh == 0:
            broken = looks_broken(block.data)
        yield from _in_block(block, search, wanted, broken)


@cache
def _search() -> tuple[Scanner, tuple[_Wanted, ...]]:
    """The scanner and, for each of its texts, the patterns to be judged where it stands. The error marks come first."""
    by_text: dict[str, dict[str, tuple[Rule, str]]] = {mark: {} for mark in ERROR_MARKS}
    for rule in rules():
        for expression in rule.patterns:
            for anchor in anchors(expression):
                by_text.setdefault(expression_of(anchor), {})[expression] = (rule, expression)
    return scanner(by_text), tuple(tuple(found.values()) for found in by_text.values())


def _in_block(block: Block, search: Scanner, wanted: Sequence[_Wanted], broken: bool) -> Iterator[Match]:
    known: set[int] = set()
    errors: list[tuple[int, int, int]] = []
    found: list[Match] = []
    told: set[tuple[str, int]] = set()
    joins: _Joins = {}
    at, text = (-1, -1), ""
    if block.first_line == 1 and block.fresh == 0 < block.settled and _GLOG.match(block.data):
        # The search knows this mark after a line's end alone.
        errors.append((0, block.data.find(b"\n") % (len(block.data) + 1), 1))
    for number, start, end, line in _lines_hit(block, search, len(wanted), broken):
        # A rule's text may be an error mark at the same time.
        if number < len(ERROR_MARKS):
            errors.append((start, end, line))
        if wanted[number] and (start, end) != at:
            at, text = (start, end), decoded(block.data[start:end])
        for rule, expression in wanted[number]:
            if (rule.id, line) in told:
                continue
            pattern = compiled(expression)
            one = _in_line(pattern, text, line) or _over_lines(pattern, block.data, (start, end, line), joins)
            if one:
                told |= {(rule.id, line), (rule.id, one.first)}
                found += _told(rule, one, known)
    found += _unknown(block.data, errors, known)
    yield from sorted(_distinct(found), key=lambda match: (match.line, match.at))


def _distinct(found: Iterable[Match]) -> Iterator[Match]:
    """A message over several lines may be hit on each of them: told once."""
    seen: set[tuple[str, int, str]] = set()
    for match in found:
        key = (match.rule.id if match.rule else "", match.line, match.text)
        if key not in seen:
            seen.add(key)
            yield match


def _lines_hit(block: Block, search: Scanner, texts: int, broken: bool) -> Iterator[tuple[int, int, int, int]]:
    """Each text once per line: its number, the line's start and end, the line's number.

    In a log whose lines are ``broken`` a text over two lines counts for the second one.
    """
    data = block.data
    until = [-1] * texts
    hits: list[tuple[int, int, int, int]] = []

    def on_hit(number: int, end: int) -> None:
        if end <= until[number]:
            return
        stop = data.find(b"\n", end)
        stop = len(data) if stop < 0 else stop
        until[number] = stop
        start = data.rfind(b"\n", 0, end) + 1
        # In a line too long to be judged whole, the place of the hit counts.
        start = max(start, end - _BEFORE)
        if block.fresh <= start < block.settled or (
            start < block.fresh < end <= block.settled and stop - start > _WRAP
        ):
            hits.append((start, min(stop, end + _AFTER), number, end))

    search(data, on_hit)
    if broken:
        for copy, place in copies(data):
            until = [-1] * texts
            search(copy, lambda number, end, place=place: on_hit(number, place(end)))  # type: ignore[misc]
        hits = list(dict.fromkeys(hits))
    hits.sort()
    line, counted = block.first_line, 0
    for start, stop, number, _ in hits:
        line += data.count(b"\n", counted, start)
        counted = start
        yield number, start, stop, line


def _in_line(pattern: re.Pattern[str], text: str, line: int) -> _Found | None:
    found = pattern.search(text)
    return _Found(found, text, line, 1) if found else None


def _over_lines(pattern: re.Pattern[str], data: bytearray, hit: tuple[int, int, int], joins: _Joins) -> _Found | None:
    start, end, line = hit
    if end - start > _WRAP:
        return None
    if start not in joins:
        worth = len(joins) < _JOINED and continues(data, start, end)
        joins[start] = list(rejoined(data, start, line)) if worth else []
    for first, joined, ends in joins[start]:
        if (found := pattern.search(joined)) and found.start() < ends[0]:
            return _Found(found, joined, first, _lines_to(found.end(), ends))
    return None


def _lines_to(offset: int, ends: Sequence[int]) -> int:
    return 1 + sum(end < offset for end in ends)


def _told(rule: Rule, one: _Found, known: set[int]) -> list[Match]:
    known.update(range(one.first, one.first + one.lines))
    mark = level(one.text[: one.found.start()])
    harmless = mark == "V" or (mark == "I" and not _ERROR_ITSELF.search(one.text))
    if harmless and rule.severity == "fatal" and not rule.any_level:
        return []
    return [Match(rule, one.first, mark, one.text, _facts(rule, one.found.groupdict()), at=one.found.start())]


def _facts(rule: Rule, groups: Mapping[str, str | None]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name, value in groups.items():
        if value is None:
            continue
        if name in rule.integers:
            facts[name] = int(value)
        elif name in rule.lists:
            facts[name] = split_names(value)
        else:
            facts[name] = value.strip()
    return facts


def _unknown(data: bytearray, lines: Sequence[tuple[int, int, int]], known: set[int]) -> Iterator[Match]:
    """Errors on lines that no rule took. Lines that differ in digits alone are judged once and counted."""
    counted: dict[bytes, list[int]] = {}
    places: dict[bytes, tuple[int, int]] = {}
    last = 0
    for start, end, line in lines:
        if line in known or line == last:
            continue
        last = line
        key = bytes(data[start : min(end, start + _FORM)]).translate(_DIGITS)
        if key not in counted and len(counted) >= _FORMS:
            key = b""
        places.setdefault(key, (start, end))
        counted.setdefault(key, [line, 0])[1] += 1
    for number, (key, (line, count)) in enumerate(counted.items()):
        start, end = places[key]
        text = decoded(data[start : min(end, start + _WRAP)])
        if not (mark := error_level(text)) or _HEAD_ALONE.fullmatch(message(text)):
            continue
        if _NAME_ALONE.fullmatch(message(text)) and known & {line + 1, line + 2}:
            continue
        pieces = whole(data, start) if number < _WHOLE and end - start <= _WRAP else []
        if any(line + after in known for after in range(1, len(pieces))):
            continue
        if len(pieces) > 1 and (told := rule_of(pieces)):
            rule, text, groups = told
            yield Match(rule, line, mark, text, _facts(rule, groups), count)
        else:
            yield Match(None, line, mark, text, count=count)
