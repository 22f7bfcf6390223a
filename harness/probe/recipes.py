"""What each precision recipe promises about the engine."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from .job import Case

# The precision that at least one layer must have.
_WANTED: Dict[str, str] = {
    "fp16-flag": "Half",
    "fp16-typed": "Half",
    "bf16-flag": "BFloat16",
    "bf16-typed": "BFloat16",
    "int8-calibrated": "Int8",
    "int8-qdq": "Int8",
    "fp8-qdq": "FP8",
}
_NARROW = ("Half", "BFloat16", "Int8", "FP8", "Int4", "FP4")

# Where the builder chooses the types, so that a layer can be held to one.
_CHOSEN_BY_BUILDER = ("fp16-flag", "bf16-flag", "int8-calibrated")


def keeps_edge(case: Case) -> bool:
    """Whether the builder is held to FP32 at the plugin's inputs."""
    return bool(case.options.get("fp32_edge")) and case.recipe in _CHOSEN_BY_BUILDER


def broken_promise(recipe: str, precisions: Mapping[str, int]) -> Optional[str]:
    """Why an engine with these layers is not of its recipe; ``None`` where it is."""
    if not precisions:
        return "not-of-recipe: the release gives no layer information, so the precision is not known"
    told = ", ".join("{} {}".format(number, name) for name, number in sorted(precisions.items()))
    wanted = _WANTED.get(recipe)
    if wanted is not None and not precisions.get(wanted):
        return "not-of-recipe: asked {}, but no layer is {} (layers: {})".format(recipe, wanted, told)
    if recipe == "fp32" and any(precisions.get(name) for name in _NARROW):
        return "not-of-recipe: asked fp32, but some layers are narrower (layers: {})".format(told)
    return None
