"""A folder with WIDER FACE's validation set: pictures, and the ground truth of its evaluation tools.

``wider_face_val.mat`` lists events, their files and the boxes in each; ``wider_SETTING_val.mat`` lists which of the
boxes count in a setting, from 1 on. MATLAB's files are read by SciPy, an optional dependency:
``trt-matrix[wider-face]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import InputError

SETTINGS = ("easy", "medium", "hard")
TRUTH_PLACES = (".", "ground_truth", "eval_tools/ground_truth", "wider_face_split")
PICTURE_PLACES = ("WIDER_val/images", "val/images", "images")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture: ``boxes`` (F, 4) as x, y, width, height; ``counted`` (3, F): in which of ``SETTINGS``."""

    path: Path
    boxes: NDArray[np.float64]
    counted: NDArray[np.bool_]


def labelled(folder: Path, number: int | None = None) -> tuple[list[Labelled], int]:
    """All pictures in the order of the ground truth, or ``number`` of them, evenly spread over it; how many there are.

    Raises InputError where a file is missing or is not what it should be.
    """
    images = _place(folder, PICTURE_PLACES, "")
    whole = _matrices(folder, "wider_face_val.mat", "event_list", "file_list", "face_bbx_list")
    kept = [_matrices(folder, f"wider_{setting}_val.mat", "gt_list")["gt_list"] for setting in SETTINGS]
    try:
        found = [
            _picture(images / _text(event) / f"{_text(name)}.jpg", boxes, [each[at][0][row][0] for each in kept])
            for at, event in enumerate(whole["event_list"][:, 0])
            for row, (name, boxes) in enumerate(
                zip(whole["file_list"][at][0][:, 0], whole["face_bbx_list"][at][0][:, 0], strict=True)
            )
        ]
    except (IndexError, TypeError, ValueError) as error:
        raise InputError(f"{folder}: the ground truth is not WIDER FACE's: {error}; take its eval_tools") from error
    if not found:
        raise InputError(f"{folder}: the ground truth lists no picture; take WIDER FACE's eval_tools")
    chosen = found if number is None or number >= len(found) else [found[at] for at in _spread(len(found), number)]
    missing = [each.path for each in chosen if not each.path.is_file()]
    if missing:
        raise InputError(f"{missing[0]}: is missing, and {len(missing) - 1} more; unpack WIDER_val.zip there")
    return chosen, len(found)


def _spread(total: int, number: int) -> list[int]:
    return [at * total // number for at in range(number)]


def _picture(path: Path, boxes: Any, kept: list[Any]) -> Labelled:
    rows = np.asarray(boxes, np.float64).reshape(-1, 4)
    counted = np.zeros((len(SETTINGS), len(rows)), bool)
    for mask, numbers in zip(counted, kept, strict=True):
        mask[np.asarray(numbers, np.intp).reshape(-1) - 1] = True
    return Labelled(path, rows, counted)


def _text(cell: Any) -> str:
    """A name, which becomes a part of a path."""
    text = str(np.asarray(cell).reshape(-1)[0])
    if not text or "/" in text or "\\" in text or text.startswith("."):
        raise ValueError(f"{text!a} is no name of an event or a picture")
    return text


def _place(folder: Path, places: tuple[str, ...], name: str) -> Path:
    for place in places:
        if (folder / place / name).exists():
            return folder / place / name
    raise InputError(f"{folder}: has no {name or places[0]} in {', '.join(places)}; see docs/retinaface.md")


def _matrices(folder: Path, name: str, *wanted: str) -> dict[str, Any]:
    try:
        from scipy.io import loadmat  # optional, and slow to import
    except ImportError as error:
        raise InputError("WIDER FACE's ground truth needs SciPy; pip install 'trt-matrix[wider-face]'") from error
    path = _place(folder, TRUTH_PLACES, name)
    try:
        found: dict[str, Any] = loadmat(str(path), variable_names=list(wanted))
    except Exception as error:  # of a damaged file SciPy raises whatever its reader came upon
        raise InputError(f"{path}: cannot be read as a .mat file: {error}") from error
    lost = [each for each in wanted if each not in found]
    if lost:
        raise InputError(f"{path}: has no {', '.join(lost)}; take WIDER FACE's eval_tools")
    return found
