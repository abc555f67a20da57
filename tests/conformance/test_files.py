"""Binary data on the wire: files as whole bodies, as parts of multipart bodies, and in JSON."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from tests.support import Driver, Package, Recorded, Server, Workshop, document

DATA = b"\x89PNG\r\n\x1a\n\x00\xff"
DOCUMENT = """
openapi: 3.2.0
paths:
  /form:
    post:
      operationId: form
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: {$ref: "#/components/schemas/Form"}
            encoding:
              declared: {contentType: image/gif}
              several: {contentType: "image/png, image/jpeg, text/*"}
              range: {contentType: image/*}
      responses: {"204": {description: done}}
  /map:
    post:
      operationId: a_map
      requestBody: {content: {multipart/mixed: {schema: {additionalProperties: {type: string, format: binary}}}}}
      responses: {"204": {description: done}}
  /untyped:
    post:
      operationId: untyped
      requestBody: {content: {multipart/related: {}}}
      responses: {"204": {description: done}}
  /positions:
    post:
      operationId: positions
      requestBody:
        content:
          multipart/mixed:
            schema:
              type: array
              prefixItems: [{$ref: "#/components/schemas/Note"}, {contentMediaType: image/png}]
              items: {}
            prefixEncoding: [{contentType: application/json}, {contentType: image/png}]
            itemEncoding: {contentType: "application/pdf, image/*"}
      responses: {"204": {description: done}}
  /any:
    put:
      operationId: any_file
      requestBody: {content: {"*/*": {schema: {contentMediaType: "*/*"}}}}
      responses: {"204": {description: done}}
  /image:
    put:
      operationId: image
      requestBody: {content: {image/*: {}, application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"204": {description: done}}
  /json-file:
    put:
      operationId: json_file
      requestBody: {content: {application/json: {schema: {contentMediaType: application/json}}}}
      responses: {"200": {description: done, content: {application/json: {schema: {contentMediaType: application/json}}}}}
  /structured:
    put:
      operationId: structured
      requestBody: {content: {"*/*": {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"204": {description: done}}
  /json:
    put:
      operationId: in_json
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Blob"}}}}
      responses: {"200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Blob"}}}}}
components:
  schemas:
    Note: {type: object, properties: {text: {type: string}}}
    Blob: {type: object, properties: {data: {$ref: "#/components/schemas/Raw"}, all: {type: array, items: {type: string, format: binary}}}}
    Raw: {type: string, format: binary}
    FileOrText: {oneOf: [{type: string, format: binary}, {type: string}]}
    Form:
      allOf:
        - type: object
          properties:
            free: {}
            list: {type: array, items: {}}
            typed: {contentMediaType: image/png}
            string: {type: string, contentMediaType: application/octet-stream}
            binary: {$ref: "#/components/schemas/Raw"}
            types: {type: array, items: {contentMediaType: image/webp}}
        - type: object
          properties:
            declared: {type: string, format: binary}
            several: {type: array, items: {type: string, format: binary}}
            range: {type: string, format: binary}
            either: {$ref: "#/components/schemas/FileOrText"}
            encoded: {type: string, contentEncoding: base64}
            pair: {type: array, prefixItems: [{type: string}, {type: string}], minItems: 2}
            note: {$ref: "#/components/schemas/Note"}
"""


@frozen
class Part:
    name: str | None
    filename: str | None
    media_type: str | None
    data: bytes


def _parts(request: Recorded) -> tuple[str, list[Part]]:
    """The Content-Type without its boundary, and the parts."""
    match = re.fullmatch(r"(.*); boundary=([^;\s]+)(.*)", request.header("Content-Type") or "")
    assert match
    boundary = b"--" + match[2].encode()
    first, *pieces, last = (b"\r\n" + request.body).split(b"\r\n" + boundary)
    assert (first, last) == (b"", b"--\r\n")
    parts = []
    for piece in pieces:
        head, _, data = piece.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        disposition = fields.pop("Content-Disposition", "")
        media_type = fields.pop("Content-Type", None)
        assert not fields
        attributes = dict(re.findall(r'(name|filename)="([^"]*)"', disposition))
        parts.append(Part(attributes.get("name"), attributes.get("filename"), media_type, data))
    return match[1] + match[3], parts


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(DOCUMENT))


@pytest.fixture
def api(package: Package) -> Any:
    return package.api()


class Unseekable:
    """A stream that has no length."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)


