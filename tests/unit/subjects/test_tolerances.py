from __future__ import annotations

import pytest

from harness.evidence.records import Limit
from harness.matrix.cell import Recipe
from harness.subjects.options import OptionError, check
from harness.subjects.tolerances import limits_of


def test_every_recipe_has_limits_and_less_precision_has_looser_ones() -> None:
    least = {}
    for recipe in Recipe:
        limits = {limit.metric: limit for limit in limits_of("onnx", {}, recipe)}
        assert limits["not_finite"].most == 0
        least[recipe] = limits["cosine_min"].least or 0.0
    assert least[Recipe.FP32] >= least[Recipe.FP16_TYPED] > least[Recipe.BF16_TYPED] > least[Recipe.INT8_QDQ] > 0.9


def test_the_subjects_own_limits_go_over_the_defaults_of_their_recipe_alone() -> None:
    options = {"tolerances": {"int8-qdq": {"cosine_min": 0.8, "max_abs_error.boxes": 4, "f1": {"least": 0.9}}}}
    limits = limits_of("retinaface", options, Recipe.INT8_QDQ)
    assert Limit(metric="cosine_min", least=0.8) in limits
    assert Limit(metric="max_abs_error.boxes", most=4.0) in limits
    assert Limit(metric="f1", least=0.9) in limits
    assert Limit(metric="ap50_loss", most=0.05) in limits
    assert limits_of("retinaface", options, Recipe.FP32) == limits_of("retinaface", {}, Recipe.FP32)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "is no mapping of recipes to limits by metric"),
        ({"fp17": {}}, "'fp17' is no recipe; there are fp32, fp16-flag"),
        ({"fp32": 0.9}, "fp32: 0.9 is no mapping of metrics to numbers"),
        ({"fp32": {"cosine_min": True}}, "fp32: cosine_min: True is not a number"),
        ({"fp32": {"f1": 0.9}}, "fp32: f1: its direction is not known; give {least: 0.9} or {most: 0.9}"),
        ({"fp32": {"f1": {"lest": 0.9}}}, "fp32: f1: give least, most or both, a number each"),
        ({"fp32": {"f 1": 0.9}}, "fp32: 'f 1' is no name of a metric"),
    ],
)
def test_a_wrong_limit_is_refused_with_what_is_expected(value: object, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        check("onnx", {"path": "a.onnx", "tolerances": value})
    assert words in caught.value.message


@pytest.mark.parametrize("value", ["os.system", "a:b:c", ":f", "m:", 3, "m:f()"])
def test_a_metric_is_a_module_and_a_function(value: object) -> None:
    check("onnx", {"path": "a.onnx", "metric": "my_metrics.faces:recall"})
    with pytest.raises(OptionError):
        check("onnx", {"path": "a.onnx", "metric": value})
