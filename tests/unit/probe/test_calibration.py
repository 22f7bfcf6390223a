from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.probe import calibration
from harness.probe.cuda import DeviceBuffer
from harness.probe.outcome import CaseFailed
from tests.unit.probe.fake_tensorrt import Calibrator


class Runtime:
    """Stands for the CUDA runtime: hands out one address and remembers copies."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.copied: list[int] = []

    def cudaMalloc(self, pointer: Any, size: Any) -> int:
        pointer._obj.value = 4096
        return self.status

    def cudaMemcpy(self, target: Any, source: Any, size: Any, kind: int) -> int:
        self.copied.append(size.value)
        return 0


def batches(tmp_path: Path, runtime: Runtime) -> calibration.Batches:
    path = tmp_path / "batches.npy"
    np.save(path, np.zeros((2, 4, 3, 8, 8), np.float32))
    return calibration.Batches(str(path), lambda size: DeviceBuffer(size, runtime))


def test_every_batch_is_copied_once(tmp_path: Path) -> None:
    runtime = Runtime()
    calibrator = calibration.make(Calibrator, batches(tmp_path, runtime), str(tmp_path), None)
    assert calibrator.get_batch_size() == 4
    assert [calibrator.get_batch(["x"]) for _ in range(3)] == [[4096], [4096], None]
    assert runtime.copied == [4 * 3 * 8 * 8 * 4] * 2


def test_cache_is_kept_and_read_again(tmp_path: Path) -> None:
    first = calibration.make(Calibrator, None, str(tmp_path), None)
    assert first.read_calibration_cache() is None
    first.write_calibration_cache(b"TRT-8601-EntropyCalibration2\nx: 3c010a14\n")
    again = calibration.make(Calibrator, None, str(tmp_path), str(tmp_path / calibration.CACHE))
    assert again.read_calibration_cache().startswith(b"TRT-8601")


def test_device_that_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed, match="cudaMalloc failed with CUDA error 2"):
        batches(tmp_path, Runtime(status=2))


def test_empty_batches_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", np.zeros((0, 1, 3), np.float32))
    with pytest.raises(CaseFailed, match="no calibration batches"):
        calibration.Batches(str(tmp_path / "none.npy"))