@pytest.mark.parametrize("name", ["free", "list", "typed", "string", "binary", "types"])
@pytest.mark.parametrize("kind", ["bytes", "bytearray", "file", "path", "tuple", "unseekable"])
def test_every_way_to_give_a_file(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    tmp_path: Path,
    name: str,
    kind: str,
) -> None:
    path = tmp_path / "shot.gif"
    path.write_bytes(DATA)
    with path.open("rb") as stream:
        value: Any = {
            "bytes": DATA,
            "bytearray": bytearray(DATA),
            "file": stream,
            "path": path,
            "tuple": ("my.gif", path, "x/y"),
            "unseekable": Unseekable(DATA),
        }[kind]
        body = {name: [value] if name in ("list", "types") else value}
        driver.send(package, recorder.url, api.form(body=body))
    content_type, (part,) = _parts(recorder.last)
    assert content_type == "multipart/form-data"
    assert (part.name, part.data) == (name, DATA)
    by_kind = {"tuple": "my.gif", "file": "shot.gif", "path": "shot.gif"}
    assert part.filename == by_kind.get(kind, name)
    declared = {"typed": "image/png", "types": "image/webp", "string": "application/octet-stream"}
    guessed = "image/gif" if kind in ("file", "path") else "application/octet-stream"
    assert part.media_type == ("x/y" if kind == "tuple" else declared.get(name, guessed))
    assert recorder.last.header("Content-Length") == (
        None if kind == "unseekable" else str(len(recorder.last.body))
    )


@pytest.mark.parametrize(
    ("value", "filename", "media_type"),
    [
        ("an-id", None, None),
        (DATA, "either", "application/octet-stream"),
        (Path, "a.txt", "text/plain"),
    ],
)
def test_a_file_or_text(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    tmp_path: Path,
    value: Any,
    filename: str | None,
    media_type: str | None,
) -> None:
    if value is Path:
        value = tmp_path / "a.txt"
        value.write_bytes(b"text")
    model = package.models.Form(either=value)
    driver.send(package, recorder.url, api.form(body=model))
    _, (part,) = _parts(recorder.last)
    assert (part.filename, part.media_type) == (filename, media_type)


