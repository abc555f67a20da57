"""spec/openapi.yaml: valid OpenAPI, complete, and consistent with its own examples."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
OPERATIONS = {
    "submitVideoTask": ("post", "/video/generations", "video"),
    "createVideo": ("post", "/videos", "video"),
    "getVideoTask": ("get", "/video/generations/{task_id}", "video"),
    "getVideo": ("get", "/videos/{task_id}", "video"),
    "getVideoContent": ("get", "/videos/{task_id}/content", "video"),
    "listModels": ("get", "/models", "models"),
    "getModel": ("get", "/models/{model_id}", "models"),
    "createAssetGroup": ("post", "/asset/groups", "assets"),
    "listAssetGroups": ("get", "/asset/groups", "assets"),
    "createAsset": ("post", "/asset/files", "assets"),
    "listAssets": ("get", "/asset/files", "assets"),
    "getAsset": ("get", "/asset/files/{aid}", "assets"),
}
SOURCES = {"seed", "docs", "client", "gateway", "kling", "byteplus", "3p"}


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def deref(document: Any, node: Any) -> Any:
    while "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def walk(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every mapping of the document outside examples, with its JSON pointer."""
    if isinstance(node, dict):
        yield pointer, node
        for key, value in node.items():
            if key not in ("example", "examples", "default", "enum") or pointer.endswith(
                "/properties"
            ):
                yield from walk(
                    value, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
                )
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{pointer}/{index}")


