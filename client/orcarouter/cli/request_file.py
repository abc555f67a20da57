"""Reads a request from a file: JSON, or YAML restricted to values that JSON has."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

__all__ = ["read_request", "require_json"]

_MAX_DEPTH = 50  # nested arrays and objects; a request has five
_MAX_VALUES = 100_000  # aliases let a few lines of YAML expand to billions of values


def read_request(name: str) -> dict[str, Any]:
    """Read the JSON object in a JSON or YAML file; `-` is standard input.

    Strings `file:NAME` become paths, relative to the folder of the file. Raises OSError, and
    click.ClickException if the content is not a request.
    """
    content = _parse(name, sys.stdin.read() if name == "-" else _read_text(Path(name)))
    if not isinstance(content, dict):
        raise click.ClickException(
            f"{name}: a request must be an object, with `model` and `prompt`"
        )
    try:
        content = require_json(content)
    except click.ClickException as error:
        raise click.ClickException(f"{name}: {error.message}") from None
    folder = Path() if name == "-" else Path(name).parent
    request: dict[str, Any] = _resolve_files(content, folder)
    return request


def require_json(value: Any) -> Any:
    """A copy of a value that JSON can encode; a Path, which stands for a file, is kept.

    Raises click.ClickException with the path of the first value that it cannot encode.
    """
    budget = iter(range(_MAX_VALUES))
    return _require_json(value, "", budget, _MAX_DEPTH)


def _require_json(value: Any, path: str, budget: Iterator[int], depth: int) -> Any:
    location = path or "the request"
    if next(budget, None) is None or not depth:
        raise click.ClickException(f"{location}: too many values, or nested too deeply")
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise click.ClickException(
                    f"{location}: the key {key!r} must be a string: quote it"
                )
        return {
            _require_json(key, path, budget, depth - 1): _require_json(
                item, f"{path}.{key}" if path else key, budget, depth - 1
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _require_json(item, f"{path}[{index}]", budget, depth - 1)
            for index, item in enumerate(value)
        ]
    # json.loads accepts lone surrogates, NaN and Infinity; neither UTF-8 nor JSON has them.
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise click.ClickException(f"{location}: {value!r} is not Unicode text")
    if isinstance(value, float) and not math.isfinite(value):
        raise click.ClickException(f"{location}: JSON has no number {value}")
    if value is None or isinstance(value, str | int | float | Path):
        return value
    raise click.ClickException(
        f"{location}: JSON has no type {type(value).__name__}: quote the value"
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{path}: not UTF-8 text") from None


def _parse(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise click.ClickException(f"{name}: nested too deeply") from None
    except ValueError as error:
        if name.endswith(".json"):
            raise click.ClickException(f"{name}: not JSON: {error}") from None
        json_error = error
    try:
        from orcarouter.cli.request_yaml import parse_yaml
    except ModuleNotFoundError:
        raise click.ClickException(
            f"{name}: not JSON ({json_error}), and reading YAML needs PyYAML"
        ) from None
    try:
        return parse_yaml(text)
    except ValueError as error:
        line = " ".join(str(error).split())
        raise click.ClickException(f"{name}: neither JSON nor YAML: {line}") from None


def _resolve_files(value: Any, folder: Path) -> Any:
    """Replace each string `file:NAME` by that path, relative to `folder`."""
    if isinstance(value, dict):
        return {key: _resolve_files(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve_files(item, folder) for item in value]
    if isinstance(value, str) and value.startswith("file:"):
        return folder / value.removeprefix("file:").removeprefix("//")
    return value
