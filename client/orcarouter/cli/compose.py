"""A request from flags, on top of what a file holds.

Where a flag goes in the body, and as what type, is looked up in the capability table: `--duration 5` is a string in
`metadata` for one family, a number at the top for another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orcarouter.cli.request_file import json_only

if TYPE_CHECKING:
    from orcarouter_api.models import ModelCapabilities, ParameterRule

__all__ = ["compose"]

# What families call the same thing.
_NAMES = {
    "aspect_ratio": ("aspect_ratio", "ratio"),
    "resolution": ("resolution", "size"),
    "sound": ("sound", "generate_audio"),
}
_REMOTE = ("http://", "https://", "data:", "asset://")


def compose(
    request: dict[str, Any],
    *,
    flags: Mapping[str, str | None],
    media: Mapping[str, Iterable[str]],
    settings: Iterable[str],
) -> dict[str, Any]:
    """A request with flags on top of it.

    `flags` are values by name, `media` URLs or file names by what they are (`first_frame`, `last_frame`,
    `reference_image`, `reference_video`), `settings` texts `path.to.key=value`. Raises click.ClickException, also for
    a value that JSON cannot write.
    """
    for name in ("model", "prompt"):
        if flags.get(name) is not None:
            request[name] = flags[name]
    entry = _entry(request.get("model"))
    for name, value in flags.items():
        if value is not None and name not in ("model", "prompt"):
            _place(request, entry, name, value)
    for role, names in media.items():
        for name in names:
            _add_media(request, entry, role, _medium(name))
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals or not all(path.split(".")):
            raise click.ClickException(
                f"--set takes KEY=VALUE, such as metadata.mode=pro, not {setting!r}"
            )
        _put(request, path, _value(value))
    composed: dict[str, Any] = json_only(request)
    return composed


def _entry(model: Any) -> ModelCapabilities | None:
    from orcarouter.capabilities import find_model

    return find_model(model) if isinstance(model, str) else None


def _rule(entry: ModelCapabilities | None, *names: str) -> ParameterRule | None:
    """The first rule for a value of one of these names; those that do not only forbid it come first."""
    if entry is None:
        return None
    rules = [
        rule
        for rule in entry.parameters
        if rule.path.rpartition(".")[2] in names
        and "[]" not in rule.path
        and rule.documented is not False
    ]
    rules.sort(key=lambda rule: rule.supported is False)
    return rules[0] if rules else None


def _place(request: dict[str, Any], entry: ModelCapabilities | None, name: str, value: str) -> None:
    rule = _rule(entry, *_NAMES.get(name, (name,)))
    if rule is None:
        _put(request, f"metadata.{name}", value)
    else:
        _put(request, rule.path, _typed(value, str(rule.type or "")))


def _typed(value: str, kind: str) -> Any:
    """The text as what the table wants; a text that is no such thing stays one, for the check to name."""
    if kind == "boolean":
        truth = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
        return truth.get(value.lower(), value)
    if kind in ("integer", "number"):
        try:
            return int(value) if kind == "integer" else float(value)
        except ValueError:
            return value
    return value


def _add_media(
    request: dict[str, Any], entry: ModelCapabilities | None, role: str, medium: str | Path
) -> None:
    """Put an image or a video where the model's family takes it (API reference, section 3; P10, P13)."""
    kind = "video" if role == "reference_video" else "image"
    if _has(entry, "content"):
        item = {"type": f"{kind}_url", f"{kind}_url": {"url": medium}, "role": role}
        _append(request, "metadata.content", item)
    elif role == "reference_video":
        if _has(entry, "video_urls"):
            _append(request, "metadata.video_urls", medium)
        else:
            _append(request, "metadata.video_list", {"video_url": medium})
    elif _has(entry, "first_frame_image"):
        if role == "reference_image":
            _append(request, "images", medium)
        else:
            _put(request, f"metadata.{role}_image", medium)
    elif _has(entry, "image_list"):
        words = {"first_frame": "first_frame", "last_frame": "end_frame"}
        typed = {"type": words[role]} if role in words else {}
        _append(request, "metadata.image_list", {"image_url": medium, **typed})
    elif role == "reference_image":
        _append(request, "metadata.image_list", {"image_url": medium})
    else:
        _put(request, "image" if role == "first_frame" else "metadata.image_tail", medium)


def _has(entry: ModelCapabilities | None, name: str) -> bool:
    rule = _rule(entry, name)
    return rule is not None and rule.supported is not False


def _medium(name: str) -> str | Path:
    return name if name.lower().startswith(_REMOTE) else Path(name)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _inner(request: dict[str, Any], way: list[str], path: str) -> dict[str, Any]:
    inner = request
    for step in way:
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            raise click.ClickException(f"{path}: {step} is not an object in this request")
    return inner


def _put(request: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    _inner(request, way, path)[last] = value


def _append(request: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    items = _inner(request, way, path).setdefault(last, [])
    if not isinstance(items, list):
        raise click.ClickException(f"{path} is not a list in this request")
    items.append(value)
