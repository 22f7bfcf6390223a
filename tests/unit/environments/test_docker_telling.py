from __future__ import annotations

import time

from harness.environments.telling import steady


def test_much_is_thinned() -> None:
    said: list[str] = []
    with steady(said.append, at_most_every=60) as say:
        for number in range(1000):
            say(str(number))
    assert said == ["0"]


def test_silence_is_told() -> None:
    said: list[str] = []
    with steady(said.append, at_least_every=0.05) as say:
        say("compiling")
        until = time.monotonic() + 10
        while len(said) < 3 and time.monotonic() < until:
            time.sleep(0.01)
    assert said[0] == "compiling"
    assert said[1:3] == ["compiling (0 s)"] * 2


def test_nothing_is_told_where_nothing_was_said() -> None:
    said: list[str] = []
    with steady(said.append, at_least_every=0.01):
        time.sleep(0.05)
    assert said == []
