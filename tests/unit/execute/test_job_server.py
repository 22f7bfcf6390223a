from __future__ import annotations

import os

from harness.execute.job_server import job_server


def test_holds_one_byte_per_job_and_goes_when_done() -> None:
    with job_server(3) as server:
        descriptor = os.open(server.tokens, os.O_RDWR | os.O_NONBLOCK)
        assert os.read(descriptor, 10) == b"+++"
        os.close(descriptor)
        folder = server.tokens.parent
    assert not folder.exists()


def test_stop_is_a_file_that_probes_look_for() -> None:
    with job_server(1) as server:
        assert not server.stop.exists()
        server.request_stop()
        assert server.stop.exists()
