"""Parameters on the wire: the Style Examples of OpenAPI's Parameter Object, byte for byte, and what lies around them."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import Driver, Package, Recorded, Server, Workshop, document

EMPTY = ""
BLUE = "blue"
COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}

SCHEMAS: dict[str, Any] = {
    "string": {"type": "string"},
    "array": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object", "additionalProperties": {"type": "integer"}},
    "model": {"$ref": "#/components/schemas/Rgb"},
}
RGB_SCHEMA = {
    "type": "object",
    "required": ["R", "G", "B"],
    "properties": {c: {"type": "integer"} for c in "RGB"},
}
STYLES = [
    ("path", "simple"),
    ("path", "label"),
    ("path", "matrix"),
    ("query", "form"),
    ("query", "spaceDelimited"),
    ("query", "pipeDelimited"),
    ("query", "deepObject"),
    ("header", "simple"),
    ("cookie", "form"),
    ("cookie", "cookie"),
]


def _operation(operation_id: str, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "parameters": list(parameters),
        "responses": {"200": {"description": "done"}},
        **more,
    }


def _styles(version: str) -> dict[str, Any]:
    """An operation for each location, style, explode and kind of value."""
    paths = {}
    for where, style in STYLES:
        for explode in (False, True):
            for kind, schema in SCHEMAS.items():
                name = f"{where}_{style}_{'exploded' if explode else 'plain'}_{kind}"
                path = f"/{name}/{{color}}" if where == "path" else f"/{name}"
                parameter = {
                    "name": "color",
                    "in": where,
                    "required": True,
                    "style": style,
                    "explode": explode,
                    "schema": schema,
                }
                paths[path] = {"get": _operation(name, parameter)}
    return document(
        {"openapi": version, "paths": paths, "components": {"schemas": {"Rgb": RGB_SCHEMA}}}
    )


@pytest.fixture(scope="module")
def styles(workshop: Workshop) -> Package:
    return workshop(_styles("3.2.0"))


@pytest.fixture
def get(recorder: Server, http: httpx.Client) -> Callable[[Package, Any], Recorded]:
    """Sends a call and gives the request as the server got it."""

    def send(package: Package, call: Any) -> Recorded:
        package.client(recorder.url, http_client=http).send(call)
        return recorder.last

    return send


def _function(package: Package, name: str) -> Any:
    snake = name.replace("Delimited", "_delimited").replace("Object", "_object")
    return getattr(package.api(), snake)


# The table. A path parameter that is an empty string is refused: see below.
TABLE = [
    ("path_matrix_plain", EMPTY, ";color"),
    ("path_matrix_plain", BLUE, ";color=blue"),
    ("path_matrix_plain", COLORS, ";color=blue,black,brown"),
    ("path_matrix_plain", RGB, ";color=R,100,G,200,B,150"),
    ("path_matrix_exploded", EMPTY, ";color"),
    ("path_matrix_exploded", BLUE, ";color=blue"),
    ("path_matrix_exploded", COLORS, ";color=blue;color=black;color=brown"),
    ("path_matrix_exploded", RGB, ";R=100;G=200;B=150"),
    ("path_label_plain", BLUE, ".blue"),
    ("path_label_plain", COLORS, ".blue,black,brown"),
    ("path_label_plain", RGB, ".R,100,G,200,B,150"),
    ("path_label_exploded", BLUE, ".blue"),
    ("path_label_exploded", COLORS, ".blue.black.brown"),
    ("path_label_exploded", RGB, ".R=100.G=200.B=150"),
    ("path_simple_plain", BLUE, "blue"),
    ("path_simple_plain", COLORS, "blue,black,brown"),
    ("path_simple_plain", RGB, "R,100,G,200,B,150"),
    ("path_simple_exploded", BLUE, "blue"),
    ("path_simple_exploded", COLORS, "blue,black,brown"),
    ("path_simple_exploded", RGB, "R=100,G=200,B=150"),
    ("query_form_plain", EMPTY, "color="),
    ("query_form_plain", BLUE, "color=blue"),
    ("query_form_plain", COLORS, "color=blue,black,brown"),
    ("query_form_plain", RGB, "color=R,100,G,200,B,150"),
    ("query_form_exploded", EMPTY, "color="),
    ("query_form_exploded", BLUE, "color=blue"),
    ("query_form_exploded", COLORS, "color=blue&color=black&color=brown"),
    ("query_form_exploded", RGB, "R=100&G=200&B=150"),
    ("query_spaceDelimited_plain", COLORS, "color=blue%20black%20brown"),
    ("query_spaceDelimited_plain", RGB, "color=R%20100%20G%20200%20B%20150"),
    ("query_pipeDelimited_plain", COLORS, "color=blue%7Cblack%7Cbrown"),
    ("query_pipeDelimited_plain", RGB, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("query_deepObject_plain", RGB, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("query_deepObject_exploded", RGB, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("header_simple_plain", EMPTY, ""),
    ("header_simple_plain", BLUE, "blue"),
    ("header_simple_plain", COLORS, "blue,black,brown"),
    ("header_simple_plain", RGB, "R,100,G,200,B,150"),
    ("header_simple_exploded", EMPTY, ""),
    ("header_simple_exploded", BLUE, "blue"),
    ("header_simple_exploded", COLORS, "blue,black,brown"),
    ("header_simple_exploded", RGB, "R=100,G=200,B=150"),
    ("cookie_form_plain", EMPTY, "color="),
    ("cookie_form_plain", BLUE, "color=blue"),
    # "Neither the & nor ? delimiters are ever correct" for cookies: a pair is a cookie.
    ("cookie_form_exploded", EMPTY, "color="),
    ("cookie_form_exploded", BLUE, "color=blue"),
    ("cookie_form_exploded", COLORS, "color=blue; color=black; color=brown"),
    ("cookie_form_exploded", RGB, "R=100; G=200; B=150"),
    ("cookie_cookie_plain", EMPTY, "color="),
    ("cookie_cookie_plain", BLUE, "color=blue"),
    ("cookie_cookie_exploded", EMPTY, "color="),
    ("cookie_cookie_exploded", BLUE, "color=blue"),
    ("cookie_cookie_exploded", COLORS, "color=blue; color=black; color=brown"),
    ("cookie_cookie_exploded", RGB, "R=100; G=200; B=150"),
]


def _written(request: Recorded, name: str) -> str | None:
    """What the parameter became, in its place."""
    where = name.partition("_")[0]
    if where == "path":
        return request.target.removeprefix("/").partition("/")[2]
    if where == "query":
        return request.target.partition("?")[2]
    return request.header("color" if where == "header" else "cookie")


@pytest.mark.parametrize(("name", "value", "expected"), TABLE, ids=str)
def test_style_examples_of_the_specification(
    styles: Package, get: Any, name: str, value: Any, expected: str
) -> None:
    kind = "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
    request = get(styles, _function(styles, f"{name}_{kind}")(color=value))
    assert _written(request, f"{name}_{kind}") == expected
    assert request.line.startswith("GET /")
    assert request.body == b""


@pytest.mark.parametrize(("name", "expected"), [(n, e) for n, v, e in TABLE if v is RGB], ids=str)
def test_a_model_is_written_like_an_object(
    styles: Package, get: Any, name: str, expected: str
) -> None:
    color = styles.models.Rgb.from_dict(RGB)
    request = get(styles, _function(styles, f"{name}_model")(color=color))
    assert _written(request, f"{name}_model") == expected


@pytest.mark.parametrize(
    "name", ["path_simple_plain_string", "path_simple_exploded_string", "path_simple_plain_array"]
)
def test_an_empty_path_parameter_is_refused_before_anything_is_sent(
    styles: Package, name: str
) -> None:
    """It would name another resource: `/users/` instead of `/users/{id}`."""
    with pytest.raises(ValueError, match="color"):
        _function(styles, name)(color=[] if name.endswith("array") else "")


@pytest.mark.parametrize("kind", ["plain", "exploded"])
def test_an_empty_label_is_not_a_dot_segment(styles: Package, get: Any, kind: str) -> None:
    request = get(styles, _function(styles, f"path_label_{kind}_string")(color=""))
    assert request.target == f"/path_label_{kind}_string/%2E"


# Defaults: what a parameter means that says neither style nor explode.

DEFAULTS = """
paths:
  /defaults/{color}:
    get:
      operationId: defaults
      parameters:
        - {name: color, in: path, required: true, schema: {type: array, items: {type: string}}}
        - {name: size, in: query, schema: {type: array, items: {type: integer}}}
        - {name: X-Shape, in: header, schema: {type: array, items: {type: string}}}
        - {name: taste, in: cookie, schema: {type: string}}
        - {name: smell, in: cookie, schema: {type: string}}
        - {name: box, in: query, style: deepObject, schema: {type: object}}
      responses: {"200": {description: done}}
