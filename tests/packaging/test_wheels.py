"""Both distributions, built from the checkout: what they hold, and that each works with what it declares and no more.

No network: the environments are folders of links to the packages of this environment that a distribution requires.
`make packages` does the same with virtual environments that pip fills.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from attrs import frozen
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.packaging.environments import PETSTORE, Environment, generate_petstore, make_video

from orcarouter.testing import Emulator

ROOT = Path(__file__).parents[2]
PROJECTS = {"orcagen": ROOT / "generator", "orcarouter": ROOT}


@frozen
class Built:
    """A wheel and an sdist of one project."""

    wheel: Path
    sdist: Path

    @property
    def metadata(self) -> Message:
        with zipfile.ZipFile(self.wheel) as archive:
            (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
            return message_from_bytes(archive.read(name))

    @property
    def names(self) -> list[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.namelist()

    @property
    def sdist_names(self) -> set[str]:
        """The files of the sdist, without the name of its folder."""
        with tarfile.open(self.sdist) as archive:
            return {n.partition("/")[2] for n in archive.getnames()}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """Both projects, built by hatchling without an environment of its own."""
    folder = tmp_path_factory.mktemp("dist")
    for project in PROJECTS.values():
        command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return {
        name: Built(*(next(folder.glob(f"{name}-*{suffix}")) for suffix in (".whl", ".tar.gz")))
        for name in PROJECTS
    }


def environment(
    built: Built, folder: Path, *extras: str, beside: Built | None = None
) -> Environment:
    """A folder with the files of the wheel (and of one `beside` it), links to the packages that it requires, and nothing else."""
    packages, declared = folder / "packages", list[Requirement]()
    for each in filter(None, (built, beside)):
        with zipfile.ZipFile(each.wheel) as archive:
            archive.extractall(packages)
            declared += map(Requirement, each.metadata.get_all("Requires-Dist", []))
    for name in _closure(declared, set(extras)) - set(PROJECTS):
        for file in metadata.distribution(name).files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (packages / top).exists():
                (packages / top).symlink_to(
                    Path(str(file.locate())).parents[len(file.parts) - 1] / top
                )
    # -S: the site-packages folder of this interpreter, where the checkout is installed, stays out.
    return Environment((sys.executable, "-S"), {"PYTHONPATH": str(packages)})


def _closure(requirements: list[Requirement], extras: set[str]) -> set[str]:
    names: set[str] = set()
    todo = [(r, frozenset(extras)) for r in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        requirement, wanted = todo.pop()
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": e}) for e in (wanted or {""})
        ):
            continue
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key not in seen:
            seen.add(key)
            names.add(name)
            todo += [(Requirement(r), key[1]) for r in metadata.requires(name) or ()]
    return names


def test_the_wheel_of_orcagen_holds_the_generator_alone(built: dict[str, Built]) -> None:
    names = built["orcagen"].names
    assert {n.split("/")[0] for n in names} == {"orcagen", "orcagen-0.1.0.dist-info"}
    assert {"orcagen/py.typed", "orcagen/runtime/call.py"} <= set(names)
    assert any(n.endswith(".py.jinja") for n in names)


def test_the_wheel_of_orcarouter_holds_no_file_of_the_generator(built: dict[str, Built]) -> None:
    names = built["orcarouter"].names
    folders = {"orcarouter", "orcarouter_api", "orcarouter-0.1.0.dist-info"}
    assert {n.split("/")[0] for n in names} == folders
    assert {"orcarouter/py.typed", "orcarouter_api/py.typed"} <= set(names)
    assert "orcarouter/testing/openapi.yaml" in names
    assert not [n for n in names if n.endswith(".jinja")]
    with zipfile.ZipFile(built["orcarouter"].wheel) as archive:
        code = {n: archive.read(n).decode() for n in names if n.endswith(".py")}
    imports = re.compile(r"^\s*(?:from|import) orcagen\b", re.MULTILINE)
    using = [n for n, text in code.items() if imports.search(text)]
    assert using
    assert all(n.startswith("orcarouter/testing/") for n in using)


@pytest.mark.parametrize("name", PROJECTS)
def test_the_metadata(built: dict[str, Built], name: str) -> None:
    fields = built[name].metadata
    assert fields["License-Expression"] == "MIT"
    assert fields["License-File"] == "LICENSE"
    assert fields["Author"] == "The OrcaRouter Python authors"
    assert fields["Requires-Python"] == ">=3.11"
    assert fields["Description-Content-Type"] == "text/markdown"
    assert fields.get_all("Project-URL")
    classifiers = fields.get_all("Classifier", [])
    assert "Typing :: Typed" in classifiers
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)} <= {
        *classifiers
    }
    assert any(n.endswith("/licenses/LICENSE") for n in built[name].names)


def test_the_extras(built: dict[str, Built]) -> None:
    extras = {name: set(b.metadata.get_all("Provides-Extra", [])) for name, b in built.items()}
    assert extras == {
        "orcagen": {"models", "mock", "dev"},
        "orcarouter": {"batch", "cli", "fast", "postgres", "testing", "dev"},
    }


def test_both_have_the_same_licence() -> None:
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "generator" / "LICENSE").read_bytes()


@pytest.mark.parametrize("name", PROJECTS)
def test_twine_finds_nothing(built: dict[str, Built], name: str) -> None:
    files = [built[name].wheel, built[name].sdist]
    done = subprocess.run(
        [sys.executable, "-m", "twine", "--no-color", "check", "--strict", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_sdists_hold_their_tests_and_what_these_read(built: dict[str, Built]) -> None:
    generator, client = built["orcagen"].sdist_names, built["orcarouter"].sdist_names
    for names in (generator, client):
        assert {"LICENSE", "README.md", "pyproject.toml", "tests/conftest.py"} <= names
        assert "spec/openapi.yaml" in names
        assert not [n for n in names if "__pycache__" in n or n.endswith(".pyc")]
    assert {"tests/support.py", "tests/generator/test_names.py"} <= generator
    assert not [n for n in generator if n.startswith(("client/", "generated/", "tests/client/"))]
    assert {"tests/client/conftest.py", "tests/cli/conftest.py"} <= client
    assert not [n for n in client if "orcagen/" in n or n.startswith("tests/generator/")]


def test_orcagen_alone_generates_a_client(built: dict[str, Built], tmp_path: Path) -> None:
    bare = environment(built["orcagen"], tmp_path)
    generate_petstore(bare, tmp_path)
    modules = ("attrs", "black", "datamodel_code_generator", "httpx", "jinja2")
    assert bare.missing(modules, tmp_path) == {"datamodel_code_generator", "httpx"}


def test_a_generated_client_needs_httpx_and_attrs_alone(
    built: dict[str, Built], tmp_path: Path
) -> None:
    generate_petstore(environment(built["orcagen"], tmp_path), tmp_path)
    (tmp_path / "client").mkdir()
    # orcarouter requires the same two.
    bare = environment(built["orcarouter"], tmp_path / "client")
    code = "from petstore.api import pets; print(pets.get_pet(7))"
    path = f"{bare.variables['PYTHONPATH']}:{tmp_path / 'src'}"
    done = bare.python("-c", code, cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert "/pets/" in done.stdout


def test_the_command_models_needs_its_extra(built: dict[str, Built], tmp_path: Path) -> None:
    command = ("-m", "orcagen", "models", "../petstore.yaml", "--flavor", "typed-dict")
    (tmp_path / "petstore.yaml").write_text(PETSTORE)
    for extras in ((), ("models",)):
        folder = tmp_path / "-".join(("orcagen", *extras))
        folder.mkdir()
        done = environment(built["orcagen"], folder, *extras).python(*command, cwd=folder)
        if extras:
            assert done.returncode == 0, done.stderr
            assert "class Pet(TypedDict):" in done.stdout
        else:
            assert done.returncode == 2
            assert "orcagen[models]" in done.stderr
            assert len(done.stderr.splitlines()) == 1


def test_orcarouter_makes_a_video_without_the_generator(
    built: dict[str, Built], tmp_path: Path
) -> None:
    bare = environment(built["orcarouter"], tmp_path, "cli")
    with Emulator(queued=0.05, running=0.1) as server:
        make_video(bare, tmp_path, server.base_url)
        assert len(server.tasks) == 1


def test_missing_extras_of_orcarouter_are_named(built: dict[str, Built], tmp_path: Path) -> None:
    bare = environment(built["orcarouter"], tmp_path)
    assert bare.python("-c", "import orcarouter", cwd=tmp_path).returncode == 0
    done = bare.python("-m", "orcarouter", "--help", cwd=tmp_path)
    assert done.returncode == 2
    assert "orcarouter[cli]" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_emulator_needs_the_extra_testing(built: dict[str, Built], tmp_path: Path) -> None:
    bare = environment(built["orcarouter"], tmp_path, "cli")
    done = bare.python("-m", "orcarouter", "emulator", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "orcarouter: the emulator needs orcagen: pip install 'orcarouter[testing]'\n"
    )
    done = bare.python("-c", "from orcarouter.testing import Emulator", cwd=tmp_path)
    assert done.stderr.endswith("the emulator needs orcagen: pip install 'orcarouter[testing]'\n")
    (tmp_path / "whole").mkdir()
    whole = environment(
        built["orcarouter"], tmp_path / "whole", "testing", "mock", beside=built["orcagen"]
    )
    code = "from orcarouter.testing import Emulator\nwith Emulator() as s: print(s.base_url)"
    done = whole.python("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("/v1\n")


@pytest.mark.parametrize("name", PROJECTS)
def test_the_console_script(built: dict[str, Built], name: str) -> None:
    with zipfile.ZipFile(built[name].wheel) as archive:
        text = archive.read(f"{name}-0.1.0.dist-info/entry_points.txt").decode()
    assert re.search(rf"^\[console_scripts\]\n{name} = {name}\.cli:\w+$", text, re.MULTILINE)


def test_the_hooks_install_the_generator() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [h["id"] for h in hooks] == ["orcagen", "orcagen-check"]
    for hook in hooks:
        # pre-commit runs `pip install . ./generator` in its clone: `.` is orcarouter, which has no generator.
        assert hook["additional_dependencies"] == ["./generator"]
        assert hook["language"] == "python"
        assert hook["entry"].split()[:2] == ["orcagen", "generate"]
        assert (ROOT / hook["additional_dependencies"][0] / "pyproject.toml").exists()
