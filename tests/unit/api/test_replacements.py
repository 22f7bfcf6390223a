from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from harness.support.replacements import _matches, _raw, all_replacements, replacement, topic
from harness.support.surfaces import Language, load
from harness.versions import Flavour


def test_every_replacement_lives_in_the_newest_release() -> None:
    surfaces = load()
    newest = surfaces.surface(surfaces.releases[Flavour.TENSORRT][-1])
    needed = {name for one in all_replacements(Language.PYTHON) for name in one.needs}
    assert len(needed) > 50
    assert not [name for name in needed if not newest.has(name)]


def test_every_replacement_has_a_source() -> None:
    assert all(one.source and one.use for language in Language for one in all_replacements(language))


def test_an_exact_name_wins_over_a_pattern() -> None:
    found = replacement("IExecutionContext.execute_async_v2")
    assert found is not None
    assert "execute_async_v3" in found.use


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Builder.build_engine", "building"),
        ("BuilderFlag.FP16", "precision"),
        ("IInt8EntropyCalibrator2", "int8"),
        ("INetworkDefinition.add_plugin_v2", "plugins"),
        ("ICudaEngine.num_bindings", "bindings"),
        ("IExecutionContext.execute_async_v2", "execution"),
        ("INetworkDefinition.add_convolution", "network"),
        ("UffParser", "parsers"),
        ("volume", "other"),
    ],
)
def test_names_have_topics(name: str, expected: str) -> None:
    assert topic(name) == expected


def test_patterns_match_as_the_shell_would() -> None:
    patterns = {name for one in _raw().replacements for name in (*one.gone, *one.cpp)}
    patterns |= {pattern for _, listed in _raw().topics for pattern in listed}
    assert not [pattern for pattern in patterns if set("?[") & set(pattern)]
    names = ["ITensor.dynamic_range", "BuilderFlag.FP16", "fp8", "", "IPluginV2IOExt", *patterns]
    for pattern in patterns:
        assert [_matches(name, pattern.split("*")) for name in names] == [fnmatchcase(name, pattern) for name in names]
