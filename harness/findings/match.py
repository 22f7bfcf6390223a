"""Where rules match a log, and which of its lines are errors that no rule knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO

from harness.findings.blocks import Block, blocks
from harness.findings.broken import rule_of, whole
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

# Unknown errors of one block: compared by so much of the line, and so many kinds told apart.
_FORM, _FORMS = 300, 1000
# So many of them are looked at together with the lines after them.
_WHOLE = 100
_DIGITS = bytes.maketrans(b"0123456789", b"0" * 10)

# What an error looks like where no rule knows it. Judged again by ``error_level``. Plain texts where that is possible:
# the search then needs a sixth less memory to be made, and two thirds of the time.
_ERROR_MARKS = (
    r"\[[EF]\]",
    r"Error\[",
    r"Error Code ",
    *(r"error:", r"error\]", r"Error:", r"Error\]", r"Exception:"),
    *(r"ERROR", r"FATAL"),
    r"[\n |][EF]\d{4} \d\d:",
    r": [EF] tensorflow",
    r"\[[EF]:onnxruntime",
    *(r"Segmentation fault", r"core dumped", r"terminate called", r"Aborted", r"Bus error", r"Killed"),
    # The same in Chinese, as bash and glibc print it: of a fault, given up, memory written out.
    *("段错误", "已放弃", "核心已转储"),
    *(r"SIGSEGV", r"SIGABRT", r"0xC0000"),
    r"Assertion `",
    r"\[ONNXRuntimeError\]",
    *(r"critical\]", r"CRITICAL", r'": ?"error"', r"level=error", r"level=fatal", r"\n(?:ERRO|FATA)\["),
    *(r"Error response from daemon", r"CMake Error at", r"\[!\]"),
)
_GLOG = re.compile(rb"[EF]\d{4} \d")
_FATAL_TEXT = re.compile(
    r"^\s*(?:[\w.]+(?:Error|Exception)(?::|$)|Exception: )"
    r"|^\s*(?:Segmentation fault|Aborted|Killed$|Bus error|terminate called)"
    r"|\(core dumped\)|段错误|已放弃|核心已转储|Assertion `[^`]{1,300}' failed"
    r"|: +(?:line )?\d+:? .{0,40}Segmentation fault|: Segmentation fault$"
    r"|\((?:interrupted by )?signal \d+: SIG(?:SEGV|ABRT|BUS|KILL)\)|\b(?:signal|Signal):? SIG(?:SEGV|ABRT|BUS)"
    r"|\(0xC0000\w{3,4}\)|Fatal Python error: "
)
# The head of a message that was wrapped right after its code: the rest stands in the next line.
_HEAD_ALONE = re.compile(r"(?:Error\[)?\d{1,3}\]?:?")
_ERROR_TEXT = re.compile(
    r"\[ONNXRuntimeError\]|\bError Code [1-9]\d*: |^\s*Error\[\d+\]: |^\s*ERROR\b[:\s]"
    # Not a measure ("mean error: 0.0003") and no empty field ("error: null").
    r"|^\s*(?:docker: )?Error response from daemon: |^CMake Error at "
    r"|(?:^\s*|: )Error: (?!\s*(?:[-+]?\d|(?:null|none|nil|ok|no|false)\b))"
    r"|(?:^|[\s:])(?:fatal )?error: (?!\s*(?:[-+]?\d+(?:\.\d+|e[-+]?\d)|(?:null|none|nil|ok|no|false)\b))"
)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule (or none: an unknown error) at a place. ``line`` counts from 1."""

    rule: Rule | None
    line: int
    level: str
    text: str
    facts: dict[str, Fact] = field(default_factory=dict)
    count: int = 1


def matches(stream: BinaryIO) -> Iterator[Match]:
    """In the order of the log."""
    search, wanted = _search()
    for block in blocks(stream):
        yield from _in_block(block, search, wanted)


