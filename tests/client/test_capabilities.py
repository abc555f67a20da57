"""The capability check, on the requests of `capability_cases.yaml` and on small tables."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from orcarouter.capabilities import (
    ValidationResult,
    Violation,
    check,
    expected_seconds,
    find_model,
    list_models,
    models_as_rows,
    parameters_as_rows,
    rules_as_rows,
    suggest_model,
)
from orcarouter_api.models import CapabilityTable, KlingMetadata, KlingVideoRequest

HERE = Path(__file__).parent
SPEC = HERE.parents[1] / "spec"


def read(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.safe_load(file)


DATA = read(HERE / "capability_cases.yaml")


@frozen
class Case:
    """A request, the documented statement it tests, and the violations that the check must report."""

    reference: str
    request: dict[str, Any]
    violations: list[str]


def build(value: Any) -> Any:
    """A value of the YAML file with its named parts and repeated texts expanded."""
    if isinstance(value, str):
        return DATA["parts"].get(value, value)
    if isinstance(value, list):
        return [build(item) for item in value]
    if isinstance(value, dict):
        if "repeat" in value:
            return value.get("after", "") + value["repeat"] * value["times"]
        return {key: build(item) for key, item in value.items()}
    return value


def expand_models(names: str | list[str]) -> Iterator[str]:
    """The models of a name, a group, or a list of names and groups."""
    for name in [names] if isinstance(names, str) else names:
        yield from DATA["groups"].get(name, [name])


def cases() -> Iterator[Any]:
    for group in DATA["cases"]:
        for number, entry in enumerate(group["requests"], 1):
            body = {key: value for key, value in entry.items() if key != "violations"}
            for model in expand_models(group["models"]):
                request = {"model": model, "prompt": "A kite", **body}
                case = Case(group["reference"], request, entry.get("violations", []))
                label = f"{group['reference'][:60]}/{model.partition('/')[2]}/{number}"
                yield pytest.param(case, id=label)


CASES = list(cases())


def summarize(violation: Violation) -> str:
    """A violation in the notation of `capability_cases.yaml`."""
    text = f"{violation.level} {violation.path or 'request'} {violation.rule}"
    return text if violation.suggestion is None else f"{text} -> {violation.suggestion!r}"


def expected(text: str) -> str:
    head, arrow, nearest = text.partition(" -> ")
    return f"{head} -> {yaml.safe_load(nearest)!r}" if arrow else head


@pytest.mark.parametrize("case", CASES)
def test_request_has_exactly_the_expected_violations(case: Case) -> None:
    result = check(build(case.request))
    assert [summarize(item) for item in result] == [expected(text) for text in case.violations]
    assert result.ok == (not any(text.startswith("error") for text in case.violations))


def test_number_of_cases() -> None:
    assert len(CASES) >= 150
    refused = [case for case in CASES if case.values[0].violations]
    assert len(refused) >= 75
    assert len(CASES) - len(refused) >= 75


def test_every_rule_of_the_table_is_violated_by_some_case() -> None:
    """So that no combination rule and no unsupported path stays untested."""
    all_rules = {rule.name for entry in list_models() for rule in entry.rules}
    all_rules |= {
        f"{rule.path} unsupported"
        for entry in list_models()
        for rule in entry.parameters
        if rule.supported is False
    }
    violated: set[str] = set()
    for case in CASES:
        for text in case.values[0].violations:
            _, path, rule = text.partition(" -> ")[0].split()
            violated |= {rule, f"{path.replace('[0]', '[]')} {rule}"}
    assert all_rules - violated == set()


@pytest.fixture(scope="module")
def schemas() -> Any:
    return read(SPEC / "openapi.yaml")["components"]["schemas"]


def test_requests_that_the_openapi_schema_rejects_have_errors(schemas: Any) -> None:
    """The check is at least as strict as the schema of the request."""
    validators = {
        entry.model: Draft202012Validator(
            {**schemas[entry.request_schema], "components": {"schemas": schemas}}
        )
        for entry in list_models()
    }
    refused = 0
    for parameters in CASES:
        request = build(parameters.values[0].request)
        if not validators[request["model"]].is_valid(request):
            refused += 1
            assert check(request).errors, request
    assert refused > 50


def test_openapi_examples_have_no_errors() -> None:
    bodies = read(SPEC / "openapi.yaml")["components"]["requestBodies"]["VideoRequest"]
    for name, example in bodies["content"]["application/json"]["examples"].items():
        assert check(example["value"]).errors == (), name


# Violations and results.


def test_all_violations_are_reported_errors_first() -> None:
    request = {
        "model": "kling/kling-v2-6",
        "prompt": "A kite",
        "image": "https://media.example.com/a.png",
        "metadata": {
            "mode": "4k",
            "duration": "7",
            "cfg_scale": 0.5,
            "image_list": [{"image_url": "https://media.example.com/b.png"}],
            "sound": "on",
            "image_tail": "https://media.example.com/c.png",
            "seed": 3,
        },
    }
    assert str(check(request)).splitlines() == ALL_AT_ONCE.splitlines()


ALL_AT_ONCE = """\
error: metadata.mode: "4k" is not supported by kling/kling-v2-6: 4k needs kling-v3 or kling-v3-omni; nearest allowed: "pro" (allowed: "std", "pro") [seed]
error: metadata.duration: "7" is not supported by kling/kling-v2-6: Seconds, as a string; nearest allowed: "5" (allowed: "5", "10") [seed]
error: metadata.cfg_scale: not supported by kling/kling-v2-6: Not on v2 models; remove it [seed]
error: metadata.image_list: not supported by kling/kling-v2-6: Only kling-video-o1 and kling-v3-omni; remove it [seed]
error: metadata.mode: "4k" is not allowed in this combination: Native audio needs mode pro; nearest allowed: "pro" (allowed: "pro") [seed]
error: metadata.sound: "on" is not allowed in this combination: No native audio with a last frame; nearest allowed: "off" (allowed: "off") [kling]
warning: metadata.mode: "4k" is not allowed in this combination: Kling takes a last frame in mode pro only; nearest allowed: "pro" (allowed: "pro") [kling]
note: metadata.seed: not a known key of kling/kling-v2-6 [seed]
"""


def test_violations_by_level() -> None:
    result = check(
        {
            "model": "kling/kling-v3",
            "prompt": " ",
            "image": "iVBOR" * 16,
            "metadata": {"colour": "blue"},
        }
    )
    assert isinstance(result, ValidationResult)
    assert result.model == "kling/kling-v3"
    assert [item.level for item in result] == ["error", "warning", "note"]
    assert (*result.errors, *result.warnings, *result.notes) == result[:]
    assert result[0].path == "prompt"
    assert not result.ok
    assert check({"model": "kling/kling-v3", "prompt": "A kite", "metadata": {"a": 1}}).ok
    assert not check({"model": "kling/kling-v3", "prompt": "A kite"})


def test_violation_fields_and_pickle() -> None:
    (violation,) = check({"model": "kling/kling-v3", "prompt": "A", "metadata": {"duration": "2"}})
    assert attrs.asdict(violation) == {
        "path": "metadata.duration",
        "message": '"2" is not supported by kling/kling-v3',
        "rule": "value",
        "level": "error",
        "source": ("seed",),
        "value": "2",
        "suggestion": "3",
        "allowed": ('"3" to "15"',),
        "remove": False,
        "explanation": "Seconds, as a string.",
    }
    assert pickle.loads(pickle.dumps(violation)) == violation


def test_violation_by_a_default_value_says_so() -> None:
    (violation,) = check(
        {"model": "kling/kling-v2-6", "prompt": "A kite", "metadata": {"sound": "on"}}
    )
    assert violation.message == '"std" (the default) is not allowed in this combination'
    assert (violation.path, violation.value, violation.suggestion) == (
        "metadata.mode",
        "std",
        "pro",
    )


def test_violations_contain_neither_file_content_nor_signed_queries() -> None:
    result = check(
        {
            "model": "kling/kling-v3-omni",
            "prompt": "A kite",
            "metadata": {
                "aspect_ratio": "1:1",
                "image_list": [
                    {"image_url": "https://media.example.com/a.gif?signature=s3cret"},
                    {"image_url": "data:image/gif;base64," + "R0lG" * 5000},
                ],
                "sounds": "https://media.example.com/a.mp3?signature=s3cret",
            },
        }
    )
    assert len(result) == 3
    kept = pickle.dumps(result).decode("latin-1") + repr(result) + str(result)
    assert "s3cret" not in kept
    assert len(kept) < 4000


# Unknown models and keys.


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("kling/kling-v9", "kling/kling-v3"),
        ("kling-v2-6", "kling/kling-v2-6"),
        ("Kling/Kling-V3-Omni", "kling/kling-v3-omni"),
        ("kling/kling-v3-omni-fast", "kling/kling-v3-omni"),
        ("byteplus/seedance-2-0-fast", "byteplus/seedance-2.0-fast"),
        ("minimax-h3", "minimax/minimax-h3"),
        ("openai/sora-2", None),
    ],
)
def test_unknown_model_is_an_error_if_it_is_near_a_known_one(
    name: str, nearest: str | None
) -> None:
    (violation,) = result = check({"model": name, "prompt": "", "metadata": {"mode": 9}})
    level = "error" if nearest else "note"
    assert result.ok is (nearest is None)
    assert (violation.path, violation.rule, violation.level) == ("model", "unknown-model", level)
    assert (violation.value, violation.suggestion) == (name, nearest)
    assert suggest_model(name) == nearest


@pytest.mark.parametrize(
    ("model", "metadata", "path", "nearest"),
    [
        ("kling/kling-v3", {"durration": "5"}, "metadata.durration", "metadata.duration"),
        ("kling/kling-v3", {"aspectRatio": "1:1"}, "metadata.aspectRatio", "metadata.aspect_ratio"),
        ("kling/kling-v3", {"ratio": "1:1"}, "metadata.ratio", "metadata.aspect_ratio"),
        ("kling/kling-v3", {"image": "x"}, "metadata.image", "image"),
        ("kling/kling-v3", {"fps": 30}, "metadata.fps", None),
        ("kling/kling-v2-6", {"cfg-scale": 1}, 'metadata."cfg-scale"', None),
        ("kling/kling-v3", {"odd key\n": 1}, 'metadata."odd key\\n"', None),
        ("kling/kling-v3", {"watermark_info": {"on": 1}}, "metadata.watermark_info.on", None),
        (
            "byteplus/dreamina-seedance-2-0-260128",
            {"aspect_ratio": "1:1"},
            "metadata.aspect_ratio",
            "metadata.ratio",
        ),
        (
            "byteplus/dreamina-seedance-2-0-260128",
            {"negative_prompt": "people"},
            "metadata.negative_prompt",
            None,
        ),
        ("minimax/minimax-h3", {"size": "2K"}, "metadata.size", "size"),
        ("minimax/minimax-h3", {"images": []}, "metadata.images", "images"),
    ],
)
def test_unknown_metadata_key_is_an_error_if_it_is_near_a_known_one(
    model: str, metadata: dict[str, Any], path: str, nearest: str | None
) -> None:
    result = check({"model": model, "prompt": "A kite", "metadata": metadata})
    assert [summarize(item) for item in result] == [
        f"error {path} unknown-key -> {nearest!r}" if nearest else f"note {path} unknown-key"
    ]


def test_unknown_top_level_key_is_a_warning() -> None:
    """U14: whether unknown top-level keys are refused is not known; only metadata is free-form."""
    request = {"model": "kling/kling-v3", "prompt": "A kite", "zoom": 1, "duration": "5"}
    assert [summarize(violation) for violation in check(request)] == [
        "error duration unknown-key -> 'metadata.duration'",
        "warning zoom unknown-key",
    ]


@pytest.mark.parametrize("request_", [{}, {"model": None}, {"model": ""}, {"model": 3}])
def test_model_is_required(request_: dict[str, Any]) -> None:
    (violation,) = result = check({"prompt": "A kite", **request_})
    assert result.model == ""
    assert (violation.path, violation.rule, violation.level) == ("model", "required", "error")


def test_generated_model_as_request() -> None:
    request = KlingVideoRequest(
        model="kling/kling-v2-6", prompt="A kite", metadata=KlingMetadata(duration="6")
    )
    assert [summarize(item) for item in check(request)] == ["error metadata.duration value -> '5'"]


@pytest.mark.parametrize("request_", ["text", 3, None, [("model", "kling/kling-v3")]])
def test_request_that_is_not_an_object_raises_type_error(request_: Any) -> None:
    with pytest.raises(TypeError, match="a request must be a JSON object, not"):
        check(request_)


NAMES = sorted(
    {part for entry in list_models() for rule in entry.parameters for part in rule.path.split(".")}
)
WORDS = [
    "a\u2028b\n\ud800",
    "data:a\nb/c;base64,",
    "std",
    "4k",
    "7",
    "on",
    "first_frame",
    "image_url",
    "<<<image_9>>>",
    "data:image/png;base64,",
]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([name.removesuffix("[]") for name in NAMES]), inner)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(model=st.sampled_from([entry.model for entry in list_models()]), body=JSON, metadata=JSON)
def test_any_json_object_can_be_checked(model: str, body: Any, metadata: Any) -> None:
    request = {**(body if isinstance(body, dict) else {}), "model": model, "metadata": metadata}
    result = check(request)
    assert len(str(result).splitlines()) == len(result)
    assert pickle.loads(pickle.dumps(result)) == result or "nan" in repr(result)


# Small tables: every kind of rule is interpreted from data alone.


def table(**entry: Any) -> CapabilityTable:
    basis = {
        "model": "test/one",
        "family": "test",
        "request_schema": "OtherVideoRequest",
        "provider": "test",
        "availability": "available",
        "source": ["docs"],
        "features": [],
        "media": [],
        "parameters": [],
        "rules": [],
    }
    return CapabilityTable.from_dict({"models": [basis | entry]})


def check_with(table: CapabilityTable, **body: Any) -> list[str]:
    return [summarize(item) for item in check({"model": "test/one", **body}, table=table)]


def limit(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "level": "error", "source": ["docs"], **more}


def rule(kind: str, **more: Any) -> dict[str, Any]:
    basis = {
        "rule": kind,
        "name": kind,
        "level": "error",
        "source": ["docs"],
        "note": "As documented.",
    }
    return basis | more


A, B, ITEMS = limit("a"), limit("b"), limit("items[].x")


@pytest.mark.parametrize(
    ("rule_", "body", "expected"),
    [
        (
            rule(
                "requires",
                when=[{"path": "a", "test": "absent"}],
                needs=[{"path": "b", "test": "not_in", "values": [1]}],
            ),
            {"b": 1},
            ["error b requires"],
        ),
        (
            rule(
                "requires",
                when=[{"path": "a", "test": "present"}],
                needs=[{"path": "b", "test": "absent"}],
            ),
            {"a": 1, "b": 1},
            ["error b requires"],
        ),
        (
            rule(
                "excludes",
                when=[{"path": "a", "test": "not_in", "values": [2]}],
                forbids=[{"path": "b", "test": "in", "values": [1, 2]}],
            ),
            {"a": 1, "b": 2},
            ["error b excludes"],
        ),
        (
            rule("excludes", when=[], forbids=[{"path": "a", "test": "absent"}]),
            {},
            ["error a excludes"],
        ),
        (
            rule("count", when=[], items=[{"path": "items[]"}], min=2, max=3),
            {"items": [{"x": 1}]},
            ["error items count -> 2"],
        ),
        (
            rule("sum", when=[], items={"path": "items[].x"}, equals="a"),
            {"a": 4, "items": [{"x": 1}, {"x": "2"}]},
            ["error a sum -> 3"],
        ),
        (
            rule("sum", when=[], items={"path": "items[].x"}, equals="a"),
            {"a": 4, "items": [{"x": 1}, {"x": "two"}]},
            [],
        ),
        (
            rule("sequence", when=[], items={"path": "items[].x"}, start=0),
            {"items": [{"x": 0}, {}, {"x": 1}]},
            ["error items[2].x sequence -> 2"],
        ),
        (
            rule("references", texts=["a"], token="@{n}", items={"path": "items[]"}),
            {"a": "@1 and @2", "items": [{"x": 1}]},
            ["error a references -> '@1'"],
        ),
    ],
)
def test_combination_rules(
    rule_: dict[str, Any], body: dict[str, Any], expected: list[str]
) -> None:
    assert check_with(table(parameters=[A, B, ITEMS], rules=[rule_]), **body) == expected


@pytest.mark.parametrize(
    ("limits", "value", "expected"),
    [
        ({"values": [1, 2]}, True, ["error a value"]),
        ({"values": ["on", "off"]}, False, ["error a value -> 'off'"]),
        ({"values": [5, 10], "type": "integer"}, 7.5, ["error a type -> 5"]),
        ({"min": 0, "max": 1}, 0.5, []),
        ({"min": 0, "max": 1}, float("nan"), ["error a value"]),
        ({"min": 0, "max": 1}, float("inf"), ["error a value -> 1"]),
        ({"min": -1, "max": 9, "type": "integer"}, 10**400, ["error a value -> 9"]),
        ({"min": 1, "max": 9, "step": 4}, 4, ["error a value -> 5"]),
        ({"min": 1, "max": 9, "step": 4, "values": [4]}, 4, []),
        ({"pattern": "^b"}, "abc", ["error a value"]),
        ({"min_length": 2}, "a", ["error a length -> 2"]),
        ({"min_items": 2}, ["a"], ["error a items -> 2"]),
        ({"type": "number", "default": 0.5}, "x", ["error a type -> 0.5"]),
        ({"supported": False, "default": False}, False, []),
        ({"supported": False, "default": False}, 0, ["error a unsupported"]),
        ({"documented": False}, 1, ["note a undocumented"]),
        ({"required": True}, [], ["error a required"]),
        ({"values": ["768P", "2K"]}, "1080p", ["error a value -> '768P'"]),
        ({"values": ["480p", "1080p"]}, 1000, ["error a value"]),
        (
            {"values": ["first_frame", "last_frame"]},
            "First Frame",
            ["error a value -> 'first_frame'"],
        ),
        ({"values": ["x"]}, {"deep": [1]}, ["error a value -> 'x'"]),
    ],
)
def test_parameter_limits(limits: dict[str, Any], value: Any, expected: list[str]) -> None:
    assert check_with(table(parameters=[limit("a", **limits)]), a=value) == expected


def test_rule_of_an_unknown_kind_raises() -> None:
    custom = table(rules=[rule("references", texts=["a"], token="@{n}", items={"path": "items[]"})])
    custom.models[0].rules[0].rule = "forbids"  # type: ignore[assignment]
    with pytest.raises(KeyError, match="forbids"):
        check_with(custom, a=1)


# Queries of the table.


def test_table_queries() -> None:
    assert [entry.model for entry in list_models()] == [
        entry["model"] for entry in read(SPEC / "capabilities.yaml")["models"]
    ]
    entry = find_model("kling/kling-v3")
    assert entry is not None
    assert entry.family == "kling"
    assert find_model("kling/kling-v9") is None
    assert expected_seconds("byteplus/dreamina-seedance-2-0-260128") == (30, 240)
    assert expected_seconds("minimax/minimax-h3") == (60, 300)
    assert expected_seconds("kling/kling-v3") is None
    assert expected_seconds("kling/kling-v9") is None


def test_text_rows() -> None:
    head, *rows = models_as_rows()
    assert len(rows) == 15
    assert {len(row) for row in rows} == {len(head)}
    by_name = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert by_name["kling/kling-v3-omni"]["seconds"] == "3 to 15"
    assert by_name["kling/kling-v3-omni"]["quality"] == "std, pro, 4k"
    assert "image references" in by_name["kling/kling-v3-omni"]["features"]
    assert by_name["minimax/minimax-h3"]["quality"] == "768P, 2K"
    assert by_name["byteplus/seedance-1-0-pro"]["availability"] == "planned"

    entry = find_model("kling/kling-v2-6")
    assert entry is not None
    head, *rows = parameters_as_rows(entry)
    assert {len(row) for row in rows} == {len(head)}
    by_path = {row[0]: row for row in reversed(rows)}
    assert by_path["metadata.mode"][1:5] == ('"std", "pro"', '"std"', "error", "seed")
    assert by_path["metadata.cfg_scale"][1] == "not supported"
    assert by_path["prompt"][1] == "required, a string"
    head, *rows = rules_as_rows(entry)
    assert ("sound-needs-pro", "Native audio needs mode pro.", "error", "seed") in rows
    assert {len(row) for row in rows} == {len(head)}


def test_importing_capabilities_loads_nothing_heavy() -> None:
    code = "import sys, orcarouter.capabilities; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    heavy = {"yaml", "httpx", "orcarouter_api", "difflib", "jsonschema"}
    assert heavy.isdisjoint(loaded)
