"""WIDER FACE's pictures as samples of a RetinaFace subject, with the truth and what the FP32 model finds in them.

One picture at a time is in memory. Each is made to fit the subject's size, its sides in proportion, in the upper left
corner; what is left over is the mean. Boxes are told in the picture's own pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.errors import InputError
from harness.subjects.retinaface.architecture import INPUT, MEAN_BGR
from harness.subjects.retinaface.decode import Faces
from harness.subjects.retinaface.detections import faces_in
from harness.subjects.samples import evaluated
from harness.subjects.streams import write_npz
from harness.subjects.weights import write_weights
from harness.subjects.wider.dataset import Labelled, labelled

Floats = NDArray[np.float32]
_MEAN = np.array(MEAN_BGR, np.int16)  # whole numbers, so that an input is one exactly


def make_wider(
    folder: Path, options: Mapping[str, Any], size: tuple[int, int], model: Any
) -> tuple[dict[str, str], str]:
    """Write wider.npz (pictures), wider_truth.npz and wider_fp32.npz; the files by kind, and a sentence on them.

    ``model`` is the FP32 model in a session of ONNX Runtime.
    """
    pictures, total = labelled(Path(str(options["wider_face"])), options.get("wider_pictures"))
    ratios: list[float] = []
    found: list[Faces] = []

    def inputs() -> Iterator[NDArray[np.int16]]:
        for each in pictures:
            array, ratio = fitted(each.path, size)
            ratios.append(ratio)
            found.append(faces_in(evaluated(model, {INPUT: array.astype(np.float32)}), *size))
            yield array

    write_npz(folder / "wider.npz", INPUT, inputs(), len(pictures))
    write_weights(folder / "wider_truth.npz", _truth(pictures) | {"ratio": np.array(ratios)})
    write_weights(folder / "wider_fp32.npz", told(found))
    files = {kind: f"{kind}.npz" for kind in ("wider", "wider_truth", "wider_fp32")}
    number = f"{len(pictures):,} of {total:,}"
    return files, f"{number} pictures of WIDER FACE's validation set at {size[1]}x{size[0]}"


def fitted(path: Path, size: tuple[int, int]) -> tuple[NDArray[np.int16], float]:
    """A picture as an input of (height, width), (1, 3, H, W) BGR minus the mean, and by how much it was scaled."""
    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a picture: {error}") from error
    height, width = size
    ratio = min(width / image.width, height / image.height)
    inner = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    pixels = np.asarray(image.resize(inner, Image.Resampling.BILINEAR), np.int16)[..., ::-1] - _MEAN
    result = np.zeros((1, 3, height, width), np.int16)
    result[0, :, : inner[1], : inner[0]] = pixels.transpose(2, 0, 1)
    return result, ratio


def told(found: list[Faces]) -> dict[str, NDArray[Any]]:
    """Faces of all pictures in one list, in pixels of the input; ``picture`` says whose they are."""
    return {
        "boxes": np.concatenate([each.boxes for each in found]),
        "scores": np.concatenate([each.scores for each in found]),
        "picture": np.concatenate([np.full(len(each.scores), number) for number, each in enumerate(found)]),
    }


def _truth(pictures: list[Labelled]) -> dict[str, NDArray[Any]]:
    return {
        "boxes": np.concatenate([each.boxes for each in pictures]),
        "counted": np.concatenate([each.counted for each in pictures], axis=1),
        "picture": np.concatenate([np.full(len(each.boxes), number) for number, each in enumerate(pictures)]),
    }
