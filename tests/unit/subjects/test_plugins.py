from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest

from harness.errors import InputError
from harness.matrix.cell import Recipe, Route, Subject
from harness.subjects.keys import Form, ModelRequest, prepare_models
from harness.subjects.onnx_file import make
from harness.subjects.options import OptionError, check
from harness.subjects.plugins import unknown_operators
from harness.subjects.spec import Making
from tests.cell.models import convolution

LIBRARY = bytes.fromhex("7f454c46020101") + bytes(9) + bytes([3, 0, 62, 0]) + bytes(44)


def request(model: Path, *libraries: Path, samples: bool = False) -> ModelRequest:
    options = {"path": str(model), "plugins": [str(each) for each in libraries]}
    subject = Subject("own", "onnx", (Route.ONNX,), (Recipe.FP32,), options)
    return ModelRequest(subject, Route.ONNX, Recipe.FP32, samples=samples)


def test_the_libraries_lie_beside_the_model_in_their_order(tmp_path: Path) -> None:
    model = convolution(tmp_path / "own.onnx")
    libraries = [tmp_path / "libz.so", tmp_path / "liba.so"]
    for number, path in enumerate(libraries):
        path.write_bytes(LIBRARY + bytes([number]))
    wanted = request(model, *libraries)
    ready = prepare_models([wanted], tmp_path / "cache")[wanted.key]
    assert ready.error == ""
    told = [Path(each) for each in ready.options["plugins"]]
    assert [each.name for each in told] == ["libz.so", "liba.so"]
    assert [each.read_bytes() for each in told] == [each.read_bytes() for each in libraries]
    assert all(each.is_absolute() and each.is_relative_to(ready.folder.resolve()) for each in told)
    assert set(ready.info["sha256"]) == {"model.onnx", "plugins/libz.so", "plugins/liba.so"}


def test_the_content_and_the_order_of_libraries_matter_but_not_to_samples(tmp_path: Path) -> None:
    model, one, other = convolution(tmp_path / "own.onnx"), tmp_path / "liba.so", tmp_path / "libb.so"
    one.write_bytes(LIBRARY)
    other.write_bytes(LIBRARY)
    before = [request(model, one, other), request(model, other, one)]
    keys = {each.key for each in before}
    samples = request(model, one, samples=True).key
    one.write_bytes(LIBRARY + b"changed")
    keys.add(request(model, one, other).key)
    assert len(keys) == 3
    assert request(model, one, samples=True).key == samples


@pytest.mark.parametrize(
    "content", [b"", b"MZ", b"#!/bin/sh\n", LIBRARY[:16] + bytes([1, 0]) + LIBRARY[18:]], ids=["0", "dll", "sh", "o"]
)
def test_what_is_no_shared_library_is_said_before_a_cell_is_made(tmp_path: Path, content: bytes) -> None:
    model = convolution(tmp_path / "own.onnx")
    (tmp_path / "own.so").write_bytes(content)
    making = Making(tmp_path / "made", {"path": str(model), "plugins": [str(tmp_path / "own.so")]}, Form.FP32)
    making.folder.mkdir()
    with pytest.raises(InputError, match=r"own\.so: is no shared library for Linux; give the \.so"):
        make(making)


def test_operators_that_onnx_does_not_define(tmp_path: Path) -> None:
    model = onnx.load(convolution(tmp_path / "own.onnx"))
    assert unknown_operators(model) == []
    for name, domain in (("EfficientNMS_TRT", ""), ("Own", "my.domain"), ("Relu", "ai.onnx")):
        model.graph.node.append(onnx.helper.make_node(name, ["y"], [name], domain=domain))
    assert unknown_operators(model) == ["EfficientNMS_TRT", "Own"]
    onnx.save(model, tmp_path / "more.onnx")
    shutil.rmtree(tmp_path / "made", ignore_errors=True)
    (tmp_path / "made").mkdir()
    info = make(Making(tmp_path / "made", {"path": str(tmp_path / "more.onnx")}, Form.FP32))
    assert info["options"] == {"unknown_operators": ["EfficientNMS_TRT", "Own"]}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("lib.so", "is no list of 1 to 32 paths"),
        ([], "is no list of 1 to 32 paths"),
        (["a b.so"], "is not a plain path"),
        ([5], "is not a plain path"),
        (["a/lib.so", "b/lib.so"], "two libraries are named 'lib.so'; rename one"),
    ],
)
def test_paths_that_cannot_be_taken(value: object, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        check("onnx", {"path": "model.onnx", "plugins": value})
