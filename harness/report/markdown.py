"""A run as Markdown for a CI's step summary: short, and within GitHub's limit of 1 MiB."""

from __future__ import annotations

import re

from harness.evidence.records import Outcome, Results
from harness.neutral import one_line
from harness.report import grid, markup, text
from harness.report.causes import Cause, causes, predictions, reasons_not_run
from harness.wording import number

MOST_BYTES = 900_000
_MOST_ROWS = 200
_MOST_CAUSES = 20
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$]|^[#+=-]|^\d+(?=[.)]))")
_SIGNS = {
    Outcome.CRASHED: "💥",
    Outcome.FAILED: "❌",
    Outcome.TIMED_OUT: "⏱️",
    Outcome.WARNED: "⚠️",
    Outcome.PASSED: "✅",
    Outcome.NOT_RUN: "◌",
    Outcome.NOT_APPLICABLE: "–",
}


def summary(results: Results) -> str:
    """Counts, causes with the first remedy, the grid, and what did not run."""
    run = results.run
    label = f" ({plain(run.label)})" if run.label else ""
    lines = [f"## TensorRT compatibility: {plain(run.id)}{label}", "", text.headline(results), ""]
    if run.interrupted:
        lines += ["**Interrupted: what had not begun did not run.**", ""]
    lines += _causes(causes(results.cells))
    lines += _grid(results)
    lines += _missing(results)
    return _cut("\n".join(lines))


def plain(untrusted: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(_escaped, one_line(untrusted))


def _escaped(found: re.Match[str]) -> str:
    # A number at the start would begin a list; its dot is what can be escaped.
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def _causes(found: list[Cause]) -> list[str]:
    if not found:
        return []
    lines = ["### What was found", ""]
    for cause in found[:_MOST_CAUSES]:
        waived = f"; waived: {plain(cause.waived_by)}" if cause.waived_by else ""
        lines.append(f"- {_SIGNS[cause.outcome]} **{plain(cause.title)}** ({cause.severity}, {cause.extent}{waived})")
        lines.append(f"  - Cases: {plain(cause.which_cases)}.")
        lines += [f"  - {plain(cause.which)}"] if cause.which else []
        lines += [f"  - {plain(cause.matters)}"]
        lines += [f"  - {a.standing.replace('-', ' ')}: {markup.words(a.text)}" for a in cause.advice[:1]]
    if len(found) > _MOST_CAUSES:
        lines.append(f"- and {len(found) - _MOST_CAUSES} more")
    return [*lines, ""]


def _grid(results: Results) -> list[str]:
    built = grid.build([cell for cell in results.cells if grid.cell_outcome(cell).executed])
    if not built.rows:
        return ["**Nothing was executed.**", ""]
    used = [place for place in range(len(built.columns)) if any(row.squares[place] for row in built.rows)]
    heads = [f"{built.columns[place].route} {built.columns[place].recipe}" for place in used]
    lines = [f"| cell | {' | '.join(map(plain, heads))} |", f"|---|{'---|' * len(heads)}"]
    for row in built.rows[:_MOST_ROWS]:
        squares = [_square(row.squares[place]) for place in used]
        lines.append(f"| {plain(row.cell.id)} | {' | '.join(squares)} |")
    if len(built.rows) > _MOST_ROWS:
        lines += ["", f"{len(built.rows) - _MOST_ROWS} more cells are in the report."]
    return [*lines, ""]


def _square(square: grid.Square | None) -> str:
    return f"{_SIGNS[square.outcome]} {square.outcome} {square.share}" if square else ""


def _missing(results: Results) -> list[str]:
    rows = reasons_not_run(results.cells)
    lines = ["### What did not run", ""] if rows else []
    for reason, cases, ids in rows[:_MOST_CAUSES]:
        lines.append(
            f"- {_SIGNS[Outcome.NOT_RUN]} {number(cases, 'case')} of {number(len(ids), 'cell')}: {plain(reason)}"
        )
    lines += [f"- *predicted, not run:* {plain(seen.title)} in {seen.extent}" for seen in predictions(results.cells)]
    return [*lines, ""] if lines else []


def _cut(whole: str) -> str:
    data = whole.encode()
    if len(data) <= MOST_BYTES:
        return whole
    return data[:MOST_BYTES].decode(errors="ignore").rsplit("\n", 1)[0] + "\n\nCut here: the report has the rest.\n"
