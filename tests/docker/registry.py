"""A small registry on this machine that serves one image of one layer, with faults on request."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Registry:
    """As many requests as ``faults`` are answered with 503; where ``refuses`` is set, every one with 401. Layers are
    not sent while ``flowing`` is clear."""

    def __init__(self) -> None:
        self.faults = 0
        self.refuses = False
        self.flowing = threading.Event()
        self.flowing.set()
        self.port = 0
        self.publish("one")

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}/test/image:1"

    def publish(self, text: str) -> None:
        """Move the tag to another image."""
        layer = _layer(text)
        diff = {"type": "layers", "diff_ids": [_digest(layer)]}
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": diff}).encode()
        entry = {
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar",
            "size": len(layer),
            "digest": _digest(layer),
        }
        head = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {**head, "digest": _digest(config)},
            "layers": [entry],
        }
        self.manifest = json.dumps(manifest).encode()
        self.digest = _digest(self.manifest)
        self.blobs = {_digest(layer): layer, _digest(config): config}


class _Server(http.server.ThreadingHTTPServer):
    def __init__(self, registry: Registry) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.registry = registry


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        registry = self.server.registry
        *_, kind, name = self.path.split("/")
        if kind == "manifests" and registry.refuses:
            self._answer(401, b'{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}')
        elif kind == "manifests" and registry.faults > 0:
            registry.faults -= 1
            self._answer(503, b"busy", "text/plain")
        elif kind == "manifests":
            self._answer(200, registry.manifest, _MANIFEST)
        elif kind != "blobs":
            self._answer(200, b"{}")
        else:
            registry.flowing.wait(60)
            self._answer(200, registry.blobs[name])

    def _answer(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", _digest(content))
        with contextlib.suppress(ConnectionError):  # a daemon whose client was killed hangs up
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Registry]:
    registry = Registry()
    with _Server(registry) as server:
        registry.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield registry
        finally:
            registry.flowing.set()
            server.shutdown()
            thread.join()


def _layer(text: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("content")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
