"""Reads the jobs of a batch: JSON Lines, YAML, JSON or CSV, or mappings.

A job is a request, with up to two keys more: `id`, its name in the batch, and `credits`, what it is
expected to cost. A job without an id is named by its content: the same file can be read again, with
jobs added anywhere, and a request that is listed twice is made twice.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orcarouter.batch.records import NewJob
from orcarouter.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from orcarouter.capabilities import SupportsToDict, Violation

__all__ = ["JobsError", "decode_request", "read_jobs"]

_MAX_REPORTED = 20  # errors of one file
_STEM_LENGTH = 40


class JobsError(InvalidRequestError):
    """Jobs cannot be used; nothing was sent. `errors` has a line for each of them.

    `violations` has what the capability map says against them; empty if that is not the cause.
    """

    def __init__(
        self, source: str, errors: list[str], violations: Sequence[Violation] = ()
    ) -> None:
        reported = errors[:_MAX_REPORTED]
        more = len(errors) - len(reported)
        text = "\n".join(f"{source}: {error}" if source else error for error in reported)
        super().__init__(f"{text}\n{more} more" if more > 0 else text, violations)
        self.source, self.errors = source, errors

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.source, self.errors, self.violations)


def read_jobs(
    source: str | Path | Iterable[Mapping[str, Any] | SupportsToDict],
    *,
    check: bool = True,
    credits_per_task: float | None = None,
) -> list[NewJob]:
    """The jobs of a file, or of mappings.

    The suffix says how a file is read: `.jsonl` and `.ndjson`, `.csv` and `.tsv`; anything else is
    YAML, which JSON is as well. `-` is standard input with JSON Lines.

    Args:
        source: The name of a file, or requests.
        check: Whether each request is checked against the capability map.
        credits_per_task: What a job without `credits` is expected to cost.

    Raises:
        JobsError: Some jobs cannot be used; all are reported, with their lines.
        OSError: The file cannot be read.
    """
    if isinstance(source, str | Path):
        name, folder = str(source), Path() if str(source) == "-" else Path(source).parent
        rows, errors = _read_file(name)
    else:
        name, folder, errors = "", Path(), []
        rows = [(number, dict(_to_plain(job))) for number, job in enumerate(source, 1)]
    place = "line" if name else "job"
    jobs: list[NewJob] = []
    violations: list[Violation] = []
    names: dict[str, int] = {}
    for number, fields in rows:
        try:
            job = _make_job(fields, number, len(jobs) + 1, folder, check, credits_per_task, names)
        except (ConfigurationError, InvalidRequestError) as error:
            errors.append((number, str(error)))
            violations += getattr(error, "violations", ())
        else:
            jobs.append(job)
    if errors:
        errors.sort(key=lambda each: each[0])
        lines = [f"{place} {number}: {text}" for number, text in errors]
        raise JobsError(name, lines, violations)
    if not jobs:
        raise JobsError(name, ["there are no jobs"])
    return jobs


def decode_request(text: str) -> dict[str, Any]:
    """The request of a job from the ledger, with a `Path` for each local file.

    Raises InvalidRequestError if its local files cannot be used.
    """
    request: dict[str, Any] = _replace_files(json.loads(text))
    return request


def _replace_files(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replace_files(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace_files(item) for item in value]
    if isinstance(value, str) and value.startswith("file:"):
        return Path(value.removeprefix("file:"))
    return value


def _make_job(
    fields: dict[str, Any],
    line: int,
    number: int,
    folder: Path,
    check: bool,
    credits_per_task: float | None,
    names: dict[str, int],
) -> NewJob:
    name = fields.pop("id", None)
    expected = fields.pop("credits", None)
    if expected is None:
        expected = credits_per_task
    if expected is not None and not _is_positive(expected):
        raise ConfigurationError(f"credits must be a number >= 0, not {expected!r}")
    request = _normalize(fields, folder)
    model, prompt = request.get("model"), request.get("prompt")
    if not isinstance(model, str) or not model:
        raise ConfigurationError("a job needs a model")
    if check:
        _check(request)
    text = json.dumps(request, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if name is None:
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        names[digest] = names.get(digest, 0) + 1
        name = digest if names[digest] == 1 else f"{digest}-{names[digest]}"
        stem = _slug(f"{number:04d}-{prompt if isinstance(prompt, str) else model}")
    else:
        name = str(name).strip()
        if not name or not name.isprintable() or len(name) > 200:
            raise ConfigurationError(f"the id {name!r} is empty, too long, or not printable")
        if name in names:
            raise ConfigurationError(f"the id {name!r} occurs twice")
        names[name] = 1
        stem = _slug(name)
    return NewJob(
        name=name,
        request=text,
        model=model,
        prompt=prompt if isinstance(prompt, str) else "",
        stem=stem,
        line=line,
        credits=None if expected is None else float(expected),
    )


def _is_positive(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= 0
    )


def _slug(text: str) -> str:
    """A name of files for every system: letters, digits and hyphens, not reserved by Windows."""
    slug = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")[:_STEM_LENGTH].strip("-")
    if not slug or re.fullmatch(r"con|prn|aux|nul|(com|lpt)[0-9]", slug):
        return f"job-{slug}".rstrip("-")
    return slug


def _normalize(fields: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The request with plain values; a local file becomes `file:` and its absolute path."""
    import click

    from orcarouter.cli.request_file import require_json

    try:
        request: dict[str, Any] = require_json(_to_plain(fields))
    except click.ClickException as error:
        raise ConfigurationError(error.message) from None

    def name_files(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: name_files(item) for key, item in value.items()}
        if isinstance(value, list):
            return [name_files(item) for item in value]
        if isinstance(value, str) and value.startswith("file:"):
            value = folder / value.removeprefix("file:").removeprefix("//")
        return f"file:{value.absolute()}" if isinstance(value, Path) else value

    named: dict[str, Any] = name_files(request)
    return named