"""


@pytest.fixture(scope="module", params=["3.0.3", "3.1.0", "3.2.0"])
def defaults(request: pytest.FixtureRequest, workshop: Workshop) -> Package:
    return workshop(document(DEFAULTS, openapi=request.param))


def test_default_styles(defaults: Package, get: Any) -> None:
    request = get(
        defaults,
        defaults.api().defaults(
            ["a", "b"], size=[1, 2], x_shape=["round", "flat"], taste="sweet", box={"w": 3}
        ),
    )
    assert request.target == "/defaults/a,b?size=1&size=2&box%5Bw%5D=3"
    assert request.header("X-Shape") == "round,flat"
    assert request.header("Cookie") == "taste=sweet"


def test_what_is_not_given_is_not_sent(defaults: Package, get: Any) -> None:
    request = get(defaults, defaults.api().defaults(["a"]))
    assert request.line == "GET /defaults/a"
    assert {"x-shape", "cookie"}.isdisjoint(n for n, _ in request.headers)


def test_cookies_share_one_header(defaults: Package, get: Any) -> None:
    request = get(defaults, defaults.api().defaults(["a"], taste="sweet", smell="new"))
    assert request.header("Cookie") == "taste=sweet; smell=new"


def test_an_empty_list_is_left_out_of_the_query(styles: Package, get: Any) -> None:
    """RFC 6570, 2.3: a list without members is undefined, and undefined is not written."""
    for name in ("query_form_exploded_array", "query_form_plain_array"):
        assert get(styles, _function(styles, name)(color=[])).line == f"GET /{name}"


# Percent-encoding

AWKWARD = "a/b?c#d e&f=g+h%i;j,k[l]m|n~o-p_q.r\"s'<t>{u}\\v^`ü€😀"
AWKWARD_QUOTED = (
    "a%2Fb%3Fc%23d%20e%26f%3Dg%2Bh%25i%3Bj%2Ck%5Bl%5Dm%7Cn~o-p_q.r%22s%27%3Ct%3E%7Bu%7D%5Cv%5E%60"
    "%C3%BC%E2%82%AC%F0%9F%98%80"
)


def test_only_unreserved_characters_stand_unencoded_in_a_path(styles: Package, get: Any) -> None:
    request = get(styles, styles.api().path_simple_plain_string(AWKWARD))
    assert request.target == f"/path_simple_plain_string/{AWKWARD_QUOTED}"


def test_only_unreserved_characters_stand_unencoded_in_a_query(styles: Package, get: Any) -> None:
    request = get(styles, styles.api().query_form_exploded_string(AWKWARD))
    assert request.target == f"/query_form_exploded_string?color={AWKWARD_QUOTED}"


def test_delimiters_inside_of_items_are_encoded(styles: Package, get: Any) -> None:
    """So that a server can tell them from delimiters between items."""
    items = ["a,b", "c d", "e|f"]
    targets = [
        get(styles, _function(styles, name)(color=items)).target.partition("?")[2]
        for name in (
            "query_form_plain_array",
            "query_spaceDelimited_plain_array",
            "query_pipeDelimited_plain_array",
        )
    ]
    assert targets[0] == "color=a%2Cb,c%20d,e%7Cf"
    # Here the delimiter itself is an encoded character: no encoding can tell them apart.
    assert targets[1] == "color=a%2Cb%20c%20d%20e%7Cf"
    assert targets[2] == "color=a%2Cb%7Cc%20d%7Ce%7Cf"


def test_keys_of_objects_are_encoded(styles: Package, get: Any) -> None:
    values = {"a&b": 1, "c[d]": 2}
    assert get(styles, styles.api().query_form_exploded_object(values)).target.endswith(
        "?a%26b=1&c%5Bd%5D=2"
    )
    assert get(styles, styles.api().query_deep_object_exploded_object(values)).target.endswith(
        "?color%5Ba%26b%5D=1&color%5Bc%5Bd%5D%5D=2"
    )


@pytest.mark.parametrize("value", [".", ".."])
def test_dot_segments_in_a_path_parameter_stay_text(styles: Package, get: Any, value: str) -> None:
    request = get(styles, styles.api().path_simple_plain_string(value))
    assert request.target == "/path_simple_plain_string/" + value.replace(".", "%2E")


def test_cookies_of_style_form_are_encoded_and_those_of_style_cookie_are_not(
    styles: Package, get: Any
) -> None:
    # The two examples of the Parameter Object.
    form = get(styles, styles.api().cookie_form_exploded_string("Hello, world!"))
    assert form.header("Cookie") == "color=Hello%2C%20world%21"
    plain = get(styles, styles.api().cookie_cookie_exploded_string("Hello%2C%20world!"))
    assert plain.header("Cookie") == "color=Hello%2C%20world!"


def test_headers_are_not_percent_encoded(styles: Package, get: Any) -> None:
    request = get(styles, styles.api().header_simple_plain_string('a b%20c; d="e", f'))
    assert request.header("color") == 'a b%20c; d="e", f'


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize("name", ["header_simple_plain_string", "cookie_cookie_exploded_string"])
def test_a_line_break_cannot_enter_the_head_of_a_request(
    styles: Package, recorder: Server, name: str, value: str
) -> None:
    with pytest.raises((ValueError, styles.errors.APIError)):
        styles.client(recorder.url).send(_function(styles, name)(color=value))
    assert recorder.requests == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(items=st.lists(TEXT, min_size=1, max_size=4), key=TEXT, number=st.integers())
def test_whatever_is_sent_can_be_read_by_the_rules_of_urls(
    styles: Package, items: list[str], key: str, number: int
) -> None:
    """Percent-decoding by somebody else's code gives back what was sent."""
    api = styles.api()
    exploded = api.query_form_exploded_array(items).query
    assert parse_qsl(exploded, keep_blank_values=True) == [("color", i) for i in items]
    commas = api.query_form_plain_array(items).query.removeprefix("color=")
    assert [unquote(i) for i in commas.split(",")] == items
    deep = api.query_deep_object_plain_object({key: number}).query
    assert parse_qsl(deep) == [(f"color[{key}]", str(number))]
    segment = api.path_simple_plain_array(items).path.removeprefix("/path_simple_plain_array/")
    assert [unquote(i) for i in segment.split(",")] == items
    matrix = api.path_matrix_exploded_array(items).path.rpartition("/")[2]
    assert [unquote(i.removeprefix("color=")) for i in matrix.split(";")[1:]] == items


