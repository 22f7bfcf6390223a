"""The probe's adapters against what each release's API has: an unguarded name that a release lacks fails here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.api.check import check
from harness.api.judge import Level
from harness.api.signatures import accepts
from harness.matrix.cell import Recipe, Route
from harness.probe import __file__ as probe
from harness.probe.apis import choose
from harness.probe.outcome import NotApplicable
from harness.support import api
from harness.support.surfaces import Surface, load
from harness.versions import Release

_NEEDS = {
    "fp16-flag": ["fp16-flag"],
    "bf16-flag": ["bf16-flag"],
    "int8-calibrated": ["int8-calibrator"],
    "fp16-typed": ["strongly-typed"],
    "bf16-typed": ["strongly-typed"],
    "fp8-qdq": ["strongly-typed"],
}


class Place:
    """A module, class or object of a release: has what the surface has, under the same name."""

    surface: Surface
    name: str

    def __init__(self, surface: Surface, name: str) -> None:
        vars(self).update(surface=surface, name=name)

    def __getattr__(self, member: str) -> Place:
        full = f"{self.name}.{member}" if self.name else member
        if member.startswith("__") or not self.surface.has(full):
            raise AttributeError(f"{self.surface.release} has no {full}")
        return Place(self.surface, full)

    def __setattr__(self, member: str, value: object) -> None:
        getattr(self, member)

    def __call__(self, *arguments: object) -> bool:
        assert accepts(self.surface.signature(self.name), len(arguments), frozenset()), f"{self.name}{arguments}"
        return True

    def __int__(self) -> int:
        return 0


def outcome(adapter: Any, trt: Place, recipe: str) -> str:
    """The reason for which a recipe is not applicable; empty where all names that it uses are there."""
    config = Place(trt.surface, "IBuilderConfig")
    try:
        adapter.create_network(Place(trt.surface, "Builder"), recipe)
        adapter.set_precision(config, recipe)
    except NotApplicable as reason:
        return str(reason)
    return ""


RELEASES = [one for known in load().releases.values() for one in known]


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_adapters_use_only_what_the_release_has(release: Release) -> None:
    trt = Place(load().surface(release), "")
    adapter, _ = choose(trt)
    for recipe in Recipe:
        lacking = outcome(adapter, trt, recipe.value)
        absent = [reason for name in _NEEDS.get(recipe.value, []) if (reason := api.absence(release, name))]
        assert bool(lacking) is bool(absent), f"{recipe}: the probe says {lacking!r}, preflight {absent}"


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_targets_and_quantised_types_are_those_of_the_release(release: Release) -> None:
    surface = load().surface(release)
    trt = Place(surface, "")
    adapter, _ = choose(trt)
    network = Place(surface, "INetworkDefinition")
    tensor: Any = object()
    if surface.has("IBuilderConfig.set_compute_capability"):
        adapter.set_target(Place(surface, "IBuilderConfig"), "sm86")
    else:
        with pytest.raises(NotApplicable):
            adapter.set_target(Place(surface, "IBuilderConfig"), "sm86")
    assert network.add_quantize(*adapter.quantise(tensor, tensor, adapter.quantised_type("int8-qdq")))
    assert network.add_dequantize(*adapter.dequantise(tensor, tensor))


def test_a_name_that_the_release_lacks_is_caught() -> None:
    with pytest.raises(AttributeError, match=r"has no Builder\.build_engine"):
        Place(load().surface(Release.parse("11.4")), "Builder").build_engine()


@pytest.mark.parametrize("route", list(Route))
def test_routes_exist_where_preflight_says_so(route: Route) -> None:
    name = {Route.ONNX: "onnx-parser", Route.HOST_DECODE: "network", Route.PLUGIN: "plugin-v2"}[route]
    member = {Route.ONNX: "OnnxParser", Route.HOST_DECODE: "INetworkDefinition.add_scale"}.get(
        route, "INetworkDefinition.add_plugin_v2"
    )
    for release in RELEASES:
        assert load().surface(release).has(member) is api.has(release, name), release


def test_the_rest_of_the_probe_is_guarded_against_every_release() -> None:
    """The adapters are held above: they are chosen by what a release has, which no guard in them shows."""
    probe_files = [file for file in Path(probe).parent.rglob("*.py") if file.parent.name != "apis"]
    found = [one for one in check(probe_files, RELEASES, None).findings if one.level is not Level.DEPRECATED]
    # TensorRT-RTX has no plugins, and the plugin's own file says so.
    unguarded = [one for one in found if (Path(one.file).name, one.symbol) != ("decode_plugin.py", "__version__")]
    assert not unguarded, "\n".join(f"{one.file}:{one.line}: {one.message}" for one in unguarded)
