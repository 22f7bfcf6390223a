"""The Decode plugin's arithmetic, compiled for the CPU from the kernel's own source, against the NumPy decode."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.subjects.retinaface import decode
from harness.subjects.retinaface.architecture import anchors
from tests.unit.subjects.retinaface.plugin_cases import (
    ROW,
    SIZE,
    SOURCES,
    Fields,
    agree,
    fields,
    hostile_maps,
    random_maps,
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no g++ on this machine: the kernel's arithmetic was not compared with NumPy's")
    target = tmp_path_factory.mktemp("decode") / "decode.so"
    source = Path(__file__).parent / "decode_cpu.cpp"
    # -ffp-contract=off: NumPy rounds after each step too.
    flags = ["-std=c++17", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, f"-I{SOURCES}", source, "-o", target], check=True)
    return ctypes.CDLL(str(target))


def compiled(library: ctypes.CDLL, maps: list[NDArray[Any]], told: Fields) -> NDArray[np.float32]:
    """Rows (anchors, 15) as the plugin gives them."""
    rows = np.full((anchors(SIZE, SIZE), ROW), np.nan, np.float32)
    kept = [np.ascontiguousarray(each) for each in maps]
    pointers = (ctypes.c_void_p * 3)(*(each.ctypes.data for each in kept))
    run = library.decode_half if kept[0].dtype == np.float16 else library.decode_float
    assert run(ctypes.byref(told), pointers, ctypes.c_void_p(rows.ctypes.data)) == len(rows)
    return rows


@pytest.fixture
def all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin decodes; suppressing what overlaps stays on the host."""
    monkeypatch.setattr(decode, "kept", lambda boxes, *_: list(range(len(boxes))))


@pytest.mark.usefixtures("all_kept")
@pytest.mark.parametrize("seed", range(5))
def test_random_heads(library: ctypes.CDLL, seed: int) -> None:
    maps = random_maps(seed)
    assert agree(compiled(library, maps, fields()), maps) > 100


@pytest.mark.usefixtures("all_kept")
@pytest.mark.parametrize("seed", range(5))
def test_hostile_heads(library: ctypes.CDLL, seed: int) -> None:
    maps = hostile_maps(seed)
    rows = compiled(library, maps, fields())
    assert np.isfinite(rows).all()
    assert agree(rows, maps) > 50


@pytest.mark.usefixtures("all_kept")
def test_half_heads(library: ctypes.CDLL) -> None:
    if not hasattr(library, "decode_half"):
        pytest.skip("this compiler has no _Float16: FP16 heads were not compared")
    with np.errstate(over="ignore"):
        maps = [each.astype(np.float16) for each in hostile_maps(9)]
    exact = [each.astype(np.float32) for each in maps]
    assert agree(compiled(library, maps, fields()), exact) > 50


@pytest.mark.usefixtures("all_kept")
@pytest.mark.parametrize("threshold", [0.02, 0.5, 0.9])
def test_scores_at_the_threshold(library: ctypes.CDLL, threshold: float) -> None:
    """On the threshold is not above it; the next number is."""
    limit = np.float32(np.log(np.float64(np.float32(threshold)) / (1 - np.float64(np.float32(threshold)))))
    maps = random_maps(0)
    for each, margin in zip(maps, (np.nextafter(limit, -np.inf), limit, np.nextafter(limit, np.inf)), strict=True):
        each[8:12:2] = 0
        each[9:12:2] = margin
    rows = compiled(library, maps, fields(threshold=threshold))
    assert np.count_nonzero(rows[:, 4]) == 2 * (SIZE // 32) ** 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"format": 7}, "format 7 is not known"),
        ({"height": 100}, "size 100x96 is not a multiple of stride 8"),
        ({"width": 0}, "size 96x0 is not a multiple of stride 8"),
        ({"width": -32}, "size 96x-32 is not a multiple of stride 8"),
        ({"height": 1 << 20, "width": 1 << 20}, "size is above 2^28 pixels"),
        ({"threshold": 0.0}, "threshold is not between 0 and 1"),
        ({"threshold": float("nan")}, "threshold is not between 0 and 1"),
        ({"variances": (0.1, float("inf"))}, "a variance is not above 0"),
        ({"variances": (-0.1, 0.2)}, "a variance is not above 0"),
        ({"strides": (8, 0, 32)}, "a stride is not above 0"),
        ({"sizes": (16, 32, 64, 128, 256, -1)}, "an anchor's size is not above 0"),
    ],
)
def test_fields_that_cannot_be(library: ctypes.CDLL, changes: dict[str, Any], words: str) -> None:
    text = ctypes.create_string_buffer(200)
    library.problem(ctypes.byref(fields(**changes)), text, len(text))
    assert text.value.decode() == words


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([(32, 12, 12), (32, 6, 6), (32, 3, 3)], ""),
        ([(32, 12, 12), (32, 6, 6)], "2 inputs where 3 are expected"),
        ([(32, 12, 12), (32, 6, 6), (32, 4, 3)], "input 2 has 4 where 3 is expected on axis 1"),
        ([(30, 12, 12), (32, 6, 6), (32, 3, 3)], "input 0 has 30 where 32 is expected on axis 0"),
        ([(32, 12, 12), (32, 6, -1), (32, 3, 3)], "input 1 has -1 where 6 is expected on axis 2"),
    ],
)
def test_shapes_that_do_not_fit(library: ctypes.CDLL, shapes: list[tuple[int, int, int]], words: str) -> None:
    text = ctypes.create_string_buffer(200)
    flat = np.array(shapes, np.int64)
    told = fields()
    library.misfit(ctypes.byref(told), ctypes.c_void_p(flat.ctypes.data), len(shapes), text, len(text))
    assert text.value.decode().startswith(words) if words else text.value == b""
