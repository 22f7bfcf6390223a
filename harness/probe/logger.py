"""TensorRT's log callback. Nothing is raised inside it: that would end the process."""

from __future__ import annotations

from typing import Any, List

from .log import NO_DEVICE, SEVERITIES, TensorRTLog

LAYERS = ("Layers:", "Engine Layer Information:")
_KEPT_ERRORS = 20


class Heard:
    """What the probe itself needs of the log: the errors and the layers of the engine."""

    def __init__(self) -> None:
        self.errors: List[str] = []
        self.layers = ""
        self.device_error = ""

    def note(self, letter: str, text: str) -> None:
        if letter in "FE" and len(self.errors) < _KEPT_ERRORS:
            self.errors.append(text.strip())
        if NO_DEVICE in text and not self.device_error:
            self.device_error = text.strip()
        if text.startswith(LAYERS):
            self.layers = text


def make(trt: Any, log: TensorRTLog, heard: Heard) -> Any:
    """An ``ILogger`` of the loaded module that writes every record, and never raises."""

    class Logger(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            try:
                letter = SEVERITIES.get(severity.name, "V")
                log.write(letter, message)
                heard.note(letter, message)
            except BaseException:
                log.lost += 1

    return Logger()