RESERVED = """
openapi: 3.2.0
paths:
  /reserved:
    get:
      operationId: in_query
      parameters:
        - {name: q, in: query, allowReserved: true, schema: {type: string}}
        - {name: list, in: query, allowReserved: true, explode: false, schema: {type: array, items: {type: string}}}
      responses: {"200": {description: done}}
  /reserved/{p}:
    get:
      operationId: in_path
      parameters:
        - {name: p, in: path, required: true, allowReserved: true, schema: {type: string}}
      responses: {"200": {description: done}}
"""


@pytest.fixture(scope="module")
def reserved(workshop: Workshop) -> Package:
    return workshop(document(RESERVED))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a/b?c:d@e!f$g", "a/b?c:d@e!f$g"),
        ("(h)*i,j;k=l", "(h)*i,j;k=l"),
        ("%41%2f", "%41%2f"),  # encoded triples pass through
        ("100%", "100%25"),
        ("50%zz", "50%25zz"),
        ("a b", "a%20b"),
        ("ü", "%C3%BC"),
        ('"<>\\^`{|}', "%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("a#b", "a%23b"),  # not allowed in a query (RFC 3986, 3.4)
        ("a&b=c", "a%26b=c"),  # would be another parameter
    ],
    ids=str,
)
def test_reserved_characters_pass_where_they_are_allowed(
    reserved: Package, get: Any, value: str, expected: str
) -> None:
    assert get(reserved, reserved.api().in_query(q=value)).target == f"/reserved?q={expected}"


