"""Group what went wrong by its cause, and answer the four questions for each:
which release brought it, why, does it matter, what now.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.evidence.records import (
    BAD,
    Advice,
    CaseRecord,
    CellRecord,
    EvidencePlace,
    Finding,
    Outcome,
    Scalar,
    Severity,
)
from harness.report.grid import worst
from harness.report.matters import matters
from harness.report.releases import Place, ReleaseSight, sentence, sights
from harness.report.spread import spread
from harness.report.which_cases import which_cases
from harness.wording import ending, number

_STANDINGS = ("cured", "silent-only", "untried", "failed-here")
_SEVERITIES = tuple(Severity)
_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)*|/[^\s:]+")


@dataclass(frozen=True, slots=True)
class Cause:
    """One finding over all the cases that have it, or a kind of ending that no rule explains (``rule`` is empty).

    ``quote``: a line of the log that it was read from.
    """

    rule: str
    title: str
    severity: Severity
    outcome: Outcome
    places: tuple[Place, ...]
    cell_ids: tuple[str, ...]
    releases: tuple[ReleaseSight, ...]
    which: str
    why: str
    matters: str
    facts: dict[str, str]
    advice: tuple[Advice, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    consequences: tuple[str, ...] = ()
    waived_by: str = ""
    quote: EvidencePlace | None = None

    @property
    def extent(self) -> str:
        return f"{number(len(self.places), 'case')} of {number(len(self.cell_ids), 'cell')}"

    @property
    def which_cases(self) -> str:
        return which_cases(self.places)


def causes(cells: Sequence[CellRecord]) -> list[Cause]:
    """What was found, worst and widest first; what was only predicted is not among it."""
    grouped: dict[str, list[tuple[Place, Finding]]] = {}
    endings: dict[tuple[Outcome, str], list[Place]] = {}
    consequences: dict[str, dict[str, None]] = {}
    for cell in cells:
        own = _of_the_cell(cell)
        for case in cell.cases:
            real = [*own] + [finding for finding in case.findings if not finding.predicted]
            for finding in real:
                if finding.consequence_of:
                    consequences.setdefault(finding.consequence_of, {})[finding.title] = None
                else:
                    grouped.setdefault(finding.rule, []).append(((cell, case), finding))
            if case.outcome in BAD and not real:
                endings.setdefault((case.outcome, _normalised(ending(case.reason))), []).append((cell, case))
    found = [_explained(rule, seen, cells, tuple(consequences.get(rule, ()))) for rule, seen in grouped.items()]
    found += [_unexplained(outcome, places, cells) for (outcome, _), places in endings.items()]
    return sorted(found, key=lambda cause: (bool(cause.waived_by), _order(cause), -len(cause.places)))


def _of_the_cell(cell: CellRecord) -> list[Finding]:
    """Findings about the whole cell count for each of its cases, but once where a case has them itself."""
    in_cases = {finding.rule for case in cell.cases for finding in case.findings}
    return [finding for finding in cell.findings if not finding.predicted and finding.rule not in in_cases]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A finding that is expected where a case could not run."""

    rule: str
    title: str
    explanation: str
    places: tuple[Place, ...]
    cell_ids: tuple[str, ...]

    @property
    def extent(self) -> str:
        return f"{number(len(self.places), 'case')} of {number(len(self.cell_ids), 'cell')}"


def predictions(cells: Iterable[CellRecord]) -> list[Prediction]:
    """What is expected but did not run; never counted."""
    grouped: dict[str, list[tuple[Place, Finding]]] = {}
    for place, finding in _all(cells):
        if finding.predicted:
            grouped.setdefault(finding.rule, []).append((place, finding))
    return [
        Prediction(
            rule, seen[0][1].title, seen[0][1].explanation, tuple(p for p, _ in seen), _cell_ids(p for p, _ in seen)
        )
        for rule, seen in grouped.items()
    ]


def reasons_not_run(cells: Iterable[CellRecord]) -> list[tuple[str, int, tuple[str, ...]]]:
    """Each reason for not running, with the number of cases and the cells."""
    grouped: dict[str, list[Place]] = {}
    for cell in cells:
        for case in cell.cases:
            if not case.outcome.executed:
                grouped.setdefault(case.reason or cell.reason or case.outcome.value, []).append((cell, case))
    rows = [(reason, len(places), _cell_ids(places)) for reason, places in grouped.items()]
    return sorted(rows, key=lambda row: -row[1])


