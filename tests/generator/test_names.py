"""Names: one rule, harmless results, and what is there keeps its name whatever comes beside it."""

from __future__ import annotations

import builtins
import inspect
import keyword
import random
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import Package, Workshop, document, save, schemas

from orcagen.config import Config
from orcagen.diagnostics import InputError
from orcagen.pipeline import generate, make_plan
from orcagen.plan import Package as Plan

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


# The rule


@pytest.mark.parametrize(
    ("name", "class_", "attribute"),
    [
        ("Pet", "Pet", "pet"),
        ("petName", "PetName", "pet_name"),
        ("PetName", "PetName", "pet_name"),
        ("pet_name", "PetName", "pet_name"),
        ("pet-name", "PetName", "pet_name"),
        ("pet.name/v1", "PetNameV1", "pet_name_v1"),
        ("HTTPServer", "HTTPServer", "http_server"),
        ("parseURL2", "ParseURL2", "parse_url2"),
        ("a b", "AB", "a_b"),
        ("X-Rate-Limit", "XRateLimit", "x_rate_limit"),
        ("2fa", "_2fa", "_2fa"),
        ("größe", "Größe", "größe"),
        ("日本", "日本", "日本"),
        ("ﬁle", "File", "file"),  # NFKC, as Python itself reads identifiers
        ("_private", "Private", "private"),
        ("__class__", "Class", "class_"),
        ("a__b", "AB", "a_b"),
        ("class", "Class", "class_"),
        ("none", "None_", "none"),
        ("self", "Self", "self_"),
        ("Exception", "Exception_", "exception"),
        ("Any", "Any_", "any"),
        ("$", "Schema", "value"),
        ("", "Schema", "value"),
    ],
    ids=str,
)
def test_how_names_are_made(workshop: Workshop, name: str, class_: str, attribute: str) -> None:
    """Words are runs of letters and digits and camel humps; classes are PascalCase, all else snake_case."""
    package = workshop(schemas({name: {"type": "object", "properties": {name: {}}}}))
    assert list(package.made.package.schemas.values()) == [f"{package.name}.models.{class_}"]
    (model,) = package.made.package.models[0].classes
    assert [(f.name, f.json_name) for f in model.fields] == [(attribute, name)]
    assert getattr(package.models, class_).from_dict({name: 1}).to_dict() == {name: 1}


def test_a_collision_leaves_the_name_to_the_one_that_owns_it(workshop: Workshop) -> None:
    names = ["Pet", "pet", "PET", "p.e.t", "Other"]
    package = workshop(schemas({n: {"type": "object"} for n in names}))
    found = {p.rpartition("/")[2]: s for p, s in package.made.package.schemas.items()}
    assert found["Pet"].endswith(".Pet")
    assert found["Other"].endswith(".Other")
    assert len(set(found.values())) == len(names)
    modules = [m.name for m in package.made.package.models]
    assert len({m.lower() for m in modules}) == len(names), "modules are files"


def test_attributes_that_collide(workshop: Workshop) -> None:
    wires = ["a-b", "a_b", "aB", "A B", "a.b", "class", "class_", "_class"]
    package = workshop(schemas({"T": {"type": "object", "properties": {w: {} for w in wires}}}))
    names = [f.name for f in attrs.fields(package.models.T)]
    assert "a_b" in names
    value = {wire: number for number, wire in enumerate(wires)}
    assert package.models.T.from_dict(value).to_dict() == value


# Harmless names

HARMFUL = sorted(
    {
        *keyword.kwlist, *keyword.softkwlist, *(n for n in dir(builtins) if not n.startswith("_")),
        *"self cls body media_type content json_body raw_body form_body multipart_body json_text Styled Call StreamCall".split(),
        *"path_params query_params header_params cookie_params responses item_type security server path method url timeout client of dt attrs define".split(),
        *"field UNSET Unset READ_ONLY ApiModel Codec Discriminator Annotated NotRequired TypedDict Literal Union Any TypeAlias TYPE_CHECKING annotations models api".split(),
        *"from_dict to_dict additional_properties Mapping Decimal UUID __init__ __class__ __dict__ mro".split(),
        *"errors _runtime dicts tables py typed Client AsyncClient Options SERVERS SCHEMES http_client base_url".split(),
        *"cache load Upload out data get names read write new n v".split(),
    }
)  # fmt: skip


