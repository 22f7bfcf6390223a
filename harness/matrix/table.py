"""A plan for people: a row per cell, reasons below, cases on request. Fits 80 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime

from tabulate import tabulate

from harness.evidence.records import Cost, Host, Outcome
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan, PlannedCell
from harness.neutral import one_line

WIDTH = 80


def render(plan: Plan, matrix: Matrix, host: Host, *, cases: bool, today: date | None = None) -> str:
    """The whole text; ``cases`` lists each case under its cell's row."""
    reasons = _Reasons()
    rows = [_row(cell, reasons) for cell in plan.cells]
    headers = ["cell", "runs", "n/a", "not run", "cost", "why"]
    align = ("left", "right", "right", "right", "right", "left")
    table = tabulate(rows, headers=headers, tablefmt="simple", colalign=align, disable_numparse=True)
    parts = [_summary(plan, host), table, "\n".join(reasons.lines())]
    if cases:
        parts.append("\n\n".join(_cases(cell) for cell in plan.cells))
    parts.append("\n".join(_waivers(matrix, today or datetime.now(UTC).date())))
    parts.append("\n".join(_wrapped("note: " + one_line(note), 6) for note in plan.notes))
    return "\n\n".join(part for part in parts if part)


class _Reasons:
    """Numbers each reason once, in the order in which it is met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._cases: Counter[str] = Counter()

    def mark(self, reason: str, cases: int) -> int:
        self._cases[reason] += cases
        return self._numbers.setdefault(reason, len(self._numbers) + 1)

    def lines(self) -> Iterator[str]:
        for reason, number in self._numbers.items():
            label = f"[{number}]".ljust(5)
            yield _wrapped(f"{label}{one_line(reason)}: {_plural(self._cases[reason], 'case')}", 5)


def _row(cell: PlannedCell, reasons: _Reasons) -> list[str]:
    outcomes = Counter(case.verdict.outcome for case in cell.cases)
    whys = Counter(case.verdict.reason for case in cell.cases if not case.verdict.runs)
    marks = sorted(reasons.mark(reason, number) for reason, number in whys.items())
    return [
        cell.cell.id + (" *" if cell.cell.required else ""),
        str(outcomes[None]),
        str(outcomes[Outcome.NOT_APPLICABLE]),
        str(outcomes[Outcome.NOT_RUN]),
        cost_words(cell.cost),
        _ranges(marks),
    ]


def _ranges(numbers: list[int]) -> str:
    """``1-4 7`` for 1, 2, 3, 4, 7."""
    words: list[list[int]] = []
    for number in numbers:
        if words and words[-1][-1] == number - 1:
            words[-1].append(number)
        else:
            words.append([number])
    return " ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in words)


def cost_words(cost: Cost | None) -> str:
    """``187 MB``, ``cached``, or ``-`` where it is not known."""
    if cost is not None and cost.cached:
        return "cached"
    size = cost and (cost.download_bytes or cost.disk_bytes)
    if not size:
        return "-"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(round(size / 1e6), 1)} MB"


def _summary(plan: Plan, host: Host) -> str:
    outcomes = Counter(case.verdict.outcome for cell in plan.cells for case in cell.cases)
    total = sum(outcomes.values())
    cells = sum(any(case.verdict.runs for case in cell.cases) for cell in plan.cells)
    gpus = ", ".join(host.gpus) or "no NVIDIA GPU"
    docker = f"Docker {host.docker}" if host.docker else "no Docker"
    here = f"{host.os}, {host.machine}, Python {host.python}, {host.cores} cores, {gpus}, {docker}"
    counts = (
        f"{_plural(len(plan.cells), 'cell')}, {_plural(total, 'case')}: {outcomes[None]} in {_plural(cells, 'cell')} "
        f"run here, {outcomes[Outcome.NOT_APPLICABLE]} not applicable, {outcomes[Outcome.NOT_RUN]} not run"
    )
    required = (
        "\n* required: where it does not run, the run is incomplete"
        if any(cell.cell.required for cell in plan.cells)
        else ""
    )
    return "\n".join((_wrapped(f"here: {one_line(here)}", 6), _wrapped(counts, 6) + required))


def _cases(planned: PlannedCell) -> str:
    lines = [planned.cell.id]
    for case in planned.cases:
        word = "runs" if case.verdict.runs else f"{case.verdict.outcome}: {one_line(case.verdict.reason)}"
        lines.append(f"  {case.case.id}\n      {word}")
    return "\n".join(lines)


def _waivers(matrix: Matrix, today: date) -> Iterator[str]:
    if matrix.waivers:
        yield "waivers:"
    for waiver in matrix.waivers:
        until = f" until {waiver.expires}" if waiver.expires else ""
        state = " EXPIRED" if waiver.expired(today) else ""
        yield _wrapped(one_line(f"  {waiver.id}{until}{state}: {waiver.reason} {waiver.link}".rstrip()), 6)


def _wrapped(text: str, indent: int) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
