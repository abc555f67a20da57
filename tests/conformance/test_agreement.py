"""Four readings of spec/openapi.yaml agree: JSON Schema, the generated models, pydantic models, and the wire.

Hypothesis builds bodies and answers from the schemas. `jsonschema` says which are valid; datamodel-code-generator makes
pydantic models from the same schemas, independently of ours.
"""

from __future__ import annotations

import datetime as dt
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import jsonschema
import pydantic
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import Package, Workshop

from orcagen import datamodel as flavors

SPEC = Path(__file__).parents[2] / "spec" / "openapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
COMPONENTS: dict[str, Any] = DOCUMENT["components"]["schemas"]
_FIRST, _LAST = dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1)  # noqa: DTZ001  a zone is added to them
NEAR = settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


# JSON Schema to strategies: what the keywords of this document need.


def _target(value: Any) -> Any:
    """Behind references."""
    while isinstance(value, dict) and "$ref" in value:
        target: Any = DOCUMENT
        for token in value["$ref"].split("/")[1:]:
            target = target[token]
        value = target
    return value


@cache
def _validator(name: str) -> Any:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": COMPONENTS}}
    return jsonschema.Draft202012Validator(schema)


def _strategy(schema: Any) -> st.SearchStrategy[Any]:
    schema = _target(schema)
    if not isinstance(schema, dict):
        return st.just({"any": [1]})
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            rest = {k: v for k, v in schema.items() if k != keyword}
            variants = [_merged(rest, _target(v)) for v in schema[keyword]]
            return st.one_of([_strategy(v) for v in variants])
    type_ = schema.get("type")
    if isinstance(type_, list):
        return st.one_of([_strategy({**schema, "type": t}) for t in type_])
    if type_ == "object" or "properties" in schema:
        return _object(schema)
    if type_ == "array":
        most = min(schema.get("maxItems", 2), 3)
        items = _strategy(schema.get("items"))
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=most)
    if type_ == "string":
        return _string(schema)
    if type_ == "integer":
        return st.integers(schema.get("minimum"), schema.get("maximum"))
    if type_ == "number":
        low, high = schema.get("minimum"), schema.get("maximum")
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    return {"boolean": st.booleans(), "null": st.none()}.get(
        str(type_), st.sampled_from([None, 1, "x", {"a": [1]}, [True]])
    )


def _merged(base: dict[str, Any], variant: dict[str, Any]) -> dict[str, Any]:
    properties = {**base.get("properties", {}), **variant.get("properties", {})}
    required = [*base.get("required", []), *variant.get("required", [])]
    return {
        **base,
        **variant,
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
    }


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    properties = schema.get("properties", {})
    required = set(schema.get("required", []))
    strategies = {k: _strategy(v) for k, v in properties.items()}
    missing = {k: st.just("any") for k in required - properties.keys()}
    return st.fixed_dictionaries(
        {**{k: v for k, v in strategies.items() if k in required}, **missing},
        optional={k: v for k, v in strategies.items() if k not in required},
    )


