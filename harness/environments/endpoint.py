"""Which Docker daemon to talk to: ``DOCKER_HOST``, else the chosen context, else the local socket.

The same order as the ``docker`` command, so that what works there works here. Podman's socket is a
``DOCKER_HOST`` like another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import EnvironmentUnavailable

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
_SCHEMES = ("unix://", "tcp://", "ssh://", "http://", "https://")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``certificates`` is a folder with ``ca.pem``, ``cert.pem``, ``key.pem``; ``origin`` says who named the place."""

    url: str
    origin: str
    certificates: Path | None = None

    @property
    def local(self) -> bool:
        """The daemon sees this machine's files: only then can folders be mounted into containers."""
        return self.url.startswith("unix://")


def resolve(environ: Mapping[str, str], home: Path) -> Endpoint:
    """Raises ``EnvironmentUnavailable`` where a named context does not exist, or the scheme is unknown."""
    config = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    host = environ.get("DOCKER_HOST", "")
    if host:
        return _checked(Endpoint(host, "DOCKER_HOST", _certificates(environ, config)))
    name = environ.get("DOCKER_CONTEXT") or _current_context(config)
    if name and name != "default":
        return _checked(_context(config, name))
    return Endpoint(DEFAULT_SOCKET, "the default")


def _certificates(environ: Mapping[str, str], config: Path) -> Path | None:
    return Path(environ.get("DOCKER_CERT_PATH") or config) if environ.get("DOCKER_TLS_VERIFY") else None


def _current_context(config: Path) -> str:
    try:
        name = json.loads((config / "config.json").read_text("utf-8")).get("currentContext")
    except (OSError, ValueError, AttributeError):
        return ""
    return name if isinstance(name, str) else ""


def _context(config: Path, name: str) -> Endpoint:
    key = hashlib.sha256(name.encode()).hexdigest()
    try:
        meta = json.loads((config / "contexts" / "meta" / key / "meta.json").read_text("utf-8"))
        url = str(meta["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"Docker context {name!r} cannot be read: see `docker context ls`"
        raise EnvironmentUnavailable(message) from error
    certificates = config / "contexts" / "tls" / key / "docker"
    return Endpoint(url, f"context {name}", certificates if certificates.is_dir() else None)


def _checked(endpoint: Endpoint) -> Endpoint:
    if not endpoint.url.startswith(_SCHEMES):
        known = ", ".join(_SCHEMES)
        raise EnvironmentUnavailable(f"{endpoint.origin} names {endpoint.url!r}: expected one of {known}")
    return endpoint
