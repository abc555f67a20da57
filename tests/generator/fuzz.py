"""Random and hostile documents: every one is generated and can be imported, or refused in one sentence.

`python -m tests.generator.fuzz --count 5000 --seed 1` tries that many documents in two processes and prints those that
fail; `--show N` prints document N of the seed. `make fuzz` runs it; `test_fuzz.py` tries a few.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import contextlib
import copy
import importlib
import importlib.abc
import importlib.machinery
import json
import keyword
import math
import pkgutil
import random
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

import orcagen.runtime
from orcagen.config import Config
from orcagen.diagnostics import InputError
from orcagen.pipeline import generate

DOCUMENTS = Path(__file__).parent / "documents"

NAMES = [
    "id", "name", "Name", "NAME", "na-me", "class", "None", "self", "cls", "mro", "__init__", "__class__", "to_dict", "from_dict",
    "additional_properties", "items", "str", "int", "dict", "list", "field", "define", "Any", "Call", "UNSET", "models", "api", "client",
    "errors", "_runtime", "con", "aux", "nul.py", "MODULES", "import", "print", "", " ", "_", "__", "1", "1st", "+1", "-1", "@type", "$ref",
    "ΐ", "ﬁ", "ſ", "ª", "µ", "ß", "İ", "名前", "é", "e\u0301", "\U0001f600", "a.b", "a/b", "a~b", "a%2Fb", "../x", "a\\b", 'a"b', "a'b", "{a}",
    "x" * 300, "名" * 120, "a\nb", "a\0b", "\ud800", "\u202e", "\ufeff", "type", "default", "value", "body", "headers", "Codec", "PetCodec",
]  # fmt: skip
TEXTS = [
    "", "text", '"""', "'''", "\\", '\\"""', "\n", "\r\n    x", "EVIL()", '""" + EVIL() + """', "{{ EVIL() }}", "{% raw %}", "# type: ignore",
    "\0", "\ud800", "\u2028EVIL()", "x" * 5000, "a\\", "*" * 80, "- a\n- b\n  - c", "```python\nEVIL()\n```", "%s %(x)s", "\x1b[31m", "1e999",
    "2020-01-01", "application/json", "#/components/schemas/A", "http://x.test/{y}", "/a/{b}", "date-time", "object", "string", "bearer",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2**63, -(2**64), 10**400, 0.1, -0.0, 1e300, math.inf, -math.inf, math.nan]
METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"]
TYPES = ["object", "array", "string", "integer", "number", "boolean", "null", "file", "any"]
FORMATS = [
    "date",
    "date-time",
    "time",
    "uuid",
    "decimal",
    "binary",
    "byte",
    "int64",
    "double",
    "duration",
    "uri",
    "base64url",
    "odd",
]
MEDIA_TYPES = [
    "application/json", "application/xml", "text/plain", "text/event-stream", "application/jsonl", "multipart/form-data", "image/*", "*/*",
    "application/x-www-form-urlencoded", "application/octet-stream", "application/problem+json", "text/csv; header=present", "odd", "",
]  # fmt: skip


