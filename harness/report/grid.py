"""The grid of a run: cells down, route and recipe across, what happened in each square."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.errors import UsageError
from harness.evidence.records import BAD, CaseRecord, CellRecord, Outcome
from harness.matrix.cell import Recipe, Route
from harness.versions import Flavour, Version

# An outcome where there is little room.
SHORT = {
    Outcome.CRASHED: "CRASHED",
    Outcome.FAILED: "FAILED",
    Outcome.TIMED_OUT: "TIMEOUT",
    Outcome.WARNED: "warned",
    Outcome.PASSED: "passed",
    Outcome.NOT_RUN: "not run",
    Outcome.NOT_APPLICABLE: "n/a",
}
_BADNESS = {outcome: place for place, outcome in enumerate(Outcome)}
_ROUTES = {name.value: place for place, name in enumerate(Route)}
_RECIPES = {name.value: place for place, name in enumerate(Recipe)}


@dataclass(frozen=True, slots=True)
class Column:
    route: str
    recipe: str


@dataclass(frozen=True, slots=True)
class Square:
    """The cases of one cell, route and recipe (over subjects and targets); ``outcome`` is the worst of them."""

    outcome: Outcome
    cases: tuple[CaseRecord, ...]
    predicted: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The id of the case to look at first."""
        return min(self.cases, key=lambda case: _BADNESS[case.outcome]).id

    @property
    def share(self) -> str:
        """How many cases had that outcome: ``4`` where all had, else ``1 of 4``; those that did not run apart."""
        same = sum(case.outcome is self.outcome for case in self.cases)
        apart = [case.outcome for case in self.cases if self.outcome.executed and not case.outcome.executed]
        asked = len(self.cases) - len(apart)
        words = str(same) if same == asked else f"{same} of {asked}"
        told = ", ".join(f"{count} {SHORT[outcome]}" for outcome, count in sorted(Counter(apart).items()))
        return f"{words} ({told})" if told else words

    @property
    def mixed(self) -> bool:
        """Its cases had different outcomes."""
        return len({case.outcome for case in self.cases}) > 1

    @property
    def waived(self) -> bool:
        """All its cases of the worst outcome have a finding that a waiver expects."""
        worst = [case for case in self.cases if case.outcome is self.outcome]
        return all(waived(case) for case in worst)

    @property
    def words(self) -> str:
        """Every outcome with its number, for a tooltip and a screen reader."""
        return counted(case.outcome for case in self.cases)


@dataclass(frozen=True, slots=True)
class Row:
    cell: CellRecord
    outcome: Outcome
    squares: tuple[Square | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """``left_out``: columns in which no cell has anything but ``not-applicable``."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    left_out: tuple[Column, ...] = ()

    @property
    def executed(self) -> bool:
        """Any of its cases ran."""
        return any(row.outcome.executed for row in self.rows)

    @property
    def routes(self) -> list[tuple[str, int]]:
        """Each route with the number of its columns."""
        return [(route, len(list(columns))) for route, columns in groupby(self.columns, lambda column: column.route)]


def build(cells: Sequence[CellRecord]) -> Grid:
    """Sort the cases of all cells into columns; a column exists where any cell has such a case."""
    outcomes: dict[tuple[str, str], set[Outcome]] = {}
    for cell in cells:
        for case in cell.cases:
            outcomes.setdefault((case.route, case.recipe), set()).add(case.outcome)
    pairs = sorted(outcomes, key=_column_order)
    nowhere = [pair for pair in pairs if outcomes[pair] == {Outcome.NOT_APPLICABLE}]
    columns = tuple(Column(*pair) for pair in pairs if pair not in nowhere)
    return Grid(columns, tuple(_row(cell, columns) for cell in cells), tuple(Column(*pair) for pair in nowhere))


def by_flavour(cells: Sequence[CellRecord]) -> list[tuple[str, Grid]]:
    """A grid for each flavour, for their recipes differ; those that ran come first."""
    flavours = dict.fromkeys(cell.flavour for cell in cells)
    grids = [(flavour, build([cell for cell in cells if cell.flavour == flavour])) for flavour in flavours]
    return sorted(grids, key=lambda pair: not pair[1].executed)


def title_of(flavour: str) -> str:
    """As it stands over a grid; a flavour of another version of the records is told as it is."""
    return Flavour(flavour).product if flavour in list(Flavour) else flavour


def waived(case: CaseRecord) -> bool:
    """A waiver expects what was found in it."""
    return any(finding.waived_by for finding in case.findings)


def waived_words(cells: Iterable[CellRecord], outcome: str, number: int) -> str:
    """How many of the ``number`` cases that ended so a waiver expects: ``all waived``, ``3 waived`` or nothing."""
    count = sum(case.outcome == outcome and waived(case) for cell in cells for case in cell.cases)
    if outcome not in BAD or not count:
        return ""
    return "all waived" if count == number else f"{count:,} waived"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst outcome. One that ran counts before one that did not; nothing at all has not run."""
    return min(outcomes, key=_BADNESS.__getitem__, default=Outcome.NOT_RUN)


def cell_outcome(cell: CellRecord) -> Outcome:
    """A cell that loaded another version than asked has failed, whatever its cases say."""
    found = worst(case.outcome for case in cell.cases)
    return worst((found, Outcome.FAILED)) if shadowed(cell) else found


def shadowed(cell: CellRecord) -> bool:
    """The version that was loaded is not the one asked for."""
    if cell.attestation is None:
        return False
    try:
        return not Version.parse(cell.version).covers(Version.parse(cell.attestation.library_version))
    except UsageError:
        return True


def counted(outcomes: Iterable[Outcome]) -> str:
    """``1 failed, 3 passed``, worst first."""
    numbers = Counter(outcomes)
    return ", ".join(f"{numbers[outcome]} {outcome.value}" for outcome in Outcome if numbers[outcome])


def _row(cell: CellRecord, columns: tuple[Column, ...]) -> Row:
    sorted_in: dict[Column, list[CaseRecord]] = {}
    for case in cell.cases:
        sorted_in.setdefault(Column(case.route, case.recipe), []).append(case)
    red = shadowed(cell)
    return Row(cell, cell_outcome(cell), tuple(_square(sorted_in.get(column), red) for column in columns))


def _square(cases: list[CaseRecord] | None, red: bool) -> Square | None:
    if not cases:
        return None
    found = worst(case.outcome for case in cases)
    predicted = {finding.title: None for case in cases for finding in case.findings if finding.predicted}
    return Square(worst((found, Outcome.FAILED)) if red else found, tuple(cases), tuple(predicted))


def _column_order(pair: tuple[str, str]) -> tuple[int, str, int, str]:
    route, recipe = pair
    return _ROUTES.get(route, len(_ROUTES)), route, _RECIPES.get(recipe, len(_RECIPES)), recipe
