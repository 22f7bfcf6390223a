from __future__ import annotations

import pytest

from harness.environments import images
from harness.errors import EnvironmentUnavailable
from tests.unit.environments.cells import docker_cell

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("source", "image", "base"),
    [
        ("ngc:24.01-py3", None, "nvcr.io/nvidia/tensorrt:24.01-py3"),
        (
            "ngc:24.01-py3",
            "mirror.example:5000/nvidia/tensorrt:24.01-py3",
            "mirror.example:5000/nvidia/tensorrt:24.01-py3",
        ),
        ("redist:debian-12", None, "python:3.11-slim-bookworm"),
        ("redist:debian-12", "team/base:7", "team/base:7"),
    ],
)
def test_base(source: str, image: str | None, base: str) -> None:
    assert images.base(docker_cell(source=source, image=image)) == base


def test_unknown_base_names_the_known_ones() -> None:
    with pytest.raises(EnvironmentUnavailable, match=r"'gentoo'.*debian-12"):
        images.base(docker_cell(source="redist:gentoo"))


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a\nRUN evil",
        "$(id)",
        "a:b:c",
        "a/UPPER",
        "-x",
        "",
        "a@sha256:12",
        "a" * 256,
        "a;b",
        "a//b",
        "a\u202e",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(EnvironmentUnavailable, match="not an image reference"):
        images.checked(text)


@pytest.mark.parametrize("text", ["a", "a/b:c", "host:5000/a/b_c:T-1.0", f"nvcr.io/nvidia/tensorrt:24.01-py3@{DIGEST}"])
def test_references(text: str) -> None:
    assert images.checked(text) == text


def test_digest_joins_and_leaves() -> None:
    pinned = images.with_digest("host:5000/a:1", DIGEST)
    assert pinned == f"host:5000/a:1@{DIGEST}"
    assert images.without_digest(pinned) == "host:5000/a:1"
    assert images.repository(pinned) == "host:5000/a"
