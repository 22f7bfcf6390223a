from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from harness.subjects.qdq import quantised
from tools import quantised_pairs as tool

IMAGE = np.random.default_rng(3).normal(size=(1, 3, 8, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two convolutions, quantised."""
    random = np.random.default_rng(7)
    kernels = [
        numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name)
        for name, shape in (("first.weight", (4, 3, 3, 3)), ("second.weight", (2, 4, 1, 1)))
    ]
    nodes = [
        helper.make_node("Conv", ["image", "first.weight"], ["a"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], name="relu"),
        helper.make_node("Conv", ["b", "second.weight"], ["maps"], name="second"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("image", 1, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("maps", 1, [1, 2, 8, 8])],
        kernels,
    )
    exact = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    target = tmp_path_factory.mktemp("quantised") / "model.onnx"
    quantised(exact, [{"image": IMAGE}], target)
    return onnx.load(target)


def run(model: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": IMAGE})[0]


def count(model: Any, operator: str) -> int:
    return sum(node.op_type == operator for node in model.graph.node)


def test_all_pairs_kept_is_the_same_model(model: Any) -> None:
    names = tool.pairs(model)
    assert names == ["image", "b"]
    np.testing.assert_array_equal(run(tool.keep_only(model, names)), run(model))


def test_without_pairs_nothing_is_quantised_but_the_numbers_stay(model: Any) -> None:
    bare = tool.keep_only(model, [])
    assert count(bare, "QuantizeLinear") == count(bare, "DequantizeLinear") == 0
    np.testing.assert_allclose(run(bare), run(model), atol=0.2)


def test_a_kept_pair_keeps_the_weights_of_what_reads_it(model: Any) -> None:
    half = tool.keep_only(model, ["b"])
    onnx.checker.check_model(half)
    assert (count(half, "QuantizeLinear"), count(half, "DequantizeLinear")) == (1, 2)
    np.testing.assert_allclose(run(half), run(model), atol=0.2)


@pytest.mark.parametrize("guilty", [{"d"}, {"a", "h"}, {"c", "d", "g"}])
def test_the_smallest_set_that_fails_is_found(guilty: set[str]) -> None:
    tried: list[Sequence[str]] = []

    def fails(some: Sequence[str]) -> bool:
        tried.append(some)
        return guilty <= set(some)

    assert set(tool.smallest("abcdefgh", fails, time.monotonic() + 60)) == guilty
    assert len(tried) < 60


def test_it_stops_when_its_time_is_over() -> None:
    assert tool.smallest("abcd", lambda _: pytest.fail("built"), time.monotonic() - 1) == ["a", "b", "c", "d"]


class Network:
    """Plays the bindings: a build of any pair fails, in words that its logger hears."""

    class ILogger:
        pass

    class BuilderFlag:
        INT8 = 0

    def __init__(self) -> None:
        self.model = b""
        self.logger: Any = None
        self.builder_optimization_level = 5

    def Builder(self, logger: Any) -> Network:
        self.logger = logger
        return self

    def OnnxParser(self, *_: Any) -> Network:
        return self

    def create_network(self, _: int) -> Network:
        return self

    def create_builder_config(self) -> Network:
        return self

    def parse(self, model: bytes) -> bool:
        self.model = model
        return True

    def set_tactic_sources(self, _: int) -> None:
        pass

    def set_flag(self, _: int) -> None:
        pass

    def build_serialized_network(self, *_: Any) -> bytes | None:
        if b"QuantizeLinear" not in self.model:
            return b"plan"
        self.logger.log(SimpleNamespace(name="ERROR"), "2: no such thing")
        return None


def test_each_build_has_its_log_and_its_answer(tmp_path: Path, model: Any) -> None:
    builds = tool.Builds(Network(), tmp_path)
    assert builds.fails("whole", model)
    assert not builds.fails("bare", tool.keep_only(model, []))
    assert builds.told == {"whole": "2: no such thing", "bare": "built"}
    assert (tmp_path / "whole.log").read_text() == "[E] 2: no such thing\n"
    assert (tmp_path / "bare.log").read_text() == ""
