"""A run as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from harness.evidence.records import BAD, Results
from harness.neutral import one_line
from harness.report import grid
from harness.report.causes import Cause, causes, reasons_not_run
from harness.wording import number

WIDTH = 80
_GAP = "  "


def table(results: Results, index: Path | None = None) -> str:
    """The grid, what was found, what did not run, the counts, and where the page is."""
    run = results.run
    about = [f"{run.id} ({run.label})" if run.label else ""]
    about += ["Interrupted: what had not begun did not run."] if run.interrupted else []
    found = [_stars(results), _found(causes(results.cells))]
    parts = [
        *map(one_line, about),
        *_grids(results),
        *found,
        _not_run(results),
        textwrap.fill(headline(results), WIDTH),
    ]
    if index is not None:
        parts.append(f"Report: {index}")
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(results: Results) -> str:
    """``148 planned, 100 executed, 97 conclusive: 2 crashed, 12 failed (all waived), ...``."""
    counts, ended = results.counts, []
    for name, many in counts.by_outcome.items():
        waived = grid.waived_words(results.cells, name, many)
        ended += [f"{many:,} {name}" + (f" ({waived})" if waived else "")] if many else []
    words = f"{counts.planned:,} planned, {counts.executed:,} executed, {counts.conclusive:,} conclusive"
    words += f", {counts.reused:,} reused" if counts.reused else ""
    return one_line(f"{words}: {', '.join(ended)}" if ended else words)


def _grids(results: Results) -> list[str]:
    """Cells that ran or could have: one table, or one for each route where that is too wide for the terminal."""
    built = grid.build([cell for cell in results.cells if cell.runnable or grid.cell_outcome(cell).executed])
    ids = [clip(row.cell.id, 40) for row in built.rows]
    several = len({column.route for column in built.columns}) > 1
    by_route: dict[str, list[list[str]]] = {}
    for place, column in enumerate(built.columns):
        squares = [_square(row.squares[place]) for row in built.rows]
        by_route.setdefault(column.route, []).append([column.recipe, *squares])
    room = WIDTH - max(map(len, ids), default=0)
    whole = [[route, *column] for route, columns in by_route.items() for column in columns]
    if several and sum(map(_wide, whole)) <= room:
        return [_table(["", "cell", *ids], whole, heads=2)]
    return [
        _table([route if several else "cell", *ids], part)
        for route, columns in by_route.items()
        for part in _parts(columns, room)
    ]


def _wide(column: Sequence[str]) -> int:
    """Characters that a column takes, with the gap before it."""
    return len(_GAP) + max(map(len, column))


def _parts(columns: list[list[str]], room: int) -> list[list[list[str]]]:
    """The columns in as few groups as fit beside the cells' names, all of about one size."""
    for count in range(1, len(columns) + 1):
        size = -(-len(columns) // count)
        parts = [columns[start : start + size] for start in range(0, len(columns), size)]
        if all(sum(map(_wide, part)) <= room for part in parts):
            return parts
    return [[column] for column in columns]


def _table(names: list[str], columns: list[list[str]], heads: int = 1) -> str:
    """``heads`` lines of heads, a rule, and the cells that have anything in these columns."""
    lines = list(zip(names, *columns, strict=True))
    kept = [line for place, line in enumerate(lines) if place < heads or any(line[1:])]
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    kept.insert(heads, tuple("-" * width for width in widths))
    return "\n".join(_GAP.join(map(str.ljust, line, widths)).rstrip() for line in kept)


def _square(square: grid.Square | None) -> str:
    """A star says that a waiver expects it; the list of findings below gives the waiver's reason."""
    if square is None:
        return ""
    return f"{grid.SHORT[square.outcome]} {square.share.replace(' of ', '/')}{'*' if square.waived else ''}"


def _stars(results: Results) -> str:
    """What the stars in the grid mean, where there are any."""
    waived = any(finding.waived_by for cell in results.cells for case in cell.cases for finding in case.findings)
    return "* waived in the matrix" if waived else ""


def _found(found: Sequence[Cause]) -> str:
    """Where the same is to be said of the release for all causes, it is said once."""
    which = {cause.which for cause in found}
    once = which.pop() if len(found) > 1 and len(which) == 1 else ""
    lines = [line for cause in found for line in _cause(cause, "" if once else cause.which)]
    return "\n".join(["Found:", *([_filled(once, 0)] if once else []), *lines]) if lines else ""


def _cause(cause: Cause, which: str) -> list[str]:
    """What it is, which release brought it, and the waiver that expects it."""
    mark = "!" if cause.outcome in BAD else "-"
    waived = f"waived: {cause.waived_by}" if cause.waived_by else ""
    told = (f"Cases: {cause.which_cases}.", which, waived)
    about = [_filled(f"    {one_line(words)}", 4) for words in told if words]
    return [_filled(f"{mark} {one_line(cause.title)} ({cause.severity}, {cause.extent})", 2), *about]


def _not_run(results: Results) -> str:
    lines = [
        _filled(f"- {number(cases, 'case')} of {number(len(ids), 'cell')}: {one_line(reason)}", 2)
        for reason, cases, ids in reasons_not_run(results.cells)
    ]
    return "\n".join(["Did not run:", *lines]) if lines else ""


def _filled(text: str, indent: int) -> str:
    """Broken into lines; what is very long, as only a log can be, is clipped."""
    return textwrap.fill(clip(text, 6 * WIDTH), WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def clip(text: str, width: int) -> str:
    """One harmless line of at most ``width`` characters."""
    line = one_line(text)
    return line if len(line) <= width else f"{line[: width - 3]}..."
