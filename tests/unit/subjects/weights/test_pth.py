import pickle
from pathlib import Path

import numpy as np
import pytest

from harness.errors import InputError
from harness.subjects.weights import open_weights
from tests.unit.subjects.torch_files import state_dict, tensor, text, write_zip

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def opened(path: Path, main: bytes) -> dict[str, list[list[float]]]:
    write_zip(path, main, {"0": ARRAY})
    return {name: array.tolist() for name, array in open_weights(path).items()}


def test_a_transposed_view_is_read_by_its_strides(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.pth", state_dict({"w": ARRAY.T}), {"w": ARRAY})
    assert open_weights(tmp_path / "a.pth")["w"].tolist() == ARRAY.T.tolist()


def test_half_precision_keeps_its_type(tmp_path: Path) -> None:
    halves = {"w": np.array([6e-8, 1.0], np.float16)}
    write_zip(tmp_path / "a.pth", state_dict(halves), halves)
    assert open_weights(tmp_path / "a.pth")["w"].dtype == np.float16


def test_a_state_dict_inside_a_training_scripts_own(tmp_path: Path) -> None:
    main = (
        b"\x80\x02}(" + text("epoch") + b"K\x05" + text("state_dict") + b"}" + text("w") + tensor("0", ARRAY) + b"su."
    )
    assert opened(tmp_path / "a.pth", main) == {"w": ARRAY.tolist()}


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (b"\x80\x02cos\nsystem\n" + text("true") + b"\x85R.", "asks for os.system, which is no tensor"),
        (b"\x80\x02cbuiltins\neval\n" + text("1") + b"\x85R.", "asks for builtins.eval"),
        (b"\x80\x04" + text("os") + text("system") + b"\x93" + text("true") + b"\x85R.", "asks for os.system"),
        (b"\x80\x02ctorch.nn\nLinear\n)\x81.", "opcode NEWOBJ"),
        (b"\x80\x02(ios\nsystem\n.", "opcode INST"),
        (b"\x80\x02}r\xff\xff\xff\x7f.", "memo out of order"),
        (b"\x80\x02}.", "no state dict"),
        (b"\x80\x02K\x05.", "no state dict"),
        (b"\x80\x02}" + text("w") + tensor("0", ARRAY, offset=1) + b"s.", "'w' reaches outside of its storage"),
        (b"\x80\x02}" + text("w") + tensor("7", ARRAY) + b"s.", "storage '7' is missing"),
        (b"\x80\x02}" + text("w") + tensor("0", np.tile(ARRAY, 2)) + b"s.", "storage '0' is missing or cut short"),
        (b"\x80\x02" + text("x") + b"Q.", "not a storage"),
    ],
)
def test_what_is_refused(tmp_path: Path, main: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        opened(tmp_path / "a.pth", main)


def test_a_plain_pickle_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps({"w": 1}))
    with pytest.raises(InputError, match="is no weights file"):
        open_weights(path)
