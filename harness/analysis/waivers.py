"""Waivers held against what happened: what they cover, which have expired, which met a pass instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from harness.analysis.changes import Change, Kind
from harness.evidence.records import CaseRecord, CellRecord, Results
from harness.matrix.waivers import Waiver

NEAR = timedelta(days=14)


class Standing(StrEnum):
    """Of a waiver, today, in one run. The first two are for the user to act on."""

    EXPIRED = "expired"
    UNEXPECTED_PASS = "unexpected-pass"  # noqa: S105
    EXPIRES_SOON = "expires-soon"
    IN_FORCE = "in-force"
    NOT_EXERCISED = "not-exercised"


@dataclass(frozen=True, slots=True)
class Judged:
    """A waiver with what it met: (cell, case) that did as expected, and that passed although it should not."""

    waiver: Waiver
    standing: Standing
    met: tuple[tuple[str, str], ...]
    passed: tuple[tuple[str, str], ...]


def judge(waivers: Sequence[Waiver], results: Results, today: date) -> list[Judged]:
    """Every waiver against one run. A case that did not run says nothing for or against."""
    return [_judge(waiver, results, today) for waiver in waivers]


def _judge(waiver: Waiver, results: Results, today: date) -> Judged:
    covered = [
        (cell.id, case) for cell in results.cells for case in cell.cases if waiver.covers(cell.id, case.id)
    ]  # fmt: skip
    ran = [(cell, case) for cell, case in covered if case.outcome.executed]
    met = tuple((cell, case.id) for cell, case in ran if meets(waiver, case))
    passed = tuple((cell, case.id) for cell, case in ran if not meets(waiver, case))
    return Judged(waiver, _standing(waiver, today, met=bool(met), passed=bool(passed)), met, passed)


def _standing(waiver: Waiver, today: date, *, met: bool, passed: bool) -> Standing:
    if waiver.expired(today):
        return Standing.EXPIRED
    # A pattern may cover cases that never had the fault; only one that meets nothing at all is out of date.
    if passed and not met:
        return Standing.UNEXPECTED_PASS
    if waiver.expires is not None and waiver.expires - today <= NEAR:
        return Standing.EXPIRES_SOON
    return Standing.IN_FORCE if met else Standing.NOT_EXERCISED


def meets(waiver: Waiver, case: CaseRecord) -> bool:
    """The case did what the waiver expects."""
    finding = any(waiver.expects_finding(finding.rule) for finding in case.findings if not finding.predicted)
    return (finding or not waiver.finding) and (case.outcome.value == waiver.outcome or not waiver.outcome)


def in_force(waivers: Sequence[Waiver], today: date) -> list[Waiver]:
    return [waiver for waiver in waivers if not waiver.expired(today)]


def mark(results: Results, waivers: Sequence[Waiver], today: date) -> Results:
    """The run with ``waived_by`` set on each finding that an unexpired waiver expects; others are cleared.

    A waiver that names an outcome and no finding covers all findings of the cases that end so.

    A waiver whose time is over waives nothing: what it covered is red again.
    """
    current = in_force(waivers, today)
    cells = [
        msgspec.structs.replace(cell, cases=[_marked(cell, case, current) for case in cell.cases])
        for cell in results.cells
    ]
    return msgspec.structs.replace(results, cells=cells)


def _marked(cell: CellRecord, case: CaseRecord, waivers: Sequence[Waiver]) -> CaseRecord:
    covering = [waiver for waiver in waivers if waiver.covers(cell.id, case.id) and meets(waiver, case)]
    findings = [
        msgspec.structs.replace(
            finding,
            waived_by=next((w.reason for w in covering if not w.finding or w.expects_finding(finding.rule)), ""),
        )
        for finding in case.findings
    ]
    return msgspec.structs.replace(case, findings=findings) if findings != case.findings else case


def expected(cell_id: str, case: CaseRecord, waivers: Sequence[Waiver], today: date) -> Waiver | None:
    """The unexpired waiver that expects this very case's outcome or cause, if there is one."""
    return next((w for w in in_force(waivers, today) if w.covers(cell_id, case.id) and meets(w, case)), None)


def complaints(waivers: Sequence[Waiver], results: Results, today: date) -> list[str]:
    """One line for each waiver that has expired, expires soon, or met a pass."""
    words = {
        Standing.EXPIRED: "expired {expires}; what it covered counts again",
        Standing.EXPIRES_SOON: "expires {expires}",
        Standing.UNEXPECTED_PASS: "met none of what it expects although its cases ran; remove it",
    }
    return [
        f"waiver {judged.waiver.id}: {words[judged.standing].format(expires=judged.waiver.expires)}"
        for judged in judge(waivers, results, today)
        if judged.standing in words
    ]


class WaivedChanges:
    """Says for a change why it is expected: for ``compare.Rules.waived``."""

    def __init__(self, waivers: Sequence[Waiver], results: Results, today: date) -> None:
        self._waivers = in_force(waivers, today)
        self._cases = {(cell.id, case.id): case for cell in results.cells for case in cell.cases}

    def __call__(self, change: Change) -> str:
        case = self._cases.get((change.cell, change.case))
        return next((waiver.reason for waiver in self._covering(change, case)), "")

    def _covering(self, change: Change, case: CaseRecord | None) -> Iterator[Waiver]:
        for waiver in self._waivers:
            if case is None or not change.worse or not waiver.covers(change.cell, change.case):
                continue
            rule = change.name.partition(".")[0]
            own = change.kind in (Kind.WARNED, Kind.COUNT) and waiver.expects_finding(rule)
            if own or (change.kind in (Kind.BROKEN, Kind.STOPPED) and meets(waiver, case)):
                yield waiver
