"""From evidence to findings: what a case's log and weights say, and the outcome that follows from it.

Evidence is not changed; judging a run again gives the same answer, or a better one with better rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.evidence.layout import RunFolder
from harness.evidence.records import CaseRecord, CellRecord, Finding, Outcome, Results, Severity, WeightAudit, count
from harness.findings.advice import advise
from harness.findings.audit.model import records
from harness.findings.audit.stored import stored_audit
from harness.findings.decode_inputs import decode_inputs
from harness.findings.predict import predict
from harness.findings.replayed import replayed_cell
from harness.findings.rules import rules_hash
from harness.findings.silence import silences
from harness.findings.standing import stand
from harness.matrix.cell import Recipe, Route
from harness.versions import Flavour, Release, Version
from harness.whole import write_whole

LOG = "tensorrt.log"
_WARNS = (Severity.FATAL, Severity.DEGRADED, Severity.ADVISORY)

Audits = Mapping[str, list[WeightAudit]]


@dataclass(frozen=True, slots=True)
class FindingsCache:
    """What the rules saw in the log of a conclusive case, by its key: a case reused is not read again."""

    folder: Path

    def get(self, key: str, make: Callable[[], list[Finding]]) -> list[Finding]:
        place = self.folder / rules_hash() / f"{key}.json"
        try:
            return msgspec.json.decode(place.read_bytes(), type=list[Finding])
        except (OSError, msgspec.MsgspecError):
            found = make()
        with suppress(OSError):  # a full disk costs time at the next run, not this one its results
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, msgspec.json.encode(found))
        return found


def judge(results: Results, run: RunFolder, audits: Audits, cache: FindingsCache | None = None) -> Results:
    """The results with findings. ``audits`` holds the weight audit of each subject's FP32 model, by its name."""
    cells = [_cell(cell, run, audits, cache) for cell in results.cells]
    replayed = replayed_cell(cache.get) if cache else replayed_cell()
    return advise(msgspec.structs.replace(results, cells=cells, counts=count(cells), replayed=[replayed]))


def audits_in(results: Results) -> dict[str, list[WeightAudit]]:
    """The audits that a run's records hold, by subject."""
    return {case.subject: case.audit for cell in results.cells for case in cell.cases if case.audit}


def audits_of(models: Mapping[str, Path]) -> tuple[dict[str, list[WeightAudit]], list[str]]:
    """The audits of models by name, and a note for each that could not be made."""
    audits: dict[str, list[WeightAudit]] = {}
    notes: list[str] = []
    for name, model in models.items():
        try:
            audits[name] = records(stored_audit(model))
        except (HarnessError, OSError, msgspec.MsgspecError) as error:
            notes.append(f"the weights of {name} could not be audited: {error}")
    return audits, notes


def _cell(cell: CellRecord, run: RunFolder, audits: Audits, cache: FindingsCache | None) -> CellRecord:
    release = Release(Flavour(cell.flavour), Version.parse(cell.version))
    cases = [
        _case(case, release, run, audits.get(case.subject, case.audit), cache)
        if case.outcome.executed
        else _foreseen(case, release, audits.get(case.subject, []))
        for case in cell.cases
    ]
    return msgspec.structs.replace(cell, cases=cases)


def _case(
    case: CaseRecord, release: Release, run: RunFolder, audits: list[WeightAudit], cache: FindingsCache | None
) -> CaseRecord:
    log = run.path / case.evidence / LOG
    if not case.evidence or not log.is_file():
        return case

    def read() -> list[Finding]:
        # Imported late: where every case is reused, no rule has to be compiled.
        from harness.findings.classify import classify_file

        return classify_file(log, name=LOG).findings

    found = cache.get(case.key, read) if cache and case.key and case.outcome.conclusive else read()
    standing = stand(audits, release=release, recipe=Recipe(case.recipe), findings=found)
    found = _waived(_placed([*found, *silences(standing)], case.evidence), case.findings)
    return msgspec.structs.replace(case, findings=found, audit=standing, outcome=_outcome(case.outcome, found))


def _foreseen(case: CaseRecord, release: Release, audits: list[WeightAudit]) -> CaseRecord:
    """A case that did not run keeps what is known of it without running; each finding says that it is predicted."""
    if case.outcome is not Outcome.NOT_RUN:
        return case
    told = [finding for finding in case.findings if not finding.predicted]
    route, recipe = Route(case.route), Recipe(case.recipe)
    foreseen = predict(release, route, recipe, audits, decode_inputs(route, recipe, case.variant))
    return msgspec.structs.replace(case, findings=[*told, *foreseen])


def _waived(found: list[Finding], before: list[Finding]) -> list[Finding]:
    """What was waived when the case was run stays so: the matrix of that day is not at hand any more."""
    waived = {finding.rule: finding.waived_by for finding in before}
    return [msgspec.structs.replace(finding, waived_by=waived.get(finding.rule, "")) for finding in found]


def _placed(found: list[Finding], folder: str) -> list[Finding]:
    """Evidence as a path from the run's folder."""
    return [
        msgspec.structs.replace(
            finding,
            evidence=[msgspec.structs.replace(place, file=f"{folder}/{place.file}") for place in finding.evidence],
        )
        for finding in found
    ]


def _outcome(outcome: Outcome, found: list[Finding]) -> Outcome:
    """A case that passed with a warning is ``warned``; judged again with other rules it may pass."""
    if outcome not in (Outcome.PASSED, Outcome.WARNED):
        return outcome
    warns = any(finding.severity in _WARNS and not finding.predicted for finding in found)
    return Outcome.WARNED if warns else Outcome.PASSED
