"""``trt-matrix run``: make the environments, run the cases, write the report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.errors import Exit
from harness.evidence.layout import OUT, cache_folder, set_latest
from harness.evidence.records import CellRecord, Outcome, Results
from harness.execute.campaign import Options, cores, run_plan
from harness.execute.progress import progress_for
from harness.matrix import select
from harness.matrix.host import detect
from harness.planning import make_plan

_BAD = (Outcome.CRASHED, Outcome.FAILED, Outcome.TIMED_OUT)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"), metavar="FILE", help="default: matrix.yaml")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where runs are written (%(default)s)")
    parser.add_argument("--jobs", type=_jobs, default=cores(), metavar="N", help="cases at the same time (%(default)s)")
    parser.add_argument("--no-reuse", action="store_true", help="run conclusive cases again although nothing changed")
    parser.add_argument("--keep-engines", action="store_true", help="keep each case's engine.bin in the evidence")
    parser.add_argument("--require-all", action="store_true", help="exit with 6 where any cell did not run")
    parser.add_argument("--json", action="store_true", help="print results.json instead of the table")
    select.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    return run_matrix(
        arguments.matrix,
        selection=select.from_arguments(arguments, arguments.out),
        options=Options(arguments.out, arguments.jobs, not arguments.no_reuse, arguments.keep_engines),
        require_all=arguments.require_all,
        as_json=arguments.json,
    )


def run_matrix(path: Path, *, selection: select.Selection, options: Options, require_all: bool, as_json: bool) -> int:
    """Run a matrix file and write its report; the exit code."""
    host = detect()
    planned = make_plan(path, host, cache_folder(options.out))
    chosen = select.select(planned.plan, selection)
    with progress_for() as progress:
        folder, results = run_plan(chosen, planned.matrix, host, options, progress)

    # Imported late: writing pages needs templates, which a run of an hour need not hold in memory.
    from harness.report import text, write

    index = write.write_all(results, folder.path)
    set_latest(options.out, folder)
    sys.stdout.write(folder.results.read_text() if as_json else text.table(results, index))
    return exit_code(results, require_all=require_all)


def exit_code(results: Results, *, require_all: bool) -> Exit:
    """Interrupted before unexpected, unexpected before incomplete."""
    cases = [case for cell in results.cells for case in cell.cases]
    if results.run.interrupted:
        return Exit.INTERRUPTED
    if any(case.outcome in _BAD for case in cases):
        return Exit.UNEXPECTED
    if any(not _ran(cell) for cell in results.cells if require_all or cell.required):
        return Exit.INCOMPLETE
    return Exit.OK


def _ran(cell: CellRecord) -> bool:
    """At least one case was executed and none that could have been is missing."""
    outcomes = [case.outcome for case in cell.cases]
    return Outcome.NOT_RUN not in outcomes and any(outcome.executed for outcome in outcomes)


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1024")
    return int(text)
