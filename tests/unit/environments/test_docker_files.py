from __future__ import annotations

import dataclasses

import pytest

from harness.environments import dockerfile, software
from harness.environments.dockerfile import Recipe
from harness.errors import EnvironmentUnavailable
from tests.unit.environments.cells import docker_cell

RTX = ("1.5.0", "1.6.1", "1.7.1")


def built(source: str = "redist:debian-12", release: str = "tensorrt-rtx 1.7.1", **more: str) -> Recipe:
    return dockerfile.software(software.of(docker_cell(release, source, **more)))


@pytest.mark.parametrize(
    ("source", "release"), [("redist:debian-12", "tensorrt-rtx 1.7.1"), ("ngc:24.01-py3", "8.6.1")]
)
def test_no_value_of_the_matrix_stands_in_the_text(source: str, release: str) -> None:
    recipe = built(source, release)
    assert not [value for _, value in recipe.arguments if value in recipe.text]
    assert {name for name, _ in recipe.arguments} == {"BASE", "PYTHON_VERSION"}


def test_the_same_inputs_give_the_same_key() -> None:
    assert built().key == built().key
    assert built().text == built().text


@pytest.mark.parametrize("release", RTX)
def test_releases_differ_in_their_key_alone(release: str) -> None:
    first, other = built(), built(release=f"tensorrt-rtx {release}")
    assert first.text == other.text
    assert (first.key == other.key) == (release == "1.7.1")


def test_cells_of_the_same_software_share_an_image() -> None:
    assert built(cuda="12.0").tag == built(cuda="12.9").tag
    assert built(cuda="13.0").tag != built(cuda="12.9").tag


def test_a_moved_base_is_another_image() -> None:
    wanted = software.of(docker_cell())
    assert dockerfile.software(wanted, "sha256:1").key != dockerfile.software(wanted, "sha256:2").key


def test_a_base_named_by_digest_is_known_without_a_daemon() -> None:
    wanted = software.of(docker_cell(image=f"python:3.11-slim-bookworm@sha256:{'1' * 64}"))
    assert dockerfile.software(wanted, "sha256:1").tag == dockerfile.software(wanted).tag


def test_a_changed_probe_leaves_the_software_alone() -> None:
    big = built()
    first, second = (dockerfile.cell(big, digest) for digest in ("1" * 64, "2" * 64))
    assert first.key != second.key
    assert first.arguments == second.arguments == (("SOFTWARE", big.tag),)
    assert first.text.count("COPY") == 1


@pytest.mark.parametrize("value", ["3.11\nRUN x", "3.11 x", "$(id)", "`id`", "'", '"', "", "ä"])
def test_build_arguments_are_validated(value: str) -> None:
    wanted = dataclasses.replace(software.of(docker_cell()), python=value)
    with pytest.raises(EnvironmentUnavailable, match="PYTHON_VERSION"):
        dockerfile.software(wanted)


def test_what_compiles_has_layers_of_its_own() -> None:
    text = built("ngc:24.01-py3", "8.6.1").text
    copies = [line for line in text.splitlines() if line.startswith("COPY")]
    assert [line.split()[1] for line in copies] == ["tools/", "build/", "site/", "pycuda/", "plugin/"]
    assert "plugin" not in built().text


def test_changed_sources_are_another_image() -> None:
    wanted = software.of(docker_cell("8.6.1", "ngc:24.01-py3"))
    assert dockerfile.software(wanted).key != dockerfile.software(dataclasses.replace(wanted, plugin="ab")).key


def test_an_image_without_pycuda_is_one_of_its_own() -> None:
    wanted = software.of(docker_cell("8.6.1", "ngc:24.01-py3"))
    bare = software.without_pycuda(wanted)
    assert "pycuda" not in dockerfile.software(bare).text
    assert dockerfile.software(wanted).tag != dockerfile.software(bare).tag
    assert "pytools" not in bare.packages


@pytest.mark.parametrize(
    ("python", "version"), [("3.8", "2024.1.2"), ("3.10", "2026.1"), ("3.12", "2026.1"), ("3.6", "")]
)
def test_sources_follow_the_python_of_the_image(python: str, version: str) -> None:
    found = software.of(docker_cell("8.6.1", "ngc:23.04-py3", python=python)).pycuda
    assert (found.version if found else "") == version


@pytest.mark.parametrize(("python", "numpy"), [("3.8", "1.24.4"), ("3.11", "1.26.4"), ("3.13", "2.5.5")])
def test_wheels_follow_the_python_of_the_image(python: str, numpy: str) -> None:
    wanted = software.of(docker_cell("8.6.1", "ngc:23.04-py3", python=python))
    assert wanted.packages["numpy"] == numpy
    assert ("tomli" in wanted.packages) == (python == "3.8")


def test_an_unknown_release_names_the_known_ones() -> None:
    with pytest.raises(EnvironmentUnavailable, match=r"8\.4\.3.*8\.6\.1, 10\.6\.0, 10\.15\.1"):
        software.of(docker_cell("8.4.3"))
