"""A month of nights with real TensorRT-RTX builds, in minutes: for the dashboard's own test and for looking at it.

Every build is real and every number is measured. What is scripted: the dates of the nights (the runs follow one
another in one sitting), the release that moves 1.5.0, 1.6.1, 1.7.1, and one of two weights files that gets worse on
a known night (17 of 30), where a share of its kernels is scaled down as if training had gone on without a floor.

    python tools/scripted_month.py DIR [--nights 30]
"""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from harness.evidence.layout import cache_folder
from harness.evidence.records import Results
from harness.execute.campaign import Options, cores, run_plan
from harness.execute.progress import progress_for
from harness.history.record import record
from harness.history.store import FILE
from harness.matrix.host import detect
from harness.planning import make_plan
from harness.report.write import write_all
from harness.subjects.retinaface.architecture import Backbone, network
from harness.subjects.retinaface.seeded import seeded_weights
from harness.subjects.weights import Array, write_weights

FIRST = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
RELEASES = ("1.5.0", "1.6.1", "1.7.1")
WORSE_NIGHT = 17
LABEL = "scripted month: real builds, scripted dates"
_SHARE, _SCALE = 0.25, 1e-6

MATRIX = """version: 1
grids:
  - {{flavour: tensorrt-rtx, environment: wheels, targets: [sm86], axes: {{version: ["{version}"], cuda: ["12.9"]}}}}
subjects:
  - {{name: face-a, model: retinaface, options: {{backbone: mobilenet0.25, size: 320, weights: "{weights}/a.npz"}}, routes: [onnx], recipes: [fp32, fp16-typed]}}
  - {{name: face-b, model: retinaface, options: {{backbone: mobilenet0.25, size: 320, weights: "{weights}/b.npz"}}, routes: [onnx], recipes: [fp32, fp16-typed]}}
"""  # noqa: E501


def release_of(night: int, nights: int) -> str:
    """The release moves at a third and at two thirds of the month; nights count from 1."""
    return RELEASES[min(3 * (night - 1) // nights, 2)]


def worse(weights: dict[str, Array]) -> dict[str, Array]:
    """The same weights with a quarter of the output channels of each kernel scaled down by a million."""
    found = dict(weights)
    for name, array in weights.items():
        if array.ndim == 4:
            scaled = np.array(array)
            scaled[: max(1, int(len(scaled) * _SHARE))] *= np.float32(_SCALE)
            found[name] = scaled
    return found


def write_weights_of(night: int, worse_night: int, folder: Path) -> None:
    """Both files as they are on that night; files that stay the same are not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    net = network(Backbone("mobilenet0.25"))
    if night == 1:
        write_weights(folder / "a.npz", seeded_weights(net, 11))
        write_weights(folder / "b.npz", seeded_weights(net, 12))
    if night == worse_night:
        write_weights(folder / "a.npz", worse(dict(seeded_weights(net, 11))))


def run_night(night: int, nights: int, folder: Path, worse_night: int = WORSE_NIGHT) -> Results:
    """Build the night's cases for real, then move the run to its scripted date."""
    out = folder / "out"
    write_weights_of(night, worse_night, folder / "weights")
    matrix = folder / "matrix.yaml"
    matrix.write_text(MATRIX.format(version=release_of(night, nights), weights=folder / "weights"), encoding="utf-8")
    host = detect()
    planned = make_plan(matrix, host, cache_folder(out))
    with progress_for() as progress:
        run, ran = run_plan(planned.plan, planned.matrix, host, Options(out, cores(), False, False), progress)
    began = FIRST + timedelta(days=night - 1)
    took = datetime.fromisoformat(ran.run.finished) - datetime.fromisoformat(ran.run.started)
    info = msgspec.structs.replace(
        ran.run,
        id=f"{began:%Y-%m-%dT%H-%M-%SZ}-{run.id[-4:]}",
        started=f"{began:%Y-%m-%dT%H:%M:%SZ}",
        finished=f"{began + took:%Y-%m-%dT%H:%M:%SZ}",
        label=LABEL,
    )
    results = msgspec.structs.replace(ran, run=info)
    moved = out / info.id
    shutil.move(run.path, moved)
    write_all(results, moved)
    for note in record(str(out / FILE), out, results):
        print(note, file=sys.stderr)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nights", type=int, default=30)
    arguments = parser.parse_args()
    for night in range(1, arguments.nights + 1):
        results = run_night(night, arguments.nights, arguments.folder.resolve())
        print(f"night {night}: {results.run.id} {results.counts.by_outcome}", flush=True)


if __name__ == "__main__":
    main()
