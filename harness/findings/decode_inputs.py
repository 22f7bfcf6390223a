"""The tensors that enter RetinaFace's Decode plugin, for the static verdict on their INT8 scales."""

from __future__ import annotations

from collections.abc import Collection

from harness.findings.scale_static import Layer, PluginInput, plugin_inputs
from harness.matrix.cell import Recipe, Route

_PLUGIN = "Decode_TRT"


def decode_inputs(route: Route, recipe: Recipe, variant: Collection[str] = ()) -> list[PluginInput]:
    """Boxes, classes and landmarks of each level side by side, as the network-definition route joins them.

    Both backbones have the same heads. With explicit Q/DQ the plugin reads FP32, so nothing can lack a scale.
    ``variant``: the words of the case's variant; ``apart`` puts an identity before the joint.
    """
    if route is not Route.PLUGIN or recipe is not Recipe.INT8_CALIBRATED:
        return []
    # Imported late: few runs have such a case.
    from harness.subjects.retinaface.architecture import Backbone, network

    levels = list(zip(*network(Backbone.MOBILENET).heads.values(), strict=True))
    joined = [f"decode/input{level}" for level in range(len(levels))]
    layers = [Layer(name, "Convolution", (), (name,)) for maps in levels for name in maps]
    if "apart" in variant:
        layers += [Layer(f"{name}/apart", "Identity", (name,), (f"{name}/apart",)) for maps in levels for name in maps]
        levels = [tuple(f"{name}/apart" for name in maps) for maps in levels]
    layers += [Layer(name, "Concat", maps, (name,)) for name, maps in zip(joined, levels, strict=True)]
    layers.append(Layer("decode", _PLUGIN, tuple(joined), ("detections",)))
    return plugin_inputs(layers, {_PLUGIN}, ranges=(), calibrated=True)
