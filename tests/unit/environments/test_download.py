from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from harness.environments.download import download
from harness.errors import EnvironmentUnavailable

CONTENT = bytes(range(256)) * 4096


class Handler(http.server.BaseHTTPRequestHandler):
    """Ends each answer after ``most`` bytes, as a bad line does."""

    most: ClassVar[int] = len(CONTENT)
    resumes: ClassVar[bool] = True
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        type(self).asked.append(wanted)
        if self.path != "/there":
            self.send_error(404, "Not Found")
            return
        begin = int(wanted.removeprefix("bytes=").rstrip("-") or 0) if self.resumes else 0
        self.send_response(206 if wanted and self.resumes else 200)
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        self.end_headers()
        self.wfile.write(CONTENT[begin : begin + self.most])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing on the terminal."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("harness.environments.download._PAUSE_S", 0.0)
    monkeypatch.setattr(Handler, "asked", [])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_cut_line_is_resumed_where_it_was_cut(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "most", 400_000)
    download(f"{server}/there", tmp_path / "file", len(CONTENT), lambda _: None)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert Handler.asked == ["", "bytes=400000-", "bytes=800000-"]


def test_what_an_earlier_call_received_is_kept(server: str, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    download(f"{server}/there", tmp_path / "file", len(CONTENT), lambda _: None)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert Handler.asked == ["bytes=1000-"]


def test_a_server_that_cannot_resume_begins_again(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "resumes", False)
    (tmp_path / "file.part").write_bytes(b"xx")
    download(f"{server}/there", tmp_path / "file", len(CONTENT), lambda _: None)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_dead_line_tells_how_to_go_on(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "most", 0)
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    with pytest.raises(EnvironmentUnavailable, match="call again to go on at 1000 bytes"):
        download(f"{server}/there", tmp_path / "file", len(CONTENT), lambda _: None)


def test_a_refusal_is_told_at_once(server: str, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable, match="HTTP 404 Not Found"):
        download(f"{server}/elsewhere", tmp_path / "file", 10, lambda _: None)
    assert len(Handler.asked) == 1
