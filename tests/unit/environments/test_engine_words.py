"""How the errors of the daemon's client are told."""

from __future__ import annotations

from harness.environments import engine


def test_what_the_system_said_is_told_without_its_wrappings() -> None:
    cause = FileNotFoundError(2, "No such file or directory")
    wrapped = ConnectionError("Connection aborted.", cause)
    wrapped.__cause__ = cause
    outer = RuntimeError(f"Error while fetching server API version: {wrapped}")
    outer.__cause__ = wrapped
    assert engine._plainly(outer) == "No such file or directory"
    assert engine._plainly(RuntimeError("as it is")) == "as it is"
