"""Said, unsaid or mute: what a release's silence about the weights means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from harness.evidence.records import Finding, WeightAudit
from harness.findings.rules import rules
from harness.matrix.cell import Recipe
from harness.support.catalogue import catalogue_of
from harness.versions import Release

Standing = Literal["said", "unsaid", "mute", "unknown", "not-concerned"]

_PRECISION = {
    Recipe.FP16_FLAG: "fp16",
    Recipe.FP16_TYPED: "fp16",
    Recipe.BF16_FLAG: "bf16",
    Recipe.BF16_TYPED: "bf16",
    Recipe.FP8_QDQ: "fp8",
}


def stand(
    audits: Sequence[WeightAudit],
    *,
    release: Release,
    recipe: Recipe,
    findings: Sequence[Finding],
    catalogues: Path | None = None,
) -> list[WeightAudit]:
    """Each audit with its standing. ``catalogues``: a folder of those made from attested libraries."""
    return [
        msgspec.structs.replace(
            audit, standing=standing(audit, release=release, recipe=recipe, findings=findings, catalogues=catalogues)
        )
        for audit in audits
    ]


def standing(
    audit: WeightAudit,
    *,
    release: Release,
    recipe: Recipe,
    findings: Sequence[Finding],
    catalogues: Path | None = None,
) -> Standing:
    """``not-concerned`` where the recipe keeps another precision or no weight is in danger."""
    if _PRECISION.get(recipe) != audit.precision:
        return "not-concerned"
    if any(_is_about(finding.rule, audit.precision) for finding in findings if not finding.predicted):
        return "said"
    kinds = concerned(audit)
    return can_say(release, audit.precision, kinds, catalogues) if kinds else "not-concerned"


def concerned(audit: WeightAudit) -> list[str]:
    """The kinds of harm that the audit counted."""
    counts = {
        "subnormal": audit.subnormal_elements,
        "below-subnormal": audit.below_elements,
        "overflow": audit.overflow_elements,
    }
    return [kind for kind, number in counts.items() if number]


def can_say(
    release: Release, precision: str, kinds: Sequence[str], catalogues: Path | None = None
) -> Literal["unsaid", "mute", "unknown"]:
    """``mute``: the library has no words for any of ``kinds``; ``unsaid``: it has, and was silent."""
    catalogue = catalogue_of(release, catalogues)
    if catalogue is None:
        return "unknown"
    names = {f"{precision}-{kind}-{era}" for kind in kinds for era in ("summary", "perweight")}
    has = [catalogue.texts.get(rule.text) for rule in rules() if rule.id in names]
    if any(has):
        return "unsaid"
    return "unknown" if not has or None in has else "mute"


def _is_about(rule: str, precision: str) -> bool:
    return rule.startswith(f"{precision}-") and rule.endswith(("-summary", "-perweight"))
