"""One sweep over the cells of a plan: the pool, and the run's results as they stand when it ends."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from msgspec.structs import replace

from harness.evidence.records import CellRecord, Outcome
from harness.execute.cell_life import Context, run_cell
from harness.matrix.plan import PlannedCell

_POLL_S = 0.2


def sweep(
    cells: list[tuple[PlannedCell, CellRecord]], context: Context, run: Callable[..., CellRecord] = run_cell
) -> list[CellRecord]:
    """Run every cell that preflight let through, side by side, in the order of the plan.

    More cells than jobs may be under way, since one may wait for the network while another builds: the job
    server holds the cases of all of them to the number of jobs. A cell that has not begun when the user asks
    for an end stays as planned.
    """
    records = {planned.cell.id: base for planned, base in cells}
    runnable = [
        (planned, base)
        for planned, base in cells
        if planned.verdict.runs and any(c.verdict.runs for c in planned.cases)
    ]
    if not runnable:
        return list(records.values())
    workers = min(len(runnable), context.jobs * 3)
    with ThreadPoolExecutor(workers, thread_name_prefix="cell") as pool:
        futures = {pool.submit(_unless_stopping, planned, base, context, run): planned for planned, base in runnable}
        for future in _as_they_end(set(futures)):
            record = future.result()
            records[record.id] = record
    return list(records.values())


def _unless_stopping(
    planned: PlannedCell, base: CellRecord, context: Context, run: Callable[..., CellRecord]
) -> CellRecord:
    if context.stopping():
        return base
    try:
        return run(planned, base, context)
    except Exception as error:
        # A bug of ours in one cell must not cost the others their results.
        traceback.print_exc()
        return _broken(planned, base, f"bug in trt-matrix: {error!r}; please report the lines that it printed")


def _broken(planned: PlannedCell, base: CellRecord, reason: str) -> CellRecord:
    ran = {entry.case.id for entry in planned.cases if entry.verdict.runs}
    cases = [replace(case, outcome=Outcome.CRASHED, reason=reason) if case.id in ran else case for case in base.cases]
    return replace(base, reason=reason, cases=cases)


def _as_they_end(pending: set[Future[CellRecord]]) -> list[Future[CellRecord]]:
    """Wait in short steps: a signal's handler runs only between them."""
    ended: list[Future[CellRecord]] = []
    while pending:
        done, pending = wait(pending, timeout=_POLL_S, return_when=FIRST_COMPLETED)
        ended.extend(done)
    return ended
