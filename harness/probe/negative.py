"""The negative control: a model that the parser must refuse. A parser that takes it proves nothing elsewhere."""

from __future__ import annotations

from typing import Any

from .apis.base import Api
from .child import Desk
from .networks import populate
from .outcome import CaseFailed, Outcome


def control(desk: Desk, api: Api, network: Any, logger: Any) -> Outcome:
    """``passed`` with the refusal's text where the model was refused."""
    try:
        populate(desk, api, network, logger)
    except CaseFailed as error:
        return Outcome("passed", "refused as it must be: {}".format(error))
    return Outcome("failed", "negative-control: the parser accepted a model that it must refuse")
