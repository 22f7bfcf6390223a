"""From a case's evidence to its record."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.evidence.layout import RunFolder
from harness.evidence.read import read_case
from harness.evidence.records import CaseRecord, Outcome, Stage
from harness.matrix.cell import Case


def blank(case: Case, key: str, repeat: str) -> CaseRecord:
    """A case that has not run."""
    return CaseRecord(
        id=case.id,
        subject=case.subject.name,
        route=case.route.value,
        recipe=case.recipe.value,
        target=case.target,
        stage=Stage.PROVISION,
        outcome=Outcome.NOT_RUN,
        key=key,
        repeat=repeat,
    )


def from_evidence(base: CaseRecord, folder: Path, run: RunFolder, cut_off: str = "") -> CaseRecord:
    """``base`` with what the evidence in ``folder`` tells.

    ``cut_off`` is the reason where it tells no outcome: then the case went down with its probe.
    """
    read = read_case(folder)
    engine = read.engine
    reason = read.reason if read.outcome else cut_off or "the evidence ends without an outcome"
    if read.damaged_lines:
        reason = f"{reason} ({read.damaged_lines} damaged lines in events.jsonl passed over)".strip()
    return msgspec.structs.replace(
        base,
        stage=read.stage or Stage.PROVISION,
        outcome=read.outcome or Outcome.CRASHED,
        reason=reason,
        duration_s=read.duration_s,
        steps_s=read.steps_s,
        engine_bytes=engine.get("bytes"),
        engine_sha256=str(engine.get("sha256", "")),
        layers=engine.get("layers"),
        layer_precisions=dict(engine.get("precisions") or {}),
        metrics=read.metrics,
        evidence=run.relative(folder),
    )
