"""The output as a whole: formatted, typed, light to import, and at home anywhere."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import black
import httpx
import httpx2
import pytest
from black.mode import TargetVersion
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy import api as mypy
from tests.support import Package, Server, Workshop, document, save, schemas

from orcagen.config import Config
from orcagen.pipeline import make_plan
from orcagen.render import render
from orcagen.render.fold import format_modules

ROOT = Path(__file__).parents[2]
BROAD = Path(__file__).parent / "documents" / "broad.yaml"


@pytest.fixture(scope="module")
def broad(workshop: Workshop) -> Package:
    return workshop("broad", file=BROAD)


def test_a_broad_document_has_no_findings(broad: Package) -> None:
    assert [str(d) for d in broad.made.diagnostics] == []


def test_the_output_is_formatted(broad: Package) -> None:
    mode = black.Mode(target_versions={TargetVersion.PY311})
    for path, text in broad.made.files.items():
        if path.endswith(".py"):
            assert black.format_str(text, mode=mode) == text, path


# Types


USE = '''
"""What a caller writes: each line that mypy must refuse says so."""

from typing import Any, assert_type
from uuid import UUID
import datetime as dt

from NAME import AsyncClient, Client, Unset
from NAME.api import default, odd_tag, things
from NAME.errors import APIError, HTTPStatusError, NotFoundError
from NAME.models import AnyThing, Color, CreateThingBodyFormData, Event, NewThing, Person, Special, Thing, ThingPage, Tree


def calls(client: Client) -> None:
    page = client.send(things.list_things(page=1, order="up", colors=["red", "mauve"], id_=None))
    assert_type(page, ThingPage)
    assert_type(page.items, list[AnyThing])
    made = client.send(things.create_thing(body=NewThing(name="a", color="red")))
    assert_type(made, Thing | None)
    client.send(things.create_thing(body={"name": "a"}))
    client.send(things.create_thing(body="<new/>", media_type="application/xml"))
    form = CreateThingBodyFormData(meta=NewThing(name="a"), file=("a.png", b"", "image/png"), extra=[b"", "text"])
    client.send(things.create_thing(body=form, media_type="multipart/form-data"))
    client.send(default.upload(body=[b"a", b"b"]))
    assert_type(client.send(things.get_thing("1")), Thing | Special | str | bytes)
    assert_type(client.send(things.delete_thing("1")), None)
    assert_type(client.send(odd_tag.import_(1, class_query=2, body=[1])), list[Tree])
    assert_type(client.send(default.text()), str)
    assert_type(client.send_raw(things.list_things()).parsed, ThingPage)
    with client.stream(default.events()) as events:
        for event in events:
            assert_type(event, Event)
    with client.stream(things.get_part("1", ["a"], "red")) as pieces:
        for piece in pieces:
            assert_type(piece, bytes)
    with client.with_options(timeout=3) as other:
        assert_type(other, Client)


async def waiting(client: AsyncClient) -> None:
    assert_type(await client.send(things.list_things()), ThingPage)
    async with client.stream(default.lines()) as lines:
        async for line in lines:
            assert_type(line, Thing)


def values(thing: Thing, person: Person, color: Color) -> None:
    assert_type(thing.id, UUID)
    assert_type(thing.made, dt.datetime)
    assert_type(thing.day, dt.date | Unset)
    assert_type(thing.place, tuple[float, float] | Unset)
    assert_type(thing.note, str | None | Unset)
    if thing.owner and not isinstance(thing.owner, Unset):
        assert_type(thing.owner.name, str)
    if thing.note:
        assert_type(thing.note, str)
    assert_type(person.to_dict(), dict[str, Any])
    assert_type(Thing.from_dict({}), Thing)


def errors(error: HTTPStatusError) -> None:
    assert_type(error.status_code, int)
    assert_type(error.retry_after, float | None)
    found: APIError = NotFoundError("x")
    del found


def refused(client: Client) -> None:
    things.get_thing()  # type: ignore[call-overload]
    things.get_thing(1)  # type: ignore[call-overload]
    things.list_things(1)  # type: ignore[call-arg]
    things.list_things(page="1")  # type: ignore[arg-type]
    things.list_things(nothing=1)  # type: ignore[call-arg]
    things.create_thing()  # type: ignore[call-arg]
    things.create_thing(body="x", media_type="text/html")  # type: ignore[arg-type]
    CreateThingBodyFormData(meta=NewThing(name="a"), file=1)  # type: ignore[arg-type]
    default.upload(body=1)  # type: ignore[arg-type]
    NewThing()  # type: ignore[call-arg]
    NewThing(name=1)  # type: ignore[arg-type]
    NewThing("a")  # type: ignore[call-arg, arg-type]
    Client(nothing=1)  # type: ignore[call-arg]
    client.send("x")  # type: ignore[arg-type]
'''


def test_mypy_finds_nothing_in_the_output_and_what_it_should_in_its_use(
    broad: Package, tmp_path: Path
) -> None:
    """Strict, and with unused ignores as errors: each line that should be refused is."""
    shutil.copytree(broad.folder, tmp_path / "zoo", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "use.py").write_text(USE.replace("NAME", "zoo"))
    settings = tmp_path / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = True\nmypy_path = {tmp_path}\npython_version = 3.11\n")
    out, errors, status = mypy.run(
        [
            f"--config-file={settings}",
            f"--cache-dir={ROOT / '.mypy_cache' / 'output'}",
            "--no-error-summary",
            "--hide-error-context",
            "-p",
            "zoo",
            "-m",
            "use",
        ]
    )
    assert (out, errors, status) == ("", "", 0)


def test_type_checkers_find_nothing_in_credentials_streams_forms_and_xml(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Whatever support code these need is strictly typed, for both checkers."""
    file = BROAD.with_name("credentials_streams_forms_xml.yaml")
    package = workshop(file.read_text(), file=file)
    support = {path.stem for path in (package.folder / "_runtime").iterdir()}
    assert support >= {"auth", "forms", "lines", "servers", "streams", "styles", "unions", "xml"}
    shutil.copytree(package.folder, tmp_path / "made", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = True\npython_version = 3.11\n")
    cache = f"--cache-dir={ROOT / '.mypy_cache' / 'output'}"
    settings = f"--config-file={tmp_path / 'mypy.ini'}"
    out, _, status = mypy.run([settings, cache, str(tmp_path / "made")])
    assert status == 0, out
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    pyright = Path(sys.executable).with_name("basedpyright")
    command = [str(pyright), "--project", str(tmp_path), "--pythonpath", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert "0 errors" in done.stdout, done.stdout


def test_the_package_says_that_it_is_typed(broad: Package) -> None:
    assert broad.made.files["py.typed"] == ""


# What the files hold


def test_modules_import_nothing_but_the_standard_library_and_attrs(broad: Package) -> None:
    """The HTTP library is imported in one place, where another one can stand in for it; so is msgspec, which may be missing."""
    for path, text in broad.made.files.items():
        if not path.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            tops = {n.partition(".")[0] for n in names}
            own = {"_runtime/http.py": {"httpx", "httpx2"}, "_runtime/encoder.py": {"msgspec"}}
            assert tops <= {*sys.stdlib_module_names, "attrs", *own.get(path, ())}, (path, tops)


def test_every_module_has_a_docstring(broad: Package) -> None:
    for path, text in broad.made.files.items():
        if path.endswith(".py"):
            assert ast.get_docstring(ast.parse(text)), path


def test_no_name_is_imported_in_vain(broad: Package) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    flags = ["--isolated", "--no-cache", "--select=F,E9", "--target-version=py311"]
    done = subprocess.run(
        [ruff, "check", *flags, broad.folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def attribute_docstrings(package: Package, path: str, name: str) -> dict[str, str]:
    """The docstrings under the attributes of a class."""
    module = ast.parse(package.made.files[path])
    [cls] = [n for n in module.body if isinstance(n, ast.ClassDef) and n.name == name]
    pairs = itertools.pairwise(cls.body)
    return {
        ast.unparse(a.target): inspect.cleandoc(ast.literal_eval(b.value))
        for a, b in pairs
        if isinstance(a, ast.AnnAssign) and isinstance(b, ast.Expr)
    }


def test_the_description_of_the_document_is_there(broad: Package) -> None:
    assert "Counted from 1." in (broad.api("things").list_things.__doc__ or "")
    assert "List things" in (broad.api("things").list_things.__doc__ or "")
    assert "Deprecated." in (broad.api("things").get_thing.__doc__ or "")
    assert "Of the rainbow." in broad.made.files["models/color.py"]
    documented = attribute_docstrings(broad, "models/new_thing.py", "NewThing")
    assert documented["name"].startswith("What it is called.")
    assert "minLength=1" in documented["name"]


def test_what_only_repeats_a_name_is_no_docstring(workshop: Workshop) -> None:
    descriptions = {"petId": "The pet id.", "name": "name", "owner": "The owner, if any", "x": ""}
    properties = {n: {"type": "string", "description": d} for n, d in descriptions.items()}
    package = workshop(schemas({"A": {"type": "object", "properties": properties}}))
    assert attribute_docstrings(package, "models/a.py", "A") == {"owner": "The owner, if any."}


def test_limits_are_said_where_the_description_only_repeats_the_name(workshop: Workshop) -> None:
    name = {"type": "string", "description": "Name", "maxLength": 3, "pattern": "a+"}
    package = workshop(schemas({"A": {"type": "object", "properties": {"name": name}}}))
    documented = attribute_docstrings(package, "models/a.py", "A")
    assert documented == {"name": "(maxLength=3, pattern=a+)"}


def test_a_module_names_the_schema_it_was_made_from(broad: Package) -> None:
    module = importlib.import_module(f"{broad.name}.models.new_thing")
    assert "`#/components/schemas/NewThing`" in (module.__doc__ or "")


def test_functions_say_what_their_responses_mean(workshop: Workshop) -> None:
    package = workshop(
        document(
            """
            paths:
              /pets/{id}:
                get:
                  operationId: get_pet
                  responses:
                    200: {description: The pet as it was last saved.}
                    404: {description: Not Found}
                    409: {description: Somebody else edits it.}
                    418: {description: Short and stout.}
                    5XX: {description: The database is down.}
                delete:
                  operationId: delete_pet
                  responses: {204: {description: No Content}, 403: {description: Forbidden}}
            """
        )
    )
    doc = inspect.getdoc(package.api().get_pet) or ""
    assert doc.endswith(
        "Returns:\n    The pet as it was last saved.\n\n"
        "Raises:\n    ConflictError: 409: Somebody else edits it.\n"
        "    HTTPStatusError: 418: Short and stout.\n"
        "    ServerError: 5XX: The database is down."
    )
    doc = inspect.getdoc(package.api().delete_pet) or ""
    assert "Returns" not in doc
    assert "Raises" not in doc


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 418, 422, 429, 500, 502, 599])
def test_the_exception_that_a_docstring_names_is_the_one_that_is_raised(
    workshop: Workshop, recorder: Server, http: httpx.Client, status: int
) -> None:
    responses = {str(status): {"description": "A long story."}}
    package = workshop(
        document({"paths": {"/a": {"get": {"operationId": "f", "responses": responses}}}})
    )
    recorder.answer(status=status)
    with (
        package.client(recorder.url, http_client=http) as client,
        pytest.raises(package.errors.APIError) as caught,
    ):
        client.send(package.api().f())
    assert f"{type(caught.value).__name__}: {status}: A long story." in (
        package.api().f.__doc__ or ""
    )


def test_html_in_descriptions_becomes_plain_text(workshop: Workshop) -> None:
    description = (
        '<p>Lists <b>all</b> <code>users</code>&nbsp;&amp; more.</p><ul class="x"><li>one</li>\n<li>two</li></ul>'
        "See <a href='https://x.example/z?a=b'>the docs</a>.<br/>Not `<b>code</b> &lt;`, <file_id> or 1 < 2 > 0."
        "<!-- nor this -->"
    )
    package = workshop(
        schemas({"A": {"type": "object", "description": description, "properties": {"a": {}}}})
    )
    about = package.models.A.__doc__ or ""
    assert [line.strip() for line in about.splitlines() if line.strip()] == [
        "Lists all `users` & more.",
        "- one",
        "- two",
        "See the docs (https://x.example/z?a=b).",
        "Not `<b>code</b> &lt;`, <file_id> or 1 < 2 > 0.",
    ]


def test_only_whole_entities_are_read(workshop: Workshop) -> None:
    description = "See https://x.example/?a=1&region=us&copy=2&notify=1 &copy; &#65; &unknown;"
    package = workshop(schemas({"A": {"type": "string", "description": description}}))
    assert (
        "See https://x.example/?a=1&region=us&copy=2&notify=1 \xa9 A &unknown;"
        in package.made.files["models/a.py"]
    )


def test_a_default_that_the_description_says_is_not_said_again(workshop: Workshop) -> None:
    def one(description: str) -> dict[str, Any]:
        return {"type": "boolean", "default": False, "description": description}

    properties = {"a": one("On or off. Default: false"), "b": one("The default project (rarely)")}
    package = workshop(schemas({"A": {"type": "object", "properties": properties}}))
    text = package.made.files["models/a.py"]
    assert '"""On or off. Default: false."""\n' in text
    assert '"""The default project (rarely). Default: False."""\n' in text


def test_a_document_without_models_is_formatted(workshop: Workshop) -> None:
    files = workshop(document({"paths": {}})).made.files
    for path, text in files.items():
        if text:
            mode = black.Mode(target_versions={TargetVersion.PY311}, is_pyi=path.endswith(".pyi"))
            assert black.format_str(text, mode=mode) == text, path


def test_what_the_values_of_an_enum_mean_is_said(workshop: Workshop) -> None:
    level = {"type": "integer", "enum": [0, 1], "x-enum-varnames": ["Low", "High"]}
    size = {"enum": ["s"], "description": "How big", "x-enum-descriptions": ["Small"]}
    same = {"enum": ["s"], "x-enum-varnames": ["s"]}
    properties = {"level": level, "size": size, "same": same}
    package = workshop(schemas({"A": {"type": "object", "properties": properties}, "Level": level}))
    assert '"""Values: 0 = Low, 1 = High."""\n' in package.made.files["models/a.py"]
    documented = attribute_docstrings(package, "models/a.py", "A")
    assert documented == {
        "level": "Values: 0 = Low, 1 = High.",
        "size": "How big. Values: s = Small.",
    }
    assert '"""Values: 0 = Low, 1 = High."""' in package.made.files["models/level.py"]


def _assert_formatted(content: Path) -> dict[str, str]:
    """Folding and black alone give the same bytes, and whatever fold leaves is for black to decide. Returns the files."""
    files = render(make_plan(str(content), "p", Config(typed_dicts=True)).package)
    files = {p: t for p, t in files.items() if not p.startswith("_runtime/")}
    formatted = format_modules(files)
    assert formatted == format_modules(files, fold=False)
    return formatted


@pytest.mark.parametrize("name", ["broad", "swagger", "tangled"])
def test_folding_changes_no_byte(name: str) -> None:
    _assert_formatted(BROAD.with_name(f"{name}.yaml"))


@pytest.mark.parametrize("width", range(20, 84))
def test_names_of_any_length_are_folded_as_black_does(tmp_path: Path, width: int) -> None:
    properties: dict[str, Any] = {}
    for schema in (
        {"type": "string"},
        {"$ref": "#/components/schemas/OtherThing"},
        {"type": "array", "items": {}},
    ):
        name = "aB" + "c" * (width - len(properties)) + str(len(properties))
        properties[name] = schema
    other = {"type": "object", "properties": {"x": {}}}
    _assert_formatted(
        save(
            tmp_path,
            schemas({"A": {"type": "object", "properties": properties}, "OtherThing": other}),
        )
    )


NAMES = st.text("abcdefghijkABC _-'\"\\é", min_size=1, max_size=50)
SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer", "default": 3},
            {"type": "string", "format": "date-time"},
            {"$ref": "#/components/schemas/A"},
            {"$ref": "#/components/schemas/Something longer"},
            {"type": "null"},
            {},
        ]
    )
    | st.lists(NAMES, min_size=1, max_size=6, unique=True).map(lambda words: {"enum": words}),
    lambda inner: (
        inner.map(lambda s: {"type": "array", "items": s})
        | inner.map(lambda s: {"type": "object", "additionalProperties": s})
        | st.lists(inner, min_size=2, max_size=4).map(lambda s: {"oneOf": s})
        | st.lists(inner, min_size=1, max_size=3).map(
            lambda s: {"type": "array", "prefixItems": s, "minItems": len(s)}
        )
        | st.dictionaries(NAMES, inner, min_size=1, max_size=4).map(
            lambda p: {"type": "object", "properties": p, "required": [*p][:1]}
        )
    ),
    max_leaves=6,
)
LOCATIONS = st.sampled_from(["query", "header", "cookie"])


