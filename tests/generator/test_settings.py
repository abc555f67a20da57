"""What the settings and flags of `orcagen` do: overlays, scope, names, own templates, other kinds of models."""

from __future__ import annotations

import ast
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from orcagen.cli import main
from orcagen.config import Config
from orcagen.datamodel import Flavor
from orcagen.diagnostics import InputError
from orcagen.pipeline import generate, generate_models

DOCUMENT = """
openapi: 3.1.0
info: {title: Zoo, version: "1"}
tags: [{name: animals}, {name: keepers}]
paths:
  /animals:
    get:
      operationId: listAnimals
      tags: [animals]
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Animals"}}}}}
    post:
      operationId: addAnimal
      tags: [animals]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Animal"}}}}
      responses: {"201": {description: d}}
  /keepers/{id}:
    get:
      operationId: getKeeper
      tags: [keepers]
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Keeper"}}}}}
components:
  schemas:
    Animals: {type: array, items: {$ref: "#/components/schemas/Animal"}}
    Animal: {type: object, required: [name], properties: {name: {type: string}, legs: {type: integer}}}
    Keeper: {type: object, properties: {name: {type: string}}}
    Unused: {type: object, properties: {x: {type: string}}}
"""


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    path = tmp_path / "zoo.yaml"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def _operations(made: Any) -> set[str]:
    return {f"{a.name}.{f.name}" for a in made.package.apis for f in a.functions}


@pytest.mark.parametrize(
    ("include", "exclude", "operations", "schemas"),
    [
        ({"tags": ["keepers"]}, {}, {"keepers.get_keeper"}, {"Keeper"}),
        (
            {"paths": ["/animals*"]},
            {},
            {"animals.list_animals", "animals.add_animal"},
            {"Animal", "Animals"},
        ),
        ({"operations": ["addAnimal"]}, {}, {"animals.add_animal"}, {"Animal"}),
        ({}, {"tags": ["animals"]}, {"keepers.get_keeper"}, {"Keeper"}),
        (
            {"tags": ["*"]},
            {"operations": ["list*"]},
            {"animals.add_animal", "keepers.get_keeper"},
            {"Animal", "Keeper"},
        ),
    ],
)
def test_scope_keeps_what_is_chosen_and_what_that_needs(
    zoo: Path,
    include: dict[str, list[str]],
    exclude: dict[str, list[str]],
    operations: set[str],
    schemas: set[str],
) -> None:
    made = generate(str(zoo), "zoo", Config(include=include, exclude=exclude))
    assert _operations(made) == operations
    assert {p.rpartition("/")[2] for p in made.package.schemas} == schemas


def test_without_a_scope_everything_comes_out(zoo: Path) -> None:
    made = generate(str(zoo), "zoo")
    assert len(_operations(made)) == 3
    assert len(made.package.schemas) == 4


def _overlay(folder: Path, *actions: dict[str, Any]) -> Path:
    path = folder / "overlay.yaml"
    content = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": list(actions)}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_an_overlay_updates_adds_and_removes(zoo: Path, tmp_path: Path) -> None:
    overlay = _overlay(
        tmp_path,
        {
            "target": "$.paths['/keepers/{id}'].get",
            "update": {"operationId": "oneKeeper", "tags": ["x"]},
        },
        {"target": "$.components.schemas.Animal.required", "update": "legs"},
        {"target": "$.components.schemas.Unused", "remove": True},
        {"target": "$.paths[?@.post].post", "remove": True},
    )
    made = generate(str(zoo), "zoo", Config(overlays=(overlay,)))
    assert _operations(made) == {"animals.list_animals", "keepers.one_keeper"}
    assert "legs: int\n" in made.files["models/animal.py"]
    assert "models/unused.py" not in made.files


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"target": "$[", "update": {}}, "is not a JSONPath"),
        ({"update": {}}, "needs a `target`"),
        ({"target": "$.info"}, "`update` or `remove: true`"),
    ],
)
def test_an_overlay_that_cannot_be_applied_says_why(
    zoo: Path, tmp_path: Path, action: dict[str, Any], message: str
) -> None:
    overlay = _overlay(tmp_path, action)
    with pytest.raises(InputError, match=r"overlay\.yaml") as caught:
        generate(str(zoo), "zoo", Config(overlays=(overlay,)))
    assert message in str(caught.value)


def test_an_overlay_action_that_selects_nothing_is_a_finding(zoo: Path, tmp_path: Path) -> None:
    overlay = _overlay(tmp_path, {"target": "$.nothing", "update": {}})
    made = generate(str(zoo), "zoo", Config(overlays=(overlay,)))
    (finding,) = made.diagnostics
    assert (finding.file, finding.line, finding.pointer) == (str(overlay), 2, "/actions/0")
    assert "'$.nothing' selects nothing" in finding.message
    assert str(overlay) in made.inputs


