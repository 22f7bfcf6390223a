"""What an upgrade will change, as statements that each name their evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from harness.analysis.case_changes import Side, cause_of, said
from harness.analysis.changes import Change, Comparison, Kind, Proof
from harness.analysis.compare import Rules, compare
from harness.analysis.pairs import release_pairs
from harness.analysis.suspects import WEIGHTS
from harness.evidence.records import BAD, Advice, CaseRecord, CellRecord, Finding, Outcome, Record, Severity
from harness.support.api import absence, features
from harness.versions import Release

_STANDINGS = ("cured", "untried", "silent-only", "failed-here")
_MOST_PROOFS = 8


class Statement(Record, frozen=True, kw_only=True):
    """One sentence with what it rests on: places in runs, or the sources of a fact. ``predicted``: nothing ran."""

    text: str
    cases: list[str] = msgspec.field(default_factory=list)
    proofs: list[Proof] = msgspec.field(default_factory=list)
    sources: list[str] = msgspec.field(default_factory=list)
    predicted: bool = False


class Section(Record, frozen=True, kw_only=True):
    """``none``: what to say where there is nothing to state, resting on ``proofs`` or ``sources``."""

    title: str
    none: str
    statements: list[Statement]
    proofs: list[Proof] = msgspec.field(default_factory=list)
    sources: list[str] = msgspec.field(default_factory=list)


class Triage(Record, frozen=True, kw_only=True):
    schema: str = "trt-matrix/triage/1"
    before: str
    after: str
    compared: int
    summary: str
    proofs: list[Proof] = msgspec.field(default_factory=list)
    sections: list[Section]
    commands: list[str] = msgspec.field(default_factory=list)


@dataclass
class _Group:
    """The same sentence about several cases."""

    cases: list[str] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    predicted: bool = False


def triage(
    before: Side, after: Side, old: Release, new: Release, rules: Rules | None = None, more: Sequence[Section] = ()
) -> Triage:
    """Compare the records of two releases and put what a person must know in order of how much it stops them.

    ``more`` is what was found out besides, such as what breaks in the user's own code; it stands behind what is gone
    from the API.
    """
    rules = rules or Rules(matched=release_pairs)
    found = compare(before, after, rules)
    ran = any(case.outcome.executed for _, case in _each(after))
    unseen = "" if found.compared else "Not known: no case ran on both releases."
    silent = [*_changes(found, (Kind.MUTE,)), *_silent(found, after)]
    unbroken = "Every case that ran before runs." if ran else "Not known: nothing ran on the newer release."
    parts = (
        ("Will not run", unbroken, _will_not_run(after, found)),
        ("Gone from the API", "Nothing that this project uses.", list(_api(old, new))),
        ("Newly warned", unseen or "No new warning.", _changes(found, (Kind.WARNED,))),
        ("Warned as before", unseen or "Nothing.", _as_before(after, found)),
        ("Merely fell silent", unseen or "No warning went away without its cause.", silent),
        ("Fixed", unseen or "Nothing.", _changes(found, (Kind.FIXED,))),
        ("Numbers that moved", unseen or "None beyond tolerance.", _changes(found, _NUMBERS)),
        ("Remedies", "None is known for what was found on the newer release.", _remedies(after)),
        ("Not known yet", "Every case ran on both releases.", [*_missing(before), *_missing(after)]),
    )
    both = list(dict.fromkeys([*_runs(before), *_runs(after)]))
    sections = [Section(title=title, none=none, statements=told, proofs=both) for title, none, told in parts]
    sections[1] = msgspec.structs.replace(sections[1], proofs=[], sources=[_API_SOURCE.format(old, new)])
    sections[2:2] = more
    return Triage(
        before=str(old),
        after=str(new),
        compared=found.compared,
        summary=_summary(sections, found, after),
        proofs=both,
        sections=sections,
    )


_API_SOURCE = "the API surfaces of both releases (`trt-matrix api diff '{}' '{}'`)"
_NUMBERS = (Kind.COUNT, Kind.ACCURACY, Kind.LATENCY, Kind.BUILD_TIME, Kind.ENGINE, Kind.OTHER, Kind.INCOMPARABLE)


def _grouped(stated: Iterable[tuple[str, str, Proof, bool]]) -> list[Statement]:
    """One statement for each sentence; the widest first."""
    groups: dict[str, _Group] = {}
    for text, case, proof, predicted in stated:
        group = groups.setdefault(text, _Group())
        group.cases.append(case)
        group.predicted |= predicted
        if proof.run:
            group.proofs.append(proof)
    ordered = sorted(groups.items(), key=lambda item: (item[1].predicted, -len(item[1].cases)))
    return [
        Statement(text=text, cases=group.cases, proofs=group.proofs[:_MOST_PROOFS], predicted=group.predicted)
        for text, group in ordered
    ]


def _each(side: Side) -> Iterator[tuple[CellRecord, CaseRecord]]:
    return ((cell, case) for cell in side.results.cells for case in cell.cases)


def _proof(side: Side, cell: CellRecord, case: CaseRecord, finding: Finding | None = None) -> Proof:
    place = side.proof(cell, case)
    own = finding.evidence[0] if finding and finding.evidence else None
    return Proof(run=place.run, path=own.file, line=own.line) if own else place


def _runs(side: Side) -> list[Proof]:
    """The runs that a side's cells come from; none where it was only planned."""
    names = {side.proof(cell, case).run for cell, case in _each(side)}
    return [Proof(run=name) for name in sorted(names) if name]