@st.composite
def _documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document with names, types, parameters and media types of any length."""
    parameters = [
        {"name": name, "in": draw(LOCATIONS), "required": draw(st.booleans()), "schema": schema}
        for name, schema in draw(st.dictionaries(NAMES, SCHEMAS, max_size=5)).items()
    ]
    media_types = st.sampled_from(
        [
            "application/json",
            "application/merge-patch+json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/plain",
            "application/octet-stream",
            "text/event-stream",
        ]
    )
    content = st.dictionaries(media_types, SCHEMAS.map(lambda s: {"schema": s}), max_size=4)
    statuses = st.sampled_from(["200", "201", "404", "4XX", "default"])
    operation = {
        "operationId": draw(NAMES),
        "tags": [draw(NAMES)],
        "description": draw(NAMES),
        "parameters": parameters,
        "requestBody": {"required": draw(st.booleans()), "content": draw(content)},
        "responses": {
            status: {"description": "", "content": c}
            for status, c in draw(st.dictionaries(statuses, content, max_size=4)).items()
        },
    }
    defined = {
        "A": {"type": "object", "properties": {"a": {}}},
        "Something longer": {"properties": {"x": draw(SCHEMAS)}},
    }
    defined |= draw(st.dictionaries(NAMES.filter(lambda n: n not in defined), SCHEMAS, max_size=3))
    return document({"paths": {"/a": {"post": operation}}, "components": {"schemas": defined}})


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(content=_documents())
def test_any_document_is_folded_as_black_does(
    content: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for path, text in _assert_formatted(save(tmp_path_factory.getbasetemp(), content)).items():
        if path.endswith(".py"):
            compile(text, path, "exec", dont_inherit=True)


def test_types_of_any_length_are_laid_out(workshop: Workshop) -> None:
    thing = {"type": "object", "properties": {"r": {"type": "integer"}}}
    pair = {"type": "array", "prefixItems": [{"enum": ["a", "b", None]}, thing], "minItems": 2}
    long: dict[str, Any] = {"enum": [f"a word of some length, number {i}" for i in range(9)]}
    a = {"$ref": "#/components/schemas/A"}
    properties = {
        "rest": {"type": "array", "prefixItems": [{"type": "array", "items": a}], "items": pair, "minItems": 1},
        "nested": {"type": "array", "items": {"type": "object", "additionalProperties": {"oneOf": [a, pair, long]}}},
        "tuple": {"type": "array", "prefixItems": [long, pair, a, long], "items": False, "minItems": 4},
        "x" * 120: {"oneOf": [a, {"type": "array", "items": long}, {"type": "null"}]},
    }  # fmt: skip
    package = workshop(schemas({"A": {"type": "object", "properties": properties}}))
    mode = black.Mode(target_versions={TargetVersion.PY311})
    text = package.made.files["models/a.py"]
    assert black.format_str(text, mode=mode) == text
    value = {"rest": [[{}], ["a", {"r": 1}]], "nested": [{"x": ["b", {"r": 1}]}]}
    assert package.models.A.from_dict(value).to_dict() == value


# Size

SMALL = """
paths:
  /tasks: {post: {operationId: create, requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}, responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}}}}
  /tasks/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: get, responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}}}
    delete: {operationId: delete, responses: {"204": {description: d}}}
