from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image

from harness.errors import InputError
from harness.subjects.feeds import feeds
from harness.subjects.options import OptionError, check


def model(shape: list[int | str], inputs: int = 1) -> Any:
    names = [f"x{number}" for number in range(inputs)]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names]
    nodes = [helper.make_node("Relu", [name], [f"y{name}"]) for name in names]
    ends = [helper.make_tensor_value_info(f"y{name}", TensorProto.FLOAT, shape) for name in names]
    return helper.make_model(helper.make_graph(nodes, "g", values, ends))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of 8x4 pixels, blue on the left and red on the right, and a file that is none."""
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, :4, 2] = 200
    pixels[:, 4:, 0] = 100
    for name in ("b.png", "a.PNG"):
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def made(folder: Path, shape: list[int | str], **preprocessing: Any) -> list[NDArray[Any]]:
    options = {"path": "m.onnx", "inputs": str(folder), "preprocessing": preprocessing}
    check("onnx", options)
    return [feed["x0"] for feed in feeds(model(shape), options)]


def test_every_picture_is_a_sample_of_the_models_shape(folder: Path) -> None:
    first, second = made(folder, [1, 3, 4, 8])
    assert first.shape == (1, 3, 4, 8)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, second)
    assert (first[0, 2, 0, 0], first[0, 0, 0, 7], first[0, 1].max()) == (200, 100, 0)


def test_channels_scale_mean_and_spread_are_as_declared(folder: Path) -> None:
    (first, _) = made(folder, [1, 3, 4, 8], channels="bgr", scale=0.5, mean=[10, 0, 0], std=[2, 1, 1])
    assert (first[0, 0, 0, 0], first[0, 2, 0, 7]) == ((200 * 0.5 - 10) / 2, 50)


def test_layout_and_grey(folder: Path) -> None:
    assert made(folder, [1, 4, 8, 3], layout="nhwc")[0].shape == (1, 4, 8, 3)
    assert made(folder, [1, 1, 4, 8], channels="gray")[0].shape == (1, 1, 4, 8)


def test_open_dimensions_take_the_declared_size(folder: Path) -> None:
    assert made(folder, ["n", 3, "h", "w"], size=[16, 24])[0].shape == (1, 3, 16, 24)
    with pytest.raises(InputError, match="give preprocessing a size"):
        made(folder, ["n", 3, "h", "w"])


def test_letterbox_keeps_the_whole_picture_and_crop_its_middle(folder: Path) -> None:
    boxed = made(folder, [1, 3, 8, 8], resize="letterbox")[0][0]
    assert (boxed[:, 0] == 114).all()
    assert boxed[2, 4, 0] == 200
    cropped = made(folder, [1, 3, 4, 4], resize="crop")[0][0]
    assert (cropped[2, :, :2] == 200).all()
    assert (cropped[0, :, 2:] == 100).all()


def test_what_cannot_feed_the_model_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pictures become \\(1, 3, 4, 8\\), the model takes \\[2, 3, 4, 8\\]"):
        made(folder, [2, 3, 4, 8])
    with pytest.raises(InputError, match="the model has 2 inputs"):
        feeds(model([1, 3, 4, 8], inputs=2), {"inputs": str(folder)})
    (folder / "c.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(InputError, match=r"c\.png: cannot be read as a picture"):
        made(folder, [1, 3, 4, 8])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="has no pictures"):
        made(empty, [1, 3, 4, 8])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "is no mapping; it may have channels, layout"),
        ({"chanels": "rgb"}, "'chanels' is not known"),
        ({"channels": "cmyk"}, "channels: 'cmyk' is not rgb, bgr or gray"),
        ({"std": [1, 0, 1]}, "std: [1, 0, 1] is not a list of one number or three, none of them 0"),
        ({"size": [0, 8]}, "size: [0, 8] is not a list of height and width"),
        ({"mean": 3}, "mean: 3 is not a list of one number or three"),
    ],
)
def test_a_wrong_declaration_is_refused(value: object, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        check("onnx", {"path": "m.onnx", "inputs": "pictures", "preprocessing": value})
    assert words in caught.value.message
