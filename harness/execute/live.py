"""Draws the live table. Imported only on a terminal: the drawing library takes its time to load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from harness.execute.progress import CellState


@contextmanager
def drawing(snapshot: Callable[[], list[tuple[str, CellState]]], stream: TextIO, tick_s: float) -> Iterator[None]:
    """Redraw ``snapshot`` every ``tick_s`` seconds until the context ends."""
    console = Console(file=stream)
    with Live(console=console, refresh_per_second=1 / tick_s, get_renderable=lambda: table(snapshot())):
        yield


def table(cells: list[tuple[str, CellState]]) -> Table:
    """One row a cell: its id, what it does, how many cases are done, how long it has taken."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("cell", "stage"):
        drawn.add_column(title, no_wrap=True, overflow="ellipsis")
    for title in ("cases", "elapsed"):
        drawn.add_column(title, justify="right", no_wrap=True)
    for name, state in cells:
        drawn.add_row(name, state.stage, state.progress(), f"{state.elapsed():.1f} s")
    return drawn
