"""Request bodies on the wire: media type and bytes."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import Driver, Package, Recorded, Server, Workshop, document


def _post(name: str, content: dict[str, Any], required: bool = True) -> dict[str, Any]:
    return {
        "post": {
            "operationId": name,
            "requestBody": {"required": required, "content": content},
            "responses": {"200": {"description": "done"}},
        }
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


STRING = {"type": "string"}
STRINGS = {"type": "array", "items": STRING}
BINARY = {"type": "string", "format": "binary"}
THING = {"$ref": "#/components/schemas/Thing"}
ADDRESS = {"$ref": "#/components/schemas/Address"}

FORM = _object(id={"type": "string", "format": "uuid"}, address=ADDRESS, tags=STRINGS)
STYLED_FORM = _object(
    csv=STRINGS, spaces=STRINGS, pipes=STRINGS, deep={"type": "object"}, word=STRING, json=STRING,
    url=STRING, urls=STRINGS,
)  # fmt: skip
STYLES = {
    "csv": {"explode": False},
    "spaces": {"style": "spaceDelimited"},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "deep": {"style": "deepObject"},
    "json": {"contentType": "application/json"},
    "url": {"allowReserved": True},
    "urls": {"allowReserved": True, "explode": False},
}
PARTS = _object(
    note=STRING,
    count={"type": "integer"},
    flag={"type": "boolean"},
    tags=STRINGS,
    address=ADDRESS,
    addresses={"type": "array", "items": ADDRESS},
    file=BINARY,
    files={"type": "array", "items": BINARY},
    picture=BINARY,
    pictures={"type": "array", "items": BINARY},
    history={"type": "string"},
    csv=STRINGS,
    wrapped=STRING,
)
PART_TYPES = {
    "picture": {"contentType": "image/png"},
    "pictures": {"contentType": "image/png, image/jpeg"},
    "history": {"contentType": "application/xml; charset=utf-8"},
    "csv": {"style": "form", "explode": False},
    "wrapped": {"contentType": "application/json"},
}
DOCUMENT = {
    "paths": {
        "/json": _post("json_thing", {"application/json": {"schema": THING}}),
        "/problem": _post("problem", {"application/problem+json": {"schema": THING}}),
        "/charset": _post("charset", {"application/json; charset=utf-8": {"schema": THING}}),
        "/any": _post("anything", {"application/json": {}}),
        "/list": _post(
            "a_list", {"application/json": {"schema": {"type": "array", "items": THING}}}
        ),
        "/optional": _post("optional", {"application/json": {"schema": THING}}, required=False),
        "/form": _post("form", {"application/x-www-form-urlencoded": {"schema": FORM}}),
        "/styled": _post(
            "styled",
            {"application/x-www-form-urlencoded": {"schema": STYLED_FORM, "encoding": STYLES}},
        ),
        "/parts": _post(
            "parts", {"multipart/form-data": {"schema": PARTS, "encoding": PART_TYPES}}
        ),
        "/named": _post(
            "named", {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Filing"}}}
        ),
        "/mixed": _post(
            "mixed", {"multipart/mixed": {"schema": _object(note=STRING, file=BINARY)}}
        ),
        "/untyped": _post("untyped", {"multipart/form-data": {}}),
        "/octets": _post("octets", {"application/octet-stream": {}}),
        "/picture": _post("picture", {"image/png": {"schema": BINARY}}),
        "/text": _post("text", {"text/plain": {"schema": STRING}}),
        "/csv": _post("csv", {"text/csv; charset=utf-8": {"schema": STRING}}),
        "/xml": _post("xml", {"application/xml": {"schema": THING}}),
        "/soap": _post("soap", {"application/soap+xml": {}}),
        "/several": _post(
            "several",
            {
                "application/xml": {"schema": THING},
                "application/json": {"schema": THING},
                "application/x-www-form-urlencoded": {"schema": THING},
                "text/plain": {"schema": STRING},
                "application/octet-stream": {},
            },
        ),
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name", "kind", "id"],
                "properties": {
                    "name": STRING,
                    "kind": {"const": "thing"},
                    "id": {"type": "string", "readOnly": True},
                    "size": {"type": ["integer", "null"], "default": 5},
                    "class": STRING,
                    "at": {"type": "string", "format": "date-time"},
                    "data": {"type": "string", "format": "byte"},
                },
            },
            "Address": _object(street=STRING, zip=STRING),
            "Filing": {**_object(file=BINARY, note=STRING), "additionalProperties": STRING},
        }
    },
}


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(DOCUMENT))


@pytest.fixture
def post(package: Package, recorder: Server, sync: Driver) -> Callable[[Any], Recorded]:
    def send(call: Any) -> Recorded:
        sync.send(package, recorder.url, call)
        assert recorder.last.line.startswith("POST ")
        return recorder.last

    return send


# JSON


def test_json_of_a_model(package: Package, post: Any) -> None:
    """Compact UTF-8; wire names; constants filled in; neither defaults nor what the server sets."""
    thing = package.models.Thing(name="Zoë", class_="x")
    request = post(package.api().json_thing(body=thing))
    assert request.header("Content-Type") == "application/json"
    assert request.body == '{"name":"Zoë","kind":"thing","class":"x"}'.encode()
    assert request.header("Content-Length") == str(len(request.body))


def test_null_is_sent_and_absence_is_not(package: Package, post: Any) -> None:
    thing = package.models.Thing(name="a", size=None)
    assert json.loads(post(package.api().json_thing(body=thing)).body) == {
        "name": "a",
        "kind": "thing",
        "size": None,
    }


def test_values_of_python_types_in_json(package: Package, post: Any) -> None:
    thing = package.models.Thing(
        name="a", at=dt.datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=dt.UTC), data=b"\x00\xff"
    )
    sent = json.loads(post(package.api().json_thing(body=thing)).body)
    assert sent["at"] == "2026-01-02T03:04:05.600000Z"
    assert sent["data"] == "AP8="


def test_json_of_a_mapping_is_sent_as_it_is(package: Package, post: Any) -> None:
    request = post(package.api().json_thing(body={"name": "a", "extra": [1, None, {"b": 2.5}]}))
    assert request.body == b'{"name":"a","extra":[1,null,{"b":2.5}]}'


def test_models_and_python_values_inside_of_a_mapping(package: Package, post: Any) -> None:
    body = {"one": package.models.Address(street="s"), "day": dt.date(2026, 1, 2)}
    assert post(package.api().anything(body=body)).body == (
        b'{"one":{"street":"s"},"day":"2026-01-02"}'
    )


def test_unknown_properties_are_sent(package: Package, post: Any) -> None:
    address = package.models.Address(street="s", additional_properties={"planet": "Mars"})
    assert post(package.api().anything(body=address)).body == b'{"street":"s","planet":"Mars"}'


@pytest.mark.parametrize("value", [0, False, "", [], {}, "text", 1.5, 12345678901234567890123])
def test_any_json_value_is_a_body(package: Package, post: Any, value: Any) -> None:
    request = post(package.api().anything(body=value))
    assert request.header("Content-Type") == "application/json"
    assert request.body == json.dumps(value).encode()


def test_a_list_of_models(package: Package, post: Any) -> None:
    body = [package.models.Thing(name="a"), {"name": "b"}]
    assert json.loads(post(package.api().a_list(body=body)).body) == [
        {"name": "a", "kind": "thing"},
        {"name": "b"},
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_say_is_refused(package: Package, value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        package.api().anything(body={"x": value})


def test_what_has_no_json_form_is_refused(package: Package) -> None:
    with pytest.raises(TypeError, match="object"):
        package.api().anything(body={"x": object()})


@pytest.mark.parametrize(
    ("function", "media_type"),
    [("problem", "application/problem+json"), ("charset", "application/json; charset=utf-8")],
)
def test_other_media_types_of_json(
    package: Package, post: Any, function: str, media_type: str
) -> None:
    request = post(getattr(package.api(), function)(body={"name": "ü"}))
    assert request.header("Content-Type") == media_type
    assert request.body == '{"name":"ü"}'.encode()


def test_an_optional_body_that_is_not_given(package: Package, post: Any) -> None:
    request = post(package.api().optional())
    assert request.body == b""
    assert request.header("Content-Type") is None
    assert request.header("Content-Length") in ("0", None)


# Urlencoded forms


def test_form_of_the_specification(package: Package, post: Any) -> None:
    """The example "URL Encoded Form with JSON Values" of the Encoding Object."""
    body = {
        "id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "address": {"street": "123 Example Dr.", "zip": "99999+1234"},
    }
    request = post(package.api().form(body=body))
    assert request.header("Content-Type") == "application/x-www-form-urlencoded"
    assert request.body == (
        b"id=f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        b"&address=%7B%22street%22%3A%22123+Example+Dr.%22%2C%22zip%22%3A%2299999%2B1234%22%7D"
    )


def test_form_of_a_model(package: Package, post: Any) -> None:
    model = package.models.FormBody(tags=["a b", "c&d"], additional_properties={"x[y]": "ü"})
    assert post(package.api().form(body=model)).body == b"tags=a+b&tags=c%26d&x%5By%5D=%C3%BC"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"csv": ["a", "b c"]}, b"csv=a,b+c"),
        ({"spaces": ["a", "b"]}, b"spaces=a%20b"),
        ({"pipes": ["a", "b"]}, b"pipes=a%7Cb"),
        ({"deep": {"k": "v w"}}, b"deep%5Bk%5D=v+w"),
        ({"word": True}, b"word=true"),
        ({"json": "x"}, b"json=%22x%22"),
        ({"url": "http://h/a?b=c&d +"}, b"url=http://h/a?b=c%26d%20%2B"),
        ({"urls": ["a/b", "c,d"]}, b"urls=a/b,c,d"),
    ],
    ids=str,
)
def test_encoding_of_form_fields(
    package: Package, post: Any, body: dict[str, Any], expected: bytes
) -> None:
    sent = post(package.api().styled(body=body)).body
    # A space may be written as + or as %20, a delimiter of spaces too.
    assert sent.replace(b"+", b"%20") == expected.replace(b"+", b"%20")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    fields=st.dictionaries(
        TEXT, st.one_of(TEXT, st.lists(TEXT, min_size=1, max_size=3)), max_size=4
    )
)
def test_whatever_is_in_a_form_can_be_read_by_the_rules_of_forms(
    package: Package, fields: dict[str, Any]
) -> None:
    sent = package.api().form(body=fields).body.content.decode()
    expected = [(k, i) for k, v in fields.items() for i in (v if isinstance(v, list) else [v])]
    assert parse_qsl(sent, keep_blank_values=True) == expected


# Multipart forms


@frozen
class Part:
    name: str
    filename: str | None
    media_type: str | None
    data: bytes


def _parts(request: Recorded, media_type: str = "multipart/form-data") -> list[Part]:
    """The parts of a body, read strictly by RFC 7578."""
    content_type = request.header("Content-Type") or ""
    match = re.fullmatch(re.escape(media_type) + r"; boundary=([^;\s]{1,70})", content_type)
    assert match, content_type
    boundary = b"--" + match[1].encode()
    body = request.body
    assert body.startswith(boundary + b"\r\n")
    assert body.endswith(b"\r\n" + boundary + b"--\r\n")
    out = []
    for piece in body[len(boundary) + 2 : -len(boundary) - 6].split(b"\r\n" + boundary + b"\r\n"):
        head, _, data = piece.partition(b"\r\n\r\n")
        fields = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
        assert fields.keys() <= {"Content-Disposition", "Content-Type"}, fields
        match = re.fullmatch(
            r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?', fields["Content-Disposition"]
        )
        assert match, fields
        out.append(Part(match[1], match[2], fields.get("Content-Type"), data))
    return out


def test_scalars_of_a_multipart_form_are_text(package: Package, post: Any) -> None:
    request = post(package.api().parts(body={"note": "ü\n", "count": 3, "flag": True}))
    assert [(p.name, p.data) for p in _parts(request)] == [
        ("note", "ü\n".encode()),
        ("count", b"3"),
        ("flag", b"true"),
    ]
    assert all(p.filename is None for p in _parts(request))
    assert all(p.media_type in (None, "text/plain") for p in _parts(request))


def test_a_part_for_each_item_of_a_list(package: Package, post: Any) -> None:
    request = post(package.api().parts(body={"tags": ["a", "b"], "addresses": [{"zip": "1"}] * 2}))
    assert [(p.name, p.media_type, p.data) for p in _parts(request)] == [
        ("tags", None, b"a"),
        ("tags", None, b"b"),
        ("addresses", "application/json", b'{"zip":"1"}'),
        ("addresses", "application/json", b'{"zip":"1"}'),
    ]


def test_objects_are_json_parts(package: Package, post: Any) -> None:
    for address in ({"zip": "1"}, package.models.Address(zip="1")):
        (part,) = _parts(post(package.api().parts(body={"address": address})))
        assert (part.media_type, part.data) == ("application/json", b'{"zip":"1"}')


BYTES = b"\x89PNG\r\n\x1a\n\x00"


@pytest.mark.parametrize(
    ("value", "filename", "media_type"),
    [
        (BYTES, "file", "application/octet-stream"),
        (("a.png", BYTES), "a.png", "image/png"),
        (("a.xyz", BYTES, "application/x-own"), "a.xyz", "application/x-own"),
    ],
    ids=["bytes", "name", "name and type"],
)
def test_a_file_part(
    package: Package, post: Any, value: Any, filename: str, media_type: str
) -> None:
    (part,) = _parts(post(package.api().parts(body={"file": value})))
    assert part == Part("file", filename, media_type, BYTES)


def test_an_open_file_gives_its_name(package: Package, post: Any, tmp_path: Path) -> None:
    (tmp_path / "shot.png").write_bytes(BYTES)
    with (tmp_path / "shot.png").open("rb") as stream:
        (part,) = _parts(post(package.api().parts(body={"file": stream})))
    assert part == Part("file", "shot.png", "image/png", BYTES)


def test_several_files_under_one_name(package: Package, post: Any) -> None:
    body = {"files": [b"one", ("two.txt", b"two"), io.BytesIO(b"three")]}
    assert [(p.name, p.filename, p.data) for p in _parts(post(package.api().parts(body=body)))] == [
        ("files", "files", b"one"),
        ("files", "two.txt", b"two"),
        ("files", "files", b"three"),
    ]


def test_content_types_of_parts(package: Package, post: Any) -> None:
    body = {
        "picture": BYTES,
        "history": "<h/>",
        "pictures": [BYTES, ("b.jpg", BYTES, "image/jpeg")],
        "wrapped": "x",
    }
    sent = [(p.name, p.media_type, p.data) for p in _parts(post(package.api().parts(body=body)))]
    assert sent[0] == ("picture", "image/png", BYTES)
    assert sent[1] == ("history", "application/xml; charset=utf-8", b"<h/>")
    assert sent[2][0] == "pictures"
    assert sent[3] == ("pictures", "image/jpeg", BYTES)
    assert sent[4] == ("wrapped", "application/json", b'"x"')


def test_style_of_a_part(package: Package, post: Any) -> None:
    """An Encoding Object with a style is written as a query parameter, without percent-encoding."""
    (part,) = _parts(post(package.api().parts(body={"csv": ["a", "b c"]})))
    assert (part.name, part.data) == ("csv", b"a,b c")


def test_a_model_with_files(package: Package, post: Any) -> None:
    model = package.models.Filing(
        file=("a.bin", BYTES), note="n", additional_properties={"more": "m"}
    )
    assert [
        (p.name, p.filename, p.data) for p in _parts(post(package.api().named(body=model)))
    ] == [
        ("file", "a.bin", BYTES),
        ("note", None, b"n"),
        ("more", None, b"m"),
    ]


def test_absent_and_null_properties_are_no_parts(package: Package, post: Any) -> None:
    request = post(package.api().parts(body={"note": None, "count": 1, "file": None}))
    assert [p.name for p in _parts(request)] == ["count"]


def test_a_multipart_form_without_a_schema(package: Package, post: Any) -> None:
    body = {"a": "1", "b": ("b.bin", BYTES), "c": [1, 2]}
    sent = [(p.name, p.filename, p.data) for p in _parts(post(package.api().untyped(body=body)))]
    assert sent == [
        ("a", None, b"1"),
        ("b", "b.bin", BYTES),
        ("c", None, b"1"),
        ("c", None, b"2"),
    ]


@pytest.mark.parametrize("name", ['a".txt', "a\r\nX-Evil: 1.txt", "a\\b.txt", "ü.txt"])
def test_a_file_name_cannot_break_out_of_its_header(package: Package, post: Any, name: str) -> None:
    (part,) = _parts(post(package.api().parts(body={"file": (name, BYTES)})))
    assert part.data == BYTES
    assert part.filename not in (None, "")


@settings(max_examples=30)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    data=st.one_of(st.binary(max_size=40), st.sampled_from([b"\r\n--", b"--", b"\r\n\r\n"])),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_whatever_is_in_a_multipart_form_arrives(
    package: Package, http: httpx.Client, shared_recorder: Server, name: str, data: bytes, text: str
) -> None:
    call = package.api().parts(body={"note": text, "file": (name, data)})
    package.client(shared_recorder.url, http_client=http).send(call)
    parts = _parts(shared_recorder.requests.pop())
    assert [(p.name, p.data) for p in parts] == [("note", text.encode()), ("file", data)]


def test_multipart_mixed(package: Package, post: Any) -> None:
    request = post(package.api().mixed(body={"note": "n", "file": ("a.bin", BYTES)}))
    sent = [(p.name, p.filename, p.data) for p in _parts(request, "multipart/mixed")]
    assert sent == [("note", None, b"n"), ("file", "a.bin", BYTES)]


def test_multipart_is_the_same_asynchronously(
    package: Package, recorder: Server, driver: Driver, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(BYTES)
    with (tmp_path / "a.bin").open("rb") as stream:
        body = {"note": "n", "file": stream, "files": [BYTES, BYTES]}
        driver.send(package, recorder.url, package.api().parts(body=body))
    assert [(p.name, p.data) for p in _parts(recorder.last)] == [
        ("note", b"n"),
        ("file", BYTES),
        ("files", BYTES),
        ("files", BYTES),
    ]


# Raw bodies


def _pieces() -> Iterator[bytes]:
    yield from (b"one ", b"two ", BYTES)


def _file(folder: Path) -> Any:
    (folder / "data.bin").write_bytes(b"one two " + BYTES)
    return (folder / "data.bin").open("rb")


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: b"one two " + BYTES,
        lambda folder: bytearray(b"one two " + BYTES),
        lambda folder: io.BytesIO(b"one two " + BYTES),
        _file,
        lambda folder: _pieces(),
        lambda folder: [b"one two ", BYTES],
    ],
    ids=["bytes", "bytearray", "buffer", "file", "iterator", "list"],
)
def test_binary_bodies(
    package: Package, recorder: Server, driver: Driver, tmp_path: Path, make: Any
) -> None:
    driver.send(package, recorder.url, package.api().octets(body=make(tmp_path)))
    assert recorder.last.header("Content-Type") == "application/octet-stream"
    assert recorder.last.body == b"one two " + BYTES


def test_an_asynchronous_iterator_is_a_body_of_the_async_client(
    package: Package, recorder: Server
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in _pieces():
            yield piece

    Driver("async").send(package, recorder.url, package.api().octets(body=pieces()))
    assert recorder.last.body == b"one two " + BYTES


def test_an_empty_binary_body_keeps_its_media_type(package: Package, post: Any) -> None:
    request = post(package.api().octets(body=b""))
    assert request.header("Content-Type") == "application/octet-stream"
    assert request.body == b""


def test_the_media_type_of_binary_bodies_is_the_documents(package: Package, post: Any) -> None:
    request = post(package.api().picture(body=BYTES))
    assert (request.header("Content-Type"), request.body) == ("image/png", BYTES)


@pytest.mark.parametrize(
    ("function", "media_type"),
    [
        ("text", "text/plain"),
        ("csv", "text/csv; charset=utf-8"),
        ("xml", "application/xml"),
        ("soap", "application/soap+xml"),
    ],
)
def test_text_and_xml_go_as_they_are(
    package: Package, post: Any, function: str, media_type: str
) -> None:
    for body in ("<a>ü</a>\r\n", "<a>ü</a>\r\n".encode()):
        request = post(getattr(package.api(), function)(body=body))
        assert request.header("Content-Type") == media_type
        assert request.body == "<a>ü</a>\r\n".encode()


# Several media types


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (None, {"name": "a b"}, b'{"name":"a b"}'),
        ("application/json", {"name": "a b"}, b'{"name":"a b"}'),
        ("application/x-www-form-urlencoded", {"name": "a b"}, b"name=a+b"),
        ("application/xml", "<thing/>", b"<thing/>"),
        ("text/plain", "thing", b"thing"),
        ("application/octet-stream", BYTES, BYTES),
    ],
    ids=str,
)
def test_the_caller_chooses_the_media_type(
    package: Package, post: Any, media_type: str | None, body: Any, expected: bytes
) -> None:
    """JSON where nothing is chosen, wherever the document lists it."""
    chosen = {"media_type": media_type} if media_type else {}
    request = post(package.api().several(body=body, **chosen))
    assert request.header("Content-Type") == (media_type or "application/json")
    assert request.body == expected


# A body is settled when the call is made


def test_a_call_can_be_sent_again(package: Package, post: Any) -> None:
    call = package.api().json_thing(body={"name": "a"})
    assert post(call).raw == post(call).raw


def test_changing_a_model_later_changes_no_call(package: Package, post: Any) -> None:
    thing = package.models.Thing(name="before")
    call = package.api().json_thing(body=thing)
    thing.name = "after"
    assert b"before" in post(call).body


def test_calls_are_compared_by_what_they_send(package: Package) -> None:
    api = package.api()
    assert api.json_thing(body={"name": "a"}) == api.json_thing(body={"name": "a"})
    assert api.json_thing(body={"name": "a"}) != api.json_thing(body={"name": "b"})


def test_a_call_as_a_command_line(package: Package) -> None:
    curl = package.api().json_thing(body={"name": "it's"}).curl("https://example.org/v1/")
    assert curl.startswith("curl -X POST https://example.org/v1/json ")
    assert "-H 'Content-Type: application/json'" in curl
    assert """'{"name":"it'"'"'s"}'""" in curl


def test_types_that_give_no_choice_are_not_offered(
    workshop: Workshop, recorder: Server, sync: Driver
) -> None:
    """ASP.NET documents list `text/json` and `application/*+json` beside JSON, with the same schema."""
    thing = {"schema": {"$ref": "#/components/schemas/Thing"}}
    same = dict.fromkeys(("application/json", "text/json", "application/*+json"), thing)
    other = {**same, "application/merge-patch+json": thing}
    done = {"responses": {"200": {"description": "", "content": same}}}
    paths = {
        "/a": {"post": {"operationId": "a", "requestBody": {"content": same}, **done}},
        "/b": {"post": {"operationId": "b", "requestBody": {"content": other}, **done}},
        "/c": {"post": {"operationId": "c", "requestBody": {"content": {"text/*": thing}}, **done}},
    }
    components = {"schemas": {"Thing": {"type": "object", "properties": {"x": {}}}}}
    package = workshop(document({"paths": paths, "components": components}))
    a, b, c = package.made.package.apis[0].functions
    assert a.body is not None
    assert b.body is not None
    assert c.body is not None
    assert a.body.media_types == ()
    assert b.body.media_types == ("application/json", "application/merge-patch+json")
    assert [e.media_type for e in c.body.encodings] == ["text/*"]
    sync.send(package, recorder.url, package.api().a(body={"x": 1}))
    headers = {name.lower(): value for name, value in recorder.last.headers}
    assert (headers["content-type"], headers["accept"]) == ("application/json", "application/json")


def test_binary_schemas_behind_references_are_files(
    workshop: Workshop, recorder: Server, sync: Driver
) -> None:
    components = {
        "Bin": {"type": "string", "format": "binary"},
        "Bins": {"type": "array", "items": {"$ref": "#/components/schemas/Bin"}},
    }
    form = {
        "type": "object",
        "properties": {
            "one": {"$ref": "#/components/schemas/Bin"},
            "all": {"$ref": "#/components/schemas/Bins"},
        },
    }
    paths = {"/a": _post("f", {"multipart/form-data": {"schema": form}})}
    package = workshop(document({"paths": paths, "components": {"schemas": components}}))
    body = {"one": ("a.png", b"1", "image/png"), "all": [b"2", ("b.bin", b"3")]}
    sync.send(package, recorder.url, package.api().f(body=body))
    sent = [(p.name, p.filename, p.data) for p in _parts(recorder.last)]
    assert sent == [
        ("one", "a.png", b"1"),
        ("all", "all", b"2"),
        ("all", "b.bin", b"3"),
    ]
