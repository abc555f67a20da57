"""A run after a change of the document writes what a first run would, and works on no more than the change touches."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import define

from orcagen import generate as whole
from orcagen import memory
from orcagen.cli import main
from orcagen.generate import generate, report
from orcagen.write import MANIFEST

DOCUMENTS = Path(__file__).parent / "documents"
LONG_AGO = 10**18

Change = Callable[[dict[str, Any]], object]


@define
class Home:
    """A document on disk, and the package that is generated for it again and again."""

    folder: Path
    document: dict[str, Any]
    layout: int | None = 2
    status: int = 0

    @property
    def spec(self) -> Path:
        return self.folder / "api.json"

    @property
    def package(self) -> Path:
        return self.folder / "out" / "p"

    def generate(self, *flags: str) -> None:
        self.spec.write_text(json.dumps(self.document, indent=self.layout), encoding="utf-8")
        arguments = ["generate", str(self.spec), "--output", str(self.package.parent)]
        said = ["--package", "p", "--report", str(self.folder / "report.json")]
        self.status = main([*arguments, *said, *flags])

    def files(self) -> dict[str, str]:
        paths = (p for p in self.package.rglob("*") if p.is_file() and p.name != MANIFEST)
        return {p.relative_to(self.package).as_posix(): p.read_text("utf-8") for p in paths}

    def rewritten(self, change: Change) -> set[str]:
        """The files that get a new time when the document changes."""
        for path in self.package.rglob("*"):
            os.utime(path, ns=(LONG_AGO, LONG_AGO))
        change(self.document)
        self.generate()
        assert self.status == 0
        new = (p for p in self.package.rglob("*.py*") if p.stat().st_mtime_ns != LONG_AGO)
        return {p.relative_to(self.package).as_posix() for p in new if p.is_file()}

    def is_as_new(self) -> None:
        """Asserts that files and report are those of a whole run."""
        made = generate(str(self.spec), "p")
        assert self.files() == made.files
        assert json.loads((self.folder / "report.json").read_text()) == report(made)


def _load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DOCUMENTS / name).read_text(encoding="utf-8"))
    return json.loads(json.dumps(content, default=str))  # type: ignore[no-any-return]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path, _load("tangled.yaml"))
    made.generate()
    return made


@pytest.fixture
def no_whole_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a whole run")

    monkeypatch.setattr(whole, "generate", refuse)


def _schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    return document["components"]["schemas"][name]  # type: ignore[no-any-return]


def _get(document: dict[str, Any], path: str) -> dict[str, Any]:
    return document["paths"][path]["get"]  # type: ignore[no-any-return]


TEXT = {"type": "string"}

SMALL: dict[str, tuple[Change, set[str]]] = {
    "the description of an operation": (
        lambda d: _get(d, "/pets").update(description="In other words."),
        {"api/pets.py"},
    ),
    "a parameter more": (
        lambda d: _get(d, "/pets")["parameters"].append({"name": "q", "in": "query", "schema": TEXT}),
        {"api/pets.py"},
    ),
    "a status more": (
        lambda d: _get(d, "/pets")["responses"].update({"500": {"description": "Broken."}}),
        {"api/pets.py"},
    ),
    "a property more, of a schema that others name": (
        lambda d: _schema(d, "Owner")["properties"].update(phone=TEXT),
        {"models/owner.py", "models/mixed.py", "models/wide.py"},  # two take it apart
    ),
    "a property of a schema that nothing takes apart": (
        lambda d: _schema(d, "Problem")["properties"].update(hint=TEXT),
        {"models/problem.py"},
    ),
    "another type of a property": (
        lambda d: _schema(d, "Photo")["properties"].update(note={"type": "integer"}),
        {"models/photo.py"},
    ),
    "the base of other classes": (
        lambda d: _schema(d, "Base")["properties"].update(born={"type": "string", "format": "date"}),
        {"models/base.py", "models/cat.py", "models/dog.py", "models/puppy.py"},
    ),
    "an alias, and how its users write it": (
        lambda d: _schema(d, "Id").update(description="Is said where it is used."),
        {"models/base.py", "models/cat.py", "models/dog.py", "models/id_.py", "models/puppy.py"},
    ),
    "the values of an enum": (
        lambda d: _schema(d, "Kind")["enum"].append("cow"),
        {"models/kind.py"},
    ),
    "a parameter that is shared": (
        lambda d: d["components"]["parameters"]["limit"].update(description="At most."),
        {"api/pets.py"},
    ),
    "a body that is shared": (
        lambda d: d["components"]["requestBodies"]["NewPet"].update(description="To add."),
        {"api/pets.py"},
    ),
    "an answer that is shared": (
        lambda d: d["components"]["responses"]["Missing"]["content"]["application/json"]["schema"]["properties"].update(
            more=TEXT
        ),
        {"models/missing_response.py"},
    ),
    "three places at once": (
        lambda d: (
            _get(d, "/pets/{id}").update(summary="A pet."),
            _schema(d, "Photo")["properties"].update(size={"type": "integer"}),
            _schema(d, "Red")["properties"].update(deep=TEXT),
        ),
        {"api/pets.py", "models/photo.py", "models/red.py"},
    ),
    "what nobody sees": (lambda d: _schema(d, "Owner").update(example={"name": "x"}), set()),
}  # fmt: skip


@pytest.mark.usefixtures("no_whole_run")
@pytest.mark.parametrize("name", SMALL)
def test_a_small_change(home: Home, name: str) -> None:
    change, files = SMALL[name]
    assert home.rewritten(change) == files
    home.is_as_new()


def _renamed(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas["Person"] = schemas.pop("Red")


LARGE: dict[str, Change] = {
    "a schema more": lambda d: d["components"]["schemas"].update(New={"type": "object"}),
    "a path less": lambda d: d["paths"].pop("/events"),
    "another order": lambda d: d["paths"].update({"/pets": d["paths"].pop("/pets")}),
    "another title": lambda d: d["info"].update(title="Untangled"),
    "another function": lambda d: _get(d, "/pets").update(operationId="allPets"),
    "another module": lambda d: _get(d, "/pets").update(tags=["events"]),
    "a class more": lambda d: _schema(d, "Problem")["properties"].update(
        in_={"type": "object", "properties": {"a": TEXT}}
    ),
    "support code less": lambda d: d["paths"]["/pets/{id}/photo"]["post"].pop("requestBody"),
    "patterns that tell apart": lambda d: _schema(d, "Blue")["properties"].update(tone=TEXT),
    "a number for a schema": lambda d: d["components"]["schemas"].update(Red=5),
    "nothing for a path": lambda d: d["paths"].update({"/events": None}),
    "a finding": lambda d: _schema(d, "Filter")["properties"].update(bad={"type": "any"}),
    "an import more": lambda d: d["paths"]["/events"]["get"].update(
        parameters=[{"name": "q", "in": "query", "schema": {"enum": ["a", "b"]}}]
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_change_that_reaches_far(home: Home, name: str) -> None:
    LARGE[name](home.document)
    home.generate()
    assert home.status == 0
    home.is_as_new()


@pytest.mark.usefixtures("no_whole_run")
@pytest.mark.parametrize("layout", [None, 1])
def test_another_layout_is_no_change(home: Home, layout: int | None) -> None:
    home.layout = layout
    assert home.rewritten(lambda d: None) == set()
    assert home.rewritten(lambda d: _get(d, "/pets").update(summary="New.")) == {"api/pets.py"}
    home.is_as_new()


@pytest.mark.usefixtures("no_whole_run")
def test_a_new_version_in_another_folder(home: Home, tmp_path: Path) -> None:
    newer = Home(tmp_path / "newer", home.document)
    newer.folder.mkdir()
    _schema(newer.document, "Red")["properties"]["deep"] = TEXT
    newer.spec.write_text(json.dumps(newer.document), encoding="utf-8")
    arguments = ["generate", str(newer.spec), "--output", str(home.package.parent)]
    assert main([*arguments, "--package", "p"]) == 0
    assert home.files() == generate(str(newer.spec), "p").files


def test_findings_move_with_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path, _load("tangled.yaml"))
    _schema(home.document, "Twig")["type"] = "nothing"
    home.generate()
    monkeypatch.setattr(whole, "generate", None)
    lines = [d["line"] for d in json.loads((tmp_path / "report.json").read_text())["diagnostics"]]
    _get(home.document, "/pets")["responses"]["410"] = {"description": "Gone."}
    home.generate()
    after = [d["line"] for d in json.loads((tmp_path / "report.json").read_text())["diagnostics"]]
    assert lines
    assert after == [line + 3 for line in lines]
    home.is_as_new()


def test_a_document_at_fault_leaves_the_package(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = home.files()
    _schema(home.document, "Red")["properties"]["x"] = {"$ref": "#/components/schemas/Nowhere"}
    home.generate()
    assert home.status == 2
    assert "Nowhere" in capsys.readouterr().err
    assert home.files() == before


def test_a_file_that_somebody_edited_is_made_again(home: Home) -> None:
    path = home.package / "models" / "owner.py"
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    _get(home.document, "/pets")["summary"] = "Other."
    home.generate()
    home.is_as_new()


def test_without_the_noted_text_everything_is_made_again(home: Home) -> None:
    for text in memory._place(home.package).parent.glob("*.text"):
        text.write_bytes(b"{}")
    _get(home.document, "/pets")["summary"] = "Other."
    home.generate()
    home.is_as_new()


def test_check_says_what_differs_and_writes_nothing(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = home.files()
    _get(home.document, "/pets")["summary"] = "Lists them."
    home.generate("--check")
    assert home.status == 1
    assert '+    """Lists them.' in capsys.readouterr().out
    assert home.files() == before


