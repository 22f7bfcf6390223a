import pytest

from harness.errors import InputError
from harness.subjects.retinaface.settings import BatchNorm, Heads, settings


def test_defaults() -> None:
    chosen = settings({})
    assert (chosen.backbone, chosen.height, chosen.width) == ("mobilenet0.25", 640, 640)


@pytest.mark.parametrize("size", ["320x640", [320, 640]])
def test_sizes(size: object) -> None:
    chosen = settings({"size": size})
    assert (chosen.height, chosen.width) == (320, 640)


def test_a_variant_is_laid_over_the_options() -> None:
    chosen = settings({"heads": "decoded"}, "raw-kept-naive")
    assert (chosen.heads, chosen.batch_norm, chosen.naive) == (Heads.RAW, BatchNorm.KEPT, True)


@pytest.mark.parametrize(
    ("options", "variant", "words"),
    [
        ({"backbone": "vgg"}, "", "backbone 'vgg' is not one of mobilenet0.25, resnet50"),
        ({"size": "big"}, "", "size 'big' is not"),
        ({}, "upside-down", "variant 'upside' is not known"),
    ],
)
def test_what_is_refused(options: dict[str, object], variant: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        settings(options, variant)
