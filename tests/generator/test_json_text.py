"""JSON with places: the values are those of the standard library, and each place holds its value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orcagen.pointers import tokens
from orcagen.source.json_reader import in_bytes, line, read

NAMES = st.text(max_size=3) | st.sampled_from(["a", "a/b", "~", '"', "é", "\U0001f600"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)
LAYOUTS = st.sampled_from([None, 0, 1, "\t"])


def _at(value: Any, pointer: str) -> Any:
    for token in tokens(pointer):
        value = value[token]
    return value


@given(VALUES, LAYOUTS, st.booleans(), st.sampled_from(["", " ", "\n\t"]))
def test_values_and_their_places(value: Any, indent: Any, ascii_: bool, around: str) -> None:
    text = around + json.dumps(value, indent=indent, ensure_ascii=ascii_) + around
    found, spans = read(text)
    assert found == value
    for pointer, (begin, end) in spans.items():
        assert json.loads(text[begin:end]) == _at(value, pointer)
        assert line(text, spans, pointer) == text.count("\n", 0, begin) + 1
    leaves = {p: s for p, s in spans.items() if p.count("/") == 3}
    data = text.encode("utf-8", "surrogatepass")
    for pointer, (begin, end) in in_bytes(text, leaves).items():
        assert json.loads(data[begin:end]) == _at(value, pointer)


@given(st.text('{}[]:,"ab1 \n', max_size=12))
def test_what_is_no_json_is_refused_as_by_the_standard_library(text: str) -> None:
    try:
        expected, problem = json.loads(text), None
    except json.JSONDecodeError as error:
        expected, problem = None, str(error)
    if problem is None:
        assert read(text)[0] == expected
    else:
        with pytest.raises(json.JSONDecodeError) as caught:
            read(text)
        assert str(caught.value) == problem


def test_of_two_members_with_one_name_the_last_counts() -> None:
    text = '{"a": {"x": 1, "y": 2}, "a": {"x":\n3}}'
    value, spans = read(text)
    assert value == {"a": {"x": 3}}
    assert spans.keys() == {"", "/a", "/a/x"}
    assert line(text, spans, "/a/x") == 2
