"""Running every way round a problem that the matrix has: ``trt-matrix triage --try-remedies``."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from harness.analysis import remedies
from harness.analysis.statements import Section
from harness.commands.run import jobs
from harness.errors import UsageError
from harness.evidence.records import Outcome, Results, with_label
from harness.execute.campaign import Options, run_plan
from harness.execute.progress import progress_for
from harness.history.record import record
from harness.matrix import select
from harness.matrix.host import detect
from harness.planning import Planned
from harness.report import remedies_text
from harness.versions import Release


def add_ways(parser: argparse.ArgumentParser) -> None:
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


def tried_section(
    arguments: argparse.Namespace, planned: Planned | None, releases: tuple[Release, Release], place: str
) -> Section | None:
    """Run what ``--try-remedies`` asks for, print its table and give it as a section; ``None`` where nothing is asked.

    Raises ``UsageError`` where the case means no one subject that can run.
    """
    if not arguments.try_remedies:
        return None
    if planned is None:
        raise UsageError("--try-remedies needs a matrix; name one with --matrix")
    results = _run(planned, arguments, releases)
    for note in record(place, arguments.out, results):
        print(f"trt-matrix: {note}", file=sys.stderr)
    if results.run.interrupted:
        _show_what_ran(results, arguments)
        raise KeyboardInterrupt
    if not results.counts.executed:
        reasons = (case.reason for cell in results.cells for case in cell.cases if case.outcome is Outcome.NOT_RUN)
        why = next(reasons, "none is for this release")
        raise UsageError(f"--try-remedies: no case could be run: {why}")
    rows = remedies.tried(results, arguments.try_remedies, arguments.among)
    print(remedies_text.as_text(rows), file=sys.stderr)
    return remedies.section(rows, results)


def _show_what_ran(results: Results, arguments: argparse.Namespace) -> None:
    """The table of a run that was stopped; nothing where the problem itself had not run."""
    with suppress(UsageError):
        rows = remedies.tried(results, arguments.try_remedies, arguments.among)
        print(remedies_text.as_text(rows), "Stopped: other ways were not tried.", sep="\n", file=sys.stderr)


def _run(planned: Planned, arguments: argparse.Namespace, releases: tuple[Release, Release]) -> Results:
    """All cases of the problem's subject, and of those that fit ``--among``, in the cells of ``releases``.

    Where nothing has changed an earlier run's answer is taken.
    """
    problem, out = arguments.try_remedies, Path(arguments.out)
    cells = [cell for cell in planned.plan.cells if any(covers(release, cell.cell.release) for release in releases)]
    runnable = [(cell.cell.id, entry.case.id) for cell in cells for entry in cell.cases if entry.verdict.runs]
    if not runnable:
        told = " and ".join(map(str, releases))
        raise UsageError(f"no cell of {told} in the matrix can run here; `trt-matrix plan` says what each waits for")
    subject = remedies.subject_of((case for _, case in runnable), problem)
    ways = (pair for pair in runnable if remedies.is_among(pair[1], subject, arguments.among))
    wanted = tuple(select.SEPARATOR.join(pair) for pair in ways)
    chosen = select.select(planned.plan, select.Selection(only=wanted))
    with progress_for() as progress:
        folder, results = run_plan(chosen, planned.matrix, detect(), Options(out, arguments.jobs), progress)
    labelled = with_label(results, "remedies")
    # Imported late: writing pages needs templates.
    from harness.report import write

    write.write_all(labelled, folder.path)
    return labelled


def covers(asked: Release, there: Release) -> bool:
    return asked.flavour is there.flavour and asked.version.covers(there.version)