def _to_plain(value: Any) -> Any:
    """Models of the generated package as dictionaries, tuples as lists."""
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, Mapping):
        return {key: _to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    return value


def _check(request: dict[str, Any]) -> None:
    from orcarouter._media import inline_files
    from orcarouter.capabilities import check

    result = check(inline_files(_replace_files(request)))
    if result.errors:
        raise InvalidRequestError("; ".join(map(str, result.errors)), result)


# Files

_Rows = list[tuple[int, dict[str, Any]]]
_Errors = list[tuple[int, str]]


def _read_file(name: str) -> tuple[_Rows, _Errors]:
    """The objects of a file with their lines, and what is wrong with the others."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise JobsError(name, ["not UTF-8 text"]) from None
    suffix = ".jsonl" if name == "-" else Path(name).suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        values = _read_json_lines(text)
    elif suffix in (".csv", ".tsv"):
        values = _read_csv(text, "\t" if suffix == ".tsv" else ",")
    else:
        values = _read_yaml(name, text)
    rows: _Rows = []
    errors: _Errors = []
    for line, value in values:
        if isinstance(value, Exception):
            errors.append((line, str(value)))
        elif isinstance(value, dict):
            rows.append((line, value))
        else:
            errors.append((line, f"a job is an object, not {type(value).__name__}"))
    return rows, errors


def _read_json_lines(text: str) -> Iterator[tuple[int, Any]]:
    # Not splitlines, which also splits at characters that JSON strings may have.
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            yield line, json.loads(content)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            yield line, ConfigurationError(f"not JSON: {reason}")


def _read_csv(text: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """Rows under a header: columns are `id`, `credits`, and options or dotted paths of a request."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    header: list[str] = []
    start = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield start, ConfigurationError(f"not CSV: {error}")
            return
        if row is None:
            return
        line, start = start, reader.line_num + 1
        if not any(cell.strip() for cell in row):
            continue
        if not header:
            header = [cell.strip() for cell in row]
            twice = sorted({name for name in header if name and header.count(name) > 1})
            if twice or "model" not in header:
                reason = f"the column {twice[0]} occurs twice" if twice else "no column `model`"
                yield line, ConfigurationError(f"header: {reason}")
                return
        elif len(row) > len(header):
            yield line, ConfigurationError(f"{len(row)} cells, but the header has {len(header)}")
        else:
            try:
                yield line, _compose(dict(zip(header, row, strict=False)))
            except ConfigurationError as error:
                yield line, error


def _compose(cells: dict[str, str]) -> dict[str, Any]:
    """A job from the cells of a row; empty ones are left out.

    A column is an option of `orcarouter video create`, such as `aspect_ratio` or `image`, or a dotted
    path, such as `metadata.cfg_scale`. Values have the types of the model's parameters.
    """
    import click

    from orcarouter.cli.compose import compose

    cells = {name: value.strip() for name, value in cells.items() if name and value.strip()}
    job: dict[str, Any] = {name: cells.pop(name) for name in ("id",) if name in cells}
    if text := cells.pop("credits", None):
        try:
            job["credits"] = float(text)
        except ValueError:
            raise ConfigurationError(f"credits must be a number >= 0, not {text!r}") from None
    flags: dict[str, str | None] = {}
    media: dict[str, list[str]] = {}
    settings: list[str] = []
    roles = {"image": "first_frame", "last_frame": "last_frame"}
    roles |= {name: name for name in ("reference_image", "reference_video")}
    for name, value in cells.items():
        if name in roles:
            media[roles[name]] = [value.removeprefix("file:")] if value else []
        elif "." in name:
            settings.append(f"{name}={_quote(cells.get('model', ''), name, value)}")
        else:
            flags[name] = value
    try:
        request = compose({}, flags=flags, media=media, settings=settings)
    except click.ClickException as error:
        raise ConfigurationError(error.message.replace("--", "column ", 1)) from None
    return {**job, **_relative_files(request)}


def _relative_files(value: Any) -> Any:
    """Paths as `file:` strings, which are relative to the folder of the file with the jobs."""
    if isinstance(value, dict):
        return {key: _relative_files(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_relative_files(item) for item in value]
    return f"file:{value}" if isinstance(value, Path) else value


def _quote(model: str, path: str, value: str) -> str:
    """A cell as JSON, or as text where the model's parameter is text: a duration may be "5"."""
    from orcarouter.capabilities import find_model

    entry = find_model(model)
    rules = [] if entry is None else [rule for rule in entry.parameters if rule.path == path]
    return json.dumps(value) if rules and str(rules[0].type or "") == "string" else value


def _read_yaml(name: str, text: str) -> Iterator[tuple[int, Any]]:
    """A list of jobs; or an object with `jobs`, and with `defaults` for all of them."""
    try:
        from orcarouter.cli.request_yaml import parse_yaml_with_lines
    except ModuleNotFoundError:
        raise ConfigurationError("YAML needs PyYAML: pip install 'orcarouter[batch]'") from None
    try:
        content, lines = parse_yaml_with_lines(text)
    except ValueError as error:
        raise JobsError(name, [" ".join(str(error).split())]) from None
    defaults: Any = {}
    if isinstance(content, dict):
        unknown = sorted(map(str, content.keys() - {"jobs", "defaults"}))
        if unknown or "jobs" not in content:
            reason = f"unknown key {unknown[0]!r}" if unknown else "no key `jobs`"
            raise JobsError(name, [f"{reason}: a list of jobs is needed, or an object with `jobs`"])
        defaults, content = content.get("defaults") or {}, content["jobs"]
    if not isinstance(content, list) or not isinstance(defaults, dict):
        raise JobsError(name, ["`jobs` is a list, and `defaults` an object"])
    for line, value in zip(lines, content, strict=True):
        yield line, _merge(defaults, value) if isinstance(value, dict) else value


def _merge(defaults: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    merged = {**defaults, **value}
    for key in defaults.keys() & value.keys():
        if isinstance(defaults[key], dict) and isinstance(value[key], dict):
            merged[key] = _merge(defaults[key], value[key])
    return merged
