"""A comparison in words: for a terminal, and in Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.analysis.changes import Change, Comparison, Kind, Suspect
from harness.neutral import one_line
from harness.report import markup, proofs

_MARKDOWN_ROWS = 40
# A pull request's comment holds 65,536 characters; the rest is for what stands around it.
_MARKDOWN_CHARACTERS = 60_000
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


def as_markdown(comparison: Comparison, url: str = "") -> str:
    """A heading, a sentence and a folded table for each kind of change, each with the evidence that it rests on.

    ``url``: where the runs' folders are published, for links; without it runs and files are named.
    """
    title = f"### {markup.text(comparison.before)} → {markup.text(comparison.after)}"
    parts = [title, "", f"**{summary(comparison)}**", ""]
    if comparison.with_it:
        suspects = (f"- {markup.text(each.text)}: {markup.text(_cases(each))}" for each in comparison.with_it)
        parts += [f"{_WITH_IT}:", "", *suspects, ""]
    room = _MARKDOWN_CHARACTERS - sum(map(len, parts))
    for kind, changes in _groups(comparison):
        opened = " open" if any(change.worse and not change.waived for change in changes) else ""
        rows, told, used = _rows(changes, url, room)
        room -= used
        parts += [f"<details{opened}><summary>{kind.heading}: {len(changes)}</summary>", ""]
        parts += [markup.table(("", "cell", "case", "change", "evidence"), rows)] if rows else []
        if len(changes) > told:
            parts += [f"{'... and ' if rows else ''}{len(changes) - told} more", ""]
        parts += ["</details>", ""]
    return "\n".join(parts)


def _rows(changes: Sequence[Change], url: str, room: int) -> tuple[list[tuple[str, ...]], int, int]:
    """A row for each case, as many as there is room for; the changes in them and the characters that they take."""
    rows: list[tuple[str, ...]] = []
    told = used = 0
    for _, grouped in groupby(changes, key=lambda change: (_mark(change), change.cell, change.case)):
        of_case = list(grouped)
        row = (*_cells(of_case), _evidence(of_case[0], url))
        size = sum(len(cell) + 3 for cell in row)
        if used + size > room or len(rows) == _MARKDOWN_ROWS:
            break
        rows.append(row)
        told += len(of_case)
        used += size
    return rows, told, used


def _evidence(change: Change, url: str) -> str:
    sides = (("before", change.proof_before), ("after", change.proof_after))
    if url:
        return "<br>".join(f"[{name}]({url}/{proofs.address(proof)})" for name, proof in sides if proof.run)
    return "<br>".join(f"{name}: {proofs.markdown(proof)}" for name, proof in sides if proof.run)


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


def _cells(changes: Sequence[Change]) -> tuple[str, str, str, str]:
    """Of changes of one case."""
    change = changes[0]
    words = {"!": "worse", "w": "waived", "·": ""}[_mark(change)]
    cell = markup.code(change.cell)
    if change.cell_before != change.cell:
        cell = f"{markup.code(change.cell_before)} → {cell}"
    waived = f" (waived: {markup.text(change.waived)})" if change.waived else ""
    return words, cell, markup.code(change.case), "<br>".join(markup.text(each.text) for each in changes) + waived
