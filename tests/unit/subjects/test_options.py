from __future__ import annotations

import pytest

from harness.subjects.options import OptionError, check

GOOD: dict[str, object] = {"backbone": "mobilenet0.25", "size": 640, "weights": "seed:7"}


@pytest.mark.parametrize("weights", ["seed:0", "weights/mnet.pth", "/data/w.wts", "w.safetensors"])
def test_takes_seeds_and_paths(weights: str) -> None:
    check("retinaface", {**GOOD, "weights": weights})


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("backbone", "mobilenet", "the nearest is mobilenet0.25"),
        ("backbone", 5, "is not one of mobilenet0.25, resnet50"),
        ("size", 650, "the nearest is 640"),
        ("size", 0, "the nearest is 32"),
        ("size", True, "True is not a multiple of 32"),
        ("size", "640", "is not a multiple of 32"),
        ("size", 8192, "the nearest is 4096"),
        ("wider_face", "../wider", "is not a plain path"),
        ("wider_pictures", 0, "is not a whole number from 1 to 100000"),
        ("heads", "both", "is not one of decoded, raw"),
        ("batch_norm", True, "is not one of folded, kept"),
        ("weights", "seed:x", "is neither reference, seed:NUMBER nor a plain path"),
        ("weights", "$(id)", "is neither"),
        ("weights", "../w.pth", "is neither"),
        ("weights", "--help", "is neither"),
        ("weights", "a\nb", "is neither"),
        ("wieghts", "seed:7", "has no option 'wieghts'; did you mean weights?"),
        ("x\x1b", 1, r"has no option 'x\\x1b'; known are backbone, size, weights"),
    ],
)
def test_names_the_option_and_what_it_should_be(option: str, value: object, words: str) -> None:
    with pytest.raises(OptionError, match=words) as caught:
        check("retinaface", {**GOOD, option: value})
    assert caught.value.option == option


@pytest.mark.parametrize("missing", list(GOOD))
def test_every_option_of_retinaface_is_needed(missing: str) -> None:
    with pytest.raises(OptionError, match=f"retinaface needs the option {missing}"):
        check("retinaface", {name: value for name, value in GOOD.items() if name != missing})


def test_an_onnx_subject_needs_its_path() -> None:
    check("onnx", {"path": "models/resnet50.onnx"})
    with pytest.raises(OptionError, match="onnx needs the option path"):
        check("onnx", {})


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("inputs", "my photos", "neither seed:NUMBER nor a plain path of an .npz file or a folder"),
        ("shapes", [1], "is no mapping of inputs"),
        ("shapes", {"x": {"min": [1]}}, "'x' needs min, opt and max"),
        ("shapes", {"x": {"min": [1], "opt": [1, 2], "max": [2]}}, "lists of as many whole numbers from 1"),
        ("shapes", {"x": {"min": [0], "opt": [1], "max": [2]}}, "lists of as many whole numbers from 1"),
        ("shapes", {"x": {"min": [4], "opt": [1], "max": [8]}}, "not min <= opt <= max"),
    ],
)
def test_options_of_an_onnx_subject(option: str, value: object, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        check("onnx", {"path": "a.onnx", option: value})
    check("onnx", {"path": "a.onnx", "inputs": "a.npz", "shapes": {"x": {"min": [1], "opt": [2], "max": [2]}}})
