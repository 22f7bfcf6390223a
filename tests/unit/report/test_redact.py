from __future__ import annotations

from pathlib import Path

import pytest

from harness.report.redact import redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/jane/models/a.onnx", "~/models/a.onnx"),
        ("file:///Users/jane/x", "file://~/x"),
        ("/root/.cache/x and /rootless", "~/.cache/x and /rootless"),
        ("https://jane:hunter2@host/x", "https://[redacted]host/x"),
        ("HF_TOKEN=abc123 next", "HF_TOKEN=[redacted] next"),
        ('"api_key": "abc123"', '"api_key": "[redacted]"'),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer [redacted]"),
        ("key AKIAABCDEFGHIJKLMNOP here", "key [redacted] here"),
        ("nvapi-abcdefghijklmnop1234", "[redacted]"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nrest", "[redacted]\nrest"),
        ("[W] 73 weights, tensor token_embedding", "[W] 73 weights, tensor token_embedding"),
    ],
)
def test_redacted(text: str, expected: str) -> None:
    assert redacted(text, home=Path("/nowhere/at/all")) == expected


def test_the_own_home_wherever_it_is() -> None:
    assert redacted("/srv/people/me/a /srv/people/mean", home=Path("/srv/people/me")) == "~/a /srv/people/mean"
