"""Settings: `[tool.orcagen]` of a `pyproject.toml`, or a TOML file of its own with the same keys at the top level."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import Any

from attrs import field, fields_dict, frozen

from orcagen.diagnostics import InputError

HTTP_LIBRARIES = ("httpx", "httpx2", "any")


@frozen
class TableSetting:
    """A data file that becomes a module of the package, and the schema of its content (file and JSON pointer)."""

    data: Path
    schema: str


@frozen
class TypeSetting:
    """A class of the user's own for the values of a schema: dotted names of the class, of the function that makes it of a JSON
    value, and of the one that makes a JSON value of it."""

    type: str
    decode: str
    encode: str


@frozen
class DistributionSettings:
    """What `--distribution` writes instead of what the document says: `version`, `license` (an SPDX expression, or text),
    `authors` (names and addresses for e-mail), the `name` of the distribution. `http` is the HTTP library that it requires: httpx,
    httpx2, or any of both."""

    name: str = ""
    version: str = ""
    license: str = ""
    authors: tuple[tuple[str, str], ...] = ()
    http: str = "httpx"


@frozen
class Config:
    """`[tool.orcagen]`; `[tool.orcagen.packages.NAME]` overrides it for one package.

    - `spec`, `output`: the document (a path or a URL), and the folder of the package, where the command line names none.
    - `names`: Python names by JSON pointer of a schema or an operation, in place of the derived ones.
    - `typed_dicts`: whether request bodies can also be given as typed dicts.
    - `naive_datetimes`: whether a `datetime` without a UTC offset can be given for a `date-time`; it is written without one.
    - `downloads`: whether clients have `download` and `download_all`.
    - `validate_requests`: whether clients have the option of the same name, which checks requests before they are sent.
    - `opentelemetry`: whether clients make a span for each request, where opentelemetry-api is installed.
    - `include`, `exclude`: which operations to generate, by `tags`, `paths` or `operations` (operationIds), each a list
      of patterns with `*`. Schemas that no selected operation refers to are left out.
    - `overlays`: OpenAPI Overlay documents, applied in this order before the document is read.
    - `long_running`: declarations of long-running operations as `x-orcagen-long-running-operation` has them, by operationId,
      "METHOD /path" or JSON pointer.
    - `templates`: a folder with Jinja templates that are used instead of the built-in ones of the same name; they may
      extend those as `orcagen/NAME` and replace single blocks.
    - `types`: classes of the user's own, by the JSON pointer of a schema, the name of a component or `format:NAME`.
    - `plugins`: names of plugins (see `orcagen.plugins`) that change the plan or the files, in this order.
    - `distribution`: see `DistributionSettings`.
    - `tables`: data files that become typed modules of the package: `data`, `schema` (paths from the settings' folder).
    """

    spec: str | None = None
    output: Path | None = None
    names: dict[str, str] = field(factory=dict)
    typed_dicts: bool = False
    naive_datetimes: bool = False
    downloads: bool = False
    validate_requests: bool = False
    opentelemetry: bool = False
    tables: dict[str, TableSetting] = field(factory=dict)
    types: dict[str, TypeSetting] = field(factory=dict)
    include: dict[str, list[str]] = field(factory=dict)
    exclude: dict[str, list[str]] = field(factory=dict)
    overlays: tuple[Path, ...] = ()
    long_running: dict[str, Any] = field(factory=dict)
    templates: Path | None = None
    plugins: tuple[str, ...] = ()
    distribution: DistributionSettings = DistributionSettings()


def read(path: Path | None, package: str) -> Config:
    """The settings for a package; without a path, those of `pyproject.toml` in the working directory, if any.

    Raises InputError for a file that cannot be read and for unknown or mistyped settings.
    """
    settings, file = _load(path)
    return _validate(_merge(settings, package), file)


def read_packages(path: Path | None, package: str | None = None) -> dict[str, Config]:
    """The settings of all packages that have a document, or of the one that is named; see `read`.

    Raises InputError if there are none.
    """
    settings, file = _load(path)
    named = {n: _merge(settings, n) for n in settings.get("packages", {}) if package in (None, n)}
    packages = {name: _validate(merged, file) for name, merged in named.items()}
    if package is None:
        packages = {name: config for name, config in packages.items() if config.spec}
    if unready := [name for name, config in packages.items() if not config.spec]:
        raise InputError(f"[tool.orcagen.packages.{unready[0]}] needs `spec`", str(file))
    if not packages:
        wanted = f"[tool.orcagen.packages.{package or 'NAME'}] with `spec` and `output`"
        raise InputError(f"there is no {wanted}; add it, or give SPEC", str(file))
    return packages


def _load(path: Path | None) -> tuple[dict[str, Any], Path]:
    """The settings of all packages as they are written, and their file."""
    file = path or Path("pyproject.toml")
    if path is None and not file.is_file():
        return {}, file
    import tomllib

    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not TOML: {error}", str(file)) from error
    tool = data.get("tool", {})
    settings = tool.get("orcagen", {} if file.name == "pyproject.toml" else data)
    if not isinstance(settings, dict):
        raise InputError("[tool.orcagen] is not a table", str(file))
    packages = settings.get("packages", {})
    if not isinstance(packages, dict) or not all(isinstance(v, dict) for v in packages.values()):
        raise InputError("[tool.orcagen.packages] needs a table for each package", str(file))
    return settings, file


def _merge(settings: dict[str, Any], package: str) -> dict[str, Any]:
    """The settings of one package: a key of its own replaces the whole value of the same key for all packages."""
    common = {k: v for k, v in settings.items() if k != "packages"}
    own: dict[str, Any] = settings.get("packages", {}).get(package, {})
    return common | own


def _validate(settings: dict[str, Any], file: Path) -> Config:
    if unknown := sorted(settings.keys() - fields_dict(Config).keys()):
        names = ", ".join(sorted([*fields_dict(Config), "packages"]))
        raise InputError(f"unknown setting {unknown[0]!r}; the settings are {names}", str(file))
    names = settings.get("names", {})
    if not isinstance(names, dict) or not all(
        isinstance(v, str) and v.isidentifier() and not keyword.iskeyword(v) for v in names.values()
    ):
        raise InputError(
            "`names` must map JSON pointers to Python names that are no keywords", str(file)
        )
    for switch in (
        "typed_dicts",
        "naive_datetimes",
        "downloads",
        "validate_requests",
        "opentelemetry",
    ):
        if not isinstance(settings.get(switch, False), bool):
            raise InputError(f"`{switch}` must be true or false", str(file))
    for key in ("spec", "output"):
        if not isinstance(settings.get(key, ""), str) or settings.get(key) in ("", "-"):
            raise InputError(f"`{key}` must be a path{' or a URL' * (key == 'spec')}", str(file))
    spec, output = settings.get("spec"), settings.get("output")
    overlays = settings.get("overlays", [])
    if not _is_list_of_strings(overlays):
        raise InputError("`overlays` must be a list of paths", str(file))
    long_running = settings.get("long_running", {})
    if not isinstance(long_running, dict):
        raise InputError("`long_running` needs a table for each operation", str(file))
    plugins = settings.get("plugins", [])
    if not _is_list_of_strings(plugins):
        raise InputError("`plugins` must be a list of names", str(file))
    templates = settings.get("templates")
    if templates is not None and not (file.parent / str(templates)).is_dir():
        raise InputError(f"`templates` must name a folder, and {templates} is none", str(file))
    return Config(
        spec=str(file.parent / spec) if spec and "://" not in spec else spec,
        output=None if output is None else file.parent / output,
        # Pointers may be written as URI fragments, as they are in references and diagnostics.
        names={k.removeprefix("#"): v for k, v in names.items()},
        typed_dicts=settings.get("typed_dicts", False),
        naive_datetimes=settings.get("naive_datetimes", False),
        downloads=settings.get("downloads", False),
        validate_requests=settings.get("validate_requests", False),
        opentelemetry=settings.get("opentelemetry", False),
        tables=_validate_tables(settings.get("tables", {}), file),
        types=_validate_types(settings.get("types", {}), file),
        include=_validate_filter("include", settings, file),
        exclude=_validate_filter("exclude", settings, file),
        overlays=tuple(file.parent / o for o in overlays),
        long_running={k.removeprefix("#"): v for k, v in long_running.items()},
        templates=None if templates is None else file.parent / str(templates),
        plugins=tuple(plugins),
        distribution=_validate_distribution(settings.get("distribution", {}), file),
    )


def _validate_tables(tables: Any, file: Path) -> dict[str, TableSetting]:
    if not isinstance(tables, dict):
        raise InputError("`tables` needs a table for each data file", str(file))
    validated = {}
    for name, table in tables.items():
        is_complete = isinstance(table, dict) and table.keys() == {"data", "schema"}
        if not name.isidentifier() or not is_complete:
            message = f"the table {name!r} needs a Python name, `data` and `schema`"
            raise InputError(message, str(file))
        schema, _, pointer = str(table["schema"]).partition("#")
        schema_file = (file.parent / schema).resolve()
        validated[name] = TableSetting(file.parent / table["data"], f"{schema_file}#{pointer}")
    return validated


_CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
# What generated code writes itself.
_RESERVED_MODULES = ("builtins", "datetime", "decimal", "uuid", "typing")


def _validate_types(types: Any, file: Path) -> dict[str, TypeSetting]:
    if not isinstance(types, dict):
        raise InputError("`types` needs a table of classes", str(file))
    validated: dict[str, TypeSetting] = {}
    for key, value in types.items():
        if isinstance(value, str):  # such as a model of another generated package
            value = {"type": value, "decode": f"{value}.from_dict", "encode": f"{value}.to_dict"}
        if not isinstance(value, dict) or value.keys() != {"type", "decode", "encode"}:
            message = f"the entry {key!r} of `types` needs `type`, `decode` and `encode`, or the name of a class that has from_dict and to_dict"
            raise InputError(message, str(file))
        for role, path in value.items():
            parts = path.split(".") if isinstance(path, str) and _CLASS.fullmatch(path) else []
            if not parts or any(map(keyword.iskeyword, parts)):
                message = f"`{role}` of {key!r} in `types` must be a dotted name such as mypackage.Money, not {path!r}"
                raise InputError(message, str(file))
        setting = TypeSetting(**value)
        if setting.type.partition(".")[0] in _RESERVED_MODULES:
            message = f"{setting.type} of {key!r} in `types` is a class that generated code uses itself; name a class of your own"
            raise InputError(message, str(file))
        for other in validated.values():
            if other.type == setting.type and other != setting:
                message = f"`types` gives {setting.type} two codecs; a class has one"
                raise InputError(message, str(file))
        validated[key.removeprefix("#")] = setting
    return validated


def _validate_distribution(settings: Any, file: Path) -> DistributionSettings:
    keys = fields_dict(DistributionSettings).keys()
    if not isinstance(settings, dict) or not settings.keys() <= keys:
        raise InputError(f"`distribution` must be a table of {', '.join(keys)}", str(file))
    authors = settings.get("authors", [])
    if not isinstance(authors, list) or not all(
        isinstance(a, dict) and a.keys() <= {"name", "email"} for a in authors
    ):
        message = "`distribution.authors` must be a list of tables with `name` and `email`"
        raise InputError(message, str(file))
    for key in keys - {"authors"}:
        if not isinstance(settings.get(key, ""), str):
            raise InputError(f"`distribution.{key}` must be text", str(file))
    if not re.fullmatch(r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?", settings.get("name", "x"), re.ASCII):
        raise InputError("`distribution.name` is no name that pip installs", str(file))
    if "version" in settings and not _is_version(settings["version"]):
        raise InputError("`distribution.version` is no version of Python (PEP 440)", str(file))
    if settings.get("http", "any") not in HTTP_LIBRARIES:
        message = f"`distribution.http` must be one of {', '.join(HTTP_LIBRARIES)}"
        raise InputError(message, str(file))
    named = tuple((str(a.get("name", "")), str(a.get("email", ""))) for a in authors)
    return DistributionSettings(**{**settings, "authors": named})


def _is_version(text: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return bool(Version(text))
    except InvalidVersion:
        return False


def _validate_filter(key: str, settings: dict[str, Any], file: Path) -> dict[str, list[str]]:
    patterns = settings.get(key, {})
    if not (
        isinstance(patterns, dict)
        and patterns.keys() <= {"tags", "paths", "operations"}
        and all(map(_is_list_of_strings, patterns.values()))
    ):
        message = f"`{key}` must have lists of patterns under tags, paths or operations"
        raise InputError(message, str(file))
    return patterns


def _is_list_of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)
