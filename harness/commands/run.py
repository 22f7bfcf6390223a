"""``trt-matrix run``: make the environments, run the cases, write the report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.beside import beside
from harness.commands.history_option import add_history_arguments
from harness.errors import Exit
from harness.evidence.layout import cache_folder, set_latest
from harness.evidence.records import BAD, CaseRecord, CellRecord, Outcome, Results, Severity, with_label
from harness.execute.campaign import Options, cores, run_plan
from harness.execute.progress import progress_for
from harness.matrix import select
from harness.matrix.host import detect
from harness.planning import make_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"), metavar="FILE", help="default: matrix.yaml")
    add_history_arguments(parser)
    parser.add_argument("--environment", choices=["docker"], help="run cells of wheels in containers")
    parser.add_argument("--jobs", type=jobs, default=cores(), metavar="N", help="cases at the same time (%(default)s)")
    parser.add_argument("--no-reuse", action="store_true", help="run conclusive cases again although nothing changed")
    parser.add_argument("--keep-engines", action="store_true", help="keep each case's engine.bin in the evidence")
    parser.add_argument("--label", default="", metavar="TEXT", help="a name for this run, such as nightly")
    parser.add_argument("--require-all", action="store_true", help="exit with 6 where any cell did not run")
    parser.add_argument("--json", action="store_true", help="print results.json instead of the table")
    select.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    return run_matrix(
        arguments.matrix,
        selection=select.from_arguments(arguments, arguments.out),
        options=Options(arguments.out, arguments.jobs, not arguments.no_reuse, arguments.keep_engines),
        require_all=arguments.require_all,
        label=arguments.label,
        history=arguments.history,
        as_json=arguments.json,
        containers=arguments.environment == "docker",
    )


def run_matrix(
    path: Path,
    *,
    selection: select.Selection,
    options: Options,
    require_all: bool,
    label: str,
    history: str | None,
    as_json: bool,
    containers: bool = False,
) -> int:
    """Run a matrix file, write its report and add it to the history; the exit code."""
    host = detect()
    planned = make_plan(path, host, cache_folder(options.out), containers=containers)
    chosen = select.select(planned.plan, selection)
    with progress_for() as progress:
        folder, results = run_plan(chosen, planned.matrix, host, options, progress)

    # Imported late: pages need templates and the history a database, which a run of an hour need not hold in memory.
    from harness.analysis import waivers
    from harness.report import write

    today = datetime.now(UTC).date()
    results = waivers.mark(with_label(results, label), planned.matrix.waivers, today)
    write.write_results(results, folder.path)

    def lists_and_history() -> list[str]:
        from harness.history.record import record
        from harness.history.store import place_of

        write.write_lists(results, folder.path)
        return record(place_of(history, options.out), options.out, results)

    recorded = beside(lists_and_history)
    index = write.write_page(results, folder.path)
    folder.plan.unlink(missing_ok=True)
    set_latest(options.out, folder)
    notes = waivers.complaints(planned.matrix.waivers, results, today)
    for note in [*notes, *recorded()]:
        print(f"trt-matrix: {note}", file=sys.stderr)
    from harness.report import text

    sys.stdout.write(folder.results.read_text() if as_json else text.table(results, index))

    def excused(cell: CellRecord, case: CaseRecord) -> bool:
        return waivers.expected(cell.id, case, planned.matrix.waivers, today) is not None

    return exit_code(results, excused, require_all=require_all)


def exit_code(
    results: Results, excused: Callable[[CellRecord, CaseRecord], bool], *, require_all: bool = False
) -> Exit:
    """Interrupted before unexpected, unexpected before incomplete. A waived case is as expected."""
    if results.run.interrupted:
        return Exit.INTERRUPTED
    if any(finding.severity is Severity.FATAL for cell in results.cells for finding in cell.findings):
        return Exit.UNEXPECTED
    if any(case.outcome in BAD and not excused(cell, case) for cell in results.cells for case in cell.cases):
        return Exit.UNEXPECTED
    if any(not _ran(cell) for cell in results.cells if require_all or cell.required):
        return Exit.INCOMPLETE
    return Exit.OK


def _ran(cell: CellRecord) -> bool:
    """At least one case was executed and none that could have been is missing."""
    outcomes = [case.outcome for case in cell.cases]
    return Outcome.NOT_RUN not in outcomes and any(outcome.executed for outcome in outcomes)


def jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1024")
    return int(text)
