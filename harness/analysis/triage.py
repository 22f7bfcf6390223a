"""What an upgrade will change, as statements that each name their evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from harness.analysis.case_changes import Side, said
from harness.analysis.changes import Comparison, Kind, Proof
from harness.analysis.compare import Rules, compare
from harness.analysis.moved import changed, moved_numbers
from harness.analysis.pairs import release_pairs
from harness.analysis.statements import MOST_PROOFS, Section, Statement, alike, case_names, each_case, grouped, proof_of
from harness.analysis.suspects import WEIGHTS
from harness.analysis.will_not_run import never_applicable, waived_by, will_not_run
from harness.evidence.records import BAD, Advice, Finding, Outcome, Record
from harness.support.api import absence, features
from harness.versions import Release
from harness.wording import number

_STANDINGS = ("cured", "untried", "silent-only", "failed-here")


class Triage(Record, frozen=True, kw_only=True):
    schema: str = "trt-matrix/triage/1"
    before: str
    after: str
    compared: int
    summary: str
    proofs: list[Proof] = msgspec.field(default_factory=list)
    sections: list[Section]
    commands: list[str] = msgspec.field(default_factory=list)


def triage(
    before: Side, after: Side, old: Release, new: Release, rules: Rules | None = None, more: Sequence[Section] = ()
) -> Triage:
    """Compare the records of two releases and put what a person must know in order of how much it stops them.

    ``more`` is what was found out besides, such as what breaks in the user's own code; it stands behind what is gone
    from the API.
    """
    rules = rules or Rules(matched=release_pairs)
    found = compare(before, after, rules)
    ran = any(case.outcome.executed for _, case in each_case(after))
    unseen = "" if found.compared else "Not known: no case ran on both releases."
    silent = [*changed(found, (Kind.MUTE,)), *_silent(found, after)]
    unbroken = "Every case that ran before runs." if ran else "Not known: nothing ran on the newer release."
    parts = (
        ("Will not run", unbroken, will_not_run(before, after, found)),
        ("Gone from the API", "Nothing that this project uses.", list(_api(old, new))),
        ("Newly warned", unseen or "No new warning.", changed(found, (Kind.WARNED,))),
        ("Warned as before", unseen or "Nothing.", alike(_as_before(after, found))),
        ("Merely fell silent", unseen or "No warning went away without its cause.", silent),
        ("Fixed", unseen or "Nothing.", changed(found, (Kind.FIXED,))),
        ("Numbers that moved", unseen or "None beyond tolerance.", moved_numbers(found)),
        ("Remedies", "None is known for what was found on the newer release.", _remedies(after)),
        ("Not applicable in either", "Nothing.", never_applicable(before, after)),
        ("Not known yet", "Every case ran on both releases.", [*_missing(before, after), *_missing(after, before)]),
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


def _runs(side: Side) -> list[Proof]:
    """The runs that a side's cells come from; none where it was only planned."""
    names = {side.proof(cell, case).run for cell, case in each_case(side)}
    return [Proof(run=name) for name in sorted(names) if name]


def _api(old: Release, new: Release) -> Iterator[Statement]:
    for name, feature in features().items():
        gone = absence(new, name)
        if gone and not absence(old, name):
            yield Statement(text=f"{gone}{f' ({feature.note})' if feature.note else ''}", sources=feature.sources)


def _as_before(after: Side, found: Comparison) -> list[Statement]:
    """What neither broke anything nor is new, so that the upgrade is not blamed for it."""
    new = {(change.cell, change.case, change.name) for change in found.changes if change.kind is Kind.WARNED}
    return grouped(
        (f"{finding.title}{_facts(finding)}", f"{cell.id} / {case.id}", proof_of(after, cell, case, finding), False)
        for cell, case in each_case(after)
        if case.outcome.executed and case.outcome not in BAD
        for rule, finding in said(case).items()
        if (cell.id, case.id, rule) not in new
    )


