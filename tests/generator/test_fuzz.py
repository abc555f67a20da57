"""A few of the random documents of `make fuzz`, and what they once found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.generator import fuzz
from tests.support import Workshop, document, orcagen, save

from orcagen.config import Config
from orcagen.diagnostics import InputError
from orcagen.pipeline import generate

SLICES = 8


@pytest.mark.parametrize("part", range(SLICES))
def test_random_documents_are_generated_or_refused(part: int) -> None:
    failures = []
    for number in range(part, 160, SLICES):
        result, why = fuzz.check(0, number)
        if result == "failed":
            failures.append(f"--seed 0 --show {number}: {why}")
    assert failures == []


def test_most_random_documents_are_generated() -> None:
    """Documents that are all refused would prove little."""
    results = [fuzz.check(3, number)[0] for number in range(20)]
    assert results.count("generated") >= 10


def test_a_second_querystring_parameter_is_ignored_and_reported(workshop: Workshop) -> None:
    made = workshop(
        document(
            """
            openapi: 3.2.0
            paths:
              /a:
                parameters: [{name: shared, in: querystring, content: {text/plain: {schema: {type: string}}}}]
                get:
                  operationId: f
                  parameters: [{name: own, in: querystring, content: {text/plain: {schema: {type: string}}}}]
                  responses: {}
            """
        )
    )
    assert [a.name for a in made.made.package.apis[0].functions[0].arguments] == ["own"]
    assert made.messages == ["an operation has at most one parameter in `querystring`; ignored"]


@pytest.mark.parametrize("keyword", [{"format": {}}, {"format": ["date"]}])
def test_a_format_that_is_no_text_is_ignored(workshop: Workshop, keyword: dict[str, Any]) -> None:
    made = workshop(
        {**document({}), "components": {"schemas": {"A": {"properties": {"p": keyword}}}}}
    )
    assert made.models.A.from_dict({"p": 1}).p == 1


@pytest.mark.parametrize("name", ["ΐ", "ﬁ", "İ", "ǰ", "ᾳ"])
def test_names_whose_capitals_are_several_characters(workshop: Workshop, name: str) -> None:
    made = workshop(
        {
            **document({}),
            "components": {"schemas": {name: {"properties": {name: {"type": "string"}}}}},
        }
    )
    [symbol] = [s.rpartition(".")[2] for s in made.made.package.schemas.values()]
    model = getattr(made.models, symbol)
    assert model.from_dict({name: "x"}).to_dict() == {name: "x"}


@pytest.mark.parametrize(
    ("pointer", "name"),
    [("/components/schemas/A", n) for n in ("Codec", "PetCodec", "Any", "UNSET", "None")]
    + [("/paths/~1a/get", n) for n in ("models", "print", "json_body")],
)
def test_names_in_the_settings_that_generated_code_uses_are_refused(
    tmp_path: Path, pointer: str, name: str
) -> None:
    content = {
        **document({"paths": {"/a": {"get": {"responses": {}}}}}),
        "components": {"schemas": {"A": {"type": "object", "properties": {}}}},
    }
    with pytest.raises(InputError, match=name):
        generate(str(save(tmp_path, content)), "p", Config(names={pointer: name}))


@pytest.mark.parametrize("reference", ["a\0b", "\ud800", "a\nb", "x" * 5000])
def test_references_that_are_no_file_names(tmp_path: Path, reference: str) -> None:
    """Whatever becomes of them, they are no defect, and messages about them have one line each."""
    content = {**document({}), "components": {"schemas": {"A": {"$ref": reference}}}}
    file = save(tmp_path, json.dumps(content), "api.json")
    done = orcagen("generate", file, "--output", tmp_path / "out", "--package", "p")
    assert done.returncode in (0, 2)
    lines = done.stderr.splitlines()
    assert all(line.isprintable() and len(line) < 1500 for line in lines)
    assert any("api.json" in line for line in lines)


def test_file_names_that_are_not_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xfe")
    folder.mkdir()
    file = save(folder, document({}), os.fsdecode(b"\xff.yaml"))
    for _ in range(2):
        done = orcagen("generate", file, "--output", folder / "out", "--package", "p")
        assert done.returncode == 0, done.stderr
    assert "up to date" in done.stderr
