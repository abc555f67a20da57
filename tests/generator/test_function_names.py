"""Names of functions: short where the operationId repeats its path, method or tag; harmless; stable."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import Workshop, document, save

from orcagen.config import Config
from orcagen.pipeline import make_plan

Line = tuple[str, str, str]  # tag, method and path, operationId


def _document(*operations: Line) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for tag, line, id_ in operations:
        method, path = line.split()
        operation: dict[str, Any] = {"responses": {"200": {"description": ""}}}
        operation |= {"tags": [tag]} if tag else {}
        operation |= {"operationId": id_} if id_ else {}
        paths.setdefault(path, {})[method.lower()] = operation
    return document({"paths": paths})


@pytest.fixture
def name(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The names of operations in a document of their own, by their operationIds."""
    folder = tmp_path_factory.mktemp("names")

    def names(*operations: Line, config: Config | None = None) -> dict[str, str]:
        plan = make_plan(str(save(folder, _document(*operations))), "p", config).package
        by_line = {f"{f.method} {f.path_template}": f.name for a in plan.apis for f in a.functions}
        assert len(by_line) == len(operations)
        return {id_ or line: by_line[line] for _, line, id_ in operations}

    return names


@pytest.mark.parametrize(
    ("tag", "line", "id_", "expected"),
    [
        # The path and a method behind it
        ("", "GET /items/{item_id}", "read_item_items__item_id__get", "read_item"),
        ("", "GET /v1/all-items", "listItems_v1_allItems_get", "list_items"),
        ("", "POST /both", "take_both_both_get", "take_both"),  # of a function for two methods
        ("", "GET /me", "me_me_get", "me"),
        ("", "POST /auth/token/", "token_auth_token__post", "token"),
        ("", "GET /", "root__get", "root"),
        ("", "GET /{id}", "show__id__get", "show"),
        ("pets", "POST /pets", "create_pets_post", "create"),
        ("pets", "POST /api/pets/", "create_api_pets__post", "create"),
        # One word that neither the tag nor the path explains
        ("", "POST /pets", "create_pets_post", "create_pets"),
        ("pets", "POST /pets/{id}/photos", "create_pets__id__photos_post", "create_pets_id_photos"),
        ("", "GET /items", "items_get", "items_get"),
        ("", "GET /", "do_get", "do_get"),
        # The path in front
        ("", "GET /items/{item_id}", "ItemsItemIdGetItem", "get_item"),
        ("", "GET /userItems/{userId}", "UseritemsUseridShowOne", "show_one"),
        ("", "GET /me", "MeMe", "me"),
        ("", "POST /pets", "PetsCreate", "pets_create"),
        ("pets", "POST /pets", "PetsCreate", "create"),
        ("", "POST /pets", "pets_create_one", "pets_create_one"),
        # A module of Python in front
        ("", "GET /items/{item_id}", "app.get_item", "get_item"),
        ("", "GET /health", "shop.api.health", "health"),
        ("", "GET /pets", "app.search", "app_search"),
        ("pets", "GET /find", "api.pets.search", "search"),
        ("pets", "GET /find", "api.pets.pets_search", "search"),
        ("", "GET /pets", "users.GetCalendar", "users_get_calendar"),
        # The tag in front
        ("repos", "GET /repos/{owner}", "repos/get", "get"),
        ("pull requests", "GET /a", "pull-requests/list-commits", "list_commits"),
        ("PullRequests", "GET /a", "pullRequests_close", "close"),
        ("chat", "POST /chat.postMessage", "chat.postMessage", "post_message"),
        ("container", "POST /a", "ContainerStop", "stop"),
        ("items", "GET /items", "items-read_items", "read_items"),
        ("cats", "GET /cats/{id}", "CatsController_findOne", "find_one"),
        ("pets", "GET /items", "pets_update_items_get", "update"),
        # No tag in front
        ("repos", "GET /a", "reposition", "reposition"),
        ("repos", "GET /a", "repos-old/get", "repos_old_get"),
        ("repos", "GET /a", "repos", "repos"),
        ("", "GET /a", "default_get", "default_get"),
        ("pets", "GET /a", "list_pets", "list_pets"),
        # Nothing has to be done about a short name
        ("pets", "GET /pets", "pets_list", "pets_list"),
        ("pets", "GET /pets", "pets_import", "pets_import"),
        ("pets", "GET /pets", "pets/models", "pets_models"),
        ("pets", "GET /pets", "pets-2x", "pets_2x"),
        ("pets", "GET /pets", "pets_", "pets"),
        ("", "GET /pets", "list_pets_get", "list_pets"),
        ("", "GET /pets", "json_body_pets_get", "json_body_pets"),
        # Without an operationId
        ("users", "GET /users/{user-id}", "", "get_users_user_id"),
    ],
)  # fmt: skip
def test_an_operation_id_without_what_it_repeats(
    name: Any, tag: str, line: str, id_: str, expected: str
) -> None:
    assert name((tag, line, id_)) == {id_ or line: expected}


def test_the_short_name_that_two_operations_share_is_that_of_neither(name: Any) -> None:
    assert name(("", "GET /a", "list_a_get"), ("", "POST /a", "list_a_post")) == {
        "list_a_get": "list_a_get",
        "list_a_post": "list_a_post",
    }
    assert name(
        ("", "GET /a/b", "get_same_a_b_get"),
        ("", "GET /a/c", "get_same_a_c_get"),
        ("", "GET /a/d", "get_other_a_d_get"),
        ("", "GET /a/e", "get_other"),
        ("", "GET /a/f", "get_third_a_f_get"),
        ("elsewhere", "GET /a/g", "get_third_a_g_get"),
    ) == {
        "get_same_a_b_get": "get_same_a_b_get",
        "get_same_a_c_get": "get_same_a_c_get",
        "get_other_a_d_get": "get_other_a_d_get",
        "get_other": "get_other",
        "get_third_a_f_get": "get_third",
        "get_third_a_g_get": "get_third",
    }