def _will_not_run(after: Side, found: Comparison) -> list[Statement]:
    broken = {(change.cell, change.case) for change in found.changes if change.kind is Kind.BROKEN}

    def stated() -> Iterator[tuple[str, str, Proof, bool]]:
        for cell, case in _each(after):
            name = f"{cell.id} / {case.id}"
            if case.outcome in BAD:
                kind = "newly" if (cell.id, case.id) in broken else "as before"
                yield (
                    f"{case.outcome.value}, {kind}: {_cause(case)}",
                    name,
                    _proof(after, cell, case, _fatal(case)),
                    False,
                )
            elif case.outcome is Outcome.NOT_APPLICABLE:
                yield f"not applicable: {case.reason}", name, _proof(after, cell, case), False
            for finding in case.findings:
                if finding.predicted and finding.severity is Severity.FATAL:
                    yield f"predicted, not run: {finding.title}", name, _proof(after, cell, case, finding), True

    return _grouped(stated())


def _fatal(case: CaseRecord) -> Finding | None:
    return next((f for f in case.findings if f.severity is Severity.FATAL and not f.predicted), None)


def _cause(case: CaseRecord) -> str:
    finding = _fatal(case)
    return f"{finding.title} ({finding.rule})" if finding else case.reason or cause_of(case)


def _api(old: Release, new: Release) -> Iterator[Statement]:
    for name, feature in features().items():
        gone = absence(new, name)
        if gone and not absence(old, name):
            yield Statement(text=f"{gone}{f' ({feature.note})' if feature.note else ''}", sources=feature.sources)


def _changes(found: Comparison, kinds: Sequence[Kind]) -> list[Statement]:
    return _grouped(
        (
            f"{_direction(change)}{change.text}{_origin(change)}",
            f"{change.cell} / {change.case}",
            change.proof_after,
            False,
        )
        for kind in kinds
        for change in found.changes
        if change.kind is kind
    )


def _as_before(after: Side, found: Comparison) -> list[Statement]:
    """What neither broke anything nor is new, so that the upgrade is not blamed for it."""
    new = {(change.cell, change.case, change.name) for change in found.changes if change.kind is Kind.WARNED}
    return _grouped(
        (f"{finding.title}{_facts(finding)}", f"{cell.id} / {case.id}", _proof(after, cell, case, finding), False)
        for cell, case in _each(after)
        if case.outcome.executed and case.outcome not in BAD
        for rule, finding in said(case).items()
        if (cell.id, case.id, rule) not in new
    )


def _facts(finding: Finding) -> str:
    numbers = [f"{name} {value:,}" for name, value in finding.facts.items() if isinstance(value, int | float)]
    return f" ({', '.join(numbers)})" if numbers else ""


