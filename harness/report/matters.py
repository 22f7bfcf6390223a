"""Does it matter: how many cases broke on it, and what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.analysis.alike import merged
from harness.analysis.fp32 import LATENCY, fp32_latency
from harness.evidence.records import CaseRecord, CellRecord, Severity
from harness.matrix.cell import Recipe
from harness.report.against_fp32 import own_metrics
from harness.report.releases import Place
from harness.report.spread import span
from harness.report.units import with_unit
from harness.wording import listed, number

_MOST_EFFECTS = 3
_WORDS = {
    Severity.FATAL: "Where it strikes, there is no engine; these cases came through.",
    Severity.DEGRADED: "Probably: the engine works, but its results or its speed can be worse.",
    Severity.ADVISORY: "Perhaps: the engine works; its numbers can differ.",
    Severity.INFO: "No: for information.",
}
_HARMLESS = "harmless"


def matters(rule: str, severity: Severity, places: Sequence[Place], broken: Sequence[Place]) -> str:
    """``broken``: those of ``places`` that went badly because of it."""
    effects = _effects(rule, places) if rule else {}
    if broken:
        words = [_broken(len(places), broken)]
    elif effects and all(effect.startswith(_HARMLESS) for effect in effects):
        words = ["Not by what was measured."]
    else:
        words = [_WORDS[severity]]
    words += _effect_words(effects)
    measured = [] if severity is Severity.INFO else _measured(places)
    if measured:
        words.append(f"Measured: {', '.join(measured)}.")
    elif not broken and not effects and severity in (Severity.DEGRADED, Severity.ADVISORY):
        words.append("This run has not measured by how much.")
    return " ".join(words)


def _broken(cases: int, broken: Sequence[Place]) -> str:
    without = sum(case.engine_bytes is None for _, case in broken)
    if len(broken) == cases == without:
        return f"Yes: none of the {cases:,} cases got an engine." if cases > 1 else "Yes: the case got no engine."
    return f"Yes: {len(broken):,} of {number(cases, 'case')} broke on it, {without:,} without an engine."


def _effects(rule: str, places: Sequence[Place]) -> dict[str, list[str]]:
    """What was measured of the weights that ``rule`` is about, on the CPU, and the subjects that it was measured of."""
    found: dict[str, list[str]] = {}
    for _, case in places:
        for audit in case.audit:
            if audit.effect and rule.startswith(f"{audit.precision}-"):
                subjects = found.setdefault(audit.effect, [])
                subjects += [case.subject] if case.subject not in subjects else []
    return found


def _effect_words(effects: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence for those that say the same but for numbers; with several, whose weights they are."""
    alike = merged(effects)
    if len(effects) == 1:
        return [f"The converted weights are {effect}." for effect, _ in alike]
    names = [[name for each in same for name in effects[each]] for _, same in alike]
    return [
        f"The converted weights of {listed(subjects, 'models')} are {effect}."
        for (effect, _), subjects in list(zip(alike, names, strict=True))[:_MOST_EFFECTS]
    ]


def _measured(places: Sequence[Place]) -> list[str]:
    """Accuracy as its metrics are called; of times the latency alone, beside that of the cell's own FP32 engine."""
    values: dict[str, list[float]] = {}
    for _, case in places:
        for name, value in own_metrics(case).items():
            if not _BESIDE.search(name):
                values.setdefault(name, []).append(_rounded(value))
    told = []
    for name, numbers in values.items():
        label, unit = with_unit(name)
        told.append(f"{label} {span(numbers)}{unit}")
        if name == LATENCY and (ratios := [ratio for place in places if (ratio := _beside_fp32(*place)) is not None]):
            told.append(f"{span(ratios)} times FP32's")
    return told


# What says how a latency was measured, and not how large it is.
_BESIDE = re.compile(r"_mad_ms$|_p95_ms$|^executions$|^clock_")


def _beside_fp32(cell: CellRecord, case: CaseRecord) -> float | None:
    """Latency as a share of that of the same model by the same route in FP32; nothing where one is not known."""
    own = case.metrics.get(LATENCY)
    if not own or case.recipe == Recipe.FP32:
        return None
    fp32 = fp32_latency(cell, subject=case.subject, route=case.route, target=case.target, variant=case.variant)
    return round(own / fp32, 2) if fp32 else None


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.3g}")
