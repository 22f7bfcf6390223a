"""The official evaluation again, as slow loops over one picture, one detection and one threshold at a time.

Written from the protocol's description, apart from what it tests; and a folder in the official structure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

Box = tuple[float, float, float, float]
Detection = tuple[Box, float]


def overlap(one: Box, other: Box) -> float:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0]) + 1
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / ((one[2] + 1) * (one[3] + 1) + (other[2] + 1) * (other[3] + 1) - width * height)


def slow_average_precision(found: list[list[Detection]], faces: list[list[tuple[Box, bool]]]) -> float:
    """``faces``: of each picture its boxes, and whether they count."""
    every = [score for picture in found for _, score in picture]
    low, high = min(every), max(every)
    curve = [[0, 0] for _ in range(1000)]
    total = 0
    for detections, truth in zip(found, faces, strict=True):
        total += sum(counts for _, counts in truth)
        ranked = sorted(detections, key=lambda each: -each[1])
        taken: set[int] = set()
        steps = []
        proposals = 0
        for box, score in ranked:
            best, place = -1.0, -1
            for number, (face, _) in enumerate(truth):
                if (shared := overlap(box, face)) > best:
                    best, place = shared, number
            counts_at_all = True
            if best >= 0.5:
                if truth[place][1]:
                    taken.add(place)
                else:
                    counts_at_all = False
            proposals += counts_at_all and bool(truth)
            steps.append(((score - low) / (high - low), proposals, len(taken)))
        for number in range(1000):
            reached = [step for step in steps if step[0] >= 1 - (number + 1) / 1000]
            if reached and truth:
                curve[number][0] += reached[-1][1]
                curve[number][1] += reached[-1][2]
    points = [(right / total, right / shown if shown else 0.0) for shown, right in curve]
    area, before = 0.0, 0.0
    for number, (recall, _) in enumerate(points):
        area += (recall - before) * max(precision for _, precision in points[number:])
        before = recall
    return area


def cells(values: list[Any]) -> NDArray[np.object_]:
    """A column of MATLAB's cells."""
    column = np.empty((len(values), 1), object)
    for number, value in enumerate(values):
        column[number, 0] = value
    return column


def write_folder(
    folder: Path,
    events: dict[str, dict[str, tuple[NDArray[np.uint8], list[Box]]]],
    kept: dict[str, list[list[list[int]]]],
) -> Path:
    """Pictures (H, W, 3) RGB with boxes, by event and name; ``kept``: of a setting, event, picture: numbers from 1."""
    truth = folder / "eval_tools" / "ground_truth"
    truth.mkdir(parents=True)
    for event, pictures in events.items():
        place = folder / "WIDER_val" / "images" / event
        place.mkdir(parents=True)
        for name, (pixels, _) in pictures.items():
            Image.fromarray(pixels).save(place / f"{name}.jpg", quality=95)
    whole = {
        "event_list": cells(list(events)),
        "file_list": cells([cells(list(pictures)) for pictures in events.values()]),
        "face_bbx_list": cells(
            [
                cells([np.array(boxes, np.float64).reshape(-1, 4) for _, boxes in pictures.values()])
                for pictures in events.values()
            ]
        ),
    }
    savemat(truth / "wider_face_val.mat", whole)
    for setting, numbers in kept.items():
        lists = cells([cells([np.array(each, np.float64).reshape(-1, 1) for each in event]) for event in numbers])
        savemat(truth / f"wider_{setting}_val.mat", {"gt_list": lists, **whole})
    return folder