def _harmful() -> dict[str, Any]:
    """Every harmful word as schema, property, parameter in each place, operation, tag, discriminator and scheme."""
    paths = {}
    for number, word in enumerate(HARMFUL):
        parameters = [
            {"name": word, "in": where, "required": where == "path", "schema": {"type": "string"}}
            for where in ("path", "query", "header", "cookie")
        ]
        body = {"$ref": f"#/components/schemas/{word}"}
        paths[f"/p{number}/{{{word}}}"] = {
            "post": {
                "operationId": word,
                "tags": [word],
                "parameters": parameters,
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": body}},
                },
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": body}}}
                },
            }
        }
    properties = {w: {"type": "string", "format": "date"} for w in HARMFUL}
    same = {"type": "object", "properties": properties}
    defined: dict[str, Any] = {
        w: same if w in ("list", "Call") else {"type": "object", "properties": {w: {"$ref": f"#/components/schemas/{w}"}}}
        for w in HARMFUL
    }  # fmt: skip
    schemes = {
        w: {"type": "apiKey", "in": "header", "name": f"X-{n}"} for n, w in enumerate(HARMFUL)
    }
    return document(
        {"paths": paths, "components": {"schemas": defined, "securitySchemes": schemes}}
    )


@pytest.fixture(scope="module")
def harmful(workshop: Workshop) -> Package:
    return workshop(_harmful())


def test_no_name_is_a_keyword_or_shadows_what_is_used(harmful: Package) -> None:
    plan = harmful.made.package
    functions = [f for a in plan.apis for f in a.functions]
    names = [a.name for f in functions for a in f.arguments] + [f.name for f in functions]
    builtin = {n for n in dir(builtins) if not n.startswith("_")}
    assert not builtin & set(names)
    symbols = [m.symbol for x in plan.models for m in x.classes]
    assert not builtin & set(symbols)
    attributes = [f.name for x in plan.models for m in x.classes for f in m.fields]
    everything = [*names, *symbols, *attributes, *(a.name for a in plan.apis)]
    assert all(n.isidentifier() and not keyword.iskeyword(n) for n in everything)


def test_parameters_with_harmful_names_reach_the_wire(harmful: Package) -> None:
    """One name in four places: each argument goes where it belongs."""
    for api in harmful.made.package.apis:
        for function in api.functions:
            arguments = {a.name: a.location for a in function.arguments}
            assert len(arguments) == 4
            call = getattr(harmful.api(api.name), function.name)(**arguments, body={"x": 1})
            assert call.path.endswith("/path")
            assert call.query.endswith("=query")
            assert next(v for _, v in call.headers) == "header"
            assert dict(call.headers)["Cookie"].endswith("=cookie")
            assert call.body.content == b'{"x":1}'


def test_models_with_harmful_names_work(harmful: Package) -> None:
    for pointer, symbol in harmful.made.package.schemas.items():
        model = getattr(harmful.models, symbol.rpartition(".")[2])
        word = pointer.rpartition("/")[2]
        value: dict[str, Any] = {word: {}}
        if word in ("list", "Call"):
            value = dict.fromkeys(HARMFUL, "2026-01-01")
        assert model.from_dict(value).to_dict() == value
        assert f"class {model.__name__}(" in inspect.getsource(model)


def test_credentials_with_harmful_names_are_options(harmful: Package) -> None:
    options = {s.option: s.key for s in harmful.made.package.security_schemes}
    assert len(options) == len(HARMFUL)
    with harmful.client("http://localhost", **options) as client:
        assert client.base_url == "http://localhost"


def test_one_name_in_two_places(workshop: Workshop) -> None:
    parameters = [
        {"name": "id", "in": where, "required": where == "path", "schema": {"type": "string"}}
        for where in ("query", "path", "header")
    ]
    operation = {
        "operationId": "f",
        "parameters": parameters,
        "responses": {"200": {"description": ""}},
    }
    package = workshop(document({"paths": {"/{id}": {"get": operation}}}))
    assert list(inspect.signature(package.api().f).parameters) == ["id_", "id_query", "id_header"]


