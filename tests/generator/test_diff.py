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
from orcagen.diff import Comparison, as_json, as_markdown, as_text, compare
from orcagen.diff.about import About
from orcagen.diff.annotations import Box, Type, Value, Word, parse, show, words
from orcagen.diff.findings import RULES
from orcagen.diff.index import Index
from orcagen.diff.types import Types
from orcagen.pipeline import make_plan
from orcagen.plan.model import Option, Package

PAIRS = Path(__file__).parent / "diff_pairs"
ROOT = Path(__file__).parents[2]
PLACES = {"get": "/paths/~1tasks~1{task_id}/get", "post": "/paths/~1tasks/post"}

BASE: dict[str, Any] = yaml.safe_load((PAIRS / "base.yaml").read_text(encoding="utf-8"))


@frozen
class Case:
    """Two documents, each the base with values set at JSON pointers (null removes), and what `compare` finds."""

    rule: str
    old: dict[str, Any]
    new: dict[str, Any]
    findings: list[dict[str, str]]
    typed_dicts: bool = False

    @property
    def expected(self) -> list[tuple[str, str, str | None, str | None]]:
        """Level, sentence and pointers."""
        out = []
        for f in self.findings:
            level = next(k for k in ("breaking", "additive", "documentation") if k in f)
            sides = [whole(f[k]) if k in f else None for k in ("old", "new")]
            out.append((level, f[level], *([whole(f["at"])] * 2 if "at" in f else sides)))
        return out


def cases() -> Iterator[Any]:
    for file in sorted(PAIRS.glob("*.yaml")):
        if file.stem != "base":
            for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
                entry = {"old": {}, "new": {}, "findings": [], **entry}
                yield pytest.param(Case(**entry), id=f"{file.stem}: {entry['rule']}")


def whole(place: str) -> str:
    """A pointer from its short form: `get/...`, `post/...` or the name of a schema first."""
    if not place or place.startswith("/"):
        return place
    first, slash, rest = place.partition("/")
    return PLACES.get(first, f"/components/schemas/{first}") + slash + rest


def changed(document: Any, values: dict[str, Any]) -> Any:
    """A copy of a document with values set at pointers."""
    out = copy.deepcopy(document)
    for place, value in values.items():
        *path, last = (t.replace("~1", "/").replace("~0", "~") for t in whole(place).split("/")[1:])
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


def planned(document: Any, folder: Path, config: Config | None = None) -> Package:
    file = folder / "api.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return make_plan(str(file), "client", config).package


def compared(case: Case, folder: Path) -> Comparison:
    config = Config(typed_dicts=case.typed_dicts)
    old, new = (planned(changed(BASE, v), folder, config) for v in (case.old, case.new))
    return compare(old, new)


def found(comparison: Comparison) -> list[tuple[str, str, str | None, str | None]]:
    return [(f.level, f.what, f.old, f.new) for f in comparison.findings]


@pytest.mark.parametrize("case", [*cases()])
def test_rule(case: Case, tmp_path: Path) -> None:
    assert sorted(found(compared(case, tmp_path)), key=str) == sorted(case.expected, key=str)


# any pair


def test_the_same_document_gives_nothing(tmp_path: Path) -> None:
    comparison = compare(planned(BASE, tmp_path), planned(BASE, tmp_path))
    assert comparison.findings == ()
    assert (comparison.breaking, comparison.step) == (False, "patch")