def test_names_by_pointer(zoo: Path) -> None:
    names = {"/components/schemas/Animal": "Beast", "/paths/~1animals/get": "beasts"}
    made = generate(str(zoo), "zoo", Config(names=names))
    assert "animals.beasts" in _operations(made)
    assert "class Beast(ApiModel):" in made.files["models/beast.py"]


def test_a_member_of_a_union_under_properties_is_named_by_its_place(tmp_path: Path) -> None:
    spec = tmp_path / "api.yaml"
    spec.write_text(
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents: {schemas: {Pet: {properties: {name: {}},"
        " oneOf: [{properties: {claws: {}}}, {properties: {bark: {}}}]}}}\n",
        encoding="utf-8",
    )
    made = generate(str(spec), "pets", Config(names={"/components/schemas/Pet/oneOf/1": "Dog"}))
    assert "class Dog(Pet):" in made.files["models/pet.py"]


def test_a_name_is_for_the_schema_and_not_for_what_is_made_beside_it(tmp_path: Path) -> None:
    spec = tmp_path / "api.yaml"
    spec.write_text(
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents: {schemas: {"
        "Pet: {type: object, properties: {kind: {type: string}}, discriminator: {propertyName: kind}},"
        " Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {claws: {}}}]},"
        " Box: {properties: {pet: {$ref: '#/components/schemas/Pet'}}}}}\n",
        encoding="utf-8",
    )
    made = generate(str(spec), "pets", Config(names={"/components/schemas/Pet": "Beast"}))
    assert "class Beast(ApiModel):" in made.files["models/beast.py"]
    assert "PetVariant: TypeAlias" in made.files["models/beast.py"]


def test_own_templates_replace_single_blocks(zoo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "model_module.py.jinja").write_text(
        '{% extends "orcagen/model_module.py.jinja" %}\n'
        "{% block model scoped %}\n\n\nKIND = {{ x.symbol | literal }}{{ super() }}{% endblock %}\n",
        encoding="utf-8",
    )
    made = generate(str(zoo), "zoo", Config(templates=folder))
    assert 'KIND = "Animal"' in made.files["models/animal.py"]
    assert "class Animal(ApiModel):" in made.files["models/animal.py"]
    assert made.files["client.py"] == generate(str(zoo), "zoo").files["client.py"]


def test_a_broken_template_is_named(zoo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "client.py.jinja").write_text("{% if %}", encoding="utf-8")
    with pytest.raises(InputError, match=r"client\.py\.jinja:1: the template cannot be used"):
        generate(str(zoo), "zoo", Config(templates=folder))


@pytest.mark.parametrize("flavor", ["typed-dict", "pydantic", "msgspec", "dataclass"])
def test_schemas_as_other_models(zoo: Path, flavor: Flavor) -> None:
    text, _ = generate_models(str(zoo), flavor)
    classes = {n.name for n in ast.parse(text).body if isinstance(n, ast.ClassDef)}
    assert classes >= {"Animal", "Keeper", "Unused"}


def test_models_from_the_command_line(zoo: Path, tmp_path: Path) -> None:
    out = tmp_path / "models.py"
    assert main(["models", str(zoo), "--flavor", "pydantic", "--output", str(out)]) == 0
    assert "class Animal(BaseModel):" in out.read_text(encoding="utf-8")


def test_a_distribution_keeps_what_is_there(zoo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["generate", str(zoo), "--output", str(out), "--package", "zoo", "--distribution"]
    assert main(arguments) == 0
    assert 'packages = ["zoo"]' in (out / "pyproject.toml").read_text(encoding="utf-8")
    (out / "README.md").write_text("mine", encoding="utf-8")
    assert main(arguments) == 0
    assert (out / "README.md").read_text(encoding="utf-8") == "mine"


def test_diff_of_two_documents(
    zoo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "new.yaml"
    other.write_text(
        DOCUMENT.replace("operationId: getKeeper", "operationId: oneKeeper"), encoding="utf-8"
    )
    assert main(["diff", str(zoo), str(zoo)]) == 0
    capsys.readouterr()
    assert main(["diff", str(zoo), str(other), "--format", "markdown"]) == 1
    assert "one_keeper" in capsys.readouterr().out


def _read(run: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    for line in run.stderr or ():
        lines.put(line)


def test_watching_generates_again_when_the_document_changes(zoo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["generate", str(zoo), "--output", str(out), "--package", "zoo", "--watch"]
    run = subprocess.Popen(
        [sys.executable, "-m", "orcagen", *arguments], stderr=subprocess.PIPE, text=True
    )
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(run, lines), daemon=True).start()
    try:
        assert "files written" in lines.get(timeout=60)
        zoo.write_text("openapi: [", encoding="utf-8")
        assert "is not valid YAML" in lines.get(timeout=60)
        zoo.write_text(DOCUMENT.replace("legs", "feet"), encoding="utf-8")
        assert "files written" in lines.get(timeout=60)
        assert "feet: int | Unset" in (out / "zoo/models/animal.py").read_text(encoding="utf-8")
    finally:
        run.kill()
        run.communicate()
