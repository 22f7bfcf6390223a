from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from harness.environments.endpoint import resolve
from harness.errors import EnvironmentUnavailable


def with_context(home: Path, name: str, host: str, *, current: bool) -> None:
    folder = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    if current:
        (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name}))


def test_the_default_is_the_local_socket(tmp_path: Path) -> None:
    found = resolve({}, tmp_path)
    assert (found.url, found.local) == ("unix:///var/run/docker.sock", True)


def test_docker_host_comes_first(tmp_path: Path) -> None:
    with_context(tmp_path, "farm", "ssh://farm", current=True)
    assert resolve({"DOCKER_HOST": "unix:///x"}, tmp_path).url == "unix:///x"


@pytest.mark.parametrize("current", [True, False])
def test_contexts(tmp_path: Path, current: bool) -> None:
    with_context(tmp_path, "farm", "ssh://farm", current=current)
    found = resolve({} if current else {"DOCKER_CONTEXT": "farm"}, tmp_path)
    assert (found.url, found.origin, found.local) == ("ssh://farm", "context farm", False)


def test_a_missing_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable, match=r"'farm'.*docker context ls"):
        resolve({"DOCKER_CONTEXT": "farm"}, tmp_path)


def test_a_damaged_configuration_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text("{")
    assert resolve({}, tmp_path).origin == "the default"


def test_an_unknown_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable, match="DOCKER_HOST names 'gopher://x'"):
        resolve({"DOCKER_HOST": "gopher://x"}, tmp_path)


def test_certificates(tmp_path: Path) -> None:
    found = resolve({"DOCKER_HOST": "tcp://x:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}, tmp_path)
    assert found.certificates == Path("/certs")
