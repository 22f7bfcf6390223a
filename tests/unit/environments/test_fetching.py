from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands import fetch as command
from harness.environments import fetching, redist, software
from harness.environments.redist import Archive
from harness.errors import EnvironmentUnavailable, UsageError
from harness.versions import Release

RELEASE = Release.parse("8.6.1")


@pytest.fixture
def _packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network: the package holds one file, and the wheels are taken for installed."""

    def unpack(_: Path, into: Path) -> None:
        into.mkdir()
        (into / "libnvinfer.so.8").touch()

    def install(_archive: Archive, _python: str, part: Path, _progress: object) -> None:
        part.mkdir()

    monkeypatch.setattr(redist, "fetch", lambda *_: tmp_path / "jar")
    monkeypatch.setattr(redist, "unpack", unpack)
    monkeypatch.setattr(fetching, "_install", install)
    monkeypatch.setattr("harness.environments.store.require_space", lambda *_: None)


@pytest.mark.usefixtures("_packages")
def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    place = tmp_path / "trt"
    assert fetching.fetch(RELEASE, place, "3.11", lambda _: None).made == ("lib", "python3.11")
    assert fetching.fetch(RELEASE, place, "3.10", lambda _: None).made == ("python3.10",)
    assert sorted(path.name for path in place.iterdir()) == ["lib", "python3.10", "python3.11"]


@pytest.mark.usefixtures("_packages")
def test_nothing_half_made_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path, into: Path) -> None:
        into.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(redist, "unpack", broken)
    with pytest.raises(EnvironmentUnavailable, match="No space left on device"):
        fetching.fetch(RELEASE, tmp_path / "trt", "3.11", lambda _: None)
    assert list((tmp_path / "trt").iterdir()) == []


def test_a_release_without_packages_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there are TensorRT 8\.6\.1, 10\.6\.0, 10\.15\.1"):
        fetching.fetch(Release.parse("8.5.1"), tmp_path, "3.11", lambda _: None)


def test_the_gigabytes_of_cuda_are_left_out() -> None:
    kept = fetching.bindings(software.lock("redist_8.6.1"))
    assert kept.startswith("tensorrt-bindings==8.6.1")
    assert "nvidia" not in kept
    assert kept.count("--hash=sha256:") == 6


@pytest.mark.usefixtures("_packages")
def test_the_command_shows_the_cell_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.fetch(RELEASE, tmp_path / "trt", python="3.11", as_json=False)
    assert f'{{version: "8.6.1", cuda: "12.1", python: "3.11", source: "prefix:{tmp_path}/trt"}}' in (
        capsys.readouterr().out
    )
