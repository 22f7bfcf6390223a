"""The parser and the dispatch. A command's module is imported only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from keyword import iskeyword
from typing import Any, Protocol, cast

from harness import __version__
from harness.errors import Exit, HarnessError

COMMANDS = {
    "plan": "list cells and cases: what will run here, what will not and why",
    "run": "make the environments, run the cases, write the report",
    "report": "write the report of a run again from its evidence",
    "show": "show a run, a cell or a case in the terminal",
    "compare": "tell what differs between two runs, nights, releases or a baseline",
    "search": "find the first bad or first good release, or night, of a case",
    "triage": "tell what an upgrade will change, on one page and as text for a ticket",
    "repro": "make a folder that repeats one case without this project",
    "dashboard": "write the regression dashboard, a static site, from the history",
    "import": "take runs made elsewhere into the history",
    "export": "write a run as one file",
    "merge": "make one run of runs of parts of one matrix",
    "pin": "name a run as a baseline and keep its evidence",
    "audit": "count the weights that a lower precision cannot hold",
    "classify": "find the first cause in any TensorRT log",
    "catalogue": "list the messages that a TensorRT library can print",
    "doctor": "say what this machine lacks for which cells, and how to get it",
    "lock": "write down the digests of the images that the matrix builds on",
    "gc": "remove what killed runs left behind, and images long unused",
    "fetch": "bring a release's libraries and bindings into a directory",
    "api": "what each release's API has, and what of it your code needs",
}


class Command(Protocol):
    """What a module of ``harness.commands`` has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


def main_outer(words: Sequence[str]) -> int:
    """Run, and turn every ending into an exit code."""
    try:
        return main(words)
    except HarnessError as error:
        print(f"trt-matrix: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("trt-matrix: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception:
        import traceback  # at once it costs every command 5 ms

        traceback.print_exc()
        print("trt-matrix: this is a bug in trt-matrix; please report the lines above", file=sys.stderr)
        return Exit.BUG


def main(words: Sequence[str]) -> int:
    """Parse ``words`` and run the command; raises what the command raises."""
    parser = build_parser(words)
    arguments = parser.parse_args(list(words))
    if arguments.command is None:
        parser.print_help()
        return Exit.USAGE
    return load(arguments.command).run(arguments)


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser. Where ``words`` name a command, that one alone is made, with its arguments and its imports."""
    parser = _Parser(prog="trt-matrix", description="Which TensorRT release breaks your model, why, and what to do.")
    parser.add_argument("--version", action="version", version=f"trt-matrix {__version__}")
    subparsers = parser.add_subparsers(
        # Without its name argparse would lay out a usage line to find it, which costs every command 10 ms.
        prog=parser.prog,
        dest="command",
        metavar="COMMAND",
        parser_class=_Parser,
    )
    asked = next((word for word in words if not word.startswith("-")), None)
    for name in [asked] if asked in COMMANDS else COMMANDS:
        line = COMMANDS[name]
        sub = subparsers.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == asked:
            load(name).add_arguments(sub)
    return parser


def load(name: str) -> Command:
    """The module of a command; that of ``import`` cannot have its name."""
    module = name.replace("-", "_") + ("_" if iskeyword(name) else "")
    return cast("Command", importlib.import_module(f"harness.commands.{module}"))


class _Help(argparse.HelpFormatter):
    """Knows the terminal's width: argparse makes one for each argument, and has it import shutil, which takes 5 ms."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


@cache
def _columns() -> int:
    """The width of the terminal, or what ``COLUMNS`` says it is; 80 where there is none."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    return 80


class _Parser(argparse.ArgumentParser):
    """Usage errors end with our own exit code."""

    def __init__(self, *words: Any, **settings: Any) -> None:
        super().__init__(*words, **{"formatter_class": _Help, **settings})

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n")
