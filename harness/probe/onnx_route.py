"""The ONNX parser of the release under test reads the model."""

from __future__ import annotations

import os
from typing import Any, List

from .apis.base import Api
from .child import Desk
from .outcome import CaseFailed


def populate(desk: Desk, api: Api, network: Any, logger: Any) -> object:
    """Parse the case's model into ``network``; each of the parser's errors becomes an event."""
    if desk.case.model is None:
        raise CaseFailed("the case names no model")
    parser = api.trt.OnnxParser(network, logger)
    with open(desk.case.model, "rb") as file:
        data = file.read()
    # The path lets the parser find weights that the model keeps in files beside it.
    if not parser.parse(data, os.path.abspath(desk.case.model)):
        raise CaseFailed("parser: " + _first(errors(desk, parser)))
    return parser


def errors(desk: Desk, parser: Any) -> List[str]:
    """Write the parser's errors as events; returns their texts."""
    texts = []
    for index in range(parser.num_errors):
        error = parser.get_error(index)
        texts.append(str(error.desc()))
        desk.events.write(
            "parser-error",
            text=texts[-1],
            node=_call(error, "node_name") or str(_call(error, "node")),
            operator=_call(error, "node_operator"),
            code=str(_call(error, "code")),
            function=_call(error, "func"),
            line=_call(error, "line"),
        )
    return texts


def _call(error: Any, name: str) -> Any:
    """Older releases tell less about an error."""
    function = getattr(error, name, None)
    return "" if function is None else function()


def _first(texts: List[str]) -> str:
    return texts[0].strip().splitlines()[0] if texts and texts[0].strip() else "refused without an error text"