def test_operations_without_an_id_are_named_by_method_and_path(workshop: Workshop) -> None:
    answer = {"responses": {"200": {"description": ""}}}
    paths = {"/users/{user-id}/posts": {"get": answer, "post": answer}, "/": {"get": answer}}
    package = workshop(document({"paths": paths}))
    names = {f.name for f in package.made.package.apis[0].functions}
    assert names == {"get_users_user_id_posts", "post_users_user_id_posts", "get"}


INHERITED = """
Base: {type: object, properties: {meta: {type: object, properties: {at: {type: string}}}}}
Zed: {allOf: [{$ref: "#/components/schemas/Base"}, {type: object, properties: {z: {type: string}}}]}
Account:
  allOf:
    - {$ref: "#/components/schemas/Zed"}
    - {type: object, properties: {own: {type: object, properties: {a: {type: string}}}}}
"""


def test_what_a_component_declares_is_named_after_it_whoever_takes_it_over(
    workshop: Workshop,
) -> None:
    """Also before anything else is read: an operation that merges the component."""
    extended = {"allOf": [{"$ref": "#/components/schemas/Account"}, {"properties": {"x": {}}}]}
    content = {"content": {"application/json": {"schema": extended}}}
    get = {"operationId": "f", "responses": {"200": {"description": "", **content}}}
    package = workshop(schemas(INHERITED, paths={"/a": {"get": get}}))
    assert set(package.models.MODULES) == {
        "Base", "BaseMeta", "Zed", "Account", "AccountOwn", "FResponse",
    }  # fmt: skip
    assert package.models.MODULES["BaseMeta"] == "base"
    assert package.models.MODULES["AccountOwn"] == "account"
    value = {"meta": {"at": "x"}, "own": {"a": "y"}, "z": "z"}
    read = package.models.FResponse.from_dict(value)
    assert type(read.meta) is package.models.BaseMeta
    assert read.to_dict() == value


def test_a_sign_says_which_of_two_properties_it_is(workshop: Workshop) -> None:
    properties = {n: {"type": "string"} for n in ("@type", "type", "$id", "_id", "id", "@alone")}
    package = workshop(schemas({"A": {"type": "object", "properties": properties}}))
    value = {n: n for n in properties}
    read = package.models.A.from_dict(value)
    assert (read.at_type, read.type, read.dollar_id, read.underscore_id, read.id, read.alone) == (
        "@type", "type", "$id", "_id", "id", "@alone",
    )  # fmt: skip
    assert read.to_dict() == value


def test_a_star_import_has_all_models(workshop: Workshop) -> None:
    package = workshop(schemas(INHERITED))
    scope: dict[str, Any] = {}
    exec(f"from {package.name}.models import *", scope)  # noqa: S102
    assert scope.keys() - {"__builtins__"} == set(package.models.MODULES)


def test_shared_parts_do_not_say_their_kind_twice(workshop: Workshop) -> None:
    thing = {"type": "object", "properties": {"a": {"type": "string"}}}
    content = {"content": {"application/json": {"schema": thing}}}
    responses = {n: {"description": "", **content} for n in ("FileResponse", "Plain")}
    post = {
        "operationId": "f",
        "requestBody": {"$ref": "#/components/requestBodies/FileBody"},
        "responses": {
            "200": {"$ref": "#/components/responses/FileResponse"},
            "400": {"$ref": "#/components/responses/Plain"},
        },
    }
    components = {"responses": responses, "requestBodies": {"FileBody": content}}
    package = workshop(document({"paths": {"/a": {"post": post}}, "components": components}))
    assert set(package.models.MODULES) == {"FileResponse", "PlainResponse", "FileBody"}


def test_two_spellings_of_one_name_for_one_schema_share_a_class(workshop: Workshop) -> None:
    package = workshop(
        schemas(
            """
            userList: {type: object, properties: {a: {type: string}}}
            UserList: {$ref: "#/components/schemas/userList"}
            user_list: {$ref: "#/components/schemas/UserList"}
            Users: {type: object, properties: {all: {$ref: "#/components/schemas/UserList"}}}
            """
        )
    )
    assert set(package.models.MODULES) == {"UserList", "Users"}
    assert set(package.made.package.schemas.values()) == {
        f"{package.name}.models.UserList",
        f"{package.name}.models.Users",
    }
    read = package.models.Users.from_dict({"all": {"a": "x"}})
    assert read.all == package.models.UserList(a="x")


