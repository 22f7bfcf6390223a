"""What this run knows about each remedy: cured, only silent, failed here too, or untried.

A remedy is never shown as cured without a case of this run that shows it, and one that failed here goes last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from harness.evidence.records import BAD, Advice, CaseRecord, CellRecord, Finding, Outcome, Results
from harness.findings.rules import by_id
from harness.findings.rules.model import Remedy
from harness.findings.silence import is_silence

_RANK = {"cured": 0, "untried": 1, "silent-only": 2, "failed-here": 3}
_GOOD = (Outcome.PASSED, Outcome.WARNED)
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Seen:
    """A case, in its cell."""

    cell: CellRecord
    case: CaseRecord

    @property
    def place(self) -> str:
        return f"{self.cell.id} {self.case.id}"


# What was executed, by subject and by (cell, subject): no remedy changes the subject, most not the cell either.
_Index = dict[tuple[str, ...], list[_Seen]]


def advise(results: Results) -> Results:
    """The results with each finding's remedies ranked by what passed in this very run."""
    seen = _index(results)
    cells = [
        msgspec.structs.replace(cell, cases=[_case(_Seen(cell, case), seen) for case in cell.cases])
        for cell in results.cells
    ]
    replayed = [
        msgspec.structs.replace(cell, cases=[_case(_Seen(cell, case), seen) for case in cell.cases])
        for cell in results.replayed
    ]
    return msgspec.structs.replace(results, cells=cells, replayed=replayed)


def _index(results: Results) -> _Index:
    index: _Index = {}
    for cell in results.cells:
        for case in cell.cases:
            if case.outcome.executed:
                for key in ((case.subject,), (cell.id, case.subject)):
                    index.setdefault(key, []).append(_Seen(cell, case))
    return index


def _case(here: _Seen, seen: _Index) -> CaseRecord:
    findings = [msgspec.structs.replace(finding, advice=_advice(finding, here, seen)) for finding in here.case.findings]
    return msgspec.structs.replace(here.case, findings=findings)


def _advice(finding: Finding, here: _Seen, seen: _Index) -> list[Advice]:
    """Ranked; of a finding that no rule knows, its own."""
    told = [_standing(remedy, finding, here, seen) for remedy in _remedies(finding.rule)]
    own = finding.advice if is_silence(finding.rule) or not told else []
    return sorted([*told, *own], key=lambda advice: _RANK[advice.standing])


def _remedies(rule: str) -> list[Remedy]:
    if rule in by_id():
        return by_id()[rule].advice
    # Of what our own count found: the remedies are those of the warning that was not printed.
    spoken = by_id().get(f"{rule.partition('-')[0]}-subnormal-summary") if is_silence(rule) else None
    return [remedy for remedy in spoken.advice if remedy.needs == "recipe"] if spoken else []


def _standing(remedy: Remedy, finding: Finding, here: _Seen, seen: _Index) -> Advice:
    advice = Advice(text=remedy.text, source=remedy.source)
    if not remedy.needs:
        return advice
    key = (here.case.subject,) if remedy.needs == "release" else (here.cell.id, here.case.subject)
    tried = [other for other in seen.get(key, []) if _is_remedy(remedy, here, other)]
    cured = [other for other in tried if other.case.outcome in _GOOD and not _has(other, finding)]
    muted = [other for other in cured if _silent(other)]
    failed = [other for other in tried if other.case.outcome in BAD or _has(other, finding)]
    whole = [other for other in cured if other not in muted]
    if whole:
        return _told(advice, "cured", "passed without it", whole, here)
    if muted:
        return _told(advice, "silent-only", "says nothing, by our own count the weights are the same", muted, here)
    if failed:
        return _told(advice, "failed-here", "failed, or has the same finding", failed, here)
    return advice


def _told(advice: Advice, standing: str, words: str, places: list[_Seen], here: _Seen) -> Advice:
    shown = ", ".join(other.place for other in places[:_MOST])
    more = f" and {len(places) - _MOST} more" if len(places) > _MOST else ""
    because = f"{shown}{more}: {words}{_cost(places[0], here)}"
    return msgspec.structs.replace(advice, standing=standing, because=because)


def _cost(other: _Seen, here: _Seen) -> str:
    """What it costs, where both were measured."""
    mine, theirs = here.case.engine_bytes, other.case.engine_bytes
    return f"; its engine is {theirs / mine:.2f} times as large" if mine and theirs else ""


def _has(other: _Seen, finding: Finding) -> bool:
    return any(one.rule == finding.rule and not one.predicted for one in other.case.findings)


def _silent(other: _Seen) -> bool:
    return any(audit.standing in ("mute", "unsaid", "unknown") for audit in other.case.audit)


def _is_remedy(remedy: Remedy, here: _Seen, other: _Seen) -> bool:
    """``other`` differs from ``here`` in what the remedy changes, and in nothing else."""
    return _DIFFERS[remedy.needs](remedy, here, other)


def _same(here: _Seen, other: _Seen, *names: str) -> bool:
    return all(getattr(here.case, name) == getattr(other.case, name) for name in names)


def _release(_: Remedy, here: _Seen, other: _Seen) -> bool:
    mine, theirs = (here.cell.flavour, here.cell.version), (other.cell.flavour, other.cell.version)
    return mine != theirs and _same(here, other, "subject", "route", "recipe")


def _route(remedy: Remedy, here: _Seen, other: _Seen) -> bool:
    return (
        here.cell.id == other.cell.id
        and _same(here, other, "subject", "recipe", "target")
        and other.case.route != here.case.route
        and other.case.route == (remedy.value or other.case.route)
    )


def _recipe(remedy: Remedy, here: _Seen, other: _Seen) -> bool:
    return (
        here.cell.id == other.cell.id
        and _same(here, other, "subject", "target")
        and other.case.recipe != here.case.recipe
        and other.case.recipe.startswith(remedy.value)
    )


def _variant(remedy: Remedy, here: _Seen, other: _Seen) -> bool:
    return (
        here.cell.id == other.cell.id
        and _same(here, other, "subject", "route", "recipe", "target")
        and other.case.variant == here.case.variant | {remedy.value}
        and other.case.variant != here.case.variant
    )


_DIFFERS: dict[str, Callable[[Remedy, _Seen, _Seen], bool]] = {
    "release": _release,
    "route": _route,
    "recipe": _recipe,
    "variant": _variant,
}
