"""The network-definition API of the real library takes the description, in every typed recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.subjects.keys import Form
from harness.subjects.retinaface.architecture import Backbone, network
from harness.subjects.retinaface.make import make
from harness.subjects.spec import Making
from tests.cell.conftest import Bench

pytestmark = pytest.mark.cell

SIZE = 160
ANCHORS = 2 * (20 * 20 + 10 * 10 + 5 * 5)
NARROWEST = {"fp32": "Float", "fp16-typed": "Half", "bf16-typed": "BFloat16", "int8-qdq": "Int8"}


def quantised_convolutions(bench: Bench, case: str) -> int:
    """Those that read INT8: Q/DQ that the builder does not take into a convolution leaves it FP32."""
    layers = json.loads((bench.out / case / "layers.json").read_text("ascii"))["layers"]
    return sum(layer["type"] == "correlation" and "Int8" in layer["inputs"] for layer in layers)


def prepared(bench: Bench, folder: Path, backbone: str, recipe: str, variant: str = "") -> dict[str, Any]:
    folder.mkdir()
    options = {"backbone": backbone, "size": SIZE, "weights": "seed:1"}
    files = make(Making(folder, options, Form(recipe), network=True, variant=variant))["files"]
    paths = {name: str(folder / file) for name, file in files.items()}
    return bench.case(
        f"{backbone}-{recipe}{variant}", recipe, route="host-decode", model=None, timeout_s=300.0, **paths
    )


@pytest.mark.parametrize("backbone", ["mobilenet0.25", "resnet50"])
def test_every_typed_recipe_builds(bench: Bench, tmp_path: Path, backbone: str) -> None:
    cases = {recipe: prepared(bench, tmp_path / recipe, backbone, recipe) for recipe in NARROWEST}
    assert bench.run(*cases.values(), wall_s=600.0).status == 0, bench.lines
    for recipe, case in cases.items():
        assert bench.outcome(case["id"]) == ("passed", "")
        assert bench.event(case["id"], "engine")["precisions"][NARROWEST[recipe]] > 0
        outputs = bench.event(case["id"], "network")["outputs"]
        assert {each["name"]: (each["shape"], each["type"]) for each in outputs} == {
            name: ([1, ANCHORS, numbers], "FLOAT") for name, numbers in (("loc", 4), ("conf", 2), ("landms", 10))
        }
        if recipe == "int8-qdq":
            assert quantised_convolutions(bench, case["id"]) == len(network(Backbone(backbone)).convolutions)
        # Without a device the library complains of CUDA alone; of the network it must not.
        errors = [line for line in bench.log(case["id"]).splitlines() if line.startswith("[E]") and "Cuda" not in line]
        assert errors == []


def test_folded_and_kept_batch_norm_differ_by_their_layers(bench: Bench, tmp_path: Path) -> None:
    cases = [prepared(bench, tmp_path / f"m{word}", "mobilenet0.25", "fp32", word) for word in ("folded", "kept")]
    assert bench.run(*cases).status == 0
    folded, kept = (bench.event(case["id"], "network")["layers"] for case in cases)
    assert kept - folded == sum(conv.norm is not None for conv in network(Backbone.MOBILENET).convolutions)


def test_the_plugin_route_names_what_is_missing(bench: Bench, tmp_path: Path) -> None:
    case = prepared(bench, tmp_path / "plugin", "mobilenet0.25", "fp32")
    assert bench.run({**case, "route": "plugin"}).status == 0
    assert bench.outcome(case["id"]) == ("not-applicable", "INetworkDefinition.add_plugin_v2 is missing")
