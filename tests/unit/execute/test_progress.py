from __future__ import annotations

import io

from harness.execute.live import table
from harness.execute.progress import LiveProgress, PlainProgress, progress_for


def test_plain_lines_name_the_cell_and_the_time() -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream)
    progress.stage("trt8.6.1", "building", 4)
    progress.case("trt8.6.1", "a: passed")
    assert [line.split("s] ")[1] for line in stream.getvalue().splitlines()] == [
        "trt8.6.1: building (4 cases)",
        "trt8.6.1: a: passed",
    ]


def test_a_stream_that_is_no_terminal_gets_plain_lines() -> None:
    with progress_for(io.StringIO()) as progress:
        assert isinstance(progress, PlainProgress)


def test_live_table_counts_cases_and_freezes_the_time_of_ended_cells() -> None:
    live = LiveProgress()
    live.stage("cell", "building", 2)
    live.case("cell", "a: passed")
    assert live.snapshot()[0][1].progress() == "1/2"
    live.case("cell", "b: passed")
    live.case("cell", "negative-control: passed")
    live.end("cell", "1 passed")
    ((_name, state),) = live.snapshot()
    assert (state.progress(), state.stage) == ("2/2", "1 passed")
    assert state.elapsed() == state.elapsed()
    assert table(live.snapshot()).row_count == 1
