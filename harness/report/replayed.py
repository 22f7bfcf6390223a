"""A published log, read with this program's rules, as the page shows it: answers, but nothing that ran here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from harness.evidence.records import CaseRecord, CellRecord, Outcome, Severity
from harness.findings.rules import by_id
from harness.report.causes import Cause, causes
from harness.report.scored import sentence
from harness.support.catalogue import shipped
from harness.versions import Release

_NEVER = "Nothing of it ran here."


@dataclass(frozen=True, slots=True)
class Replay:
    cell: CellRecord
    causes: tuple[Cause, ...]
    score: str


def replay(cell: CellRecord) -> Replay:
    """The four questions, answered from the log and from the messages that each library holds."""
    told = msgspec.structs.replace(cell, cases=[_as_told(case) for case in cell.cases])
    found = [replace(cause, which=_which(cause.rule, cell)) for cause in causes([told])]
    return Replay(cell, tuple(found), sentence([told]))


def _as_told(case: CaseRecord) -> CaseRecord:
    """With the outcome that the log itself tells of. For this view alone: the record stays ``not-run``."""
    fatal = any(finding.severity is Severity.FATAL for finding in case.findings)
    return msgspec.structs.replace(case, outcome=Outcome.FAILED if fatal else Outcome.WARNED)


def _which(rule: str, cell: CellRecord) -> str:
    words = f"The log is of {cell.flavour} {cell.version}. {_NEVER}"
    text = by_id()[rule].text if rule in by_id() else ""
    asked = {name: found.texts[text] for name, found in sorted(shipped().items()) if text in found.texts}
    if not asked:
        return words
    can = _listed(name for name, has in asked.items() if has)
    mute = _listed(name for name, has in asked.items() if not has)
    words += f" Libraries that hold these words: {can or 'none'}."
    return f"{words} Without them, and so mute: {mute}." if mute else words


def _listed(names: Iterable[str]) -> str:
    """``tensorrt 8.6.1, 10.15.1; tensorrt-rtx 1.7.1``, from the oldest."""
    by_flavour: dict[str, list[Release]] = {}
    for release in map(Release.parse, names):
        by_flavour.setdefault(release.flavour, []).append(release)
    return "; ".join(
        f"{flavour} {', '.join(str(release.version) for release in sorted(found, key=lambda each: each.version))}"
        for flavour, found in by_flavour.items()
    )