def reordered(value: Any) -> Any:
    """The same document with all mappings the other way round, and the lists whose order means nothing."""
    if isinstance(value, dict):
        return {
            k: reordered(v[::-1] if k in ("required", "enum") and isinstance(v, list) else v)
            for k, v in reversed(value.items())
        }
    return [reordered(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", [PAIRS / "base.yaml", ROOT / "spec" / "openapi.yaml"], ids=str)
def test_order_means_nothing(file: Path, tmp_path: Path) -> None:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    old, new = planned(document, tmp_path), planned(reordered(document), tmp_path)
    assert [m.name for a in old.apis for m in a.functions] != [
        m.name for a in new.apis for m in a.functions
    ]
    assert found(compare(old, new)) == []
    assert found(compare(new, old)) == []


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
def test_what_one_way_removes_the_other_way_adds(old: Any, new: Any, tmp_path: Path) -> None:
    a, b = planned(operations(old), tmp_path), planned(operations(new), tmp_path)
    there, back = compare(a, b).findings, compare(b, a).findings
    for removed, added in ((there, back), (back, there)):
        assert {(f.owner, f.old, f.level) for f in removed if f.rule == "function-removed"} == {
            (f.owner, f.new, "breaking")
            for f in added
            if f.rule == "function-added" and f.level == "additive"
        }
    functions = [sum(len(m.functions) for m in p.apis) for p in (a, b)]
    gone, came = (sum(f.rule == f"function-{r}" for f in there) for r in ("removed", "added"))
    assert functions[0] - gone == functions[1] - came


def test_every_rule_is_met(tmp_path: Path) -> None:
    met = {f.rule for c in cases() for f in compared(c.values[0], tmp_path).findings}
    others = {"argument-limit", "argument-default", "option-type"}
    others |= {"table-added", "table-removed", "table-type", "table-data"}
    assert met | others == RULES
    assert not met & others


def test_tables(tmp_path: Path) -> None:
    def table(name: str, data: Any, schema: str) -> Package:
        (tmp_path / "table.json").write_text(json.dumps(data), encoding="utf-8")
        setting = TableSetting(
            tmp_path / "table.json", f"{tmp_path / 'api.json'}#/components/schemas/{schema}"
        )
        return planned(BASE, tmp_path, Config(tables={name: setting}))

    label, error = {"text": "a"}, {"message": "a"}
    old = table("sizes", label, "Label")
    assert found(compare(old, table("sizes", {"text": "b"}, "Label"))) == [
        ("documentation", "`tables.sizes` holds other data.", "", "")
    ]
    assert found(compare(old, table("sizes", error, "Error")))[0] == (
        ("breaking", "`tables.sizes` is now `Error`, formerly `Label`.", "", "")
    )
    assert found(compare(old, table("models", label, "Label"))) == [
        ("breaking", "`tables.sizes` is removed.", "", None),
        ("additive", "`tables.models` is new.", None, ""),
    ]


def test_limits_and_defaults_of_arguments_and_types_of_options(tmp_path: Path) -> None:
    """What documents cannot say to the plan today, said to the plan."""

    def package(about: str, annotation: str) -> Package:
        made = planned(BASE, tmp_path)
        api = made.apis[0]
        functions = tuple(
            evolve(
                f,
                arguments=tuple(
                    evolve(a, description=about) for a in f.arguments if a.name == "page"
                ),
            )
            for f in api.functions
        )
        return evolve(
            made,
            apis=(evolve(api, functions=functions),),
            options=(Option("key", annotation, "The key."),),
        )

    old = package("From 1. (maximum=100) Default: 1.", "str | Callable[[], str]")
    new = package("From 1. (maximum=50) Default: 2.", "str")
    assert [(f.level, f.what) for f in compare(old, new).findings] == [
        ("breaking", "`page` of `video.get_task()` has the limit `maximum=50`, formerly `100`."),
        ("breaking", "`key` of `Client` no longer takes `Callable[[], str]`."),
        ("documentation", "`page` of `video.get_task()` defaults to `2`, formerly to `1`."),
    ]


# types


SCALARS = st.sampled_from(
    [
        "str",
        "int",
        "float",
        "bool",
        "None",
        "Any",
        'Literal["a"]',
        'Literal["a", "b"] | str',
        "Literal[1, 2] | int",
    ]
)
TYPES = st.recursive(
    st.lists(SCALARS, min_size=1, max_size=3).map(" | ".join),
    lambda inner: (
        st.builds(
            "{}[{}{}] | {}".format,
            st.just("dict"),
            st.just("str, "),
            inner,
            inner,
        )
        | inner.map("list[{}]".format)
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
    ["a", None],
    [[1.5]],
    {},
    {"k": 1},
    {"k": ["b"]},
]


def admits(type_: Type, value: Any) -> bool:
    """Whether a value is of a type, read without the code under test. Numbers are as in annotations."""
    for member in type_:
        if (
            isinstance(member, Value)
            and type(value) is not bool
            and repr(value).replace("'", '"') == member.text
        ):
            return True
        if isinstance(member, Box) and member.name == "list" and isinstance(value, list):
            if all(admits(member.inner[0], v) for v in value):
                return True
        elif isinstance(member, Box) and member.name == "dict" and isinstance(value, dict):
            if all(admits(member.inner[1], v) for v in value.values()):
                return True
        elif isinstance(member, Word):
            kinds = {"str": str, "bool": bool, "None": type(None), "Any": object}
            if member.name in kinds and isinstance(value, kinds[member.name]):
                return True
            if type(value) in {"int": (int,), "float": (int, float)}.get(member.name, ()):
                return True
    return False


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Types:
    index = Index.of(planned(BASE, tmp_path_factory.mktemp("types")))
    return Types(index, index, {})


@given(old=TYPES, new=TYPES)
@settings(max_examples=300, deadline=None)
def test_what_is_not_breaking_breaks_nothing(types: Types, old: str, new: str) -> None:
    a, b = parse(old), parse(new)
    sent, read = types.given(old, new), types.got(old, new)
    if sent is None or sent.level != "breaking":
        assert [v for v in VALUES if admits(a, v) and not admits(b, v)] == []
    if read is None or read.level != "breaking":
        assert [v for v in VALUES if admits(b, v) and not admits(a, v)] == []
    if a == b:
        assert sent is None
        assert read is None
    if "Literal" not in old + new and "Any" not in old + new:
        back = types.got(new, old)
        assert (sent is None or sent.level) == (back is None or back.level)


# renderings


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
    return compare(planned(BASE, tmp_path), planned(changed(BASE, BOTH), tmp_path))


def test_markdown(comparison: Comparison) -> None:
    assert as_markdown(comparison) == (PAIRS / "comparison.md").read_text(encoding="utf-8")


def test_text(comparison: Comparison) -> None:
    assert as_text(comparison) == (PAIRS / "comparison.txt").read_text(encoding="utf-8")


def test_json(comparison: Comparison) -> None:
    data = as_json(comparison)
    assert json.loads(json.dumps(data)) == data
    assert (data["title"], data["old"], data["new"]) == ("Video API", "1", "2")
    assert (data["breaking"], data["step"]) == (True, "major")
    assert data["counts"] == {"breaking": 2, "additive": 3, "documentation": 3}
    assert data["findings"][0] == {
        "level": "breaking",
        "rule": "function-removed",
        "what": "`video.get_task(task_id)` is removed (`GET /tasks/{task_id}`).",
        "where": "client.api.video.get_task",
        "old": "/paths/~1tasks~1{task_id}/get",
        "new": None,
    }
    assert [f["where"] for f in data["findings"]] == [
        "client.api.video.get_task",
        "client.models.Task.seconds",
        "client.api.jobs.list_jobs",
        "client.models.ListJobsResponse",
        "client.models.TaskRequest.prompt",
        "client.models.Error",
        "client.models.Label.text",
        "client.models.Task",
    ]


def test_nothing_to_say(tmp_path: Path) -> None:
    comparison = compare(planned(BASE, tmp_path), planned(BASE, tmp_path))
    assert as_text(comparison) == "Video API, 1 to 1: nothing changes for callers.\n"
    assert as_markdown(comparison) == "## Video API, 1 to 1\n\nNothing changes for callers.\n"
    assert as_json(comparison)["findings"] == []


def test_what_several_have_in_common_is_said_once(tmp_path: Path) -> None:
    names = [f"Thing{i:02}" for i in range(20)]
    old = changed(
        BASE, {n: {"type": "object", "properties": {"a": {"type": "string"}}} for n in names}
    )
    new = changed(old, {f"{n}/properties/{p}": {"type": "integer"} for n in names for p in "bc"})
    lines = as_markdown(compare(planned(old, tmp_path), planned(new, tmp_path))).splitlines()
    listed = ", ".join(f"`{n}`" for n in names[:12])
    assert lines[-1] == f"- {listed} and 8 more: `b`, `c` are new fields, `int`"
    # Nothing is left out of what callers must act on.
    lines = as_markdown(compare(planned(new, tmp_path), planned(old, tmp_path))).splitlines()
    assert lines[-1] == f"- {', '.join(f'`{n}`' for n in names)}: `b`, `c` are removed"


# parts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("str | None", "str | None"),
        ("str | Unset", "str | Unset"),
        ("list[dict[str, Foo | None]] | Unset", "list[dict[str, Foo | None]] | Unset"),
        ('Literal["a, ]|", "b"] | str', 'Literal["a, ]|", "b"] | str'),
        ("Literal[-1, 1, True] | int", "Literal[-1, 1, True] | int"),
        ("Literal[\"it's\", '\"'] | str", "Literal[\"it's\", '\"'] | str"),
        ('Union["Foo", list["Bar"], None]', "Foo | list[Bar] | None"),
        ("tuple[int, str, *tuple[Any, ...]]", "tuple[int, str, *tuple[Any, ...]]"),
        ("dt.datetime | UUID", "UUID | dt.datetime"),
        ("str | Callable[[], str]", "Callable[[], str] | str"),
    ],
)
def test_annotations_are_read(text: str, shown: str) -> None:
    assert show(parse(text)) == shown
    assert parse(shown) == parse(text)


def test_names_in_annotations() -> None:
    assert set(words(parse('Literal["Foo"] | list[Bar | None]'))) == {"Bar", "None"}


def test_a_union_of_many_members_is_read() -> None:
    assert len(parse(" | ".join(f"Model{i}" for i in range(10_000)))) == 10_000


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("", About("", False)),
        ("How many.", About("How many.", False)),
        ("Deprecated.", About("", True)),
        ("How many. Deprecated. Set by the server.", About("How many. Set by the server.", True)),
        ("(minimum=1)", About("", False, {"minimum": "1"})),
        (
            "Default: none, since it is prose. " * 3,
            About("Default: none, since it is prose. " * 3, False),
        ),
        (
            "How many (see below). (minimum=1, pattern=^(a, b)$) Default: 'x. y'.",
            About(
                "How many (see below).", False, {"minimum": "1", "pattern": "^(a, b)$"}, "'x. y'"
            ),
        ),
    ],
)
def test_descriptions_are_taken_apart(text: str, about: About) -> None:
    assert About.of(text) == about


def test_long_descriptions_take_no_longer() -> None:
    about = About.of("(minimum=1, pattern=a Default: " * 20_000 + ")")
    assert about.limits["minimum"] == "1"