def test_reserved_characters_in_a_list(reserved: Package, get: Any) -> None:
    request = get(reserved, reserved.api().in_query(list_=["a/b", "c:d"]))
    assert request.target == "/reserved?list=a/b,c:d"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a:b@c!d$(e)*f,g;h=i", "a:b@c!d$(e)*f,g;h=i"),
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("../x", "..%2Fx"),
    ],
    ids=str,
)
def test_reserved_characters_in_a_path_never_break_out_of_their_segment(
    reserved: Package, get: Any, value: str, expected: str
) -> None:
    """Path Templating: the value holds no unescaped `/`, `?` or `#`."""
    assert get(reserved, reserved.api().in_path(value)).target == f"/reserved/{expected}"


# Types other than text

TYPED = """
paths:
  /typed:
    get:
      operationId: typed
      parameters:
        - {name: flag, in: query, schema: {type: boolean}}
        - {name: count, in: query, schema: {type: integer, format: int64}}
        - {name: ratio, in: query, schema: {type: number}}
        - {name: at, in: query, schema: {type: string, format: date-time}}
        - {name: day, in: query, schema: {type: string, format: date}}
        - {name: id, in: query, schema: {type: string, format: uuid}}
        - {name: word, in: query, schema: {enum: [red, green]}}
        - {name: level, in: query, schema: {type: integer, enum: [1, 2]}}
        - {name: either, in: query, schema: {oneOf: [{type: integer}, {type: string}]}}
        - {name: maybe, in: query, schema: {type: [string, "null"]}}
        - {name: flags, in: query, schema: {type: array, items: {type: boolean}}}
        - {name: nothing, in: query}
      responses: {"200": {description: done}}
"""


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("flag", True, "flag=true"),
        ("flag", False, "flag=false"),
        ("count", 9007199254740993, "count=9007199254740993"),
        ("count", 0, "count=0"),
        ("ratio", 0.5, "ratio=0.5"),
        ("at", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "at=2026-01-02T03%3A04%3A05Z"),
        (
            "at",
            dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            "at=2026-01-02T03%3A04%3A05%2B02%3A00",
        ),
        ("day", dt.date(2026, 1, 2), "day=2026-01-02"),
        (
            "id_",
            uuid.UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            "id=f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        ),
        ("word", "green", "word=green"),
        ("word", "blue", "word=blue"),
        ("level", 2, "level=2"),
        ("either", 7, "either=7"),
        ("either", "x", "either=x"),
        ("maybe", "x", "maybe=x"),
        ("flags", [True, False], "flags=true&flags=false"),
        ("nothing", "x", "nothing=x"),
    ],
    ids=str,
)
def test_scalars_are_written_as_json_writes_them_without_quotes(
    workshop: Workshop, get: Any, argument: str, value: Any, expected: str
) -> None:
    package = workshop(document(TYPED))
    request = get(package, package.api().typed(**{argument: value}))
    assert request.target == f"/typed?{expected}"


