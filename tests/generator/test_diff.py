"""`orcagen diff`: a pair of documents for each rule (`diff_pairs/`), and what holds for any pair."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orcagen.config import Config, TableSetting
from orcagen.diff import (
    Audience,
    Comparison,
    DocumentVersion,
    as_json,
    as_markdown,
    as_text,
    compare,
    levels,
)
from orcagen.diff.changes import LEVELS, PACKAGE_RULES, RULES
from orcagen.diff.package_index import PackageIndex
from orcagen.diff.type_comparison import TypeComparer
from orcagen.diff.types import Generic, LiteralValue, Members, format_members, normalize
from orcagen.pipeline import plan_version
from orcagen.plan.model import ClientOption, GenericType, ModelType, Type, TypedDictType
from orcagen.schema import ANY, ListType, LiteralType, MapType, Scalar, TupleType, UnionType
from orcagen.schema.model import NONE, STR

PAIRS = Path(__file__).parent / "diff_pairs"
ROOT = Path(__file__).parents[2]
POINTERS = {"get": "/paths/~1tasks~1{task_id}/get", "post": "/paths/~1tasks/post"}

BASE: dict[str, Any] = yaml.safe_load((PAIRS / "base.yaml").read_text(encoding="utf-8"))


@frozen
class Case:
    """Two documents, each the base with values set at JSON pointers (null removes), and the changes between them."""

    case: str
    old: dict[str, Any]
    new: dict[str, Any]
    changes: list[dict[str, str]]
    typed_dicts: bool = False

    @property
    def expected(self) -> list[tuple[str, str, str | None, str | None]]:
        """Level, message and pointers."""
        out: list[tuple[str, str, str | None, str | None]] = []
        for change in self.changes:
            level = next(k for k in LEVELS if k in change)
            sides = ("at", "at") if "at" in change else ("old", "new")
            old, new = (expand_pointer(change[k]) if k in change else None for k in sides)
            out.append((level, change[level], old, new))
        return out


def cases() -> Iterator[Any]:
    for file in sorted(PAIRS.glob("*.yaml")):
        if file.stem not in ("base", "levels"):
            for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
                entry = {"old": {}, "new": {}, "changes": [], **entry}
                yield pytest.param(Case(**entry), id=f"{file.stem}: {entry['case']}")


def expand_pointer(pointer: str) -> str:
    """A pointer from its short form, which starts with `get`, `post` or the name of a schema."""
    if not pointer or pointer.startswith("/"):
        return pointer
    first, slash, rest = pointer.partition("/")
    return POINTERS.get(first, f"/components/schemas/{first}") + slash + rest


def change(document: Any, values: dict[str, Any]) -> Any:
    """A copy of a document with values set at pointers."""
    out = copy.deepcopy(document)
    for pointer, value in values.items():
        tokens = expand_pointer(pointer).split("/")[1:]
        *path, last = (t.replace("~1", "/").replace("~0", "~") for t in tokens)
        at = out
        for token in path:
            at = at[int(token)] if isinstance(at, list) else at.setdefault(token, {})
        if isinstance(at, list):
            at[int(last) : int(last) + 1] = [] if value is None else [value]
        elif value is None:
            del at[last]
        else:
            at[last] = value
    return out


def read_version(document: Any, folder: Path, config: Config | None = None) -> DocumentVersion:
    file = folder / "api.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return plan_version(str(file), "client", config)


def compare_case(case: Case, folder: Path) -> Comparison:
    config = Config(typed_dicts=case.typed_dicts)
    old, new = (read_version(change(BASE, v), folder, config) for v in (case.old, case.new))
    return compare(old, new)


def outline(comparison: Comparison) -> list[tuple[str, str, str | None, str | None]]:
    return [(c.level, c.message, c.old, c.new) for c in comparison.changes]


@pytest.mark.parametrize("case", [*cases()])
def test_changes(case: Case, tmp_path: Path) -> None:
    assert sorted(outline(compare_case(case, tmp_path)), key=str) == sorted(case.expected, key=str)


# Levels: for callers, and on the wire


LETTERS = {"B": "breaking", "H": "behavior", "A": "additive", "D": "documentation", "N": "none"}


LEVEL_PAIRS = yaml.safe_load((PAIRS / "levels.yaml").read_text(encoding="utf-8"))


def compare_both_ways(old: Any, new: Any, folder: Path) -> list[str]:
    """The highest level from old to new for callers and on the wire, then the same from new to old."""
    a, b = (read_version(change(BASE, values), folder) for values in (old, new))
    audiences: tuple[Audience, Audience] = ("callers", "wire")
    return [
        next((c.level for c in compare(x, y, audience).changes), "none")
        for x, y in ((a, b), (b, a))
        for audience in audiences
    ]


@pytest.mark.parametrize(
    ("old", "new", "forward", "backward"), [pytest.param(*p[1:], id=p[0]) for p in LEVEL_PAIRS]
)
def test_levels(old: Any, new: Any, forward: str, backward: str, tmp_path: Path) -> None:
    expected = [LETTERS[letter] for letter in forward + backward]
    assert compare_both_ways(old, new, tmp_path) == expected


def test_every_level_has_a_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = set()

    def record(row: str, *rest: Any) -> Any:
        rows.add(row)
        return levels.find_level(row, *rest)

    monkeypatch.setattr("orcagen.diff.places.find_level", record)
    for _, old, new, _, _ in LEVEL_PAIRS:
        compare_both_ways(old, new, tmp_path)
    assert rows == levels.LEVELS_BY_ROW.keys()


# Any pair


def test_same_document_has_no_changes(tmp_path: Path) -> None:
    comparison = compare(read_version(BASE, tmp_path), read_version(BASE, tmp_path))
    assert comparison.changes == ()
    assert (comparison.breaking, comparison.step) == (False, "patch")


def reordered(value: Any) -> Any:
    """The document with all mappings reversed, and those lists whose order means nothing."""
    if isinstance(value, dict):
        return {
            k: reordered(
                v[::-1]
                if k in ("required", "enum", "type", "oneOf", "anyOf") and isinstance(v, list)
                else v
            )
            for k, v in reversed(value.items())
        }
    return [reordered(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", [PAIRS / "base.yaml", ROOT / "spec" / "openapi.yaml"], ids=str)
def test_order_of_document_means_nothing(file: Path, tmp_path: Path) -> None:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    old, new = read_version(document, tmp_path), read_version(reordered(document), tmp_path)
    assert [m.name for a in old.package.apis for m in a.functions] != [
        m.name for a in new.package.apis for m in a.functions
    ]
    assert outline(compare(old, new)) == []
    assert outline(compare(new, old)) == []


OPERATIONS = st.dictionaries(
    st.tuples(st.sampled_from(("/a", "/b", "/a/{x}", "/a/{y}")), st.sampled_from(("get", "put"))),
    st.tuples(st.sampled_from(("one", "two", "three", "four")), st.sampled_from(("t", "u"))),
    max_size=5,
)


def operations(chosen: dict[tuple[str, str], tuple[str, str]]) -> Any:
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), (name, tag) in chosen.items():
        parameters = [
            {"name": word, "in": "path", "required": True, "schema": {"type": "string"}}
            for word in re.findall(r"{(\w+)}", path)
        ]
        paths.setdefault(path, {})[method] = {
            "operationId": name,
            "tags": [tag],
            "parameters": parameters,
            "responses": {"204": {"description": "Done."}},
        }
    return {**BASE, "paths": paths, "components": {}}


@given(old=OPERATIONS, new=OPERATIONS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_functions_removed_one_way_are_added_the_other_way(
    old: Any, new: Any, tmp_path: Path
) -> None:
    a, b = read_version(operations(old), tmp_path), read_version(operations(new), tmp_path)
    forward, backward = compare(a, b).changes, compare(b, a).changes
    for one_way, other_way in ((forward, backward), (backward, forward)):
        assert {(c.owner, c.old, c.level) for c in one_way if c.rule == "function-removed"} == {
            (c.owner, c.new, "breaking")
            for c in other_way
            if c.rule == "function-added" and c.level == "additive"
        }
    functions = [sum(len(m.functions) for m in p.package.apis) for p in (a, b)]
    removed, added = (
        sum(c.rule == f"function-{verb}" for c in forward) for verb in ("removed", "added")
    )
    assert functions[0] - removed == functions[1] - added


def test_every_rule_has_a_case(tmp_path: Path) -> None:
    rules = {c.rule for case in cases() for c in compare_case(case.values[0], tmp_path).changes}
    tested_below = {"option-type", "table-added", "table-removed", "table-type", "table-data"}
    assert PACKAGE_RULES <= rules | tested_below <= RULES
    assert not rules & tested_below


def test_tables(tmp_path: Path) -> None:
    def table(name: str, data: Any, schema: str) -> DocumentVersion:
        (tmp_path / "table.json").write_text(json.dumps(data), encoding="utf-8")
        setting = TableSetting(
            tmp_path / "table.json", f"{tmp_path / 'api.json'}#/components/schemas/{schema}"
        )
        return read_version(BASE, tmp_path, Config(tables={name: setting}))

    label, error = {"text": "a"}, {"message": "a"}
    old = table("sizes", label, "Label")
    assert outline(compare(old, table("sizes", {"text": "b"}, "Label"))) == [
        ("documentation", "`tables.sizes` has other data.", "", "")
    ]
    assert outline(compare(old, table("sizes", error, "Error")))[0] == (
        ("breaking", "`tables.sizes` is now `Error`, formerly `Label`.", "", "")
    )
    assert outline(compare(old, table("models", label, "Label"))) == [
        ("breaking", "`tables.sizes` is removed.", "", None),
        ("additive", "`tables.models` is new.", None, ""),
    ]


def test_types_of_options(tmp_path: Path) -> None:
    """No document changes the type of an option without its name, so that the plans are made here."""
    plan = read_version(BASE, tmp_path)
    callable_ = GenericType("Callable", (STR,))
    options: list[Type] = [UnionType((STR, callable_)), STR]  # type: ignore[arg-type]
    packages = [
        evolve(plan.package, options=(ClientOption("key", t, "The key."),)) for t in options
    ]
    old, new = (evolve(plan, package=p) for p in packages)
    assert [(c.level, c.message) for c in compare(old, new).changes] == [
        ("breaking", "`key` of `Client` no longer accepts `Callable[[], str]`.")
    ]
    assert [(c.level, c.message) for c in compare(new, old).changes] == [
        ("additive", "`key` of `Client` also accepts `Callable[[], str]`.")
    ]


# Types

SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [
        *map(Scalar, ("str", "int", "float", "bool", "None", "Any")),
        LiteralType(("a",), None),
        LiteralType(("a", "b"), "str"),
        LiteralType((1, 2), "int"),
        LiteralType((1,), None),
        LiteralType((True,), None),
    ]
)
TYPES: st.SearchStrategy[Any] = st.recursive(
    st.lists(SCALARS, min_size=1, max_size=3).map(lambda types: UnionType(tuple(types))),
    lambda inner: (
        st.builds(lambda a, b: UnionType((MapType(a), b)), inner, inner) | inner.map(ListType)
    ),
    max_leaves=4,
)
VALUES = [
    None,
    True,
    1,
    3,
    1.5,
    "a",
    "b",
    "z",
    [],
    [1],
    [True],
    ["a", None],
    [[1.5]],
    {},
    {"k": 1},
    {"k": ["b"]},
]
SCALAR_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "None": (type(None),),
    "int": (int,),
    "float": (int, float),
}


def allows(type_: Any, value: Any) -> bool:
    """Whether a value is of a type. Numbers are as in annotations: an int is a float, a bool is neither."""
    match type_:
        case Scalar("Any"):
            return True
        case Scalar(name):
            return type(value) in SCALAR_TYPES[name]
        case LiteralType(values, open_type):
            is_listed = any(type(v) is type(value) and v == value for v in values)
            return is_listed or (open_type is not None and allows(Scalar(open_type), value))
        case ListType(item):
            return isinstance(value, list) and all(allows(item, v) for v in value)
        case MapType(item):
            return isinstance(value, dict) and all(allows(item, v) for v in value.values())
        case UnionType(members):
            return any(allows(m, value) for m in members)
    raise TypeError(type_)


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> TypeComparer:
    index = PackageIndex.build(read_version(BASE, tmp_path_factory.mktemp("types")).package)
    return TypeComparer(index, index, {})


@given(old=TYPES, new=TYPES)
@settings(max_examples=300, deadline=None)
def test_changes_that_are_not_breaking_break_nothing(
    types: TypeComparer, old: Any, new: Any
) -> None:
    as_input, as_output = types.compare_as_input(old, new), types.compare_as_output(old, new)
    if as_input is None or as_input.level != "breaking":
        assert [v for v in VALUES if allows(old, v) and not allows(new, v)] == []
    if as_output is None or as_output.level != "breaking":
        assert [v for v in VALUES if allows(new, v) and not allows(old, v)] == []
    if normalize(old) == normalize(new):
        assert as_input is None
        assert as_output is None
    if "Literal" not in repr((old, new)) and "Any" not in repr((old, new)):
        reverse = types.compare_as_output(new, old)
        assert (as_input is None or as_input.level) == (reverse is None or reverse.level)


def test_true_and_1_are_different_values(types: TypeComparer) -> None:
    number, boolean = LiteralType((1,), None), LiteralType((True,), None)
    for old, new, text in ((number, boolean, "True"), (boolean, number, "1")):
        change = types.compare_as_output(old, new)
        assert change is not None
        assert change.predicate.startswith(f"is now `Literal[{text}]`, formerly")
        assert types.compare_as_output(ListType(old), ListType(new)) is not None
    assert len(normalize(LiteralType((1, True), None))) == 2


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (UnionType((NONE, STR)), "str | None"),
        (ListType(MapType(UnionType((Scalar("int"), STR)))), "list[dict[str, int | str]]"),
        (LiteralType(("b", "a, ]|"), "str"), 'Literal["a, ]|", "b"] | str'),
        (LiteralType((True, 1, -1), "int"), "Literal[-1, 1, True] | int"),
        (LiteralType(("it's", '"'), "str"), "Literal[\"it's\", '\"'] | str"),
        (UnionType((ModelType("B"), TypedDictType("ADict"), NONE)), "ADict | B | None"),  # type: ignore[arg-type]
        (TupleType((Scalar("int"), STR), ANY), "tuple[int, str, *tuple[Any, ...]]"),
        (UnionType((Scalar("dt.datetime"), Scalar("UUID"))), "UUID | dt.datetime"),
        (GenericType("Callable", (Scalar("int"), STR)), "Callable[[int], str]"),
        (GenericType("Mapping", (STR, ANY)), "Mapping[str, Any]"),
    ],
)
def test_types_are_shown_in_one_order(type_: Type, text: str) -> None:
    assert format_members(normalize(type_)) == text


def test_order_of_members_means_nothing() -> None:
    members: list[Any] = [STR, LiteralType(("a", "b"), None), ListType(UnionType((STR, NONE)))]
    same: list[Any] = [ListType(UnionType((NONE, STR))), LiteralType(("b", "a"), None), STR]
    expected: Members = frozenset(
        (
            STR,
            LiteralValue("str", "a"),
            LiteralValue("str", "b"),
            Generic("list", (frozenset((STR, NONE)),)),
        )
    )
    assert normalize(UnionType(tuple(members))) == normalize(UnionType(tuple(same))) == expected


# Reports


REMOVED = {
    "/paths/~1tasks~1{task_id}": None,
    "Task/properties/seconds": {"type": ["integer", "null"]},
}
ADDED = {"/paths/~1jobs/get": {"operationId": "list_jobs", "tags": ["jobs"], "responses": {"200": {
    "description": "All.", "content": {"application/json": {"schema": {
        "type": "object", "properties": {"id": {"type": "string"}}}}}}}}}  # fmt: skip
BOTH = {**REMOVED, **ADDED, "/info/version": "2", "TaskRequest/properties/prompt/maxLength": 600,
        "Task/description": "A task.", "Label/properties/text/description": "What it says.",
        "Error/description": "An error."}  # fmt: skip


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    return compare(read_version(BASE, tmp_path), read_version(change(BASE, BOTH), tmp_path))


def test_markdown(comparison: Comparison) -> None:
    assert as_markdown(comparison) == (PAIRS / "comparison.md").read_text(encoding="utf-8")


def test_text(comparison: Comparison) -> None:
    assert as_text(comparison) == (PAIRS / "comparison.txt").read_text(encoding="utf-8")


def test_json(comparison: Comparison) -> None:
    data = as_json(comparison)
    assert json.loads(json.dumps(data)) == data
    assert (data["title"], data["old"], data["new"]) == ("Video API", "1", "2")
    assert (data["breaking"], data["step"]) == (True, "major")
    assert data["counts"] == {"breaking": 2, "behavior": 0, "additive": 3, "documentation": 3}
    assert data["changes"][0] == {
        "level": "breaking",
        "rule": "function-removed",
        "message": "`video.get_task(task_id)` is removed (`GET /tasks/{task_id}`).",
        "name": "client.api.video.get_task",
        "old": "/paths/~1tasks~1{task_id}/get",
        "new": None,
    }
    assert [c["name"] for c in data["changes"]] == [
        "client.api.video.get_task",
        "client.models.Task.seconds",
        "client.api.jobs.list_jobs",
        "client.models.ListJobsResponse",
        "client.models.TaskRequest.prompt",
        "client.models.Error",
        "client.models.Label.text",
        "client.models.Task",
    ]


def test_reports_without_changes(tmp_path: Path) -> None:
    comparison = compare(read_version(BASE, tmp_path), read_version(BASE, tmp_path))
    assert as_text(comparison) == "Video API, 1 to 1: no change for callers.\n"
    assert as_markdown(comparison) == "## Video API, 1 to 1\n\nNo change for callers.\n"
    assert as_json(comparison)["changes"] == []


def test_common_changes_share_an_entry(tmp_path: Path) -> None:
    names = [f"Thing{i:02}" for i in range(20)]
    old = change(
        BASE, {n: {"type": "object", "properties": {"a": {"type": "string"}}} for n in names}
    )
    new = change(old, {f"{n}/properties/{p}": {"type": "integer"} for n in names for p in "bc"})
    lines = as_markdown(
        compare(read_version(old, tmp_path), read_version(new, tmp_path))
    ).splitlines()
    first = ", ".join(f"`{n}`" for n in names[:12])
    assert lines[-1] == f"- {first} and 8 more: `b`, `c` are new fields of type `int`"
    # Breaking changes are listed in full.
    lines = as_markdown(
        compare(read_version(new, tmp_path), read_version(old, tmp_path))
    ).splitlines()
    assert lines[-1] == f"- {', '.join(f'`{n}`' for n in names)}: `b`, `c` are removed"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ({"enum": ["x", "y"]}, {"enum": ["x", "z"]},
         "`a`, `b` no longer list the value `\"y\"` and also list the value `\"z\"`"),
        ({"type": "string"}, {"type": "integer"}, "`a`, `b` now accept `int`, formerly `str`"),
        ({"maximum": 2}, {"maximum": 1}, "`a`, `b` have the limit `maximum=1`, formerly `2`"),
    ],
)  # fmt: skip
def test_markdown_uses_the_plural(old: Any, new: Any, line: str, tmp_path: Path) -> None:
    versions = [
        read_version(change(BASE, {f"TaskRequest/properties/{p}": v for p in "ab"}), tmp_path)
        for v in (old, new)
    ]
    assert (
        as_markdown(compare(versions[0], versions[1])).splitlines()[-1]
        == f"- `TaskRequest`: {line}"
    )