def _origin(change: Change) -> str:
    """The audit counts the weights as they are given to the builder: no release changes them."""
    of_weights = change.kind is Kind.COUNT and change.name.partition(".")[0] in ("fp16", "bf16")
    return " (the model's weights differ between the two runs; this is not the release)" if of_weights else ""


def _direction(change: Change) -> str:
    if change.waived:
        return f"waived ({change.waived}): "
    return "worse: " if change.worse and change.kind in _NUMBERS else ""


def _silent(found: Comparison, after: Side) -> list[Statement]:
    """A warning that went away where our own count still sees its cause."""
    counted = {(cell.id, case.id): case for cell, case in _each(after)}

    def stated() -> Iterator[tuple[str, str, Proof, bool]]:
        for change in found.changes:
            case = counted.get((change.cell, change.case))
            if change.kind is not Kind.CLEARED or case is None:
                continue
            for audit in case.audit:
                left = audit.subnormal_blobs + audit.below_blobs + audit.overflow_blobs
                if audit.standing in ("mute", "unsaid") and left and audit.precision in change.name:
                    words = f"{change.name}: no longer said ({audit.standing}); our count still sees {left} tensors"
                    yield words, f"{change.cell} / {change.case}", change.proof_after, False

    return _grouped(stated())


def _remedies(after: Side) -> list[Statement]:
    """Advice of all findings, what cured first; what only silences is said to. It rests on the cases that tried it."""
    seen: dict[tuple[str, str, str], tuple[Advice, list[tuple[str, Proof]]]] = {}
    for cell, case in _each(after):
        for finding in case.findings:
            for advice in finding.advice:
                _, places = seen.setdefault((finding.title, advice.text, advice.standing), (advice, []))
                places.append((f"{cell.id} / {case.id}", _proof(after, cell, case, finding)))
    tried = {f"{cell.id} {case.id}": after.proof(cell, case) for cell, case in _each(after)}
    ranked = sorted(seen.items(), key=lambda item: (_STANDINGS.index(item[1][0].standing), -len(item[1][1])))
    return [
        Statement(
            text=f"{advice.standing}: {advice.text}"
            + (f" ({advice.because})" if advice.because else "")
            + f" — for “{title}”",
            cases=[name for name, _ in places],
            proofs=[*_named(tried, advice.because), *(proof for _, proof in places if proof.run)][:_MOST_PROOFS],
            sources=[advice.source] if advice.source else [],
        )
        for (title, _, _), (advice, places) in ranked
    ]


def _named(tried: Mapping[str, Proof], because: str) -> list[Proof]:
    """Of the cases that a remedy's reason names."""
    names = re.split(r", | and \d+ more|: ", because)
    return [tried[name] for name in names if name in tried and tried[name].run]


def _missing(side: Side) -> list[Statement]:
    if not side.results.cells:
        words = f"{side.title} is in no run and in no cell of the matrix: only its API is known"
        return [Statement(text=words, sources=["the matrix file, and the history"])]
    return _grouped(
        (
            f"{cell.version} did not run: {case.reason or cell.reason}",
            f"{cell.id} / {case.id}",
            side.proof(cell, case),
            False,
        )
        for cell, case in _each(side)
        if case.outcome is Outcome.NOT_RUN
    )


def _summary(sections: Sequence[Section], found: Comparison, after: Side) -> str:
    ran = [case for _, case in _each(after) if case.outcome.executed]
    bad = sum(case.outcome in BAD for case in ran)
    worse = len(found.failing())
    if not ran:
        return "Nothing was executed on the newer release: what stands here is known from facts and predictions alone."
    unknown = len(sections[-1].statements)
    weights = sum(len(each.cases) for each in found.with_it if each.text == WEIGHTS)
    apart = f" (the model's weights differ in {weights} of the cases: not by the release)" if weights else ""
    return (
        f"{len(ran)} cases ran on the newer release, {bad} of them broken; {found.compared} compared with the older "
        f"one, {worse} changes for the worse{apart}; {unknown} reasons why something is not known yet."
    )
