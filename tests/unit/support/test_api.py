from __future__ import annotations

import msgspec
import pytest

from harness.support import api, surfaces
from harness.versions import Flavour, Release, Version


@pytest.mark.parametrize(
    ("release", "feature", "words"),
    [
        ("10.16.1", "int8-calibrator", ""),
        ("11.0", "int8-calibrator", "IBuilderConfig.int8_calibrator was removed in TensorRT 11"),
        ("11.4.0", "fp16-flag", "BuilderFlag.FP16 was removed in TensorRT 11"),
        ("8.6.1", "strongly-typed", "NetworkDefinitionCreationFlag.STRONGLY_TYPED came with TensorRT 9.1"),
        ("7.2.3", "quantize", "INetworkDefinition.add_quantize came with TensorRT 8"),
        ("8.6.1", "implicit-batch", ""),
        ("10.0.1", "implicit-batch", "Builder.max_batch_size was removed in TensorRT 10"),
        ("tensorrt-rtx 1.7.1", "plugin-v2", "TensorRT-RTX has no INetworkDefinition.add_plugin_v2"),
        ("tensorrt-rtx 1.7.1", "strongly-typed", ""),
        ("11.4.0", "plugin-v2", ""),
        ("tensorrt-rtx 1.4.0", "fp16-flag", ""),
        ("tensorrt-rtx 1.5.0", "fp16-flag", "TensorRT-RTX has no BuilderFlag.FP16"),
        ("8.6.1", "fp8", "DataType.FP8 came with TensorRT 9.1"),
        ("11.99", "fp16-flag", "BuilderFlag.FP16 was removed in TensorRT 11"),
        ("11.4.0", "target-without-gpu", "TensorRT has no IBuilderConfig.set_compute_capability"),
    ],
)
def test_what_a_release_lacks(release: str, feature: str, words: str) -> None:
    assert api.absence(Release.parse(release), feature) == words
    assert api.has(Release.parse(release), feature) is (not words)


def test_every_life_is_in_order_and_sourced() -> None:
    for feature in api.features().values():
        stations = [version for version in (feature.first_in, feature.deprecated_in, feature.gone_from) if version]
        assert stations == sorted(stations, key=Version.parse), feature.name
        assert all(feature.sources), feature.name


@pytest.mark.parametrize("release", [one for known in surfaces.load().releases.values() for one in known], ids=str)
def test_facts_kept_by_hand_agree_with_the_surfaces(release: Release) -> None:
    surface = surfaces.surface(release)
    for feature in api.features().values():
        assert surfaces.load().life(feature.api) or surfaces.load().life(feature.api, Flavour.TENSORRT_RTX), feature.api
        declared = msgspec.structs.replace(feature, first_in=feature.declared_in or feature.first_in)
        assert bool(api.recorded_absence(declared, release)) is not surface.has(feature.api), feature.name


@pytest.mark.parametrize(
    ("release", "recorded", "words"),
    [
        ("11.4.0", {"gone_from": ""}, "BuilderFlag.FP16 was removed in TensorRT 11.0.0"),
        ("tensorrt-rtx 1.7.1", {"rtx_gone_from": ""}, "TensorRT-RTX has no BuilderFlag.FP16"),
        ("10.3.0", {"first_in": "10.4"}, ""),
    ],
)
def test_surfaces_overrule_what_is_kept_by_hand(
    monkeypatch: pytest.MonkeyPatch, release: str, recorded: dict[str, str], words: str
) -> None:
    wrong = msgspec.structs.replace(api.features()["fp16-flag"], **recorded)
    monkeypatch.setattr(api, "features", lambda: {"fp16-flag": wrong})
    assert api.absence(Release.parse(release), "fp16-flag") == words
