from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from pathlib import Path

import pytest

from harness.environments import context, redist
from harness.errors import EnvironmentUnavailable
from harness.versions import Release

FOLDER = "org/bytedeco/tensorrt/linux-x86_64"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[redist.Archive, Path]:
    """A small package in the layout of the real ones, in a Maven repository."""
    archive = redist.ARCHIVES[0]
    file = tmp_path / "org/bytedeco/tensorrt" / archive.version / archive.file_name
    file.parent.mkdir(parents=True)
    with zipfile.ZipFile(file, "w") as jar:
        jar.writestr(f"{FOLDER}/libnvinfer.so.8", b"library")
        jar.writestr(f"{FOLDER}/include/NvInfer.h", b"header")
        jar.writestr("META-INF/MANIFEST.MF", b"")
    monkeypatch.setenv("MAVEN_REPO_LOCAL", str(tmp_path))
    content = file.read_bytes()
    sized = dataclasses.replace(archive, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    return sized, file


def test_what_maven_has_is_not_fetched_again(package: tuple[redist.Archive, Path], tmp_path: Path) -> None:
    archive, file = package
    assert redist.fetch(archive, tmp_path / "cache", lambda _: None) == file


def test_another_content_is_refused(package: tuple[redist.Archive, Path], tmp_path: Path) -> None:
    archive, _ = package
    wrong = dataclasses.replace(archive, sha256="0" * 64)
    with pytest.raises(EnvironmentUnavailable, match="SHA-256"):
        redist.fetch(wrong, tmp_path / "cache", lambda _: None)


def test_without_maven_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAVEN_REPO_LOCAL", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(EnvironmentUnavailable, match=r"org\.bytedeco:tensorrt:8\.6-1\.5\.10.*install Maven"):
        redist.fetch(redist.ARCHIVES[0], tmp_path / "cache", lambda _: None)


def test_only_libraries_are_unpacked(package: tuple[redist.Archive, Path], tmp_path: Path) -> None:
    redist.unpack(package[1], tmp_path / "lib")
    assert [path.name for path in (tmp_path / "lib").iterdir()] == ["libnvinfer.so.8"]


def test_they_are_sent_without_being_unpacked(package: tuple[redist.Archive, Path]) -> None:
    (name,) = redist.members(package[1])
    entry = context.Entry("libraries/x", package[1], member=name)
    assert entry.size == len(b"library")
    assert b"library" in b"".join(context.stream([entry]))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("8.6.1", "8.6-1.5.10"),
        ("10.15", "10.15-1.5.13"),
        ("10.6", "10.6-1.5.11"),
        ("10", "10.15-1.5.13"),
        ("8.5.1", None),
    ],
)
def test_releases(asked: str, found: str | None) -> None:
    archive = redist.archive_for(Release.parse(asked))
    assert (archive.version if archive else None) == found