def test_a_schema_that_is_an_object_behind_alternatives_has_its_own_name(
    workshop: Workshop,
) -> None:
    package = workshop(
        schemas(
            """
            B:
              type: object
              allOf: [{anyOf: [{required: [a]}, {required: [b]}]}, {required: [c]}]
              properties: {a: {type: object, properties: {x: {}}}, b: {type: boolean}, c: {type: boolean}}
            D:
              type: object
              oneOf: [{required: [a]}, {required: [b]}]
              properties: {a: {}, b: {}}
            """
        )
    )
    assert package.models.MODULES == {"B": "b", "BA": "b", "D": "d"}
    assert package.models.D.from_dict({"a": 1}).to_dict() == {"a": 1}
    assert package.models.B.from_dict({"a": {"x": 1}, "c": True}).a == package.models.BA(x=1)


def test_additional_operations_are_sent_as_they_are_written(workshop: Workshop) -> None:
    """HTTP methods have a case: `get` among the additional ones is another than GET."""
    done = {"responses": {"200": {"description": ""}}}
    item = {"get": done, "additionalOperations": {"get": done, "GeT": done, "COPY": done}}
    package = workshop(document({"openapi": "3.2.0", "paths": {"/a": item}}))
    functions = package.made.package.apis[0].functions
    assert [f.method for f in functions] == ["GET", "get", "GeT", "COPY"]
    assert len({f.name for f in functions}) == 4


# Stability


def _plan(folder: Any, content: dict[str, Any]) -> Plan:
    return make_plan(str(save(folder, content)), "p").package


def _names(plan: Plan) -> dict[str, str]:
    """All names that a caller can use, by what they stand for in the document."""
    out = dict(plan.schemas)
    for api in plan.apis:
        for function in api.functions:
            key = f"{function.method} {function.path_template}"
            out[key] = f"{api.name}.{function.name}"
            for argument in function.arguments:
                out[f"{key} {argument.location} {argument.api_name}"] = argument.name
            out[f"{key} result"] = str(function.result)
            out[f"{key} body"] = str(function.body.type) if function.body else ""
    for module in plan.models:
        for model in module.classes:
            out[f"model {model.pointer}"] = f"{module.name}.{model.symbol}"
            for one in model.fields:
                out[f"field {model.pointer} {one.json_name}"] = f"{one.name}: {one.type}"
        for alias in module.aliases:
            out[f"alias {alias.pointer}"] = f"{module.name}.{alias.symbol}"
    return out


WORDS = [
    "pet",
    "Pet",
    "PET",
    "pet_",
    "p-e-t",
    "Pets",
    "list",
    "class",
    "Item",
    "item",
    "Pet Item",
    "body",
    "response",
    "2x",
]


def _inline(name: str) -> dict[str, Any]:
    """A schema whose inner objects get names of their own."""
    return {
        "type": "object",
        "properties": {
            "item": {"type": "object", "properties": {name: {"type": "string"}}},
            "Item": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}},
            "either": {
                "oneOf": [
                    {"type": "object", "title": "left", "properties": {"l": {}}},
                    {"type": "object", "properties": {"kind": {"const": "right"}}},
                ]
            },
        },
    }


