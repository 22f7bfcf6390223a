"""Before any build: which tensor would enter which plugin without exactly one INT8 scale.

TensorRT asks each input of a plugin for its one scale when it builds for INT8 (the assertion that
``plugin-scale-assert`` knows). Seen on 8.6.1: convolutions of one tensor are merged, the concatenation behind them is
dropped, and what enters the plugin has a scale for each. With a layer between them it has one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from harness.evidence.records import EvidencePlace, Finding, Severity
from harness.findings.rules import by_id
from harness.matrix.cell import Recipe, Route

RULE = "plugin-scale-assert"
_INT8 = (Recipe.INT8_CALIBRATED, Recipe.INT8_QDQ)


@dataclass(frozen=True, slots=True)
class PluginInput:
    """A tensor that enters a plugin. ``scales`` is how many INT8 scales the recipe gives it."""

    plugin: str
    tensor: str
    scales: int


@dataclass(frozen=True, slots=True)
class Layer:
    """An operation of a network: names of what it reads and makes."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def plugin_inputs(
    layers: Sequence[Layer], plugins: Collection[str], ranges: Collection[str], calibrated: bool
) -> list[PluginInput]:
    """Inputs of layers whose kind is in ``plugins``, each with the number of its scales.

    ``ranges``: tensors with a dynamic range set; ``calibrated``: a calibrator runs, which gives a scale to what
    convolutions and activations make, not to constants.
    """
    makers = {output: layer for layer in layers for output in layer.outputs}
    return [
        PluginInput(layer.name, tensor, _scales(tensor, makers, ranges, calibrated))
        for layer in layers
        if layer.kind in plugins
        for tensor in layer.inputs
        if tensor
    ]


def _scales(tensor: str, makers: Mapping[str, Layer], ranges: Collection[str], calibrated: bool) -> int:
    maker = makers.get(tensor)
    if maker is not None and maker.kind == "Concat" and (calibrated or tensor in ranges):
        return 1 if all(_stands_apart(makers.get(each)) for each in maker.inputs) else len(maker.inputs)
    if tensor in ranges:
        return 1
    if maker is None or not calibrated:
        return 0
    return 0 if maker.kind in ("Constant", "Shape") else 1


def _stands_apart(maker: Layer | None) -> bool:
    """Seen to keep the builder from dropping the concatenation's own scale."""
    return maker is not None and maker.kind == "Identity"


def predicted(inputs: Sequence[PluginInput], route: Route, recipe: Recipe) -> Finding | None:
    """The finding for a case that has not run, or nothing where no plugin is in danger."""
    if recipe not in _INT8 or route is not Route.PLUGIN:
        return None
    wrong = [given for given in inputs if given.scales != 1]
    if not wrong:
        return None
    rule = by_id()[RULE]
    return Finding(
        rule=RULE,
        title=rule.title,
        severity=Severity.FATAL,
        facts={
            "plugin": [*sorted({given.plugin for given in wrong})],
            "tensor": [given.tensor for given in wrong],
            "scales": [given.scales for given in wrong],
        },
        evidence=[EvidencePlace(file="network", text=f"{given.tensor} enters {given.plugin}") for given in wrong],
        explanation=f"Predicted from network and recipe, nothing was built. {rule.explanation}",
        predicted=True,
    )
