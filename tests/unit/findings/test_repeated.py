"""Lines that a program prints again and again are searched and judged once, and none of them is lost."""

from __future__ import annotations

import re

import pytest

from harness.findings import repeated
from harness.findings.classify import classify_text
from harness.findings.repeated import ALONE, Hits, in_each_line

UNKNOWN = "[E] [TRT] 3: [x.cpp::y::1] Error Code 3: Something (nobody knows)"
KNOWN = "[E] [TRT] 2: [pluginV2Runner.cpp::getInputHostScale::88] Error Code 2: (Assertion scales.size() == 1 failed. )"


def search(text: bytes | bytearray) -> Hits:
    return [(found.end(), 0) for found in re.finditer(rb"\nE1|bad", text)]


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"bad",
        b"bad\n" * 9,
        b"\nE1 bad\nok\n" * 9,
        b"ok\n" * 9 + b"bad",
        b"".join(b"bad %d\n" % n for n in range(9)),
    ],
)
def test_finds_in_each_line_what_one_search_would(block: bytes) -> None:
    assert in_each_line(bytearray(block), range(0), search) == (search(block), {})


def test_one_line_stands_for_the_copies_that_are_not_told() -> None:
    block = bytearray(b"ok\n" + b"bad\n" * 1000 + b"ok\n")
    own = range(3 + 4 * 100, 3 + 4 * 900)
    hits, times = in_each_line(block, own, search)
    (place, number) = times.popitem()
    assert (place, number, times) == (own.start + 4 * ALONE, 800 - ALONE, {})
    assert len(hits) - 1 + number == 1000
    assert {end - 3 for end, _ in hits} == {*range(3, place + 4, 4), *range(own.stop, 4003, 4)}


@pytest.mark.parametrize("copies", [1, ALONE, ALONE + 2, 40_000])
def test_every_copy_is_counted(copies: int) -> None:
    findings = classify_text(f"{UNKNOWN}\n" * copies + "[I] between\n" + f"{KNOWN}\n" * copies).findings
    counts = {finding.rule: finding.facts.get("occurrences", 1) for finding in findings}
    places = {finding.rule: [place.line for place in finding.evidence] for finding in findings}
    assert counts == {"unknown-error": copies, "plugin-scale-assert": copies}
    assert places["plugin-scale-assert"] == list(range(copies + 2, copies + 2 + min(copies, 20)))


def test_copies_come_to_the_same_as_lines_that_are_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    log = "".join(
        f"{line}\n" * 700 for line in (UNKNOWN, KNOWN, "[W] - 100 weights are affected by this issue: x", KNOWN)
    )
    quick = classify_text(log)
    monkeypatch.setattr(repeated, "_OFTEN", 1_000_000)
    assert classify_text(log) == quick