# Parameters with a media type

CONTENT = """
openapi: 3.2.0
paths:
  /content/{filter}:
    get:
      operationId: content
      parameters:
        - name: filter
          in: path
          required: true
          content: {application/json: {schema: {type: object}}}
        - name: where
          in: query
          content: {application/json: {schema: {$ref: "#/components/schemas/Where"}}}
        - name: note
          in: query
          content: {text/plain: {schema: {type: string}}}
        - name: X-Meta
          in: header
          content: {application/json: {schema: {type: object}}}
        - name: pref
          in: cookie
          content: {application/json: {schema: {type: array, items: {type: integer}}}}
        - name: lang
          in: cookie
          content: {text/plain: {schema: {type: string}}}
      responses: {"200": {description: done}}
components:
  schemas:
    Where:
      type: object
      properties: {lat: {type: number}, long: {type: number}}
"""


@pytest.fixture(scope="module")
def content(workshop: Workshop) -> Package:
    return workshop(document(CONTENT))


def test_json_parameters(content: Package, get: Any) -> None:
    where = content.models.Where(lat=40.6, long=-73.9)
    request = get(
        content, content.api().content({"a": [1, "ü/"]}, where=where, x_meta={"k": "a b"})
    )
    path, _, query = request.target.partition("?")
    assert path == "/content/%7B%22a%22%3A%5B1%2C%22%C3%BC%2F%22%5D%7D"
    assert query == "where=%7B%22lat%22%3A40.6%2C%22long%22%3A-73.9%7D"
    assert request.header("X-Meta") == '{"k":"a b"}'


def test_json_cookie_is_encoded(content: Package, get: Any) -> None:
    """A comma may not stand in a cookie."""
    request = get(content, content.api().content({"a": 1}, pref=[1, 2]))
    assert request.header("Cookie") == "pref=%5B1%2C2%5D"


def test_text_parameters_are_text_and_not_json(content: Package, get: Any) -> None:
    request = get(content, content.api().content({"a": 1}, note='a "b"', lang="de"))
    assert request.target.partition("?")[2] == "note=a%20%22b%22"
    assert request.header("Cookie") == "lang=de"


# The whole query as one parameter (3.2)

QUERYSTRING = """
openapi: 3.2.0
paths:
  /form:
    get:
      operationId: form
      parameters:
        - in: querystring
          name: metadata
          content:
            application/x-www-form-urlencoded:
              schema:
                type: object
                properties:
                  foo: {type: string}
                  bar: {type: boolean}
                  list: {type: array, items: {type: string}}
      responses: {"200": {description: done}}
  /json:
    get:
      operationId: json
      parameters:
        - in: querystring
          name: json
          content: {application/json: {schema: {type: object}}}
      responses: {"200": {description: done}}
  /path:
    get:
      operationId: json_path
      parameters:
        - in: querystring
          name: selector
          content: {application/jsonpath: {schema: {type: string}}}
      responses: {"200": {description: done}}
"""


@pytest.fixture(scope="module")
def querystring(workshop: Workshop) -> Package:
    return workshop(document(QUERYSTRING))


def test_querystring_as_a_form(querystring: Package, get: Any) -> None:
    value = {"foo": "a + b", "bar": True}
    request = get(querystring, querystring.api().form(metadata=value))
    assert request.target == "/form?foo=a+%2B+b&bar=true"


def test_querystring_that_is_not_given(querystring: Package, get: Any) -> None:
    assert get(querystring, querystring.api().form()).line == "GET /form"


def test_querystring_as_json(querystring: Package, get: Any) -> None:
    value = {"numbers": [1, 2], "flag": None}
    request = get(querystring, querystring.api().json(json_=value))
    assert request.target == ("/json?%7B%22numbers%22%3A%5B1%2C2%5D%2C%22flag%22%3Anull%7D")


def test_querystring_as_text(querystring: Package, get: Any) -> None:
    request = get(querystring, querystring.api().json_path(selector="$.a.b[1:1]"))
    assert request.target == "/path?%24.a.b%5B1%3A1%5D"


# Swagger 2.0

