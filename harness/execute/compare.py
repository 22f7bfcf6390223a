"""What executed engines gave, against the FP32 model: numbers, and whether they keep to the recipe's limits.

A pure function of the evidence (``outputs.npz``) and the samples in the cache, so it is worked out again whenever a
run is read. Where the cache has the samples no more, the record keeps what it has.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness import process
from harness.evidence.layout import RunFolder
from harness.evidence.read import read_case
from harness.evidence.records import (
    CaseRecord,
    CellRecord,
    Comparison,
    Limit,
    Outcome,
    OutputDifference,
    Results,
    Stage,
    count,
)
from harness.matrix.cell import Case
from harness.subjects.keys import code_digest, find
from harness.subjects.tolerances import limits_of
from harness.whole import write_whole

OUTPUTS = "outputs.npz"
TIMEOUT_S = 900.0
ACCURACY = "accuracy: "  # how the reason of a case begins that was executed and is too far from FP32
_JUDGED = (Outcome.PASSED, Outcome.WARNED)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker says of one outputs.npz; ``repeatable`` where the same files give the same answer."""

    metrics: dict[str, float] = {}
    outputs: list[OutputDifference] = []
    by: str = ""
    note: str = ""
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class _Pair:
    outputs: Path
    samples: Path

    @property
    def wider(self) -> Path:
        """What the engine found in WIDER FACE's pictures, where it was run on them."""
        return self.outputs.with_name("wider.npz")

    @property
    def key(self) -> str:
        """Of all that the answer depends on."""
        digest = _digest(self.outputs) + (_digest(self.wider) if self.wider.is_file() else "")
        return hashlib.sha256(f"{digest} {self.samples.name} {code_digest()}".encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unmeasured(case: Case, samples: str) -> Comparison | None:
    """The comparison of an executable case before there is anything to compare; ``samples`` is their key."""
    if not samples:
        return None
    return Comparison(samples=samples, limits=limits_of(case.subject.model, case.subject.options, case.recipe))


def compared(results: Results, run: RunFolder, cache: Path, *, processes: int = 2) -> Results:
    """The results with the numbers of every case that left outputs; ``cache`` is the folder that runs share."""
    pairs = {
        (cell.id, case.id): pair
        for cell in results.cells
        for case in cell.cases
        if (pair := _pair(case, run, cache / "subjects"))
    }
    if not pairs:
        return results
    measured = _measure(set(pairs.values()), cache / "compared", processes)
    cells = [_cell(cell, run, {case: measured[pair] for (at, case), pair in pairs.items() if at == cell.id})
             for cell in results.cells]  # fmt: skip
    return msgspec.structs.replace(results, cells=cells, counts=count(cells))


def _pair(case: CaseRecord, run: RunFolder, subjects: Path) -> _Pair | None:
    if case.comparison is None or not case.evidence:
        return None
    outputs = run.path / case.evidence / OUTPUTS
    ready = find(subjects, case.comparison.samples)
    return _Pair(outputs, ready.folder) if ready and outputs.is_file() else None


def _cell(cell: CellRecord, run: RunFolder, measured: Mapping[str, Measured]) -> CellRecord:
    cases = [_case(case, run, measured[case.id]) if case.id in measured else case for case in cell.cases]
    return msgspec.structs.replace(cell, cases=cases)


def _case(case: CaseRecord, run: RunFolder, found: Measured) -> CaseRecord:
    """Judged anew: a case that failed by its accuracy alone may pass by other limits or better code."""
    assert case.comparison is not None
    own = read_case(run.path / case.evidence)
    metrics = own.metrics | found.metrics
    beyond = [words for limit in case.comparison.limits if (words := _beyond(limit, metrics))]
    made = msgspec.structs.replace(
        case,
        metrics=metrics,
        comparison=msgspec.structs.replace(
            case.comparison, by=found.by, outputs=found.outputs, beyond=beyond, note=found.note
        ),
    )
    by_accuracy = case.outcome is Outcome.FAILED and case.reason.startswith(ACCURACY)
    if not found.outputs or not (by_accuracy or case.outcome in _JUDGED):
        return made
    if beyond:
        reason = ACCURACY + "; ".join(beyond) + _worst(found.outputs)
        return msgspec.structs.replace(made, stage=Stage.COMPARE, outcome=Outcome.FAILED, reason=reason)
    before = (Outcome.PASSED, own.reason) if by_accuracy else (case.outcome, case.reason)
    return msgspec.structs.replace(made, stage=Stage.COMPARE, outcome=before[0], reason=before[1])


def _beyond(limit: Limit, metrics: Mapping[str, float]) -> str:
    """One sentence where a limit is not kept; a metric that could not be measured keeps to every limit."""
    value = metrics.get(limit.metric)
    if value is None:
        return ""
    if limit.least is not None and value < limit.least:
        return f"{limit.metric} is {value:.6g}, the least allowed is {limit.least:g}"
    if limit.most is not None and value > limit.most:
        return f"{limit.metric} is {value:.6g}, the most allowed is {limit.most:g}"
    return ""


def _worst(outputs: Sequence[OutputDifference]) -> str:
    worst = min(outputs, key=lambda each: each.cosine)
    sample, *place = worst.worst
    return f" (worst is {worst.name}, sample {sample}, at {place}: {worst.value} instead of {worst.expected})"


def _measure(pairs: set[_Pair], folder: Path, processes: int) -> dict[_Pair, Measured]:
    """What was measured before is taken from ``folder``; the rest is shared out over processes."""
    keys = {pair: pair.key for pair in pairs}
    found = {pair: old for pair, key in keys.items() if (old := _stored(folder / f"{key}.json"))}
    missing = sorted(pairs - found.keys(), key=lambda pair: str(pair.outputs))
    if not missing:
        return found
    shares = [share for number in range(processes) if (share := missing[number::processes])]
    with ThreadPoolExecutor(len(shares)) as pool:
        for made in pool.map(_worked_out, shares):
            for pair, measured in made:
                found[pair] = measured
                if measured.repeatable:
                    _store(folder / f"{keys[pair]}.json", measured)
    return found


def _worked_out(pairs: Sequence[_Pair]) -> Iterator[tuple[_Pair, Measured]]:
    """Each pair with what the worker said of it; without a word of it, with why."""
    with tempfile.TemporaryDirectory() as folder:
        order = Path(folder) / "request.json"
        order.write_text(json.dumps([{"outputs": str(pair.outputs), "samples": str(pair.samples)} for pair in pairs]))
        done = process.run([sys.executable, "-m", "harness.subjects.compare", order], timeout=TIMEOUT_S, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith('{"number"')]
    answers = {json.loads(line)["number"]: line for line in said}
    for number, pair in enumerate(pairs):
        if number in answers:
            yield pair, msgspec.json.decode(answers[number], type=Measured)
        else:
            yield pair, Measured(note=f"the process that compares ended with {process.ending(done.status)}")


def _stored(path: Path) -> Measured | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Measured)
    except (OSError, msgspec.MsgspecError):
        return None


def _store(path: Path, measured: Measured) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, msgspec.json.encode(measured))
