"""What an adapter does, and what all generations share."""

from __future__ import annotations

from typing import Any, Tuple

from ..outcome import CaseFailed, NotApplicable

FLAGS = {"fp16-flag": "FP16", "bf16-flag": "BF16", "int8-calibrated": "INT8"}
STRONG_RECIPES = ("fp16-typed", "bf16-typed", "int8-qdq", "fp8-qdq")


class Api:
    """Base of the adapters. ``trt`` is the loaded module; nothing else imports it."""

    generation = ""

    def __init__(self, trt: Any) -> None:
        self.trt = trt

    def create_network(self, builder: Any, recipe: str, implicit: bool = False) -> Any:
        """An empty network for a recipe, with implicit batch where ``implicit`` is set.

        Raises ``NotApplicable`` where the recipe or the implicit batch needs a missing API.
        """
        raise NotImplementedError

    def set_precision(self, config: Any, recipe: str) -> None:
        """Set the builder's precision flags for a recipe."""
        raise NotImplementedError

    def set_target(self, config: Any, target: str) -> None:
        """Say which GPU the engine is for: ``device`` or a compute capability such as ``sm86``."""
        if target == "device":
            return
        if not hasattr(config, "set_compute_capability"):
            raise NotApplicable("IBuilderConfig.set_compute_capability is missing: the engine is for the GPU at hand")
        capability = getattr(self.trt.ComputeCapability, target.upper(), None)
        if capability is None:
            raise NotApplicable("ComputeCapability.{} is missing".format(target.upper()))
        config.num_compute_capabilities = 1
        if not config.set_compute_capability(capability, 0):
            raise CaseFailed("the builder does not take the compute capability {}".format(target))

    def quantised_type(self, recipe: str) -> Any:
        """The data type that Q/DQ goes through. Raises ``NotApplicable`` where the release lacks it."""
        return self.flag("DataType", "FP8" if recipe == "fp8-qdq" else "INT8")

    def quantise(self, tensor: Any, scale: Any, narrow: Any) -> Tuple[Any, ...]:
        """Arguments of ``add_quantize``."""
        return tensor, scale, narrow

    def dequantise(self, tensor: Any, scale: Any) -> Tuple[Any, ...]:
        """Arguments of ``add_dequantize``, back to FP32."""
        return tensor, scale, self.trt.DataType.FLOAT

    def flag(self, enum: str, name: str) -> Any:
        """A member of an enum of the module. Raises ``NotApplicable`` where the release lacks it."""
        member = getattr(getattr(self.trt, enum, None), name, None)
        if member is None:
            raise NotApplicable("{}.{} is missing".format(enum, name))
        return member

    def refuse_implicit(self, implicit: bool) -> None:
        """Implicit batch went with TensorRT 10."""
        if implicit:
            raise NotApplicable("Builder.max_batch_size is missing: networks have an explicit batch")

    def explicit_batch(self) -> int:
        """The creation flag of 8.x; from 10 on it is the only way and the flag may be gone."""
        member = getattr(self.trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH", None)
        return 0 if member is None else 1 << int(member)

    def require_calibrator(self, config: Any) -> None:
        if not hasattr(type(config), "int8_calibrator") and not hasattr(config, "int8_calibrator"):
            raise NotApplicable("IBuilderConfig.int8_calibrator is missing")
