"""Which of the library's errors becomes the reason of a build that gave no engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.probe import calibration, case, configuring, logger
from harness.probe.outcome import CaseFailed

OF_THE_CACHE = "1: [myelinCache.h::deserializeFromBuffer::52] Error Code 1: Myelin (Myelin error from unknown graph)"
OF_THE_BUILD = "2: Assertion scales.size() == 1 failed."


def reason(monkeypatch: pytest.MonkeyPatch, before: list[str], during: list[str]) -> str:
    heard = logger.Heard()

    def configure(*_: Any) -> None:
        for text in before:
            heard.note("E", text)

    def build(*_: Any) -> None:
        for text in during:
            heard.note("E", text)

    monkeypatch.setattr(configuring, "configure", configure)
    monkeypatch.setattr(calibration, "attach", lambda *_: None)
    tools: Any = SimpleNamespace(api=None, heard=heard, builder=SimpleNamespace(build_serialized_network=build))
    desk: Any = SimpleNamespace(measure=lambda *_: None)
    with pytest.raises(CaseFailed) as failed:
        case._build(desk, tools, None)
    return str(failed.value)


def test_what_was_said_of_the_timing_cache_is_not_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason(monkeypatch, [OF_THE_CACHE], [OF_THE_BUILD, "more"]) == f"builder: {OF_THE_BUILD}"


def test_it_is_where_nothing_else_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason(monkeypatch, [OF_THE_CACHE], []) == f"builder: {OF_THE_CACHE}"
    assert reason(monkeypatch, [], []) == "builder: gave no engine and no error text"
