"""One cell's life: make its environment, reuse what stands, run the probe on the rest, read the evidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.environments import Ending, Kind, Limits, Prepared, kind_of
from harness.errors import HarnessError
from harness.evidence.layout import RunFolder
from harness.evidence.read import parse_event, read_attestation
from harness.evidence.records import Attestation, CaseRecord, CellRecord, Comparison, Host, Outcome, Stage
from harness.execute import repeat, timings
from harness.execute.compare import unmeasured
from harness.execute.control import accepted
from harness.execute.job import STOP_FILE, write_job
from harness.execute.models import ModelStore
from harness.execute.progress import Progress
from harness.execute.record import blank, from_evidence
from harness.execute.reuse import ReuseIndex, Stored, case_key, environment_key, link_cell_files, link_evidence
from harness.matrix.cell import Case
from harness.matrix.plan import PlannedCell
from harness.process import ending as ending_words
from harness.subjects.keys import Prepared as Model


@dataclass(frozen=True, slots=True)
class Context:
    """What all cells of a run share."""

    run: RunFolder
    matrix: str
    cache: Path
    host: Host
    models: ModelStore
    tokens: Path
    jobs: int
    progress: Progress
    index: ReuseIndex
    reuse: bool
    keep_engines: bool
    stopping: Callable[[], bool]


@dataclass(slots=True)
class _Work:
    """The cases of a cell on their way: their keys, what an earlier run answers, what is to be run."""

    keys: dict[str, str] = field(default_factory=dict)
    reused: dict[str, Stored] = field(default_factory=dict)
    todo: dict[str, Case] = field(default_factory=dict)
    models: dict[str, tuple[Case, Model]] = field(default_factory=dict)
    samples: dict[str, Model] = field(default_factory=dict)
    compared: dict[str, Comparison | None] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    ending: Ending = field(default_factory=lambda: Ending(0))


def run_cell(planned: PlannedCell, base: CellRecord, context: Context) -> CellRecord:
    """Run the cases that preflight let through; ``base`` is the cell as planned.

    Nothing that goes wrong in here reaches the other cells: it becomes the reason of this cell's cases.
    """
    started = time.monotonic()
    cell_id = planned.cell.id
    cases = [entry.case for entry in planned.cases if entry.verdict.runs]
    try:
        kind = kind_of(planned.cell)
        prepared = _provision(kind, planned, context)
    except (HarnessError, OSError) as error:
        context.progress.end(cell_id, f"not run: {error}")
        return _unprovided(base, cases, str(error))
    provisioned = time.monotonic()
    work = _sort(cases, prepared, context)
    _execute(kind, prepared, work, context)
    records = {case.id: _record(cell_id, case, work, context) for case in cases}
    _remember(cell_id, records, context)
    attestation = _attestation(cell_id, work, prepared, context)
    control = accepted(context.run.cell(cell_id))
    context.progress.end(cell_id, _summary(list(records.values())))
    return msgspec.structs.replace(
        base,
        attestation=attestation,
        reason=_reason(attestation, work.ending, records) or (control[0].title if control else base.reason),
        findings=[*base.findings, *prepared.findings, *control],
        evidence=context.run.relative(context.run.cell(cell_id)),
        provision_s=round(provisioned - started, 3),
        duration_s=round(time.monotonic() - provisioned, 3),
        cases=[records.get(case.id, case) for case in base.cases],
    )


def request_stop(run: RunFolder, cell_ids: list[str]) -> None:
    """Let the probes finish what runs and start nothing more."""
    for cell_id in cell_ids:
        folder = run.cell(cell_id)
        if folder.is_dir():
            (folder / STOP_FILE).touch()


def _provision(kind: Kind, planned: PlannedCell, context: Context) -> Prepared:
    cell = planned.cell
    context.progress.stage(cell.id, "provisioning", sum(entry.verdict.runs for entry in planned.cases))
    return kind.provision(cell, context.cache / "environments", lambda words: context.progress.stage(cell.id, words))


def _sort(cases: list[Case], prepared: Prepared, context: Context) -> _Work:
    """Tell the cases that an earlier run answers from those to run."""
    work = _Work()
    environment = environment_key(prepared)
    expected = str(prepared.cell.release)
    for case in cases:
        try:
            model, samples = context.models.key(case), context.models.samples_key(case)
        except HarnessError as error:
            work.refused[case.id] = str(error)
            continue
        key = case_key(
            case, environment=environment, model=model, expected=expected, host=context.host, samples=samples
        )
        work.compared[case.id] = unmeasured(case, samples)
        work.keys[case.id] = key
        stored = context.index.find(key) if context.reuse else None
        if stored:
            work.reused[case.id] = stored
        else:
            work.todo[case.id] = case
    return work


def _execute(kind: Kind, prepared: Prepared, work: _Work, context: Context) -> None:
    """Get the models of what is to be run, and run the probe on them."""
    cell = prepared.cell
    if context.models.awaited(work.todo.values()):
        context.progress.stage(cell.id, "waiting for models")
    for case_id, case in work.todo.items():
        try:
            work.models[case_id] = (case, context.models.get(case))
        except HarnessError as error:
            work.refused[case_id] = str(error)
            continue
        _take_samples(case, work, context)
    if not work.models or context.stopping():
        return
    context.progress.stage(cell.id, "building", len(work.models))
    folder, control = context.run.cell(cell.id), context.models.negative_control()
    job = write_job(
        folder,
        prepared,
        work.models,
        samples={case_id: ready.samples for case_id, ready in work.samples.items() if ready.samples},
        compared=work.compared,
        control=control,
        jobs=context.jobs,
        tokens=context.tokens,
        keep_engines=context.keep_engines,
    )
    kept = timings.kept_file(prepared, context.host, context.cache)
    if kept and context.reuse:
        timings.lay(kept, folder)
    work.ending = kind.run_probe(
        prepared,
        job=job,
        evidence=folder,
        inputs=tuple(sorted({control.parent, *_folders(work)})),
        limits=Limits(wall_s=cell.timeouts.cell),
        on_line=lambda line: _show(cell.id, line, context.progress),
        tokens=context.tokens,
    )
    if kept:
        timings.keep(kept, folder)


def _take_samples(case: Case, work: _Work, context: Context) -> None:
    """Without samples the engine is built all the same; the record says why it was not executed."""
    comparison = work.compared[case.id]
    if comparison is None:
        return
    try:
        work.samples[case.id] = context.models.samples(case)
    except HarnessError as error:
        work.compared[case.id] = msgspec.structs.replace(comparison, note=str(error))


def _folders(work: _Work) -> set[Path]:
    return {model.folder for _case, model in work.models.values()} | {each.folder for each in work.samples.values()}


def _show(cell_id: str, line: str, progress: Progress) -> None:
    """The probe prints some of its events as they happen."""
    match parse_event(line):
        case {"event": "outcome", "case": str(case_id), "outcome": str(outcome)}:
            progress.case(cell_id, f"{case_id}: {outcome}")
        case _:
            pass


def _record(cell_id: str, case: Case, work: _Work, context: Context) -> CaseRecord:
    folder = context.run.case(cell_id, case.id)
    repeated = repeat.command(cell_id, case.id, context.matrix, context.run.path.parent)
    base = blank(case, work.keys.get(case.id, ""), repeated)
    if case.id in work.refused:
        return msgspec.structs.replace(base, reason=work.refused[case.id])
    base = msgspec.structs.replace(base, comparison=work.compared.get(case.id))
    if case.id in work.reused:
        return _reused(base, work.reused[case.id], folder, context)
    if folder.is_dir():
        return from_evidence(base, folder, context.run, cut_off=_probe_reason(work.ending))
    if context.stopping():
        return msgspec.structs.replace(base, reason="interrupted before it began")
    return msgspec.structs.replace(base, outcome=Outcome.CRASHED, reason=_probe_reason(work.ending))


def _reused(base: CaseRecord, stored: Stored, folder: Path, context: Context) -> CaseRecord:
    link_evidence(context.index.evidence(stored), folder)
    return msgspec.structs.replace(
        stored.case,
        subject=base.subject,
        comparison=base.comparison,
        reused_from=stored.case.reused_from or stored.run,
        evidence=context.run.relative(folder),
        repeat=base.repeat,
    )


def _probe_reason(ending: Ending) -> str:
    return ending.reason or f"the probe ended with {ending_words(ending.status)} before this case; see probe.log"


def _attestation(cell_id: str, work: _Work, prepared: Prepared, context: Context) -> Attestation | None:
    """The attestation of this run, or of the run whose cases were reused."""
    folder = context.run.cell(cell_id)
    for stored in work.reused.values():
        link_cell_files(context.index.out / stored.run / "evidence" / stored.cell, folder)
        break
    attestation = read_attestation(folder)
    if attestation and prepared.image_digest:
        return msgspec.structs.replace(attestation, image_digest=prepared.image_digest)
    return attestation


def _remember(cell_id: str, records: dict[str, CaseRecord], context: Context) -> None:
    for record in records.values():
        if record.key and record.outcome.settled and not record.reused_from:
            context.index.put(context.run.id, cell_id, record)


def _reason(attestation: Attestation | None, ending: Ending, records: dict[str, CaseRecord]) -> str:
    """What was wrong with the cell as a whole; empty where nothing was."""
    wrong = next((record.reason for record in records.values() if record.reason.startswith("wrong-version")), "")
    if wrong:
        return wrong
    if attestation is None and any(record.outcome is Outcome.CRASHED for record in records.values()):
        return f"nothing was attested: {_probe_reason(ending)}"
    return ending.reason


def _unprovided(base: CellRecord, cases: list[Case], reason: str) -> CellRecord:
    waiting = {case.id for case in cases}
    return msgspec.structs.replace(
        base,
        runnable=False,
        reason=reason,
        cases=[
            msgspec.structs.replace(case, stage=Stage.PROVISION, outcome=Outcome.NOT_RUN, reason=reason)
            if case.id in waiting
            else case
            for case in base.cases
        ],
    )


def _summary(records: list[CaseRecord]) -> str:
    counts = {outcome: sum(record.outcome is outcome for record in records) for outcome in Outcome}
    words = ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items() if number)
    reused = sum(bool(record.reused_from) for record in records)
    return f"{words} ({reused} reused)" if reused else words