def _explained(
    rule: str, seen: Sequence[tuple[Place, Finding]], cells: Sequence[CellRecord], consequences: tuple[str, ...]
) -> Cause:
    places = [place for place, _ in seen]
    findings = [finding for _, finding in seen]
    first = findings[0]
    severity = min((finding.severity for finding in findings), key=_SEVERITIES.index)
    broken = [place for place in places if _broke(place, severity)]
    releases = sights(rule, places, cells)
    advice = tuple(_advice(findings))
    waived = {finding.waived_by for finding in findings}
    return Cause(
        rule=rule,
        title=first.title,
        severity=severity,
        outcome=worst([case.outcome for _, case in broken] or [Outcome.WARNED]),
        places=tuple(places),
        cell_ids=_cell_ids(places),
        releases=tuple(releases),
        which=sentence(releases),
        why=first.explanation,
        matters=matters(rule, severity, places, broken),
        facts=_facts(findings),
        advice=advice,
        commands=() if advice else _commands(*places[0]),
        consequences=consequences,
        waived_by=", ".join(sorted(waived)) if "" not in waived else "",
        quote=next((place for finding in findings for place in finding.evidence if place.text), None),
    )


def _unexplained(outcome: Outcome, places: Sequence[Place], cells: Sequence[CellRecord]) -> Cause:
    return Cause(
        rule="",
        title=ending(places[0][1].reason) or f"{outcome.value}, and nothing says why",
        severity=Severity.FATAL,
        outcome=outcome,
        places=tuple(places),
        cell_ids=_cell_ids(places),
        releases=(),
        which=_where_same_passed(places, cells),
        why="No rule explains this ending. The log is kept as it was written.",
        matters=matters("", Severity.FATAL, places, places),
        facts={},
        commands=_commands(*places[0]),
    )


def _commands(cell: CellRecord, case: CaseRecord) -> tuple[tuple[str, str], ...]:
    """What to do where no remedy is known."""
    look = ("Look at it", f"trt-matrix show {cell.id}::{case.id}")
    return (look, ("Repeat it", case.repeat)) if case.repeat else (look,)


def _broke(place: Place, severity: Severity) -> bool:
    """The case went badly, and nothing worse was found in it that it could have broken on."""
    _, case = place
    others = [finding.severity for finding in case.findings if not finding.predicted and not finding.consequence_of]
    return case.outcome in BAD and all(_SEVERITIES.index(severity) <= _SEVERITIES.index(other) for other in others)


def _where_same_passed(places: Sequence[Place], cells: Sequence[CellRecord]) -> str:
    ids = {case.id for _, case in places}
    well = (Outcome.PASSED, Outcome.WARNED)
    good = _cell_ids((cell, case) for cell in cells for case in cell.cases if case.id in ids and case.outcome in well)
    if not good:
        return "No other cell of this run built the same case, so it cannot tell."
    return f"Only here: the same case was built in {number(len(good), 'other cell')} of this run ({_some(good)})."


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (" and others" if len(names) > most else "")


def _facts(findings: Iterable[Finding]) -> dict[str, str]:
    """Each fact once; where it differs between cases, its range or the number of its values."""
    values: dict[str, list[Scalar]] = {}
    for finding in findings:
        for name, value in finding.facts.items():
            if not isinstance(value, list | dict):
                values.setdefault(name.replace("_", " "), []).append(value)
    return {name: spread(seen) for name, seen in values.items()}


def _advice(findings: Iterable[Finding]) -> Iterator[Advice]:
    """Each remedy once with its most frequent standing; what cured comes first, what failed here last.

    Where some cases show how a remedy does, those that did not try it do not count.
    """
    by_text: dict[str, list[Advice]] = {}
    for finding in findings:
        for advice in finding.advice:
            by_text.setdefault(advice.text, []).append(advice)
    chosen = []
    for same in by_text.values():
        shown = [advice.standing for advice in same if advice.standing != "untried"]
        standing = Counter(shown).most_common(1)[0][0] if shown else "untried"
        chosen.append(next(advice for advice in same if advice.standing == standing))
    return iter(sorted(chosen, key=lambda advice: _STANDINGS.index(advice.standing)))


def _all(cells: Iterable[CellRecord]) -> Iterator[tuple[Place, Finding]]:
    return (((cell, case), finding) for cell in cells for case in cell.cases for finding in case.findings)


def _cell_ids(places: Iterable[tuple[CellRecord, CaseRecord]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cell.id for cell, _ in places))


def _order(cause: Cause) -> tuple[bool, int]:
    return cause.outcome not in BAD, _SEVERITIES.index(cause.severity)


def _normalised(reason: str) -> str:
    """A reason without what differs from case to case: numbers, addresses, paths."""
    return _VARYING.sub("*", reason)
