"""How far a recipe may be from FP32: sensible limits for each, over which a subject's option ``tolerances`` goes.

``tolerances: {RECIPE: {METRIC: NUMBER}}``; a number is the least of what should be high and the most of what should
be low. A metric of the user's own, whose direction nobody knows, takes ``{least: NUMBER}`` or ``{most: NUMBER}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.evidence.records import Limit
from harness.matrix.cell import Recipe

HIGH = re.compile(r"cosine(_min|\..+)|ap50|boxes_matched|wider_(easy|medium|hard)", re.ASCII)
LOW = re.compile(
    r"(max|mean)_abs_error(\..+)?|ap50_loss|wider_(easy|medium|hard)_loss|landmark_error(_to_fp32)?|not_finite",
    re.ASCII,
)

# Of all outputs together. TensorRT computes FP32 in TF32 where it may, which has FP16's precision.
_COSINE = {
    Recipe.FP32: 0.999,
    Recipe.FP16_FLAG: 0.999,
    Recipe.FP16_TYPED: 0.999,
    Recipe.BF16_FLAG: 0.99,
    Recipe.BF16_TYPED: 0.99,
    Recipe.INT8_CALIBRATED: 0.95,
    Recipe.INT8_QDQ: 0.95,
    Recipe.FP8_QDQ: 0.95,
}
_HALF = {"ap50_loss": 0.01, "boxes_matched": 0.98, "landmark_error_to_fp32": 0.02}
_FACES = {
    Recipe.FP32: {"ap50_loss": 0.005, "boxes_matched": 0.99, "landmark_error_to_fp32": 0.01},
    Recipe.FP16_FLAG: _HALF,
    Recipe.FP16_TYPED: _HALF,
    Recipe.BF16_FLAG: {"ap50_loss": 0.02, "boxes_matched": 0.95, "landmark_error_to_fp32": 0.05},
}
_QUANTISED = {"ap50_loss": 0.05, "boxes_matched": 0.9, "landmark_error_to_fp32": 0.1}


def defaults(model: str, recipe: Recipe) -> dict[str, float]:
    """Limits by metric for a subject of ``model`` (``retinaface`` or ``onnx``)."""
    limits = {"cosine_min": _COSINE[recipe], "not_finite": 0.0}
    if model == "retinaface":
        known = _FACES | {Recipe.BF16_TYPED: _FACES[Recipe.BF16_FLAG]}
        limits |= known.get(recipe, _QUANTISED)
    return limits


def limits_of(model: str, options: Mapping[str, Any], recipe: Recipe) -> list[Limit]:
    """The limits of a case, in the order of their names; ``options`` are checked."""
    asked = defaults(model, recipe) | dict((options.get("tolerances") or {}).get(recipe.value, {}))
    return [_limit(metric, asked[metric]) for metric in sorted(asked)]


def wrong(metric: str, value: object) -> str:
    """Why ``value`` is no limit of ``metric``; empty where it is one."""
    if not _plain(metric):
        return f"{metric!a} is no name of a metric"
    if isinstance(value, Mapping):
        if not value or not set(value) <= {"least", "most"} or not all(map(_number, value.values())):
            return f"{metric}: give least, most or both, a number each"
        return ""
    if not _number(value):
        return f"{metric}: {value!a} is not a number"
    if not (HIGH.fullmatch(metric) or LOW.fullmatch(metric)):
        return f"{metric}: its direction is not known; give {{least: {value}}} or {{most: {value}}}"
    return ""


def _limit(metric: str, value: float | Mapping[str, float]) -> Limit:
    if isinstance(value, Mapping):
        return Limit(metric=metric, least=value.get("least"), most=value.get("most"))
    if HIGH.fullmatch(metric):
        return Limit(metric=metric, least=float(value))
    return Limit(metric=metric, most=float(value))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30


def _plain(metric: str) -> bool:
    return bool(re.fullmatch(r"[\x21-\x7e]{1,200}", metric))
