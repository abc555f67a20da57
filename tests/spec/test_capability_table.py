"""spec/capabilities.yaml: valid, consistent with openapi.yaml, and with the limits of the reference page."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

MODEL_SCHEMAS = ("KlingModel", "SeedanceModel", "MinimaxModel")
V2 = [
    "kling/kling-v2-master",
    "kling/kling-v2-1-master",
    "kling/kling-v2-5-turbo",
    "kling/kling-v2-6",
]
OMNI = ["kling/kling-video-o1", "kling/kling-v3-omni"]
THREE = ["kling/kling-v3", "kling/kling-v3-omni"]
KLING = [*V2, "kling/kling-v3", *OMNI]


def resolve(document: Any, schema: Any) -> Any:
    """The schema, or the target of its `$ref`."""
    if "$ref" not in schema:
        return schema
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def find_schemas(document: Any, schema: Any, names: list[str]) -> list[Any]:
    """The schemas of the property at a path; several if more than one variant of a union has it."""
    schema = resolve(document, schema)
    if not names:
        return [schema]
    branches = schema.get("oneOf", []) + schema.get("anyOf", [])
    schemas = [match for branch in branches for match in find_schemas(document, branch, names)]
    name, rest = names[0], names[1:]
    inner = schema.get("items") if name == "[]" else schema.get("properties", {}).get(name)
    return schemas + (find_schemas(document, inner, rest) if inner is not None else [])


def properties(document: Any, model: Any, path: str) -> list[Any]:
    names = path.replace("[]", ".[]").split(".")
    return find_schemas(document, document["components"]["schemas"][model["request_schema"]], names)


def paths(node: Any) -> Iterator[tuple[str, Any]]:
    """Every path in a node, with the mapping that contains it."""
    if isinstance(node, dict):
        if "path" in node:
            yield node["path"], node
        for path in [*node.get("paths", []), *node.get("texts", [])]:
            yield path, node
        if node.get("rule") == "sum":
            yield node["equals"], node
        for value in node.values():
            yield from paths(value)
    elif isinstance(node, list):
        for value in node:
            yield from paths(value)


def undocumented(model: Any) -> set[str]:
    return {rule["path"] for rule in model["parameters"] if rule.get("documented") is False}


def valid(document: Any, schema: Any, value: Any) -> bool:
    return Draft202012Validator({**schema, "components": document["components"]}).is_valid(value)


def test_table_conforms_to_its_schema(table: Any, table_schema: Any) -> None:
    Draft202012Validator.check_schema(table_schema)
    validator = Draft202012Validator(table_schema)
    assert [error.json_path for error in validator.iter_errors(table)] == []


@pytest.mark.parametrize(
    "change",
    [
        {
            "parameters": [
                {"path": "prompt", "levle": "error", "level": "error", "source": ["seed"]}
            ]
        },
        {"parameters": [{"path": "prompt", "level": "error"}]},
        {"parameters": [{"path": "prompt", "level": "fatal", "source": ["seed"]}]},
        {"rules": [{"rule": "forbid"}]},
        {"availability": "soon"},
        {"colour": "blue"},
    ],
)
def test_schema_rejects_unknown_keys_and_values(
    table: Any, table_schema: Any, change: dict[str, Any]
) -> None:
    validator = Draft202012Validator(table_schema)
    model = table["models"][0]
    assert validator.is_valid({"models": [model]})
    assert not validator.is_valid({"models": [model | change]})


def test_models_are_those_of_openapi(openapi: Any, table: Any) -> None:
    schemas = openapi["components"]["schemas"]
    names = [name for schema in MODEL_SCHEMAS for name in schemas[schema]["anyOf"][0]["enum"]]
    assert [model["model"] for model in table["models"]] == names
    assert len(names) == len(set(names)) == 15


def test_every_path_is_a_property_of_the_request(openapi: Any, table: Any) -> None:
    """Except for paths with `documented: false`."""
    wrong = []
    for model in table["models"]:
        extra = undocumented(model)
        for path, node in paths(model):
            if not properties(openapi, model, path) and path.removesuffix("[]") not in extra:
                wrong.append(f"{model['model']}: {path}")
            for filter_ in node.get("where", []):
                item = path[: path.rindex("[]") + 2]
                if not properties(openapi, model, f"{item}.{filter_['key']}"):
                    wrong.append(f"{model['model']}: {item}.{filter_['key']}")
    assert not wrong, "\n".join(wrong)


def test_undocumented_paths_are_not_in_openapi(openapi: Any, table: Any) -> None:
    for model in table["models"]:
        for path in undocumented(model):
            assert not properties(openapi, model, path), path


def test_every_property_of_a_request_has_a_rule(openapi: Any, table: Any) -> None:
    for model in table["models"]:
        covered = {rule["path"] for rule in model["parameters"]}
        body = resolve(openapi, openapi["components"]["schemas"][model["request_schema"]])
        metadata = resolve(openapi, body["properties"]["metadata"])
        expected = set(body["properties"]) - {"model"}
        expected |= {f"metadata.{name}" for name in metadata["properties"]}
        assert expected - covered == set(), model["model"]


def test_values_bounds_and_defaults_are_valid_in_openapi(openapi: Any, table: Any) -> None:
    for model in table["models"]:
        for path, node in paths(model["parameters"]):
            schemas = properties(openapi, model, path)
            bounds = [node[key] for key in ("min", "max", "default") if key in node]
            for value in [*node.get("values", []), *bounds] if schemas else []:
                fits = any(valid(openapi, schema, value) for schema in schemas)
                assert fits, (model["model"], path, value)
            for schema in schemas:
                if "default" in node and "default" in schema:
                    assert node["default"] == schema["default"], (model["model"], path)


def test_defaults_are_allowed_values(table: Any) -> None:
    for model in table["models"]:
        for rule in model["parameters"]:
            if "default" in rule and "values" in rule and "min" not in rule:
                assert rule["default"] in rule["values"], (model["model"], rule["path"])
            if "default" in rule and "min" in rule:
                assert rule["min"] <= rule["default"] <= rule["max"], (model["model"], rule["path"])


def test_conditions_are_complete(table: Any) -> None:
    for model in table["models"]:
        for _, node in paths(model["rules"]):
            if "test" in node:
                assert ("values" in node) == (node["test"] in ("in", "not_in")), node
            if "where" in node:
                assert "[]" in node["path"]
        names = [rule["name"] for rule in model["rules"]]
        assert len(names) == len(set(names)), names
        for rule in model["parameters"]:
            assert rule["level"] != "error" or rule["source"] != ["3p"]
            assert ("min" in rule) == ("max" in rule), rule


def test_one_default_per_path(table: Any) -> None:
    for model in table["models"]:
        defaults = [rule["path"] for rule in model["parameters"] if "default" in rule]
        assert len(defaults) == len(set(defaults))


def entries(table: Any, name: str, path: str) -> list[Any]:
    model = next(model for model in table["models"] if model["model"] == name)
    return [rule for rule in model["parameters"] if rule["path"] == path]


def allowed(table: Any, name: str, path: str) -> Any:
    """The values that the reference page allows at a path; None if the model does not support it."""
    rules = entries(table, name, path)
    if any(rule.get("supported") is False for rule in rules):
        return None
    return next(rule for rule in rules if rule["source"][0] == "seed").get("values", [])


def get_rule(table: Any, name: str, rule: str) -> Any:
    model = next(model for model in table["models"] if model["model"] == name)
    return next(candidate for candidate in model["rules"] if candidate["name"] == rule)


@pytest.mark.parametrize("name", KLING)
def test_kling_limits_of_the_reference_page(table: Any, name: str) -> None:
    modes = ["std", "pro", "4k"] if name in THREE else ["std", "pro"]
    assert allowed(table, name, "metadata.mode") == modes
    assert entries(table, name, "metadata.mode")[0]["default"] == ("pro" if name in OMNI else "std")
    seconds = [str(n) for n in range(3, 16)] if name in THREE else ["5", "10"]
    assert allowed(table, name, "metadata.duration") == seconds
    assert allowed(table, name, "metadata.aspect_ratio") == ["16:9", "9:16", "1:1"]
    assert (allowed(table, name, "metadata.negative_prompt") is None) == (name in OMNI)
    assert (allowed(table, name, "metadata.cfg_scale") is None) == (name != "kling/kling-v3")
    for path in ("metadata.image_list", "metadata.video_list"):
        assert (allowed(table, name, path) is None) == (name not in OMNI)
    for path in ("metadata.multi_shot", "metadata.shot_type", "metadata.multi_prompt"):
        assert (allowed(table, name, path) is None) == (name not in THREE)
    has_sound = name in [*THREE, "kling/kling-v2-6"]
    assert (allowed(table, name, "metadata.sound") is None) == (not has_sound)
    assert allowed(table, name, "metadata.watermark_info") == []
    assert entries(table, name, "prompt")[0]["required"] is True
    if name in OMNI:
        assert get_rule(table, name, "image-tokens")["token"] == "<<<image_{n}>>>"
        assert allowed(table, name, "metadata.image_tail") is None


def test_kling_combinations_of_the_reference_page(table: Any) -> None:
    sound = get_rule(table, "kling/kling-v2-6", "sound-needs-pro")
    assert sound["when"] == [{"path": "metadata.sound", "test": "in", "values": ["on"]}]
    assert sound["needs"] == [{"path": "metadata.mode", "test": "in", "values": ["pro"]}]
    omni = "kling/kling-v3-omni"
    video = [{"path": "metadata.video_list[]", "test": "present"}]
    assert get_rule(table, omni, "no-4k-with-video")["when"] == video
    assert get_rule(table, omni, "no-4k-with-video")["needs"][0]["values"] == ["std", "pro"]
    assert get_rule(table, omni, "length-with-video")["when"] == video
    length = get_rule(table, omni, "length-with-video")["needs"][0]
    assert length["values"] == [str(n) for n in range(3, 11)]


@pytest.mark.parametrize(
    ("name", "minimum", "maximum", "availability"),
    [
        ("byteplus/dreamina-seedance-2-0-260128", 4, 15, "available"),
        ("byteplus/seedance-2.0-fast", 4, 15, "planned"),
        ("byteplus/seedance-1-5-pro", 4, 12, "planned"),
        ("byteplus/seedance-1-0-pro", 2, 12, "planned"),
        ("byteplus/seedance-1-0-pro-fast", 2, 12, "planned"),
        ("byteplus/seedance-1-0-lite-i2v", 2, 12, "planned"),
        ("byteplus/seedance-1-0-lite-t2v", 2, 12, "planned"),
    ],
)
def test_seedance_lengths(
    table: Any, name: str, minimum: int, maximum: int, availability: str
) -> None:
    (rule,) = entries(table, name, "metadata.duration")
    assert (rule["min"], rule["max"]) == (minimum, maximum)
    model = next(model for model in table["models"] if model["model"] == name)
    assert model["availability"] == availability