components:
  schemas:
    Task: {type: object, required: [id], properties: {id: {type: string}, status: {enum: [queued, done]}}}
"""


def test_a_small_document_gives_a_small_package(workshop: Workshop) -> None:
    """Support code included, and only the parts of it that are used."""
    files = workshop(document(SMALL)).made.files
    assert not {"_runtime/streams.py", "_runtime/forms.py", "_runtime/auth.py"} & files.keys()
    # 90 kB before methods, retries, network options, problems and hooks.
    assert sum(len(t.encode()) for p, t in files.items() if p.endswith(".py")) <= 130_000


# Importing


def _python(code: str, folder: Path, *arguments: str) -> Any:
    """Runs code that prints JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


LOADED = """
import json, sys
before = set(sys.modules)
import {name}
from {name}.models import Color, Person
Person.from_dict({{"name": "a"}}).to_dict()
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_importing_models_loads_neither_http_nor_other_models(broad: Package) -> None:
    loaded = set(_python(LOADED.format(name=broad.name), broad.folder.parent))
    heavy = {
        "httpx",
        "httpcore",
        "h11",
        "ssl",
        "asyncio",
        "socket",
        "email",
        "http.client",
        "urllib.request",
        "uuid",
        "decimal",
    }
    assert not loaded & heavy
    own = {m.removeprefix(broad.name) for m in loaded if m.startswith(broad.name)}
    modules = "annotations encoder model model_reader readers"
    assert own == {
        *["", ".models", ".models.color", ".models.person", "._runtime"],
        *(f"._runtime.{name}" for name in modules.split()),
    }
    assert len(loaded) < 150


def test_building_a_call_needs_no_http_library(broad: Package) -> None:
    code = (
        "import json, sys\nfrom {name}.api import things\nthings.list_things(page=2)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(_python(code.format(name=broad.name), broad.folder.parent))
    assert not loaded & {"httpx", "httpx2", "httpcore", "ssl"}
    assert f"{broad.name}.models.thing" not in loaded


# Elsewhere


VENDORED = """
import json, pickle, sys
from yourapp._vendor.anything import Client, UNSET
from yourapp._vendor.anything.api import default, things
from yourapp._vendor.anything.errors import NotFoundError
from yourapp._vendor.anything.models import Thing
out = []
with Client(sys.argv[1], token="t") as client:
    page = client.send(things.list_things(page=1))
    out.append([type(page.items[0]).__module__, page.items[0].owner.name, page.next_ is UNSET])
    try:
        client.send(things.get_thing("1"))
    except NotFoundError as error:
        out.append([type(pickle.loads(pickle.dumps(error))).__module__])
    with client.stream(default.events()) as events:
        out.append([e.data for e in events])
