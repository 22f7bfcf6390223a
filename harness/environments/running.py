"""One container's life: made, started, read from, ended, removed on every way out."""

from __future__ import annotations

import contextlib
import secrets
import time

from harness.environments import Ending, Limits, OnLine
from harness.environments.container import Json
from harness.environments.endings import State, ending, refusal
from harness.environments.engine import DaemonGone, Engine, Refused
from harness.environments.lines import Lines

_NOT_STARTED = 125
_TIMED_OUT = 124
# How long a daemon that went away is waited for, and how long one is watched that ended a container by itself.
_RESTART_S = 30.0
_GOING_S = 5.0
_STEADY_S = 2.0


def run(engine: Engine, body: Json, name: str, limits: Limits, on_line: OnLine) -> Ending:
    """Run a container by its configuration to its end, or to the limits. Whatever happens, it is not left behind."""
    container = ""
    try:
        container = engine.create(body, f"{name}-{secrets.token_hex(4)}")
        return _supervised(engine, container, limits, on_line)
    except Refused as error:
        return Ending(_NOT_STARTED, refusal(str(error)))
    except DaemonGone as error:
        return _after_loss(engine, container, str(error))
    finally:
        if container:
            with contextlib.suppress(DaemonGone):
                engine.remove(container)


def _supervised(engine: Engine, container: str, limits: Limits, on_line: OnLine) -> Ending:
    """Start, hand on what is printed, and say how it ended. The thread that called reads; nothing is buffered."""
    deadline = time.monotonic() + limits.wall_s
    lines = Lines(on_line, limits.log_bytes)
    attached = engine.attach(container)
    try:
        engine.start(container)
        for piece in attached.pieces(deadline):
            lines.feed(piece)
            if lines.flooded:
                # Before its end: a daemon waits for the reader of a container that it ends.
                attached.close()
                engine.kill(container)
                return Ending(-9, f"output-limit: the cell printed more than {limits.log_bytes // 1_000_000} MB")
        lines.close()
        engine.wait(container, max(1.0, deadline - time.monotonic()))
    except TimeoutError:
        attached.close()
        engine.kill(container)
        return Ending(_TIMED_OUT, f"timed-out: the cell ran past {limits.wall_s:.0f} s")
    finally:
        attached.close()
    return _ended(engine, engine.state(container), limits)


def _ended(engine: Engine, state: State | None, limits: Limits) -> Ending:
    if state is None:
        return Ending(-9, "killed: the container was removed from outside")
    found = ending(state, limits.memory_bytes)
    if found.reason.startswith("killed:"):
        _watch(engine)
    return found


def _watch(engine: Engine) -> None:
    """A daemon that shuts down ends its containers first; raises ``DaemonGone`` where this one does."""
    until = time.monotonic() + _GOING_S
    while time.monotonic() < until:
        engine.ping()
        time.sleep(0.2)


def _after_loss(engine: Engine, container: str, words: str) -> Ending:
    """Whether the daemon comes back; its containers do not outlive it, or have lost their leash."""
    until = time.monotonic() + _RESTART_S
    back_since = None
    while time.monotonic() < until:
        time.sleep(0.2)
        try:
            engine.ping()
        except DaemonGone:
            back_since = None
            continue
        # One that is about to end still answers for a moment.
        back_since = back_since or time.monotonic()
        if time.monotonic() - back_since > _STEADY_S:
            return Ending(-9, "daemon-restarted: the daemon was restarted during the run, which ended the container")
    left = f"; container {container[:12]} may be left there: `trt-matrix gc` removes it" if container else ""
    return Ending(-9, f"daemon-gone: {words}{left}")
