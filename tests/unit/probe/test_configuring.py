from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.probe import configuring
from harness.probe.job import Case
from harness.probe.outcome import NotApplicable


class Desk:
    """A case with ``options``; keeps its events."""

    def __init__(self, version: str = "8.6.1", flavour: str = "tensorrt", **options: object) -> None:
        self.job = SimpleNamespace(version=version, flavour=flavour)
        self.case = Case("c", "onnx", "fp32", "device", 60.0, options=options)
        self.told: list[dict[str, object]] = []
        self.events = SimpleNamespace(write=lambda event, **fields: self.told.append({"event": event, **fields}))


class Config:
    def __init__(self, sources: int = 0) -> None:
        self.sources = sources
        self.cache = b""

    def get_tactic_sources(self) -> int:
        return self.sources

    def set_tactic_sources(self, sources: int) -> None:
        self.sources = sources

    def create_timing_cache(self, data: bytes) -> bytes:
        return data

    def set_timing_cache(self, cache: bytes, ignore_mismatch: bool) -> bool:
        self.cache = cache
        return not ignore_mismatch

    def get_timing_cache(self) -> Any:
        return SimpleNamespace(serialize=lambda: self.cache + b" and more")


API: Any = SimpleNamespace(trt=SimpleNamespace(TacticSource=SimpleNamespace(CUBLAS=0, CUBLAS_LT=1, CUDNN=2)))


def test_a_level_that_the_release_lacks() -> None:
    with pytest.raises(NotApplicable, match="builder_optimization_level is missing"):
        configuring._set_level(Desk(optimization_level=1), Config())  # type: ignore[arg-type]


def test_no_level_leaves_the_release_its_own() -> None:
    desk = Desk()
    configuring._set_level(desk, Config())  # type: ignore[arg-type]
    assert desk.told == []


def test_sources_whose_library_is_absent_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuring, "_loads", lambda names: names[0].startswith("libcudnn"))
    desk, config = Desk(), Config(sources=0b111)
    configuring._leave_out_missing_sources(desk, API, config)  # type: ignore[arg-type]
    assert config.sources == 0b100
    assert desk.told == [{"event": "note", "text": "no tactics of CUBLAS, CUBLAS_LT: not in this cell"}]


@pytest.mark.parametrize("release", [("10.15.1", "tensorrt"), ("1.7.1", "tensorrt-rtx")])
def test_other_releases_load_no_such_library(monkeypatch: pytest.MonkeyPatch, release: tuple[str, str]) -> None:
    monkeypatch.setattr(configuring, "_loads", lambda names: False)
    config = Config(sources=0b111)
    configuring._leave_out_missing_sources(Desk(*release), API, config)  # type: ignore[arg-type]
    assert config.sources == 0b111


def test_timings_go_from_one_build_to_the_next(tmp_path: Path) -> None:
    place = tmp_path / "timing.cache"
    for known in (b"", b" and more"):
        desk, config = Desk(timing_cache=str(place)), Config()
        configuring._set_timings(desk, config)  # type: ignore[arg-type]
        assert config.cache == known
        configuring.keep_timings(desk, config)  # type: ignore[arg-type]
    assert place.read_bytes() == b" and more and more"
    assert list(tmp_path.iterdir()) == [place]
