"""A second daemon, reached by TCP, that does not see what the tests write: its mount namespace hides their folder."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from harness.environments.endpoint import Endpoint
from harness.environments.engine import DaemonGone, Engine

_START = 'mount -t tmpfs none "$1" && shift && exec "$@"'


@contextlib.contextmanager
def serving(folder: Path, hidden: Path) -> Iterator[str]:
    """Its URL. ``folder`` takes its data."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    places = {"--data-root": "data", "--exec-root": "exec", "--pidfile": "pid"}
    options = [part for option, name in places.items() for part in (option, str(folder / name))]
    dockerd = ["dockerd", *options, "-H", url, "--tls=false", "--bridge", "none", "--iptables=false"]
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(["unshare", "-m", "sh", "-c", _START, "sh", hidden, *dockerd], stdout=log, stderr=log)
    try:
        _answering(url)
        yield url
    finally:
        daemon.terminate()
        daemon.wait(60)


def _answering(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            Engine(Endpoint(url, "the test")).close()
        except DaemonGone:
            assert time.monotonic() < until
            time.sleep(0.2)
        else:
            return