print(json.dumps(out))
"""


def test_the_package_works_under_another_name(
    broad: Package, recorder: Server, tmp_path: Path
) -> None:
    """Copied into another code base, as a part of another package."""
    target = tmp_path / "yourapp" / "_vendor" / "anything"
    shutil.copytree(broad.folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    code = VENDORED
    thing = {
        "id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "kind": "new",
        "owner": {"type": "firm", "name": "f"},
    }
    recorder.answer(json.dumps({"items": [thing]}))
    recorder.answer("{}", status=404)
    recorder.chunks([b"data: 1\n\nda", b"ta: 2\n\n"], media_type="text/event-stream")
    if not hasattr(broad.models.ThingPage(items=[]), "next_"):
        code = code.replace("next_", "next")
    assert _python(code, tmp_path, recorder.url) == [
        ["yourapp._vendor.anything.models.thing", "f", True],
        ["yourapp._vendor.anything._runtime.errors"],
        ["1", "2"],
    ]


LIBRARY = """
import json, sys
for name in sys.argv[2:]:
    sys.modules[name] = None  # as if it were not installed
from {name} import Client
from {name}.api import things
from {name}.errors import NotFoundError
with Client(sys.argv[1], token="t") as client:
    page = client.send(things.list_things(page=1))
    try:
        client.send(things.get_thing("1"))
    except NotFoundError as error:
        status = error.status_code
