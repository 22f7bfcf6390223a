from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from harness.errors import InputError
from harness.subjects.batches import calibrating
from harness.subjects.feeds import feeds
from harness.subjects.streams import read_samples, write_npy

SHAPE = [1, 3, 128, 128]
SAMPLES = 64


def model(*names: str) -> Any:
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, SHAPE) for name in names]
    return helper.make_model(helper.make_graph([], "g", inputs, []))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "compressed"])
def test_the_users_samples_go_to_the_calibrator_one_by_one(tmp_path: Path, save: Any) -> None:
    whole = np.random.default_rng(1).standard_normal((SAMPLES, *SHAPE)).astype(np.float32)
    save(tmp_path / "own.npz", x=whole)
    tracemalloc.start()
    given = feeds(model("x"), {"inputs": str(tmp_path / "own.npz")})
    calibrating(tmp_path, (feed["x"] for feed in given), len(given), {})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < whole.nbytes / 8
    np.testing.assert_array_equal(np.load(tmp_path / "calibration.npy"), whole)


def test_several_inputs_stay_together_and_can_be_gone_through_again(tmp_path: Path) -> None:
    first = np.arange(3 * 128 * 128 * 3, dtype=np.float32).reshape(3, *SHAPE)
    np.savez(tmp_path / "own.npz", x=first, y=np.asfortranarray(-first), other=np.zeros(3))
    given = feeds(model("x", "y"), {"inputs": str(tmp_path / "own.npz")})
    assert (given.inputs, len(given)) == (("x", "y"), 3)
    for _ in range(2):
        for number, feed in enumerate(given):
            np.testing.assert_array_equal(feed["x"], first[number])
            np.testing.assert_array_equal(feed["y"], -first[number])


def test_noise_is_the_same_each_time() -> None:
    given = feeds(model("x"), {"inputs": "seed:3"})
    once, again = ([feed["x"] for feed in given] for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert len({each.tobytes() for each in once}) == len(given) == 4


def test_damage_within_the_file_is_told_when_it_is_come_upon(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, x=np.ones((4, *SHAPE), np.float32))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    given = feeds(model("x"), {"inputs": str(path)})
    with pytest.raises(InputError, match=r"own\.npz: cannot be read as \.npz: Bad CRC-32"):
        list(given)


def test_objects_are_not_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x=np.array([{"a": 1}], object))
    with pytest.raises(InputError, match="it holds objects, which are not read"):
        feeds(model("x"), {"inputs": str(tmp_path / "own.npz")})


def test_an_array_is_what_numpy_writes(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.int16).reshape(4, 2, 3)
    write_npy(tmp_path / "a.npy", array, 4)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), array)
    with (tmp_path / "a.npy").open("rb") as file:
        np.testing.assert_array_equal(list(read_samples(file)), array)