def _string(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.builds(
            lambda day, ms, zone: f"{day:%Y-%m-%dT%H:%M:%S}{ms}{zone}",
            st.datetimes(_FIRST, _LAST),
            st.sampled_from(["", ".5", ".123", ".123456"]),
            st.sampled_from(["Z", "+00:00", "+02:00", "-05:30"]),
        )
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" in schema:
        texts = st.from_regex(schema["pattern"]).filter(lambda s: "\n" not in s)
        return texts.filter(lambda s: low <= len(s) <= (high or 100))
    return st.text(st.characters(codec="utf-8"), min_size=low, max_size=min(high or 12, low + 12))


def _valid(name: str) -> st.SearchStrategy[Any]:
    return _strategy(COMPONENTS[name]).filter(_validator(name).is_valid)


# Our reading and that of pydantic


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop("spec", file=SPEC)


@pytest.fixture(scope="module")
def pydantic_models() -> Iterator[ModuleType]:
    module = ModuleType("pydantic_models_of_the_spec")
    sys.modules[module.__name__] = module  # where pydantic looks for names
    source = flavors.render(COMPONENTS, "pydantic", "3.1", "spec")
    exec(compile(source, module.__name__, "exec"), vars(module))  # noqa: S102  a generated module
    yield module
    del sys.modules[module.__name__]


def _adapter(module: ModuleType, name: str) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(getattr(module, name))


def _dumped(adapter: pydantic.TypeAdapter[Any], value: Any) -> Any:
    return adapter.dump_python(value, mode="json", by_alias=True, exclude_unset=True)


def _instants(value: Any) -> Any:
    """With date-times as instants: pydantic writes them in its own spelling."""
    if isinstance(value, dict):
        return {k: _instants(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_instants(v) for v in value]
    if isinstance(value, str) and value[4:5] == "-" and "T" in value:
        try:
            return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        except ValueError:
            return value
    return value


def _classes(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The class of each model in a value, by its place. The names are those of the schemas, for both."""
    if isinstance(value, pydantic.BaseModel):
        yield place, type(value).__name__
        for name, info in type(value).model_fields.items():
            yield from _classes(getattr(value, name), f"{place}/{info.alias or name}")
    elif hasattr(value, "to_dict"):
        yield place, type(value).__name__
        for attribute in value.__attrs_attrs__:
            json_name = attribute.metadata.get("json_name", attribute.name)
            yield from _classes(getattr(value, attribute.name), f"{place}/{json_name}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _classes(item, f"{place}/{number}")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("name", COMPONENTS)
@NEAR
@given(data=st.data())
def test_valid_values_are_read_alike(
    package: Package, pydantic_models: ModuleType, name: str, data: Any
) -> None:
    value = data.draw(_valid(name))
    codec, adapter = package.codec(name), _adapter(pydantic_models, name)
    ours, theirs = codec.decode(value), adapter.validate_json(json.dumps(value), strict=True)
    assert _canonical(codec.encode(ours)) == _canonical(value)
    assert _instants(_dumped(adapter, theirs)) == _instants(value)
    assert dict(_classes(ours)) == dict(_classes(theirs))


@pytest.mark.parametrize("name", COMPONENTS)
@NEAR
@given(data=st.data())
def test_unknown_properties_stay_valid_and_are_kept(package: Package, name: str, data: Any) -> None:
    value = data.draw(_valid(name))
    if isinstance(value, dict):
        value = {**value, "x_unknown": data.draw(st.sampled_from([None, 1, {"a": []}]))}
        assert _validator(name).is_valid(value)
    codec = package.codec(name)
    encoded = codec.encode(codec.decode(value))
    assert _canonical(encoded) == _canonical(value)


def _breakable(name: str) -> bool:
    return bool(_target(COMPONENTS[name]).get("required"))


@pytest.mark.parametrize("name", [n for n in COMPONENTS if _breakable(n)])
@NEAR
@given(data=st.data())
def test_invalid_values_are_refused_alike_and_kept_by_ours(
    package: Package, pydantic_models: ModuleType, name: str, data: Any
) -> None:
    """Ours reads them: a server that breaks its own rules must not break its clients."""
    value = data.draw(_valid(name))
    broken = data.draw(st.sampled_from(sorted(_target(COMPONENTS[name])["required"])))
    value = {k: v for k, v in value.items() if k != broken}
    assert not _validator(name).is_valid(value)
    with pytest.raises(pydantic.ValidationError):
        _adapter(pydantic_models, name).validate_json(json.dumps(value), strict=True)
    codec = package.codec(name)
    assert _canonical(codec.encode(codec.decode(value))) == _canonical(value)


# Bodies and answers, through the client


def _contents() -> Iterator[tuple[str, str, str]]:
    """Function, status (or `body`) and component of each JSON body and answer."""
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict) or "operationId" not in operation:
                continue
            places = {"body": _target(operation.get("requestBody", {}))}
            places |= {s: _target(r) for s, r in operation["responses"].items()}
            for place, body in places.items():
                schema = body.get("content", {}).get("application/json", {}).get("schema", {})
                if "$ref" in schema:
                    yield operation["operationId"], place, schema["$ref"].rpartition("/")[2]


def _function(package: Package, operation_id: str) -> Callable[..., Any]:
    for api in package.made.package.apis:
        for function in api.functions:
            if function.name.replace("_", "") == operation_id.lower():
                endpoint: Callable[..., Any] = getattr(package.api(api.name), function.name)
                return endpoint
    raise AssertionError(f"{operation_id} has no function")


def _arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """Something for each required argument."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: {} if p.name == "body" else "x" for p in parameters if p.default is p.empty}


@pytest.mark.parametrize(
    ("function", "component"), [(f, c) for f, p, c in _contents() if p == "body"]
)
@NEAR
@given(data=st.data())
def test_bodies_that_are_sent_are_valid(
    package: Package, function: str, component: str, data: Any
) -> None:
    """A model and a plain mapping of the same value send the same JSON."""
    value = data.draw(_valid(component))
    endpoint = _function(package, function)
    model = package.codec(component).decode(value)
    for body in (model, value):
        call = endpoint(**{**_arguments(endpoint), "body": body})
        assert call.body.media_type == "application/json"
        sent = json.loads(call.body.content)
        assert _canonical(sent) == _canonical(value)
        assert _validator(component).is_valid(sent)


@pytest.mark.parametrize(
    ("function", "status", "component"), [c for c in _contents() if c[1] != "body"]
)
@settings(NEAR, max_examples=3)
@given(data=st.data())
def test_responses_are_typed_by_their_status(
    package: Package, function: str, status: str, component: str, data: Any
) -> None:
    value = data.draw(_valid(component))
    number = 599 if status == "default" else int(status)
    endpoint = _function(package, function)
    transport = httpx.MockTransport(lambda _: httpx.Response(number, json=value))
    with httpx.Client(transport=transport) as http:
        client = package.client("http://localhost", http_client=http, token="t")
        answer = client.send_raw(endpoint(**_arguments(endpoint)))
    parsed = answer.parsed if number < 300 else answer.error.parsed
    codec = package.codec(component)
    assert parsed == codec.decode(value)
    assert _canonical(codec.encode(parsed)) == _canonical(value)
