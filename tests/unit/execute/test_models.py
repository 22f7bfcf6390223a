from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from harness.execute import models
from harness.execute.models import ModelStore
from harness.execute.progress import LiveProgress
from harness.subjects.keys import ModelRequest, Prepared
from tests.unit.execute.sample import CASES


@pytest.mark.parametrize("missing", [True, False])
def test_making_is_told_and_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, missing: bool) -> None:
    live = LiveProgress()
    store = ModelStore(tmp_path, 2, live)
    seen: list[tuple[str, bool]] = []

    def prepare(
        wanted: Iterable[ModelRequest], cache: Path, *, processes: int, progress: Callable[[str], None]
    ) -> dict[str, Prepared]:
        if missing:
            progress("making 3 model files")
            seen.append((live.snapshot()[0][1].stage, store.awaited(CASES)))
        return {one.key: Prepared(one.key, cache, {}) for one in wanted}

    monkeypatch.setattr(models, "prepare_models", prepare)
    store.ensure(CASES)
    assert seen == ([("making 3 model files", True)] if missing else [])
    assert [state.stage for _, state in live.snapshot()] == (["made"] if missing else [])
    assert not store.awaited(CASES)
