"""Samples of a RetinaFace subject: rendered pictures that no training saw, with their faces.

The reference holds every form that a route may give: raw heads, decoded heads, and the plugin's rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.subjects.faces import TEST_SEED, Picture, network_input, picture
from harness.subjects.retinaface.architecture import INPUT, MEAN_BGR, Network
from harness.subjects.retinaface.emit_onnx import onnx_model
from harness.subjects.retinaface.rows import plugin_rows
from harness.subjects.retinaface.settings import Heads, Settings
from harness.subjects.samples import evaluated, session, stacked, wanted, write_samples
from harness.subjects.wider.samples import make_wider

Floats = NDArray[np.float32]


def make_samples(
    folder: Path, chosen: Settings, net: Network, weights: Mapping[str, Floats], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Write samples.npz, reference.npz and truth.npz; with the option ``wider_face`` that set's pictures too."""
    number = wanted(options)
    height, width = chosen.height, chosen.width
    scenes = [picture(TEST_SEED + each, height, width) for each in range(number)]
    feeds = [{INPUT: network_input(scene.image, MEAN_BGR)} for scene in scenes]
    running = [session(onnx_model(net, weights, height=height, width=width, heads=heads)) for heads in Heads]
    outputs = [_outputs(running, feed, height, width) for feed in feeds]
    files = write_samples(folder, stacked(feeds), stacked(outputs), _truth(scenes))
    by = f"the FP32 model by ONNX Runtime on the CPU, {len(scenes)} rendered pictures, seeds from {TEST_SEED}"
    if "wider_face" in options:
        more, words = make_wider(folder, options, (height, width), running[0])
        files, by = files | more, f"{by}; {words}"
    return {
        "files": files,
        "kind": "retinaface",
        "height": height,
        "width": width,
        "by": by,
    }


def _outputs(running: Sequence[Any], feed: Mapping[str, Floats], height: int, width: int) -> dict[str, Floats]:
    found = {name: array for each in running for name, array in evaluated(each, feed).items()}
    rows = plugin_rows(found["loc"][0], found["conf"][0], found["landms"][0], height, width)
    return found | {"detections": rows[None]}


def _truth(scenes: Sequence[Picture]) -> dict[str, NDArray[Any]]:
    """Faces of all pictures in one list; ``picture`` says whose they are."""
    return {
        "boxes": np.concatenate([scene.boxes for scene in scenes]),
        "points": np.concatenate([scene.points for scene in scenes]),
        "picture": np.concatenate([np.full(len(scene.boxes), number) for number, scene in enumerate(scenes)]),
    }