SWAGGER = """
swagger: "2.0"
host: example.org
paths:
  /lists/{p}:
    get:
      operationId: lists
      parameters:
        - {name: p, in: path, required: true, type: array, items: {type: string}}
        - {name: none, in: query, type: array, items: {type: string}}
        - {name: csv, in: query, type: array, items: {type: string}, collectionFormat: csv}
        - {name: ssv, in: query, type: array, items: {type: string}, collectionFormat: ssv}
        - {name: tsv, in: query, type: array, items: {type: string}, collectionFormat: tsv}
        - {name: pipes, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: multi, in: query, type: array, items: {type: string}, collectionFormat: multi}
        - {name: X-List, in: header, type: array, items: {type: string}}
        - {name: flag, in: query, type: boolean}
      responses: {"200": {description: done}}
  /form:
    post:
      operationId: form
      consumes: [application/x-www-form-urlencoded]
      parameters:
        - {name: name, in: formData, type: string, required: true}
        - {name: csv, in: formData, type: array, items: {type: string}}
        - {name: multi, in: formData, type: array, items: {type: string}, collectionFormat: multi}
        - {name: pipes, in: formData, type: array, items: {type: string}, collectionFormat: pipes}
      responses: {"200": {description: done}}
  /upload:
    post:
      operationId: upload
      consumes: [multipart/form-data]
      parameters:
        - {name: file, in: formData, type: file, required: true}
        - {name: note, in: formData, type: string}
      responses: {"200": {description: done}}
"""


@pytest.fixture(scope="module")
def swagger(workshop: Workshop) -> Package:
    return workshop(document(SWAGGER))


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("none", "none=a,b"),
        ("csv", "csv=a,b"),
        ("ssv", "ssv=a%20b"),
        ("tsv", "tsv=a%09b"),
        ("pipes", "pipes=a%7Cb"),
        ("multi", "multi=a&multi=b"),
    ],
)
def test_collection_formats_of_swagger(
    swagger: Package, get: Any, argument: str, expected: str
) -> None:
    request = get(swagger, swagger.api().lists(["x", "y"], **{argument: ["a", "b"]}))
    assert request.target == f"/lists/x,y?{expected}"


def test_swagger_headers_and_booleans(swagger: Package, get: Any) -> None:
    request = get(swagger, swagger.api().lists(["x"], x_list=["a", "b"], flag=False))
    assert request.header("X-List") == "a,b"
    assert request.target == "/lists/x?flag=false"


def test_swagger_form(swagger: Package, get: Any) -> None:
    body = {"name": "a b", "csv": ["1", "2"], "multi": ["3", "4"], "pipes": ["5", "6"]}
    request = get(swagger, swagger.api().form(body=body))
    assert request.header("Content-Type") == "application/x-www-form-urlencoded"
    assert request.body == b"name=a+b&csv=1,2&multi=3&multi=4&pipes=5%7C6"


def test_swagger_upload(swagger: Package, get: Any) -> None:
    call = swagger.api().upload(body={"file": ("a.txt", b"\x00\xff"), "note": "n"})
    request = get(swagger, call)
    media_type = request.header("Content-Type") or ""
    boundary = media_type.removeprefix("multipart/form-data; boundary=")
    parts = request.body.split(f"--{boundary}".encode())
    assert b'name="file"; filename="a.txt"' in parts[1]
    assert parts[1].endswith(b"\r\n\r\n\x00\xff\r\n")
    assert b'name="note"' in parts[2]
    assert parts[2].endswith(b"\r\n\r\nn\r\n")


# Where parameters stand

PLACES = """
paths:
  /things/{key}:
    parameters:
      - {name: key, in: path, required: true, schema: {type: string}}
      - {name: page, in: query, schema: {type: integer}}
      - $ref: "#/components/parameters/Trace"
    get:
      operationId: get_thing
      parameters:
        - {name: page, in: query, required: true, schema: {type: string}}
        - {name: key, in: header, schema: {type: string}}
        - {name: Accept, in: header, schema: {type: string}}
        - {name: Content-Type, in: header, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
      responses: {"200": {description: done, content: {application/json: {}}}}
  /fixed?kind=a:
    get:
      operationId: fixed
      parameters: [{name: q, in: query, schema: {type: string}}]
      responses: {"200": {description: done}}
  /v{version}/{a}-{b}.{c}:
    get:
      operationId: many
      parameters:
        - {name: a, in: path, required: true, schema: {type: string}}
        - {name: b, in: path, required: true, schema: {type: string}}
        - {name: c, in: path, required: true, schema: {type: string}}
        - {name: version, in: path, required: true, schema: {type: integer}}
      responses: {"200": {description: done}}
components:
  parameters:
    Trace: {name: X-Trace, in: header, schema: {type: string}}
"""


@pytest.fixture(scope="module")
def places(workshop: Workshop) -> Package:
    return workshop(document(PLACES))


def test_an_operation_overrides_and_adds_to_its_path(places: Package, get: Any) -> None:
    call = places.api().get_thing("t1", "p2", key_header="h3", x_trace="x4")
    request = get(places, call)
    assert request.line == "GET /things/t1?page=p2"
    assert request.header("key") == "h3"
    assert request.header("X-Trace") == "x4"


def test_headers_that_openapi_ignores_are_no_arguments(places: Package, get: Any) -> None:
    names = places.api().get_thing.__annotations__
    assert {"accept", "content_type", "authorization"}.isdisjoint(names)
    assert get(places, places.api().get_thing("a", "b")).header("Accept") == "application/json"


