import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.weights import open_weights, write_weights


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("2\na 1 3f800000\n", "says '2' tensors and holds 1"),
        ("1\na 2 3f800000\n", "a.wts:2: says 2 numbers and holds 1"),
        ("1\na 1 3f80zz00\n", "a.wts:2: a number is not eight hexadecimal digits"),
        ("1\na 1 3f8000000\n", "a.wts:2: a number is not eight hexadecimal digits"),
        ("1\na\n", "a.wts:2: is not 'name count numbers'"),
        ("2\na 1 3f800000\na 1 3f800000\n", "a.wts:3: tensor 'a' stands there twice"),
    ],
)
def test_damaged_wts(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "a.wts"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        dict(open_weights(path).items())


def test_wts_as_tensorrtx_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "a.wts"
    path.write_text("2\nconv1.weight 2 3f800000 bf000000\nfc.bias 1 0\n")
    assert {name: array.tolist() for name, array in open_weights(path).items()} == {
        "conv1.weight": [1.0, -0.5],
        "fc.bias": [0.0],
    }


def test_wts_has_no_place_for_spaces(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no place for spaces"):
        write_weights(tmp_path / "a.wts", {"a b": np.zeros(1, np.float32)})


def test_the_safetensors_library_reads_what_we_write(tmp_path: Path) -> None:
    arrays: dict[str, NDArray[Any]] = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array([1, 2], np.int64),
    }
    write_weights(tmp_path / "a.safetensors", arrays)
    for name, array in safetensors.numpy.load_file(tmp_path / "a.safetensors").items():
        np.testing.assert_array_equal(array, arrays[name])


def tensor(**changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | changes


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"a": tensor(dtype="F128")}, "header is damaged"),
        ({"a": tensor(shape=[2])}, "does not fit 4 bytes"),
        ({"a": tensor(shape=[-1])}, "no natural number"),
        ({"a": tensor(shape=[True])}, "no natural number"),
        ({"a": tensor(), "b": tensor()}, "overlap or leave a gap"),
        ({"a": tensor(data_offsets=[4, 8])}, "overlap or leave a gap at byte 0"),
        ({}, "holds 4 bytes of data and its header tells of 0"),
        ({"a": 5}, "header is damaged"),
        ([], "header is damaged"),
    ],
)
def test_damaged_safetensors(tmp_path: Path, header: Any, words: str) -> None:
    path = tmp_path / "a.safetensors"
    text = json.dumps(header).encode().replace(b"[]", b"{1}")
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0\0\0\0")
    with pytest.raises(InputError, match=words):
        open_weights(path)
