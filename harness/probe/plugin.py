"""Gives pytest the cases of the job, and the scheduler that runs them."""

from __future__ import annotations

import pytest

from .job import Case, Job
from .outcome import Outcome
from .scheduler import Scheduler


class Plugin:
    """A test per case; the test waits for its case and tells its outcome."""

    def __init__(self, job: Job, scheduler: Scheduler) -> None:
        self._job = job
        self._scheduler = scheduler

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", self._job.cases, ids=[case.id for case in self._job.cases])

    @pytest.fixture
    def outcome(self, case: Case) -> Outcome:
        return self._scheduler.wait(case.id)
