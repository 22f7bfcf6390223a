"""The bindings have the same API with NVIDIA's own libraries as with stand-ins."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.api import ops, refresh, scoreboard
from harness.api.compile import facts_of
from harness.environments import Prepared, kind_of
from harness.support.surfaces import surface

pytestmark = pytest.mark.cell


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    cell = scoreboard._cells()[-1]
    missing = kind_of(cell).missing(cell)
    if missing:
        pytest.skip(missing)
    return kind_of(cell).provision(cell, tmp_path_factory.mktemp("cache"), lambda words: None)


def test_real_libraries_and_stand_ins_agree(newest: Prepared, tmp_path: Path) -> None:
    python = newest.handle
    assert isinstance(python, Path)
    site = next(python.parent.parent.glob("lib/python3*/site-packages"))
    out = tmp_path / "walk.json"
    subprocess.run([python, "-I", refresh._WALK, newest.module, site, out, *newest.libraries], check=True)
    walked = {name: tuple(fact[:2]) for name, fact in json.loads(out.read_text())["symbols"].items()}
    shipped = {name: fact[:2] for name, fact in facts_of(surface(newest.cell.release)).items()}
    assert walked == shipped


def test_a_model_is_built_and_a_broken_one_refused(newest: Prepared, tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
    good, bad = tmp_path / "good.onnx", tmp_path / "bad.onnx"
    good.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    graph.node[0].op_type = "NoSuchOperator"
    bad.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    assert onnx.load(good).graph.node
    assert isinstance(newest.handle, Path)
    found = ops.try_models(newest, newest.handle, [good, bad], scratch=tmp_path / "s", workers=1, timeout_s=60)
    assert [trial.outcome for trial in found] == ["supported", "refused"]
