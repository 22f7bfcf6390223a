"""The tests of a cell, collected by pytest inside it: one for each case of the job."""

from __future__ import annotations

from typing import Any

import pytest


def test_case(outcome: Any) -> None:
    """Green where the case passed; what is not applicable or was not run is skipped with its reason."""
    if outcome.outcome in ("not-applicable", "not-run"):
        pytest.skip("{}: {}".format(outcome.outcome, outcome.reason))
    if outcome.outcome != "passed":
        pytest.fail("{}: {}".format(outcome.outcome, outcome.reason), pytrace=False)
