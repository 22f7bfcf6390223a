"""Runs of parts of one matrix, made on several machines, as one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from harness.errors import UsageError
from harness.evidence.records import CaseRecord, CellRecord, Host, Results, count


@dataclass(frozen=True, slots=True)
class Merged:
    """``cells`` and ``cases``: the run (by its id) that a cell's own files, and each case, come from."""

    results: Results
    cells: Mapping[str, str]
    cases: Mapping[tuple[str, str], str]


def merge(runs: Sequence[Results], run_id: str, command: str) -> Merged:
    """Each case from the run that executed it, the latest of several; where none did, as it was planned.

    UsageError where the runs are not of one matrix file, or one of them is named twice.
    """
    _check(runs)
    ordered = sorted(runs, key=lambda results: results.run.started)
    ids = dict.fromkeys(cell.id for results in runs for cell in results.cells)
    cells: list[CellRecord] = []
    sources: dict[str, str] = {}
    cases: dict[tuple[str, str], str] = {}
    for cell_id in ids:
        there = [(results.run.id, cell) for results in ordered for cell in results.cells if cell.id == cell_id]
        base_run, base = max(reversed(there), key=lambda pair: _executed(pair[1]))
        chosen = _cases(there, base_run)
        cells.append(msgspec.structs.replace(base, cases=[case for _, case in chosen]))
        sources[cell_id] = base_run
        cases |= {(cell_id, case.id): run for run, case in chosen}
    first, last = ordered[0], ordered[-1]
    info = msgspec.structs.replace(
        max(runs, key=lambda results: results.counts.executed).run,
        id=run_id,
        started=first.run.started,
        finished=max(results.run.finished for results in runs),
        command=command,
        interrupted=any(results.run.interrupted for results in runs),
        partial=all(results.run.partial for results in runs),
    )
    results = msgspec.structs.replace(last, run=info, cells=cells, counts=count(cells), notes=_notes(ordered))
    return Merged(results, sources, cases)


def _check(runs: Sequence[Results]) -> None:
    if len({results.run.id for results in runs}) < len(runs):
        raise UsageError("merge: a run is named twice; name each once")
    other = next((each.run for each in runs if each.run.matrix_sha256 != runs[0].run.matrix_sha256), None)
    if other:
        raise UsageError(
            f"run {other.id} is not of the matrix file of run {runs[0].run.id}; merge runs of one matrix alone"
        )


def _cases(there: Sequence[tuple[str, CellRecord]], base_run: str) -> list[tuple[str, CaseRecord]]:
    """One of each case; of several that ran that of ``base_run``, else the latest."""
    best: dict[str, tuple[tuple[bool, bool], str, CaseRecord]] = {}
    for run, cell in there:
        for case in cell.cases:
            rank = (case.outcome.executed, run == base_run)
            if case.id not in best or rank >= best[case.id][0]:
                best[case.id] = (rank, run, case)
    return [(run, case) for _, run, case in best.values()]


def _executed(cell: CellRecord) -> int:
    return sum(case.outcome.executed for case in cell.cases)


def _notes(runs: Sequence[Results]) -> list[str]:
    """What each run noted, once, and where each was made."""
    made = "; ".join(f"{results.run.id} ({_host(results.run.host)})" for results in runs)
    own = dict.fromkeys(note for results in runs for note in results.notes)
    return [f"merged from {len(runs)} runs: {made}", *own]


def _host(host: Host) -> str:
    return f"{host.os}, {host.cores} cores, {', '.join(host.gpus) or 'no GPU'}"