# Any change at all


def _values(
    value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)):
            yield from _values(inner, (*path, key))


def _reference(document: dict[str, Any], chance: random.Random) -> dict[str, str]:
    old = "swagger" in document
    names = (document if old else document["components"])["definitions" if old else "schemas"]
    place = "#/definitions/" if old else "#/components/schemas/"
    return {"$ref": place + chance.choice(sorted(names))}


def _mutate(document: dict[str, Any], chance: random.Random) -> None:
    """Changes one schema, parameter or text somewhere, sensibly or not."""
    places = [
        (p, v)
        for p, v in _values(document)
        if len(p) > 1 and p[0] in ("paths", "components", "definitions")
    ]
    path, value = chance.choice(places)
    word = chance.choice(["one", "two", "three"]) + str(chance.randrange(9))
    properties = value.get("properties")
    if isinstance(properties, dict) and path[-1] != "properties":
        inner = {"type": "object", "properties": {word: {"type": "string", "pattern": f"^{word}"}}}
        new = chance.choice([TEXT, {"type": "integer"}, _reference(document, chance), inner])
        changes: list[Callable[[], object]] = [
            lambda: properties.update({word: new}),
            lambda: properties.pop(chance.choice([*properties, word]), None),
            lambda: value.update(required=[*properties][:2]),
            lambda: value.update(nullable=True),
            lambda: value.update(description=f"About {word}."),
        ]
        chance.choice(changes)()
    elif isinstance(value.get("$ref"), str) and "schemas/" in value["$ref"]:
        value.update(_reference(document, chance))
    elif isinstance(value.get("type"), str) and path[-1] != "properties":
        kinds = ["string", "integer", "boolean", "object", "array"]
        changes = [
            lambda: value.update(type=chance.choice(kinds)),
            lambda: value.update(format=chance.choice(["date", "uuid", "byte", "other"])),
            lambda: value.update(pattern=f"^{word}"),
            lambda: value.update(enum=["a", word]),
        ]
        chance.choice(changes)()
    elif isinstance(value.get("parameters"), list):
        value["parameters"].append({"name": word, "in": "query", **TEXT, "schema": TEXT})
    elif len(path) == 3 and path[1] == "schemas":
        inner = dict(value)
        value.clear()
        value["allOf"] = [_reference(document, chance), inner]
    elif isinstance(value.get("anyOf"), list):
        value["anyOf"].append(_reference(document, chance))
    else:
        value["description"] = f"About {word}."


@pytest.mark.parametrize("name", ["tangled.yaml", "swagger.yaml", "broad.yaml"])
@pytest.mark.parametrize("seed", range(4))
def test_any_change(tmp_path: Path, name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wholes = []

    def counted(*arguments: Any) -> Any:
        wholes.append(arguments)
        return generate(*arguments)

    monkeypatch.setattr(whole, "generate", counted)
    chance = random.Random(seed)
    home = Home(tmp_path, _load(name))
    home.generate()
    runs = 12
    for _ in range(runs):
        before = copy.deepcopy(home.document)
        for _ in range(chance.choice([1, 1, 2])):
            _mutate(home.document, chance)
        home.generate()
        if home.status == 0:
            home.is_as_new()
        else:  # no document any more
            home.document = before
    print("WHOLES", len(wholes), name)
