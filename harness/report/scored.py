"""Predictions beside facts: what would have been foretold of the cases that ran, and how often it was right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.evidence.records import CaseRecord, CellRecord
from harness.findings.decode_inputs import decode_inputs
from harness.findings.predict import Score, predict, score
from harness.matrix.cell import Recipe, Route
from harness.report.grid import shadowed
from harness.versions import Flavour, Release, Version


def sentence(cells: Iterable[CellRecord]) -> str:
    """One line, or nothing where nothing ran or nothing was foretold or found."""
    scores = _scores(cell for cell in cells if not shadowed(cell))
    right, wrong, unforeseen = Counter[str](), Counter[str](), Counter[str]()
    for scored, cases in scores:
        for total, rules in ((right, scored.right), (wrong, scored.wrong), (unforeseen, scored.unforeseen)):
            total.update(dict.fromkeys(rules, cases))
    parts = [_part("right", right), _part("wrong", wrong), _part("not foreseen", unforeseen)]
    return f"Predictions beside what ran: {'; '.join(parts)}." if right or wrong or unforeseen else ""


def _part(word: str, rules: Counter[str]) -> str:
    names = ", ".join(f"{rule} in {cases:,}" for rule, cases in rules.most_common())
    return f"{rules.total():,} {word} ({names})" if rules else f"0 {word}"


def _scores(cells: Iterable[CellRecord]) -> list[tuple[Score, int]]:
    """Of the cases that ran, alike ones once with their number: a big run has few that differ."""
    alike: Counter[tuple[object, ...]] = Counter()
    first: dict[tuple[object, ...], tuple[CellRecord, CaseRecord]] = {}
    for cell in cells:
        for case in cell.cases:
            if case.outcome.executed:
                rules = tuple(finding.rule for finding in case.findings)
                key = (cell.flavour, cell.version, case.subject, case.route, case.recipe, rules)
                alike[key] += 1
                first.setdefault(key, (cell, case))
    return [(_score(*first[key]), cases) for key, cases in alike.items()]


def _score(cell: CellRecord, case: CaseRecord) -> Score:
    release = Release(Flavour(cell.flavour), Version.parse(cell.version))
    route, recipe = Route(case.route), Recipe(case.recipe)
    foretold = predict(release, route, recipe, case.audit, decode_inputs(route, recipe, case.variant))
    found = [finding for finding in case.findings if not finding.consequence_of]
    return score(foretold, found)
