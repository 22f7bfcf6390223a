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
from harness.wording import number


def sentence(cells: Iterable[CellRecord]) -> str:
    """One line, or nothing where nothing ran or nothing was foretold or found."""
    scores = _scores(cell for cell in cells if not shadowed(cell))
    right, wrong, unforeseen = Counter[str](), Counter[str](), Counter[str]()
    for scored, cases in scores:
        for total, rules in ((right, scored.right), (wrong, scored.wrong), (unforeseen, scored.unforeseen)):
            total.update(dict.fromkeys(rules, cases))
    if not (right or wrong or unforeseen):
        return ""
    parts = [
        f"{number(right.total(), 'prediction')} came true{_names(right)}",
        f"{wrong.total():,} did not{_names(wrong)}",
        f"{number(unforeseen.total(), 'finding')} came without one{_names(unforeseen)}",
    ]
    return f"Predictions against what was found: {'; '.join(parts)}."


def _names(rules: Counter[str]) -> str:
    told = ", ".join(f"{rule} in {number(cases, 'case')}" for rule, cases in rules.most_common())
    return f" ({told})" if told else ""


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
