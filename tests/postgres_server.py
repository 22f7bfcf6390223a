"""A private PostgreSQL server, for tests and benchmarks: no TCP, its own folder, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path


def binaries() -> Path | None:
    """The newest installed server's programs; Debian keeps them off the search path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


class PostgresServer:
    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # A socket's path may have at most 107 bytes, which pytest's own folders exceed.
        self.folder = Path(tempfile.mkdtemp(prefix="trtm-pg-"))
        self._numbers = count()

    def start(self) -> PostgresServer:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        data = self.folder / "data"
        self._as_user("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._as_user("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", options, "start")
        return self

    def stop(self) -> None:
        self._as_user("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"history{next(self._numbers)}"
        self._as_user("createdb", "-h", self.folder, "-U", "postgres", name)
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def _as_user(self, program: str, *words: object, check: bool = True) -> None:
        command = [str(self._programs / program), *map(str, words)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=check, cwd=self.folder, stdout=subprocess.DEVNULL)
