"""The job that a cell's probe is given: see docs/internals.md for the format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.environments import Prepared
from harness.evidence.records import Comparison
from harness.matrix.cell import BuilderSettings, Case, Cell
from harness.subjects.keys import Prepared as Model

FORMAT = 1
# Once this file stands in a cell's evidence, its probe starts no further case.
STOP_FILE = "stop"
# The folder of the cell's own case: a model that the parser must refuse.
NEGATIVE_CONTROL = "negative-control"
# Of a cell whose builds share what they have timed.
TIMING_CACHE = "timing.cache"


def write_job(
    folder: Path,
    prepared: Prepared,
    cases: Mapping[str, tuple[Case, Model]],
    *,
    samples: Mapping[str, Path],
    compared: Mapping[str, Comparison | None],
    control: Path,
    jobs: int,
    tokens: Path,
    keep_engines: bool,
) -> Path:
    """Write ``job.json`` into the cell's evidence folder.

    By case, ``samples`` is what to execute its engine on, and ``compared`` what its outputs are held against: not for
    the probe, but for who reads the evidence of a run that did not come to its end.
    """
    release = prepared.cell.release
    job = {
        "format": FORMAT,
        "cell": prepared.cell.id,
        "expect": {"flavour": release.flavour.value, "version": str(release.version)},
        "libraries": prepared.libraries,
        "module": prepared.module,
        "out": str(folder.resolve()),
        "jobs": jobs,
        "tokens": str(tokens),
        "keep_engines": keep_engines,
        "negative_control": str(control.resolve()),
        "cases": [
            _case(case, model, samples.get(name), prepared.cell, folder.resolve()) | _compared(compared.get(name))
            for name, (case, model) in cases.items()
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "job.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(job), indent=1))
    return path


def _case(case: Case, model: Model, samples: Path | None, cell: Cell, folder: Path) -> dict[str, object]:
    files = {"model": model.model, "network": model.network, "weights": model.weights, "samples": samples}
    return {
        "id": case.id,
        "route": case.route.value,
        "recipe": case.recipe.value,
        "target": case.target,
        "timeout_s": cell.timeouts.case,
        **{name: str(path.resolve()) if path else None for name, path in files.items()},
        "options": {**model.options, **_builder(cell.builder, folder)},
    }


def _compared(comparison: Comparison | None) -> dict[str, object]:
    return {} if comparison is None else {"comparison": comparison}


def comparisons(folder: Path) -> dict[str, Comparison]:
    """What the ``job.json`` of a cell's evidence says of its cases; nothing where there is none that can be read."""
    try:
        read = msgspec.json.decode((folder / "job.json").read_bytes(), type=_Compared)
    except (OSError, msgspec.MsgspecError):
        return {}
    return {case.id: case.comparison for case in read.cases if case.comparison}


class _ComparedCase(msgspec.Struct):
    id: str
    comparison: Comparison | None = None


class _Compared(msgspec.Struct):
    cases: list[_ComparedCase]


def _builder(settings: BuilderSettings, folder: Path) -> dict[str, object]:
    level = settings.optimization_level
    told: dict[str, object] = {} if level is None else {"optimization_level": level}
    return told | ({"timing_cache": str(folder / TIMING_CACHE)} if settings.timing_cache else {})