def examples(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Location, pointer of the schema, and value of each example; defaults count as examples."""
    for pointer, node in walk(document):
        if "schema" in node:
            if "example" in node:
                yield pointer, f"{pointer}/schema", node["example"]
            for name, example in node.get("examples", {}).items():
                yield f"{pointer} {name}", f"{pointer}/schema", example["value"]
        elif isinstance(node.get("examples"), list):
            for example in node["examples"]:
                yield pointer, pointer, example
        if "default" in node and ("type" in node or "anyOf" in node):
            yield f"{pointer} default", pointer, node["default"]


def errors(document: Any, pointer: str, value: Any) -> list[str]:
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:openapi", resource)
    fragment = pointer.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
    validator = Draft202012Validator({"$ref": f"urn:openapi#{fragment}"}, registry=registry)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def schema_errors(document: Any, name: str, value: Any) -> list[str]:
    return errors(document, f"/components/schemas/{name}", value)


def test_valid_openapi_31(openapi: Any) -> None:
    assert openapi["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(openapi).validate()


def test_operations(openapi: Any) -> None:
    actual = {
        op["operationId"]: (method, path, *op["tags"]) for method, path, op in operations(openapi)
    }
    assert actual == OPERATIONS


def test_every_example_validates_against_its_schema(openapi: Any) -> None:
    all_examples = list(examples(openapi))
    wrong = [
        f"{where}: {error}"
        for where, schema, value in all_examples
        for error in errors(openapi, schema, value)
    ]
    assert not wrong, "\n".join(wrong)
    assert len(all_examples) > 100, len(all_examples)


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_bodies_responses_parameters_and_headers_have_examples(
    openapi: Any, operation_id: str
) -> None:
    operation = next(op for _, _, op in operations(openapi) if op["operationId"] == operation_id)
    missing = []
    bodies = (
        [("request", deref(openapi, operation["requestBody"]))]
        if "requestBody" in operation
        else []
    )
    responses = [
        (status, deref(openapi, response)) for status, response in operation["responses"].items()
    ]
    for where, body in bodies + responses:
        assert "content" in body, where
        for media_type, media in body["content"].items():
            is_json = media_type == "application/json"
            if is_json and not (
                "schema" in media and (media.get("examples") or "example" in media)
            ):
                missing.append(f"{where} {media_type}")
    for status, response in responses:
        for name, header in response.get("headers", {}).items():
            if "example" not in deref(openapi, header):
                missing.append(f"{status} header {name}")
    for parameter in operation.get("parameters", []):
        parameter = deref(openapi, parameter)
        if "example" not in parameter:
            missing.append(f"parameter {parameter['name']}")
    assert not missing


def test_object_schemas_have_examples(openapi: Any) -> None:
    schemas = openapi["components"]["schemas"]
    assert [
        name
        for name, schema in schemas.items()
        if schema.get("type") == "object" and "examples" not in schema
    ] == []


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_responses_have_the_request_id_and_operations_the_documented_errors(
    openapi: Any, operation_id: str
) -> None:
    operation = next(op for _, _, op in operations(openapi) if op["operationId"] == operation_id)
    for status, response in operation["responses"].items():
        assert "X-Orca-Request-Id" in deref(openapi, response)["headers"], status
    assert {"401", "403", "429", "500", "502", "503", "default"} <= set(operation["responses"])
    assert "Retry-After" in deref(openapi, operation["responses"]["429"])["headers"]
    if operation_id in ("submitVideoTask", "createVideo"):
        assert {"200", "400", "402", "404", "413", "501"} <= set(operation["responses"])


def test_both_submission_operations_are_the_same(openapi: Any) -> None:
    first, second = (openapi["paths"][path]["post"] for path in ("/video/generations", "/videos"))
    assert first["requestBody"] == second["requestBody"]
    assert first["responses"] == second["responses"]


def test_links_resolve(openapi: Any) -> None:
    by_id = {op["operationId"]: op for _, _, op in operations(openapi)}
    responses = [
        deref(openapi, response)
        for _, _, op in operations(openapi)
        for response in op["responses"].values()
    ]
    links = [
        (response, link) for response in responses for link in response.get("links", {}).values()
    ]
    for response, link in links:
        target = by_id[link["operationId"]]
        names = {deref(openapi, parameter)["name"] for parameter in target["parameters"]}
        assert set(link["parameters"]) <= names
        for expression in link["parameters"].values():
            pointer = expression.removeprefix("$response.body#/").split("/")
            for example in response["content"]["application/json"]["examples"].values():
                value = example["value"]
                for part in pointer:
                    value = value[part]
                assert isinstance(value, str)
                assert value
    submission = openapi["components"]["responses"]["VideoSubmission"]
    assert {link["operationId"] for link in submission["links"].values()} == {
        "getVideoTask",
        "getVideo",
    }


def test_provenance(openapi: Any, readme: str) -> None:
    marked = [op for _, _, op in operations(openapi)] + list(
        openapi["components"]["schemas"].values()
    )
    assert [node for node in marked if "x-provenance" not in node] == []
    provenances = [node["x-provenance"] for _, node in walk(openapi) if "x-provenance" in node]
    for provenance in provenances:
        assert set(provenance) == {"source", "confidence"}
        assert provenance["source"]
        assert set(provenance["source"]) <= SOURCES
        assert provenance["confidence"] in ("high", "medium", "low")
    for word in (*SOURCES, "high", "medium", "low"):
        assert re.search(rf"^\| `{word}` \|", readme, re.MULTILINE), word


def test_descriptions(openapi: Any) -> None:
    missing = []
    for pointer, node in walk(openapi):
        if (
            pointer.rpartition("/")[0].endswith("/properties")
            and "$ref" not in node
            and "const" not in node
        ):
            missing += [pointer] if "description" not in node else []
    schemas = openapi["components"]["schemas"]
    assert missing + [name for name, schema in schemas.items() if "description" not in schema] == []


def test_every_status_value_has_a_task_state(openapi: Any) -> None:
    schemas = openapi["components"]["schemas"]
    for name in ("SubmissionStatus", "TaskStatus", "VideoStatus"):
        states = schemas[name]["x-task-states"]
        assert set(states.values()) <= {"running", "succeeded", "failed"}
        assert {word.casefold() for word in schemas[name]["anyOf"][0]["enum"]} <= set(states)
        assert all(word == word.casefold() for word in states)
    merged: dict[str, str] = {}
    for name in ("SubmissionStatus", "TaskStatus", "VideoStatus"):
        for word, state in schemas[name]["x-task-states"].items():
            assert merged.setdefault(word, state) == state, word


@pytest.mark.parametrize("status", ["queued", "IN_PROGRESS", "Half-Done"])
def test_unknown_status_values_are_valid(openapi: Any, status: str) -> None:
    assert schema_errors(openapi, "VideoTask", {"data": {"task_id": "t", "status": status}}) == []
    assert schema_errors(openapi, "Video", {"id": "t", "status": status}) == []
    assert schema_errors(openapi, "VideoSubmission", {"id": "t", "status": status}) == []


FIELDS = {
    "KlingVideoRequest": "model prompt image metadata",
    "KlingMetadata": (
        "mode aspect_ratio duration negative_prompt cfg_scale image_tail image_list video_list "
        "multi_shot shot_type multi_prompt sound watermark_info"
    ),
    "KlingImage": "image_url type",
    "KlingVideo": "video_url refer_type keep_original_sound",
    "KlingShot": "index prompt duration",
    "KlingWatermark": "enabled",
    "SeedanceVideoRequest": "model prompt metadata",
    "SeedanceMetadata": (
        "content ratio duration resolution generate_audio watermark seed service_tier "
        "return_last_frame callback_url"
    ),
    "SeedanceTextItem": "type text",
    "SeedanceImageItem": "type image_url role",
    "SeedanceVideoItem": "type video_url role",
    "SeedanceAudioItem": "type audio_url role",
    "MinimaxVideoRequest": "model prompt duration seconds size image images metadata",
    "MinimaxMetadata": (
        "first_frame_image last_frame_image video_urls video_url audio_urls audio_url ratio "
        "callback_url"
    ),
    "VideoSubmission": "id task_id object model status progress created_at",
    "VideoTask": "code message data",
    "VideoTaskData": (
        "task_id status progress result_url fail_reason action submit_time start_time finish_time "
        "created_at updated_at properties data quota"
    ),
    "Video": (
        "id task_id object model status progress created_at completed_at expires_at seconds size "
        "prompt remixed_from_video_id error usage metadata"
    ),
    "OpenAIErrorDetail": "message type code param",
    "TaskError": "code message data",
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_of_the_reference(openapi: Any, name: str) -> None:
    schema = openapi["components"]["schemas"][name]
    assert list(schema["properties"]) == FIELDS[name].split()


BODIES = ("KlingVideoRequest", "SeedanceVideoRequest", "MinimaxVideoRequest", "OtherVideoRequest")


def request_examples(document: Any) -> dict[str, Any]:
    content = document["components"]["requestBodies"]["VideoRequest"]["content"]["application/json"]
    return {name: example["value"] for name, example in content["examples"].items()}


def test_each_request_example_matches_exactly_one_schema(openapi: Any) -> None:
    for name, body in request_examples(openapi).items():
        kinds = [kind for kind in BODIES if not schema_errors(openapi, kind, body)]
        assert [kind.removesuffix("VideoRequest").lower() for kind in kinds] == [
            name.partition("_")[0]
        ]


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("kling/kling-v9", "KlingVideoRequest"),
        ("byteplus/seedance-3", "SeedanceVideoRequest"),
        ("minimax/next", "MinimaxVideoRequest"),
        ("elsewhere/model", "OtherVideoRequest"),
        ("bare-alias", "OtherVideoRequest"),
    ],
)
def test_unknown_model_matches_the_schema_of_its_prefix(
    openapi: Any, model: str, kind: str
) -> None:
    body = {"model": model, "prompt": "A kite", "metadata": {"new_key": {"deep": [1]}}}
    assert schema_errors(openapi, "VideoRequest", body) == []
    assert [name for name in BODIES if not schema_errors(openapi, name, body)] == [kind]


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": ""},
        {"prompt": " \n\t"},
        {"prompt": None},
        {"model": 3},
        {"image": 1},
        {"metadata": []},
        {"metadata": {"duration": 5}},
        {"metadata": {"duration": "5s"}},
        {"metadata": {"mode": "8k"}},
        {"metadata": {"aspect_ratio": "4:3"}},
        {"metadata": {"cfg_scale": 1.01}},
        {"metadata": {"negative_prompt": "x" * 2501}},
        {"metadata": {"sound": True}},
        {"metadata": {"multi_shot": "true"}},
        {"metadata": {"shot_type": "other"}},
        {"metadata": {"image_list": ["https://media.example.com/a.png"]}},
        {"metadata": {"watermark_info": {"enabled": "yes"}}},
    ],
)
def test_invalid_kling_requests(openapi: Any, change: dict[str, Any]) -> None:
    body = {"model": "kling/kling-v3", "prompt": "A kite"}
    assert schema_errors(openapi, "VideoRequest", body) == []
    assert schema_errors(openapi, "VideoRequest", body | change)


@pytest.mark.parametrize(
    "metadata",
    [
        {"duration": "5"},
        {"content": [{"type": "image_url", "image_url": "https://media.example.com/a.png"}]},
        {"content": [{"type": "image_url"}]},
        {"content": [{"image_url": {"url": "https://media.example.com/a.png"}}]},
        {"generate_audio": "on"},
        {"seed": 1.5},
        {"return_last_frame": 1},
    ],
)
def test_invalid_seedance_requests(openapi: Any, metadata: dict[str, Any]) -> None:
    body = {"model": "byteplus/dreamina-seedance-2-0-260128", "prompt": "A kite"}
    assert schema_errors(openapi, "VideoRequest", body) == []
    assert schema_errors(openapi, "VideoRequest", body | {"metadata": metadata})


def test_requests_that_the_reference_page_permits(openapi: Any) -> None:
    """Limits that differ per model, or that only a provider states, belong in capabilities.yaml."""
    permitted = [
        {
            "mode": "4k",
            "aspect_ratio": "9:16",
            "duration": "15",
            "negative_prompt": "x" * 2500,
            "cfg_scale": 0,
        },
        {"image_list": [{"image_url": "https://media.example.com/a.png"}] * 12, "video_list": []},
        {"multi_shot": True, "shot_type": "intelligence", "sound": "on"},
        {"multi_prompt": [{"index": i, "prompt": "x" * 600, "duration": "1"} for i in range(1, 9)]},
        {"watermark_info": {"enabled": True}, "image_tail": "data:image/png;base64,AA=="},
    ]
    for metadata in permitted:
        body = {"model": "kling/kling-v2-master", "prompt": "x" * 9000, "metadata": metadata}
        assert schema_errors(openapi, "VideoRequest", body) == []


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no", "type": "a_new_type", "code": 403, "param": None}},
        {"error": {"message": "no"}},
        {"code": "task_not_exist", "message": "no", "data": None},
        {"code": "task_not_exist", "message": "no"},
    ],
)
def test_both_error_formats(openapi: Any, body: Any) -> None:
    assert schema_errors(openapi, "ErrorBody", body) == []
    assert schema_errors(openapi, "ErrorBody", {"detail": "no"})


@pytest.mark.parametrize("path", ["/video/generations", "/videos"])
def test_the_words_of_tasks_are_those_of_the_states(openapi: Any, path: str) -> None:
    declared = openapi["paths"][path]["post"]["x-orcagen-long-running-operation"]
    states = openapi["components"]["schemas"]["TaskStatus"]["x-task-states"]
    words = {state: [*declared[state]] for state in ("pending", "succeeded", "failed", "cancelled")}
    running = [word for word, state in states.items() if state == "running"]
    assert sorted(words["pending"]) == sorted(running)
    failed = sorted(words["failed"] + words["cancelled"])
    assert failed == sorted(word for word, state in states.items() if state == "failed")
    succeeded = [word for word, state in states.items() if state == "succeeded"]
    assert sorted(words["succeeded"]) == sorted(succeeded)
    assert declared["billable"] is True
