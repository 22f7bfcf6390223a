from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.commands import lock as command
from harness.environments import images, lockfile
from harness.environments.lockfile import Lock, Pin
from harness.environments.pulling import PullFailed
from harness.errors import ConfigError, Exit
from harness.matrix.matrix import Matrix, MatrixCell
from tests.unit.environments.cells import docker_cell

TAG = "nvcr.io/nvidia/tensorrt:24.01-py3"
ONE, TWO = ("sha256:" + letter * 64 for letter in "ab")
CELL = docker_cell("8.6.1", "ngc:24.01-py3")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return lockfile.path_for(tmp_path / "matrix.yaml")


def test_what_is_written_is_read(path: Path) -> None:
    lock = Lock(images={TAG: Pin(ONE, "2026-11-23")})
    lockfile.write(path, lock)
    assert lockfile.read(path) == lock
    assert [each.name for each in path.parent.iterdir()] == ["trt-matrix.lock.json"]


def test_no_file_pins_nothing(path: Path) -> None:
    assert lockfile.read(path) == Lock()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 2}', '{"images": {"a b": {"digest": "x", "locked": ""}}}', "\xff"]
)
def test_a_damaged_lock_is_not_passed_over(path: Path, text: str) -> None:
    path.write_text(text, "latin-1")
    with pytest.raises(ConfigError, match=r"trt-matrix\.lock\.json: .*lock"):
        lockfile.read(path)


def test_cells_take_their_digest() -> None:
    matrix = Matrix("matrix.yaml", "", (MatrixCell(CELL, ("device",)),), ())
    cell = lockfile.pinned(matrix, Lock(images={TAG: Pin(ONE, "")})).cells[0].cell
    assert images.base(cell) == f"{TAG}@{ONE}"
    assert images.exact(images.base(cell)) == f"nvcr.io/nvidia/tensorrt@{ONE}"
    assert lockfile.pinned(matrix, Lock()) == matrix


def test_locking_and_checking(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.lock(path, {TAG: ONE}, check=False, as_json=False) == Exit.OK
    assert command.lock(path, {TAG: ONE}, check=True, as_json=False) == Exit.OK
    assert command.lock(path, {TAG: TWO}, check=True, as_json=False) == Exit.UNEXPECTED
    assert lockfile.read(path).images[TAG].digest == ONE
    assert f"{TAG}: moved from {ONE} to {TWO}" in capsys.readouterr().out
    assert command.lock(path, {TAG: TWO}, check=False, as_json=False) == Exit.OK
    assert lockfile.read(path).images[TAG].digest == TWO


def test_a_registry_that_does_not_answer_changes_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.lock(path, {TAG: PullFailed("no such host")}, check=False, as_json=True) == Exit.UNEXPECTED
    assert not path.exists()
    assert json.loads(capsys.readouterr().out)["images"] == {TAG: "not answered: no such host"}


def test_references_are_asked_once() -> None:
    assert command.references([CELL, CELL, docker_cell(source="redist:gentoo")]) == [TAG]


def test_a_moved_tag_is_told() -> None:
    finding = lockfile.moved(TAG, ONE, TWO)
    assert finding.facts == {"image": TAG, "locked": ONE, "now": TWO}