def _facts(finding: Finding) -> str:
    numbers = [f"{name} {value:,}" for name, value in finding.facts.items() if isinstance(value, int | float)]
    return f" ({', '.join(numbers)})" if numbers else ""


def _silent(found: Comparison, after: Side) -> list[Statement]:
    """A warning that went away where our own count still sees its cause."""
    counted = {(cell.id, case.id): case for cell, case in each_case(after)}

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

    return grouped(stated())


def _remedies(after: Side) -> list[Statement]:
    """Advice of all findings, what cured first; what only silences is said to. It rests on the cases that tried it."""
    seen: dict[tuple[str, str, str], tuple[Advice, list[tuple[str, Proof]]]] = {}
    for cell, case in each_case(after):
        for finding in case.findings:
            for advice in finding.advice:
                _, places = seen.setdefault((finding.title, advice.text, advice.standing), (advice, []))
                places.append((f"{cell.id} / {case.id}", proof_of(after, cell, case, finding)))
    tried = {f"{cell.id} {case.id}": after.proof(cell, case) for cell, case in each_case(after)}
    ranked = sorted(seen.items(), key=lambda item: (_STANDINGS.index(item[1][0].standing), -len(item[1][1])))
    return [
        Statement(
            text=f"{advice.standing}: {advice.text}"
            + (f" ({advice.because})" if advice.because else "")
            + f" — for “{title}”",
            cases=[name for name, _ in places],
            proofs=[*_named(tried, advice.because), *(proof for _, proof in places if proof.run)][:MOST_PROOFS],
            sources=[advice.source] if advice.source else [],
        )
        for (title, _, _), (advice, places) in ranked
    ]


def _named(tried: Mapping[str, Proof], because: str) -> list[Proof]:
    """Of the cases that a remedy's reason names."""
    names = re.split(r", | and \d+ more|: ", because)
    return [tried[name] for name in names if name in tried and tried[name].run]


def _missing(side: Side, other: Side) -> list[Statement]:
    """What did not run on one side, or is in no run of it though the other side ran it."""
    if not side.results.cells:
        words = f"{side.title} is in no run and in no cell of the matrix: only its API is known"
        return [Statement(text=words, sources=["the matrix file, and the history"])]
    planned = case_names(side)
    stopped = grouped(
        (
            f"{cell.version} did not run: {case.reason or cell.reason}",
            f"{cell.id} / {case.id}",
            side.proof(cell, case),
            False,
        )
        for cell, case in each_case(side)
        if case.outcome is Outcome.NOT_RUN
    )
    alone = grouped(
        (f"in no run of {side.title}", f"{cell.id} / {case.id}", other.proof(cell, case), False)
        for cell, case in each_case(other)
        if case.outcome.executed and case.id not in planned
    )
    return [*stopped, *alone]


def _summary(sections: Sequence[Section], found: Comparison, after: Side) -> str:
    ran = [case for _, case in each_case(after) if case.outcome.executed]
    bad = sum(case.outcome in BAD for case in ran)
    worse = len(found.failing())
    if not ran:
        return "Nothing was executed on the newer release: what stands here is known from facts and predictions alone."
    unknown = len(sections[-1].statements)
    weights = sum(len(each.cases) for each in found.with_it if each.text == WEIGHTS)
    apart = f" (the model's weights differ in {weights} of the cases: not by the release)" if weights else ""
    waived = sum(bool(waived_by(case)) for case in ran if case.outcome in BAD)
    fixed = len({(change.cell, change.case) for change in found.changes if change.kind is Kind.FIXED})
    known = f" ({waived} waived)" if waived else ""
    change = number(worse, "change")
    parts = (
        f"{number(len(ran), 'case')} ran on the newer release: {bad} broken{known}",
        f"{found.compared} compared with the older one: {change} for the worse{apart}, {fixed} fixed",
        f"{number(unknown, 'reason')} why something is not known yet" if unknown else "",
    )
    return f"{'; '.join(part for part in parts if part)}."
