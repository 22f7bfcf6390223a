"""How many cases ended how, night by night: the plot at the head of the dashboard, as SVG that needs no script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.analysis.timelines import Night
from harness.evidence.records import BAD, Outcome
from harness.report.dashboard_data import CODES, Row

# From the bottom of a stack to its top.
_ALL = (Outcome.PASSED, Outcome.WARNED, *BAD, Outcome.NOT_RUN, Outcome.NOT_APPLICABLE)
HEIGHT = 60
# With fewer nights than this each has a bar of its own, with a gap to the next.
_BARS = 100
_GAP = 0.08
# Labels that are nearer to one another, in percent of the width, would overlap on a phone.
_NEAREST = 15.0


@dataclass(frozen=True, slots=True)
class Layer:
    """One outcome of a stack; ``path`` is SVG path data, a unit wide for each night."""

    outcome: Outcome
    code: str
    path: str


@dataclass(frozen=True, slots=True)
class Panel:
    """``most`` is the number of cases at the upper edge, ``spoken`` the panel in words."""

    title: str
    most: int
    layers: tuple[Layer, ...]
    spoken: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Places are 0 to 100, in the width.

    ``moves``: where a release came, with its version; ``marks``: all such nights; ``worse``: where something got worse.
    """

    width: int
    panels: tuple[Panel, ...]
    moves: tuple[tuple[float, str], ...]
    marks: tuple[int, ...]
    worse: tuple[float, ...]
    dates: tuple[str, ...]


def totals(rows: Sequence[Row], nights: Sequence[Night]) -> dict[str, list[int]]:
    """By the code of an outcome, in each night the number of cases; outcomes that never were are left out."""
    columns = [Counter(column) for column in zip(*(row.strip for row in rows), strict=True)] or [Counter()] * len(
        nights
    )
    found = {code: [column[code] for column in columns] for code in CODES.values()}
    return {code: numbers for code, numbers in found.items() if any(numbers)}


def outcomes_by_night(
    rows: Sequence[Row], nights: Sequence[Night], moved: Sequence[tuple[int, str]], worse: Collection[int] = ()
) -> Plot:
    """The broken cases on a scale of their own, then all cases.

    ``moved``: night and version, newest first. ``worse``: nights from which on something is worse.
    """
    counted = totals(rows, nights)
    dates = [night.date for night in nights]
    panels = (_panel("Broken cases", BAD, counted, dates), _panel("All cases", _ALL, counted, dates))
    ends = (dates[0], dates[len(dates) // 2], dates[-1]) if len(dates) > 2 else tuple(dates)
    width = len(dates)
    marks = tuple(sorted({night for night, _ in moved}))
    flags = tuple(round(100 * (night + 0.5) / width, 2) for night in sorted(worse))
    return Plot(width, panels, tuple(_labels(moved, width)), marks, flags, ends)


def _panel(title: str, outcomes: Sequence[Outcome], counted: dict[str, list[int]], dates: Sequence[str]) -> Panel:
    stack = [(outcome, counted[CODES[outcome]]) for outcome in outcomes if CODES[outcome] in counted]
    sums = [sum(numbers) for numbers in zip(*(numbers for _, numbers in stack), strict=True)] or [0] * len(dates)
    most = max(sums)
    layers, base = [], [0] * len(dates)
    for outcome, numbers in stack:
        top = [low + number for low, number in zip(base, numbers, strict=True)]
        layers.append(Layer(outcome, CODES[outcome], _path(base, top, most)))
        base = top
    peak = sums.index(most)
    spoken = f"{title}: {sums[0]} on {dates[0]}, at most {most} on {dates[peak]}, {sums[-1]} on {dates[-1]}"
    return Panel(title, most, tuple(layers), spoken)


def _path(base: Sequence[int], top: Sequence[int], most: int) -> str:
    """A step of one height for each run of equal nights."""
    gap = _GAP if len(base) < _BARS else 0.0
    parts = []
    for begin, end, low, high in _runs(list(zip(base, top, strict=True)), joined=not gap):
        if high > low:
            left, right = f"{begin + gap:g}", f"{end - gap:g}"
            parts.append(f"M{left} {_y(low, most)}V{_y(high, most)}H{right}V{_y(low, most)}z")
    return "".join(parts)


def _runs(values: Sequence[tuple[int, int]], *, joined: bool) -> Iterator[tuple[int, int, int, int]]:
    at = 0
    for (low, high), same in groupby(values):
        length = len(list(same))
        pieces = [(at, at + length)] if joined else [(place, place + 1) for place in range(at, at + length)]
        yield from ((begin, end, low, high) for begin, end in pieces)
        at += length


def _y(value: int, most: int) -> str:
    return f"{HEIGHT * (1 - value / most):.4g}"


def _labels(moved: Sequence[tuple[int, str]], width: int) -> Iterator[tuple[float, str]]:
    """Of labels that would overlap only the newest; the lines in the plot are all drawn."""
    last = 200.0
    for night, version in moved:
        place = round(100 * night / width, 2)
        if last - place >= _NEAREST:
            yield place, version
            last = place
