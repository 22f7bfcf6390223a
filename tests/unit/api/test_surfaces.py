from __future__ import annotations

from pathlib import Path

import pytest

from harness.api.compile import build, facts_of, merge, write
from harness.errors import InputError, UsageError
from harness.support.surfaces import FOLDER, Data, Language, Source, Surfaces, load, read, surface
from harness.versions import Flavour, Release


def source(version: str) -> Source:
    return Source("tensorrt", version, f"{version}.9", f"x-{version}.whl", "0" * 64, "stand-in")


def made() -> Data:
    layer = {"ILayer": ("class", "", None), "ILayer.name": ("property", "str", None)}
    conv = {"IConv": ("class", "ILayer", None), "IConv.pad": ("method", "(self, n: int) -> None", None)}
    first = {**layer, **conv, "ILayer.precision": ("property", "DataType", None)}
    second = {**layer, **conv, "ILayer.precision": ("property", "DataType", "9.5")}
    return build(
        Language.PYTHON, [(source("10.0"), {**layer, **conv}), (source("8.6.1"), first), (source("9.5"), second)]
    )


def test_shipped_data_know_when_int8_calibration_went() -> None:
    surfaces = load()
    assert str(surfaces.since("IBuilderConfig.int8_calibrator")) == "tensorrt 8.6.1"
    assert str(surfaces.gone_from("IBuilderConfig.int8_calibrator")) == "tensorrt 11.0.0"
    assert surfaces.since("IBuilderConfig.int8_calibrator", Flavour.TENSORRT_RTX) is None


@pytest.mark.parametrize(
    ("release", "name", "has"),
    [
        ("8.6.1", "Builder.build_engine", True),
        ("10.0.1", "Builder.build_engine", False),
        ("10.6", "Builder.build_engine_with_config", True),
        ("10.16", "BuilderFlag.FP16", True),
        ("11", "BuilderFlag.FP16", False),
        ("10.12", "IConvolutionLayer.precision", True),
        ("11.4", "INetworkDefinition.add_plugin_v2", True),
        ("tensorrt-rtx 1.7", "BuilderFlag.FP16", False),
        ("11.4", "Logger.Severity.ERROR", True),
    ],
)
def test_shipped_data_answer_for_releases(release: str, name: str, has: bool) -> None:
    assert surface(Release.parse(release)).has(name) is has


def test_a_name_can_come_back() -> None:
    (span,) = load().life("Builder.build_engine_with_config")
    assert (str(span.first), span.until) == ("tensorrt 10.6.0", None)


def test_inherited_members_live_as_long_as_their_base_has_them() -> None:
    surfaces = Surfaces(made())
    assert str(surfaces.gone_from("IConv.precision")) == "tensorrt 10.0"
    assert surfaces.surface(Release.parse("9.5")).deprecated("IConv.precision") == "9.5"
    assert surfaces.surface(Release.parse("10.0")).members("IConv") == {"name", "pad"}


@pytest.mark.parametrize("name", ["IConv.pad", "nvinfer1::IConv::pad()", "trt.IConv.pad", " tensorrt.IConv.pad "])
def test_names_are_taken_as_people_write_them(name: str) -> None:
    assert Surfaces(made()).surface(Release.parse("9.5")).has(name)


def test_a_release_is_found_by_less_and_by_more_digits() -> None:
    surfaces = load()
    assert str(surfaces.surface(Release.parse("10.13")).release) == "tensorrt 10.13.3"
    assert str(surfaces.surface(Release.parse("10.15.1.29")).release) == "tensorrt 10.15.1"
    assert surfaces.find(Release.parse("9.0")) is None


def test_an_unknown_release_names_its_neighbours() -> None:
    with pytest.raises(UsageError, match=r"nearest known are 8\.6\.1 and 10\.0\.1"):
        load().surface(Release.parse("9.0"))


def test_every_source_names_its_wheel_and_hash() -> None:
    for one in load().data.releases:
        assert len(one.sha256) == 64
        assert one.build in one.origin


def test_writing_and_reading_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "python.json"
    write(made(), path)
    assert read(path) == made()


def test_merging_a_release_again_changes_nothing() -> None:
    data = made()
    found = Surfaces(data).surface(Release.parse("9.5"))
    assert merge(data, [(found.source, facts_of(found))]) == data


def test_merging_replaces_what_was_walked_before() -> None:
    data = merge(made(), [(source("9.5"), {"Other": ("class", "", None)})])
    assert list(Surfaces(data).surface(Release.parse("9.5")).names()) == ["Other"]


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', "[]"])
def test_damaged_data_are_said_to_be_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "python.json"
    path.write_text(text)
    with pytest.raises(InputError, match="cannot be read"):
        read(path)


def test_data_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000


@pytest.mark.parametrize("language", list(Language))
def test_no_shipped_class_is_its_own_base(language: Language) -> None:
    surfaces = load(language)
    lives = {name: surfaces.mask(name) for name in surfaces.data.symbols}  # endless where a class is its own base
    assert all(lives.values())


def test_the_second_version_of_an_interface_adds_to_the_first() -> None:
    newest = surface(Release.parse("11.4"), Language.CPP)
    assert newest.has("IPluginV3OneBuildV2.getAliasedInput")
    assert newest.has("IPluginV3OneBuildV2.configurePlugin")
    assert not newest.has("IPluginV3OneBuild.getAliasedInput")
