from __future__ import annotations

import json

import pytest

from harness.probe import layers, recipes

NEW = """Layers:
Name: conv_0, LayerType: correlation, Inputs: [ { Name: x, Datatype: Half, Format: Linear }], Constants: [ { Name: w, \
Datatype: Int8, Format: Linear }], Outputs: [ { Name: y, Datatype: Float, Format: Linear }], TacticName: t, StreamId: 0
Name: head, LayerType: kgen, Inputs: [], Outputs: [ { Name: z, Datatype: Int64, Format: Linear }], TacticName: u

I/O Tensors:
 Name: x, IOMode: Input, DataType: Half"""

OLD = """Engine Layer Information:
Layer(CaskConvolution): conv1 + relu, Tactic: 0x1f, x (Half[1,3,8,8]) -> y (Half[1,8,8,8])
Layer(Reformat): copy, Tactic: 0x0, y[Half(1,8,8,8)] -> z[Float(1,8,8,8)]"""


def test_new_log_is_read_without_its_constants() -> None:
    found = layers.from_log(NEW)
    assert [(layer["name"], layer["inputs"], layer["outputs"]) for layer in found] == [
        ("conv_0", ["Half"], ["Float"]),
        ("head", [], ["Int64"]),
    ]
    assert layers.precisions(found) == {"Half": 1, "Int64": 1}


def test_old_log_is_read() -> None:
    found = layers.from_log(OLD)
    assert [layer["name"] for layer in found] == ["conv1 + relu", "copy"]
    assert layers.precisions(found) == {"Half": 2}


@pytest.mark.parametrize(
    ("key", "words", "name"),
    [
        ("Format/Datatype", "Row major linear FP32", "Float"),
        ("Format/Datatype", "Channel major FP16 format where channel % 8 == 0", "Half"),
        ("Format/Datatype", "Thirty-two wide channel vectorized row major Int8 format", "Int8"),
        ("Format/Datatype", "BFloat16", "BFloat16"),
        ("Datatype", "FP8", "FP8"),
    ],
)
def test_inspector_words_become_one_name(key: str, words: str, name: str) -> None:
    layer = {"Name": "l", "LayerType": "Convolution", "Inputs": [{"Name": "x", key: words}], "Outputs": []}
    found = layers.from_inspector(json.dumps({"Layers": [layer]}))
    assert layers.precision(found[0]) == name


def test_inspector_that_tells_names_only_gives_no_precision() -> None:
    assert layers.precisions(layers.from_inspector('{"Layers": ["conv"]}')) == {"unknown": 1}


@pytest.mark.parametrize(
    ("recipe", "precisions", "words"),
    [
        ("fp16-typed", {"Half": 1, "Float": 9}, None),
        ("fp16-typed", {"Float": 9}, "no layer is Half"),
        ("fp32", {"Float": 3, "Int64": 1}, None),
        ("fp32", {"Float": 3, "Half": 1}, "some layers are narrower"),
        ("int8-qdq", {"Half": 1}, "no layer is Int8"),
        ("bf16-typed", {}, "no layer information"),
    ],
)
def test_promise_of_a_recipe(recipe: str, precisions: dict[str, int], words: str | None) -> None:
    broken = recipes.broken_promise(recipe, precisions)
    assert (broken is None) if words is None else (broken is not None and words in broken)
