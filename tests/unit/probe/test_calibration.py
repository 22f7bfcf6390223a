from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
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


def stored(tmp_path: Path, **changes: str) -> tuple[str, dict[str, str]]:
    """A cache with its provenance, and what a case of TensorRT 8.6.1 with the same batches is."""
    path = tmp_path / "batches.npy"
    np.save(path, np.zeros((2, 1, 3), np.float32))
    own = calibration.provenance("8.6.1", "entropy2", str(path))
    (tmp_path / calibration.PROVENANCE).write_text(json.dumps({**own, **changes}))
    return str(tmp_path / calibration.CACHE), own


def test_a_cache_of_the_same_release_algorithm_and_data_is_taken(tmp_path: Path) -> None:
    calibration.require_same(*stored(tmp_path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"release": "8.4.3"}, "it is of another release: 8.4.3, here 8.6.1"),
        ({"algorithm": "minmax"}, "it is of another algorithm: minmax, here entropy2"),
        ({"data": "0" * 64}, f"it is of another data: {'0' * 64}, here "),
    ],
)
def test_a_cache_of_something_else_is_refused(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    cache, own = stored(tmp_path, **changes)
    with pytest.raises(CaseFailed, match=words):
        calibration.require_same(cache, own)


@pytest.mark.parametrize("text", ["", "[]", '{"release": "8.6.1"}'])
def test_a_cache_whose_provenance_is_damaged_is_refused(tmp_path: Path, text: str) -> None:
    cache, own = stored(tmp_path)
    (tmp_path / calibration.PROVENANCE).write_text(text)
    with pytest.raises(CaseFailed, match="calibration cache refused"):
        calibration.require_same(cache, own)


def test_other_batches_are_other_data(tmp_path: Path) -> None:
    _, own = stored(tmp_path)
    np.save(tmp_path / "other.npy", np.ones((2, 1, 3), np.float32))
    assert calibration.provenance("8.6.1", "entropy2", str(tmp_path / "other.npy"))["data"] != own["data"]


class Events:
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    def write(self, event: str, **fields: object) -> None:
        self.told.append((event, fields))


def desk(folder: Path, **options: object) -> Any:
    case = SimpleNamespace(recipe="int8-calibrated", options={"calibration": options})
    return SimpleNamespace(case=case, folder=str(folder), events=Events())


def api(release: str) -> Any:
    return SimpleNamespace(trt=SimpleNamespace(__version__=release, IInt8MinMaxCalibrator=Calibrator))


def test_a_case_leaves_the_provenance_of_its_cache_and_starts_from_a_fitting_one(tmp_path: Path) -> None:
    config = SimpleNamespace(int8_calibrator=None)
    calibration.attach(desk(tmp_path, algorithm="minmax"), api("8.6.1"), config)
    config.int8_calibrator.write_calibration_cache(b"TRT-8601-MinMaxCalibration\n")
    told = json.loads((tmp_path / calibration.PROVENANCE).read_text())
    assert (told["release"], told["algorithm"]) == ("8.6.1", "minmax")

    later = tmp_path / "later"
    later.mkdir()
    again = desk(later, algorithm="minmax", cache=str(tmp_path / calibration.CACHE))
    calibration.attach(again, api("8.6.1"), config)
    assert config.int8_calibrator.read_calibration_cache() == b"TRT-8601-MinMaxCalibration\n"
    assert [event for event, _ in again.events.told] == ["note"]
    with pytest.raises(CaseFailed, match=r"refused: it is of another release: 8\.6\.1, here 10\.0\.1"):
        calibration.attach(again, api("10.0.1"), config)
