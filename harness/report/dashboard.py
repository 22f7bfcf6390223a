"""The regression dashboard: a static site from the history, for any web server or straight from disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from harness import __version__, templates
from harness.analysis.nights import Sweep, sweep, timelines
from harness.analysis.step_causes import Together, changes, together
from harness.analysis.waivers import judge
from harness.errors import UsageError
from harness.evidence.records import Outcome, Results
from harness.history import reader
from harness.history.database import Database
from harness.matrix.waivers import Waiver
from harness.neutral import neutral
from harness.report import causes, grid
from harness.report.dashboard_data import CODES, Row, case_data, row, slug
from harness.report.night_plot import Plot, outcomes_by_night, totals
from harness.report.payload import in_script
from harness.wording import number

_MOST_STEPS = 100
# Keeps the first page below 1 MB; the cells' pages have all rows.
_MOST_ROWS = 700
_STRIP_BYTES = 250_000
# Of what got worse in one night the plot's tooltip tells these; the list of steps has all.
_MOST_TOLD = 3
_MARKER = ".trt-matrix-dashboard"


@dataclass(frozen=True, slots=True)
class Options:
    """``most`` nights are shown, of runs with ``label`` where one is given."""

    most: int = 400
    label: str = ""
    waivers: Sequence[Waiver] = ()
    today: date | None = None


def write(database: Database, to: Path, options: Options) -> Path:
    """Write the site whole into ``to``, in the place of an earlier one; returns its first page."""
    _check_target(to)
    swept = sweep(database, most=options.most, label=options.label, pages_from=to)
    if not swept.nights:
        words = f"with the label {options.label!r} " if options.label else ""
        raise UsageError(f"history {database.name}: holds no run {words}to show; `trt-matrix run` makes one")
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".dashboard-", dir=to.parent) as scratch:
        site = Path(scratch) / "site"
        _write_site(database, swept, site, options)
        if to.exists():
            to.rename(Path(scratch) / "old")
        site.rename(to)
    to.chmod(0o755)
    return to / "index.html"


def _check_target(to: Path) -> None:
    """Only an earlier dashboard is replaced, nothing else that lies there."""
    if to.is_symlink() or (to.exists() and not (to / _MARKER).is_file() and (not to.is_dir() or any(to.iterdir()))):
        raise UsageError(f"{to}: is there and is no dashboard of trt-matrix; name another folder with --out")


def _write_site(database: Database, swept: Sweep, site: Path, options: Options) -> None:
    for folder in ("case", "cell", "assets"):
        (site / folder).mkdir(parents=True)
    (site / _MARKER).touch()
    _assets(site / "assets")
    rows: list[Row] = []
    for timeline in timelines(database, swept):
        shown = row(timeline, swept.nights)
        rows.append(shown)
        data = case_data(shown, swept.nights)
        _page(site / shown.page, "dashboard_case.html", data, row=shown, nights=swept.nights)
    moves = _moves(swept)
    for track, of_track in groupby(rows, key=lambda each: each.timeline.track):
        shown_rows = list(of_track)
        seen = _overview(shown_rows, swept, [move for move in moves if track.name in move.tracks])
        _page(
            site / "cell" / f"{slug(track.name)}.html",
            "dashboard_cell.html",
            seen.data,
            plot=seen.plot,
            steps=seen.groups[:_MOST_STEPS],
            pages={(track.name, each.timeline.case): each.page for each in shown_rows},
            track=track,
            rows=shown_rows,
            nights=swept.nights,
            newest=swept.cells[shown_rows[0].timeline.seen[-1].night].get(track.cells[-1]),
        )
    _first_page(database, swept, site, rows, options)


@dataclass(frozen=True, slots=True)
class _Overview:
    """Some cases' nights: what changed, the plot of their outcomes, and the same for the page's script."""

    groups: list[Together]
    plot: Plot
    data: dict[str, Any]


def _overview(rows: Sequence[Row], swept: Sweep, moves: Sequence[_Move]) -> _Overview:
    # A flaky case's ups and downs are told once, under Flaky.
    groups = together([step for each in rows for step in each.steps if not (each.flaky and step.name == "outcome")])
    worse = _worse(groups)
    data = {
        "nights": [night.date for night in swept.nights],
        "links": [night.link for night in swept.nights],
        "totals": totals(rows, swept.nights),
        "worse": worse,
    }
    plot = outcomes_by_night(rows, swept.nights, [(move.night, move.new) for move in moves], worse)
    return _Overview(groups, plot, data)


def _first_page(database: Database, swept: Sweep, site: Path, rows: list[Row], options: Options) -> None:
    today = reader.results(database, swept.runs[-1].name)
    before = reader.results(database, swept.runs[-2].name) if len(swept.runs) > 1 else None
    last = len(swept.nights) - 1
    moves = _moves(swept)
    seen = _overview(rows, swept, moves)
    new_steps = [group for group in seen.groups if group.night == last]
    old_steps = [group for group in seen.groups if group.night != last]
    ordered = sorted(rows, key=_pressing)[:_MOST_ROWS]
    width = min(len(swept.nights), max(60, _STRIP_BYTES // max(len(ordered), 1)))
    _page(
        site / "index.html",
        "dashboard.html",
        seen.data,
        root="",
        nights=swept.nights,
        today=today,
        before=before,
        grids=[(flavour, made, _earlier(made, before, swept)) for flavour, made in grid.by_flavour(today.cells)],
        plot=seen.plot,
        new_steps=new_steps,
        new_changes=changes(new_steps),
        old_steps=old_steps[:_MOST_STEPS],
        more_steps=max(len(old_steps) - _MOST_STEPS, 0),
        moves=moves,
        causes=causes.causes(today.cells),
        flaky=[each for each in rows if each.flaky],
        waivers=judge(options.waivers, today, options.today) if options.today else [],
        rows=ordered,
        left_out=len(rows) - len(ordered),
        width=width,
        track_of={cell: track for track in swept.tracks for cell in track.cells},
        pages={(each.timeline.track.name, each.timeline.case): each.page for each in rows},
    )


@dataclass(frozen=True, slots=True)
class _Move:
    """Tracks whose release moved in the same way in one night."""

    night: int
    old: str
    new: str
    tracks: tuple[str, ...]


def _moves(swept: Sweep) -> list[_Move]:
    """Newest first."""
    first = {cell: night for night in reversed(range(len(swept.nights))) for cell in swept.cells[night]}
    found: dict[tuple[int, str, str], list[str]] = {}
    for track in swept.tracks:
        for old, new in pairwise(track.cells):
            versions = (swept.cells[first[old]][old].version, swept.cells[first[new]][new].version)
            found.setdefault((first[new], *versions), []).append(track.name)
    return [_Move(*key, tuple(names)) for key, names in sorted(found.items(), reverse=True)]


def _worse(groups: Sequence[Together]) -> dict[int, list[str]]:
    """By night, what got worse in it, in few words."""
    found: dict[int, list[str]] = {}
    for group in (group for group in groups if group.worse):
        first = group.moved[0]
        cases = number(len(first.cases), "case")
        found.setdefault(group.night, []).append(neutral(f"{first.first.text} in {cases}")[:200])
    return {night: told[:_MOST_TOLD] for night, told in found.items()}


def _pressing(shown: Row) -> tuple[int, int, str, str]:
    """Worst today first; of equals, what changed last."""
    order = list(Outcome)
    since = shown.steps[-1].night if shown.steps else -1
    return order.index(shown.last.outcome), -since, shown.timeline.track.name, shown.timeline.case


def _earlier(made: grid.Grid, before: Results | None, swept: Sweep) -> list[list[Outcome | None]]:
    """The night before, in the same squares; a moved release is found by its track."""
    if before is None:
        return [[None] * len(made.columns) for _ in made.rows]
    earlier = grid.build(before.cells)
    track_of = {cell: track.name for track in swept.tracks for cell in track.cells}
    squares = {
        (track_of.get(old.cell.id, old.cell.id), column): square.outcome
        for old in earlier.rows
        for column, square in zip(earlier.columns, old.squares, strict=True)
        if square
    }
    return [
        [squares.get((track_of.get(new.cell.id, new.cell.id), column)) for column in made.columns] for new in made.rows
    ]


def _assets(folder: Path) -> None:
    source = templates.folder("reports/templates")
    style = "".join((source / name).read_text(encoding="utf-8") for name in ("page.css", "dashboard.css"))
    (folder / "style.css").write_text(style, encoding="utf-8")
    shutil.copyfile(source / "dashboard.js", folder / "dashboard.js")


def _page(file: Path, template: str, data: dict[str, Any], root: str = "../", **shown: object) -> None:
    text = templates.render(
        templates.folder("reports/templates"),
        template,
        root=root,
        version=__version__,
        outcomes=tuple(Outcome),
        codes={code: outcome for outcome, code in CODES.items()},
        slug=slug,
        number=number,
        waived_words=grid.waived_words,
        title_of=grid.title_of,
        data=templates.trusted(in_script(data)),
        **shown,
    )
    file.write_text(text, encoding="utf-8")
