"""The changes of one case between two sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis import engines
from harness.analysis.changes import Change, Kind, Proof
from harness.analysis.comparable import reason_not_comparable
from harness.analysis.numbers import Family, Measure, Shift, count_measure, counts, measure_of, shift, values
from harness.analysis.pairs import CasePair
from harness.evidence.records import BAD, CaseRecord, CellRecord, Finding, Results, Severity

_KINDS = {
    Family.ACCURACY: Kind.ACCURACY,
    Family.LATENCY: Kind.LATENCY,
    Family.BUILD_TIME: Kind.BUILD_TIME,
    Family.ENGINE: Kind.ENGINE,
    Family.COUNT: Kind.COUNT,
}
# (cell, case, name of the value) -> earlier measurements of the same thing, the one at hand included.
Repeats = Callable[[str, str, str], Sequence[float]]
# (cell, case) -> the engine's layers, or nothing where the evidence has none.
Layers = Callable[[str, str], Sequence[engines.Layer]]


def _no_repeats(_cell: str, _case: str, _name: str) -> Sequence[float]:
    return ()


def _no_layers(_cell: str, _case: str) -> Sequence[engines.Layer]:
    return ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side. ``repeats`` and ``layers`` are asked only where the records alone do not settle it.

    ``runs`` maps (cell, case) to the run that it comes from, where that is not the side's own.
    """

    title: str
    results: Results
    repeats: Repeats = _no_repeats
    layers: Layers = _no_layers
    runs: Mapping[tuple[str, str], str] | None = None

    def proof(self, cell: CellRecord | None, case: CaseRecord | None) -> Proof:
        if cell is None or case is None:
            return Proof()
        return Proof(run=(self.runs or {}).get((cell.id, case.id), self.results.run.id), path=case.evidence)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes changes of one pair of cases."""

    two: CasePair
    before: Side
    after: Side

    def __call__(
        self,
        kind: Kind,
        text: str,
        *,
        name: str = "",
        values: tuple[str | float | None, str | float | None] = (None, None),
        worse: bool = False,
    ) -> Change:
        cells = self.two.cells
        new_cell = cells.after or cells.before
        old_cell = cells.before or cells.after
        return Change(
            kind=kind,
            cell=new_cell.id if new_cell else "",
            cell_before=old_cell.id if old_cell else "",
            case=self.two.name,
            text=text,
            name=name,
            before=values[0],
            after=values[1],
            worse=worse,
            proof_before=self.before.proof(cells.before, self.two.old),
            proof_after=self.after.proof(cells.after, self.two.new),
        )


def changes_of(two: CasePair, before: Side, after: Side, tolerances: Mapping[str, float]) -> list[Change]:
    """All that differs in one case."""
    make = _Maker(two, before, after)
    old, new = two.old, two.new
    if (new is None and after.results.run.partial) or (old is None and before.results.run.partial):
        return []  # nobody asked for it
    if old is None or new is None:
        return list(_one_sided(make, old, new))
    found = list(_outcomes(make, old, new))
    if old.outcome.executed and new.outcome.executed:
        found += [*_warnings(make, old, new), *_counts(make, old, new)]
        found += [*_measured(make, old, new, tolerances), *_structure(make)]
    return found


def _one_sided(make: _Maker, old: CaseRecord | None, new: CaseRecord | None) -> Iterator[Change]:
    if old is not None:
        was = (old.outcome.value, None)
        # What did not run before is no loss of what was known.
        yield make(Kind.VANISHED, f"{old.outcome.value} before, absent now", values=was, worse=old.outcome.executed)
    elif new is not None:
        bad = new.outcome in BAD
        words = f"new, and {new.outcome.value}{_because(new)}"
        yield make(Kind.BROKEN if bad else Kind.APPEARED, words, values=(None, new.outcome.value), worse=bad)


def _outcomes(make: _Maker, old: CaseRecord, new: CaseRecord) -> Iterator[Change]:
    was, now = old.outcome, new.outcome
    both = (was.value, now.value)
    if now in BAD and was in BAD:
        cause = "" if cause_of(old) == cause_of(new) else f"; for another reason than before ({cause_of(old)})"
        yield make(Kind.STILL_BROKEN, f"{now.value}{_because(new)}{cause}", values=both)
    elif now in BAD:
        yield make(Kind.BROKEN, f"{was.value} → {now.value}{_because(new)}", values=both, worse=True)
    elif was in BAD and now.executed:
        yield make(Kind.FIXED, f"{was.value}{_because(old)} → {now.value}", values=both)
    elif was.executed and not now.executed:
        yield make(Kind.STOPPED, f"{was.value} → {now.value}{_because(new)}", values=both, worse=True)
    elif now.executed and not was.executed:
        yield make(Kind.APPEARED, f"{was.value} → {now.value}", values=both)


def cause_of(case: CaseRecord) -> str:
    """The first cause: the worst rule that is no consequence of another, or the reason's words."""
    own = [finding for finding in case.findings if not finding.consequence_of and not finding.predicted]
    fatal = [finding.rule for finding in own if finding.severity is Severity.FATAL]
    return fatal[0] if fatal else case.reason or case.outcome.value