def test_what_falls_back_takes_no_name_away(name: Any) -> None:
    """`repos/get` is `get` or `repos_get`, so `repos/repos/get` is not `repos_get` in either case."""
    pair = [("repos", "GET /a", "repos/get"), ("repos", "GET /b", "repos/repos/get")]
    assert name(*pair) == {"repos/get": "get", "repos/repos/get": "repos_repos_get"}
    assert name(*pair, ("repos", "GET /c", "get")) == {
        "repos/get": "repos_get",
        "repos/repos/get": "repos_repos_get",
        "get": "get",
    }


def test_equal_full_names_are_told_apart_in_a_module(name: Any) -> None:
    given_names = name(
        ("one", "GET /a", "list-things"),
        ("one", "GET /b", "list_things"),
        ("two", "GET /c", "listThings"),
    )
    assert given_names["list_things"] == given_names["listThings"] == "list_things"
    assert given_names["list-things"].startswith("list_things_")


def test_a_chosen_name_is_given(name: Any) -> None:
    config = Config(names={"/paths/~1a/get": "fetch", "/paths/~1b/get": "pets_get"})
    operations = [("pets", "GET /a", "pets_get"), ("pets", "GET /b", "x"), ("pets", "GET /c", "pets_fetch")]  # fmt: skip
    assert name(*operations, config=config) == {
        "pets_get": "fetch",
        "x": "pets_get",
        "pets_fetch": "pets_fetch",
    }


WORDS = ["get", "pets", "list", "repos", "item"]
IDS = sorted(
    {
        separator.join(parts)
        for n in (1, 2, 3)
        for parts in itertools.product(WORDS[:4], repeat=n)
        for separator in "/_."
    }
    | {f"{word}_item_{number}_get" for word in WORDS for number in range(9)}
)


@settings(max_examples=150)
@given(ids=st.lists(st.sampled_from(IDS), min_size=2, max_size=7, unique=True))
def test_an_operation_that_is_added_renames_only_its_namesakes(
    ids: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()

    def names(chosen: list[str]) -> dict[str, str]:
        content = _document(*(("pets", f"GET /item/{ids.index(i)}", i) for i in chosen))
        (api,) = make_plan(str(save(folder, content)), "p").package.apis
        given_names = {f.path_template: f.name for f in api.functions}
        assert len(set(given_names.values())) == len(chosen)
        return {i: given_names[f"/item/{ids.index(i)}"] for i in chosen}

    *before, added = ids
    old, new, alone = names(before), names(ids), names([added])
    assert names(ids[::-1]) == new
    own = {alone[added], added.replace("/", "_").replace(".", "_")}
    for id_ in before:
        assert new[id_] == old[id_] or old[id_] in own
        assert new[id_] not in {name for other, name in old.items() if other != id_}


def test_tags_that_differ_in_case_or_signs_share_a_module(workshop: Workshop) -> None:
    """So that a tag that is added moves no function to another module."""
    operations = [("Pet Store", "GET /a", "get_a"), ("pet-store", "GET /b", "get_b"), ("petStore", "GET /c", "get_c")]  # fmt: skip
    package = workshop(_document(*operations))
    (api,) = package.made.package.apis
    assert (api.name, {f.name for f in api.functions}) == ("pet_store", {"get_a", "get_b", "get_c"})
    assert package.api("pet_store").get_b().path == "/b"


def test_schemas_inside_an_operation_keep_the_tag(workshop: Workshop) -> None:
    """Models of all tags are in one place, where `GetResponse` would say too little."""
    content = _document(("pets", "GET /pets", "pets/get"), ("cats", "GET /cats", "cats/get"))
    for path in content["paths"].values():
        inner = {"type": "object", "properties": {"a": {"type": "string"}}}
        path["get"]["responses"]["200"]["content"] = {"application/json": {"schema": inner}}
    package = workshop(content)
    assert {c.symbol for m in package.made.package.models for c in m.classes} == {
        "PetsGetResponse",
        "CatsGetResponse",
    }


NAMED = "list_items create_item read_item update_item delete_item upload_photo download_photo"
GENERIC = "items_list create retrieve update destroy photo_update photo_retrieve"


@pytest.mark.parametrize(
    ("framework", "others", "items"),
    [
        ("fastapi", "default.health default.me default.login", NAMED),
        ("litestar", "default.health default.me default.login", NAMED),
        ("connexion", "default.health default.me default.login", NAMED),
        ("drf_spectacular", "health.retrieve me.retrieve login.create", GENERIC),
    ],
)
def test_documents_of_web_frameworks(
    workshop: Workshop, framework: str, others: str, items: str
) -> None:
    """The documents of benchmarks/conformance/apps/, as the frameworks make them."""
    file = Path(__file__).parent / f"documents/frameworks/{framework}.json"
    package = workshop({}, file=file)
    functions = {f"{a.name}.{f.name}" for a in package.made.package.apis for f in a.functions}
    assert functions == {*others.split(), *(f"items.{name}" for name in items.split())}
    assert package.messages == []
    create = "create" if items == GENERIC else "create_item"
    call = getattr(package.api("items"), create)(body={"name": "tea", "price": 2.5, "tags": ["a"]})
    assert call.body.content == b'{"name":"tea","price":2.5,"tags":["a"]}'
