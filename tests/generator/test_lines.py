"""Lines of values in JSON and YAML text: where they are, and that finding many of them costs one pass."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.support import document, save

from orcagen.pipeline import make_plan
from orcagen.pointers import escaped, tokens
from orcagen.source import json_reader, yaml_reader
from orcagen.source.loader import Source

NAMES = st.text(max_size=3) | st.sampled_from(["a", "a/b", "~", '"', "é", "\U0001f600"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)
LAYOUTS = st.sampled_from([None, 0, 1, "\t"])
FIND_LINES = [json_reader.find_lines, yaml_reader.find_lines]


def _at(value: Any, pointer: str) -> Any:
    for token in tokens(pointer):
        value = value[int(token) if isinstance(value, list) else token]
    return value


def _pointers(value: Any, pointer: str = "") -> list[str]:
    """The pointers of a value and of all values in it."""
    members = value if isinstance(value, dict) else dict(enumerate(value))
    out = [pointer]
    for key, inner in members.items():
        place = f"{pointer}/{escaped(str(key))}"
        out += _pointers(inner, place) if isinstance(inner, (dict, list)) else [place]
    return out


@given(VALUES, LAYOUTS, st.booleans(), st.sampled_from(["", " ", "\n\t"]), st.data())
def test_each_pointer_has_the_offset_and_line_of_its_value(
    value: Any, indent: Any, ascii_: bool, around: str, data: Any
) -> None:
    text = around + json.dumps(value, indent=indent, ensure_ascii=ascii_) + around
    everything = _pointers(value) if isinstance(value, (dict, list)) else [""]
    wanted = data.draw(st.lists(st.sampled_from(everything), unique=True))
    offsets = json_reader.find_offsets(text, wanted)
    lines = json_reader.find_lines(text, wanted)
    assert offsets.keys() == lines.keys() == set(wanted)
    for pointer, offset in offsets.items():
        assert json.JSONDecoder().raw_decode(text, offset)[0] == _at(value, pointer)
        assert lines[pointer] == text.count("\n", 0, offset) + 1


@pytest.mark.parametrize("find_lines", FIND_LINES)
def test_of_two_members_with_one_name_the_last_counts(find_lines: Callable[..., Any]) -> None:
    text = '{"a": {"x": 1, "y": 2},\n"a":\n {"x":\n3}}'
    lines = find_lines(text, ["/a/x", "/a/y"])
    # JSON: the line of the value. YAML: the line of the key.
    assert lines == (
        {"/a/x": 4, "/a/y": 3} if find_lines is FIND_LINES[0] else {"/a/x": 3, "/a/y": 2}
    )


@pytest.mark.parametrize("find_lines", FIND_LINES)
def test_a_pointer_to_nothing_has_the_line_of_its_nearest_parent(
    find_lines: Callable[..., Any],
) -> None:
    text = '{"a":\n {"b": [1,\n 2]}}'
    pointers = ["/a/b/1", "/a/b/7", "/a/b/x/y", "/a/b/1/z", "/c", ""]
    lines = find_lines(text, pointers)
    assert list(lines) == sorted(pointers, key=list(lines).index)
    assert lines["/a/b/1"] == lines["/a/b/1/z"] == 3
    assert lines["/a/b/7"] == lines["/a/b/x/y"] == 2
    assert lines["/c"] == lines[""] == 1


# The cost of lines


class _CountedText(str):
    """Text that notes how many characters are searched for line ends."""

    searched = 0

    def count(self, *args: Any) -> int:
        self.searched += args[2] - args[1]
        return super().count(*args)


def _broken(operations: int) -> dict[str, Any]:
    """A document in which every operation has two mistakes."""
    paths = {
        f"/{i}/{{id}}": {"get": {"responses": {"200": {"description": ""}, "ok": {}}}}
        for i in range(operations)
    }
    return document({"paths": paths})


def _count_steps(function: Callable[[], Any]) -> int:
    """The lines of Python that a call executes: what it does, whatever the machine."""
    steps = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal steps
        steps += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return steps


def _pointers_of_broken(operations: int) -> list[str]:
    return [f"/paths/~1{i}~1{{id}}/get/responses/ok" for i in range(operations)]


@pytest.mark.parametrize("find_lines", FIND_LINES)
def test_twice_the_diagnostics_in_twice_the_document_is_twice_the_work(
    find_lines: Callable[..., Any],
) -> None:
    steps = []
    for size in (500, 1000):
        text, pointers = json.dumps(_broken(size), indent=1), _pointers_of_broken(size)
        steps.append(_count_steps(functools.partial(find_lines, text, pointers)))
    assert steps[1] < 2.1 * steps[0]


def test_json_is_decoded_and_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """That work is done in C, so that it is counted in characters. No large part is in memory a second time."""
    decoded: list[int] = []
    real = json.JSONDecoder().raw_decode

    def decode(text: str, at: int) -> tuple[Any, int]:
        value, end = real(text, at)
        decoded.append(end - at)
        return value, end

    monkeypatch.setattr(json_reader, "_decode", decode)
    text = _CountedText(json.dumps(_broken(1000), indent=1))
    for pointers in (_pointers_of_broken(1000), ["/info/version"]):
        decoded.clear()
        text.searched = 0
        json_reader.find_lines(text, pointers)
        assert 0 < sum(decoded) <= len(text)
        assert max(decoded) < len(text) / 100
        assert 0 < text.searched <= len(text)


@pytest.mark.parametrize("name", ["api.json", "api.yaml"])
def test_thousands_of_diagnostics_read_a_file_for_lines_once(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []
    real = Source.find_lines

    def find_lines(source: Source, uri: str, pointers: Any) -> dict[str, int]:
        searched.append(uri)
        return real(source, uri, pointers)

    monkeypatch.setattr(Source, "find_lines", find_lines)
    content = _broken(1000)
    content["paths"] |= {
        f"/x{i}": {
            "get": {"parameters": [{"$ref": "#/no"}], "responses": {"200": {"$ref": "#/no"}}}
        }
        for i in range(500)
    }
    text = json.dumps(content, indent=1) if name.endswith("json") else yaml.safe_dump(content)
    file = save(tmp_path, text, name)
    diagnostics = make_plan(str(file), "p").diagnostics
    assert len(diagnostics) > 3000
    assert searched == [str(file)]
    lines = text.splitlines()
    for d in diagnostics:
        assert d.line is not None
        last = tokens(d.pointer)[-1]
        # In JSON, the value of a member begins on the line of its name.
        assert last in lines[d.line - 1] or last.isdigit()


def test_a_good_document_is_not_read_for_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source, "find_lines", lambda *_: pytest.fail("lines were looked up"))
    save(tmp_path, document({}))
    assert make_plan(str(tmp_path / "api.yaml"), "p").diagnostics == ()
