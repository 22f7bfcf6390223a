from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness import kept as module
from harness.kept import kept


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


def never() -> bytes:
    raise AssertionError("made again")


def test_it_is_made_once_for_a_source() -> None:
    assert kept("rules", b"one", lambda: b"made") == b"made"
    assert kept("rules", b"one", never) == b"made"


def test_another_source_is_made_again_and_takes_its_place(folder: Path) -> None:
    kept("rules", b"one", lambda: b"made")
    assert kept("rules", b"two", lambda: b"anew") == b"anew"
    assert kept("rules", b"two", never) == b"anew"
    assert len(list(folder.iterdir())) == 1


def test_nothing_is_written_where_python_may_not_write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert kept("rules", b"one", lambda: b"made") == b"made"
    assert not list(folder.iterdir())
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(module, "_FOLDER", folder / "absent")
    assert kept("rules", b"one", lambda: b"made") == b"made"
