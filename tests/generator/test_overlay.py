"""OpenAPI Overlay 1.0 and 1.1: what actions do to a document, and what is said of those that cannot be applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orcagen.config import Config
from orcagen.diagnostics import Diagnostics, InputError
from orcagen.pipeline import make_plan
from orcagen.source.overlay import apply

DOCUMENT: dict[str, Any] = {
    "info": {"title": "Zoo", "summary": None},
    "servers": [{"url": "/a"}, {"url": "/b"}, {"url": "/c", "old": True, "x": 1}],
    "schemas": {
        "Cat": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "Dog": {"type": "object", "required": ["bark"], "x": 1, "old": True},
        "Empty": {},
    },
}


def run(version: str, *actions: dict[str, Any], document: Any = DOCUMENT) -> Any:
    """The document after some actions; nothing may be reported."""
    value, diagnostics = run_with_diagnostics(version, *actions, document=document)
    assert diagnostics == []
    return value


def run_with_diagnostics(
    version: str, *actions: dict[str, Any], document: Any = DOCUMENT
) -> tuple[Any, list[tuple[str, str, str]]]:
    before = json.dumps(document)
    diagnostics = Diagnostics(lambda _, pointers: dict.fromkeys(pointers, 7))
    overlay = {"overlay": version, "info": {"title": "o", "version": "1"}, "actions": list(actions)}
    value = apply(document, overlay, "o.yaml", diagnostics)
    assert json.dumps(document) == before
    return value, [(d.pointer, d.message, d.action) for d in diagnostics.collect()]


BOTH = pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.1.0", "1.1"])


@BOTH
@pytest.mark.parametrize(
    "target",
    [
        "$.servers[?@.old == true, ?@.x == 1]",
        "$.servers[2, -1, 2]",
        "$.servers[2]",
    ],
)
def test_a_node_selected_twice_is_removed_once(version: str, target: str) -> None:
    value = run(version, {"target": target, "remove": True})
    assert value["servers"] == DOCUMENT["servers"][:2]


@BOTH
def test_a_property_selected_twice_is_removed_once(version: str) -> None:
    action = {"target": "$.schemas[?@.old == true, ?@.x == 1]", "remove": True}
    assert [*run(version, action)["schemas"]] == ["Cat", "Empty"]
    # What is inside another target goes with it.
    assert run(version, {"target": "$.schemas..*", "remove": True})["schemas"] == {}
    assert (
        run(version, {"target": "$.servers[0, 1]", "remove": True})["servers"]
        == (DOCUMENT["servers"][2:])
    )


@BOTH
def test_a_node_selected_twice_is_updated_once(version: str) -> None:
    action = {"target": "$.schemas.Cat['required', 'required']", "update": "age"}
    assert run(version, action)["schemas"]["Cat"]["required"] == ["name", "age"]


def test_an_update_of_an_array_appends_one_entry_in_1_0() -> None:
    action = {"target": "$.schemas.Cat.required", "update": ["age", "legs"]}
    assert run("1.0.0", action)["schemas"]["Cat"]["required"] == ["name", ["age", "legs"]]
    assert run("1.1.0", action)["schemas"]["Cat"]["required"] == ["name", "age", "legs"]


@BOTH
def test_an_entry_is_appended_to_an_array(version: str) -> None:
    entry = {"url": "/d"}
    value = run(version, {"target": "$.servers", "update": entry})
    assert value["servers"] == [*DOCUMENT["servers"], entry]


@BOTH
def test_objects_are_merged_key_by_key(version: str) -> None:
    update = {"properties": {"age": {"type": "integer"}}, "required": ["age"], "type": "array"}
    cat = run(version, {"target": "$.schemas.Cat", "update": update})["schemas"]["Cat"]
    assert cat == {
        "type": "array",
        "required": ["name", "age"],
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    }


def test_a_primitive_target_is_replaced() -> None:
    title, null = (
        {"target": "$.info.title", "update": "Park"},
        {"target": "$.info.title", "update": None},
    )
    assert run("1.1.0", title)["info"]["title"] == "Park"
    assert run("1.1.0", null)["info"]["title"] is None
    assert run("1.1.0", {"target": "$.info.summary", "update": "s"})["info"]["summary"] == "s"
    value, diagnostics = run_with_diagnostics("1.0.0", title)
    assert value["info"]["title"] == "Park"
    ((pointer, message, _),) = diagnostics
    assert pointer == "/actions/0"
    assert "primitive value" in message


def test_copy_merges_the_node_that_it_selects() -> None:
    action = {"target": "$.schemas.Empty", "copy": "$.schemas.Cat"}
    value = run("1.1.0", action, {"target": "$.schemas.Cat.properties.name", "remove": True})
    assert value["schemas"]["Empty"] == DOCUMENT["schemas"]["Cat"]
    assert value["schemas"]["Cat"]["properties"] == {}
    value = run("1.1.0", {"target": "$.schemas.Dog.required", "copy": "$.schemas.Cat.required"})
    assert value["schemas"]["Dog"]["required"] == ["bark", "name"]
    value = run("1.1.0", {"target": "$.info.title", "copy": "$.servers[0].url"})
    assert value["info"]["title"] == "/a"


def test_an_action_sees_what_the_ones_before_it_did() -> None:
    value = run(
        "1.1.0",
        {"target": "$.schemas", "update": {"Lion": {}}},
        {"target": "$.schemas.Lion", "copy": "$.schemas.Cat"},
        {"target": "$.schemas.Cat", "remove": True},
    )
    assert value["schemas"]["Lion"] == DOCUMENT["schemas"]["Cat"]
    assert "Cat" not in value["schemas"]


def test_remove_comes_before_copy_and_copy_before_update() -> None:
    everything = {"target": "$.schemas.Dog", "copy": "$.schemas.Cat", "update": {"y": 1}}
    assert run("1.1.0", everything)["schemas"]["Dog"]["required"] == ["bark", "name"]
    assert "Dog" not in run("1.1.0", {**everything, "remove": True})["schemas"]


@BOTH
def test_a_target_that_selects_nothing_is_reported(version: str) -> None:
    value, diagnostics = run_with_diagnostics(
        version, {"target": "$.info.title", "remove": True}, {"target": "$.x", "update": {}}
    )
    assert "title" not in value["info"]
    assert diagnostics == [("/actions/1", "the target '$.x' selects nothing", "no change made")]


def test_a_copy_to_nothing_is_reported() -> None:
    value, diagnostics = run_with_diagnostics("1.1.0", {"target": "$.x", "copy": "$.y"})
    assert value == DOCUMENT
    assert diagnostics == [("/actions/0", "the target '$.x' selects nothing", "no change made")]


@pytest.mark.parametrize(
    ("version", "action", "message"),
    [
        ("1.1.0", {"target": "$.info", "update": ["a"]}, "merges an array into an object at $['info']"),
        ("1.1.0", {"target": "$.info", "update": "a"}, "merges a primitive value into an object"),
        ("1.0.0", {"target": "$.info", "update": "a"}, "merges a primitive value into an object"),
        ("1.1.0", {"target": "$.info.title", "update": {}}, "merges an object into a primitive value"),
        ("1.1.0", {"target": "$.info.title", "update": []}, "merges an array into a primitive value"),
        ("1.1.0", {"target": "$", "update": {"info": {"title": {}}}},
         "merges an object into a primitive value at $['info']['title']"),
        ("1.1.0", {"target": "$", "update": {"info": {"summary": {}}}}, "into a primitive value"),
        ("1.1.0", {"target": "$", "update": {"servers": {}}}, "merges an object into an array"),
        ("1.1.0", {"target": "$.schemas.Cat", "update": {"required": "a"}}, "into an array"),
        ("1.1.0", {"target": "$[*]", "update": {}}, "selects an array and an object"),
        ("1.1.0", {"target": "$.info", "copy": "$.servers[*]"}, "selects 3 nodes"),
        ("1.1.0", {"target": "$.info", "copy": "$.nothing"}, "selects 0 nodes"),
        ("1.1.0", {"target": "$.info", "copy": "$["}, "which is not a JSONPath"),
        ("1.1.0", {"target": "$.info", "copy": "$.servers"}, "merges an array into an object"),
        ("1.0.0", {"target": "$.info", "copy": "$.servers"}, "a field of Overlay 1.1"),
        ("1.1.0", {"target": "$.info"}, "one of `copy`"),
        ("1.1.0", {"target": "$.info", "remove": False}, "one of `copy`"),
    ],
)  # fmt: skip
def test_an_action_that_cannot_be_applied_is_an_error(
    version: str, action: dict[str, Any], message: str
) -> None:
    first = {"target": "$.info", "update": {"x": 1}}
    with pytest.raises(InputError) as caught:
        run(version, first, action)
    text = str(caught.value)
    assert text.startswith(f"o.yaml:7: action 2 (target {action['target']!r}) ")
    assert message in text


def test_in_1_0_an_update_replaces_a_value_of_another_kind() -> None:
    value = run("1.0.0", {"target": "$", "update": {"info": {"title": {"a": 1}}, "servers": {}}})
    assert value["info"]["title"] == {"a": 1}
    assert value["servers"] == {}


@pytest.mark.parametrize("version", ["1.2.0", "1.10.0", "2.0.0", "0.9", 3, ""])
def test_other_versions_are_refused_by_name(version: Any) -> None:
    with pytest.raises(
        InputError, match=r"o\.yaml: is OpenAPI Overlay '.*'; versions 1\.0 and"
    ) as e:
        run(version, {"target": "$.info", "update": {}})
    assert repr(str(version)) in str(e.value)


@pytest.mark.parametrize("overlay", [[], {}, {"actions": []}, {"overlay": "1.1.0"}, None])
def test_what_is_no_overlay_is_refused(overlay: Any) -> None:
    with pytest.raises(InputError, match="is not an OpenAPI Overlay: it needs"):
        apply({}, overlay, "o.yaml", Diagnostics(lambda *_: {}))


def test_an_error_names_the_line_of_the_action(tmp_path: Path) -> None:
    document, overlay = tmp_path / "api.yaml", tmp_path / "o.yaml"
    document.write_text("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n")
    overlay.write_text(
        "overlay: 1.1.0\nactions:\n- {target: $.info, update: {x: 1}}\n- target: $.info\n  update: 1\n"
    )
    with pytest.raises(InputError) as caught:
        make_plan(str(document), "client", Config(overlays=(overlay,)))
    assert str(caught.value).startswith(f"{overlay}:4: action 2 (target '$.info') merges")