@cache
def _search() -> tuple[Scanner, tuple[tuple[Rule, ...], ...]]:
    """The scanner and, for each of its texts, the rules to be judged where it is found. The error marks come first."""
    by_text: dict[str, dict[str, Rule]] = {mark: {} for mark in _ERROR_MARKS}
    for rule in rules():
        for expression in rule.patterns:
            for anchor in anchors(expression):
                by_text.setdefault(expression_of(anchor), {})[rule.id] = rule
    return scanner(by_text), tuple(tuple(found.values()) for found in by_text.values())


def _in_block(block: Block, search: Scanner, wanted: Sequence[tuple[Rule, ...]]) -> Iterator[Match]:
    known: set[int] = set()
    errors: list[tuple[int, int, int]] = []
    found: list[Match] = []
    judged: set[tuple[str, int]] = set()
    if block.first_line == 1 and block.fresh == 0 < block.settled and _GLOG.match(block.data):
        # The search knows this mark after a line's end alone.
        errors.append((0, block.data.find(b"\n") % (len(block.data) + 1), 1))
    for number, start, end, line in _lines_hit(block, search, len(wanted)):
        # A rule's text may be an error mark at the same time.
        if number < len(_ERROR_MARKS):
            errors.append((start, end, line))
        for rule in wanted[number]:
            if (rule.id, line) not in judged:
                judged.add((rule.id, line))
                found += _judge(rule, block.data, start, end, line, known)
    found += _unknown(block.data, errors, known)
    yield from sorted(_distinct(found), key=lambda match: match.line)


def _distinct(found: Iterable[Match]) -> Iterator[Match]:
    """A wrapped message is hit once per half: told once."""
    seen: set[tuple[str, int, str]] = set()
    for match in found:
        key = (match.rule.id if match.rule else "", match.line, match.text)
        if key not in seen:
            seen.add(key)
            yield match


def _lines_hit(block: Block, search: Scanner, texts: int) -> Iterator[tuple[int, int, int, int]]:
    """Each text once per line: its number, the line's start and end, the line's number."""
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
    hits.sort()
    line, counted = block.first_line, 0
    for start, stop, number, _ in hits:
        line += data.count(b"\n", counted, start)
        counted = start
        yield number, start, stop, line


def _judge(rule: Rule, data: bytearray, start: int, end: int, line: int, known: set[int]) -> list[Match]:
    text = decoded(data[start:end])
    for pattern in map(compiled, rule.patterns):
        if found := pattern.search(text):
            return _told(rule, found, text, [line], known)
    if end - start <= _WRAP:
        for first, joined, ends in rejoined(data, start, line):
            for pattern in map(compiled, rule.patterns):
                found = pattern.search(joined)
                if found and found.start() < ends[0]:
                    return _told(rule, found, joined, range(first, first + _lines_to(found.end(), ends)), known)
    return []


def _lines_to(offset: int, ends: Sequence[int]) -> int:
    return 1 + sum(end < offset for end in ends)


def _told(rule: Rule, found: re.Match[str], text: str, lines: Sequence[int], known: set[int]) -> list[Match]:
    known.update(lines)
    mark = level(text[: found.start()])
    if mark in ("V", "I") and rule.severity == "fatal" and not rule.any_level:
        return []
    return [Match(rule, lines[0], mark, text, _facts(rule, found.groupdict()))]


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
        pieces = whole(data, start) if number < _WHOLE and end - start <= _WRAP else []
        if any(line + after in known for after in range(1, len(pieces))):
            continue
        if len(pieces) > 1 and (told := rule_of(pieces)):
            rule, text, groups = told
            yield Match(rule, line, mark, text, _facts(rule, groups), count)
        else:
            yield Match(None, line, mark, text, count=count)


def error_level(text: str) -> str:
    """``F`` or ``E`` where a line is an error, else an empty text."""
    if _FATAL_TEXT.search(text):
        return "F"
    mark = level(text[:400])
    if mark in ("E", "F"):
        return mark
    return "E" if not mark and _ERROR_TEXT.search(text) else ""
