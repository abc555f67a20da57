"""JSON text with msgspec, where it is installed, and with the standard library: the same values, bytes and errors."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import Package, Workshop, document

EVENTS = """
openapi: 3.1.0
paths: {}
components: {schemas: {Event: {type: object, properties: {
  id: {type: string, format: uuid}, at: {type: string, format: date-time}, name: {type: string},
  places: {type: array, items: {type: string}}, size: {type: [number, "null"]}, next: {$ref: "#/components/schemas/Event"}}}}}
"""
ODD = [
    b"1e400", b"NaN", b"-Infinity", b'"\\ud800"', b"\xef\xbb\xbf{}", '"é"'.encode("utf-16"), b"123456789012345678901234567890",
    b"-0.0", b"0.30000000000000004441", b'{"a": 1, "a": 2}', b"{} x", b"", b'"\xff"', b'"\x01"', b"[1,]", b"9" * 5000,
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def packages(workshop: Workshop) -> tuple[Package, Package]:
    """Two copies of one package: one that has looked for msgspec and found it, one that has not found it."""
    fast, plain = workshop(document(EVENTS)), workshop(document(EVENTS + "# again\n"))
    assert fast.part("_runtime.encoder").json_bytes([1]) == b"[1]"
    module = sys.modules["msgspec"]
    sys.modules["msgspec"] = None  # type: ignore[assignment]
    try:
        assert plain.part("_runtime.encoder").json_bytes([1]) == b"[1]"
    finally:
        sys.modules["msgspec"] = module
    return fast, plain


def outcome(function: Any, value: Any) -> Any:
    """The text of what a function gives or raises: 1 and 1.0 differ, and NaN equals NaN."""
    try:
        return repr(function(value))
    except Exception as error:
        return repr(error)


@pytest.mark.parametrize("text", ODD)
def test_odd_text_is_read_alike(packages: tuple[Package, Package], text: bytes) -> None:
    fast, plain = (p.part("_runtime.encoder").parse_json for p in packages)
    assert outcome(fast, text) == outcome(plain, text)


@given(value=JSON)
def test_any_text_is_read_alike(packages: tuple[Package, Package], value: Any) -> None:
    fast, plain = (p.part("_runtime.encoder").parse_json for p in packages)
    text = json.dumps(value)
    assert outcome(fast, text) == outcome(plain, text) == repr(json.loads(text))


@given(value=JSON)
def test_any_value_is_written_alike(packages: tuple[Package, Package], value: Any) -> None:
    fast, plain = (p.part("_runtime.encoder").json_bytes for p in packages)
    written = [outcome(fast, value), outcome(plain, value)]
    if "Error" in written[0] or "Error" in written[1]:
        assert written[0] == written[1]
    else:  # numbers such as 1e22 have more than one text
        assert repr(json.loads(fast(value))) == repr(json.loads(plain(value)))


def test_values_with_a_format_are_written_alike(packages: tuple[Package, Package]) -> None:
    written = set()
    for package in packages:
        event = package.part("models").Event(
            id=UUID("7f3c1c1e-4f0b-4a57-8f06-5b8f8f6f2f10"),
            at=datetime(2026, 3, 2, 8, 15, 30, tzinfo=UTC),
            name="Größe",
            places=["a", "b"],
            size=None,
            next=package.part("models").Event(at=datetime(926, 3, 2, 8, 15, 30, 120, tzinfo=UTC)),
        )
        written.add(package.part("_runtime.encoder").json_bytes(event))
    assert written == {
        '{"id":"7f3c1c1e-4f0b-4a57-8f06-5b8f8f6f2f10","at":"2026-03-02T08:15:30Z","name":"Größe","places":["a","b"],"size":null,'
        '"next":{"at":"0926-03-02T08:15:30.000120Z"}}'.encode()
    }


@pytest.mark.parametrize("name", ["name", "places"])
def test_a_value_of_another_type_is_written_by_its_own(
    packages: tuple[Package, Package], name: str
) -> None:
    identifier = UUID("7f3c1c1e-4f0b-4a57-8f06-5b8f8f6f2f10")
    for package in packages:
        event = package.part("models").Event(**{name: identifier})
        assert (
            package.part("_runtime.encoder").json_bytes(event)
            == f'{{"{name}":"{identifier}"}}'.encode()
        )


@pytest.mark.parametrize(
    "value",
    [
        object(),
        datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None),
        float("nan"),
        {"a": b"x", 1: object()},
    ],
)
def test_what_has_no_json_form_is_an_error_alike(
    packages: tuple[Package, Package], value: Any
) -> None:
    texts = []
    for package in packages:
        event = package.part("models").Event(name=value)
        with pytest.raises((TypeError, ValueError)) as caught:
            package.part("_runtime.encoder").json_bytes(event)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]
