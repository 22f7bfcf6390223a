"""``trt-matrix triage``: what an upgrade from one release to another will change."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness import __version__
from harness.analysis import remedies
from harness.analysis.broken_code import broken_code
from harness.analysis.case_changes import Side
from harness.analysis.compare import Rules
from harness.analysis.pairs import release_pairs
from harness.analysis.sides import side_of
from harness.analysis.triage import Section, triage
from harness.analysis.waivers import WaivedChanges
from harness.commands.history_option import add_history_arguments
from harness.commands.run import jobs
from harness.commands.trying import covers, try_remedies
from harness.errors import Exit, UsageError
from harness.evidence.layout import cache_folder
from harness.evidence.records import Results, RunInfo, count
from harness.execute.campaign import Options
from harness.history import resolve
from harness.history.record import record
from harness.history.store import opened, place_of
from harness.matrix.host import detect
from harness.matrix.results import to_results
from harness.planning import Planned, make_plan
from harness.report import remedies_text
from harness.report import triage as page
from harness.versions import Release


def add_arguments(parser: argparse.ArgumentParser) -> None:
    release = "8.6.1 or 'tensorrt-rtx 1.7.1'"
    parser.add_argument("--from", dest="old", nargs="+", required=True, metavar="RELEASE", help=release)
    parser.add_argument("--to", dest="new", nargs="+", required=True, metavar="RELEASE", help=release)
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"), metavar="FILE", help="default: matrix.yaml")
    add_history_arguments(parser)
    parser.add_argument(
        "--code", nargs="+", type=Path, default=[], metavar="FILE", help="your Python or C++ files: say what breaks"
    )
    parser.add_argument(
        "--try-remedies",
        default="",
        metavar="CASE",
        help="run every other way that the matrix has for this case (an id or a pattern), on both releases",
    )
    parser.add_argument(
        "--among",
        default="",
        metavar="SUBJECT",
        help="with --try-remedies: other subjects (a pattern) that are ways too",
    )
    parser.add_argument("--jobs", type=jobs, default=1, metavar="N", help="with --try-remedies (%(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print the ticket's text")
    parser.add_argument("--json", action="store_true", help="print the statements as JSON")


def run(arguments: argparse.Namespace) -> int:
    shape = "json" if arguments.json else "markdown" if arguments.markdown else "path"
    old, new = (Release.parse(" ".join(words)) for words in (arguments.old, arguments.new))
    place = place_of(arguments.history, arguments.out)
    planned = _planned(arguments.matrix, arguments.out)
    if arguments.try_remedies:
        ways = (arguments.try_remedies, arguments.among)
        tried = _tried(ways, (old, new), planned, Options(arguments.out, arguments.jobs), place)
    else:
        tried = None
    return triage_upgrade(
        old, new, place, planned=planned, out=arguments.out, shape=shape, files=arguments.code, tried=tried
    )


def triage_upgrade(
    old: Release,
    new: Release,
    place: str,
    *,
    planned: Planned | None,
    out: Path,
    shape: str,
    files: list[Path],
    tried: Section | None = None,
) -> int:
    """Write the page and the ticket; what a release has no run of is taken from the matrix's plan."""
    more_sections = [section for section in (broken_code(files, old, new) if files else None, tried) if section]
    (before, folders), (after, more) = (_side(release, place, planned) for release in (old, new))
    waivers = planned.matrix.waivers if planned else ()
    waived = WaivedChanges(waivers, after.results, datetime.now(UTC).date())
    found = triage(before, after, old, new, Rules(waived=waived, matched=release_pairs), more_sections)
    to = out / "triage" / re.sub(r"[^a-z0-9.]+", "-", f"{old}-to-{new}")
    index = page.write(found, folders | more, to)
    if shape == "json":
        print(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        print(page.markdown(found) if shape == "markdown" else f"{found.summary}\n{index}\n{to / 'ticket.md'}")
    return Exit.OK


def _planned(matrix: Path, out: Path) -> Planned | None:
    return make_plan(matrix, detect(), cache_folder(out)) if matrix.is_file() else None


def _tried(
    ways: tuple[str, str], releases: tuple[Release, Release], planned: Planned | None, options: Options, place: str
) -> Section:
    """Run the ways round the problem, print their table, and give it as a section."""
    if planned is None:
        raise UsageError("--try-remedies needs a matrix; name one with --matrix")

    def keep(results: Results) -> None:
        for note in record(place, options.out, results):
            print(f"trt-matrix: {note}", file=sys.stderr)

    results, rows = try_remedies(planned, *ways, releases, options, keep)
    print(remedies_text.as_text(rows), file=sys.stderr)
    return remedies.section(rows, results)


def _side(release: Release, place: str, planned: Planned | None) -> tuple[Side, dict[str, Path]]:
    if "://" in place or Path(place).is_file():
        try:
            with opened(place) as database:
                found = resolve.resolve(database, str(release))
            return side_of(found), {folder.name: folder for folder in found.folders.values()}
        except resolve.UnknownRelease:
            pass
    return _planned_side(release, planned), {}


def _planned_side(release: Release, planned: Planned | None) -> Side:
    cells = [] if planned is None else [c for c in planned.plan.cells if covers(release, c.cell.release)]
    if planned is None or not cells:
        raise UsageError(
            f"release {release} is in no run and not in the matrix; add a cell of it, or `trt-matrix run` one"
        )
    info = RunInfo(
        id="",
        started="",
        harness=__version__,
        host=detect(),
        matrix=planned.matrix.file,
        matrix_sha256=planned.matrix.sha256,
    )
    results = to_results(planned.plan, info)
    names = {cell.cell.id for cell in cells}
    kept = [cell for cell in results.cells if cell.id in names]
    return Side(str(release), msgspec.structs.replace(results, cells=kept, counts=count(kept)))
