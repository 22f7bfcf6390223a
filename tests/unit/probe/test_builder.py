from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.probe import case
from harness.probe.logger import Heard
from harness.probe.outcome import CaseFailed, NotRun

NO_DEVICE = "CUDA initialization failure with error: 35. Please check your CUDA installation"


class Refusing:
    """As the bindings of TensorRT where the library gives no builder."""

    def __init__(self, _: object) -> None:
        raise TypeError("pybind11::init(): factory function returned nullptr")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(case.Loaded, "trt", SimpleNamespace(Builder=Refusing))
    return monkeypatch


def heard(letter: str, text: str) -> Heard:
    found = Heard()
    found.note(letter, text)
    return found


@pytest.mark.parametrize("letter", ["W", "E"], ids=["8.6.1 warns", "10.15.1 fails"])
def test_without_a_device_nothing_was_run(loaded: pytest.MonkeyPatch, letter: str) -> None:
    with pytest.raises(NotRun, match="no CUDA device: CUDA initialization failure with error: 35"):
        case._builder(None, heard(letter, NO_DEVICE))


def test_with_a_device_the_same_words_are_a_failure(loaded: pytest.MonkeyPatch) -> None:
    loaded.setattr(case.Loaded, "gpus", ("NVIDIA A10 (sm86)",))
    with pytest.raises(CaseFailed, match="builder: CUDA initialization failure"):
        case._builder(None, heard("E", NO_DEVICE))


def test_another_cause_is_a_failure(loaded: pytest.MonkeyPatch) -> None:
    with pytest.raises(CaseFailed, match="builder: out of memory"):
        case._builder(None, heard("E", "out of memory"))


def test_a_builder_is_handed_on(loaded: pytest.MonkeyPatch) -> None:
    made: Any = SimpleNamespace(Builder=lambda sink: sink)
    loaded.setattr(case.Loaded, "trt", made)
    assert case._builder("sink", Heard()) == "sink"
