"""XML bodies and responses as models: bytes on the wire, and what hostile documents give."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import Driver, Package, Server, Workshop, document

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Property by property: its schema, a value as JSON, and the elements or attributes that stand for it.
SHAPES: dict[str, tuple[dict[str, Any], Any, str]] = {
    "plain": ({"type": "string"}, "a < b & c > d", "<plain>a &lt; b &amp; c &gt; d</plain>"),
    "renamed": ({"type": "integer", "xml": {"name": "re-named"}}, 5, "<re-named>5</re-named>"),
    "ratio": ({"type": "number"}, 1.5, "<ratio>1.5</ratio>"),
    "yes": ({"type": "boolean"}, True, "<yes>true</yes>"),
    "empty": ({"type": "string"}, "", "<empty/>"),
    "nothing": (
        {"type": ["integer", "null"]},
        None,
        '<nothing xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>',
    ),
    "at": ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05Z", "<at>2026-01-02T03:04:05Z</at>"),
    "id": ({"type": "string", "format": "uuid"}, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", "<id>F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6</id>"),
    "price": ({"type": "string", "format": "decimal"}, "1.10", "<price>1.10</price>"),
    "word": ({"enum": ["red", "green"]}, "red", "<word>red</word>"),
    "level": ({"type": "integer", "enum": [1, 2]}, 2, "<level>2</level>"),
    "flat": ({"type": "array", "items": {"type": "string"}}, ["a", "b"], "<flat>a</flat><flat>b</flat>"),
    "flat_named": (
        {"type": "array", "items": {"type": "integer", "xml": {"name": "one"}}, "xml": {"name": "ignored"}},
        [1, 2],
        "<one>1</one><one>2</one>",
    ),
    "wrapped": (
        {"type": "array", "items": {"type": "string"}, "xml": {"wrapped": True}},
        ["a"],
        "<wrapped><wrapped>a</wrapped></wrapped>",
    ),
    "wrapped_named": (
        {"type": "array", "items": {"type": "string", "xml": {"name": "one"}}, "xml": {"wrapped": True, "name": "all"}},
        ["a", "b"],
        "<all><one>a</one><one>b</one></all>",
    ),
    "wrapped_empty": (
        {"type": "array", "items": {"type": "string"}, "xml": {"wrapped": True}},
        [],
        "<wrapped_empty/>",
    ),
    "part": ({"$ref": "#/components/schemas/Part"}, {"size": 3}, '<part size="3"/>'),
    "parts": (
        {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Named"},
            "xml": {"wrapped": True},
        },
        [{"title": "x"}, {"title": "y"}],
        "<parts><named><title>x</title></named><named><title>y</title></named></parts>",
    ),
    "named": ({"$ref": "#/components/schemas/Named"}, {"title": "x"}, "<named><title>x</title></named>"),
    "overridden": (
        {"allOf": [{"$ref": "#/components/schemas/Named"}], "xml": {"name": "mine"}},
        {"title": "x"},
        "<mine><title>x</title></mine>",
    ),
    "spaced": (
        {"type": "string", "xml": {"namespace": "urn:s", "prefix": "s"}},
        "x",
        '<s:spaced xmlns:s="urn:s">x</s:spaced>',
    ),
    "default_space": (
        {"type": "string", "xml": {"namespace": "urn:d"}},
        "x",
        '<default_space xmlns="urn:d">x</default_space>',
    ),
    "map": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"a": 1, "b": 2},
        "<map><a>1</a><b>2</b></map>",
    ),
    "nested": (
        {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        [[1, 2], [3]],
        "<nested><nested>1</nested><nested>2</nested></nested><nested><nested>3</nested></nested>",
    ),
    "either": (
        {"oneOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Part"}]},
        {"size": 3},
        '<either size="3"/>',
    ),
    "number": ({"oneOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Part"}]}, 7, "<number>7</number>"),
    "alias": ({"$ref": "#/components/schemas/Names"}, ["a", "b"], "<names><one>a</one><one>b</one></names>"),
}  # fmt: skip
PARTS = {
    "Part": {
        "type": "object",
        "properties": {"size": {"type": "integer", "xml": {"attribute": True}}},
    },
    "Named": {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string"}},
        "xml": {"name": "named"},
    },
    "Names": {
        "type": "array",
        "items": {"type": "string", "xml": {"name": "one"}},
        "xml": {"wrapped": True, "name": "names"},
    },
}


def _paths(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    content = {media_type: {"schema": schema}}
    return {
        "/things": {
            "post": {
                "operationId": "send",
                "requestBody": {"content": content},
                "responses": {"200": {"description": "done", "content": content}},
            }
        }
    }


def _package(
    workshop: Workshop,
    components: dict[str, Any],
    schema: dict[str, Any],
    media_type: str = "application/xml",
    openapi: str = "3.1.0",
) -> Package:
    return workshop(
        document(
            {"paths": _paths(media_type, schema), "components": {"schemas": components}},
            openapi=openapi,
        )
    )


@pytest.fixture(scope="module")
def shapes(workshop: Workshop) -> Package:
    properties = {name: schema for name, (schema, _, _) in SHAPES.items()}
    thing = {"type": "object", "properties": properties}
    return _package(workshop, {"Thing": thing, **PARTS}, {"$ref": "#/components/schemas/Thing"})


def _send(package: Package, recorder: Server, driver: Driver, body: Any = None) -> Any:
    return driver.send(package, recorder.url, package.api().send(body=body))


@pytest.mark.parametrize("name", SHAPES)
def test_a_property_in_its_xml_form(
    shapes: Package, recorder: Server, driver: Driver, name: str
) -> None:
    _, value, xml = SHAPES[name]
    inner = "" if name == "part" else xml
    recorder.answer(HEAD + f"<Thing>{xml}</Thing>", media_type="application/xml")
    thing = _send(shapes, recorder, driver)
    assert type(thing) is shapes.models.Thing
    assert thing == shapes.models.Thing.from_dict({name: value})
    for body in (thing, {name: value}):
        _send(shapes, recorder, driver, body)
        assert recorder.last.header("content-type") == "application/xml"
        sent = recorder.last.body.decode()
        assert ElementTree.canonicalize(sent) == ElementTree.canonicalize(f"<Thing>{xml}</Thing>")
        if inner and "xmlns" not in inner:
            assert sent == HEAD + f"<Thing>{inner}</Thing>"


def test_properties_come_in_the_order_of_the_document(
    shapes: Package, recorder: Server, driver: Driver
) -> None:
    models = shapes.models
    _send(
        shapes, recorder, driver, models.Thing(ratio=1.0, plain="b", named=models.Named(title="t"))
    )
    assert recorder.last.body.decode() == (
        HEAD + "<Thing><plain>b</plain><ratio>1.0</ratio><named><title>t</title></named></Thing>"
    )


def test_the_same_value_as_json_and_as_xml(
    shapes: Package, recorder: Server, driver: Driver
) -> None:
    data = {name: value for name, (_, value, _) in SHAPES.items()}
    thing = shapes.models.Thing.from_dict(data)
    call = shapes.api().send(body=thing)
    recorder.answer(call.body.content, media_type="text/xml; charset=utf-8")
    read = _send(shapes, recorder, driver)
    assert read == thing
    assert json.loads(json.dumps(read.to_dict())) == data
    # A server that prefers JSON is understood, too.
    recorder.answer(json.dumps(data))
    assert _send(shapes, recorder, driver) == thing


def test_text_and_bytes_are_documents_that_are_written_already(
    shapes: Package, recorder: Server, driver: Driver
) -> None:
    for body in ("<Thing>ü</Thing>", "<Thing>ü</Thing>".encode()):
        _send(shapes, recorder, driver, body)
        assert recorder.last.body.decode() == "<Thing>ü</Thing>"


# Text, CDATA and nodeType of OpenAPI 3.2

NODES = {
    "Note": {
        "type": "object",
        "properties": {
            "lang": {"type": "string", "xml": {"nodeType": "attribute"}},
            "text": {"type": "string", "xml": {"nodeType": "text"}},
        },
    },
    "Page": {
        "type": "object",
        "properties": {"html": {"type": "string", "xml": {"nodeType": "cdata"}}},
    },
    "Book": {
        "type": "object",
        "xml": {"name": "book"},
        "properties": {
            "notes": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Note", "xml": {"name": "note"}},
                "xml": {"nodeType": "element"},
            },
            "page": {"$ref": "#/components/schemas/Page"},
            "author": {"$ref": "#/components/schemas/Author", "xml": {"nodeType": "none"}},
        },
    },
    "Author": {
        "type": "object",
        "properties": {
            "first": {"type": "string"},
            "born": {"type": "string", "format": "date", "xml": {"nodeType": "attribute"}},
        },
    },
}


def test_node_types(workshop: Workshop, recorder: Server, driver: Driver) -> None:
    package = _package(
        workshop, NODES, {"$ref": "#/components/schemas/Book"}, "application/book+xml", "3.2.0"
    )
    models = package.models
    book = models.Book(
        notes=[models.Note(lang='"de"', text="a\n<b>"), models.Note(text="")],
        page=models.Page(html="<p>]]></p>"),
        author=models.Author(first="Ada", born=dt.date(1815, 12, 10)),
    )
    _send(package, recorder, driver, book)
    assert recorder.last.header("content-type") == "application/book+xml"
    sent = recorder.last.body.decode()
    assert sent == HEAD + (
        '<book born="1815-12-10"><notes><note lang="&quot;de&quot;">a\n&lt;b&gt;</note><note/></notes>'
        "<page><![CDATA[<p>]]]]><![CDATA[></p>]]></page><first>Ada</first></book>"
    )
    recorder.answer(sent, media_type="application/book+xml")
    read = _send(package, recorder, driver)
    assert read.author == book.author
    assert read.page == book.page
    assert read.notes[0] == book.notes[0]
    assert read.additional_properties == {}


# Root elements

ROOTS = [
    ({"$ref": "#/components/schemas/Plain"}, {"a": 1}, "<Plain><a>1</a></Plain>"),
    ({"$ref": "#/components/schemas/Spaced"}, {"a": 1}, '<s:spaced xmlns:s="urn:s"><a>1</a></s:spaced>'),
    ({"$ref": "#/components/schemas/Unprefixed"}, {"a": 1}, '<Unprefixed xmlns="urn:&lt;u&gt;"><a>1</a></Unprefixed>'),
    ({"$ref": "#/components/schemas/Plains"}, [{"a": 1}, {"a": 2}], "<Plains><Plain><a>1</a></Plain><Plain><a>2</a></Plain></Plains>"),
    ({"type": "array", "items": {"$ref": "#/components/schemas/Plain"}, "xml": {"name": "all"}}, [{"a": 1}], "<all><Plain><a>1</a></Plain></all>"),
    ({"type": "object", "properties": {"a": {"type": "integer"}}, "xml": {"name": "inline"}}, {"a": 1}, "<inline><a>1</a></inline>"),
    ({"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1}, "<root><a>1</a></root>"),
    ({"type": "integer", "xml": {"name": "count"}}, 5, "<count>5</count>"),
]  # fmt: skip
PLAIN = {"type": "object", "properties": {"a": {"type": "integer"}}}
ROOT_COMPONENTS = {
    "Plain": PLAIN,
    "Spaced": {**PLAIN, "xml": {"name": "spaced", "namespace": "urn:s", "prefix": "s"}},
    "Unprefixed": {**PLAIN, "xml": {"namespace": "urn:<u>"}},
    "Plains": {"type": "array", "items": {"$ref": "#/components/schemas/Plain"}},
}


@pytest.mark.parametrize(
    ("schema", "value", "xml"), ROOTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_root_elements(
    workshop: Workshop,
    recorder: Server,
    driver: Driver,
    schema: dict[str, Any],
    value: Any,
    xml: str,
) -> None:
    package = _package(workshop, ROOT_COMPONENTS, schema)
    _send(package, recorder, driver, value)
    assert recorder.last.body.decode() == HEAD + xml
    recorder.answer(xml, media_type="application/xml")
    read = _send(package, recorder, driver)
    assert package.codec("Any").encode(read) == value


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0", "3.2.0"])
def test_all_versions_of_openapi(
    workshop: Workshop, recorder: Server, driver: Driver, version: str
) -> None:
    thing = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "tags": {"type": "array", "items": {"type": "string", "xml": {"name": "tag"}}, "xml": {"wrapped": True}},
        },
    }  # fmt: skip
    if version == "2.0":
        ref = {"$ref": "#/definitions/Thing"}
        operation = {
            "operationId": "send",
            "consumes": ["application/xml"],
            "produces": ["application/xml"],
            "parameters": [{"in": "body", "name": "body", "schema": ref}],
            "responses": {"200": {"description": "done", "schema": ref}},
        }
        package = workshop(
            document({"paths": {"/things": {"post": operation}}, "definitions": {"Thing": thing}}, swagger="2.0")
        )  # fmt: skip
    else:
        package = _package(
            workshop, {"Thing": thing}, {"$ref": "#/components/schemas/Thing"}, openapi=version
        )
    xml = '<Thing id="7"><tags><tag>a</tag><tag>b</tag></tags></Thing>'
    recorder.answer(xml, media_type="application/xml")
    read = _send(package, recorder, driver)
    assert read == package.models.Thing(id=7, tags=["a", "b"])
    _send(package, recorder, driver, read)
    assert recorder.last.body.decode() == HEAD + xml


def test_a_document_with_json_and_xml(workshop: Workshop, recorder: Server, driver: Driver) -> None:
    ref = {"schema": {"$ref": "#/components/schemas/Plain"}}
    content = {"application/xml": ref, "application/json": ref}
    operation = {
        "operationId": "send",
        "requestBody": {"content": content},
        "responses": {"200": {"description": "done", "content": content}},
    }
    package = workshop(
        document({"paths": {"/": {"post": operation}}, "components": {"schemas": ROOT_COMPONENTS}})
    )
    plain = package.models.Plain(a=1)
    driver.send(package, recorder.url, package.api().send(body=plain))
    assert recorder.last.body == b'{"a":1}'
    call = package.api().send(body=plain, media_type="application/xml")
    recorder.answer("<Plain><a>1</a></Plain>", media_type="application/xml")
    assert driver.send(package, recorder.url, call) == plain
    assert recorder.last.body.decode() == HEAD + "<Plain><a>1</a></Plain>"


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0", "3.2.0"])
def test_xml_beside_json_of_the_same_schema_can_be_asked_for(
    workshop: Workshop, recorder: Server, driver: Driver, version: str
) -> None:
    """JSON is the default, and the result has one type."""
    thing = {
        "type": "object",
        "properties": {"id": {"type": "integer", "xml": {"attribute": True}}},
    }
    if version == "2.0":
        schema: dict[str, Any] = {"type": "array", "items": {"$ref": "#/definitions/Thing"}}
        responses = {s: {"description": "", "schema": schema} for s in ("200", "404")}
        get = {"produces": ["application/xml", "application/json"], "responses": responses}
        components: dict[str, Any] = {"swagger": "2.0", "definitions": {"Thing": thing}}
    else:
        schema = {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
        content = {
            t: {"schema": schema} for t in ("application/xml", "application/json", "text/plain")
        }
        get = {"responses": {s: {"description": "", "content": content} for s in ("200", "404")}}
        components = {"openapi": version, "components": {"schemas": {"Thing": thing}}}
    paths = {"/a": {"get": {"operationId": "a", **get}}}
    package = workshop(document({"paths": paths}, **components))
    a, things = package.api().a, [package.models.Thing(id=1), package.models.Thing(id=2)]
    assert a.__annotations__["return"] == "Call[list[models.Thing]]"
    recorder.answer('[{"id": 1}, {"id": 2}]')
    assert driver.send(package, recorder.url, a()) == things
    assert recorder.last.header("Accept") == "application/json"
    xml = '<things><Thing id="1"/><Thing id="2"/></things>'
    recorder.answer(xml, media_type="application/xml")
    assert driver.send(package, recorder.url, a(accept="application/xml")) == things
    assert recorder.last.header("Accept") == "application/xml"
    recorder.answer(xml, media_type="application/xml", status=404)
    with pytest.raises(package.errors.NotFoundError) as caught:
        driver.send(package, recorder.url, a())
    assert caught.value.parsed == things


def test_a_document_without_xml_bodies_has_no_xml_code(workshop: Workshop) -> None:
    thing = {
        "Thing": {
            "type": "object",
            "properties": {"a": {"type": "integer", "xml": {"attribute": True}}},
        }
    }
    package = workshop(document({"components": {"schemas": thing}}))  # fmt: skip
    assert "_runtime/xml.py" not in package.made.files
    assert not [p for p, text in package.made.files.items() if '"xml"' in text]


# What the document does not say


def _reads(shapes: Package, recorder: Server, xml: str | bytes, media_type: str) -> Any:
    recorder.answer(xml, media_type=media_type)
    with shapes.client(recorder.url) as client:
        return client.send(shapes.api().send())


def test_unknown_elements_and_attributes_are_kept(shapes: Package, recorder: Server) -> None:
    xml = '<Thing lang="de"><new><deep x="1">a</deep><deep>b</deep></new><plain>p</plain><two>1</two><two>2</two></Thing>'
    thing = _reads(shapes, recorder, xml, "application/xml")
    assert thing.plain == "p"
    assert thing.additional_properties == {
        "@lang": "de",
        "new": {"deep": [{"@x": "1", "#text": "a"}, "b"]},
        "two": ["1", "2"],
    }
    sent = shapes.api().send(body=thing).body.content.decode()
    assert _reads(shapes, recorder, sent, "application/xml") == thing


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<any:Thing xmlns:any='urn:x'><any:plain>a</any:plain></any:Thing>", {"plain": "a"}),
        ("<Thing><plain><![CDATA[<a>]]></plain></Thing>", {"plain": "<a>"}),
        ("<Thing><plain>&#252;&amp;</plain></Thing>", {"plain": "ü&"}),
        ("<Thing> <!-- no --> <renamed>5</renamed></Thing>", {"renamed": 5}),
        ("<Thing><ratio> 2.5 </ratio><yes>1</yes></Thing>", {"ratio": 2.5, "yes": True}),
        ("<Thing><nothing/></Thing>", {"nothing": None}),
        ("<Thing><ratio>much</ratio></Thing>", {"ratio": "much"}),
        ("<Thing><flat><one>a</one><one>b</one></flat></Thing>", {"flat": ["a", "b"]}),
        ("<Thing><all>a</all><all>b</all></Thing>", {"wrapped_named": ["a", "b"]}),
        ("<Thing/>", {}),
    ],
)
def test_documents_are_read_leniently(
    shapes: Package, recorder: Server, xml: str, expected: dict[str, Any]
) -> None:
    thing = _reads(shapes, recorder, xml, "application/xml")
    assert thing == shapes.models.Thing.from_dict(expected)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-1"?><Thing><plain>ü</plain></Thing>'.encode("latin-1"), "text/xml"),
        ("<Thing><plain>ü</plain></Thing>".encode("latin-1"), 'application/xml; charset="iso-8859-1"'),
        ("<Thing><plain>ü</plain></Thing>".encode("utf-16"), "application/xml"),
        ("<Thing><plain>ü</plain></Thing>".encode("utf-8-sig"), "application/xml; charset=iso-8859-1"),
        ("<Thing><plain>ü</plain></Thing>".encode(), "application/vnd.acme+xml"),
    ],
)  # fmt: skip
def test_encodings(shapes: Package, recorder: Server, content: bytes, media_type: str) -> None:
    assert _reads(shapes, recorder, content, media_type).plain == "ü"


def test_a_charset_of_the_document_is_that_of_the_request(workshop: Workshop) -> None:
    package = _package(
        workshop, {"Plain": PLAIN, **PARTS}, {"$ref": "#/components/schemas/Named"}, "text/xml; charset=iso-8859-1"
    )  # fmt: skip
    body = package.api().send(body=package.models.Named(title="ü€")).body
    assert body.media_type == "text/xml; charset=iso-8859-1"
    assert body.content.decode("latin-1") == (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n<named><title>ü&#8364;</title></named>'
    )


# Unions and subclasses

PETS = {
    "Cat": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
    "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "born": {"type": "string", "format": "date"}}},
    "Pet": {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "Dog"}},
    },
    "Zoo": {"type": "object", "properties": {"pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}, "next": {"$ref": "#/components/schemas/Zoo"}}},
}  # fmt: skip


def test_unions_are_chosen_by_discriminator(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    package = _package(workshop, PETS, {"$ref": "#/components/schemas/Zoo"})
    xml = (
        "<Zoo><pets><kind>dog</kind></pets><pets><kind>cat</kind><lives>9</lives></pets>"
        "<next><pets><kind>dog</kind><born>2026-01-02</born></pets></next></Zoo>"
    )
    recorder.answer(xml, media_type="application/xml")
    zoo = _send(package, recorder, driver)
    models = package.models
    assert zoo.pets == [models.Dog(kind="dog"), models.Cat(kind="cat", lives=9)]
    assert zoo.next.pets == [models.Dog(kind="dog", born=dt.date(2026, 1, 2))]
    _send(package, recorder, driver, zoo)
    assert recorder.last.body.decode() == HEAD + xml


# Errors

SECRET = "<Thing><plain>top secret</plain></Thing>"
HOSTILE: dict[str, str | bytes] = {
    "billion laughs": '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><Thing><plain>&c;</plain></Thing>',
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Thing><plain>&x;</plain></Thing>',
    "external DTD": '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><Thing/>',
    "undeclared entity": "<Thing><plain>&x;</plain></Thing>",
    "10,000 elements inside each other": "<Thing>" + "<a>" * 10_000 + "</a>" * 10_000 + "</Thing>",
    "NUL": "<Thing><plain>a\0b</plain></Thing>",
    "not closed": "<Thing><plain>a</Thing>",
    "two roots": "<Thing/><Thing/>",
    "empty": "",
    "text": "Bad gateway",
    "wrong bytes": b"<Thing><plain>\xff\xfe</plain></Thing>",
    "unknown encoding": '<?xml version="1.0" encoding="klingon"?><Thing/>',
    "unbound prefix": "<Thing><x:plain>a</x:plain></Thing>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_gives_an_error_of_the_client(
    shapes: Package, recorder: Server, name: str
) -> None:
    with pytest.raises(shapes.errors.DecodingError, match="not XML") as caught:
        _reads(shapes, recorder, HOSTILE[name], "application/xml")
    content = HOSTILE[name]
    assert caught.value.content == (content if isinstance(content, bytes) else content.encode())
    assert "root:" not in str(caught.value)


def test_a_document_that_is_too_long_is_refused(
    shapes: Package, recorder: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes.part("_runtime.xml"), "MAX_SIZE", 20)
    with pytest.raises(shapes.errors.DecodingError, match="more than 20 bytes"):
        _reads(shapes, recorder, SECRET, "application/xml")


def test_errors_in_xml_are_typed(workshop: Workshop, recorder: Server, driver: Driver) -> None:
    xml = {"application/xml": {"schema": {"$ref": "#/components/schemas/Plain"}}}
    responses = {"200": {"description": "done"}, "400": {"description": "bad", "content": xml}}
    operation = {"get": {"operationId": "get", "responses": responses}}
    package = workshop(
        document({"paths": {"/": operation}, "components": {"schemas": ROOT_COMPONENTS}})
    )
    recorder.answer("<Plain><a>4</a></Plain>", status=400, media_type="application/xml")
    with pytest.raises(package.errors.BadRequestError) as caught:
        driver.send(package, recorder.url, package.api().get())
    assert caught.value.parsed == package.models.Plain(a=4)


@pytest.mark.parametrize("text", ["a\0b", "\x1b", "\ud800", "\uffff"])
def test_what_xml_cannot_contain_is_an_error_before_sending(shapes: Package, text: str) -> None:
    with pytest.raises(ValueError, match="XML cannot contain the character U"):
        shapes.api().send(body=shapes.models.Thing(plain=text))


@pytest.mark.parametrize("name", ["a b", "", "1", "a><b", "@a='1'", "a:b"])
def test_keys_that_are_no_names_are_errors_before_sending(shapes: Package, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of an element or attribute"):
        shapes.api().send(body=shapes.models.Thing(additional_properties={name: "x"}))


def test_text_stays_text(workshop: Workshop, recorder: Server, driver: Driver) -> None:
    """A schema of a string stands for the whole document, as does no schema."""
    for schema in ({"type": "string"}, {}):
        package = _package(workshop, {}, schema)
        recorder.answer("<any>ü</any>", media_type="application/xml")
        assert _send(package, recorder, driver, "<a/>") == "<any>ü</any>"
        assert recorder.last.body == b"<a/>"


# Any model

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc", "Cs", "Cn", "Co"]) | st.sampled_from("\t\n\r<>&'\"]")).filter(lambda t: "\ufffe" not in t and "\uffff" not in t)  # fmt: skip
NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,6}", fullmatch=True)


@settings(max_examples=150)
@given(data=st.data())
def test_any_model_comes_back_from_its_document(shapes: Package, data: st.DataObject) -> None:
    models = shapes.models
    unset = shapes.module.UNSET
    numbers = st.integers(-(10**20), 10**20)
    named = st.builds(lambda t: models.Named(title=t), TEXTS)
    part = st.builds(lambda n: models.Part(size=n), numbers)
    values = {
        "plain": TEXTS,
        "renamed": numbers,
        "ratio": st.floats(allow_nan=False),
        "yes": st.booleans(),
        "nothing": st.none() | numbers,
        "at": st.datetimes(timezones=st.just(dt.UTC)),
        "id": st.uuids(),
        "price": st.decimals(allow_nan=False),
        "word": st.sampled_from(["red", "green", "other"]),
        "flat": st.lists(TEXTS, min_size=1, max_size=4),
        "flat_named": st.lists(numbers, min_size=1, max_size=4),
        "wrapped": st.lists(TEXTS, max_size=4),
        "wrapped_named": st.lists(TEXTS, max_size=4),
        "part": part,
        "named": named,
        "overridden": named,
        "spaced": TEXTS,
        "default_space": TEXTS,
        "map": st.dictionaries(NAMES, numbers, min_size=1, max_size=3),
        "either": part | numbers,
        "alias": st.lists(TEXTS, max_size=3),
    }
    chosen = {k: data.draw(st.just(unset) | v, label=k) for k, v in values.items()}
    chosen["id"] = chosen["id"] if isinstance(chosen["id"], UUID) else unset
    thing = models.Thing(**{shapes_attribute(models, k): v for k, v in chosen.items()})
    content = shapes.api().send(body=thing).body.content
    read = shapes.part("_runtime.xml").read_xml(content, "application/xml", models.Thing)
    assert read == thing
    assert isinstance(read.price, Decimal) or read.price is unset
    ElementTree.fromstring(content)


def shapes_attribute(models: Any, json_name: str) -> str:
    """The argument for a property: its own name, or with an underscore where that is taken."""
    return json_name if hasattr(models.Thing, json_name) else f"{json_name}_"
