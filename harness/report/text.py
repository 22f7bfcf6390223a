"""A run as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from tabulate import tabulate

from harness.evidence.records import Counts, Outcome, Results
from harness.neutral import one_line
from harness.report import grid
from harness.report.causes import Cause, causes, number, reasons_not_run

WIDTH = 80
# Tabulate makes a column two characters wider than its head.
_HEAD_PADDING = 2
_SHORT = {
    Outcome.CRASHED: "CRASHED",
    Outcome.FAILED: "FAILED",
    Outcome.TIMED_OUT: "TIMEOUT",
    Outcome.WARNED: "warned",
    Outcome.PASSED: "passed",
    Outcome.NOT_RUN: "not run",
    Outcome.NOT_APPLICABLE: "n/a",
}


def table(results: Results, index: Path | None = None) -> str:
    """The grid, what was found, what did not run, the counts, and where the page is."""
    run = results.run
    counts = textwrap.fill(headline(results.counts), WIDTH)
    about = [f"{run.id} ({run.label})" if run.label else ""]
    about += ["Interrupted: what had not begun did not run."] if run.interrupted else []
    found = [_stars(results), _found(causes(results.cells))]
    parts = [*map(one_line, about), *_grids(results), *found, _not_run(results), counts]
    if index is not None:
        parts.append(f"Report: {index}")
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(counts: Counts) -> str:
    """``148 planned, 100 executed, 97 conclusive: 2 crashed, 12 failed, ...``."""
    by_outcome = ", ".join(f"{many:,} {name}" for name, many in counts.by_outcome.items() if many)
    words = f"{counts.planned:,} planned, {counts.executed:,} executed, {counts.conclusive:,} conclusive"
    return one_line(f"{words}: {by_outcome}" if by_outcome else words)


def _grids(results: Results) -> list[str]:
    """Cells that ran or could have, in as many tables as the width of the terminal asks for."""
    built = grid.build([cell for cell in results.cells if cell.runnable or grid.cell_outcome(cell).executed])
    ids = [clip(row.cell.id, 40) for row in built.rows]
    several = len({column.route for column in built.columns}) > 1
    columns = [
        [
            f"{column.route}\n{column.recipe}" if several else column.recipe,
            *(_square(row.squares[place]) for row in built.rows),
        ]
        for place, column in enumerate(built.columns)
    ]
    return [_table(ids, part) for part in _parts(columns, WIDTH - max(map(len, ids), default=0))]


def _parts(columns: list[list[str]], width: int) -> Iterator[list[list[str]]]:
    """As many columns together as fit beside the cells' names."""
    part: list[list[str]] = []
    left = width
    for column in columns:
        head, *squares = column
        wide = 2 + max(*(len(line) + _HEAD_PADDING for line in head.split("\n")), *map(len, squares))
        if part and wide > left:
            yield part
            part, left = [], width
        part.append(column)
        left -= wide
    if part:
        yield part


def _table(ids: list[str], columns: list[list[str]]) -> str:
    heads = [column[0] for column in columns]
    rows = [[name, *squares] for name, *squares in zip(ids, *(column[1:] for column in columns), strict=True)]
    kept = [row for row in rows if any(row[1:])]
    return tabulate(kept, ["cell", *heads], tablefmt="simple", disable_numparse=True)


def _square(square: grid.Square | None) -> str:
    """A star says that a waiver expects it; the list of findings below gives the waiver's reason."""
    if square is None:
        return ""
    return f"{_SHORT[square.outcome]} {square.share.replace(' of ', '/')}{'*' if square.waived else ''}"


def _stars(results: Results) -> str:
    """What the stars in the grid mean, where there are any."""
    waived = any(finding.waived_by for cell in results.cells for case in cell.cases for finding in case.findings)
    return "* waived in the matrix" if waived else ""


def _found(found: Sequence[Cause]) -> str:
    lines = [f"{'!' if cause.outcome in grid.BAD else '-'} {_cause(cause)}" for cause in found]
    return "\n".join(["Found:", *lines]) if lines else ""


def _cause(cause: Cause) -> str:
    waived = f", waived: {cause.waived_by}" if cause.waived_by else ""
    return clip(f"{cause.title} ({cause.severity}, {cause.extent}{waived})", WIDTH - 2)


def _not_run(results: Results) -> str:
    lines = [
        clip(f"- {number(cases, 'case')} of {number(len(ids), 'cell')}: {reason}", WIDTH)
        for reason, cases, ids in reasons_not_run(results.cells)
    ]
    return "\n".join(["Did not run:", *lines]) if lines else ""


def clip(text: str, width: int) -> str:
    """One harmless line of at most ``width`` characters."""
    line = one_line(text)
    return line if len(line) <= width else f"{line[: width - 3]}..."
