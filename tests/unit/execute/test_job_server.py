from __future__ import annotations

import os

from harness.execute.job_server import job_server


def test_holds_one_byte_per_job_and_goes_when_done() -> None:
    with job_server(3) as tokens:
        descriptor = os.open(tokens, os.O_RDWR | os.O_NONBLOCK)
        assert os.read(descriptor, 10) == b"+++"
        os.close(descriptor)
    assert not tokens.parent.exists()
