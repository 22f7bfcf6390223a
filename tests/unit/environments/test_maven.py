from __future__ import annotations

from pathlib import Path

import pytest

from harness.environments import maven

SETTINGS = """<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
<servers>{server}</servers>
<mirrors><mirror><id>ours</id><mirrorOf>{of}</mirrorOf><url>{url}</url></mirror></mirrors></settings>"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return tmp_path / "settings.xml"


@pytest.mark.parametrize("of", ["*", "central", "external:*"])
def test_a_mirror_of_the_central_repository(settings: Path, of: str) -> None:
    settings.write_text(SETTINGS.format(of=of, url="https://repository.example/maven/", server=""))
    assert maven.mirror([settings]) == "https://repository.example/maven"


@pytest.mark.parametrize(
    ("of", "url", "server"),
    [
        ("other", "https://repository.example", ""),
        ("*", "file:///srv/maven", ""),
        ("*", "https://repository.example", "<server><id>ours</id></server>"),
    ],
    ids=["of another repository", "no web address", "with a login"],
)
def test_what_is_left_to_maven_itself(settings: Path, of: str, url: str, server: str) -> None:
    settings.write_text(SETTINGS.format(of=of, url=url, server=server))
    assert maven.mirror([settings]) == ""


def test_damaged_settings_name_no_mirror(settings: Path, tmp_path: Path) -> None:
    settings.write_text("<settings>")
    assert maven.mirror([settings, tmp_path / "absent.xml"]) == ""
