"""What an upgrade stops: cases that break, and those whose API is gone."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from harness.analysis.case_changes import Side, cause_of
from harness.analysis.changes import Comparison, Kind, Proof
from harness.analysis.statements import Statement, case_names, each_case, grouped, proof_of
from harness.evidence.records import BAD, CaseRecord, Finding, Outcome, Severity
from harness.wording import ending


def will_not_run(before: Side, after: Side, found: Comparison) -> list[Statement]:
    """What is new first. What neither release has an API for is no news, and stands elsewhere."""
    broken = {(change.cell, change.case) for change in found.changes if change.kind is Kind.BROKEN}
    never = _not_applicable(before)
    earlier = case_names(before)
    quotes: dict[str, str] = {}

    def stated() -> Iterator[tuple[str, str, Proof, bool]]:
        for cell, case in each_case(after):
            name = f"{cell.id} / {case.id}"
            if case.outcome in BAD:
                since = "newly" if case.id in earlier else "in no run of the older release"
                kind = since if (cell.id, case.id) in broken else _AS_BEFORE
                text = f"{case.outcome.value}, {kind}{waived_by(case)}: {_cause(case)}"
                quotes.setdefault(text, _quote(case))
                yield text, name, proof_of(after, cell, case, _fatal(case)), False
            elif case.outcome is Outcome.NOT_APPLICABLE and case.id not in never:
                yield f"not applicable: {case.reason}", name, proof_of(after, cell, case), False
            for finding in case.findings:
                if finding.predicted and finding.severity is Severity.FATAL:
                    yield f"predicted, not run: {finding.title}", name, proof_of(after, cell, case, finding), True

    told = [msgspec.structs.replace(each, quote=quotes.get(each.text, "")) for each in grouped(stated())]
    return sorted(told, key=lambda each: (each.predicted, f", {_AS_BEFORE}" in each.text.partition(":")[0]))


_AS_BEFORE = "as before"


def waived_by(case: CaseRecord) -> str:
    finding = _fatal(case)
    return f", waived ({finding.waived_by})" if finding and finding.waived_by else ""


def _quote(case: CaseRecord) -> str:
    finding = _fatal(case)
    return next((place.text for place in finding.evidence if place.text), "") if finding else ""


def _not_applicable(side: Side) -> set[str]:
    return {case.id for _, case in each_case(side) if case.outcome is Outcome.NOT_APPLICABLE}


def never_applicable(before: Side, after: Side) -> list[Statement]:
    never = _not_applicable(before)
    return grouped(
        (case.reason, f"{cell.id} / {case.id}", proof_of(after, cell, case), False)
        for cell, case in each_case(after)
        if case.outcome is Outcome.NOT_APPLICABLE and case.id in never
    )


def _fatal(case: CaseRecord) -> Finding | None:
    return next((f for f in case.findings if f.severity is Severity.FATAL and not f.predicted), None)


def _cause(case: CaseRecord) -> str:
    finding = _fatal(case)
    return f"{finding.title} ({finding.rule})" if finding else ending(case.reason) or cause_of(case)
