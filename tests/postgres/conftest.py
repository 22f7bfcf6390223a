from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.postgres_server import PostgresServer, binaries


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A private server for these tests, reached by a socket in a folder of its own."""
    pytest.importorskip("psycopg", reason="needs psycopg: pip install 'trt-matrix[postgresql]'")
    where = binaries()
    if where is None:
        pytest.skip("needs a PostgreSQL server: apt-get install postgresql")
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        pytest.skip("needs runuser: PostgreSQL does not start as root")
    started = PostgresServer(where)
    try:
        yield started.start()
    finally:
        started.stop()


@pytest.fixture
def url(server: PostgresServer) -> str:
    """An empty database."""
    return server.new_database()
