"""What is known of a case without running it: counted, read from libraries and release notes, never executed.

Each finding is marked ``predicted``; where the case runs somewhere, ``score`` compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from harness.evidence.records import EvidencePlace, Facts, Finding, Severity, WeightAudit
from harness.findings.rules import by_id
from harness.findings.scale_static import PluginInput
from harness.findings.scale_static import predicted as predicted_scales
from harness.findings.standing import can_say, concerned
from harness.matrix.cell import Recipe, Route
from harness.support.catalogue import catalogue_of
from harness.versions import Flavour, Release, Version

_PRECISION = {
    Recipe.FP16_FLAG: "fp16",
    Recipe.FP16_TYPED: "fp16",
    Recipe.BF16_FLAG: "bf16",
    Recipe.BF16_TYPED: "bf16",
}
_ERAS = ("summary", "perweight")


@dataclass(frozen=True, slots=True)
class Incident:
    """Something known of a range of releases that no log shows. ``since`` and ``before`` bound it."""

    id: str
    since: str
    before: str
    recipes: tuple[Recipe, ...]
    severity: Severity
    title: str
    explanation: str
    source: str


INCIDENTS = (
    Incident(
        "trt11-silent-fp32",
        "11.0",
        "12",
        (Recipe.FP16_FLAG,),
        Severity.DEGRADED,
        "A wrapper that asks for FP16 may get FP32",
        "On 11.2.1 a wrapper's request for FP16 built FP32, with exit status 0. Read the layers' precisions back.",
        "https://github.com/roboflow/rf-detr/issues/1453",
    ),
    Incident(
        "trt112-myelin-miscompile",
        "11.2",
        "11.3",
        tuple(Recipe),
        Severity.DEGRADED,
        "A fusion across min and max reductions may give wrong numbers",
        "Seen with 11.2.1 in every precision. Compare the outputs with another runtime.",
        "https://github.com/rerun-io/examples-monorepo/pull/87",
    ),
)


# The networks that 8.6.1 ends by it were built and run there: tests/recorded/10.6.0-h100. Between the two is not known.
_NO_ASSERTION = Version.parse("10.6.0")


def predict(
    release: Release,
    route: Route,
    recipe: Recipe,
    audits: Sequence[WeightAudit] = (),
    plugins: Sequence[PluginInput] = (),
) -> list[Finding]:
    """The findings to expect of a case: from the weights, the plugins' scales and known incidents."""
    found = [_of_weights(release, audit) for audit in audits if _PRECISION.get(recipe) == audit.precision]
    found.append(predicted_scales(plugins, route, recipe) if _has_assertion(release) else None)
    found += _incidents(release, recipe)
    return [finding for finding in found if finding]


def _of_weights(release: Release, audit: WeightAudit) -> Finding | None:
    """In the release's own wording where it has one, otherwise as mute."""
    kinds = concerned(audit)
    if not kinds:
        return None
    standing = can_say(release, audit.precision, kinds)
    counts: Facts = {
        "subnormal weights": audit.subnormal_blobs,
        "below the smallest subnormal": audit.below_blobs,
        "overflowing": audit.overflow_blobs,
    }
    danger = f"{audit.precision.upper()} weights in danger"
    if standing == "unsaid":
        words = _words(release, audit.precision, kinds)
        text = "Predicted: if it says what it can, in these words."
        evidence = [EvidencePlace(file="catalogue", text=word) for word in words]
        return _finding(
            f"{audit.precision}-weights-expected", f"{danger}, which the release can say", text, counts, evidence
        )
    title, text = {
        "mute": (
            f"{danger}, which the release cannot say",
            "Predicted: the release builds these weights without a word; its library has no such text.",
        ),
        "unknown": (
            f"{danger}; whether the release says so is not known",
            "Predicted: whether the release warns is not known; there is no catalogue of its messages.",
        ),
    }[standing]
    return _finding(f"{audit.precision}-weights-{standing}", title, text, counts, [])


def _words(release: Release, precision: str, kinds: Sequence[str]) -> list[str]:
    catalogue = catalogue_of(release)
    names = [f"{precision}-{kind}-{era}" for kind in kinds for era in _ERAS]
    texts = [by_id()[name].text for name in names if name in by_id()]
    return [text for text in texts if catalogue and catalogue.texts.get(text)]


@cache
def _has_assertion(release: Release) -> bool:
    """Every library read so far has it; without a catalogue it is assumed, but not where it was seen not to come."""
    if release.flavour is Flavour.TENSORRT and release.version >= _NO_ASSERTION:
        return False
    catalogue = catalogue_of(release)
    return catalogue is None or catalogue.texts.get(by_id()["plugin-scale-assert"].text, True)


@cache
def _incidents(release: Release, recipe: Recipe) -> tuple[Finding, ...]:
    return tuple(_incident(incident) for incident in INCIDENTS if _concerns(incident, release, recipe))


def _concerns(incident: Incident, release: Release, recipe: Recipe) -> bool:
    since, before = Version.parse(incident.since), Version.parse(incident.before)
    return release.flavour is Flavour.TENSORRT and since <= release.version < before and recipe in incident.recipes


def _incident(incident: Incident) -> Finding:
    return Finding(
        rule=incident.id,
        title=incident.title,
        severity=incident.severity,
        evidence=[EvidencePlace(file=incident.source)],
        explanation=f"Predicted, known of this release: {incident.explanation}",
        predicted=True,
    )


def _finding(rule: str, title: str, explanation: str, facts: Facts, evidence: list[EvidencePlace]) -> Finding:
    return Finding(
        rule=rule,
        title=title,
        severity=Severity.ADVISORY,
        facts=facts,
        evidence=evidence,
        explanation=explanation,
        predicted=True,
    )


@dataclass(frozen=True, slots=True)
class Score:
    """Predicted and found rules of a case that ran after all."""

    right: list[str]
    wrong: list[str]
    unforeseen: list[str]


def score(predicted: Sequence[Finding], found: Sequence[Finding]) -> Score:
    """Compare a prediction with the facts. A prediction about weights is right where any finding says so."""
    facts = [finding.rule for finding in found if not finding.predicted]
    told = {finding.rule: _fulfilled(finding.rule, facts) for finding in predicted if finding.predicted}
    covered = {rule for rules in told.values() for rule in rules}
    return Score(
        right=[rule for rule, rules in told.items() if rules],
        wrong=[rule for rule, rules in told.items() if not rules],
        unforeseen=[rule for rule in facts if rule not in covered],
    )


def _fulfilled(predicted: str, facts: Sequence[str]) -> list[str]:
    precision = predicted.split("-", 1)[0]
    if predicted.endswith("-weights-expected"):
        return [rule for rule in facts if rule.startswith(f"{precision}-") and rule.endswith(_ERAS)]
    return [rule for rule in facts if rule == predicted]
