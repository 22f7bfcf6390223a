"""10.x: both worlds. Typed and quantised models are built strongly typed, flags stay what they were."""

from __future__ import annotations

from typing import Any

from .base import FLAGS, STRONG_RECIPES, Api


class TransitionalApi(Api):
    generation = "10.x"

    def create_network(self, builder: Any, recipe: str, implicit: bool = False) -> Any:
        self.refuse_implicit(implicit)
        flags = self.explicit_batch()
        if recipe in STRONG_RECIPES:
            flags |= 1 << int(self.flag("NetworkDefinitionCreationFlag", "STRONGLY_TYPED"))
        return builder.create_network(flags)

    def set_precision(self, config: Any, recipe: str) -> None:
        name = FLAGS.get(recipe)
        if name is not None:
            config.set_flag(self.flag("BuilderFlag", name))
        if recipe == "int8-calibrated":
            self.require_calibrator(config)
