from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from harness.environments import building
from harness.environments.engine import Engine
from harness.environments.pulling import PullFailed, PullProgress, retrying
from harness.errors import EnvironmentUnavailable


def test_progress_adds_up_layers() -> None:
    progress = PullProgress("a:1")
    progress.feed({"id": "x", "status": "Pulling fs layer"})
    progress.feed({"id": "y", "status": "Pulling fs layer"})
    progress.feed({"id": "x", "status": "Downloading", "progressDetail": {"current": 5_000_000, "total": 10_000_000}})
    assert progress.words() == "pulling a:1: 0 of 2 layers, 5 of 10 MB"
    assert progress.feed({"id": "x", "status": "Pull complete"}) == "pulling a:1: 1 of 2 layers, 10 of 10 MB"


def test_an_error_in_the_stream_is_raised() -> None:
    with pytest.raises(PullFailed, match="manifest unknown"):
        PullProgress("a:1").feed({"error": "manifest unknown"})


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("net/http: TLS handshake timeout", True),
        ("read: connection reset by peer", True),
        ("unexpected EOF", True),
        ("received unexpected HTTP status: 503 Service Unavailable", True),
        ("manifest for a:1 not found: manifest unknown", False),
        ("pull access denied for a, repository does not exist or may require 'docker login'", False),
        ("unauthorized: authentication required", False),
        ("no space left on device", False),
    ],
)
def test_only_the_network_is_tried_again(text: str, network: bool) -> None:
    tries: list[int] = []

    def fails() -> None:
        tries.append(1)
        raise PullFailed(text)

    with pytest.raises(PullFailed, match=r"."):
        retrying(fails, lambda _: None, pauses=(0, 0))
    assert len(tries) == (3 if network else 1)


def test_it_ends_with_the_first_success() -> None:
    answers = iter([PullFailed("timeout"), None])

    def once() -> str:
        error = next(answers)
        if error:
            raise error
        return "done"

    said: list[str] = []
    assert retrying(once, said.append, pauses=(0, 0)) == "done"
    assert said == ["timeout; again in 0 s"]


def test_unpacking_is_told_apart() -> None:
    state = PullProgress("x")
    state.feed({"id": "a", "status": "Downloading", "progressDetail": {"current": 5_000_000, "total": 5_000_000}})
    assert state.feed({"id": "a", "status": "Extracting"}) == "unpacking x: 0 of 1 layers, 5 of 5 MB"
    assert state.feed({"id": "a", "status": "Pull complete"}).startswith("pulling x: 1 of 1 layers")


class _Registry:
    """An engine as far as a pull goes: it talks for ever, or says nothing."""

    def __init__(self, *, talks: bool) -> None:
        self._talks = talks

    def pull(self, _: str, on_message: Callable[[dict[str, str]], None], __: float) -> bool:
        while self._talks:
            on_message({"id": "a", "status": "Downloading"})
        return False


@pytest.mark.parametrize("talks", [True, False])
def test_a_pull_has_its_time(talks: bool) -> None:
    engine = cast("Engine", _Registry(talks=talks))
    with pytest.raises(EnvironmentUnavailable, match=r"^x:1 cannot be pulled: not done after 0 s; raise the cell's"):
        building.pull(engine, "x:1", lambda _: None, 0.01)
