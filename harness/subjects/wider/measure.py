"""Easy, medium and hard average precision of what an engine found in WIDER FACE's pictures, and of the FP32 model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.decode import Faces
from harness.subjects.retinaface.detections import faces_in
from harness.subjects.retinaface.priors import priors
from harness.subjects.weights import open_weights
from harness.subjects.wider.dataset import SETTINGS
from harness.subjects.wider.protocol import Scored, average_precisions
from harness.subjects.wider.samples import told

Arrays = dict[str, NDArray[Any]]
FOUND = "wider.npz"  # the probe's: of each picture the rows that may be faces
_NO_FACE = {"conf": (1e4, 0.0)}  # what rows of an output hold that the probe did not keep; zeros in others


def measure(outputs: Path, samples: Path, info: Mapping[str, Any]) -> dict[str, float]:
    """``wider_SETTING``, ``wider_SETTING_fp32``, ``wider_SETTING_loss``; FP32's alone where no engine ran on them."""
    files = info["files"]
    truth, exact = (_arrays(samples / files[kind]) for kind in ("wider_truth", "wider_fp32"))
    metrics = _named(average_precision(exact, truth), "_fp32")
    if not outputs.is_file():
        return metrics
    own = average_precision(told(list(_faces(_arrays(outputs), len(truth["ratio"]), info))), truth)
    losses = {name: metrics[f"wider_{name}_fp32"] - value for name, value in own.items()}
    return metrics | _named(own, "") | _named(losses, "_loss")


def average_precision(found: Arrays, truth: Arrays) -> dict[str, float]:
    """By setting; ``found`` as of ``told``, ``truth`` with ``ratio``, the scale of each picture."""
    pictures = range(len(truth["ratio"]))
    scored = [_scored(found, number, truth["ratio"][number]) for number in pictures]
    faces = [truth["picture"] == number for number in pictures]
    values = average_precisions(
        scored, [truth["boxes"][each] for each in faces], [truth["counted"][:, each] for each in faces]
    )
    return dict(zip(SETTINGS, values, strict=True))


def _scored(found: Arrays, number: int, ratio: float) -> Scored:
    own = found["picture"] == number
    corners = found["boxes"][own].astype(np.float64) / ratio
    boxes = np.concatenate((corners[:, :2], corners[:, 2:] - corners[:, :2]), axis=1)
    return Scored(boxes, found["scores"][own].astype(np.float64))


def _faces(rows: Arrays, pictures: int, info: Mapping[str, Any]) -> Iterator[Faces]:
    """What each picture's kept rows say; the others are put back as no faces."""
    height, width = info["height"], info["width"]
    anchors = len(priors(height, width)[0])
    names = [name for name in rows if name not in ("picture", "anchor")]
    for number in range(pictures):
        own = rows["picture"] == number
        outputs = {}
        for name in names:
            whole = np.zeros((1, anchors, *rows[name].shape[1:]), np.float32)
            whole[...] = _NO_FACE.get(name, 0.0)
            whole[0, rows["anchor"][own]] = rows[name][own]
            outputs[name] = whole
        yield faces_in(outputs, height, width)


def _named(values: Mapping[str, float], ending: str) -> dict[str, float]:
    return {f"wider_{name}{ending}": value for name, value in values.items()}


def _arrays(path: Path) -> Arrays:
    weights = open_weights(path)
    return {name: weights[name] for name in weights}
