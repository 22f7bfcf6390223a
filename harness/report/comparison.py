"""A comparison in words: for a terminal, and in Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from harness.analysis.changes import Change, Comparison, Kind, Suspect
from harness.neutral import one_line
from harness.report import markup

# A pull request's comment holds 65,536 characters.
_MARKDOWN_ROWS = 40
_WITH_IT = "What else changed where something did"
_NAMED = 4


def as_text(comparison: Comparison, limit: int | None = 20) -> str:
    """Plain lines; ``limit`` changes of each kind, ``None``: all."""
    lines = [f"{one_line(comparison.before)} → {one_line(comparison.after)}: {summary(comparison)}"]
    if comparison.with_it:
        lines += ["", _WITH_IT, *(f"  {one_line(each.text)}: {_cases(each)}" for each in comparison.with_it)]
    for kind, changes in _groups(comparison):
        lines += ["", f"{kind.heading} ({len(changes)})"]
        lines += [f"  {_mark(change)} {_place(change)}\n      {one_line(change.text)}" for change in changes[:limit]]
        if limit is not None and len(changes) > limit:
            lines.append(f"  ... and {len(changes) - limit} more (--all shows them)")
    return "\n".join(lines) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """A heading, a sentence and a folded table for each kind of change."""
    title = f"### {markup.text(comparison.before)} → {markup.text(comparison.after)}"
    parts = [title, "", f"**{summary(comparison)}**", ""]
    if comparison.with_it:
        told = (f"- {markup.text(each.text)}: {markup.text(_cases(each))}" for each in comparison.with_it)
        parts += [f"{_WITH_IT}:", "", *told, ""]
    for kind, changes in _groups(comparison):
        opened = " open" if any(change.worse and not change.waived for change in changes) else ""
        rows = ((*_cells(change),) for change in changes[:_MARKDOWN_ROWS])
        parts += [f"<details{opened}><summary>{kind.heading}: {len(changes)}</summary>", ""]
        parts += [markup.table(("", "cell", "case", "change"), rows)]
        if len(changes) > _MARKDOWN_ROWS:
            parts += [f"... and {len(changes) - _MARKDOWN_ROWS} more", ""]
        parts += ["</details>", ""]
    return "\n".join(parts)


def _cases(suspect: Suspect) -> str:
    """The cases by name where they are few and all of one cell."""
    cells, names = zip(*(case.split(" / ", 1) for case in suspect.cases), strict=True)
    return ", ".join(names) if len(names) <= _NAMED and len(set(cells)) == 1 else f"{len(names)} cases"


def summary(comparison: Comparison) -> str:
    """``2 newly broken, 1 fixed; 40 cases compared``."""
    told = [f"{len(changes)} {kind.heading.lower()}" for kind, changes in _groups(comparison)]
    waived = sum(bool(change.waived) for change in comparison.changes)
    words = ", ".join(told) or "no difference"
    return f"{words}; {comparison.compared} cases compared" + (f"; {waived} changes waived" if waived else "")


def _groups(comparison: Comparison) -> Iterator[tuple[Kind, list[Change]]]:
    order = list(Kind)
    ordered = sorted(comparison.changes, key=lambda change: order.index(change.kind))
    for kind, changes in groupby(ordered, key=lambda change: change.kind):
        yield kind, list(changes)


def _mark(change: Change) -> str:
    """Readable without colour: ``!`` worse, ``w`` worse but waived, ``·`` told."""
    if not change.worse:
        return "·"
    return "w" if change.waived else "!"


def _place(change: Change) -> str:
    moved = f" (before: {one_line(change.cell_before)})" if change.cell_before != change.cell else ""
    return f"{one_line(change.cell)}{moved} / {one_line(change.case)}"


def _cells(change: Change) -> tuple[str, str, str, str]:
    words = {"!": "worse", "w": "waived", "·": ""}[_mark(change)]
    cell = markup.code(change.cell)
    if change.cell_before != change.cell:
        cell = f"{markup.code(change.cell_before)} → {cell}"
    waived = f" (waived: {markup.text(change.waived)})" if change.waived else ""
    return words, cell, markup.code(change.case), markup.text(change.text) + waived
