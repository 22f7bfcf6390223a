"""Where a timeline changes for good, which night that was, and what else changed that night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.case_changes import said
from harness.analysis.numbers import Family, Measure, Shift, count_measure, counts, measure_of, shift, values
from harness.analysis.suspects import changed_with
from harness.analysis.timelines import Night, Seen, Timeline
from harness.evidence.records import BAD, Outcome

# How many nights on either side are looked at, and how many after it make a step certain.
_BEFORE = 9
_AFTER = 5
_CERTAIN = 2


@dataclass(frozen=True, slots=True)
class Step:
    """A change between two nights that ran. ``certain`` is False while it was seen in one night only."""

    track: str
    cell: str
    case: str
    night: int
    previous: int
    name: str
    text: str
    worse: bool
    certain: bool
    with_it: tuple[str, ...]


def steps(timeline: Timeline, nights: Sequence[Night]) -> list[Step]:
    """All steps of a case, oldest first: of its outcome, its warnings, its counts and what was measured."""
    ran = [seen for seen in timeline.seen if seen.case.outcome.executed]
    found = [*_outcome_steps(ran), *_warning_steps(ran), *_number_steps(ran)]
    made = [_step(timeline, nights, ran, each) for each in found]
    return sorted(made, key=lambda step: (step.night, not step.worse))


@dataclass(frozen=True, slots=True)
class _Found:
    """``at`` and ``since``: places among the nights that ran, of the step and of what it is compared with."""

    at: int
    since: int
    name: str
    text: str
    worse: bool
    certain: bool


def _step(timeline: Timeline, nights: Sequence[Night], ran: Sequence[Seen], found: _Found) -> Step:
    before, after = ran[found.since], ran[found.at]
    return Step(
        track=timeline.track.name,
        cell=after.cell.id,
        case=timeline.case,
        night=after.night,
        previous=before.night,
        name=found.name,
        text=found.text,
        worse=found.worse,
        certain=found.certain,
        with_it=tuple(changed_with(before, after, nights)),
    )


def _outcome_steps(ran: Sequence[Seen]) -> Iterator[_Found]:
    states = [_state(seen.case.outcome) for seen in ran]
    for at in _lasting(states):
        before, after = ran[at - 1].case, ran[at].case
        reason = f" ({after.reason})" if after.outcome in BAD and after.reason else ""
        words = f"{before.outcome.value} → {after.outcome.value}{reason}"
        yield _Found(at, at - 1, "outcome", words, after.outcome in BAD, len(states) - at >= _CERTAIN)


def _state(outcome: Outcome) -> str:
    return outcome.value if outcome in BAD else "good"


def _warning_steps(ran: Sequence[Seen]) -> Iterator[_Found]:
    rules = sorted({rule for seen in ran for rule in said(seen.case)})
    for rule in rules:
        there = [rule in said(seen.case) for seen in ran]
        for at in _lasting(there):
            if ran[at].case.outcome in BAD or ran[at - 1].case.outcome in BAD:
                continue
            words = f"warns: {said(ran[at].case)[rule].title}" if there[at] else f"no longer warns: {rule}"
            yield _Found(at, at - 1, rule, words, there[at], len(there) - at >= _CERTAIN)


def _lasting(states: Sequence[object]) -> list[int]:
    """Places where the state changes and stays so for two nights, or to the end."""
    return [
        at
        for at in range(1, len(states))
        if states[at] != states[at - 1]
        and (at + 1 == len(states) or states[at + 1] == states[at])
        and (at < 2 or states[at - 2] == states[at - 1])
    ]


def _number_steps(ran: Sequence[Seen]) -> Iterator[_Found]:
    series: dict[str, list[tuple[int, float]]] = {}
    for at, seen in enumerate(ran):
        if seen.case.outcome in BAD or seen.case.reused_from:
            continue
        for name, value in (counts(seen.case) | values(seen.case)).items():
            series.setdefault(name, []).append((at, value))
    exact = {name for seen in ran for name in counts(seen.case)}
    for name, points in series.items():
        measure = count_measure() if name in exact else measure_of(name)
        if measure.family is Family.CLOCK:
            continue
        for place, found in jumps([value for _, value in points], measure):
            certain = len(points) - place >= _CERTAIN
            # In a night without the number the cause may have come already, so the last one that has it counts.
            yield _Found(points[place][0], points[place - 1][0], name, _words(name, found), found.worse, certain)


def jumps(series: Sequence[float], measure: Measure) -> list[tuple[int, Shift]]:
    """Places where the level changes beyond tolerance and noise, with the levels before and after.

    Of neighbouring places that all look like the step, the one with the greatest difference is it.
    """
    found: list[tuple[int, Shift]] = []
    start = 0
    at = 1
    while at < len(series):
        moved = _at(series, start, at, measure)
        if moved is None:
            at += 1
            continue
        span = range(at, min(at + _AFTER, len(series)))
        candidates = [(place, each) for place in span if (each := _at(series, start, place, measure))]
        place, best = max(candidates, key=lambda pair: (_contrast(series, pair[0]), -pair[0]))
        found.append((place, best))
        start, at = place, place + 1
    return found


def _at(series: Sequence[float], start: int, at: int, measure: Measure) -> Shift | None:
    before = series[max(start, at - _BEFORE) : at]
    after = series[at : at + _AFTER]
    # One odd night in the middle is no step; at the very end nobody can know yet.
    if measure.family.timed and 1 < len(after) < _CERTAIN:
        return None
    return shift(before, after, measure)


def _contrast(series: Sequence[float], at: int) -> float:
    return abs(series[at] - series[at - 1])


def _words(name: str, found: Shift) -> str:
    share = f" ({found.relative:+.1%})" if found.relative is not None else ""
    return f"{name} {_number(found.before)} → {_number(found.after)}{share}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.5g}"
