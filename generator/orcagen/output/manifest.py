"""The manifest of a package: the files that the generator wrote, and what they were generated from, as SHA-256 digests.

It ends a run early where nothing has changed, and tells the generator's files from those that a user added. The manifest
is part of the package: it has no absolute paths and no times, and is the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import asdict, frozen

from orcagen.config import Config
from orcagen.diagnostics import InputError
from orcagen.source.loader import Source, digest, is_url, locate, read_bytes

FILE_NAME = ".orcagen.json"
_GENERATOR = Path(__file__).parent.parent


@frozen
class Origin:
    """What a package was generated from.

    `generator` is the digest of the generator's code, `settings` that of what the user chose (`hash_settings`). `inputs`
    are the digests of the document and of the files it refers to, by their paths from the document's folder.
    `diagnostics` is their number: a run that ends early has none to print.
    """

    generator: str
    settings: str
    inputs: dict[str, str]
    diagnostics: int


@frozen
class Manifest:
    """`files` are digests by paths inside the package; `origin` is None where a run cannot end early."""

    files: dict[str, str]
    origin: Origin | None = None

    def __str__(self) -> str:
        origin = asdict(self.origin) if self.origin else {}
        return json.dumps({**origin, "files": self.files}, indent=0, sort_keys=True) + "\n"


def make_manifest(files: Mapping[str, str], origin: Origin | None) -> Manifest:
    """The manifest for the texts of a package's files."""
    return Manifest({path: digest(text.encode("utf-8")) for path, text in files.items()}, origin)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the package in a folder; an empty one if there is none.

    A package may come from anywhere: paths that lead out of the folder are dropped.
    """
    try:
        content = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        files = {
            path: str(value)
            for path, value in content["files"].items()
            if not Path(path).is_absolute() and ".." not in Path(path).parts
        }
        inputs = content.get("inputs")
        if not isinstance(inputs, dict) or not all(isinstance(v, str) for v in inputs.values()):
            return Manifest(files)
        generator, settings = str(content["generator"]), str(content["settings"])
        origin = Origin(generator, settings, inputs, int(content["diagnostics"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Manifest({})  # a first run, or a file that the generator did not write
    return Manifest(files, origin)


def hash_settings(spec: str, package: str, config: Config) -> str | None:
    """The digest of what the user chose: the names of the document and the package, the settings, and the contents of
    overlays, data files, templates and plugins.

    None for a document from the network or from standard input. Raises InputError for a file that cannot be read.
    """
    root = locate(spec)
    if root == "-" or is_url(root):
        return None
    # Paths differ from machine to machine, and what is there counts. The files of a distribution are not in the package.
    apart = ("spec", "output", "overlays", "tables", "templates", "distribution")
    others = asdict(config, filter=lambda a, _: a.name not in apart)
    chosen = {
        "document": Path(root).name,  # docstrings name it
        "package": package,
        **others,
        "overlays": [_hash_file(path) for path in config.overlays],
        "tables": {
            name: [table.data.name, _hash_file(table.data), _relative(table.schema, root)]
            for name, table in config.tables.items()
        },
        "plugins": _hash_plugins(config),
        "templates": {
            path.relative_to(config.templates).as_posix(): _hash_file(path)
            for path in find_templates(config)
            if config.templates
        },
    }
    return digest(json.dumps(chosen, sort_keys=True).encode())


def _hash_plugins(config: Config) -> list[list[str]]:
    if not config.plugins:
        return []
    from orcagen.plugins import hash_plugins

    return hash_plugins(config.plugins)


def find_templates(config: Config) -> list[Path]:
    """All files in the folder of the user's templates: a template may include any of them."""
    if config.templates is None:
        return []
    folders = os.walk(config.templates, followlinks=True)
    files = (Path(folder, name) for folder, _, names in folders for name in names)
    return sorted(path for path in files if path.is_file())  # editors leave broken links


def make_origin(
    spec: str, config: Config, settings: str | None, digests: Mapping[str, str], diagnostics: int
) -> Origin | None:
    """The origin of a package. `digests` are those of all files that were read, by absolute path or URL.

    None where a run cannot end early: one of them is from the network, from standard input, or missing (its digest is "").
    """
    if settings is None or any(map(is_url, digests)) or "" in digests.values():
        return None
    root = locate(spec)
    named = [*config.overlays, *(table.data for table in config.tables.values())]
    in_settings = {locate(str(path)) for path in named}
    inputs = {_relative(p, root): d for p, d in digests.items() if p not in in_settings}
    return Origin(_hash_generator(), settings, inputs, diagnostics)


def find_origin(
    folder: Path, spec: str, settings: str | None, *, allow_outside: bool
) -> Origin | None:
    """The origin of the package in a folder, if generating it again would change nothing; else None.

    Every input and every output is compared by content: an edited file may have its old time and size.
    """
    manifest = read_manifest(folder)
    origin = manifest.origin
    if origin is None or origin.settings != settings or origin.generator != _hash_generator():
        return None
    try:
        paths = find_inputs(origin, spec)
        for path in paths:
            # A manifest that was tampered with reads no more than the document itself could.
            Source(locate(spec), allow_remote=False, allow_outside=allow_outside).check_access(path)
        inputs = zip(paths, origin.inputs.values(), strict=True)
        outputs = ((f"{folder}/{path}", value) for path, value in manifest.files.items())
        is_current = _are_unchanged(inputs) and _are_unchanged(outputs)
    except InputError:
        return None  # a file that is missing; the run will say so, if it needs it
    return origin if is_current else None


def find_inputs(origin: Origin, spec: str) -> list[str]:
    """The absolute paths of the document and of the files it refers to."""
    folder = Path(locate(spec)).parent
    return [os.path.normpath(folder / path) for path in origin.inputs]


def _are_unchanged(files: Iterable[tuple[str, str]]) -> bool:
    return all(digest(_read(path)) == value for path, value in files)


def _read(path: str) -> bytes:
    """A regular file of any size: the run that read it before had a limit of its own."""
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    return read_bytes(path, size, is_reference=True)


def _relative(path: str, root: str) -> str:
    """A path from the document's folder, with slashes on every system."""
    try:
        return Path(os.path.relpath(path, Path(root).parent)).as_posix()
    except ValueError:  # another drive of Windows
        return path


def _hash_file(path: Path) -> str:
    return digest(read_bytes(locate(str(path))))


def _hash_generator() -> str:
    """The digest of the generator's code, templates and support code: its version alone does not change while somebody
    works on it."""
    total = hashlib.sha256()
    for path in sorted(p for p in _GENERATOR.rglob("*") if p.suffix in (".py", ".pyi", ".jinja")):
        total.update(path.relative_to(_GENERATOR).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
