"""A request from a file: JSON, or YAML that says what JSON can say."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

__all__ = ["json_only", "read_request"]

_DEEPEST = 50  # lists and objects inside one another; a request has five
_MOST = 100_000  # values: a few lines of YAML can stand for billions


def read_request(name: str) -> dict[str, Any]:
    """The JSON object in a file, JSON or YAML; `-` is standard input.

    Texts `file:NAME` become paths, relative to the file's folder. Raises click.ClickException for what is none, OSError.
    """
    content = _parsed(name, sys.stdin.read() if name == "-" else _text(Path(name)))
    if not isinstance(content, dict):
        raise click.ClickException(f"{name}: a request is an object, with `model` and `prompt`")
    try:
        request: dict[str, Any] = json_only(content)
    except click.ClickException as wrong:
        raise click.ClickException(f"{name}: {wrong.message}") from None
    located: dict[str, Any] = _located(request, Path() if name == "-" else Path(name).parent)
    return located


def json_only(value: Any) -> Any:
    """The value, if JSON has a way to write it; a Path, which stands for a file's content, is left alone.

    Raises click.ClickException, which names the place.
    """
    values = iter(range(_MOST))
    return _json_only(value, "", values, _DEEPEST)


def _json_only(value: Any, path: str, values: Iterator[int], depth: int) -> Any:
    where = path or "the request"
    if next(values, None) is None or not depth:
        raise click.ClickException(f"{where} holds too much: more than any request needs")
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise click.ClickException(f"{where}: the key {key!r} is no text: quote it")
        return {
            _json_only(key, path, values, depth - 1): _json_only(
                item, f"{path}.{key}" if path else key, values, depth - 1
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _json_only(item, f"{path}[{index}]", values, depth - 1)
            for index, item in enumerate(value)
        ]
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise click.ClickException(f"{where}: {value!r} is not Unicode text")
    if isinstance(value, float) and not math.isfinite(value):
        raise click.ClickException(f"{where}: {value} is no number that can be sent")
    if value is None or isinstance(value, str | int | float | Path):
        return value
    raise click.ClickException(
        f"{where}: a value of type {type(value).__name__} cannot be sent: quote it"
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{path}: not UTF-8 text") from None


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise click.ClickException(f"{name}: holds too much: lists in lists without end") from None
    except ValueError as error:
        if name.endswith(".json"):
            raise click.ClickException(f"{name}: not JSON: {error}") from None
        not_json = error
    try:
        from orcarouter.cli.request_yaml import parsed
    except ModuleNotFoundError:
        raise click.ClickException(
            f"{name}: not JSON ({not_json}), and reading YAML needs PyYAML"
        ) from None
    try:
        return parsed(text)
    except ValueError as error:
        line = " ".join(str(error).split())
        raise click.ClickException(f"{name}: neither JSON nor YAML: {line}") from None


def _located(value: Any, folder: Path) -> Any:
    """The value with every text `file:NAME` turned into that path, relative to the request's folder."""
    if isinstance(value, dict):
        return {key: _located(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_located(item, folder) for item in value]
    if isinstance(value, str) and value.startswith("file:"):
        return folder / value.removeprefix("file:").removeprefix("//")
    return value
