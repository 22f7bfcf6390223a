from __future__ import annotations

from pathlib import Path

import pytest

from harness.environments import ssh_tunnel
from harness.environments.endpoint import Endpoint
from harness.environments.engine import DaemonGone, Engine
from harness.errors import EnvironmentUnavailable


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in the place of ``ssh``, which nobody lets in."""
    script = tmp_path / "ssh"
    script.write_text("#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return script


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ssh://farm", ["--", "farm"]),
        ("ssh://me@farm:2222", ["-l", "me", "-p", "2222", "--", "farm"]),
    ],
)
def test_the_command(ssh: Path, url: str, words: list[str]) -> None:
    fixed = [str(ssh), "-T", "-o", "BatchMode=yes"]
    assert ssh_tunnel.command(url) == [*fixed, *words, "docker", "system", "dial-stdio"]


@pytest.mark.usefixtures("ssh")
@pytest.mark.parametrize("url", ["ssh://", "ssh://-oProxyCommand=x", "ssh://farm:port", "tcp://farm"])
def test_what_is_no_machine(url: str) -> None:
    with pytest.raises(EnvironmentUnavailable, match="is not ssh://"):
        ssh_tunnel.command(url)


def test_without_a_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentUnavailable, match="install OpenSSH's client"):
        ssh_tunnel.command("ssh://farm")


@pytest.mark.usefixtures("ssh")
def test_the_words_of_ssh_are_told() -> None:
    with pytest.raises(
        DaemonGone, match=r"^no Docker daemon answers at ssh://farm .*\(Permission denied \(publickey\)"
    ):
        Engine(Endpoint("ssh://farm", "DOCKER_HOST"))


@pytest.mark.usefixtures("ssh")
def test_nothing_is_left() -> None:
    tunnel = ssh_tunnel.Tunnel("ssh://farm")
    folder = Path(tunnel.url.removeprefix("unix://")).parent
    assert folder.is_dir()
    tunnel.close()
    assert not folder.exists()
