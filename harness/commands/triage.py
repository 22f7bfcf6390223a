"""``trt-matrix triage``: what an upgrade from one release to another will change."""

from __future__ import annotations

import argparse
import re
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness import __version__
from harness.analysis.broken_code import broken_code
from harness.analysis.case_changes import Side
from harness.analysis.compare import Rules
from harness.analysis.library_words import library_words
from harness.analysis.pairs import release_pairs
from harness.analysis.sides import repeats_of, side_of
from harness.analysis.statements import Section
from harness.analysis.triage import triage
from harness.analysis.waivers import WaivedChanges
from harness.commands.history_option import add_history_arguments
from harness.commands.repeating import MATRIX, Asked, Made, commands
from harness.commands.trying import add_ways, covers, tried_section
from harness.errors import Exit, UsageError
from harness.evidence.layout import cache_folder
from harness.evidence.records import Results, RunInfo, count
from harness.history import resolve
from harness.history.database import Database
from harness.history.store import opened, place_of
from harness.matrix.host import detect
from harness.matrix.results import to_results
from harness.planning import Planned, make_plan
from harness.report import triage as page
from harness.support.facts import describe
from harness.versions import Release


def add_arguments(parser: argparse.ArgumentParser) -> None:
    release = "8.6.1 or 'tensorrt-rtx 1.7.1'"
    parser.add_argument("--from", dest="old", nargs="+", required=True, metavar="RELEASE", help=release)
    parser.add_argument("--to", dest="new", nargs="+", required=True, metavar="RELEASE", help=release)
    parser.add_argument("--matrix", type=Path, default=MATRIX, metavar="FILE", help="default: matrix.yaml")
    add_history_arguments(parser)
    parser.add_argument(
        "--code", nargs="+", type=Path, default=[], metavar="FILE", help="your Python or C++ files: say what breaks"
    )
    add_ways(parser)
    parser.add_argument("--url", default="", help="address of the published runs' folders: the ticket links to them")
    parser.add_argument("--markdown", action="store_true", help="print the ticket's text")
    parser.add_argument("--json", action="store_true", help="print the statements as JSON")


def run(arguments: argparse.Namespace) -> int:
    shape = "json" if arguments.json else "markdown" if arguments.markdown else "path"
    old, new = (Release.parse(" ".join(words)) for words in (arguments.old, arguments.new))
    place = place_of(arguments.history, arguments.out)
    asked = Asked.of(arguments)
    there = asked.matrix.is_file() or asked.matrix != MATRIX
    planned = make_plan(asked.matrix, detect(), cache_folder(asked.out)) if there else None
    tried = tried_section(arguments, planned, (old, new), place)
    return triage_upgrade(old, new, place, planned=planned, asked=asked, shape=shape, tried=tried)


def triage_upgrade(
    old: Release,
    new: Release,
    place: str,
    *,
    planned: Planned | None,
    asked: Asked,
    shape: str,
    tried: Section | None = None,
) -> int:
    """Write the page and the ticket; what a release has no run of is taken from the matrix's plan."""
    code = broken_code(asked.code, old, new) if asked.code else None
    more_sections = [section for section in (library_words(old, new), code, tried) if section]
    with opened(place) if _is_there(place) else nullcontext() as database:
        before = _side(old, database, planned)
        after = _side(new, database, planned, since=before.side.results.run.started)
        waivers = planned.matrix.waivers if planned else ()
        waived = WaivedChanges(waivers, after.side.results, datetime.now(UTC).date())
        rules = Rules(waived=waived, matched=release_pairs)
        found = triage(before.side, after.side, old, new, rules, more_sections)
    found = msgspec.structs.replace(found, commands=commands(before, after, (old, new), asked))
    to = asked.out / "triage" / re.sub(r"[^a-z0-9.]+", "-", f"{old}-to-{new}")
    sources = {source for side in (before, after) for source in side.sources.values()}
    folders = {source.run: source.folder for source in sources if source.folder}
    index = page.write(found, folders, to, asked.url)
    if shape == "json":
        print(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        print(
            page.markdown(found, asked.url) if shape == "markdown" else f"{found.summary}\n{index}\n{to / 'ticket.md'}"
        )
    return Exit.OK


def _is_there(place: str) -> bool:
    return "://" in place or Path(place).is_file()


def _side(release: Release, database: Database | None, planned: Planned | None, since: str = "") -> Made:
    """Of runs after ``since`` what was measured repeatedly counts as repeats."""
    if database is not None:
        try:
            found = resolve.resolve(database, str(release))
        except resolve.UnknownRelease:
            return Made(_planned_side(release, planned))
        repeats = repeats_of(database, found, since if since < found.results.run.started else "")
        return Made(side_of(found, repeats), found.sources)
    return Made(_planned_side(release, planned))


def _planned_side(release: Release, planned: Planned | None) -> Side:
    """The release's cells as planned; none where the matrix has none, since its API is known all the same."""
    cells = [] if planned is None else [c for c in planned.plan.cells if covers(release, c.cell.release)]
    if not cells and describe(release) is None:
        raise UsageError(
            f"release {release} is in no run and not in the matrix; add a cell of it, or `trt-matrix run` one"
        )
    info = RunInfo(
        id="",
        started="",
        harness=__version__,
        host=detect(),
        matrix=planned.matrix.file if planned else "",
        matrix_sha256=planned.matrix.sha256 if planned else "",
    )
    names = {cell.cell.id for cell in cells}
    kept = [cell for cell in to_results(planned.plan, info).cells if cell.id in names] if planned else []
    return Side(str(release), Results(run=info, counts=count(kept), cells=kept))
