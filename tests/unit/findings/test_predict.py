from __future__ import annotations

import pytest

from harness.evidence.records import WeightAudit
from harness.findings.classify import classify_text
from harness.findings.decode_inputs import decode_inputs
from harness.findings.predict import predict, score
from harness.findings.scale_static import Layer, PluginInput, plugin_inputs, predicted
from harness.matrix.cell import Recipe, Route
from harness.versions import Release

AUDIT = WeightAudit(
    precision="fp16",
    blobs=1,
    elements=9,
    subnormal_blobs=1,
    subnormal_elements=5,
    below_blobs=0,
    below_elements=0,
    overflow_blobs=0,
    overflow_elements=0,
)
LAYERS = [
    Layer("conv", "Convolution", ("x",), ("a",)),
    Layer("cat", "Concat", ("a", "b"), ("c",)),
    Layer("const", "Constant", (), ("k",)),
    Layer("decode", "Decode_TRT", ("a", "c", "k", "r"), ("out",)),
]


def test_scales_of_each_plugin_input() -> None:
    found = plugin_inputs(LAYERS, {"Decode_TRT"}, ranges={"r"}, calibrated=True)
    assert {given.tensor: given.scales for given in found} == {"a": 1, "c": 2, "k": 0, "r": 1}


def test_the_assertion_is_foreseen() -> None:
    inputs = plugin_inputs(LAYERS, {"Decode_TRT"}, ranges=set(), calibrated=True)
    finding = predicted(inputs, Route.PLUGIN, Recipe.INT8_CALIBRATED)
    assert finding is not None
    assert (finding.predicted, finding.facts["tensor"]) == (True, ["c", "k", "r"])


@pytest.mark.parametrize(
    ("route", "recipe"), [(Route.HOST_DECODE, Recipe.INT8_CALIBRATED), (Route.PLUGIN, Recipe.FP16_FLAG)]
)
def test_no_plugin_or_no_int8_is_no_danger(route: Route, recipe: Recipe) -> None:
    assert predicted([PluginInput("p", "t", 0)], route, recipe) is None


def test_every_input_of_the_decode_plugin_lacks_its_one_scale_when_calibrated() -> None:
    inputs = decode_inputs(Route.PLUGIN, Recipe.INT8_CALIBRATED)
    assert {given.tensor: given.scales for given in inputs} == {f"decode/input{level}": 3 for level in range(3)}
    told = predict(Release.parse("8.6.1"), Route.PLUGIN, Recipe.INT8_CALIBRATED, plugins=inputs)
    assert [(finding.rule, finding.predicted) for finding in told] == [("plugin-scale-assert", True)]


@pytest.mark.parametrize(("release", "foreseen"), [("8.6.1", True), ("10.5", True), ("10.6.0", False), ("11.0", False)])
def test_the_assertion_is_not_foreseen_where_the_network_was_seen_to_build(release: str, foreseen: bool) -> None:
    inputs = decode_inputs(Route.PLUGIN, Recipe.INT8_CALIBRATED)
    told = predict(Release.parse(release), Route.PLUGIN, Recipe.INT8_CALIBRATED, plugins=inputs)
    assert ("plugin-scale-assert" in {finding.rule for finding in told}) is foreseen


def test_a_layer_between_heads_and_joint_keeps_one_scale() -> None:
    inputs = decode_inputs(Route.PLUGIN, Recipe.INT8_CALIBRATED, {"implicit", "apart"})
    assert [given.scales for given in inputs] == [1, 1, 1]
    assert predicted(inputs, Route.PLUGIN, Recipe.INT8_CALIBRATED) is None


@pytest.mark.parametrize(
    ("route", "recipe"), [(Route.PLUGIN, Recipe.INT8_QDQ), (Route.HOST_DECODE, Recipe.INT8_CALIBRATED)]
)
def test_explicit_scales_and_host_decode_are_in_no_danger(route: Route, recipe: Recipe) -> None:
    assert decode_inputs(route, recipe) == []


@pytest.mark.parametrize(
    ("release", "expected"),
    [("8.2.3", "fp16-weights-mute"), ("8.6.1", "fp16-weights-expected"), ("9.1", "fp16-weights-unknown")],
)
def test_weights_in_the_release_s_words(release: str, expected: str) -> None:
    (finding,) = predict(Release.parse(release), Route.ONNX, Recipe.FP16_FLAG, [AUDIT])
    assert (finding.rule, finding.predicted) == (expected, True)


def test_titles_tell_what_the_release_can_say() -> None:
    releases = ("8.2.3", "8.6.1", "9.1")
    found = [predict(Release.parse(each), Route.ONNX, Recipe.FP16_FLAG, [AUDIT])[0].title for each in releases]
    assert found == [
        "FP16 weights in danger, which the release cannot say",
        "FP16 weights in danger, which the release can say",
        "FP16 weights in danger; whether the release says so is not known",
    ]


def test_the_words_are_of_the_release_s_era() -> None:
    (old,) = predict(Release.parse("8.4.3"), Route.ONNX, Recipe.FP16_FLAG, [AUDIT])
    assert [place.text for place in old.evidence] == ["Subnormal FP16 values detected."]


def test_a_known_incident() -> None:
    found = predict(Release.parse("11.2.1"), Route.ONNX, Recipe.FP32)
    assert [finding.rule for finding in found] == ["trt112-myelin-miscompile"]


def test_a_prediction_is_scored() -> None:
    told = predict(Release.parse("8.6.1"), Route.ONNX, Recipe.FP16_FLAG, [AUDIT])
    log = "[W] - 1 weights are affected by this issue: Detected subnormal FP16 values.\n[E] 9: [a.cpp::b::1] jam\n"
    found = score(told, classify_text(log).findings)
    assert (found.right, found.wrong, found.unforeseen) == (["fp16-weights-expected"], [], ["unknown-error"])
