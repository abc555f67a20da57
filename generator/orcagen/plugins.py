"""Plugins: what other distributions change about the plan of a package, and about its files.

A plugin is an entry point of the group `orcagen.plugins`: a module, or any other object, with one or both of the functions
of `ChangesPlan` and `ChangesFiles`. Only those that the settings name are loaded, and they run in that order.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from orcagen.diagnostics import InputError

if TYPE_CHECKING:
    from orcagen.plan.model import Package

GROUP = "orcagen.plugins"
T = TypeVar("T")


class ChangesPlan(Protocol):
    """Runs between the stages plan and render. The plan is frozen: `attrs.evolve` makes another one."""

    def change_plan(self, package: Package) -> Package: ...


class ChangesFiles(Protocol):
    """Runs before the files are formatted. They are texts by their paths inside the package; others may be added. The plan
    is that from which they were rendered."""

    def change_files(self, package: Package, files: dict[str, str]) -> dict[str, str]: ...


def change_plan(names: Iterable[str], package: Package) -> Package:
    """The plan after all plugins. Raises InputError, with the plugin's name, for one that is not there or fails."""
    from orcagen.plan.model import Package
    from orcagen.plan.uniqueness import check_names

    def change(function: Callable[[Package], Any]) -> Package:
        changed = function(package)
        if not isinstance(changed, Package):
            raise TypeError(f"change_plan returned {type(changed).__name__}, and not a Package")
        check_names(changed)
        return changed

    for name, function in _find_functions(names, "change_plan"):
        package = _run(name, change, function)
    return package


def change_files(names: Iterable[str], package: Package, files: dict[str, str]) -> dict[str, str]:
    """The files after all plugins; see `change_plan`."""

    def change(function: Callable[[Package, dict[str, str]], Any]) -> dict[str, str]:
        changed = function(package, dict(files))
        if not isinstance(changed, dict) or not all(
            isinstance(text, str) for pair in changed.items() for text in pair
        ):
            raise TypeError("change_files did not return a dict of texts by their paths")
        for path in changed.keys() - files.keys():
            parts = path.split("/")
            if not all(parts) or not {".", ".."}.isdisjoint(parts) or "\\" in path:
                raise ValueError(f"the path {path!r} does not lie in the package")
        for path, text in changed.items():
            if path.endswith((".py", ".pyi")) and text != files.get(path):
                compile(text, path, "exec", dont_inherit=True)
        return changed

    for name, function in _find_functions(names, "change_files"):
        files = _run(name, change, function)
    return files


def hash_plugins(names: Iterable[str]) -> list[list[str]]:
    """What tells whether a plugin has changed: its reference, the version of its distribution, and the digest of its code."""
    return [_hash(_find(name)) for name in names]


def _hash(entry_point: metadata.EntryPoint) -> list[str]:
    spec = util.find_spec(entry_point.module)
    origin = Path(spec.origin) if spec and spec.origin else None
    files = [origin] if origin else []
    if origin and origin.name == "__init__.py":
        files = sorted(origin.parent.rglob("*.py"))
    total = sha256(b"\0".join(path.read_bytes() for path in files if path.is_file()))
    version = entry_point.dist.version if entry_point.dist else ""
    return [entry_point.value, version, total.hexdigest()]


def _find(name: str) -> metadata.EntryPoint:
    installed = metadata.entry_points(group=GROUP)
    for entry_point in installed.select(name=name):
        return entry_point
    others = ", ".join(sorted(installed.names)) or "none"
    raise InputError(
        f"there is no plugin {name!r}: install the distribution that has it; installed are {others}"
    )


def _find_functions(names: Iterable[str], function: str) -> Iterator[tuple[str, Any]]:
    """The functions of that name; a plugin has at least one of both."""
    for name in names:
        plugin = _run(name, metadata.EntryPoint.load, _find(name))
        if not (hasattr(plugin, "change_plan") or hasattr(plugin, "change_files")):
            raise InputError(f"the plugin {name!r} has neither change_plan nor change_files")
        if hasattr(plugin, function):
            yield name, getattr(plugin, function)


def _run(name: str, function: Callable[[Any], T], argument: Any) -> T:
    """The result of a function that calls into a plugin, whatever that raises."""
    try:
        return function(argument)
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_of_plugin(f)]
        place = (frames[0].filename, frames[0].lineno) if frames else ()
        message = f"the plugin {name!r} failed: {type(error).__name__}: {error}"
        raise InputError(message, *place) from error


def _is_of_plugin(frame: traceback.FrameSummary) -> bool:
    return frame.filename != __file__ and "importlib" not in frame.filename
