from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import Exit, UsageError
from harness.history import reader, reread, store
from tests import nights, sample


def made(out: Path, number: int) -> list[str]:
    folders = [nights.written(nights.simple(day), out) for day in range(number)]
    assert main(["import", "--all", "--out", str(out)]) == Exit.OK
    return [folder.name for folder in folders]


def test_old_folders_go_and_records_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = made(tmp_path, 3)
    main(["pin", names[0], "--as", "golden", "--out", str(tmp_path)])
    capsys.readouterr()
    assert main(["gc", "--keep", "1", "--dry-run", "--json", "--out", str(tmp_path)]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["runs"] == [names[1]]
    assert (tmp_path / names[1]).is_dir()
    assert main(["gc", "--keep", "1", "--out", str(tmp_path)]) == Exit.OK
    assert not (tmp_path / names[1]).exists()
    with store.opened(tmp_path / store.FILE) as database:
        assert len(store.runs(database)) == 3


def test_keeping_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="would keep no run"):
        main(["gc", "--keep", "0", "--out", str(tmp_path)])


def test_reclassify_keeps_the_old_verdict_beside(tmp_path: Path) -> None:
    results = sample.results()
    folder = nights.written(results, tmp_path)
    sample.write_evidence(results, folder)
    main(["import", str(folder), "--out", str(tmp_path)])
    assert main(["report", results.run.id, "--reclassify", "--json", "--out", str(tmp_path)]) == Exit.OK
    with store.opened(tmp_path / store.FILE) as database:
        now = reader.results(database, results.run.id)
        changed = [
            (cell.id, case.id)
            for cell, old in zip(now.cells, results.cells, strict=True)
            for case, before in zip(cell.cases, old.cases, strict=True)
            if case != before
        ]
        assert changed
        (old_verdict,) = reread.verdicts(database, results.run.id, *changed[0])
        assert old_verdict.replaced
