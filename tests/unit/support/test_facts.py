from __future__ import annotations

import json

import pytest

from harness.support import facts
from harness.versions import Flavour, Release, Version


def described(text: str) -> facts.ReleaseFacts:
    found = facts.describe(Release.parse(text))
    assert found is not None
    return found


def test_every_release_is_one_of_its_kind_and_has_a_source() -> None:
    names = [(row.flavour, row.version) for row in facts.releases()]
    assert len(set(names)) == len(names) >= 50
    for row in facts.releases():
        assert row.sources["release"], row.version
        assert row.cuda, row.version
        assert set(row.confidence.values()) <= {"sourced", "inferred"}


def test_every_field_of_an_image_has_a_confidence_and_a_source() -> None:
    for image in facts.images().values():
        for field in ("tensorrt", "cuda", "ubuntu", "python", "driver"):
            if getattr(image, field):
                assert image.confidence[field] in ("sourced", "inferred", "hint"), (image.tag, field)
                assert all(facts.image_sources(image, field)), (image.tag, field)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("8.6.1", "8.6.1"), ("8.6", "8.6.3"), ("8.6.1.6", "8.6.1"), ("10.14", "10.14.1"), ("tensorrt-rtx 1.7", "1.7.1")],
)
def test_a_release_is_found_by_a_shorter_or_longer_version(asked: str, found: str) -> None:
    assert described(asked).version == found


@pytest.mark.parametrize("asked", ["8.6.9", "12.0", "tensorrt-rtx 8.6.1", "1.7.1"])
def test_an_unknown_release_is_none(asked: str) -> None:
    assert facts.describe(Release.parse(asked)) is None


@pytest.mark.parametrize(
    ("release", "capability", "supported"),
    [
        ("8.4.3", "8.6", True),
        ("8.4.3", "8.9", False),
        ("8.5.1", "8.9", True),
        ("8.6.1", "6.1", True),
        ("10.0.1", "6.1", False),
        ("10.4.0", "7.0", True),
        ("10.5.0", "7.0", False),
        ("10.7.0", "12.0", False),
        ("10.8.0", "12.0", True),
        ("tensorrt-rtx 1.7.1", "8.6", True),
        ("tensorrt-rtx 1.7.1", "9.0", False),
        ("tensorrt-rtx 1.4.0", "12.1", False),
    ],
)
def test_gpu_architectures(release: str, capability: str, supported: bool) -> None:
    assert described(release).supports_sm(capability) is supported


def test_the_six_cells_have_builds_and_bindings() -> None:
    for version, cuda in (("1.5.0", "13.3"), ("1.6.1", "13.4"), ("1.7.1", "13.4")):
        row = described(f"tensorrt-rtx {version}")
        assert row.cuda == ["12.9", cuda]
        assert Version.parse(row.python[1]) >= Version.parse("3.13")


def test_the_newest_image_that_fits_is_taken() -> None:
    image = facts.image_for(Release.parse("8.6.1"), None, None)
    assert image is not None
    assert image.tag == "24.01-py3"
    assert facts.image_for(Release.parse("8.6.1"), "10.0", None) is None


def test_no_image_carries_tensorrt_rtx() -> None:
    assert facts.image_for(Release(Flavour.TENSORRT_RTX, Version.parse("1.7.1")), None, None) is None


@pytest.mark.parametrize(("cuda", "driver"), [("11.8", "450.80.02"), ("12.9", "525"), ("13.4", "580"), ("99.0", "")])
def test_drivers_by_family(cuda: str, driver: str) -> None:
    assert facts.family_driver(cuda) == driver


def test_spans_are_ordered_by_number() -> None:
    assert facts.span(["11.8", "9.2", "10.0"]) == "9.2 to 11.8"
    assert facts.span(["12.9"]) == "12.9"


@pytest.mark.parametrize("name", ["releases", "images", "drivers", "api"])
def test_data_says_what_it_is(name: str) -> None:
    assert json.loads((facts.DATA / f"{name}.json").read_text(encoding="utf-8"))["about"]
