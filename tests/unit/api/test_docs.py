from __future__ import annotations

import re
from pathlib import Path

from harness.api.losses import losses_of_8_6
from harness.support.surfaces import load

_PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_table_of_losses_is_what_the_data_say() -> None:
    found = re.search(r"<!-- losses -->\n(.+)\n<!-- /losses -->", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert found[1] == losses_of_8_6(load())


def test_the_examples_in_code_hold() -> None:
    code = re.findall(r"```python\n(.+?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    for line in code[-1].splitlines():
        if "#" in line:
            expression, _, expected = line.partition("#")
            assert str(eval(expression, names)) == expected.strip()
        else:
            exec(line, names)
