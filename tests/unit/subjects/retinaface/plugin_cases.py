"""Heads to decode, kind and hostile, and what the Decode plugin should make of them."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface import decode

SOURCES = Path(decode.__file__).parent / "plugin"
SIZE = 96
ROW = 15


class Fields(ctypes.Structure):
    """As in fields.h; a test below holds the two together."""

    _fields_ = [
        ("format", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("strides", ctypes.c_int32 * 3),
        ("sizes", ctypes.c_int32 * 6),
        ("variances", ctypes.c_float * 2),
        ("threshold", ctypes.c_float),
    ]


def fields(**changes: Any) -> Fields:
    made = Fields(1, SIZE, SIZE, (8, 16, 32), (16, 32, 64, 128, 256, 512), (0.1, 0.2), decode.THRESHOLD)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def random_maps(seed: int) -> list[NDArray[np.float32]]:
    """The heads' maps of three levels, (32, rows, columns): about half of the anchors are above the threshold."""
    random = np.random.default_rng(seed)
    maps = [random.normal(0, 1, (32, SIZE // stride, SIZE // stride)).astype(np.float32) for stride in (8, 16, 32)]
    for each in maps:
        each[8:12] *= 4
        each[8:12:2] += 4  # background
    return maps


def hostile_maps(seed: int) -> list[NDArray[np.float32]]:
    """The same with NaN, infinities, huge and subnormal numbers strewn in."""
    random = np.random.default_rng(seed)
    maps = random_maps(seed)
    strange = np.array([np.nan, -np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, -0.0, 500.0, -500.0], np.float32)
    for each in maps:
        hit = random.random(each.shape) < 0.05
        each[hit] = random.choice(strange, hit.sum())
    return maps


def lists(maps: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """``loc``, ``conf`` and ``landms`` of the maps: (anchors, 4), (anchors, 2), (anchors, 10)."""
    parts = ((0, 8, 4), (8, 12, 2), (12, 32, 10))
    return [
        np.concatenate([each[low:high].transpose(1, 2, 0).reshape(-1, numbers) for each in maps])
        for low, high, numbers in parts
    ]


def agree(rows: NDArray[np.float32], maps: list[NDArray[np.float32]], threshold: float = decode.THRESHOLD) -> int:
    """Assert that the rows are what NumPy decodes; how many there are."""
    loc, conf, landms = lists(maps)
    wanted = decode.faces_of_raw(loc, conf, landms, SIZE, SIZE, threshold=threshold)
    found = np.flatnonzero(rows[:, 4])
    with np.errstate(invalid="ignore"):
        order = found[np.argsort(-(conf[found, 1] - conf[found, 0]), kind="stable")]
    assert not rows[np.setdiff1d(np.arange(len(rows)), found)].any()
    assert len(order) == len(wanted.scores)
    np.testing.assert_allclose(rows[order, 4], wanted.scores, rtol=2e-6)
    np.testing.assert_allclose(rows[order, :4], wanted.boxes, rtol=2e-6, atol=1e-4)
    np.testing.assert_allclose(rows[order, 5:], wanted.points.reshape(-1, 10), rtol=2e-6, atol=1e-4)
    return len(found)
