from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.versions import Flavour, Release, Version


@pytest.mark.parametrize(("less", "more"), [("8.6.1", "10.0"), ("8.2.3", "8.6"), ("10.15.1", "10.15.1.29")])
def test_orders_by_number(less: str, more: str) -> None:
    assert Version.parse(less) < Version.parse(more)


def test_missing_parts_are_zero() -> None:
    assert Version.parse("10.3") == Version.parse("10.3.0.0")
    assert len({Version.parse("10.3"), Version.parse("10.3.0")}) == 1


@pytest.mark.parametrize(
    ("asked", "loaded", "covered"), [("8.6", "8.6.1", True), ("8.6.1", "8.6", False), ("8.6", "8.60", False)]
)
def test_covers_more_exact_forms(asked: str, loaded: str, covered: bool) -> None:
    assert Version.parse(asked).covers(Version.parse(loaded)) is covered


@pytest.mark.parametrize("text", ["", "8.6.1-rc", "8..6", "8.6.1.2.3", "٨.٦", "8.6\n"])
def test_refuses_what_is_no_version(text: str) -> None:
    with pytest.raises(UsageError, match="is not one to four numbers"):
        Version.parse(text)


def test_release_reads_and_writes_both_flavours() -> None:
    assert str(Release.parse("8.6.1")) == "tensorrt 8.6.1"
    assert Release.parse("tensorrt-rtx 1.7.1") == Release(Flavour.TENSORRT_RTX, Version.parse("1.7.1"))