def test_a_query_that_is_part_of_the_path_is_kept(places: Package, get: Any) -> None:
    assert get(places, places.api().fixed(q="x")).target == "/fixed?kind=a&q=x"


def test_several_parameters_in_one_segment(places: Package, get: Any) -> None:
    call = places.api().many(version=2, a="{b}", b="{c}", c="x")
    assert get(places, call).target == "/v2/%7Bb%7D-%7Bc%7D.x"


def test_the_base_path_of_the_server_is_kept(
    places: Package, recorder: Server, sync: Driver
) -> None:
    for url in (f"{recorder.url}/api/v1", f"{recorder.url}/api/v1/"):
        sync.send(places, url, places.api().fixed())
        assert recorder.last.target == "/api/v1/fixed?kind=a"


def test_query_parameters_with_a_place_in_the_path_are_written_once(
    workshop: Workshop, recorder: Server, sync: Driver
) -> None:
    """Some documents write `/search?q={q}&fixed=1` and declare `q` as a parameter of the query."""
    text = {"schema": {"type": "string"}}
    declared: list[dict[str, Any]] = [
        {"name": "kind", "in": "path", "required": True, **text},
        {"name": "q", "in": "query", "required": True, **text},
        {"name": "page", "in": "query", **text},
    ]
    path = "/search/{kind}?q={q}&fixed=1&page={page}"
    package = workshop(document({"paths": {path: {"get": _operation("search", *declared)}}}))
    assert not package.made.diagnostics
    (function,) = package.made.package.apis[0].functions
    assert [a.name for a in function.arguments] == ["kind", "q", "page"]
    sync.send(package, recorder.url, package.api().search("films", "a b"))
    assert recorder.last.target == "/search/films?fixed=1&q=a%20b"


@pytest.mark.parametrize("reserved", [False, True])
def test_a_list_inside_an_exploded_object_repeats_its_name(
    workshop: Workshop, recorder: Server, sync: Driver, reserved: bool
) -> None:
    """OpenAPI leaves it open; servers that bind a query to an object (`?page=1&sort=a&sort=b`) read it so."""
    sort = {"type": "array", "items": {"type": "string"}}
    page = {"type": "object", "properties": {"page": {"type": "integer"}, "sort": sort}}
    parameter = {"name": "pageable", "in": "query", "schema": page, "allowReserved": reserved}
    package = workshop(document({"paths": {"/a": {"get": _operation("f", parameter)}}}))
    call = package.api().f(pageable={"page": 1, "sort": ["a,desc", "b"]})
    sync.send(package, recorder.url, call)
    comma = "," if reserved else "%2C"
    assert recorder.last.target == f"/a?page=1&sort=a{comma}desc&sort=b"


# Null, and JSON in headers

NULLS = """
paths:
  /nulls/{path}:
    get:
      operationId: nulls
      parameters:
        - {name: path, in: path, required: true, schema: {$ref: "#/components/schemas/List"}}
        - {name: plain, in: query, schema: {$ref: "#/components/schemas/List"}}
        - {name: csv, in: query, explode: false, schema: {$ref: "#/components/schemas/List"}}
        - {name: ssv, in: query, style: spaceDelimited, explode: false, schema: {$ref: "#/components/schemas/List"}}
        - {name: pipes, in: query, style: pipeDelimited, explode: false, schema: {$ref: "#/components/schemas/List"}}
        - {name: X-List, in: header, schema: {$ref: "#/components/schemas/List"}}
        - {name: taste, in: cookie, explode: false, schema: {$ref: "#/components/schemas/List"}}
      responses: {"200": {description: done}}
components:
  schemas:
    List: {type: array, items: {type: [string, "null"]}}
"""


def test_null_items_keep_their_place_in_every_style(workshop: Workshop, get: Any) -> None:
    package = workshop(document(NULLS))
    items = ["a", None, "b"]
    names = ("plain", "csv", "ssv", "pipes", "x_list", "taste")
    request = get(package, package.api().nulls(items, **dict.fromkeys(names, items)))
    assert request.target == (
        "/nulls/a,,b?plain=a&plain=&plain=b&csv=a,,b&ssv=a%20%20b&pipes=a%7C%7Cb"
    )
    assert request.header("X-List") == "a,,b"
    assert request.header("Cookie") == "taste=a,,b"


@pytest.mark.parametrize("value", [{"k": "ü€"}, {"k": ["日本", 1.5, None]}], ids=str)
def test_json_in_a_header_is_ascii(content: Package, get: Any, value: Any) -> None:
    request = get(content, content.api().content({"a": 1}, x_meta=value))
    header = request.header("X-Meta")
    assert header is not None
    assert header.isascii()
    assert json.loads(header) == value


