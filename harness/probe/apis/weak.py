"""8.x: precision is asked for by flags, and the builder chooses layer by layer."""

from __future__ import annotations

from typing import Any, Tuple

from .base import FLAGS, Api


class WeakApi(Api):
    generation = "8.x"

    def create_network(self, builder: Any, recipe: str, implicit: bool = False) -> Any:
        if recipe in ("fp16-typed", "bf16-typed", "fp8-qdq"):
            self.flag("NetworkDefinitionCreationFlag", "STRONGLY_TYPED")
        return builder.create_network(0 if implicit else self.explicit_batch())

    def set_precision(self, config: Any, recipe: str) -> None:
        # An explicitly quantised network (Q/DQ) is built as such only with the INT8 flag set.
        name = "INT8" if recipe == "int8-qdq" else FLAGS.get(recipe)
        if name is not None:
            config.set_flag(self.flag("BuilderFlag", name))
        if recipe == "int8-calibrated":
            self.require_calibrator(config)

    def quantise(self, tensor: Any, scale: Any, _narrow: Any) -> Tuple[Any, ...]:
        """There is one quantised type, so it is not named."""
        return tensor, scale

    def dequantise(self, tensor: Any, scale: Any) -> Tuple[Any, ...]:
        return tensor, scale
