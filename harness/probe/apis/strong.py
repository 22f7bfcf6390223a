"""11.x and TensorRT-RTX: the model's own types are the engine's types; there is nothing to flag."""

from __future__ import annotations

from typing import Any

from .base import FLAGS, Api


class StrongApi(Api):
    generation = "11.x and TensorRT-RTX"

    def create_network(self, builder: Any, recipe: str, implicit: bool = False) -> Any:
        self.refuse_implicit(implicit)
        if recipe == "int8-calibrated":
            self.flag("IBuilderConfig", "int8_calibrator")
        if recipe in FLAGS:
            self.flag("BuilderFlag", FLAGS[recipe])
        member = getattr(self.trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
        # Where the flag is gone, strong typing is the only way there is.
        return builder.create_network(0 if member is None else 1 << int(member))

    def set_precision(self, config: Any, recipe: str) -> None:
        """The types are in the model."""
