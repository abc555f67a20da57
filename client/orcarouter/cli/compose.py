"""Builds a request from command-line options, on top of one from a file.

Where an option goes in the body, and as which type, is looked up in the capability table:
`--duration 5` is a string in `metadata` for one family of models, and a number at the top level for
another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orcarouter.cli.request_file import require_json

if TYPE_CHECKING:
    from orcarouter_api.models import ModelCapabilities, ParameterRule

__all__ = ["compose", "find_parameter"]

# Options whose parameter has another name in some families.
_PARAMETER_NAMES = {
    "aspect_ratio": ("aspect_ratio", "ratio"),
    "resolution": ("resolution", "size"),
    "sound": ("sound", "generate_audio"),
}
_URL_PREFIXES = ("http://", "https://", "data:", "asset://")


def compose(
    request: dict[str, Any],
    *,
    flags: Mapping[str, str | None],
    media: Mapping[str, Iterable[str]],
    settings: Iterable[str],
) -> dict[str, Any]:
    """Add the command line's options to a request, and return it.

    Args:
        request: The request of a file, or an empty one; it is changed.
        flags: Values of options by name, such as `aspect_ratio`. None: not given.
        media: URLs or file names by role: `first_frame`, `last_frame`, `reference_image`,
            `reference_video`.
        settings: Assignments `path.to.key=value`.

    Raises:
        click.ClickException: An assignment is malformed, JSON cannot encode a value, or the model
            has no parameter for a flag.
    """
    for name in ("model", "prompt"):
        if flags.get(name) is not None:
            request[name] = flags[name]
    model = _find_model(request.get("model"))
    for name, value in flags.items():
        if value is not None and name not in ("model", "prompt"):
            _set_parameter(request, model, name, value)
    for role, names in media.items():
        for name in names:
            is_url = name.lower().startswith(_URL_PREFIXES)
            _add_media(request, model, role, name if is_url else Path(name))
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals or not all(path.split(".")):
            raise click.ClickException(
                f"--set needs KEY=VALUE, such as metadata.mode=pro, not {setting!r}"
            )
        _set_path(request, path, _parse_value(value))
    composed: dict[str, Any] = require_json(request)
    return composed


def _find_model(model: Any) -> ModelCapabilities | None:
    from orcarouter.capabilities import find_model

    return find_model(model) if isinstance(model, str) else None


def _find_rule(model: ModelCapabilities | None, *names: str) -> ParameterRule | None:
    """The first rule for a parameter of one of these names; rules that forbid it come last."""
    if model is None:
        return None
    rules = [
        rule
        for rule in model.parameters
        if rule.path.rpartition(".")[2] in names
        and "[]" not in rule.path
        and rule.documented is not False
    ]
    rules.sort(key=lambda rule: rule.supported is False)
    return rules[0] if rules else None


def find_parameter(model: ModelCapabilities | None, name: str) -> ParameterRule | None:
    """The rule for the parameter that an option sets, by the option's name."""
    return _find_rule(model, *_PARAMETER_NAMES.get(name, (name,)))


def _set_parameter(
    request: dict[str, Any], model: ModelCapabilities | None, name: str, value: str
) -> None:
    rule = find_parameter(model, name)
    if rule is None and model is not None:
        from orcarouter.capabilities.suggestions import find_similar_name

        places = [rule.path for rule in model.parameters if rule.supported is not False]
        similar = find_similar_name(name, [path.rpartition(".")[2] for path in places])
        place = next((path for path in places if path.rpartition(".")[2] == similar), "")
        hint = f"did you mean --set {place}=...? " if place else ""
        raise click.ClickException(
            f"--{name.replace('_', '-')}: {model.model} has no such parameter; {hint}"
            f"`orcarouter capabilities {model.model}` lists those that it has"
        )
    if rule is None:
        _set_path(request, f"metadata.{name}", value)
    else:
        _set_path(request, rule.path, _convert(value, str(rule.type or "")))


def _convert(value: str, type_name: str) -> Any:
    """Convert to the parameter's type; text that does not fit is kept, for validation to report."""
    from orcarouter.capabilities.suggestions import parse_boolean

    if type_name == "boolean":
        boolean = parse_boolean(value)
        return value if boolean is None else boolean
    with suppress(ValueError):
        if type_name in ("integer", "number"):
            return int(value) if type_name == "integer" else float(value)
    return value


def _add_media(
    request: dict[str, Any], model: ModelCapabilities | None, role: str, source: str | Path
) -> None:
    """Add an image or a video where the model's family expects it (API reference, section 3).

    P10 and P13 of section 14.2 have the names that differ between families.
    """
    media_type = "video" if role == "reference_video" else "image"
    if _supports(model, "content"):  # Seedance
        key = f"{media_type}_url"
        _append(request, "metadata.content", {"type": key, key: {"url": source}, "role": role})
    elif role == "reference_video":
        if _supports(model, "video_urls"):  # MiniMax
            _append(request, "metadata.video_urls", source)
        else:
            _append(request, "metadata.video_list", {"video_url": source})
    elif _supports(model, "first_frame_image"):  # MiniMax
        if role == "reference_image":
            _append(request, "images", source)
        else:
            _set_path(request, f"metadata.{role}_image", source)
    elif _supports(model, "image_list"):  # Kling Omni and O1
        types = {"first_frame": "first_frame", "last_frame": "end_frame"}
        type_field = {"type": types[role]} if role in types else {}
        _append(request, "metadata.image_list", {"image_url": source, **type_field})
    elif role == "reference_image":
        _append(request, "metadata.image_list", {"image_url": source})
    else:
        _set_path(request, "image" if role == "first_frame" else "metadata.image_tail", source)


def _supports(model: ModelCapabilities | None, name: str) -> bool:
    rule = _find_rule(model, name)
    return rule is not None and rule.supported is not False


def _parse_value(text: str) -> Any:
    """The text as JSON if it is JSON, else as a string."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _descend(request: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """The object that a dotted path leads to, created if missing, and the last key of the path."""
    *parents, key = path.split(".")
    target = request
    for parent in parents:
        target = target.setdefault(parent, {})
        if not isinstance(target, dict):
            raise click.ClickException(f"{path}: {parent} is not an object in this request")
    return target, key


def _set_path(request: dict[str, Any], path: str, value: Any) -> None:
    target, key = _descend(request, path)
    target[key] = value


def _append(request: dict[str, Any], path: str, value: Any) -> None:
    target, key = _descend(request, path)
    items = target.setdefault(key, [])
    if not isinstance(items, list):
        raise click.ClickException(f"{path} is not an array in this request")
    items.append(value)
