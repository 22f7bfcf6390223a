from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ConfigError, Exit
from harness.matrix.load import load


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "flavour: tensorrt-rtx",
            "flavour: tensorrt-rxt",
            ":3:14: grids[0].flavour: 'tensorrt-rxt' is not one of tensorrt, tensorrt-rtx; the nearest is tensorrt-rtx",
        ),
        ("    axes:", "    axis:", ":5:5: grids[0]: unknown key 'axis'; did you mean axes?"),
        ("    axes:", "    zz:", ":5:5: grids[0]: unknown key 'zz'; known here are flavour, environment"),
        ('"1.6.1"', "1.6", ":5:22: grids[0].axes.version[0]: 1.6 is not a text; write it in quotes"),
        ('"1.6.1"', '"1.6.1; id"', ":5:22: grids[0].axes.version[0]: '1.6.1; id' is not a version such as 8.6.1"),
        ('"1.6.1"', '"1.6.1\\n"', ":5:22: grids[0].axes.version[0]: '1.6.1\\n' is not a version such as 8.6.1"),
        ('"1.6.1"', '"１.6.1"', "is not a version such as 8.6.1"),
        ("name: face", "name: ../face", ":7:11: subjects[0].name: '../face' is not 1 to 40 of a-z, 0-9 and -"),
        ("name: face", 'name: "\\u202eface"', "'\\u202eface' is not 1 to 40"),
        ("name: face", "name: ", ":7:10: subjects[0].name: nothing is not a text"),
        ("    model: retinaface\n", "", ":7:5: subjects[0]: model is missing"),
        ("version: 1\n", "version: 2\n", ":1:10: version: 2 is not one of 1"),
        ("[onnx]", "onnx", ":10:13: subjects[0].routes: 'onnx' is not a list"),
        ("[onnx]", "[]", ":10:13: subjects[0].routes: a list: expected array of length >= 1"),
        ("[onnx]", "[onnyx]", ":10:14: subjects[0].routes[0]: 'onnyx' is not one of plugin, host-decode, onnx"),
        ("wheels\n", "wheels\n    timeouts: {case: -1}\n", ":5:22: grids[0].timeouts.case: -1: expected float > 0.0"),
        ("wheels\n", "wheels\n    required: maybe\n", ":5:15: grids[0].required: 'maybe' is not true or false"),
        ("subjects:", "waivers: [{reason: r, expires: soon}]\nsubjects:", "'soon' is not a date such as 2027-03-31"),
        ("subjects:", 'waivers: [{reason: "a\\e[31m"}]\nsubjects:', "'a\\x1b[31m' is not 1 to 500 printable"),
        ("subjects:", "waivers: [{reason: r, link: 'javascript:x'}]\nsubjects:", "is not an http or https address"),
        ("subjects:", "docker: {registry: 'a b'}\nsubjects:", "docker.registry: 'a b' is not a registry"),
    ],
)
def test_says_where_what_and_what_was_expected(
    write: Callable[[str], Path], base: str, old: str, new: str, expected: str
) -> None:
    assert old in base
    with pytest.raises(ConfigError) as caught:
        load(write(base.replace(old, new, 1)))
    assert expected in str(caught.value)
    assert caught.value.line is not None
    assert caught.value.exit_code is Exit.USAGE


IMAGES = ["a b", "$(id)", "a;b", "-x", "a\\nRUN id", "UPPER/x", "a:tag:tag", "a@sha256:12", "../x", "a//b", "`id`"]
SOURCES = ["ngc:24.1-py3", "prefix:relative", "prefix:/a b", "redist:arch", "ngc:24.01-py3 x"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("image", image, "is not an image reference") for image in IMAGES]
    + [("source", source, "is not ngc:YY.MM-py3, redist:") for source in SOURCES],
)
def test_refuses_what_could_mean_more_elsewhere(write: Callable[[str], Path], key: str, value: str, words: str) -> None:
    row = f'{{version: "8.6.1", {key}: "{value}"}}'
    text = f"grids:\n  - flavour: tensorrt\n    environment: docker\n    include: [{row}]"
    with pytest.raises(ConfigError) as caught:
        load(write(text))
    column = text.splitlines()[3].index(f"{key}: ") + len(key) + 3
    assert f":5:{column}: grids[0].include[0].{key}: " in str(caught.value)
    assert words in str(caught.value)


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; name one with --matrix FILE"):
        load(tmp_path / "none.yaml")


def test_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_hash_is_of_the_bytes_as_read(write: Callable[[str], Path], base: str) -> None:
    first = load(write(base)).sha256
    assert load(write(base)).sha256 == first
    assert load(write(base + "# more\n")).sha256 != first