class Writer:
    """Makes documents: most of what it writes is right, and some is not."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names = [*rng.sample(NAMES, 4), "A", "B", "C"]
        self.version = rng.choice(["2.0", "3.0.3", "3.1.0", "3.2.0"])
        self.is_yaml = rng.random() < 0.2

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def name(self) -> str:
        return self.rng.choice(self.names if self.chance(0.7) else NAMES)

    def text(self) -> str:
        return self.rng.choice(TEXTS)

    def value(self, depth: int = 2) -> Any:
        """Any JSON value, and a few that JSON does not have."""
        kind = self.rng.randrange(8 if depth else 6)
        if kind < 2:
            return self.rng.choice([None, True, False, *NUMBERS])
        if kind < 5:
            return self.rng.choice([self.text(), self.name(), self.rng.choice(TYPES)])
        if kind == 5:
            return self.rng.choice([[], {}, [{}], {"": None}])
        if kind == 6:
            return [self.value(depth - 1) for _ in range(self.rng.randrange(3))]
        return {self.name(): self.value(depth - 1) for _ in range(self.rng.randrange(3))}

    def reference(self, kind: str = "schemas") -> dict[str, Any]:
        root = "#/definitions/" if self.version == "2.0" else f"#/components/{kind}/"
        name = self.rng.choice(self.names).replace("~", "~0").replace("/", "~1")
        return {"$ref": root + name if self.chance(0.98) else self.text()}

    def schema(self, depth: int = 3) -> Any:
        if not depth or self.chance(0.25):
            return self.reference()
        if self.chance(0.03):
            return self.rng.choice([True, False, {}, None, "string"])
        out: dict[str, Any] = {}
        kind = self.rng.randrange(9)
        if kind < 3:
            out["type"] = "object"
            names = [self.name() for _ in range(self.rng.randrange(4))]
            out["properties"] = {n: self.schema(depth - 1) for n in names}
            if self.chance(0.5):
                out["required"] = [self.name() for _ in range(2)]
            if self.chance(0.3):
                out["additionalProperties"] = self.rng.choice([True, False, self.schema(depth - 1)])
        elif kind == 3:
            out |= {"type": "array", "items": self.schema(depth - 1)}
        elif kind == 4:
            keyword = self.rng.choice(["oneOf", "anyOf", "allOf"])
            out[keyword] = [self.schema(depth - 1) for _ in range(self.rng.randrange(4))]
            if self.chance(0.4):
                mapping = {self.name(): self.reference()["$ref"]}
                discriminator: Any = {"propertyName": self.name(), "mapping": mapping}
                out["discriminator"] = self.name() if self.version == "2.0" else discriminator
        elif kind == 5:
            out["enum"] = [self.value(1) for _ in range(self.rng.randrange(4))]
        else:
            type_ = self.rng.choice(TYPES)
            is_list = self.version >= "3.1" and self.chance(0.2)
            out["type"] = [type_, "null"] if is_list else type_
            if self.chance(0.5):
                out["format"] = self.rng.choice(FORMATS)
        for keyword in ("title", "description", "pattern"):
            if self.chance(0.15):
                out[keyword] = self.text()
        for keyword in ("default", "example", "const", "nullable", "readOnly", "minimum", "maxLength", "prefixItems", "xml", "$id"):  # fmt: skip
            if self.chance(0.04):
                out[keyword] = self.value()
        return out

    def content(self) -> dict[str, Any]:
        types = self.rng.sample(MEDIA_TYPES, self.rng.randrange(1, 3))
        return {t: {"schema": self.schema()} if self.chance(0.9) else {} for t in types}

    def parameter(self) -> dict[str, Any]:
        place = self.rng.choice(
            ["query", "path", "header", "cookie", "querystring", "body", "formData"]
        )
        out: dict[str, Any] = {"name": self.name(), "in": place, "required": self.chance(0.6)}
        if place in ("body",) or self.version != "2.0":
            out["schema"] = self.schema(2)
        else:
            out |= {"type": self.rng.choice(TYPES), "items": {"type": "string"}}
        if self.chance(0.3):
            out["style"] = self.rng.choice(["form", "simple", "deepObject", "matrix", self.text()])
            out["explode"] = self.chance(0.5)
        return out

    def operation(self) -> dict[str, Any]:
        out: dict[str, Any] = {"responses": {}}
        if self.chance(0.7):
            out["operationId"] = self.name()
        if self.chance(0.5):
            out["tags"] = [self.name()]
        if self.chance(0.3):
            out |= {"summary": self.text(), "description": self.text()}
        out["parameters"] = [self.parameter() for _ in range(self.rng.randrange(4))]
        if self.chance(0.4) and self.version != "2.0":
            out["requestBody"] = {"content": self.content(), "required": self.chance(0.5)}
        for status in self.rng.sample(["200", "201", "204", "4XX", "default", "500", "odd"], 2):
            response: dict[str, Any] = {"description": self.text()}
            response |= (
                {"schema": self.schema()} if self.version == "2.0" else {"content": self.content()}
            )
            out["responses"][status] = response
        if self.chance(0.2):
            out["security"] = [{self.name(): []}]
        return out

    def document(self) -> dict[str, Any]:
        key = "swagger" if self.version == "2.0" else "openapi"
        out: dict[str, Any] = {key: self.version, "info": {"title": self.text(), "version": "1"}}
        paths = (f"/{self.name()}/{{{self.name()}}}", f"/{self.name()}")
        out["paths"] = {
            path: {self.rng.choice(METHODS): self.operation() for _ in range(2)} for path in paths
        }
        schemas = {name: self.schema() for name in self.names}
        schemes = {self.name(): self.rng.choice(SCHEMES)}
        if self.version == "2.0":
            out |= {"definitions": schemas, "securityDefinitions": schemes}
        else:
            out["components"] = {"schemas": schemas, "securitySchemes": schemes}
            out["servers"] = [{"url": self.rng.choice(TEXTS)}]
        return out

    def change(self, document: Any) -> None:
        """Replaces, renames, removes, moves or copies something, anywhere."""
        places = list(find_places(document))
        if not places:
            return
        parent, key = self.rng.choice(places)
        kind = self.rng.randrange(7)
        if kind == 0 and isinstance(parent, dict):
            name = (
                self.rng.choice([1, 1.5, True, None, "2020-01-01"]) if self.is_yaml else self.name()
            )
            parent[name] = parent.pop(key)
        elif kind == 1:
            del parent[key]
        elif kind == 2:
            other, at = self.rng.choice(places)
            with contextlib.suppress(LookupError):  # removed together with something around it
                parent[key] = copy.deepcopy(other[at])
        elif kind == 3:
            parent[key] = self.reference()
        elif kind == 4 and isinstance(parent, dict):
            parent[self.rng.choice(KEYWORDS)] = self.value()
        else:
            parent[key] = self.value()


SCHEMES: list[dict[str, Any]] = [
    {"type": "http", "scheme": "bearer"},
    {"type": "http", "scheme": "basic"},
    {"type": "apiKey", "in": "header", "name": "X-Key"},
    {"type": "apiKey", "in": "cookie", "name": "a b\n"},
    {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}}},
    {"type": "odd"},
]
KEYWORDS = [
    "$ref", "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$defs", "$self", "type", "format", "enum", "const", "items", "prefixItems",
    "properties", "required", "allOf", "oneOf", "anyOf", "not", "if", "discriminator", "nullable", "default", "additionalProperties",
    "patternProperties", "xml", "schema", "content", "encoding", "itemSchema", "headers", "links", "callbacks", "servers", "security", "tags",
    "parameters", "requestBody", "responses", "deprecated", "x-enum-varnames", "x-ms-discriminator-value", "style", "explode", "name", "in",
    "contentMediaType", "contentEncoding", "contentSchema", "variables", "additionalOperations", "webhooks", "consumes", "produces",
]  # fmt: skip


def find_places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Every value inside: its parent, and its key or index there."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in list(pairs):
        yield value, key
        if depth < 60:
            yield from find_places(child, depth + 1)


def make_document(seed: int, number: int) -> tuple[str, str, Config]:
    """Document `number` of a seed: its file name, its text, and the settings to generate it with."""
    writer = Writer(random.Random(f"{seed} {number}"))
    rng = writer.rng
    if rng.random() < 0.1:
        document = yaml.safe_load(
            rng.choice(sorted(DOCUMENTS.glob("*.yaml"))).read_text(encoding="utf-8")
        )
    else:
        document = writer.document()
    for _ in range(rng.choice([0, 1, 1, 2, 3, 8])):
        writer.change(document)
    names = {}
    if rng.random() < 0.1:
        names = {
            "/components/schemas/A": rng.choice(
                [n for n in NAMES if n.isidentifier() and not keyword.iskeyword(n)]
            )
        }
    config = Config(names=names, typed_dicts=rng.random() < 0.3)
    if writer.is_yaml:
        return "api.yaml", yaml.safe_dump(document, sort_keys=False), config
    return "api.json", json.dumps(document, indent=1), config


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a package from its texts, with the support code of the generator in place of the copy."""

    def __init__(self, name: str, files: dict[str, str]) -> None:
        self.name, self.files = name, files

    def _path(self, name: str) -> str | None:
        path = name.removeprefix(self.name).lstrip(".").replace(".", "/")
        for candidate in (f"{path}.py", f"{path}/__init__.py".lstrip("/")):
            if candidate in self.files:
                return candidate
        return None

    def find_spec(
        self, name: str, path: Any, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] != self.name or (file := self._path(name)) is None:
            return None
        is_package = file.endswith("__init__.py")
        return importlib.machinery.ModuleSpec(name, self, origin=file, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__
        assert module.__spec__.origin
        origin = module.__spec__.origin
        exec(compile(self.files[origin], origin, "exec"), module.__dict__)  # noqa: S102

    def modules(self) -> list[str]:
        paths = (
            p.removesuffix(".py")
            for p in self.files
            if p.endswith(".py") and not p.startswith("_runtime/")
        )
        return [".".join([self.name, *p.split("/")]).removesuffix(".__init__") for p in paths]


@contextlib.contextmanager
def imported(name: str, files: dict[str, str]) -> Iterator[None]:
    """Imports every module of a package and builds every class."""
    loader = _Loader(name, files)
    for module in pkgutil.iter_modules(orcagen.runtime.__path__):
        shared = importlib.import_module(f"orcagen.runtime.{module.name}")
        sys.modules[f"{name}._runtime.{module.name}"] = shared
    sys.modules[f"{name}._runtime"] = orcagen.runtime
    sys.meta_path.insert(0, loader)
    try:
        for module_name in loader.modules():
            importlib.import_module(module_name)
        yield
    finally:
        sys.meta_path.remove(loader)
        for module_name in [m for m in sys.modules if m.partition(".")[0] == name]:
            del sys.modules[module_name]


def check(seed: int, number: int) -> tuple[str, str]:
    """ "generated" or "refused", or "failed" and why."""
    file_name, text, config = make_document(seed, number)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, file_name)
        path.write_text(text, encoding="utf-8")
        try:
            generated = generate(str(path), "fuzzed", config)
        except InputError as error:
            message = str(error)
            is_clear = "\n" not in message and len(message) < 2000
            return ("refused", message) if is_clear else ("failed", f"unclear: {message!r}")
        except Exception:
            return "failed", traceback.format_exc()
        try:
            with imported("fuzzed", generated.files):
                pass
        except Exception:
            return "failed", traceback.format_exc()
    return "generated", ""


