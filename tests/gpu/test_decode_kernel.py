"""The Decode plugin's kernel on a real GPU, against the NumPy decode."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.subjects.retinaface import decode
from harness.subjects.retinaface.architecture import anchors
from tests.unit.subjects.retinaface.plugin_cases import ROW, SIZE, SOURCES, agree, fields, hostile_maps, random_maps

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    compiler = shutil.which("nvcc", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/cuda/bin")))
    if compiler is None or not Path("/dev/nvidiactl").exists():
        pytest.skip("no nvcc or no NVIDIA GPU on this machine: the kernel was not run")
    target = tmp_path_factory.mktemp("decode") / "decode.so"
    sources = [SOURCES / "kernel.cu", Path(__file__).parent / "decode_gpu.cu"]
    flags = ["-std=c++17", "-O2", "-arch=sm_75", "-shared", "-Xcompiler", "-fPIC", f"-I{SOURCES}"]
    subprocess.run([compiler, *flags, *sources, "-o", target], check=True)
    return ctypes.CDLL(str(target))


@pytest.fixture(autouse=True)
def _all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin decodes; suppressing what overlaps stays on the host."""
    monkeypatch.setattr(decode, "kept", lambda boxes, *_: list(range(len(boxes))))


def run(library: ctypes.CDLL, images: list[list[NDArray[Any]]]) -> NDArray[np.float32]:
    """Rows (batch, anchors, 15) of a batch of images, three maps each."""
    told = fields()
    maps = [np.ascontiguousarray(np.stack(level)) for level in zip(*images, strict=True)]
    rows = np.empty((len(images), anchors(SIZE, SIZE), ROW), np.float32)
    pointers = (ctypes.c_void_p * 3)(*(each.ctypes.data for each in maps))
    place = ctypes.c_void_p(rows.ctypes.data)
    assert library.decode_gpu(ctypes.byref(told), pointers, maps[0].itemsize, len(images), place) == 0
    return rows


def test_batch_of_kind_and_hostile_heads(library: ctypes.CDLL) -> None:
    images = [random_maps(0), hostile_maps(1), random_maps(2)]
    for rows, maps in zip(run(library, images), images, strict=True):
        assert np.isfinite(rows).all()
        assert agree(rows, maps) > 50


def test_half_heads(library: ctypes.CDLL) -> None:
    with np.errstate(over="ignore"):
        images = [[each.astype(np.float16) for each in hostile_maps(seed)] for seed in range(2)]
    for rows, maps in zip(run(library, images), images, strict=True):
        assert agree(rows, [each.astype(np.float32) for each in maps]) > 50
