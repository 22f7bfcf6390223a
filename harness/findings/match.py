"""Where rules match a log, and which of its lines are errors that no rule knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO, NamedTuple

from harness.findings.blocks import Block, blocks
from harness.findings.broken import rule_of, whole
from harness.findings.error_lines import ERROR_MARKS, error_level
from harness.findings.hits import WRAP, lines_hit
from harness.findings.joined import continues, looks_broken
from harness.findings.lines import DIGITS, decoded, message
from harness.findings.matched import Lines, Match, Verdict, facts, worth_telling
from harness.findings.repeated import ALONE
from harness.findings.rules.needed import in_small
from harness.findings.rules.searched import Searched, Wanted, wanted
from harness.findings.scan import Scanner, expression_of, scanner
from harness.findings.wrap import rejoined

# Unknown errors of one block: compared by so much of the line, and so many kinds told apart.
_FORM, _FORMS = 300, 1000
# So many of them are looked at together with the lines after them.
_WHOLE = 100

_GLOG = re.compile(rb"[EF]\d{4} \d")
# The head of a message that was wrapped right after its code: the rest stands in the next line.
# Or docker's last line with nothing in it: what ended the container stands before.
_HEAD_ALONE = re.compile(r"(?:Error\[)?\d{1,3}\]?:?|ERRO\[\d{4}\] error waiting for container:")
# The name of an exception whose message fills the next lines.
_NAME_ALONE = re.compile(r"[\w.]{1,80}(?:Error|Exception):?")
Judge = Callable[[bytes, list[int]], Verdict]


class _Joined(NamedTuple):
    """Lines from the ``first`` on put together, the text in small letters, and where each of them ends in it."""

    first: int
    text: str
    small: str
    ends: list[int]


# For the start of a line: the texts that it may be a part of.
_Joins = dict[int, list[_Joined]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A pattern in a text of so many ``lines`` from the ``first`` one on."""

    found: re.Match[str]
    first: int
    lines: int


def matches(stream: BinaryIO) -> Iterator[Match]:
    """In the order of the log."""
    search, wanted, marks = _search()
    judge = Lines(wanted).judge
    broken = False
    for block in blocks(stream):
        if block.first_line == 1 and block.fresh == 0:
            broken = looks_broken(block.data)
        yield from _in_block(block, search, judge, marks, broken)


@cache
def _search() -> tuple[Scanner, list[tuple[Wanted, ...]], int]:
    """The scanner; for each number that it tells the patterns to be judged there; which numbers mark an error.

    Those below the last are error marks. All marks that no rule looks for have the number 0.
    """
    by_text: dict[str, dict[str, Wanted]] = {mark: {} for mark in ERROR_MARKS}
    for one in wanted():
        by_text.setdefault(expression_of(one.pattern.anchor), {})[one.pattern.expression] = one
    numbers: dict[str, int] = {}
    judged: list[tuple[Wanted, ...]] = [()]
    for text, found in by_text.items():
        numbers[text] = len(judged) if found else 0
        judged += [tuple(found.values())] if found else []
    return scanner(numbers), judged, 1 + max(numbers[mark] for mark in ERROR_MARKS)


def _in_block(block: Block, search: Scanner, judge: Judge, marks: int, broken: bool) -> Iterator[Match]:
    known: set[int] = set()
    errors: list[tuple[int, int, int, int]] = []
    found: list[Match] = []
    told: set[tuple[str, int]] = set()
    joins: _Joins = {}
    if block.first_line == 1 and block.fresh == 0 < block.settled and _GLOG.match(block.data):
        # The search knows this mark after a line's end alone.
        errors.append((0, block.data.find(b"\n") % (len(block.data) + 1), 1, 1))
    for start, end, line, numbers, times in lines_hit(block, search, broken=broken):
        # A rule's text may be an error mark at the same time.
        if numbers[0] < marks:
            errors.append((start, end, line, times))
        verdict = judge(bytes(block.data[start:end]), numbers)
        for rule, here in verdict.found:
            if (rule.id, line) not in told:
                told.add((rule.id, line))
                known.add(line)
                found += [match.on(line, times) for match in here]
        texts = _joined(block.data, (start, end, line), joins) if verdict.rest else []
        for rule, pattern in verdict.rest if texts else ():
            if (rule.id, line) not in told and (far := _over_lines(pattern, texts)):
                told |= {(rule.id, line), (rule.id, far.first)}
                known.update(range(far.first, far.first + far.lines))
                found += worth_telling(rule, far.found, far.first)
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


def _joined(data: bytearray, hit: tuple[int, int, int], joins: _Joins) -> list[_Joined]:
    start, end, line = hit
    if end - start > WRAP:
        return []
    if start not in joins:
        # No more of one block: a hostile log must not cost more than its length.
        if len(joins) >= ALONE:
            return []
        texts = rejoined(data, start, line) if continues(data, start, end) else ()
        joins[start] = [_Joined(first, text, in_small(text), ends) for first, text, ends in texts]
    return joins[start]


def _over_lines(pattern: Searched, texts: Iterable[_Joined]) -> _Found | None:
    for first, text, small, ends in texts:
        if (found := pattern.search(text, small)) and found.start() < ends[0]:
            return _Found(found, first, _lines_to(found.end(), ends))
    return None


def _lines_to(offset: int, ends: Sequence[int]) -> int:
    return 1 + sum(end < offset for end in ends)


def _unknown(data: bytearray, lines: Sequence[tuple[int, int, int, int]], known: set[int]) -> Iterator[Match]:
    """Errors on lines that no rule took. Lines that differ in digits alone are judged once and counted."""
    counted: dict[bytes, list[int]] = {}
    places: dict[bytes, tuple[int, int]] = {}
    last = 0
    for start, end, line, times in lines:
        if line in known or line == last:
            continue
        last = line
        key = bytes(data[start : min(end, start + _FORM)]).translate(DIGITS)
        if key not in counted and len(counted) >= _FORMS:
            key = b""
        places.setdefault(key, (start, end))
        counted.setdefault(key, [line, 0])[1] += times
    for number, (key, (line, count)) in enumerate(counted.items()):
        start, end = places[key]
        text = decoded(data[start : min(end, start + WRAP)])
        if not (mark := error_level(text)) or _HEAD_ALONE.fullmatch(message(text)):
            continue
        if _NAME_ALONE.fullmatch(message(text)) and known & {line + 1, line + 2}:
            continue
        pieces = whole(data, start) if number < _WHOLE and end - start <= WRAP else []
        if any(line + after in known for after in range(1, len(pieces))):
            continue
        if len(pieces) > 1 and (told := rule_of(pieces)):
            rule, text, groups = told
            yield Match(rule, line, mark, text, facts(rule, groups), count)
        else:
            yield Match(None, line, mark, text, times=count)
