"""A daemon behind ``ssh://``, reached as the ``docker`` command does it: ``docker system dial-stdio`` over there.

The Docker SDK has a way of its own and wants Paramiko for it, even where it calls ``ssh`` in the end.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
import weakref
from pathlib import Path
from urllib.parse import urlsplit

from harness import process
from harness.errors import EnvironmentUnavailable


class Tunnel:
    """A socket of this machine; each connection to it becomes an ``ssh`` that ends with it."""

    def __init__(self, url: str) -> None:
        self._command = command(url)
        self._folder = Path(tempfile.mkdtemp(prefix="trt-matrix-ssh-"))
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self._folder / "docker.sock"))
        self._socket.listen(64)
        self._children: list[subprocess.Popen[bytes]] = []
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self._folder}/docker.sock"

    def words(self) -> str:
        """What ``ssh`` last complained of; empty where it did not."""
        with contextlib.suppress(OSError, IndexError):
            return (self._folder / "log").read_text("utf-8", "replace").strip().splitlines()[-1]
        return ""

    def close(self) -> None:
        # A thread that waits for connections is not woken by closing alone.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for child in self._children:
            process.end_group(child)
        self._remove()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, (self._folder / "log").open("ab") as log:
                number = connection.fileno()
                child = process.start(self._command, stdin=number, stdout=number, stderr=log.fileno())
            self._children = [each for each in (*self._children, child) if each.poll() is None]


def command(url: str) -> list[str]:
    """The ``ssh`` for a URL. Nothing asks for a password: keys or an agent must serve."""
    found = urlsplit(url)
    try:
        number = ["-p", str(found.port)] if found.port else []
    except ValueError:
        number = None
    if found.scheme != "ssh" or not found.hostname or found.hostname.startswith("-") or number is None:
        raise EnvironmentUnavailable(f"{url!r} is not ssh://[user@]host[:port]")
    ssh = shutil.which("ssh")
    if ssh is None:
        raise EnvironmentUnavailable(f"{url}: there is no ssh on the PATH: install OpenSSH's client")
    user = ["-l", found.username] if found.username else []
    return [ssh, "-T", "-o", "BatchMode=yes", *user, *number, "--", found.hostname, "docker", "system", "dial-stdio"]
