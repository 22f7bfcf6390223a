"""From a log to findings: first cause, consequences, what it means, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from harness.errors import InputError
from harness.evidence.records import Advice, EvidencePlace, Facts, Finding, Scalar, Severity
from harness.findings.causes import UNKNOWN, consequences, first_cause
from harness.findings.lines import message
from harness.findings.match import matches
from harness.findings.matched import Match
from harness.findings.rules import by_id
from harness.findings.rules.model import Rule
from harness.findings.unknown import Cluster, Unknown
from harness.findings.weights_log import WeightsLog
from harness.neutral import one_line

# Places kept for a finding; the fact ``occurrences`` has the whole number.
_PLACES = 20
_VALUES = 1000
_TEXT = 400
# TensorRT's errors (by their code; before 8 a failed check), protobuf's and compilers': what printed one has failed.
_FAILED = re.compile(
    r"\bError Code [1-9]|\bError\[[1-9]\d{0,2}\]|\bParameter check failed at: |\[libprotobuf (?:ERROR|FATAL) "
    r"|\.(?:h|hpp|cuh|c|cc|cpp|cxx|cu)(?:\(\d{1,6}\)|:\d{1,6}(?::\d{1,4})?) ?: (?:fatal )?error\b"
)
_ORDER = list(Severity)


@dataclass(slots=True)
class _Seen:
    """All matches of one rule."""

    rule: Rule
    first: Match
    count: int = 0
    places: list[EvidencePlace] = field(default_factory=list)
    values: dict[str, dict[Scalar, None]] = field(default_factory=dict)

    def add(self, match: Match, file: str) -> None:
        self.count += match.times
        if len(self.places) < _PLACES:
            self.places.append(place(match, file))
        for name, value in match.facts.items():
            kept = self.values.setdefault(name, {})
            for one in value if isinstance(value, list) else [value]:
                if len(kept) < _VALUES:
                    kept[one] = None

    def leads(self, other: _Seen) -> bool:
        """Each of its lines has one of the other's directly below."""
        below = {at.line - 1 for at in other.places if at.line}
        return self.count == len(self.places) and all(at.line in below for at in self.places)

    def facts(self) -> Facts:
        facts: Facts = {}
        for name, kept in self.values.items():
            facts[name] = list(kept) if len(kept) > 1 or name in self.rule.lists else next(iter(kept))
        if self.count > 1:
            facts["occurrences"] = self.count
        return facts


@dataclass(frozen=True, slots=True)
class Classification:
    """``findings`` begin with the first cause; each consequence names its cause."""

    findings: list[Finding]
    first_cause: str


def classify_file(path: Path, *, name: str | None = None) -> Classification:
    """Any TensorRT log, of any size. ``name`` stands in the evidence instead of the path. Raises InputError."""
    try:
        with path.open("rb") as stream:
            return classify(stream, file=name or str(path))
    except OSError as error:
        raise InputError(f"log {one_line(str(path))}: {error.strerror}; give a readable file") from error


def classify_case(folder: Path, *, name: str) -> Classification:
    """The log of a case's evidence; ``name`` is the folder as the run has it. No log: no findings."""
    log = folder / "tensorrt.log"
    return classify_file(log, name=f"{name}/{log.name}") if log.is_file() else Classification([], "")


def classify_text(text: str | bytes, *, file: str = "") -> Classification:
    return classify(BytesIO(text.encode("utf-8", "replace") if isinstance(text, str) else text), file=file)


def classify(stream: BinaryIO, *, file: str = "") -> Classification:
    """What the rules see in a log."""
    seen: dict[str, _Seen] = {}
    weights, unknown = WeightsLog(), Unknown()
    for match in matches(stream):
        if match.rule is None:
            unknown.add(match)
            continue
        if match.rule.id not in seen:
            seen[match.rule.id] = _Seen(match.rule, match)
        seen[match.rule.id].add(match, file)
        if match.rule.family == "weights":
            weights.add(match)
    _merge_parts(seen)
    return _conclude(seen, weights.facts(), unknown, file)


def _merge_parts(seen: dict[str, _Seen]) -> None:
    """Lines that belong to another rule's message become places of that rule's finding."""
    for name, one in list(seen.items()):
        whole = next((seen[other] for other in one.rule.part_of if other in seen), None)
        whole = whole or next(
            (seen[other] for other in one.rule.head_of if other in seen and one.leads(seen[other])), None
        )
        if whole:
            del seen[name]
            lines = {at.line for at in whole.places}
            further = [at for at in one.places[:3] if at.line not in lines]
            whole.places = sorted([*whole.places, *further], key=lambda at: at.line or 0)[:_PLACES]
            if one.first.line < whole.first.line:
                whole.first = one.first


def _conclude(seen: dict[str, _Seen], weights: dict[str, Facts], unknown: Unknown, file: str) -> Classification:
    found = {name: _finding(one, weights.get(name, {})) for name, one in seen.items()}
    places = {name: (one.first.line, one.first.at) for name, one in seen.items()}
    for form, cluster in unknown.clusters.items():
        found[f"{UNKNOWN}: {form}"] = _unknown_finding(form, cluster, file)
        places[f"{UNKNOWN}: {form}"] = (cluster.first.line, cluster.first.at)
    order = sorted(found, key=places.__getitem__)
    errors = [name for name in order if found[name].severity is Severity.FATAL or name.startswith(UNKNOWN)]
    cause = consequences(order, by_id(), errors)
    first = first_cause(order, cause, {name: finding.severity for name, finding in found.items()})
    ranked = sorted(
        order, key=lambda name: (name != first, cause.get(name) != first, _ORDER.index(found[name].severity))
    )
    findings = [
        msgspec.structs.replace(found[name], consequence_of=found[cause[name]].rule if name in cause else "")
        for name in ranked
    ]
    return Classification(findings, found[first].rule if first else "")


def _finding(one: _Seen, weights: Facts) -> Finding:
    rule = one.rule
    return Finding(
        rule=rule.id,
        title=rule.title,
        severity=rule.severity,
        facts=one.facts() | weights,
        evidence=one.places,
        explanation=rule.explanation,
        advice=[Advice(text=remedy.text, source=remedy.source) for remedy in rule.advice],
    )


def _unknown_finding(form: str, cluster: Cluster, file: str) -> Finding:
    fatal = any(match.level == "F" or _FAILED.search(match.text[:_TEXT]) for match in cluster.matches)
    return Finding(
        rule=UNKNOWN,
        title="an error that no rule knows",
        severity=Severity.FATAL if fatal else Severity.DEGRADED,
        facts={"form": one_line(form), "occurrences": cluster.count},
        evidence=[place(match, file) for match in cluster.matches],
        explanation="No rule knows this message; it is shown as the software printed it.",
    )


def place(match: Match, file: str) -> EvidencePlace:
    return EvidencePlace(file=file, line=match.line, text=one_line(message(match.text))[:_TEXT])
