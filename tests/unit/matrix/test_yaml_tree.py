from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.matrix.yaml_tree import MAX_BYTES, parse


def value(text: str) -> object:
    return parse(text.encode(), "m.yaml").plain()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 10.10", {"a": 10.1}),
        ('a: "10.10"', {"a": "10.10"}),
        ("[no, on, 2027-01-31, 0x1f, 1_0]", ["no", "on", "2027-01-31", "0x1f", "1_0"]),
        ("[true, null, ~, -3, 1e3]", [True, None, None, -3, 1000.0]),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_reads_values_of_json(text: str, expected: object) -> None:
    assert value(text) == expected


def test_keeps_the_text_and_the_place_of_a_number() -> None:
    tree = parse(b"a:\n  b: 10.10\n", "m.yaml")
    assert tree.entries is not None
    inner = tree.entries["a"].entries
    assert inner is not None
    assert (inner["b"].raw, inner["b"].line, inner["b"].column) == ("10.10", 2, 6)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"", "m.yaml", "the file is empty"),
        (b"# only a comment\n", "m.yaml", "the file is empty"),
        (b"a: caf\xe9", "m.yaml:1:7", "byte 0xe9 is not UTF-8"),
        (b"a: 1\nb: \x1b[31m", "m.yaml:2:4", "control characters"),
        (b"a: [1, 2\nb: 3", "m.yaml:2:2", "not YAML"),
        (b"a: 1\na: 2", "m.yaml:2:1", "key 'a' stands here a second time; first in line 1"),
        (b"a: !!python/object/apply:os.system [id]", "m.yaml:1:4", "is not allowed"),
        (b"a: !!binary aGk=", "m.yaml:1:4", "is not allowed"),
        (b"&a [*a]", "m.yaml:1:5", "alias *a has no anchor before it"),
        (b"a: 1\n---\nb: 1", "m.yaml:2:1", "a second document"),
        (b"? [a]\n: 1", "m.yaml:1:3", "a key must be a plain word"),
        (b"[" * 500_000, "m.yaml:1:26", "nested more than 24 deep"),
        (b"- " * 5000, "m.yaml:1:51", "nested more than 24 deep"),
        (BOMB.encode(), "m.yaml:6:", "more than 100000 values"),
        (CHAIN.encode(), "m.yaml:24:12", "nested more than 24 deep"),
        (b"x" * (MAX_BYTES + 1), "m.yaml: ", "more than the 1048576"),
    ],
)
def test_refuses_with_the_place(data: bytes, place: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(data, "m.yaml")
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)


def refusal(data: bytes) -> str:
    """What a refusal says; empty where the data are read."""
    try:
        parse(data, "m.yaml").plain()
    except ConfigError as error:
        return str(error)
    return ""


@settings(max_examples=60)
@given(st.binary(max_size=200) | st.text(alphabet="a0.-:[]{}&*!?|>'\"#%@`, \n\t", max_size=60).map(str.encode))
def test_any_bytes_give_a_value_or_one_clear_line(data: bytes) -> None:
    assert refusal(data).isprintable()
