"""The command line: what it writes and prints, and its exit status."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from tests.support import Server, document, orcagen, save, schemas

from orcagen.cli import main
from orcagen.plan import names

DOCUMENT = """
openapi: 3.1.0
info: {title: Zoo, version: "1"}
paths:
  /pets/{pet-id}:
    parameters: [{name: pet-id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getPet
      tags: [pets]
      responses:
        "200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
    delete:
      tags: [pets]
      responses: {"204": {description: d}}
  /status:
    get: {operationId: status, responses: {"200": {description: d}}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}, owner: {$ref: "#/components/schemas/a~1b"}}}
    a/b: {enum: [größer, kleiner]}
"""
DIRTY = DOCUMENT.replace('version: "1"', "version: 1")


def _tree(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return save(tmp_path, DOCUMENT)


def _generate(spec: Path | str, folder: Path, *more: str | Path, **given: Any) -> Any:
    return orcagen("generate", spec, "--output", folder, "--package", "zoo", *more, **given)


# generate


def test_generate_writes_a_package(spec: Path, tmp_path: Path) -> None:
    done = _generate(spec, tmp_path / "out")
    assert (done.returncode, done.stdout) == (0, "")
    assert "3 operations, 2 schemas" in done.stderr
    assert "\r" not in done.stderr, "progress is for terminals"
    assert {"__init__.py", "py.typed", "client.py", "errors.py", "api/pets.py"} <= _tree(
        tmp_path / "out" / "zoo"
    ).keys()
    code = "import zoo; from zoo.api import pets, default; from zoo.models import Pet; print(pets.get_pet('1').path)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "out", capture_output=True, check=True
    )
    assert ran.stdout == b"/pets/1\n"


def test_the_report(tmp_path: Path) -> None:
    spec = save(tmp_path, DIRTY)
    done = _generate(spec, tmp_path / "out", "--report", tmp_path / "deep" / "report.json")
    assert done.returncode == 0
    report = json.loads((tmp_path / "deep" / "report.json").read_text())
    assert report["operations"] == [
        {"method": "GET", "path": "/status", "function": "zoo.api.default.status"},
        {"method": "GET", "path": "/pets/{pet-id}", "function": "zoo.api.pets.get_pet"},
        {
            "method": "DELETE",
            "path": "/pets/{pet-id}",
            "function": "zoo.api.pets.delete_pets_pet_id",
        },
    ]
    assert report["schemas"] == [
        {"pointer": "/components/schemas/Pet", "symbol": "zoo.models.Pet"},
        {"pointer": "/components/schemas/a~1b", "symbol": "zoo.models.AB"},
    ]
    (diagnostic,) = report["diagnostics"]
    assert diagnostic.keys() == {"severity", "file", "line", "pointer", "message", "action"}
    assert (diagnostic["file"], diagnostic["line"], diagnostic["pointer"]) == (
        str(spec),
        3,
        "/info/version",
    )
    assert f"{spec}:3: warning: " in done.stderr


def test_the_report_is_the_same_on_a_second_run(tmp_path: Path) -> None:
    spec, report = save(tmp_path, DIRTY), tmp_path / "report.json"
    texts = []
    for _ in range(2):
        done = _generate(spec, tmp_path / "out", "--report", report)
        assert done.returncode == 0
        texts.append((report.read_text(), "warning" in done.stderr))
    assert texts[0] == texts[1]


def test_fixes_as_an_overlay(tmp_path: Path) -> None:
    spec, fixes = save(tmp_path, DIRTY), tmp_path / "fixes.json"
    for _ in range(2):  # the package is up to date the second time
        _generate(spec, tmp_path / "out", "--fixes-overlay", fixes)
        assert json.loads(fixes.read_text())["overlay"] == "1.0.0"
        fixed = _generate(spec, tmp_path / "fixed", "--overlay", fixes, "--strict")
        assert fixed.returncode == 0
        assert "warning" not in fixed.stderr
        fixes.unlink()


def test_names_of_the_report_can_be_imported(spec: Path, tmp_path: Path) -> None:
    _generate(spec, tmp_path / "out", "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    names = [o["function"] for o in report["operations"]] + [s["symbol"] for s in report["schemas"]]
    code = "import sys, importlib\nfor n in sys.argv[1:]:\n m, _, a = n.rpartition('.')\n getattr(importlib.import_module(m), a)"
    subprocess.run([sys.executable, "-c", code, *names], cwd=tmp_path / "out", check=True)


def test_strict_makes_diagnostics_errors(tmp_path: Path) -> None:
    spec = save(tmp_path, DIRTY)
    done = _generate(spec, tmp_path / "out", "--strict", "--report", tmp_path / "report.json")
    assert done.returncode == 1
    assert "info.version" in done.stderr
    assert not (tmp_path / "out").exists()
    assert len(json.loads((tmp_path / "report.json").read_text())["diagnostics"]) == 1


def test_strict_with_a_good_document(spec: Path, tmp_path: Path) -> None:
    assert _generate(spec, tmp_path / "out", "--strict").returncode == 0


def test_many_diagnostics_are_cut_without_verbose(tmp_path: Path) -> None:
    paths = {f"/{i}/{{x}}": {"get": {"responses": {"200": {"description": ""}}}} for i in range(50)}
    spec = save(tmp_path, document({"paths": paths}))
    short = _generate(spec, tmp_path / "a").stderr.splitlines()
    long = _generate(spec, tmp_path / "b", "--verbose").stderr.splitlines()
    assert len(short) < 25
    assert any("30 more" in line for line in short)
    assert sum("'x' is not declared" in line for line in long) == 50


def test_files_that_are_no_longer_produced_are_removed(spec: Path, tmp_path: Path) -> None:
    _generate(spec, tmp_path / "out")
    (tmp_path / "out" / "zoo" / "own.py").write_text("mine = 1\n")
    save(tmp_path, DOCUMENT.replace("tags: [pets]", "tags: [animals]"))
    done = _generate(spec, tmp_path / "out")
    assert "1 removed" in done.stderr
    names = _tree(tmp_path / "out" / "zoo").keys()
    assert "api/pets.py" not in names
    assert {"api/animals.py", "own.py"} <= names


# --check


def test_check_of_a_package_that_is_missing(spec: Path, tmp_path: Path) -> None:
    done = _generate(spec, tmp_path / "out", "--check")
    assert done.returncode == 1
    assert not (tmp_path / "out").exists()
    assert "generate" in done.stderr


def test_check_of_a_package_that_is_up_to_date(spec: Path, tmp_path: Path) -> None:
    _generate(spec, tmp_path / "out")
    before = _tree(tmp_path)
    done = _generate(spec, tmp_path / "out", "--check")
    assert (done.returncode, done.stdout) == (0, "")
    assert _tree(tmp_path) == before


def test_check_shows_how_a_package_differs(spec: Path, tmp_path: Path) -> None:
    _generate(spec, tmp_path / "out")
    save(tmp_path, DOCUMENT.replace("operationId: status", "operationId: health"))
    before = _tree(tmp_path)
    done = _generate(spec, tmp_path / "out", "--check")
    assert done.returncode == 1
    assert any(line.startswith("-def status") for line in done.stdout.splitlines())
    assert any(line.startswith("+def health") for line in done.stdout.splitlines())
    assert "api/default.py" in done.stdout
    assert len(done.stdout.splitlines()) < 60
    assert _tree(tmp_path) == before


def test_check_names_files_that_are_no_longer_produced(spec: Path, tmp_path: Path) -> None:
    _generate(spec, tmp_path / "out")
    save(tmp_path, DOCUMENT.replace("tags: [pets]", ""))
    done = _generate(spec, tmp_path / "out", "--check")
    assert done.returncode == 1
    assert "api/pets.py is no longer produced" in done.stdout
    assert (tmp_path / "out" / "zoo" / "api" / "pets.py").exists()


# Where documents come from


def test_standard_input(tmp_path: Path) -> None:
    save(tmp_path, "A: {type: object, properties: {x: {}}}", "more.yaml")
    content = DOCUMENT.replace("    Pet: {", '    More: {$ref: "more.yaml#/A"}\n    Pet: {')
    done = _generate("-", tmp_path / "out", stdin=content.encode(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 operations, 3 schemas" in done.stderr


def test_broken_standard_input(tmp_path: Path) -> None:
    done = _generate("-", tmp_path / "out", stdin=b"openapi: [", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_url(tmp_path: Path, recorder: Server) -> None:
    """Files of the same host are read too, others are not."""
    content = DOCUMENT.replace("    Pet: {", '    More: {$ref: "more.yaml#/A"}\n    Pet: {')
    recorder.answer(content, media_type="application/yaml")
    recorder.answer("A: {type: string}", media_type="application/yaml")
    done = _generate(f"{recorder.url}/v1/api.yaml", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert [r.line for r in recorder.requests] == ["GET /v1/api.yaml", "GET /v1/more.yaml"]
    recorder.answer(content.replace("more.yaml", "http://localhost:1/more.yaml"))
    done = _generate(f"{recorder.url}/v1/api.yaml", tmp_path / "out")
    assert done.returncode == 2
    assert "--allow-remote" in done.stderr


@pytest.mark.parametrize("status", [404, 500])
def test_a_url_that_fails(tmp_path: Path, recorder: Server, status: int) -> None:
    recorder.answer("no", status=status)
    done = _generate(f"{recorder.url}/api.yaml", tmp_path / "out")
    assert done.returncode == 2
    assert f"{recorder.url}/api.yaml" in done.stderr
    assert done.stderr.count("\n") == 1


# Settings


def test_settings_of_the_working_directory(spec: Path, tmp_path: Path) -> None:
    """Those of the package override those of all packages."""
    save(
        tmp_path,
        '[tool.orcagen.names]\n"/components/schemas/Pet" = "Animal"\n'
        '[tool.orcagen.packages.other.names]\n"/components/schemas/Pet" = "Beast"\n',
        "pyproject.toml",
    )
    report = tmp_path / "report.json"
    for package, name in [("zoo", "Animal"), ("other", "Beast")]:
        arguments = ("--output", "out", "--package", package, "--report", report)
        done = orcagen("generate", "api.yaml", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert json.loads(report.read_text())["schemas"][0]["symbol"] == f"{package}.models.{name}"


def test_settings_by_flag(spec: Path, tmp_path: Path) -> None:
    settings = save(tmp_path, '[names]\n"/paths/~1status/get" = "health"\n', "own.toml")
    _generate(spec, tmp_path / "out", "--config", settings)
    assert b"def health(" in _tree(tmp_path / "out" / "zoo")["api/default.py"]


# The same everywhere


BROAD = Path(__file__).parent / "documents" / "broad.yaml"


def test_the_output_is_the_same_everywhere(tmp_path: Path) -> None:
    """Whatever the hash seed, the locale, the folders and the way to the document."""
    trees = []
    for number, given in enumerate(
        [
            {"PYTHONHASHSEED": "0"},
            {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
            {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "PYTHONOPTIMIZE": "2"},
        ]
    ):
        home = tmp_path / f"home{number}"
        home.mkdir()
        (home / BROAD.name).write_bytes(BROAD.read_bytes())
        spec: Path = Path(BROAD.name) if number else home / BROAD.name
        done = _generate(spec, Path("out"), cwd=home, **given)
        assert done.returncode == 0, done.stderr
        trees.append(_tree(home / "out"))
    assert trees[0] == trees[1] == trees[2]
    assert not any(str(tmp_path).encode() in text for text in trees[0].values())


def test_names_that_collide_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """Not even those of two files whose paths have the same short digest."""
    by_digest: dict[str, str] = {}
    for name in (f"{number}.yaml" for number in itertools.count()):
        other = by_digest.setdefault(names.short_hash(f"{name}#"), name)
        if other != name:
            break
    for file, key in ((name, "a"), (other, "b")):
        save(tmp_path, {"type": "object", "properties": {key: {"type": "string"}}}, file)
    properties = {"x": {"$ref": name}, "y": {"$ref": other}, "z": {"$ref": "z.yaml"}}
    save(tmp_path, {"type": "object", "properties": {"c": {"type": "string"}}}, "z.yaml")
    spec = save(tmp_path, schemas({"A": {"type": "object", "properties": properties}}))
    trees = []
    for seed in range(6):
        done = _generate(spec, tmp_path / str(seed), PYTHONHASHSEED=str(seed))
        assert done.returncode == 0, done.stderr
        trees.append(_tree(tmp_path / str(seed)))
    assert all(tree == trees[0] for tree in trees)


# plan, models, and the rest


def test_plan_is_json(spec: Path) -> None:
    done = orcagen("plan", spec)
    assert done.returncode == 0
    plan = json.loads(done.stdout)
    assert [f["name"] for a in plan["apis"] for f in a["functions"]] == [
        "status",
        "get_pet",
        "delete_pets_pet_id",
    ]


@pytest.mark.parametrize(
    ("flavor", "words"),
    [
        ("pydantic", "class Pet(BaseModel)"),
        ("dataclass", "@dataclass"),
        ("typed-dict", "class Pet(TypedDict)"),
        ("msgspec", "class Pet(Struct"),
    ],
)
def test_models_of_other_kinds(spec: Path, flavor: str, words: str) -> None:
    done = orcagen("models", spec, "--flavor", flavor)
    assert done.returncode == 0, done.stderr
    ast.parse(done.stdout)
    assert words in done.stdout


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["generate", "x", "--output", "y"]])
def test_bad_usage(arguments: list[str]) -> None:
    done = orcagen(*arguments)
    assert done.returncode == 2
    assert "usage: orcagen" in done.stderr


def test_help_and_version() -> None:
    assert "generate" in orcagen("--help").stdout
    assert orcagen("--version").stdout.startswith("orcagen ")


def test_help_imports_no_large_library() -> None:
    code = "import sys, orcagen.cli\ntry: orcagen.cli.main(['--help'])\nexcept SystemExit: pass\nprint(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stderr))
    assert not loaded & {"yaml", "black", "jinja2", "datamodel_code_generator", "httpx"}


def test_the_version_of_a_checkout_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def version(name: str) -> str:
        assert name == "orcagen"
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == "orcagen (not installed as a distribution)\n"


def test_a_missing_extra_is_named(spec: Path) -> None:
    """One sentence with the command that installs it."""
    code = (
        "import sys; sys.modules['datamodel_code_generator'] = None\n"
        "from orcagen.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["models", str(spec), "--flavor", "pydantic"]
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'orcagen[models]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_an_interrupted_run_says_what_state_the_package_is_in(
    spec: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("orcagen.output.write.write", interrupt)
    out = tmp_path / "out"
    assert main(["generate", str(spec), "--output", str(out), "--package", "zoo"]) == 130
    message = "orcagen: interrupted; the package is either unchanged or fully updated\n"
    assert capsys.readouterr().err == message


def test_the_command_is_installed() -> None:
    assert importlib.util.find_spec("orcagen.__main__") is not None
    script = Path(sys.executable).with_name("orcagen")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == orcagen("--version").stdout


def test_models_of_schemas_in_other_files(tmp_path: Path) -> None:
    """They have the names that `generate` gives them; a reference into the middle of a schema is what is there."""
    save(
        tmp_path,
        {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "best": {"$ref": "#/properties/name"},
                "owner": {"$ref": "people.yaml#/Owner"},
                "next": {"$ref": "#"},
                "lost": {"$ref": "missing.yaml"},
            },
        },
        "pet.yaml",
    )
    save(
        tmp_path,
        {"Owner": {"type": "object", "properties": {"pet": {"$ref": "pet.yaml"}}}},
        "people.yaml",
    )
    part = {"Animal": {"$ref": "pet.yaml"}, "Zoo": {"type": "array", "items": {"$ref": "pet.yaml"}}}
    spec = save(tmp_path, schemas(part))
    done = orcagen("models", spec, "--flavor", "typed-dict")
    assert done.returncode == 0
    assert "missing.yaml" in done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    for name, hint in {
        "name": "str",
        "best": "str",
        "owner": "Owner",
        "next": "Animal",
        "lost": "Any",
        "pet": "Animal",
    }.items():
        assert f"{name}: NotRequired[{hint}]" in lines
    assert lines[-1] == "Zoo: TypeAlias = list[Animal]"