def _because(case: CaseRecord) -> str:
    """The rule that explains it, or the reason as it stands."""
    explained = next((f"{f.title}, {f.rule}" for f in case.findings if f.rule == cause_of(case)), case.reason)
    return f" ({explained})" if explained else ""


def said(case: CaseRecord) -> dict[str, Finding]:
    """What this case's own run said or showed, beyond mere information."""
    return {f.rule: f for f in case.findings if not f.predicted and f.severity is not Severity.INFO}


def _warnings(make: _Maker, old: CaseRecord, new: CaseRecord) -> Iterator[Change]:
    before, after = said(old), said(new)
    # A failure and its causes are told by the outcome.
    if new.outcome not in BAD:
        for rule in after.keys() - before.keys():
            waived = after[rule].waived_by
            words = f"{after[rule].title}" + (f" (waived: {waived})" if waived else "")
            yield make(Kind.WARNED, words, name=rule, values=(None, after[rule].severity.value), worse=not waived)
    if old.outcome not in BAD:
        for rule in before.keys() - after.keys():
            yield make(Kind.CLEARED, before[rule].title, name=rule, values=(before[rule].severity.value, None))
    yield from _muted(make, old, new)


def _muted(make: _Maker, old: CaseRecord, new: CaseRecord) -> Iterator[Change]:
    """A release that stopped saying what our own count still sees."""
    spoken = {audit.precision for audit in old.audit if audit.standing == "said"}
    for audit in new.audit:
        affected = audit.subnormal_blobs + audit.below_blobs + audit.overflow_blobs
        if audit.precision in spoken and audit.standing in ("mute", "unsaid") and affected:
            words = (
                f"{audit.precision}: the release said it before and is {audit.standing} now; {affected} by our count"
            )
            yield make(Kind.MUTE, words, name=audit.precision, values=("said", audit.standing), worse=True)


def _counts(make: _Maker, old: CaseRecord, new: CaseRecord) -> Iterator[Change]:
    before, after = counts(old), counts(new)
    for name in before.keys() & after.keys():
        found = shift([before[name]], [after[name]], count_measure())
        if found:
            yield _moved(make, name, Kind.COUNT, found)


def _measured(make: _Maker, old: CaseRecord, new: CaseRecord, tolerances: Mapping[str, float]) -> Iterator[Change]:
    before, after = values(old), values(new)
    for name in before.keys() & after.keys():
        measure = measure_of(name, tolerances)
        if measure.family is Family.BUILD_TIME and (_broke_off(old) or _broke_off(new)):
            continue  # how long it took to break tells nothing of a build
        if measure.family is Family.CLOCK or shift([before[name]], [after[name]], measure) is None:
            continue
        reason = reason_not_comparable(measure.family, make.two, make.before.results.run, make.after.results.run)
        if reason:
            text = f"{name} {_number(before[name])} → {_number(after[name])}: {reason}"
            yield make(Kind.INCOMPARABLE, text, name=name, values=(before[name], after[name]))
        elif found := _repeated(make, name, measure, before[name], after[name]):
            yield _moved(make, name, _KINDS.get(measure.family, Kind.OTHER), found)


def _broke_off(case: CaseRecord) -> bool:
    return case.outcome in BAD and case.engine_bytes is None


def _repeated(make: _Maker, name: str, measure: Measure, old: float, new: float) -> Shift | None:
    """The same question again with all repeats that the history has."""
    cells = make.two.cells
    if not measure.family.timed or cells.before is None or cells.after is None:
        return shift([old], [new], measure)
    earlier = make.before.repeats(cells.before.id, make.two.name, name) or [old]
    later = make.after.repeats(cells.after.id, make.two.name, name) or [new]
    return shift(earlier, later, measure)


def _moved(make: _Maker, name: str, kind: Kind, found: Shift) -> Change:
    share = f" ({found.relative:+.1%})" if found.relative is not None and kind is not Kind.COUNT else ""
    called, unit = _CALLED.get(name, (name, ""))
    text = f"{called} {_number(found.before)} → {_number(found.after)}{unit}{share}"
    return make(kind, text, name=name, values=(found.before, found.after), worse=found.worse)


# Names that are the records' own, and units that the name does not tell.
_CALLED = {"step.build": ("build time", " s"), "engine_bytes": ("engine size", " bytes")}


def _structure(make: _Maker) -> Iterator[Change]:
    cells = make.two.cells
    if cells.before is None or cells.after is None or _same_engine(make.two):
        return
    before, after = make.before.layers(cells.before.id, make.two.name), make.after.layers(cells.after.id, make.two.name)
    if before and after:
        for line in engines.differences(before, after):
            yield make(Kind.ENGINE, line, name="structure")


def _same_engine(two: CasePair) -> bool:
    return bool(two.old and two.new and two.old.engine_sha256 and two.old.engine_sha256 == two.new.engine_sha256)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"
