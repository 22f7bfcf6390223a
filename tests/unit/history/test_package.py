from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.errors import InputError
from harness.history.package import FORMAT, Manifest, PackedFile, export, unpack
from tests import nights

RUN = nights.simple(evidence="evidence/cell/case")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return nights.written(RUN, tmp_path / "from")


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_travels_as_one_file(folder: Path, tmp_path: Path) -> None:
    package = export(folder, tmp_path)
    assert package.name == f"{RUN.run.id}.trtm.tar.gz"
    arrived = unpack(package, tmp_path / "to")
    assert tree(arrived) == tree(folder)
    assert unpack(package, tmp_path / "to") == arrived


def test_the_same_run_gives_the_same_file(folder: Path, tmp_path: Path) -> None:
    assert export(folder, tmp_path / "a").read_bytes() == export(folder, tmp_path / "b").read_bytes()


def test_a_different_run_of_that_name_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    package = export(folder, tmp_path)
    log = unpack(package, tmp_path / "to") / "evidence/cell/case/tensorrt.log"
    log.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="differs in"):
        unpack(package, tmp_path / "to")
    assert log.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no results\.json"):
        export(tmp_path, tmp_path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_cut_package_leaves_nothing(folder: Path, tmp_path: Path, share: float) -> None:
    package = export(folder, tmp_path)
    data = package.read_bytes()
    package.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError):
        unpack(package, tmp_path / "to")
    assert not (tmp_path / "to").exists() or list((tmp_path / "to").iterdir()) == []


def packed(to: Path, name: str, text: bytes = b"x", entry: Callable[[tarfile.TarInfo], None] = lambda _: None) -> Path:
    """A package made by somebody else: one file with a right hash, changed by ``entry``."""
    file = PackedFile(path=name, bytes=len(text), sha256=hashlib.sha256(text).hexdigest())
    manifest = msgspec.json.encode(Manifest(run="theirs", files=[file]))
    with tarfile.open(to, "w:gz") as tar:
        head = tarfile.TarInfo("manifest.json")
        head.size = len(manifest)
        tar.addfile(head, io.BytesIO(manifest))
        info = tarfile.TarInfo(f"theirs/{name}")
        info.size = len(text)
        entry(info)
        tar.addfile(info, io.BytesIO(text[: info.size]))
    return to


@pytest.mark.parametrize("name", ["../outside", "/etc/x", "a/../../x", "a\\..\\b", ""])
def test_paths_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="outside the run's folder"):
        unpack(packed(tmp_path / "p.tar.gz", name), tmp_path / "to")
    assert not (tmp_path / "outside").exists()


def as_link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0


def as_other_name(info: tarfile.TarInfo) -> None:
    info.name = "theirs/../../elsewhere"


@pytest.mark.parametrize("entry", [as_link, as_other_name])
def test_what_the_manifest_does_not_say_is_refused(tmp_path: Path, entry: Callable[[tarfile.TarInfo], None]) -> None:
    with pytest.raises(InputError, match="manifest does not name so"):
        unpack(packed(tmp_path / "p.tar.gz", "results.json", entry=entry), tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []


def test_another_content_than_packed_is_refused(folder: Path, tmp_path: Path) -> None:
    package = tmp_path / "p.tar.gz"
    wrong = Manifest(run="theirs", files=[PackedFile(path="results.json", bytes=1, sha256="0" * 64)])
    with tarfile.open(package, "w:gz") as tar:
        for name, text in (("manifest.json", msgspec.json.encode(wrong)), ("theirs/results.json", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    with pytest.raises(InputError, match="is not what was packed"):
        unpack(package, tmp_path / "to")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"{", "manifest is damaged"),
        (msgspec.json.encode(Manifest(schema="trt-matrix/package/9", run="x", files=[])), f"reads '{FORMAT}'"),
        (msgspec.json.encode(Manifest(run="../x", files=[])), "is no plain name"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, manifest: bytes, words: str) -> None:
    with tarfile.open(tmp_path / "p.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(manifest)
        tar.addfile(info, io.BytesIO(manifest))
    with pytest.raises(InputError, match=words):
        unpack(tmp_path / "p.tar.gz", tmp_path / "to")


@pytest.mark.parametrize("data", [b"", b"not a package", b"\x1f\x8b\x08\x00broken"])
def test_no_package_at_all(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p").write_bytes(data)
    with pytest.raises(InputError, match="package of trt-matrix"):
        unpack(tmp_path / "p", tmp_path / "to")
