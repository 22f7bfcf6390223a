"""Running every way round a problem that the matrix has, for ``trt-matrix triage --try-remedies``."""

from __future__ import annotations

from collections.abc import Callable

from harness.analysis.remedies import Tried, is_among, subject_of, tried
from harness.errors import UsageError
from harness.evidence.records import Results, with_label
from harness.execute.campaign import Options, run_plan
from harness.execute.progress import progress_for
from harness.matrix import select
from harness.matrix.host import detect
from harness.planning import Planned
from harness.versions import Release


def try_remedies(
    planned: Planned,
    problem: str,
    among: str,
    releases: tuple[Release, ...],
    options: Options,
    keep: Callable[[Results], None],
) -> tuple[Results, list[Tried]]:
    """Run all cases of the problem's subject, and of those that fit ``among``, in the cells of ``releases``.

    Where nothing has changed an earlier run's answer is taken.

    ``keep`` gets the results before they are looked at. Raises ``UsageError`` where ``problem`` means no case that can
    run.
    """
    cells = [cell for cell in planned.plan.cells if any(covers(release, cell.cell.release) for release in releases)]
    runnable = [(cell.cell.id, entry.case.id) for cell in cells for entry in cell.cases if entry.verdict.runs]
    if not runnable:
        told = " and ".join(map(str, releases))
        raise UsageError(f"no cell of {told} in the matrix can run here; `trt-matrix plan` says what each waits for")
    subject = subject_of((case for _, case in runnable), problem)
    wanted = tuple(f"{cell}{select.SEPARATOR}{case}" for cell, case in runnable if is_among(case, subject, among))
    chosen = select.select(planned.plan, select.Selection(only=wanted))
    with progress_for() as progress:
        folder, results = run_plan(chosen, planned.matrix, detect(), options, progress)
    results = with_label(results, "remedies")
    # Imported late: writing pages needs templates.
    from harness.report import write

    write.write_all(results, folder.path)
    keep(results)
    if results.run.interrupted:
        raise KeyboardInterrupt
    return results, tried(results, problem, among)


def covers(asked: Release, there: Release) -> bool:
    return asked.flavour is there.flavour and asked.version.covers(there.version)
