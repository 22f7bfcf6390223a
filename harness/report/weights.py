"""The project's own count of weights that a precision cannot hold, beside what each release said about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis.alike import merged
from harness.evidence.records import CaseRecord, CellRecord, WeightAudit
from harness.report.grid import shadowed
from harness.versions import Version


@dataclass(frozen=True, slots=True)
class Said:
    """One release's word: ``said``, ``unsaid``, ``mute`` or ``unknown``; ``ran`` is false where it is only expected."""

    flavour: str
    version: str
    standing: str
    ran: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The same count over all cases that have it. ``effects``: sentences on what the converted weights do."""

    subjects: tuple[str, ...]
    audit: WeightAudit
    effects: tuple[str, ...]
    said: tuple[Said, ...]


def rows(cells: Iterable[CellRecord]) -> list[Row]:
    """One row for each precision and count with any weight in danger; cases of another precision do not count."""
    grouped: dict[tuple[str, tuple[int, ...]], list[tuple[CellRecord, CaseRecord, WeightAudit]]] = {}
    for cell in cells:
        if shadowed(cell):
            continue
        for case in cell.cases:
            for audit in case.audit:
                counts = _counts(audit)
                if audit.standing != "not-concerned" and any(counts[1:]):
                    grouped.setdefault((audit.precision, counts), []).append((cell, case, audit))
    return [_row(seen) for _, seen in sorted(grouped.items(), key=lambda item: item[0][0])]


def _row(seen: list[tuple[CellRecord, CaseRecord, WeightAudit]]) -> Row:
    words = {
        Said(cell.flavour, cell.version, audit.standing, case.outcome.executed): None for cell, case, audit in seen
    }
    ordered = sorted(words, key=lambda said: (not said.ran, said.flavour, Version.parse(said.version), said.standing))
    effects = dict.fromkeys(audit.effect for _, _, audit in seen if audit.effect)
    return Row(
        subjects=tuple(dict.fromkeys(case.subject for _, case, _ in seen)),
        audit=seen[0][2],
        effects=tuple(effect for effect, _ in merged(effects)),
        said=tuple(ordered),
    )


def _counts(audit: WeightAudit) -> tuple[int, ...]:
    return audit.blobs, audit.subnormal_blobs, audit.below_blobs, audit.overflow_blobs
