"""``trt-matrix api ops``: one model, or ONNX's own node tests, on each TensorRT-RTX release that can run here."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import onnx

from harness.api.ops import Trial, counts, export_node_tests, reason, try_models
from harness.environments import kind_of
from harness.errors import InputError, NothingSelected
from harness.matrix.cell import Cell, EnvironmentKind
from harness.support.wheel_sets import wheel_sets
from harness.versions import Flavour, Release, Version

_TIMEOUT_S = 30.0
_CUDA = "12.9"
_REASONS = 8


class Row(TypedDict):
    """One model that some release did not take, or that two releases do not agree on."""

    model: str
    outcomes: dict[str, str]
    reasons: dict[str, str]


class Board(TypedDict):
    """``releases`` holds the numbers by outcome, ``seconds`` what each took, ``skipped`` why one did not run."""

    format: int
    onnx: str
    models: int
    releases: dict[str, dict[str, int]]
    seconds: dict[str, float]
    skipped: dict[str, str]
    rows: list[Row]


def run(
    model: Path | None,
    releases: Sequence[Release] | None,
    *,
    cache: Path,
    workers: int,
    progress: Callable[[str], None],
) -> Board:
    """Try the model (None: all node tests) on each release. Classic TensorRT is left out: its builder needs a GPU."""
    if model is not None and not model.is_file():
        raise InputError(f"{model}: no such file; name an ONNX model")
    wanted = [cell for cell in _cells() if not releases or any(_covers(one, cell.release) for one in releases)]
    if not wanted:
        raise NothingSelected("api ops: no release of that name can be run here; TensorRT-RTX's wheels can")
    skipped = {str(cell.release): kind_of(cell).missing(cell) for cell in wanted}
    runnable = [cell for cell in wanted if not skipped[str(cell.release)]]
    trials: dict[str, list[Trial]] = {}
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="trt-matrix-ops-") as name:
        scratch = Path(name)
        models = [model.resolve()] if model else export_node_tests(scratch / "models", progress)
        for number, cell in enumerate(runnable):
            progress(f"{cell.release}: {len(models)} models")
            prepared = kind_of(cell).provision(cell, cache, progress)
            assert isinstance(prepared.handle, Path)
            began = time.monotonic()
            place = scratch / str(number)
            trials[str(cell.release)] = try_models(
                prepared, prepared.handle, models, scratch=place, workers=workers, timeout_s=_TIMEOUT_S
            )
            seconds[str(cell.release)] = round(time.monotonic() - began, 1)
    return Board(
        format=1,
        onnx=onnx.__version__,
        models=len(models),
        releases={release: counts(found) for release, found in trials.items()},
        seconds=seconds,
        skipped={release: why for release, why in skipped.items() if why},
        rows=_rows(trials),
    )


def _cells() -> list[Cell]:
    known = {Version.parse(one.version) for one in wheel_sets() if one.flavour == Flavour.TENSORRT_RTX.value}
    return [
        Cell(
            release=Release(Flavour.TENSORRT_RTX, version),
            cuda=_CUDA,
            ubuntu=None,
            python="host",
            environment=EnvironmentKind.WHEELS,
            source="wheels",
        )
        for version in sorted(known)
    ]


def _covers(asked: Release, known: Release) -> bool:
    return asked.flavour is known.flavour and asked.version.covers(known.version)


def _rows(trials: dict[str, list[Trial]]) -> list[Row]:
    """The models that are not supported everywhere, in their order."""
    rows = []
    for found in zip(*trials.values(), strict=True):
        by_release = dict(zip(trials, found, strict=True))
        if any(trial.outcome != "supported" for trial in found):
            rows.append(
                Row(
                    model=Path(found[0].model).stem,
                    outcomes={release: trial.outcome for release, trial in by_release.items()},
                    reasons={release: reason(trial.message) for release, trial in by_release.items() if trial.message},
                )
            )
    return rows


def ends_well(board: Board) -> bool:
    """True where nothing crashed or hung, and, for one model, every release takes it."""
    ends = {outcome for found in board["releases"].values() for outcome in found}
    return ends <= {"supported"} if board["models"] == 1 else not ends & {"crashed", "timed-out"}


def text(board: Board) -> str:
    """The numbers by release, what changed between releases, and the reasons by frequency."""
    lines = [f"{board['models']} model{'s' * (board['models'] != 1)}, onnx {board['onnx']}"]
    for release, found in board["releases"].items():
        words = ", ".join(f"{number} {outcome}" for outcome, number in found.items())
        lines.append(f"{release}: {words} ({board['seconds'][release]} s)")
    lines += [f"{release}: not run: {why}" for release, why in board["skipped"].items()]
    changed = [row for row in board["rows"] if len(set(row["outcomes"].values())) > 1]
    if board["models"] > 1:
        lines += [line for release in board["releases"] for line in _reasons(board["rows"], release)]
        lines += ["", f"{len(changed)} models differ between releases"] if len(board["releases"]) > 1 else []
    shown = changed if board["models"] > 1 else board["rows"]
    for row in shown:
        lines.append(f"  {row['model']}: " + ", ".join(f"{release} {end}" for release, end in row["outcomes"].items()))
        lines += [f"      {release}: {why}" for release, why in row["reasons"].items()]
    return "\n".join(lines)


def _reasons(rows: Sequence[Row], release: str) -> list[str]:
    """The most frequent words of a release's parser and builder, with the number of models each stopped."""
    found = Counter(
        (row["outcomes"][release], row["reasons"][release]) for row in rows if row["reasons"].get(release, "")
    )
    named = [f"  {number:4} {outcome}: {why}" for (outcome, why), number in found.most_common(_REASONS)]
    rest = len(found) - len(named)
    more = [f"       and {rest} other reasons; all are in --json"] if rest else []
    return ["", f"why, {release}:", *named, *more] if named else []
