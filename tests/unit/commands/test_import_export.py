from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import Exit, UsageError
from harness.history import retention, store
from tests import nights


def test_a_run_goes_from_one_history_to_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    folder = nights.written(nights.simple(), here)
    assert main(["import", str(folder), "--out", str(here)]) == Exit.OK
    assert main(["export", "latest", "--out", str(here), "--to", str(tmp_path)]) == Exit.OK
    package = tmp_path / f"{folder.name}.trtm.tar.gz"
    assert main(["import", str(package), "--out", str(there), "--json"]) == Exit.OK
    assert '"added": true' in capsys.readouterr().out
    with store.opened(there / store.FILE) as database:
        assert [run.folder for run in store.runs(database)] == [str(there / folder.name)]


def test_all_runs_below_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for day in range(3):
        nights.written(nights.simple(day), tmp_path)
    assert main(["import", "--all", "--out", str(tmp_path), "--json"]) == Exit.OK
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 3
    assert main(["import", "--all", "--out", str(tmp_path)]) == Exit.OK
    assert capsys.readouterr().out == "nothing new\n"


def test_nothing_named_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing named"):
        main(["import", "--out", str(tmp_path)])


def test_a_removed_run_cannot_be_exported(tmp_path: Path) -> None:
    main(["import", str(nights.written(nights.simple(), tmp_path)), "--out", str(tmp_path)])
    with store.opened(tmp_path / store.FILE) as database:
        retention.apply(database, retention.plan(database, tmp_path, keep=0))
    with pytest.raises(UsageError, match="only its records are left"):
        main(["export", "--out", str(tmp_path)])


def test_pins_are_named_listed_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = nights.simple()
    main(["import", str(nights.written(results, tmp_path)), "--out", str(tmp_path)])
    capsys.readouterr()
    main(["pin", "latest", "--as", "golden", "--out", str(tmp_path)])
    assert capsys.readouterr().out == f"golden: {results.run.id}\n"
    main(["pin", "golden", "--remove", "--out", str(tmp_path)])
    assert capsys.readouterr().out == "no run is pinned\n"
