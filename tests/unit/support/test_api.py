from __future__ import annotations

import pytest

from harness.support import api
from harness.versions import Release, Version


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