def _operation(name: str) -> dict[str, Any]:
    inner = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {}}}}}
    content = {"application/json": {"schema": inner}}
    return {
        "operationId": name,
        "tags": [name.lower()],
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string"}},
            {"name": name, "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": {"content": content},
        "responses": {"200": {"description": "", "content": content}},
    }


@st.composite
def _documents(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document, and one that holds it and more, in another order."""
    chosen = draw(st.lists(st.sampled_from(WORDS), unique=True, min_size=2, max_size=6))
    added = draw(st.lists(st.sampled_from(WORDS), unique=True, max_size=4))
    shuffle = random.Random(draw(st.integers(0, 9)))
    texts = list(dict.fromkeys([*chosen, *added]))

    def build(words: list[str], order: bool) -> dict[str, Any]:
        words = list(words)
        if order:
            shuffle.shuffle(words)
        defined = {w: _inline(w) for w in words}
        paths = {f"/{w}": {"post": _operation(w)} for w in words}
        return document({"paths": paths, "components": {"schemas": defined}})

    return build(chosen, False), build(texts, True)


@settings(max_examples=40, suppress_health_check=SLOW)
@given(pair=_documents())
def test_the_order_of_a_document_changes_no_name(
    pair: tuple[dict[str, Any], dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    content, _ = pair
    turned = {
        **content,
        "paths": dict(reversed(content["paths"].items())),
        "components": {"schemas": dict(reversed(content["components"]["schemas"].items()))},
    }
    assert _names(_plan(folder, turned)) == _names(_plan(folder, content))


def _folded(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


@settings(max_examples=40, suppress_health_check=SLOW)
@given(pair=_documents())
def test_what_is_added_renames_nothing(
    pair: tuple[dict[str, Any], dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """But for one case: a name that was free gets a rival of the very same letters."""
    folder = tmp_path_factory.getbasetemp()
    small, large = pair
    before, after = _names(_plan(folder, small)), _names(_plan(folder, large))
    here = set(small["components"]["schemas"])
    fresh = {_folded(n) for n in set(large["components"]["schemas"]) - here}
    for key, name in before.items():
        if not any(rival in _folded(name) or _folded(name) in rival for rival in fresh):
            assert after[key] == name


@pytest.mark.parametrize("rival", ["pet", "PET", "p.et", "Pet_"])
def test_the_name_that_equals_its_schema_is_never_lost(workshop: Workshop, rival: str) -> None:
    content: dict[str, Any] = {"Pet": _inline("Pet")}
    before = workshop(schemas(content)).made.package.schemas["/components/schemas/Pet"]
    after = workshop(schemas({rival: {"type": "object"}, **content})).made.package.schemas
    assert after["/components/schemas/Pet"].rpartition(".")[2] == before.rpartition(".")[2] == "Pet"


def test_an_inner_schema_never_takes_the_name_of_a_component(workshop: Workshop) -> None:
    inner = {"type": "object", "properties": {"x": {}}}
    content = {
        "Pet": {"type": "object", "properties": {"owner": inner}},
        "PetOwner": {"type": "string"},
    }
    plan = workshop(schemas(content)).made.package
    assert plan.schemas["/components/schemas/PetOwner"].endswith(".PetOwner")
    (model,) = [m for x in plan.models for m in x.classes if m.pointer.endswith("/owner")]
    assert model.symbol != "PetOwner"


# Overrides


def test_names_by_pointer(workshop: Workshop) -> None:
    pet = {"type": "object", "properties": {"owner": {"type": "object", "properties": {"x": {}}}}}
    content = document(
        {
            "paths": {
                "/a": {"get": {"operationId": "get-it", "responses": {"200": {"description": ""}}}}
            },
            "components": {"schemas": {"pet.v1": pet, "Other": {"type": "object"}}},
        }
    )
    config = Config(
        names={
            "/components/schemas/pet.v1": "Animal",
            "/components/schemas/pet.v1/properties/owner": "Human",
            "/paths/~1a/get": "fetch",
        }
    )
    package = workshop(content, config=config)
    schemas_ = package.made.package.schemas
    assert schemas_["/components/schemas/pet.v1"] == f"{package.name}.models.Animal"
    assert schemas_["/components/schemas/Other"] == f"{package.name}.models.Other"
    assert package.models.Animal.from_dict({"owner": {"x": 1}}).owner == package.models.Human(x=1)
    assert package.api().fetch().path == "/a"


def test_an_override_resolves_a_collision(workshop: Workshop) -> None:
    content = schemas({"p-et": {"type": "object"}, "p_et": {"type": "object"}})
    config = Config(names={"/components/schemas/p_et": "Second"})
    found = workshop(content, config=config).made.package.schemas
    assert found["/components/schemas/p-et"].endswith(".PEt")
    assert found["/components/schemas/p_et"].endswith(".Second")


def test_what_leads_into_a_circle_of_unions_does_not_change_it(tmp_path: Path) -> None:
    """Two unions that hold each other: one of the references says nothing, and it is always the same."""
    union = [{"type": "integer"}, {"$ref": "#/components/schemas/K"}]
    other = [{"type": "string"}, {"$ref": "#/components/schemas/M"}]
    circle = {"K": {"anyOf": other}, "M": {"anyOf": union}}
    outside = {"A": {"anyOf": [{"type": "boolean"}, {"$ref": "#/components/schemas/M"}]}}
    alone, led_into = (
        generate(str(save(tmp_path, schemas(part))), "p").files
        for part in (circle, circle | outside)
    )
    for path in ("models/k.py", "models/m.py"):
        assert alone[path] == led_into[path]


# Unique whatever happens


def _rivals() -> dict[str, Any]:
    """Schemas, fields, functions and arguments whose names collide, in each namespace."""
    words = ["a-b", "a_b", "aB", "A B", "a.b", "A_B"]
    properties = {w: {"type": "object", "properties": {"x": {}}} for w in words}
    operation = {
        "parameters": [
            {"name": w, "in": where, "schema": {"type": "string"}}
            for where in ("query", "header")
            for w in words
        ],
        "responses": {"200": {"description": ""}},
    }
    paths = {f"/{n}": {"get": {**operation, "operationId": w}} for n, w in enumerate(words)}
    defined = {w: {"type": "object", "properties": properties} for w in words}
    return document({"paths": paths, "components": {"schemas": defined}})


@pytest.mark.parametrize("digest", ["", "0", "AB"])
def test_names_are_unique_whatever_the_hash_is(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    from orcagen.plan import names

    monkeypatch.setattr(names, "short_hash", lambda text: digest)
    package = workshop(document(_rivals(), **{"x-digest": digest}))
    plan = package.made.package
    assert len(set(plan.schemas.values())) == 6
    assert [len({a.name for a in f.arguments}) for f in plan.apis[0].functions] == [12] * 6
    assert len(package.models.MODULES) == 6 + 36
    for symbol in package.models.MODULES:
        getattr(package.models, symbol)
    value = {w: {"x": 1} for w in ("a-b", "a_b", "aB", "A B", "a.b", "A_B")}
    read = getattr(package.models, plan.schemas["/components/schemas/aB"].rpartition(".")[2])
    assert read.from_dict(value).to_dict() == value


def test_a_hash_that_is_taken_gets_more_digits() -> None:
    """`Pet1A2B` may be the name of another schema."""
    from orcagen.plan import names

    rival = f"AB{names.short_hash('2').upper()}"
    chosen = names.resolve_collisions({"1": ("a-b", "AB"), "2": ("a.b", "AB"), "3": (rival, rival)})
    assert chosen["3"] == rival
    assert len(set(chosen.values())) == 3
    assert chosen["2"].startswith(rival)


def test_names_that_collide_are_a_defect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The check after naming finds what the naming would have let pass."""
    from orcagen.plan import names
    from orcagen.plan.uniqueness import NameCollisionError

    def keep(candidates: Any, files: bool = False, taken: Any = ()) -> dict[str, str]:
        return {identity: name for identity, (_, name) in candidates.items()}

    monkeypatch.setattr(names, "resolve_collisions", keep)
    with pytest.raises(NameCollisionError):
        make_plan(str(save(tmp_path, schemas({"a-b": {}, "a.b": {}}))), "p")


FILE_NAMES = [
    "con", "CON", "Aux", "nul", "com1", "LPT9", "MODULES", "modules", "Modules", "index", "init", "日" * 99, "ж" * 99,
    "Ä" * 99, "x" * 300, "x" * 299 + "y", "ß" * 90, "Strasse", "Straße", "ΣΑΣ", "σας", "İ", "i̇", "+1", "-1", "1",
]  # fmt: skip


def test_modules_are_files_on_every_system(workshop: Workshop) -> None:
    answer = {"200": {"description": ""}}
    package = workshop(
        document(
            {
                "paths": {
                    f"/{n}": {"get": {"operationId": f"op{n}", "tags": [w], "responses": answer}}
                    for n, w in enumerate(FILE_NAMES)
                },
                "components": {
                    "schemas": {w: {"type": "object", "properties": {w: {}}} for w in FILE_NAMES}
                },
            }
        )
    )
    devices = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
    for folder in ("models", "api"):
        stems = [p.stem for p in (package.folder / folder).glob("*.py")]
        assert not devices & {s.casefold() for s in stems}
        assert len({s.casefold() for s in stems}) == len(stems)
        assert max(len(s.encode()) for s in stems) < 220
    for pointer, symbol in package.made.package.schemas.items():
        word = pointer.rpartition("/")[2]
        model = getattr(package.models, symbol.rpartition(".")[2])
        assert model.from_dict({word: 1}).to_dict() == {word: 1}
    for api in package.made.package.apis:
        package.api(api.name)
    assert len(set(package.made.package.schemas.values())) == len(FILE_NAMES)


def test_a_name_of_the_settings_is_given_once(tmp_path: Path) -> None:
    file = save(tmp_path, schemas({"A": {"type": "object"}, "B": {"type": "object"}}))
    config = Config(names={"/components/schemas/A": "X", "/components/schemas/B": "X"})
    with pytest.raises(InputError, match="two schemas"):
        make_plan(str(file), "p", config)


# Documents of many files


def _files(folder: Path, files: dict[str, Any]) -> dict[str, str]:
    for name, content in files.items():
        save(folder, content, name)
    plan = make_plan(str(folder / "api.yaml"), "p").package
    return {p: s.removeprefix("p.models.") for p, s in plan.schemas.items()}


THING = {"type": "object", "properties": {"a": {"type": "string"}}}


def _user(**references: str) -> dict[str, Any]:
    return {"type": "object", "properties": {n: {"$ref": r} for n, r in references.items()}}


def test_schemas_in_files_are_named_after_component_file_and_folder(tmp_path: Path) -> None:
    """The component keeps its name whatever other files hold."""
    user = _user(
        a="schemas/Pet.yaml", b="schemas/owner/index.yaml", c="schemas/tag.schema.yaml",
        d="lib/Pet.yaml", e="lib/deep/Pet.json", f="defs.yaml#/definitions/Kind", g="defs.yaml#/Pet",
        h="schemas/Cat.yaml#/properties/home", i="schemas/size.yaml",
    )  # fmt: skip
    files = {
        "api.yaml": schemas({"User": user, "Animal": {"$ref": "schemas/Pet.yaml"}, "Pet": THING}),
        "schemas/Pet.yaml": THING,
        "schemas/owner/index.yaml": THING,
        "schemas/tag.schema.yaml": THING,
        "schemas/size.yaml": "type: integer",
        "schemas/Cat.yaml": yaml.safe_dump({"type": "object", "properties": {"home": THING}}),
        "lib/Pet.yaml": THING,
        "lib/deep/Pet.json": '{"type": "object", "properties": {"b": {}}}',
        "defs.yaml": yaml.safe_dump({"definitions": {"Kind": THING}, "Pet": THING}),
    }
    assert _files(tmp_path, files) == {
        "/components/schemas/User": "User",
        "/components/schemas/Animal": "Animal",
        "/components/schemas/Pet": "Pet",
        "schemas/owner/index.yaml#": "Owner",
        "schemas/tag.schema.yaml#": "Tag",
        "schemas/size.yaml#": "Size",
        "schemas/Cat.yaml#": "Cat",
        "lib/Pet.yaml#": "LibPet",
        "lib/deep/Pet.json#": "DeepPet",
        "defs.yaml#/definitions/Kind": "Kind",
        "defs.yaml#/Pet": "DefsPet",
    }


def test_a_file_or_a_path_that_is_added_renames_nothing(tmp_path: Path) -> None:
    content = {"application/json": {"schema": {"$ref": "schemas/Pet.yaml"}}}
    get = {"get": {"responses": {"200": {"description": "", "content": content}}}}
    error = {"get": {"responses": {"404": {"$ref": "responses/NotFound.yaml"}}}}
    not_found = {"description": "", "content": {"application/json": {"schema": THING}}}
    small = {
        "api.yaml": document({"paths": {"/pets": get, "/z": error}}),
        "schemas/Pet.yaml": _user(owner="Owner.yaml"),
        "schemas/Owner.yaml": THING,
        "responses/NotFound.yaml": not_found,
    }
    more = {"application/json": {"schema": {"$ref": "other/Address.yaml"}}}
    first = {"post": {"requestBody": {"content": more}, **error["get"]}}
    large = {
        **small,
        "api.yaml": document({"paths": {"/a": first, "/pets": get, "/z": error}}),
        "other/Address.yaml": _user(pet="../schemas/Pet.yaml", house="House.yaml"),
        "other/House.yaml": THING,
    }
    before = _files(tmp_path / "a", small)
    after = _files(tmp_path / "b", large)
    assert before == {"schemas/Owner.yaml#": "Owner", "schemas/Pet.yaml#": "Pet"}
    assert before.items() <= after.items()
    plans = [make_plan(str(tmp_path / n / "api.yaml"), "p").package for n in "ab"]
    for plan in plans:
        assert "NotFoundResponse" in {c.symbol for m in plan.models for c in m.classes}


@pytest.mark.parametrize("second", ["other/{}", "schemas/v2/{}", "schemas/more/deep/{}", "{}"])
def test_a_second_file_of_one_stem_renames_nothing(tmp_path: Path, second: str) -> None:
    """The foremost file keeps its name: in a usual folder, and in few. The next one is told from it by its folder."""

    def get(file: str, kind: str = "schema") -> dict[str, Any]:
        content = {"application/json": {"schema": {"$ref": file}}}
        response: dict[str, Any] = {"description": "", "content": content}
        return {"get": {"responses": {"200": response if kind == "schema" else {"$ref": file}}}}

    not_found = {"description": "", "content": {"application/json": {"schema": THING}}}
    pet = {"type": "object", "properties": {"part": THING}}
    pets, errors = second.format("Pet.yaml"), second.format("NotFound.yaml")
    paths = {"/pets": get("schemas/Pet.yaml"), "/z": get("schemas/NotFound.yaml", "response")}
    more = {"/a": get(pets), "/b": get(errors, "response")}
    small = {"schemas/Pet.yaml": pet, "schemas/NotFound.yaml": not_found}
    files = {**small, "api.yaml": document({"paths": paths})}
    before = _files(tmp_path / "a", files)
    files = {**small, pets: THING, errors: not_found, "api.yaml": document({"paths": more | paths})}
    after = _files(tmp_path / "b", files)
    assert before == {"schemas/Pet.yaml#": "Pet"}
    assert before.items() <= after.items()
    assert len({*after.values()}) == 2
    symbols = [
        {c.symbol: c.pointer for m in plan.models for c in m.classes}
        for plan in (make_plan(str(tmp_path / n / "api.yaml"), "p").package for n in "ab")
    ]
    assert symbols[0].keys() == {"Pet", "PetPart", "NotFoundResponse"}
    assert symbols[0].items() <= symbols[1].items()
    assert len(symbols[1]) == 5


def test_names_in_files_by_the_settings(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "api.yaml": schemas({"User": _user(a="schemas/Pet.yaml", b="defs.yaml#/definitions/Kind", c="x.yaml"), "Big": {"$ref": "x.yaml"}}),
        "schemas/Pet.yaml": yaml.safe_dump(_user(o="#/properties/p") | {"properties": {"p": THING}}),
        "defs.yaml": yaml.safe_dump({"definitions": {"Kind": THING}}),
        "x.yaml": THING,
        "paths/a.yaml": {"get": {"responses": {"200": {"description": ""}}}},
    }  # fmt: skip
    files["api.yaml"]["paths"] = {"/a": {"$ref": "paths/a.yaml"}}
    for name, content in files.items():
        save(tmp_path, content, name)
    config = Config(
        names={
            "schemas/Pet.yaml": "Animal",
            "schemas/Pet.yaml#/properties/p": "Part",
            "defs.yaml#/definitions/Kind": "Sort",
            "/components/schemas/Big": "Huge",
            "/paths/~1a/get": "fetch",
        }
    )
    plan = make_plan(str(tmp_path / "api.yaml"), "p", config).package
    symbols = {c.symbol for m in plan.models for c in m.classes}
    assert symbols == {"User", "Animal", "Part", "Sort", "Huge"}
    assert [f.name for a in plan.apis for f in a.functions] == ["fetch"]
