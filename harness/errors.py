"""Every error that a user can meet, and the exit code of each kind.

A message is one line: the thing, what was wrong, what to do; it starts in
lower case and has no full stop.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Exit codes of ``trt-matrix``."""

    OK = 0
    UNEXPECTED = 1
    INTERRUPTED = 2
    BUG = 3
    USAGE = 4
    NOTHING_SELECTED = 5
    INCOMPLETE = 6


class HarnessError(Exception):
    """Base of the errors that ``main`` turns into one line and an exit code."""

    exit_code: ClassVar[Exit] = Exit.UNEXPECTED


class UsageError(HarnessError):
    """The command line asks for something that cannot be."""

    exit_code = Exit.USAGE


class ConfigError(UsageError):
    """A configuration file is wrong; says where.

    ``line`` and ``column`` count from 1, as editors do.
    """

    def __init__(self, message: str, *, file: str, line: int | None = None, column: int | None = None) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {message}")
        self.message = message
        self.file = file
        self.line = line
        self.column = column


class InputError(UsageError):
    """A file given by the user (log, model, weights) cannot be used."""


class NothingSelected(HarnessError):
    """The selection leaves nothing to do."""

    exit_code = Exit.NOTHING_SELECTED


class EnvironmentUnavailable(HarnessError):
    """A cell's environment cannot be made here; the cell is ``not-run``, the others go on.

    A command that cannot do without it ends: this machine lacks something, which is no finding.
    """

    exit_code = Exit.USAGE


class Interrupted(HarnessError):
    """The user pressed Ctrl-C twice."""

    exit_code = Exit.INTERRUPTED
