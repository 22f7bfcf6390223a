from __future__ import annotations

import json

import pytest

from harness.api.diff import Diff, by_topic, diff
from harness.api.life import life
from harness.api.render import diff_json, diff_text, life_json, life_text
from harness.cli import main
from harness.errors import UsageError
from harness.support.surfaces import load
from harness.versions import Release


def between(old: str, new: str) -> Diff:
    return diff(load().surface(Release.parse(old)), load().surface(Release.parse(new)))


def test_tells_what_an_8_6_user_loses_at_10_and_at_11() -> None:
    at = {change.name: str(change.release) for change in between("8.6.1", "11.4").removed}
    assert at["Builder.build_engine"] == "tensorrt 10.0.1"
    assert at["IBuilderConfig.max_workspace_size"] == "tensorrt 10.0.1"
    assert at["BuilderFlag.FP16"] == "tensorrt 11.0.0"
    assert at["IInt8EntropyCalibrator2"] == "tensorrt 11.0.0"
    assert "INetworkDefinition.add_plugin_v2" not in at


def test_a_class_that_went_is_one_change() -> None:
    names = [change.name for change in between("8.6.1", "10.0").removed]
    assert "CaffeParser" in names
    assert not [name for name in names if name.startswith("CaffeParser.")]


def test_groups_by_what_people_use_it_for() -> None:
    groups = by_topic(between("8.6.1", "11.4").removed)
    assert list(groups)[:3] == ["building", "precision", "int8"]
    assert "IBuilderConfig.int8_calibrator" in [change.name for change in groups["int8"]]
    assert "ICudaEngine.num_bindings" in [change.name for change in groups["bindings"]]


def test_what_is_newly_deprecated_names_the_version() -> None:
    found = {change.name: str(change.release) for change in between("10.11", "10.12").deprecated}
    assert found["BuilderFlag.FP16"] == "tensorrt 10.12"


def test_a_property_that_can_no_longer_be_set_is_changed() -> None:
    assert "ITensor.dtype" in [change.name for change in between("8.6.1", "11.4").changed]


def test_a_release_compared_with_itself_is_empty() -> None:
    found = between("10.3", "10.3")
    assert [found.removed, found.added, found.deprecated, found.changed] == [[], [], [], []]


def test_going_back_swaps_removed_and_added() -> None:
    assert {c.name for c in between("8.6.1", "11.4").removed} >= {c.name for c in between("11.4", "8.6.1").added}


def test_text_names_the_replacement() -> None:
    text = diff_text(between("8.6.1", "10.0"), list_added=False)
    assert "use: config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, bytes)" in text
    assert "list them with --added" in text


def test_json_holds_every_change() -> None:
    found = between("8.6.1", "10.0")
    assert len(json.loads(json.dumps(diff_json(found)))["removed"]) == len(found.removed)


def test_shows_where_a_name_lives() -> None:
    text = life_text(life("BuilderFlag.FP16", load()))
    assert "tensorrt: 8.6.1 to 10.16.1" in text
    assert "deprecated: since 10.12" in text


def test_shows_how_a_signature_changed() -> None:
    found = life_json(life("INetworkDefinition.add_quantize", load()))
    assert isinstance(found["signatures"], list)
    assert len(found["signatures"]) > 1


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Builder.build_engin", "Builder.build_engine"), ("max_workspace_size", "IBuilderConfig.max_workspace_size")],
)
def test_an_unknown_name_gets_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=nearest):
        life(name, load())


def test_the_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api", "diff", "8.6.1", "10.0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == "tensorrt 10.0.1"


def test_the_command_refuses_no_action() -> None:
    with pytest.raises(UsageError, match="no action"):
        main(["api"])
