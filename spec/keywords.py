"""Writes client/orcarouter/keywords.py: the typed keywords of a request for each family of models.

    python spec/keywords.py            # `make generate` runs it
    python spec/keywords.py --check    # exit status 1 if the file differs

The keys are those of the generated typed dicts. The capability table narrows their values: a string with known values is
one of them, and a `pathlib.Path` may stand where an image or a sound may be a data URI.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

from attrs import define, field

from orcarouter_api import dicts
from orcarouter_api.models import MediaLimit, ModelCapabilities, ParameterRule
from orcarouter_api.tables.capabilities import load

TARGET = Path(__file__).parent.parent / "client/orcarouter/keywords.py"
FAMILIES = {
    "kling": dicts.KlingVideoRequestDict,
    "seedance": dicts.SeedanceVideoRequestDict,
    "minimax": dicts.MinimaxVideoRequestDict,
}
HEADER = '''"""The keyword arguments of `videos.create`, `videos.prepare` and `check`, for each family of models.

Written by spec/keywords.py from `orcarouter_api.dicts` and the capability table; do not edit. Unlike those typed dicts,
these have no values besides the known ones, and a `pathlib.Path` may stand for an image or a sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NotRequired, TypeAlias, TypedDict

if TYPE_CHECKING:
    from orcarouter_api import models
'''


@define
class Family:
    """The typed dicts that the requests of one family consist of, as source text by their names."""

    entries: list[ModelCapabilities]
    model_alias: str
    classes: dict[str, str] = field(factory=dict)

    def write_dict(self, kind: Any, path: str) -> str:
        """Add a typed dict and those within it; return its name. `path` is its place in a request."""
        name: str = kind.__name__
        hints = get_type_hints(kind, include_extras=True)
        lines = [
            f"    {key}: {self.write_type(hint, _join(path, key))}" for key, hint in hints.items()
        ]
        # A dict that occurs at several places, such as the URL of an image or a video, takes what any of them does.
        longest = max(self.classes.get(name, ""), "\n".join(lines), key=len)
        self.classes[name] = longest
        return name

    def write_type(self, hint: Any, path: str) -> str:
        if path == "model":
            return self.model_alias
        arguments = get_args(hint)
        if get_origin(hint) is NotRequired:
            return f"NotRequired[{self.write_type(arguments[0], path)}]"
        if get_origin(hint) is list:
            item = self.write_type(arguments[0], path + "[]")
            # A list of strings is no `list[str | Path]`.
            return f"Sequence[{item}]" if "Path" in item else f"list[{item}]"
        if get_origin(hint) in (Union, UnionType) and str in arguments:
            literals = next(part for part in arguments if get_origin(part) is Literal)
            return self.write_type(literals, path) + " | str" * self.has_pattern(path)
        if get_origin(hint) in (Union, UnionType):
            return " | ".join(self.write_type(part, path) for part in arguments)
        if get_origin(hint) is Literal:
            return f"Literal[{', '.join(map(repr, arguments))}]"
        if hasattr(hint, "__required_keys__"):
            name = self.write_dict(hint, path)
            # A value of its own may also be a model.
            return f"{name} | models.{name.removesuffix('Dict')}" if "." not in path else name
        if hint is str and self.accepts_file(path):
            return "str | Path"
        if hint is str and (values := self.find_values(path)):
            return f"Literal[{', '.join(map(repr, values))}]"
        return str(hint.__name__)

    def rules(self, path: str) -> Iterator[ParameterRule]:
        return (rule for entry in self.entries for rule in entry.parameters if rule.path == path)

    def find_values(self, path: str) -> list[str]:
        """The values that any model of the family knows; empty where a model takes others, too."""
        supporting = [r for r in self.rules(path) if r.supported is not False]
        if not supporting or not all(rule.values for rule in supporting):
            return []
        return sorted({str(v) for rule in supporting for v in rule.values or ()}, key=_by_number)

    def has_pattern(self, path: str) -> bool:
        return any(rule.pattern for rule in self.rules(path))

    def accepts_file(self, path: str) -> bool:
        limits = (limit for entry in self.entries for limit in entry.media if path in limit.paths)
        if takes_file := [limit.kind != "video" and _takes_data_uri(limit) for limit in limits]:
            return any(takes_file)
        return path.endswith("_image")  # an image without limits


def _by_number(value: str) -> tuple[int, str]:
    return (len(value), value) if value.isdecimal() else (0, value)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _takes_data_uri(limit: MediaLimit) -> bool:
    return not limit.encodings or "data_uri" in limit.encodings


def write_text() -> str:
    text = HEADER
    for name, request in FAMILIES.items():
        models = get_args(get_args(get_type_hints(request)["model"])[0])
        alias = f"{name.capitalize()}Model"
        text += f"\n{alias}: TypeAlias = Literal[{', '.join(map(repr, models))}]\n"
        text += (
            f'"""The models of this family in the document: `models.{alias}` without others."""\n\n'
        )
        family = Family([entry for entry in load().models if entry.family == name], alias)
        family.write_dict(request, "")
        for class_name, body in family.classes.items():
            doc = f'"""`models.{class_name.removesuffix("Dict")}` as a dict."""'
            text += f"\nclass {class_name}(TypedDict):\n    {doc}\n\n{body}\n\n"
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    text = write_text()
    if sys.argv[1:] == ["--check"]:
        is_current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        sys.exit(0 if is_current else f"{TARGET} differs: run `python spec/keywords.py`")
    TARGET.write_text(text, encoding="utf-8")
