"""The plugin route, on a stand-in that records what it is asked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.probe import network_route, plugin_library
from harness.probe.apis import choose
from harness.probe.outcome import CaseFailed, NotApplicable, NotRun
from harness.subjects.keys import Form
from harness.subjects.retinaface.make import make
from harness.subjects.spec import Making
from tests.unit.probe.definition import recorded

OPTIONS: dict[str, object] = {"backbone": "mobilenet0.25", "size": 64, "weights": "seed:3"}


class OldNetwork(recorded.Network):
    def add_plugin_v2(self, inputs: list[Any], plugin: Any) -> Any:
        return self._add("V2", *inputs, plugin=plugin)


class NewNetwork(OldNetwork):
    def add_plugin_v3(self, inputs: list[Any], shapes: list[Any], plugin: Any) -> Any:
        assert shapes == []
        return self._add("V3", *inputs, plugin=plugin)


class Registry:
    """Creators that hand back the name, the version and the fields as the plugin."""

    def __init__(self, *versions: str) -> None:
        self.versions = versions

    def get_creator(self, name: str, version: str, namespace: str) -> Any:
        def create_plugin(plugin: str, fields: Any, *phase: str) -> Any:
            return SimpleNamespace(name=plugin, version=version, fields=fields, phase=phase)

        assert namespace == ""
        return SimpleNamespace(create_plugin=create_plugin) if version in self.versions else None


def module(registry: Registry) -> Any:
    return SimpleNamespace(
        **vars(recorded.TRT),
        __version__="10.3.0",
        PluginField=lambda name, array, kind: (name, array.tolist(), kind),
        PluginFieldCollection=list,
        PluginFieldType=SimpleNamespace(INT32="int", FLOAT32="float"),
        TensorRTPhase=SimpleNamespace(BUILD="build"),
        get_plugin_registry=lambda: registry,
    )


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The plugin libraries that would have been loaded."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(plugin_library, "load", lambda sources, release: asked.append((sources, release)))
    return asked


def built(folder: Path, network: Any, registry: Registry, form: Form = Form.FP32, variant: str = "") -> Any:
    info = make(Making(folder, OPTIONS, form, network=True, variant=variant))
    paths = {name: str(folder / file) for name, file in info["files"].items()}
    case = SimpleNamespace(recipe=form.value, options=info["options"], **paths)
    desk: Any = SimpleNamespace(case=case)
    network.owner = network_route.plugin(desk, choose(module(registry))[0], network, None)
    return network


@pytest.mark.parametrize(
    ("network", "variant", "kind", "version", "phase"),
    [
        (OldNetwork, "", "V2", "1", ()),
        (NewNetwork, "", "V3", "2", ("build",)),
        (NewNetwork, "v2", "V2", "1", ()),
    ],
)
def test_the_interface_that_is_taken(
    tmp_path: Path, loaded: list[tuple[str, str]], network: Any, variant: str, kind: str, version: str, phase: Any
) -> None:
    layer = built(tmp_path, network(), Registry("1", "2"), variant=variant).layers[-1]
    plugin = layer.facts["plugin"]
    assert (layer.kind, plugin.name, plugin.version, plugin.phase) == (kind, "Decode_TRT", version, phase)
    assert loaded == [(str(tmp_path / "plugin"), "10.3.0")]
    assert (tmp_path / "plugin" / "kernel.cu").exists()


@pytest.mark.usefixtures("loaded")
def test_what_the_plugin_is_told(tmp_path: Path) -> None:
    net = built(tmp_path, OldNetwork(), Registry("1"))
    assert {name: value for name, value, _ in net.layers[-1].facts["plugin"].fields} == {
        "height": [64],
        "width": [64],
        "strides": [8, 16, 32],
        "sizes": [16, 32, 64, 128, 256, 512],
        "variances": np.array([0.1, 0.2], np.float32).tolist(),
        "threshold": np.array([0.02], np.float32).tolist(),
    }
    assert [each.name for each in net.outputs] == ["detections"]


@pytest.mark.usefixtures("loaded")
def test_boxes_come_before_classes_and_landmarks(tmp_path: Path) -> None:
    net = built(tmp_path, OldNetwork(), Registry("1"))
    inputs = [[each.name for each in tensor.of.inputs] for tensor in net.layers[-1].inputs]
    heads = ("BboxHead", "ClassHead", "LandmarkHead")
    assert inputs == [[f"{head}.{level}.conv1x1" for head in heads] for level in range(3)]


@pytest.mark.usefixtures("loaded")
def test_typed_networks_hand_fp32_to_the_plugin(tmp_path: Path) -> None:
    net = built(tmp_path, NewNetwork(), Registry("2"), Form.FP16_TYPED)
    assert [tensor.of.facts.get("to") for tensor in net.layers[-1].inputs] == [recorded.DataType.FLOAT] * 3


@pytest.mark.usefixtures("loaded")
def test_a_release_without_plugins_is_told_first(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable, match=r"INetworkDefinition.add_plugin_v2 is missing"):
        built(tmp_path, recorded.Network(), Registry())


@pytest.mark.usefixtures("loaded")
def test_a_plugin_that_is_not_registered(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed, match="Decode_TRT version 1 is not in the registry"):
        built(tmp_path, OldNetwork(), Registry("2"))


def test_a_cell_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotRun, match="cmake is not on the cell's PATH"):
        built(tmp_path / "made", OldNetwork(), Registry("1"))


def test_a_library_of_the_image_is_taken_where_its_sources_are_the_same(tmp_path: Path) -> None:
    sources, image = tmp_path / "sources", tmp_path / "image"
    for folder in (sources, image / "plugin", image / "lib"):
        folder.mkdir(parents=True)
    for folder in (sources, image / "plugin"):
        (folder / "kernel.cu").write_text("one")
    (image / "lib" / plugin_library.LIBRARY).touch()
    found = plugin_library.find_or_build(str(sources), "10.3.0", str(tmp_path / "cache"), str(image))
    assert found == str(image / "lib" / plugin_library.LIBRARY)