def _check_range(seed: int, numbers: Sequence[int]) -> list[tuple[int, str, str]]:
    sys.setrecursionlimit(20_000)
    return [(number, *check(seed, number)) for number in numbers]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=5000, help="how many documents")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, metavar="N", help="print document N instead")
    args = parser.parse_args(arguments)
    if args.show is not None:
        _, text, config = make_document(args.seed, args.show)
        print(text)
        print(config, *check(args.seed, args.show), sep="\n", file=sys.stderr)
        return 0
    counts = collections.Counter[str]()
    causes = collections.Counter[str]()
    examples: dict[str, int] = {}
    chunks = [range(start, min(start + 50, args.count)) for start in range(0, args.count, 50)]
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for done in concurrent.futures.as_completed(
            pool.submit(_check_range, args.seed, chunk) for chunk in chunks
        ):
            for number, result, why in done.result():
                counts[result] += 1
                if result == "failed":
                    lines = why.strip().splitlines()
                    place = next(
                        (x.strip() for x in reversed(lines) if "orcagen" in x and "line" in x), ""
                    )
                    cause = f"{lines[-1][:150]} {place[-90:]}"
                    causes[cause] += 1
                    examples.setdefault(cause, number)
            print(f"\r{counts.total()} of {args.count}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for cause, count in causes.most_common():
        print(f"{count} x {cause} (--show {examples[cause]})")
    summary = ", ".join(f"{counts[k]} {k}" for k in ("generated", "refused", "failed"))
    print(f"seed {args.seed}: {counts.total()} documents: {summary}")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
