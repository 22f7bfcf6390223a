"""What the dashboard's pages show, as values for templates and compact JSON for their script."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from harness.analysis.case_changes import said
from harness.analysis.numbers import Family, Sense, counts, measure_of, values
from harness.analysis.steps import Step, steps
from harness.analysis.streaks import Streak, flaky, flips, streak
from harness.analysis.suspects import changed_with
from harness.analysis.timelines import Night, Timeline
from harness.evidence.records import CaseRecord, Outcome
from harness.neutral import neutral

CODES = dict(zip(Outcome, "xftwpna", strict=True))
ABSENT = "."
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_FAMILIES = list(Family)


def slug(text: str) -> str:
    """A file's name for an id; ids that would not be one get a hash, so that no two share a file."""
    plain = _UNSAFE.sub("-", text).lstrip(".")[:150]
    return plain if plain == text else f"{plain}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Row:
    """One case of one track, on the first page and on its own."""

    timeline: Timeline
    page: str
    strip: str
    last: CaseRecord
    last_night: int
    yesterday: Outcome | None
    streak: Streak | None
    flips: int
    flaky: bool
    steps: tuple[Step, ...]

    @property
    def today(self) -> Outcome | None:
        """``None`` where the newest night does not have the case."""
        return self.last.outcome if self.last_night == len(self.strip) - 1 else None


def row(timeline: Timeline, nights: Sequence[Night]) -> Row:
    strip = [ABSENT] * len(nights)
    for seen in timeline.seen:
        strip[seen.night] = CODES[seen.case.outcome]
    by_night = {seen.night: seen.case for seen in timeline.seen}
    before = by_night.get(len(nights) - 2)
    return Row(
        timeline=timeline,
        page=f"case/{slug(timeline.track.name)}.{slug(timeline.case)}.html",
        strip="".join(strip),
        last=timeline.seen[-1].case,
        last_night=timeline.seen[-1].night,
        yesterday=before.outcome if before else None,
        streak=streak(timeline.seen),
        flips=flips(timeline.seen),
        flaky=flaky(timeline.seen),
        steps=tuple(steps(timeline, nights)),
    )


def case_data(shown: Row, nights: Sequence[Night]) -> dict[str, Any]:
    """For the script of a case's page: everything by night, ``None`` where there is nothing."""
    width = len(nights)
    cells: list[str] = []
    cell_of: list[int | None] = [None] * width
    reason: dict[int, str] = {}
    rules: dict[int, list[str]] = {}
    for seen in shown.timeline.seen:
        if seen.cell.id not in cells:
            cells.append(seen.cell.id)
        cell_of[seen.night] = cells.index(seen.cell.id)
        if seen.case.reason:
            reason[seen.night] = neutral(seen.case.reason)[:300]
        if seen.case.findings:
            rules[seen.night] = sorted(said(seen.case))
    return {
        "nights": [night.date for night in nights],
        "links": [night.link for night in nights],
        "case": shown.timeline.case,
        "cells": cells,
        "cell": cell_of,
        "strip": shown.strip,
        "reason": reason,
        "rules": rules,
        "marks": [{"night": night, "text": text} for night, text in marks(shown.timeline, nights)],
        "steps": [
            {"night": s.night, "name": s.name, "text": neutral(s.text), "worse": s.worse, "certain": s.certain}
            for s in shown.steps
        ],
        "plots": list(_plots(shown.timeline, width)),
    }


def marks(timeline: Timeline, nights: Sequence[Night]) -> Iterator[tuple[int, str]]:
    """Nights in which the release, the image, the driver or the case's inputs changed."""
    for before, after in pairwise(timeline.seen):
        words = "; ".join(changed_with(before, after, nights))
        if words:
            yield after.night, words


def _plots(timeline: Timeline, width: int) -> Iterator[dict[str, Any]]:
    """Every number of the case that ever changed, then those that never did."""
    series: dict[str, list[float | None]] = {}
    exact: set[str] = set()
    for seen in timeline.seen:
        own = counts(seen.case)
        exact |= own.keys()
        warned = {"warnings": float(len(said(seen.case)))} if seen.case.outcome.executed else {}
        for name, value in (warned | own | values(seen.case)).items():
            series.setdefault(name, [None] * width)[seen.night] = value
    for name in sorted(series, key=lambda name: _plot_order(name, name in exact, series[name])):
        measure = measure_of(name)
        family = Family.COUNT if name in exact or name == "warnings" else measure.family
        sense = Sense.LOWER if family is Family.COUNT else measure.sense
        yield {"name": name, "family": family.value, "sense": sense.value, "values": [_short(v) for v in series[name]]}


def _plot_order(name: str, exact: bool, series: Sequence[float | None]) -> tuple[bool, int, str]:
    constant = len({value for value in series if value is not None}) < 2
    family = Family.COUNT if exact or name == "warnings" else measure_of(name).family
    return constant, _FAMILIES.index(family), name


def _short(value: float | None) -> float | int | None:
    """Seven digits are more than a plot shows; whole numbers stay exact."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(f"{value:.7g}")
