"""Registries of older releases, as stand-ins: a module of Python's takes the user's library's place."""

from __future__ import annotations

import _ctypes
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.probe import user_plugins
from harness.probe.apis.base import Api
from harness.probe.child import Desk
from harness.probe.outcome import CaseFailed, NotApplicable

LIBRARY = str(_ctypes.__file__)
V2 = SimpleNamespace(add_plugin_v2=None)


class Registry:
    """Creators that are there already, and one that ``load_library`` brings."""

    def __init__(self) -> None:
        self.plugin_creator_list = [creator("Old")]


class NewerRegistry(Registry):
    def load_library(self, _path: str) -> object:
        self.plugin_creator_list.append(creator("New"))
        return object()


class RefusingRegistry(Registry):
    def load_library(self, _path: str) -> None:
        return None


def creator(name: str) -> Any:
    return SimpleNamespace(name=name, plugin_version="1", plugin_namespace="")


class Events:
    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def write(self, event: str, **fields: Any) -> None:
        self.told.append({"event": event, **fields})


def prepared(registry: Any, network: Any = V2, **options: Any) -> list[dict[str, Any]]:
    trt = SimpleNamespace(get_plugin_registry=lambda: registry)
    events = Events()
    desk = cast("Desk", SimpleNamespace(case=SimpleNamespace(options=options), events=events))
    user_plugins.prepare(desk, Api(trt), network, None)
    return events.told


@pytest.fixture
def by_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that the library exports stands for ``getPluginCreators``."""
    monkeypatch.setattr(user_plugins, "_ENTRIES", ("PyInit__ctypes",))


def test_without_plugins_nothing_is_touched() -> None:
    assert prepared(None) == []


@pytest.mark.usefixtures("by_function")
def test_the_registry_fetches_what_did_not_register_itself() -> None:
    (event,) = prepared(NewerRegistry(), plugins=[LIBRARY])
    assert event["way"] == "IPluginRegistry.load_library"
    assert event["creators"] == [{"name": "New", "version": "1", "namespace": ""}]


@pytest.mark.usefixtures("by_function")
@pytest.mark.parametrize(
    ("registry", "error", "words"),
    [
        (Registry(), NotApplicable, r"IPluginRegistry\.load_library is missing"),
        (RefusingRegistry(), CaseFailed, "the registry did not take it"),
    ],
)
def test_a_registry_that_cannot_or_does_not(registry: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        prepared(registry, plugins=[LIBRARY])


@pytest.mark.usefixtures("by_function")
def test_a_network_that_takes_no_plugin() -> None:
    with pytest.raises(NotApplicable, match=r"INetworkDefinition\.add_plugin_v3 is missing"):
        prepared(NewerRegistry(), SimpleNamespace(), plugins=[LIBRARY])


def test_standard_plugins_of_a_release_that_fails_to_start_them(capsys: pytest.CaptureFixture[str]) -> None:
    def start(_logger: object, _namespace: str) -> bool:
        raise RuntimeError("libnvinfer_plugin.so is not there")

    trt = SimpleNamespace(get_plugin_registry=Registry, init_libnvinfer_plugins=start)
    events = Events()
    case = SimpleNamespace(options={"unknown_operators": ["EfficientNMS_TRT"]})
    user_plugins.prepare(cast("Desk", SimpleNamespace(case=case, events=events)), Api(trt), V2, None)
    assert events.told == [{"event": "standard-plugins", "done": False, "creators": 0}]
    assert "libnvinfer_plugin.so is not there" in capsys.readouterr().out