@pytest.mark.parametrize("value", ["Zoë", "日本"])
def test_a_header_that_cannot_be_sent_is_an_error(styles: Package, value: str) -> None:
    with pytest.raises(ValueError, match="header color contains text outside ASCII"):
        styles.api().header_simple_plain_string(value)


# A query in the path, and a parameter of the same name


@pytest.mark.parametrize(
    ("required", "given", "query"),
    [
        (True, {"comp": "list"}, "restype=container&comp=list"),
        (False, {"comp": "acl"}, "restype=container&comp=acl"),
        (False, {}, "comp=list&restype=container"),
    ],
    ids=str,
)
def test_a_pair_in_the_path_is_sent_once(
    workshop: Workshop, get: Any, required: bool, given: dict[str, str], query: str
) -> None:
    parameter = {"name": "comp", "in": "query", "required": required, "schema": {"type": "string"}}
    operation = _operation("blobs", parameter)
    package = workshop(document({"paths": {"/c?comp=list&restype=container": {"get": operation}}}))
    assert get(package, package.api().blobs(**given)).target == f"/c?{query}"


# Methods (3.2)


@pytest.mark.parametrize("method", ["COPY", "Lock", "m-search"])
def test_additional_operations_keep_the_case_of_their_method(
    workshop: Workshop, recorder: Server, driver: Driver, method: str
) -> None:
    paths = {"/x": {"additionalOperations": {method: _operation("go")}}}
    package = workshop(document({"openapi": "3.2.0", "paths": paths}))
    driver.send(package, recorder.url, package.api().go())
    assert recorder.last.line == f"{method} /x"


# Null bodies


@pytest.mark.parametrize(
    ("schema", "required", "arguments", "body"),
    [
        ({"type": ["number", "null"]}, False, {}, b""),
        ({"type": ["number", "null"]}, False, {"body": None}, b"null"),
        ({"type": ["number", "null"]}, True, {"body": None}, b"null"),
        ({"type": "number"}, False, {"body": None}, b""),
        ({"type": "null"}, False, {"body": None}, b"null"),
        ({}, False, {}, b""),
        ({}, False, {"body": None}, b"null"),
        ({}, True, {"body": None}, b"null"),
        ({"$ref": "#/components/schemas/Maybe"}, False, {"body": None}, b"null"),
        ({"oneOf": [{"type": "null"}, {"type": "string"}]}, False, {"body": None}, b"null"),
        ({"enum": ["a", None]}, False, {"body": None}, b"null"),
    ],
    ids=str,
)
def test_an_explicit_null_is_a_body(
    workshop: Workshop,
    recorder: Server,
    driver: Driver,
    schema: dict[str, Any],
    required: bool,
    arguments: dict[str, Any],
    body: bytes,
) -> None:
    operation = _operation("put")
    content = {"application/json": {"schema": schema}}
    operation["requestBody"] = {"required": required, "content": content}
    maybe = {"type": ["object", "null"], "properties": {"a": {"type": "string"}}}
    part = {"paths": {"/x": {"put": operation}}, "components": {"schemas": {"Maybe": maybe}}}
    package = workshop(document(part))
    driver.send(package, recorder.url, package.api().put(**arguments))
    assert recorder.last.body == body
    expected = "application/json" if body else None
    assert recorder.last.header("Content-Type") == expected


def test_null_in_a_body_of_several_media_types(
    workshop: Workshop, recorder: Server, driver: Driver
) -> None:
    operation = _operation("put")
    form = {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    content = {
        "application/json": {"schema": {"type": ["object", "null"]}},
        "application/x-www-form-urlencoded": form,
        "text/plain": {"schema": {"type": "string"}},
    }
    operation["requestBody"] = {"content": content}
    package = workshop(document({"paths": {"/x": {"put": operation}}}))
    for media_type in content:
        driver.send(package, recorder.url, package.api().put(media_type=media_type))
    driver.send(package, recorder.url, package.api().put(body=None))
    assert [r.body for r in recorder.requests] == [b"", b"", b"", b"null"]


# Names of arguments


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        (["query $filter", "query filter"], ["dollar_filter", "filter_"]),
        (["query userName", "query user_name"], ["user_name", "user_name_d403"]),
        (["header id", "query id", "path id"], ["id_", "id_header", "id_query"]),
        (["cookie q", "header q"], ["q", "q_cookie"]),
    ],
    ids=str,
)
def test_names_of_arguments_do_not_depend_on_their_order(
    workshop: Workshop, parameters: list[str], names: list[str]
) -> None:
    for order in (parameters, parameters[::-1]):
        declared = []
        for text in order:
            location, _, name = text.partition(" ")
            more = {"required": True} if location == "path" else {}
            declared.append({"name": name, "in": location, "schema": {"type": "string"}, **more})
        path = "/x/{id}" if "path id" in order else "/x"
        package = workshop(document({"paths": {path: {"get": _operation("go", *declared)}}}))
        assert sorted(inspect.signature(package.api().go).parameters) == names
