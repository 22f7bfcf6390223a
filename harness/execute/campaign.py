"""A whole run: from a plan to results, with everything that cells share made and put away again."""

from __future__ import annotations

import os
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness import __version__
from harness.errors import HarnessError
from harness.evidence.layout import RunFolder, cache_folder, create_run, timestamp
from harness.evidence.records import CellRecord, Host, Outcome, Results, RunInfo, count
from harness.execute.cell_life import Context, request_stop
from harness.execute.compare import compared
from harness.execute.interrupt import interruptible
from harness.execute.job_server import job_server
from harness.execute.judge import FindingsCache, audits_of, judge
from harness.execute.models import ModelStore
from harness.execute.progress import Progress
from harness.execute.reuse import ReuseIndex, probe_digest
from harness.execute.sweep import sweep
from harness.matrix.cell import Case
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan
from harness.matrix.results import to_results


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: ``jobs`` cases at the same time, over all cells."""

    out: Path
    jobs: int
    reuse: bool = True
    keep_engines: bool = False


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run_plan(plan: Plan, matrix: Matrix, host: Host, options: Options, progress: Progress) -> tuple[RunFolder, Results]:
    """Run what the plan lets through, and judge what it left behind."""
    run = create_run(options.out)
    info = RunInfo(
        id=run.id,
        started=timestamp(),
        harness=__version__,
        host=host,
        matrix=matrix.file,
        matrix_sha256=matrix.sha256,
        command=shlex.join(["trt-matrix", *sys.argv[1:]]),
    )
    planned = to_results(plan, info)
    with suppress(OSError):  # a disk this full is told by the cells, which say what it was too full for
        run.plan.write_bytes(msgspec.json.encode(planned))
    cache = cache_folder(options.out).resolve()
    pairs = list(zip(plan.cells, planned.cells, strict=True))
    cell_ids = [cell.id for cell in planned.cells]
    models = ModelStore(cache, options.jobs, progress)
    probe_digest()  # now, since each cell's thread would work it out for itself
    models.work_out_keys(entry.case for cell in plan.cells for entry in cell.cases if entry.verdict.runs)
    with job_server(options.jobs) as tokens, interruptible(lambda: request_stop(run, cell_ids), run.id) as interruption:
        context = Context(
            run=run,
            matrix=matrix.file,
            cache=cache,
            host=host,
            models=models,
            tokens=tokens,
            jobs=options.jobs,
            progress=progress,
            index=ReuseIndex(cache / "cases", options.out.resolve()),
            reuse=options.reuse,
            keep_engines=options.keep_engines,
            stopping=lambda: interruption.asked,
        )
        # Models are made while environments are downloaded; a cell that is ready sooner waits for them.
        with ThreadPoolExecutor(1, thread_name_prefix="models") as ahead:
            ahead.submit(context.models.ensure, _cases(plan))
            cells = sweep(pairs, context)
        audits, notes = audits_of(_sources(plan, cells, context.models))
    info = msgspec.structs.replace(planned.run, finished=timestamp(), interrupted=interruption.asked)
    results = msgspec.structs.replace(
        planned, run=info, cells=cells, counts=count(cells), notes=[*planned.notes, *notes]
    )
    results = compared(results, run, cache, processes=options.jobs)
    return run, judge(results, run, audits, FindingsCache(cache / "findings"))


def _cases(plan: Plan) -> list[Case]:
    return [entry.case for cell in plan.cells if cell.runs for entry in cell.cases if entry.verdict.runs]


def _sources(plan: Plan, cells: list[CellRecord], models: ModelStore) -> dict[str, Path]:
    """The FP32 model of every subject that was executed or could be foreseen, for the weight audit."""
    wanted = {case.subject for cell in cells for case in cell.cases if case.outcome is not Outcome.NOT_APPLICABLE}
    cases = {entry.case.subject.name: entry.case for cell in plan.cells for entry in cell.cases}
    sources = {}
    for name in sorted(wanted):
        try:
            model = models.source(cases[name]).model
        except (HarnessError, OSError):
            continue  # its cases in FP32, where there are any, say why
        if model:
            sources[name] = model
    return sources
