"""The ONNX parser of the release under test reads the model."""

from __future__ import annotations

import os
from typing import Any, List

from . import user_plugins
from .apis.base import Api
from .child import Desk
from .outcome import CaseFailed


def populate(desk: Desk, api: Api, network: Any, logger: Any) -> object:
    """Parse the case's model into ``network``; each of the parser's errors becomes an event."""
    if desk.case.model is None:
        raise CaseFailed("the case names no model")
    user_plugins.prepare(desk, api, network, logger)
    parser = api.trt.OnnxParser(network, logger)
    with open(desk.case.model, "rb") as file:
        data = file.read()
    # The path lets the parser find weights that the model keeps in files beside it.
    if not parser.parse(data, os.path.abspath(desk.case.model)):
        told = errors(desk, parser) or ["refused without an error"]
        raise CaseFailed("parser: " + told[0])
    return parser


def errors(desk: Desk, parser: Any) -> List[str]:
    """Write the parser's errors as events; returns a line for each."""
    return [_record(desk, parser.get_error(index)) for index in range(parser.num_errors)]


def _record(desk: Desk, error: Any) -> str:
    text, operator = str(error.desc()).strip(), _call(error, "node_operator")
    node = _call(error, "node_name") or str(_call(error, "node"))
    desk.events.write(
        "parser-error",
        text=text,
        node=node,
        operator=operator,
        code=str(_call(error, "code")),
        function=_call(error, "func"),
        line=_call(error, "line"),
    )
    place = "node {} [{}]: ".format(node, operator) if operator else ""
    return place + (text.splitlines() or ["refused without an error text"])[0]


def _call(error: Any, name: str) -> Any:
    """Older releases tell less about an error."""
    function = getattr(error, name, None)
    return "" if function is None else function()
