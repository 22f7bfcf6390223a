from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.probe import calibration
from harness.probe.cuda import Device, DeviceBuffer
from harness.probe.outcome import CaseFailed
from tests.unit.probe.fake_tensorrt import Calibrator


class OneAddress(Device):
    """Stands for a GPU: hands out one address and remembers copies."""

    def __init__(self) -> None:
        self.copied: list[int] = []

    def allocate(self, size: int) -> int:
        return 4096

    def upload(self, address: int, array: Any) -> None:
        self.copied.append(array.nbytes)


def batches(tmp_path: Path, device: Device) -> calibration.Batches:
    path = tmp_path / "batches.npy"
    np.save(path, np.zeros((2, 4, 3, 8, 8), np.float32))
    return calibration.Batches(str(path), lambda size: DeviceBuffer(size, device))


def test_every_batch_is_copied_once(tmp_path: Path) -> None:
    device = OneAddress()
    calibrator = calibration.make(Calibrator, batches(tmp_path, device), str(tmp_path), None)
    assert calibrator.get_batch_size() == 4
    assert [calibrator.get_batch(["x"]) for _ in range(3)] == [[4096], [4096], None]
    assert device.copied == [4 * 3 * 8 * 8 * 4] * 2


def test_cache_is_kept_and_read_again(tmp_path: Path) -> None:
    first = calibration.make(Calibrator, None, str(tmp_path), None)
    assert first.read_calibration_cache() is None
    first.write_calibration_cache(b"TRT-8601-EntropyCalibration2\nx: 3c010a14\n")
    again = calibration.make(Calibrator, None, str(tmp_path), str(tmp_path / calibration.CACHE))
    assert again.read_calibration_cache().startswith(b"TRT-8601")


def test_empty_batches_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", np.zeros((0, 1, 3), np.float32))
    with pytest.raises(CaseFailed, match="no calibration batches"):
        calibration.Batches(str(tmp_path / "none.npy"))