print(json.dumps([len(page.items), status, sorted(m for m in ("httpx", "httpx2") if sys.modules.get(m))]))
"""


@pytest.mark.parametrize(("missing", "used"), [("httpx2", "httpx"), ("httpx", "httpx2")])
def test_either_http_library_will_do(
    broad: Package, recorder: Server, missing: str, used: str
) -> None:
    recorder.answer('{"items": [{}]}')
    recorder.answer("{}", status=404)
    code = LIBRARY.format(name=broad.name)
    assert _python(code, broad.folder.parent, recorder.url, missing) == [1, 404, [used]]
    assert [r.line for r in recorder.requests] == ["GET /things?page=1", "GET /things/1"]
    assert recorder.last.header("Authorization") == "Bearer t"


@pytest.mark.parametrize("fault", ["status", "hang up", "silence", "refused"])
def test_errors_are_ours_whatever_the_library(broad: Package, recorder: Server, fault: str) -> None:
    errors, url = broad.errors, recorder.url
    if fault == "status":
        recorder.answer("{}", status=503)
    elif fault == "hang up":
        recorder.raw(hang_up=True)
    elif fault == "silence":
        recorder.silence()
    taken = socket.socket()  # bound and not listening: nobody answers there
    taken.bind(("127.0.0.1", 0))
    if fault == "refused":
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    expected = {
        "status": errors.ServerError,
        "hang up": errors.TransportError,
        "silence": errors.TimeoutError,
        "refused": errors.ConnectError,
    }[fault]
    with taken, httpx2.Client(verify=False) as http:
        timeout = 0.5 if fault == "silence" else 30
        client = broad.client(url, http_client=http, token="t", timeout=timeout)
        with pytest.raises(errors.APIError) as caught:
            client.send(broad.api("things").list_things())
    assert type(caught.value) is expected


def test_the_package_runs_without_asserts_and_docstrings(broad: Package) -> None:
    code = (
        "import json\nfrom {name}.api import things\nfrom {name}.models import NewThing\nfrom {name} import Client\n"
        "call = things.create_thing(body=NewThing(name='a'))\n"
        "Client('http://localhost')\nprint(json.dumps(json.loads(call.body.content)))"
    )
    done = subprocess.run(
        [sys.executable, "-OO", "-W", "error", "-c", code.format(name=broad.name)],
        cwd=broad.folder.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"name": "a", "kind": "new"}
