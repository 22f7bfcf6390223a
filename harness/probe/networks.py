"""How a subject becomes a network: one module per route."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from . import network_route, onnx_route
from .apis.base import Api
from .child import Desk
from .outcome import NotApplicable

# Fills the network. Raises ``CaseFailed`` with the reason, or ``NotApplicable`` with the missing API.
# Returns what must stay alive until the engine is built (the parser owns the weights).
Populate = Callable[[Desk, Api, Any, Any], Optional[object]]

ROUTES: Dict[str, Populate] = {
    "host-decode": network_route.host_decode,
    "plugin": network_route.plugin,
    "onnx": onnx_route.populate,
}


def populate(desk: Desk, api: Api, network: Any, logger: Any) -> Optional[object]:
    route = ROUTES.get(desk.case.route)
    if route is None:
        raise NotApplicable("route {} is not known to this probe".format(desk.case.route))
    return route(desk, api, network, logger)
