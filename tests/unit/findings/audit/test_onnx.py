from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from harness.errors import InputError
from harness.findings.audit.file import audit_file
from harness.findings.audit.model import records

TINY = np.array([1.0, 2.0**-15, 2.0**-25, 0.0, 70000.0, -1e-9], np.float32)


def write(path: Path, *tensors: onnx.TensorProto, nodes: tuple[onnx.NodeProto, ...] = ()) -> Path:
    graph = helper.make_graph(list(nodes), "g", [], [], initializer=list(tensors))
    path.write_bytes(helper.make_model(graph).SerializeToString())
    return path


def test_inline_weights(tmp_path: Path) -> None:
    found = audit_file(write(tmp_path / "m.onnx", numpy_helper.from_array(TINY, "w")))
    fp16, bf16 = records(found)
    assert (fp16.subnormal_elements, fp16.below_elements, fp16.overflow_elements) == (3, 2, 1)
    assert (bf16.subnormal_elements, bf16.blobs, bf16.elements) == (0, 1, 6)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_typed_fields(tmp_path: Path, kind: int) -> None:
    tensor = helper.make_tensor("w", kind, [2], [2.0**-15, 1.0])
    (blob,) = audit_file(write(tmp_path / "m.onnx", tensor)).blobs
    assert blob.counts["fp16"].subnormal == 1


def test_a_constant_node_counts(tmp_path: Path) -> None:
    node = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(TINY))
    (blob,) = audit_file(write(tmp_path / "m.onnx", nodes=(node,))).blobs
    assert (blob.name, blob.counts["fp16"].below) == ("c", 2)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3)])
def test_scalars_and_empty_tensors(tmp_path: Path, shape: tuple[int, ...]) -> None:
    tensor = numpy_helper.from_array(np.ones(shape, np.float32), "w")
    (blob,) = audit_file(write(tmp_path / "m.onnx", tensor)).blobs
    assert blob.elements == np.ones(shape).size


def external(folder: Path, location: str, **more: str) -> Path:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[6], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return write(folder / "m.onnx", tensor)


def test_external_data(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(b"\0" * 8 + TINY.tobytes())
    (blob,) = audit_file(external(tmp_path, "w.bin", offset="8", length="24")).blobs
    assert blob.counts["fp16"].overflow == 1


@pytest.mark.parametrize("location", ["../w.bin", "/etc/passwd", "a/../../w.bin", "", "w\0.bin"])
def test_external_data_stays_below_the_model(tmp_path: Path, location: str) -> None:
    with pytest.raises(InputError, match="not below the model's folder"):
        audit_file(external(tmp_path, location))


def test_missing_and_short_external_data(tmp_path: Path) -> None:
    model = external(tmp_path, "w.bin")
    with pytest.raises(InputError, match="missing"):
        audit_file(model)
    (tmp_path / "w.bin").write_bytes(b"\0" * 8)
    with pytest.raises(InputError, match="ends before byte 24"):
        audit_file(model)


def test_a_link_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(TINY.tobytes())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "w.bin").symlink_to(tmp_path / "out")
    with pytest.raises(InputError, match="leads out"):
        audit_file(external(tmp_path / "in", "w.bin"))


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"not a model", b"\x3a\xff\xff\xff\xff\x0f"])
def test_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(InputError):
        audit_file(tmp_path / "m.onnx")


def test_a_shape_that_the_data_does_not_fill(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(TINY, "w")
    tensor.dims[0] = 10**15
    with pytest.raises(InputError, match="the file is damaged"):
        audit_file(write(tmp_path / "m.onnx", tensor))


def test_an_attribute_of_another_size_is_one_clear_error(tmp_path: Path) -> None:
    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    attribute = field(1, b"epsilon") + field(2, b"\0\0")
    place = tmp_path / "m.onnx"
    place.write_bytes(field(7, field(1, field(4, b"BatchNormalization") + field(5, attribute))))
    with pytest.raises(InputError, match="a number of 2 bytes"):
        audit_file(place)


def test_bytes_that_are_no_whole_numbers(tmp_path: Path) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], raw_data=b"12345")
    with pytest.raises(InputError, match="5 bytes are no numbers of 4 bytes"):
        audit_file(write(tmp_path / "m.onnx", tensor))


def test_weights_are_known_by_the_nodes_that_read_them(tmp_path: Path) -> None:
    """TensorRT names weights after layers, and a parser's layers after nodes."""
    kernel = numpy_helper.from_array(np.ones((2, 1, 1, 1), np.float32), "onnx::Conv_1")
    shift = numpy_helper.from_array(np.ones(2, np.float32), "onnx::Conv_2")
    nodes = (
        helper.make_node("Conv", ["x", "onnx::Conv_1", "onnx::Conv_2"], ["a"], name="/first/Conv"),
        helper.make_node("Conv", ["x", "onnx::Conv_1"], ["b"], name="/second/Conv"),
        helper.make_node("Add", ["a", "onnx::Conv_2"], ["y"], name="/Add"),
    )
    assert audit_file(write(tmp_path / "m.onnx", kernel, shift, nodes=nodes)).layers == {
        "onnx::Conv_1": ["/first/Conv.weight", "/second/Conv.weight"],
        "onnx::Conv_2": ["/first/Conv.bias"],
        "onnx::Conv_1.bias": ["/second/Conv.bias"],
    }
