from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import ConfigError
from harness.matrix.cell import Cell
from harness.matrix.matrix import Matrix

Expanded = Callable[[str], Matrix]


def grid(environment: str, row: str, flavour: str = "tensorrt") -> str:
    return f"grids:\n  - flavour: {flavour}\n    environment: {environment}\n    include:\n      - {{{row}}}\n"


def only(matrix: Matrix) -> Cell:
    (one,) = matrix.cells
    return one.cell


def test_an_image_fills_in_what_it_carries(expanded: Expanded) -> None:
    cell = only(expanded(grid("docker", 'version: "8.6.1", source: "ngc:24.01-py3"')))
    assert (cell.id, cell.python, cell.image) == ("trt8.6.1-cuda12.3-ubuntu22.04", "3.10", None)


def test_the_image_is_found_by_release_cuda_and_ubuntu(expanded: Expanded) -> None:
    cell = only(expanded(grid("docker", 'version: "8.6.1", cuda: "12.1", ubuntu: "20.04"')))
    assert cell.source == "ngc:23.04-py3"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            'version: "8.6.1", cuda: "12.3", ubuntu: "20.04", source: "ngc:24.01-py3"',
            ":6:50: image 24.01-py3 carries Ubuntu 22.04, not Ubuntu 20.04",
        ),
        (
            'version: "8.6.1", cuda: "12.0", source: "ngc:24.01-py3"',
            ":6:34: image 24.01-py3 carries CUDA 12.3, not CUDA 12.0",
        ),
        (
            'version: "8.5.3", source: "ngc:24.01-py3"',
            ":6:19: image 24.01-py3 carries TensorRT 8.6.1.6, not tensorrt 8.5.3",
        ),
        ('version: "8.6.7", cuda: "12.0"', ":6:19: tensorrt 8.6.7 is not a known release; the nearest is 8.6"),
        ('version: "8.6.1", source: "ngc:23.13-py3"', "NGC image 23.13-py3 is not known; the nearest is 23.12-py3"),
        ('version: "8.6.1", source: wheels', "'wheels' does not fit a docker cell"),
        ('version: "8.6.1", cuda: "10.2"', "no NGC image is known to carry tensorrt 8.6.1 on this CUDA and Ubuntu"),
        ('version: "8.6.1", source: "redist:debian-12"', "cuda is missing for this cell"),
        ('cuda: "12.0"', ":6:9: version is missing for this cell"),
        (
            'version: "8.6.1", cuda: "12.0", ubuntu: "20.04", source: "redist:ubuntu-22.04"',
            "the base is ubuntu-22.04, not Ubuntu 20.04",
        ),
        ('version: "8.6.1", source: "ngc:24.01-py3", targets: [sm86]', "TensorRT builds only for the GPU at hand"),
        ('version: "8.6.1", source: "ngc:24.01-py3", targets: [device, device]', "target device stands twice"),
    ],
)
def test_contradictions_are_refused_where_they_stand(expanded: Expanded, row: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        expanded(grid("docker", row))
    assert words in str(caught.value)


def test_a_weak_fact_is_a_note_not_a_refusal(expanded: Expanded) -> None:
    matrix = expanded(grid("docker", 'version: "10.1.0", source: "ngc:24.06-py3"'))
    assert matrix.notes == ("line 6: image 24.06-py3 probably carries TensorRT 10.0.1.6, asked is tensorrt 10.1.0",)


def test_an_image_newer_than_the_facts_is_not_checked(expanded: Expanded) -> None:
    row = 'version: "11.5.0", cuda: "13.5", ubuntu: "24.04", source: "ngc:26.12-py3"'
    matrix = expanded(grid("docker", row))
    assert "newer than all that are known here" in matrix.notes[0]


def test_a_mirror_becomes_the_image(expanded: Expanded) -> None:
    text = grid("docker", 'version: "8.6.1", source: "ngc:24.01-py3"')
    cell = only(expanded(text + "docker: {registry: mirror.example.com/nvcr}\n"))
    assert cell.image == "mirror.example.com/nvcr/nvidia/tensorrt:24.01-py3"


def test_an_own_image_needs_no_known_tag(expanded: Expanded) -> None:
    row = 'version: "8.6.1", cuda: "11.8", ubuntu: "22.04", image: "example.com/trt:1"'
    cell = only(expanded(grid("docker", row)))
    assert (cell.source, cell.image, cell.python) == ("image", "example.com/trt:1", "3.10")


@pytest.mark.parametrize(
    ("base", "id_", "python"),
    [
        ("debian-12", "trt8.6.1-cuda12.0-docker-debian-12", "3.11"),
        ("ubuntu-22.04", "trt8.6.1-cuda12.0-ubuntu22.04", "3.10"),
    ],
)
def test_a_base_brings_its_python(expanded: Expanded, base: str, id_: str, python: str) -> None:
    cell = only(expanded(grid("docker", f'version: "8.6.1", cuda: "12.0", source: "redist:{base}"')))
    assert (cell.id, cell.python) == (id_, python)


def test_wheels_take_the_hosts_python_unless_given(expanded: Expanded) -> None:
    row = 'version: "1.7.1", cuda: "12.9"'
    assert only(expanded(grid("wheels", row, "tensorrt-rtx"))).python == "3.11"
    assert only(expanded(grid("wheels", row + ', python: "3.9"', "tensorrt-rtx"))).python == "3.9"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('version: "8.6.1", cuda: "12.0"', "a prefix cell needs source: prefix:/absolute/path"),
        ('version: "8.6.1", cuda: "12.0", source: "prefix:/opt/../etc"', "has .. in its path"),
        ('version: "8.6.1", cuda: "12.0", source: "prefix:/opt/trt", ubuntu: "22.04"', "leave ubuntu out"),
        ('version: "8.6.1", cuda: "12.0", source: "prefix:/opt/trt", image: "a"', "a prefix cell has no image"),
    ],
)
def test_prefix_cells(expanded: Expanded, row: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        expanded(grid("prefix", row))
