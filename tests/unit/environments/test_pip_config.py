from __future__ import annotations

from pathlib import Path

from harness.environments import pip_config


def test_environment_is_stronger_than_the_file(tmp_path: Path) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_text("[global]\nindex-url = https://file.example/simple\ncert = /etc/mine.pem\n", encoding="utf-8")
    told = pip_config.as_uv({"PIP_INDEX_URL": "https://env.example/simple"}, [conf])
    assert told == {"UV_DEFAULT_INDEX": "https://env.example/simple", "SSL_CERT_FILE": "/etc/mine.pem"}


def test_uv_own_variables_stay(tmp_path: Path) -> None:
    told = pip_config.as_uv({"PIP_INDEX_URL": "https://pip.example", "UV_DEFAULT_INDEX": "https://uv.example"}, [])
    assert "UV_DEFAULT_INDEX" not in told


def test_lists_are_separated_as_uv_reads_them() -> None:
    told = pip_config.as_uv({"PIP_EXTRA_INDEX_URL": "https://a\n https://b", "PIP_FIND_LINKS": "/one  /two"}, [])
    assert told == {"UV_INDEX": "https://a https://b", "UV_FIND_LINKS": "/one,/two"}


def test_damaged_file_has_no_options(tmp_path: Path) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_bytes(b"index-url = \xff\xfe no section\n")
    assert pip_config.read(conf) == {}


def test_install_section_is_stronger_than_global(tmp_path: Path) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_text("[install]\nfind_links = /b\n[global]\nfind-links = /a\n", encoding="utf-8")
    assert pip_config.read(conf)["find-links"] == "/b"


def test_dev_null_switches_the_files_off() -> None:
    assert pip_config.config_files({"PIP_CONFIG_FILE": "/dev/null"}) == []