def test_media_types_of_parts(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    """Of several, and of a range, the file's own; else the first one that can be sent."""
    body = {
        "declared": ("a.png", DATA),
        "several": [("a.jpg", DATA), ("b.txt", DATA), ("c.pdf", DATA), DATA],
        "range": ("a.jpg", DATA),
    }
    driver.send(package, recorder.url, api.form(body=body))
    _, parts = _parts(recorder.last)
    assert [p.media_type for p in parts] == [
        "image/gif",
        "image/jpeg",
        "text/plain",
        "image/png",
        "image/png",
        "image/jpeg",
    ]
    driver.send(package, recorder.url, api.form(body={"range": DATA}))
    assert _parts(recorder.last)[1][0].media_type == "application/octet-stream"


def test_what_is_no_file_in_a_multipart_body(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    body = {"encoded": b"\x00\xff", "pair": ("a", "b"), "note": {"text": "x"}, "free": {"k": 1}}
    driver.send(package, recorder.url, api.form(body=body))
    _, parts = _parts(recorder.last)
    assert [(p.filename, p.media_type, p.data) for p in parts] == [
        (None, None, b"AP8="),
        (None, "application/json", b'["a","b"]'),
        (None, "application/json", b'{"text":"x"}'),
        (None, "application/json", b'{"k":1}'),
    ]


def test_no_name_and_no_media_type_adds_a_line(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    name = 'a"\r\nX-Evil: 1\r\n\r\n.png'
    driver.send(package, recorder.url, api.a_map(body={name: (name, DATA, "image/png")}))
    content_type, (part,) = _parts(recorder.last)
    assert content_type == "multipart/mixed"
    assert part.name == part.filename == "a%22%0D%0AX-Evil: 1%0D%0A%0D%0A.png"
    with pytest.raises(ValueError, match="media type"):
        api.a_map(body={"f": ("a", DATA, "image/png\r\nX-Evil: 1")})


def test_multipart_related(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    body = {"meta": {"name": "n"}, "file": ("a.bin", DATA)}
    driver.send(package, recorder.url, api.untyped(body=body))
    content_type, parts = _parts(recorder.last)
    assert content_type == 'multipart/related; type="application/json"'
    assert [(p.media_type, p.data) for p in parts] == [
        ("application/json", b'{"name":"n"}'),
        ("application/octet-stream", DATA),
    ]


def test_parts_without_names(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    body = [package.models.Note(text="t"), DATA, ("a.jpg", DATA), DATA]
    driver.send(package, recorder.url, api.positions(body=body))
    content_type, parts = _parts(recorder.last)
    assert content_type == "multipart/mixed"
    assert parts == [
        Part(None, None, "application/json", b'{"text":"t"}'),
        Part(None, None, "image/png", DATA),
        Part(None, "a.jpg", "image/jpeg", DATA),
        Part(None, None, "application/pdf", DATA),
    ]


PARTS = """
paths:
  /parts:
    post:
      operationId: parts
      requestBody:
        content:
          multipart/form-data:
            schema: {$ref: "#/components/schemas/Parts"}
            encoding:
              photo:
                headers:
                  X-Source: {schema: {type: string, enum: [camera]}}
                  X-Version: {$ref: "#/components/headers/Version"}
                  X-Raw: {schema: {type: boolean, enum: [true]}}
                  X-Free: {schema: {type: string}}
                  Content-Type: {schema: {type: string, enum: [text/plain]}}
              note: {contentType: application/xml, headers: {X-Version: {$ref: "#/components/headers/Version"}}}
              notes: {contentType: text/xml}
              inline: {contentType: application/vnd.x+xml}
              text: {contentType: application/xml}
      responses: {"204": {description: done}}
components:
  headers:
    Version: {required: true, schema: {$ref: "#/components/schemas/Two"}}
  schemas:
    Two: {type: integer, enum: [2]}
    Note: {type: object, properties: {id: {type: integer, xml: {attribute: true}}, day: {type: string, format: date}}}
    Parts:
      type: object
      properties:
        photo: {type: string, format: binary}
        note: {$ref: "#/components/schemas/Note"}
        notes: {type: array, items: {$ref: "#/components/schemas/Note"}}
        inline: {type: object, xml: {name: In, namespace: "urn:a"}, properties: {a: {type: boolean}}}
        text: {type: string}
"""


def _heads(request: Recorded) -> list[tuple[list[str], bytes]]:
    """The header lines of each part, without Content-Disposition, and its content."""
    boundary = (request.header("Content-Type") or "").partition("boundary=")[2].encode()
    pieces = request.body.split(b"--" + boundary)[1:-1]
    halves = [piece.removeprefix(b"\r\n").partition(b"\r\n\r\n") for piece in pieces]
    return [
        (head.decode().split("\r\n")[1:], content.removesuffix(b"\r\n"))
        for head, _, content in halves
    ]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.1", "3.2.0"])
def test_headers_of_parts(
    workshop: Workshop, recorder: Server, driver: Driver, version: str
) -> None:
    """Those that the document fixes are sent, others come with the file."""
    package = workshop(document(PARTS, openapi=version))
    parts, fixed = package.api().parts, ["X-Source: camera", "X-Version: 2", "X-Raw: true"]
    driver.send(package, recorder.url, parts(body={"photo": DATA}))
    assert _heads(recorder.last) == [(["Content-Type: application/octet-stream", *fixed], DATA)]
    own = ("a.png", DATA, "image/png", {"x-version": "3", "X-Free": "f"})
    driver.send(package, recorder.url, parts(body=package.models.Parts(photo=own)))
    lines = ["X-Source: camera", "X-Raw: true", "x-version: 3", "X-Free: f"]
    assert _heads(recorder.last) == [(["Content-Type: image/png", *lines], DATA)]
    typed = ("a.png", DATA, "image/png", {"content-type": "image/gif"})
    driver.send(package, recorder.url, parts(body={"photo": typed}))
    assert _heads(recorder.last) == [([*fixed, "content-type: image/gif"], DATA)]
    assert 'headers="X-Free: f"' in str(parts(body={"photo": own}).curl())
    for name, value in (("X-A", "b\r\nX-Evil: 1"), ("X-A: b\r\nX-Evil", "1")):
        with pytest.raises(ValueError, match="header"):
            parts(body={"photo": ("a.png", DATA, "image/png", {name: value})})


def test_xml_documents_as_parts(workshop: Workshop, recorder: Server, driver: Driver) -> None:
    package = workshop(document(PARTS))
    m, head = package.models, '<?xml version="1.0" encoding="UTF-8"?>\n'
    note = m.Note(id=1, day=dt.date(2020, 1, 2))
    body = m.Parts(note=note, notes=[note, m.Note(id=2)], inline={"a": True}, text="<raw/>")
    driver.send(package, recorder.url, package.api().parts(body=body))
    xml = head + '<Note id="1"><day>2020-01-02</day></Note>'
    inline = head + '<In xmlns="urn:a"><a>true</a></In>'
    assert [(lines, content.decode()) for lines, content in _heads(recorder.last)] == [
        (["Content-Type: application/xml", "X-Version: 2"], xml),
        (["Content-Type: text/xml"], xml),
        (["Content-Type: text/xml"], head + '<Note id="2"/>'),
        (["Content-Type: application/vnd.x+xml"], inline),
        (["Content-Type: application/xml"], "<raw/>"),
    ]


# Whole bodies


def _named(folder: Path) -> Path:
    path = folder / "shot.png"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize(
    ("kind", "media_type", "sent"),
    [
        ("bytes", None, "application/octet-stream"),
        ("bytes", "image/tiff", "image/tiff"),
        ("path", None, "image/png"),
        ("path", "image/tiff", "image/tiff"),
        ("file", None, "image/png"),
    ],
)
def test_a_range_is_never_sent(
    package: Package,
    api: Any,
    recorder: Server,
    driver: Driver,
    tmp_path: Path,
    kind: str,
    media_type: str | None,
    sent: str,
) -> None:
    path = _named(tmp_path)
    for function, range_ in ((api.any_file, "*/*"), (api.image, "image/*")):
        with path.open("rb") as stream:
            body = {"bytes": DATA, "path": path, "file": stream}[kind]
            call = function(body=body, media_type=media_type or range_)
            driver.send(package, recorder.url, call)
        assert recorder.last.header("Content-Type") == sent
        assert recorder.last.body == DATA


def test_json_beside_a_range_is_the_default(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    driver.send(package, recorder.url, api.image(body={"text": "t"}))
    assert recorder.last.header("Content-Type") == "application/json"
    assert recorder.last.body == b'{"text":"t"}'
    driver.send(package, recorder.url, api.structured(body={"text": "t"}))
    assert recorder.last.header("Content-Type") == "application/json"


def test_a_path_can_be_sent_again(
    package: Package, api: Any, recorder: Server, driver: Driver, tmp_path: Path
) -> None:
    calls = [api.any_file(body=_named(tmp_path)), api.form(body={"free": _named(tmp_path)})]
    for call in calls:
        for _ in range(2):
            driver.send(package, recorder.url, call)
            assert recorder.last.header("Content-Length") == str(len(recorder.last.body))
            assert DATA in recorder.last.body


def test_a_file_of_json(package: Package, api: Any, recorder: Server, driver: Driver) -> None:
    recorder.answer(b'{"a":  1}')
    answer = driver.send(package, recorder.url, api.json_file(body=b'{"b":  2}'))
    assert answer == b'{"a":  1}'
    assert recorder.last.body == b'{"b":  2}'
    assert recorder.last.header("Content-Type") == "application/json"


def test_binary_inside_of_json_is_base64_in_both_directions(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    blob = package.models.Blob(data=b"\x00\xff", all=[b"\x01"])
    recorder.answer('{"data": "AP8=", "all": ["AQ=="]}')
    assert driver.send(package, recorder.url, api.in_json(body=blob)) == blob
    assert recorder.last.body == b'{"data":"AP8=","all":["AQ=="]}'


def test_binary_inside_of_json_is_decoded_where_nothing_else_needs_it(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    text = """
openapi: 3.1.0
paths:
  /a:
    get:
      operationId: a
      responses: {"200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/Blob"}}}}}
components: {schemas: {Blob: {type: object, properties: {data: {type: string, format: binary}}}}}
"""
    package = workshop(document(text))
    recorder.answer('{"data": "AP8="}')
    assert driver.send(package, recorder.url, package.api().a()).data == b"\x00\xff"


# Swagger 2.0


SWAGGER = """
swagger: "2.0"
info: {title: t, version: "1"}
paths:
  /files:
    post:
      operationId: files
      parameters:
        - {in: formData, name: f, type: array, items: {type: file}}
        - {in: formData, name: one, type: file}
        - {in: formData, name: tags, type: array, items: {type: string}, collectionFormat: multi}
      responses: {204: {description: done}}
"""


def test_arrays_of_files_in_swagger_2(workshop: Workshop, recorder: Server, driver: Driver) -> None:
    package = workshop(document(SWAGGER))
    body = {"f": [DATA, ("a.txt", b"a")], "one": DATA, "tags": ["x", "y"]}
    driver.send(package, recorder.url, package.api().files(body=body))
    _, parts = _parts(recorder.last)
    assert [(p.name, p.filename, p.data) for p in parts] == [
        ("f", "f", DATA),
        ("f", "a.txt", b"a"),
        ("one", "one", DATA),
        ("tags", None, b"x"),
        ("tags", None, b"y"),
    ]


def test_an_iterator_is_still_a_body(
    package: Package, api: Any, recorder: Server, driver: Driver
) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"a", DATA)

    driver.send(package, recorder.url, api.any_file(body=pieces()))
    assert recorder.last.body == b"a" + DATA
