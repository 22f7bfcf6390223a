"""Steps put together by their cause: one night, the same suspects, and everything that moved with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.steps import Step

_Case = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Moved:
    """The same things that moved in the same cases: for each case its steps, in the same order."""

    cases: tuple[tuple[Step, ...], ...]

    @property
    def first(self) -> Step:
        return self.cases[0][0]

    @property
    def texts(self) -> tuple[str, ...]:
        """Of the first case."""
        return tuple(step.text for step in self.cases[0])


@dataclass(frozen=True, slots=True)
class Together:
    """One line of a list of changes: ``with_it`` are the suspects, none where nothing else is recorded."""

    night: int
    with_it: tuple[str, ...]
    moved: tuple[Moved, ...]

    @property
    def worse(self) -> bool:
        return any(moved.first.worse for moved in self.moved)

    @property
    def cases(self) -> int:
        return len({_case(steps[0]) for moved in self.moved for steps in moved.cases})


def together(found: Iterable[Step]) -> list[Together]:
    """Newest night first, in it what got worse first, then the widest.

    What has the same suspects in one night is one cause. Where there is no suspect only steps of the same cases are
    put together.
    """
    by_cause: dict[tuple[object, ...], list[Moved]] = {}
    for moved in _moved(found):
        cases = () if moved.first.with_it else tuple(_case(steps[0]) for steps in moved.cases)
        by_cause.setdefault((moved.first.night, moved.first.with_it, cases), []).append(moved)
    made = [
        Together(group[0].first.night, group[0].first.with_it, tuple(sorted(group, key=_pressing)))
        for group in by_cause.values()
    ]
    return sorted(made, key=lambda each: (-each.night, not each.worse, -each.cases))


def _moved(found: Iterable[Step]) -> list[Moved]:
    """What moved in the same way, then what moved in the same cases."""
    by_kind: dict[tuple[object, ...], list[Step]] = {}
    for step in found:
        words = step.text if step.name == "outcome" else ""
        kind = (step.night, step.with_it, step.certain, step.worse, step.name, words)
        by_kind.setdefault(kind, []).append(step)
    by_cases: dict[tuple[object, ...], list[list[Step]]] = {}
    for (night, with_it, certain, worse, *_), steps in by_kind.items():
        ordered = sorted(steps, key=_case)
        cases = tuple(map(_case, ordered))
        by_cases.setdefault((night, with_it, certain, worse, cases), []).append(ordered)
    return [Moved(tuple(zip(*kinds, strict=True))) for kinds in by_cases.values()]


def _case(step: Step) -> _Case:
    return step.track, step.case


def _pressing(moved: Moved) -> tuple[bool, bool, int]:
    return not moved.first.worse, moved.first.name != "outcome", -len(moved.cases)


def changes(groups: Sequence[Together]) -> int:
    """How many lines of changes there are in all causes."""
    return sum(len(group.moved) for group in groups)
