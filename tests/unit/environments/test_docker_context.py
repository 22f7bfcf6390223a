from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from harness.environments import context
from harness.environments.context import Entry


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two").write_text("2" * 1000)
    (tmp_path / "one.sh").write_text("1")
    (tmp_path / "one.sh").chmod(0o700)
    (tmp_path / "link").symlink_to("b/two")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("x")
    return tmp_path


def test_tar_reads_back(tree: Path) -> None:
    data = b"".join(context.stream([Entry("Dockerfile", data=b"FROM x"), *context.folder("in", tree)]))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["Dockerfile", "in/b/two", "in/link", "in/one.sh"]
        two = tar.extractfile("in/b/two")
        assert two is not None
        assert two.read() == b"2" * 1000
        assert tar.getmember("in/link").linkname == "b/two"
        assert [member.mode for member in tar] == [0o644, 0o644, 0o644, 0o755]
        assert {(member.uid, member.mtime) for member in tar} == {(0, 315532800)}


def test_same_bytes_whatever_the_times(tree: Path) -> None:
    first = b"".join(context.stream(context.folder("in", tree)))
    (tree / "one.sh").touch()
    assert b"".join(context.stream(context.folder("in", tree))) == first


def test_digest_follows_content_and_names(tree: Path) -> None:
    digests = {context.digest(context.folder("in", tree)), context.digest(context.folder("other", tree))}
    (tree / "one.sh").write_text("2")
    digests.add(context.digest(context.folder("in", tree)))
    assert len(digests) == 3


def test_the_same_as_files(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("x")
    tool.chmod(0o755)
    entries = [Entry("a/text", data=b"1"), Entry("b/tool", tool), Entry("c/link", target="/opt/x")]
    for _ in range(2):
        context.write(entries, tmp_path / "place")
    place = tmp_path / "place"
    assert (place / "a/text").read_bytes() == b"1"
    assert (place / "b/tool").stat().st_mode & 0o777 == 0o755
    assert str((place / "c/link").readlink()) == "/opt/x"
