"""Settings: `[tool.orcagen]` of a `pyproject.toml`, or a file of its own with the same keys at its top."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import field, fields_dict, frozen

from orcagen.diagnostics import InputError


@frozen
class TableSetting:
    """A data file that becomes a module of the package, and the schema of its content (file and JSON pointer)."""

    data: Path
    schema: str


@frozen
class Config:
    """`[tool.orcagen]`; what stands in `[tool.orcagen.packages.NAME]` holds for that package alone.

    - `names`: Python names by JSON pointer of a schema or an operation, where the rule's are not wanted.
    - `typed_dicts`: whether bodies can be given as typed dicts too (by datamodel-code-generator).
    - `include`, `exclude`: the operations that are wanted or not, by `tags`, `paths` or `operations` (operationIds), each a
      list of patterns with `*`. Schemas that nothing needs are then left out.
    - `overlays`: OpenAPI Overlay documents, applied in this order before the document is read.
    - `templates`: a folder with Jinja templates that are used instead of the built-in ones of the same name; they may
      extend those as `orcagen/NAME` and replace single blocks.
    - `tables`: data files that become typed modules of the package: `data`, `schema` (paths from the settings' folder).
    """

    names: dict[str, str] = field(factory=dict)
    typed_dicts: bool = False
    tables: dict[str, TableSetting] = field(factory=dict)
    include: dict[str, list[str]] = field(factory=dict)
    exclude: dict[str, list[str]] = field(factory=dict)
    overlays: tuple[Path, ...] = ()
    templates: Path | None = None


def read(path: Path | None, package: str) -> Config:
    """The settings for a package; without a path, those of `pyproject.toml` in the working directory, if any.

    Raises InputError for a file that cannot be read and for unknown or mistyped settings.
    """
    file = path or Path("pyproject.toml")
    if path is None and not file.is_file():
        return Config()
    import tomllib

    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not TOML: {error}", str(file)) from error
    own = data.get("tool", {}).get("orcagen", {} if file.name == "pyproject.toml" else data)
    if not isinstance(own, dict):
        raise InputError("[tool.orcagen] is not a table", str(file))
    packages = own.get("packages", {})
    if not isinstance(packages, dict) or not all(isinstance(v, dict) for v in packages.values()):
        raise InputError("[tool.orcagen.packages] holds a table for each package", str(file))
    merged = {k: v for k, v in own.items() if k != "packages"} | packages.get(package, {})
    return _checked(merged, file)


def _checked(given: dict[str, Any], file: Path) -> Config:
    if unknown := sorted(given.keys() - fields_dict(Config).keys()):
        known = ", ".join(sorted(fields_dict(Config)))
        raise InputError(
            f"the setting {unknown[0]!r} is not known; there are {known} and packages", str(file)
        )
    names = given.get("names", {})
    if not isinstance(names, dict) or not all(
        isinstance(v, str) and v.isidentifier() for v in names.values()
    ):
        raise InputError("`names` maps JSON pointers to Python names", str(file))
    typed_dicts = given.get("typed_dicts", False)
    if not isinstance(typed_dicts, bool):
        raise InputError("`typed_dicts` is true or false", str(file))
    tables = {}
    if not isinstance(given.get("tables", {}), dict):
        raise InputError("`tables` holds a table for each data file", str(file))
    for name, table in given.get("tables", {}).items():
        if (
            not name.isidentifier()
            or not isinstance(table, dict)
            or table.keys() != {"data", "schema"}
        ):
            raise InputError(
                f"the table {name!r} needs a Python name, `data` and `schema`", str(file)
            )
        schema, _, pointer = str(table["schema"]).partition("#")
        tables[name] = TableSetting(
            file.parent / table["data"], f"{(file.parent / schema).resolve()}#{pointer}"
        )
    scopes = {}
    for key in ("include", "exclude"):
        scopes[key] = given.get(key, {})
        lists = scopes[key].values() if isinstance(scopes[key], dict) else [None]
        fits = isinstance(scopes[key], dict) and scopes[key].keys() <= {
            "tags",
            "paths",
            "operations",
        }
        if not fits or not all(
            isinstance(v, list) and all(isinstance(p, str) for p in v) for v in lists
        ):
            raise InputError(
                f"`{key}` has lists of patterns under tags, paths or operations", str(file)
            )
    overlays = given.get("overlays", [])
    if not isinstance(overlays, list) or not all(isinstance(o, str) for o in overlays):
        raise InputError("`overlays` is a list of paths", str(file))
    templates = given.get("templates")
    if templates is not None and not (file.parent / str(templates)).is_dir():
        raise InputError(f"`templates` names no folder: {templates}", str(file))
    return Config(
        names={k.removeprefix("#"): v for k, v in names.items()},
        typed_dicts=typed_dicts,
        tables=tables,
        include=scopes["include"],
        exclude=scopes["exclude"],
        overlays=tuple(file.parent / o for o in overlays),
        templates=None if templates is None else file.parent / str(templates),
    )
