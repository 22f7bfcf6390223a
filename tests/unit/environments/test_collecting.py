from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments.collecting import receive, trim


def archive(*entries: tuple[str, bytes, bytes]) -> Iterator[bytes]:
    """A tar as a daemon sends it: name, content (of a link its target), type; in odd pieces."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as made:
        for name, data, kind in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            info.linkname = data.decode() if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            made.addfile(info, io.BytesIO(data))
    whole = content.getvalue()
    yield from (whole[start : start + 700] for start in range(0, len(whole), 700))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_come_out_at_their_places(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_bytes(b"mine")
    sent = archive(
        ("cell", b"", tarfile.DIRTYPE),
        ("cell/job.json", b"theirs", tarfile.REGTYPE),
        ("cell/case/events.jsonl", b"x" * 2000, tarfile.REGTYPE),
        ("cell/log", b"y", tarfile.REGTYPE),
    )
    kept = receive(sent, tmp_path, 10_000, ours=frozenset({"job.json"}))
    assert contents(tmp_path) == {"job.json": b"mine", "case/events.jsonl": b"x" * 2000, "log": b"y"}
    assert (kept.total, kept.cut) == (2001, [])


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("cell/../../evil", b"x", tarfile.REGTYPE),
        ("cell/link", b"/etc/passwd", tarfile.SYMTYPE),
        ("cell/hard", b"/etc/passwd", tarfile.LNKTYPE),
        ("cell/pipe", b"", tarfile.FIFOTYPE),
        ("cell/disk", b"", tarfile.BLKTYPE),
    ],
)
def test_what_is_no_evidence_is_left_out_and_said(tmp_path: Path, name: str, data: bytes, kind: bytes) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    kept = receive(archive((name, data, kind), ("cell/log", b"y", tarfile.REGTYPE)), folder, 10, ours=frozenset())
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == [folder / "log"]
    assert len(kept.cut) == 1
    assert "left out" in kept.cut[0]


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    sent = archive(("cell/x", str(tmp_path).encode(), tarfile.SYMTYPE), ("cell/x/evil", b"1", tarfile.REGTYPE))
    receive(sent, folder, 10, ours=frozenset())
    assert not (tmp_path / "evil").exists()


def test_beyond_the_bound_files_are_shortened(tmp_path: Path) -> None:
    sent = archive(("cell/a", b"1" * 6, tarfile.REGTYPE), ("cell/b", b"2" * 9, tarfile.REGTYPE))
    kept = receive(sent, tmp_path, 10, ours=frozenset())
    assert contents(tmp_path) == {"a": b"1" * 6, "b": b"2" * 4}
    assert kept.total == 15
    assert kept.cut == ["b (0 MB to 0 MB)"]


def test_a_tar_that_ends_early_is_an_error(tmp_path: Path) -> None:
    whole = b"".join(archive(("cell/a", b"1" * 5000, tarfile.REGTYPE)))
    with pytest.raises(tarfile.TarError):
        receive([whole[:3000]], tmp_path, 10_000, ours=frozenset())


def test_the_largest_files_are_cut_first(tmp_path: Path) -> None:
    for name, size in (("small", 10), ("large", 3_000_000), ("larger", 5_000_000)):
        (tmp_path / name).write_bytes(b"x" * size)
    kept = trim(tmp_path, 2_000_010)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes == {"small": 10, "large": 2_000_000, "larger": 0}
    assert kept.total == 8_000_010
    assert kept.cut == ["larger (5 MB to 0 MB)", "large (3 MB to 2 MB)"]


def test_within_the_bound_nothing_is_touched(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("/dev/zero")
    assert trim(tmp_path, 5).cut == []
    assert (tmp_path / "a").read_bytes() == b"12345"
