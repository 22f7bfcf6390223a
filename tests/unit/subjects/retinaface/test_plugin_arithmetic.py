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


def compiled(library: ctypes.CDLL, maps: list[NDArray[Any]], told: Fields) -> NDArray[np.float32]:
    """Rows (anchors, 15) as the plugin gives them."""
    rows = np.full((anchors(SIZE, SIZE), ROW), np.nan, np.float32)
    kept = [np.ascontiguousarray(each) for each in maps]
    pointers = (ctypes.c_void_p * 3)(*(each.ctypes.data for each in kept))
    run = library.decode_half if kept[0].dtype == np.float16 else library.decode_float
    assert run(ctypes.byref(told), pointers, ctypes.c_void_p(rows.ctypes.data)) == len(rows)
    return rows


def lists(maps: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """``loc``, ``conf`` and ``landms`` of the maps: (anchors, 4), (anchors, 2), (anchors, 10)."""
    parts = ((0, 8, 4), (8, 12, 2), (12, 32, 10))
    return [
        np.concatenate([each[low:high].transpose(1, 2, 0).reshape(-1, numbers) for each in maps])
        for low, high, numbers in parts
    ]


@pytest.fixture
def all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin decodes; suppressing what overlaps stays on the host."""
    monkeypatch.setattr(decode, "_kept", lambda boxes: list(range(len(boxes))))


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
