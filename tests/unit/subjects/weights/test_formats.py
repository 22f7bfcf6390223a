"""What holds for every format."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import numpy_helper

from harness.errors import InputError
from harness.subjects.weights import open_weights, write_weights
from tests.unit.subjects.torch_files import state_dict, write_stream, write_zip

Arrays = dict[str, NDArray[Any]]

# Subnormals, signed zeros, infinities and a NaN with a payload: every bit must come back.
_BITS = np.array([0, 1, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC12345, 0x33800000, 0x3F800001], np.uint32)
ARRAYS: Arrays = {
    "body.a.weight": _BITS.view(np.float32).reshape(2, 1, 2, 2),
    "body.b": np.array([1.5], np.float32),
    "body.c": np.arange(6, dtype=np.float32).reshape(2, 3),
}


def write_onnx(path: Path, arrays: Arrays) -> None:
    graph = onnx.helper.make_graph(
        [], "g", [], [], [numpy_helper.from_array(each, name) for name, each in arrays.items()]
    )
    onnx.save(onnx.helper.make_model(graph), path)


WRITERS: dict[str, Callable[[Path, Arrays], None]] = {
    "a.wts": write_weights,
    "a.npz": write_weights,
    "a.safetensors": write_weights,
    "a.onnx": write_onnx,
    "new.pth": lambda path, arrays: write_zip(path, state_dict(arrays), arrays),
    "old.pth": lambda path, arrays: write_stream(path, arrays),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_bit_comes_back(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, ARRAYS)
    weights = open_weights(tmp_path / name)
    assert list(weights) == list(ARRAYS)
    for key, array in ARRAYS.items():
        assert weights[key].tobytes() == array.tobytes()
        assert weights.flat or weights[key].shape == array.shape


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_cut_short_gives_no_tensor_of_wrong_content(tmp_path: Path, name: str) -> None:
    """Cut anywhere: an InputError at the latest when read, or the whole truth; nothing in between."""
    path = tmp_path / name
    WRITERS[name](path, ARRAYS)
    whole = path.read_bytes()
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        try:
            found = read_all(path)
        except InputError:
            continue
        assert found == {key: array.tobytes() for key, array in ARRAYS.items()}, length


def read_all(path: Path) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in open_weights(path).items()}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=40, deadline=None)
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_file_never_ends_in_another_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, places: list[tuple[float, int]]
) -> None:
    path = tmp_path_factory.mktemp("damaged") / name
    WRITERS[name](path, ARRAYS)
    data = bytearray(path.read_bytes())
    for place, value in places:
        data[int(place * len(data))] = value
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        read_all(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 100])
def test_no_weights_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is no weights file .* give \.npz, \.onnx"):
        open_weights(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        open_weights(tmp_path / "none.wts")


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write_weights(tmp_path / "a.pth", ARRAYS)


def test_the_chain_of_formats_changes_no_bit(tmp_path: Path) -> None:
    source = tmp_path / "a.pth"
    write_zip(source, state_dict(ARRAYS), ARRAYS)
    write_weights(tmp_path / "b.wts", open_weights(source))
    flat = open_weights(tmp_path / "b.wts")
    write_onnx(tmp_path / "c.onnx", {name: flat[name].reshape(array.shape) for name, array in ARRAYS.items()})
    write_weights(tmp_path / "d.npz", open_weights(tmp_path / "c.onnx"))
    assert read_all(tmp_path / "d.npz") == {name: array.tobytes() for name, array in ARRAYS.items()}
