"""What each model takes, and whether a request keeps to it.

The limits are data: `spec/capabilities.yaml`, generated into `orcarouter_api.tables.capabilities`. This module walks that
table and knows no model, no parameter and no limit of its own; what the keys of the table mean is written in
`spec/capabilities.schema.yaml`.

    for finding in check({"model": "kling/kling-v2-6", "prompt": "A kite", "metadata": {"duration": "7"}}):
        print(finding)

Only the request is read, never a file behind a URL: of the limits of files, those of form, format and size are checked
where the request itself shows them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from numbers import Number
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from attrs import define, evolve, field, frozen

if TYPE_CHECKING:
    from orcarouter_api import Unset
    from orcarouter_api.models import (
        CapabilityTable,
        Condition,
        CountRule,
        ExcludesRule,
        ExclusiveRule,
        ItemFilter,
        MediaLimit,
        ModelCapabilities,
        ParameterRule,
        ReferencesRule,
        RequestLimit,
        RequiresRule,
        Selector,
        SequenceRule,
        SumRule,
    )

__all__ = [
    "Finding",
    "Findings",
    "Level",
    "SupportsToDict",
    "capabilities",
    "check",
    "expected_seconds",
    "model_rows",
    "models",
    "nearest_model",
    "parameter_rows",
    "rule_rows",
]

Level = Literal["error", "warning", "note"]
T = TypeVar("T")

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")
_LONGEST = 200  # characters of a value that a finding keeps
_SHOWN = 48  # characters of it that people see
_MEGABYTE = 2**20  # the larger reading of the word: nothing is refused that might be accepted


class SupportsToDict(Protocol):
    """A model of the generated client, or anything else that can become a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


def _brief(value: Any) -> Any:
    """A value as findings keep it: scalars only, long text cut, signed query strings left out."""
    if isinstance(value, str):
        text = re.sub(r"^(https?://[^?#]*)[?#].*", r"\1?…", value, flags=re.DOTALL)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return value if isinstance(value, bool | int | float) else None


@frozen
class Finding:
    """One respect in which a request departs from the capability table.

    As text it is one line: path, what is wrong, what would be allowed, and the sources in brackets.
    """

    path: str
    """Where in the request, such as `metadata.image_list[1].type`; empty for the request as a whole."""
    message: str
    """What is wrong there, without path and remedy."""
    rule: str
    """The rule broken: the name of a combination in the table, or the kind of limit: `required`, `type`, `value`,
    `length`, `items`, `unsupported`, `undocumented`, `encoding`, `format`, `size`, `availability`, `unknown-key`,
    `unknown-model`."""
    level: Level
    """`error`: the request is wrong or will be refused; `warning`: OrcaRouter's pages permit it and the provider is said to
    refuse or ignore it, or the sources disagree; `note`: worth knowing."""
    source: tuple[str, ...] = ()
    """Where the rule comes from, strongest first; the words are explained in `spec/README.md`."""
    value: Any = field(default=None, converter=_brief)
    """The offending value where it is a string, number or boolean: long text is cut and the query of a URL left out. For a
    limit on how many, that number. Otherwise None."""
    nearest: Any = None
    """The allowed value nearest to it, None where there is none to name."""
    allowed: tuple[str, ...] = ()
    """All that is allowed there, in words; empty where there is no list."""
    omit: bool = False
    """Whether the remedy is to leave the value out."""
    note: str = ""
    """What the table says about the rule."""

    def __str__(self) -> str:
        text = f"{self.path or 'request'}: {self.message}"
        if self.note:
            text += f": {self.note.rstrip('.')}"
        if self.nearest is not None:
            text += f"; nearest allowed: {_show(self.nearest)}"
        elif self.omit:
            text += "; leave it out"
        if self.allowed:
            text += f" (allowed: {', '.join(self.allowed)})"
        if self.source:
            text += f" [{', '.join(self.source)}]"
        return text


@frozen
class Findings(Sequence[Finding]):
    """All findings of one request: errors first, then warnings, then notes, each in the order of the table."""

    model: str
    """The model as the request names it; empty where it names none."""
    items: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which the request should not be sent."""
        return self._at("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return self._at("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self._at("note")

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings and notes may remain."""
        return not self.errors

    def _at(self, level: Level) -> tuple[Finding, ...]:
        return tuple(item for item in self.items if item.level == level)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        return "\n".join(f"{item.level}: {item}" for item in self.items)


def check(
    request: Mapping[str, Any] | SupportsToDict, *, table: CapabilityTable | None = None
) -> Findings:
    """Holds a request against the table and returns everything that there is to say about it.

    A model that the table does not know passes with a note, and so does a key of `metadata`; `table` is the generated one
    unless given. Nothing is sent, and no file is read. Raises TypeError for what is no JSON object.
    """
    body = request if isinstance(request, Mapping) else request.to_dict()
    if not isinstance(body, Mapping):
        raise TypeError(f"a request is a JSON object, not {type(body).__name__}")
    table = _table(table)
    name = body.get("model")
    if not isinstance(name, str) or not name:
        wrong = "missing" if name is None else f"{_show(name)} is not the name of a model"
        return Findings("", (Finding("model", wrong, "required", "error", ("seed",), name),))
    entry = capabilities(name, table=table)
    if entry is None:
        unknown = Finding(
            "model",
            f"{name} is not in the capability table; nothing else is checked",
            "unknown-model",
            "note",
            value=name,
            nearest=nearest_model(name, table=table),
        )
        return Findings(name, (unknown,))
    found = _Check(body, entry).run()
    return Findings(name, tuple(sorted(found, key=lambda item: _LEVELS.index(item.level))))


# Looking models up.


def models(*, table: CapabilityTable | None = None) -> tuple[ModelCapabilities, ...]:
    """Every model of the table, in its order."""
    return tuple(_table(table).models)


def capabilities(model: str, *, table: CapabilityTable | None = None) -> ModelCapabilities | None:
    """What the table says of a model; None for one that it does not know."""
    return next((entry for entry in _table(table).models if entry.model == model), None)


def nearest_model(name: str, *, table: CapabilityTable | None = None) -> str | None:
    """The known model whose name resembles this one most, with or without its prefix; None where none does."""
    known = [entry.model for entry in _table(table).models]
    bare = {model.partition("/")[2]: model for model in known}
    found = _alike(name, [*known, *bare])
    return bare.get(found, found) if found is not None else None


def expected_seconds(model: str, *, table: CapabilityTable | None = None) -> tuple[int, int] | None:
    """How long a task of this model usually takes: least and most, in seconds; None where no page says so."""
    entry = capabilities(model, table=table)
    wait = _given(entry.typical_wait) if entry else None
    return (wait.min_seconds, wait.max_seconds) if wait else None


def model_rows(*, table: CapabilityTable | None = None) -> list[tuple[str, ...]]:
    """The table at a glance as rows of text: model, availability, seconds, quality, what it does. The first row names the
    columns."""
    rows: list[tuple[str, ...]] = [("model", "availability", "seconds", "quality", "features")]
    for entry in models(table=table):
        features = [item.feature for item in entry.features if item.support == "supported"]
        seconds = _first_allowed(entry, "duration")
        quality = _first_allowed(entry, "mode", "resolution", "size")
        rows.append(
            (
                entry.model,
                entry.availability,
                seconds,
                quality,
                ", ".join(features).replace("_", " "),
            )
        )
    return rows


def parameter_rows(entry: ModelCapabilities) -> list[tuple[str, ...]]:
    """The limits of one model's parameters as rows of text: path, what is allowed, default, level of a violation, sources,
    note. The first row names the columns."""
    rows: list[tuple[str, ...]] = [("parameter", "allowed", "default", "level", "source", "note")]
    for rule in entry.parameters:
        default = _given(rule.default)
        rows.append(
            (
                rule.path + "".join(f" ({_filter_words(item)})" for item in rule.where or []),
                ", ".join(_limits(rule)),
                "" if default is None else _show(default),
                rule.level,
                ", ".join(rule.source),
                rule.note or "",
            )
        )
    return rows


def rule_rows(entry: ModelCapabilities) -> list[tuple[str, ...]]:
    """The combinations of one model as rows of text: name, what it says, level of a violation, sources. The first row names
    the columns."""
    rows: list[tuple[str, ...]] = [("rule", "note", "level", "source")]
    rows += [(rule.name, rule.note, rule.level, ", ".join(rule.source)) for rule in entry.rules]
    return rows


def _table(table: CapabilityTable | None) -> CapabilityTable:
    if table is not None:
        return table
    from orcarouter_api.tables.capabilities import load

    return load()


def _first_allowed(entry: ModelCapabilities, *names: str) -> str:
    """What the first parameter of one of these names allows, wherever it stands."""
    for rule in entry.parameters:
        if rule.path.rpartition(".")[2] in names and rule.documented is not False:
            return ", ".join(_choices(rule)).replace('"', "")
    return ""


def _filter_words(item: ItemFilter) -> str:
    words = [str(value) for value in item.values] + (["none"] if item.or_absent else [])
    return f"{item.key}: {' or '.join(words)}"


# Values at paths.


@frozen
class _Hit:
    """A value that a path selects, where it stands, and its place in the innermost list."""

    path: str
    value: Any
    position: int = 0


def _steps(path: str) -> list[str]:
    """The names of a path, `[]` for every item of a list."""
    return path.replace("[]", ".[]").split(".")


def _select(
    root: Any, path: str, where: Iterable[ItemFilter] | Unset = (), *, nulls: bool = False
) -> list[_Hit]:
    """The values at a path. Missing keys and empty lists give nothing, and neither does null unless asked for; `where`
    restricts the items of the last list."""
    steps = _steps(path)
    last = len(steps) - 1 - steps[::-1].index("[]") if "[]" in steps else -1
    hits = [_Hit("", root)]
    for index, step in enumerate(steps):
        following: list[_Hit] = []
        for hit in hits:
            if step == "[]":
                items = hit.value if isinstance(hit.value, list | tuple) else ()
                following += [_Hit(f"{hit.path}[{i}]", item, i) for i, item in enumerate(items)]
            elif isinstance(hit.value, Mapping) and step in hit.value:
                here = f"{hit.path}.{step}" if hit.path else step
                following.append(_Hit(here, hit.value[step], hit.position))
        if index == last and where:
            following = [hit for hit in following if _passes(hit.value, where)]
        hits = following
    return [hit for hit in hits if hit.value != [] and (nulls or hit.value is not None)]


def _passes(item: Any, where: Iterable[ItemFilter]) -> bool:
    """Whether a list's item meets every filter."""
    if not isinstance(item, Mapping):
        return False
    for test in where:
        value = item.get(test.key)
        if not (bool(test.or_absent) if value is None else _among(value, test.values)):
            return False
    return True


def _same(one: Any, other: Any) -> bool:
    """JSON equality: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _among(value: Any, values: Iterable[Any]) -> bool:
    return any(_same(value, known) for known in values)


def _given(value: T | Unset) -> T | None:
    """None in place of what the table leaves out."""
    from orcarouter_api import Unset

    return None if isinstance(value, Unset) else value


# The check.


class _Check:
    """One request against the entry of its model."""

    def __init__(self, body: Mapping[str, Any], entry: ModelCapabilities) -> None:
        self.body = body
        self.entry = entry
        self.at: dict[str, list[ParameterRule]] = {}
        for rule in entry.parameters:
            self.at.setdefault(rule.path, []).append(rule)

    def run(self) -> Iterator[Finding]:
        if self.entry.availability == "planned":
            yield Finding(
                "model",
                f"{self.entry.model} is announced and said not to be served yet",
                "availability",
                "warning",
                tuple(self.entry.source),
            )
        for path, rules in self.at.items():
            yield from self.parameters(path, rules)
        for rule in self.entry.rules:
            yield from self.combination(rule)
        for limit in self.entry.media:
            yield from self.files(limit)
        size = _given(self.entry.request_limit)
        if size is not None:
            yield from self.size(size)
        yield from self.keys(self.body, _Key.tree(self.entry.parameters), "")

    # Single values.

    def parameters(self, path: str, rules: Sequence[ParameterRule]) -> Iterator[Finding]:
        mistyped: set[str] = set()
        for rule in rules:
            if rule.required:
                yield from self.required(rule)
            for hit in _select(self.body, path, rule.where, nulls=True):
                if hit.path not in mistyped:
                    for finding in self.parameter(rule, hit):
                        mistyped |= {hit.path} if finding.rule == "type" else set()
                        yield finding

    def required(self, rule: ParameterRule) -> Iterator[Finding]:
        parent, _, rest = rule.path.rpartition("[].")
        if not parent:
            if not _select(self.body, rule.path):
                yield self.finding(rule, rule.path, "missing", "required", words=_choices(rule))
            return
        for item in _select(self.body, parent + "[]", rule.where):
            if isinstance(item.value, Mapping) and not _select(item.value, rest):
                here = f"{item.path}.{rest}"
                yield self.finding(rule, here, "missing", "required", words=_choices(rule))

    def parameter(self, rule: ParameterRule, hit: _Hit) -> Iterator[Finding]:
        value, default = hit.value, _given(rule.default)
        if rule.supported is False:
            if value is not None and not (default is not None and _same(value, default)):
                message = f"not taken by {self.entry.model}"
                yield self.finding(rule, hit.path, message, "unsupported", value, omit=True)
            return
        kind = rule.type or ""
        if value is None:
            if kind and not rule.required:
                message = f"null is not {_KINDS[kind]}"
                yield self.finding(rule, hit.path, message, "type", omit=True)
            return
        if kind and not _is(value, kind):
            yield self.finding(
                rule,
                hit.path,
                f"{_show(value)} is {_kind(value)}, not {_KINDS[kind]}",
                "type",
                value,
                nearest=_nearest(value, rule, self.entry),
                words=_choices(rule),
            )
            return
        if not _permits(rule, value):
            yield self.finding(
                rule,
                hit.path,
                f"{_show(value)} is not taken by {self.entry.model}",
                "value",
                value,
                nearest=_nearest(value, rule, self.entry),
                words=_choices(rule),
            )
        if isinstance(value, str):
            bounds = (_given(rule.min_length), _given(rule.max_length))
            yield from self.size_of(rule, hit.path, "length", len(value), "characters", bounds)
        if isinstance(value, list | tuple):
            bounds = (_given(rule.min_items), _given(rule.max_items))
            yield from self.size_of(rule, hit.path, "items", len(value), "items", bounds)

    def size_of(
        self,
        rule: ParameterRule | CountRule,
        path: str,
        kind: str,
        count: int,
        unit: str,
        bounds: tuple[int | None, int | None],
    ) -> Iterator[Finding]:
        """A finding if there are fewer or more than the bounds say."""
        least, most = bounds
        if least is not None and count < least:
            message = f"{count} {unit}, at least {least}"
            yield self.finding(rule, path, message, kind, count, nearest=least)
        if most is not None and count > most:
            message = f"{count} {unit}, at most {most}"
            yield self.finding(rule, path, message, kind, count, nearest=most)

    # Combinations.

    def combination(self, rule: object) -> Iterator[Finding]:
        from orcarouter_api import models as kinds

        if isinstance(rule, kinds.RequiresRule):
            yield from self.requires(rule)
        elif isinstance(rule, kinds.ExcludesRule):
            yield from self.excludes(rule)
        elif isinstance(rule, kinds.ExclusiveRule):
            yield from self.exclusive(rule)
        elif isinstance(rule, kinds.CountRule):
            yield from self.count(rule)
        elif isinstance(rule, kinds.SumRule):
            yield from self.sum(rule)
        elif isinstance(rule, kinds.SequenceRule):
            yield from self.sequence(rule)
        elif isinstance(rule, kinds.ReferencesRule):
            yield from self.references(rule)
        else:
            raise TypeError(f"{self.entry.model}: a rule of an unknown kind: {rule!r}")

    def requires(self, rule: RequiresRule) -> Iterator[Finding]:
        if not self.holds(rule.when):
            return
        for need in rule.needs:
            if self.matches(need):
                continue
            path = need.path.removesuffix("[]")
            if need.test == "present":
                yield self.finding(rule, path, "missing", rule.name, words=self.choices(path))
            elif need.test == "absent":
                for hit in _select(self.body, need.path, need.where):
                    yield self.unfit(rule, hit, omit=True)
            else:
                hit = next(iter(self.selected(need)), None)
                yield self.choose(rule, hit, path, self.left(need))

    def excludes(self, rule: ExcludesRule) -> Iterator[Finding]:
        if not self.holds(rule.when):
            return
        for condition in rule.forbids:
            path = condition.path.removesuffix("[]")
            for hit in self.matches(condition):
                if condition.test == "present":
                    yield self.unfit(rule, hit, omit=True)
                elif condition.test == "absent":
                    yield self.finding(rule, path, "missing", rule.name, words=self.choices(path))
                else:
                    yield self.choose(rule, hit, hit.path, self.left(condition, reverse=True))

    def exclusive(self, rule: ExclusiveRule) -> Iterator[Finding]:
        used: list[tuple[str, _Hit]] = []
        for group in rule.groups:
            hits = [hit for condition in group.any_of for hit in self.matches(condition)]
            used += [(group.name, hits[0])] if hits else []
        for name, hit in used[1:]:
            first, other = used[0]
            message = f"{name} beside {first} ({other.path})"
            yield self.finding(rule, hit.path, message, rule.name, hit.value)

    def count(self, rule: CountRule) -> Iterator[Finding]:
        if self.holds(rule.when):
            total = sum(len(_select(self.body, item.path, item.where)) for item in rule.items)
            path = rule.items[0].path.removesuffix("[]")
            bounds = (_given(rule.min), _given(rule.max))
            yield from self.size_of(rule, path, rule.name, total, "items", bounds)

    def sum(self, rule: SumRule) -> Iterator[Finding]:
        numbers = [_number(hit.value) for hit in self.items(rule.items)]
        total = self.value_or_default(rule.equals)
        declared = _number(total.value) if total else None
        if not self.holds(rule.when) or not numbers or total is None or declared is None:
            return
        # A number that cannot be read has a finding of its own.
        parts = [number for number in numbers if number is not None]
        if len(parts) < len(numbers) or math.isclose(sum(parts), declared):
            return
        whole = _plain(sum(parts))
        fitting: Any = str(whole) if isinstance(total.value, str) else whole
        yield self.finding(
            rule,
            total.path,
            f"{self.named(total)} is not the sum {whole}",
            rule.name,
            total.value,
            nearest=fitting if self.allows(rule.equals, fitting) else None,
        )

    def sequence(self, rule: SequenceRule) -> Iterator[Finding]:
        if self.holds(rule.when):
            for hit in self.items(rule.items):
                right = rule.start + hit.position
                if not _same(hit.value, right):
                    message = f"{_show(hit.value)} in place of {right}"
                    yield self.finding(rule, hit.path, message, rule.name, hit.value, nearest=right)

    def references(self, rule: ReferencesRule) -> Iterator[Finding]:
        count = len(self.items(rule.items))
        pattern = re.escape(rule.token).replace(re.escape("{n}"), r"(\d{1,9})")
        for path in rule.texts:
            for hit in _select(self.body, path):
                for token in re.finditer(pattern, hit.value) if isinstance(hit.value, str) else ():
                    if not 1 <= int(token[1]) <= count:
                        nearest = min(max(int(token[1]), 1), count)
                        yield self.finding(
                            rule,
                            hit.path,
                            f"{token[0]} with {count} items",
                            rule.name,
                            token[0],
                            nearest=rule.token.replace("{n}", str(nearest)) if count else None,
                        )

    # Conditions.

    def holds(self, conditions: Iterable[Condition]) -> bool:
        return all(self.matches(condition) for condition in conditions)

    def matches(self, condition: Condition) -> list[_Hit]:
        """The values for which a condition holds, none where it does not hold."""
        if condition.test == "absent":
            return [] if _select(self.body, condition.path, condition.where) else [_Hit("", None)]
        if condition.test == "present":
            return _select(self.body, condition.path, condition.where)
        wanted = condition.test == "in"
        values = condition.values or []
        return [hit for hit in self.selected(condition) if _among(hit.value, values) == wanted]

    def selected(self, condition: Condition) -> list[_Hit]:
        """The values at a condition's path; where there is none, the server's default."""
        hits = _select(self.body, condition.path, condition.where)
        if hits or "[]" in condition.path:
            return hits
        default = self.value_or_default(condition.path)
        return [default] if default else []

    def value_or_default(self, path: str) -> _Hit | None:
        hits = _select(self.body, path)
        if hits:
            return hits[0]
        defaults = (_given(rule.default) for rule in self.at.get(path, ()))
        return next((_Hit(path, value) for value in defaults if value is not None), None)

    def items(self, selector: Selector) -> list[_Hit]:
        return _select(self.body, selector.path, selector.where)

    def left(self, condition: Condition, *, reverse: bool = False) -> list[Any]:
        """The values of a condition that the parameter itself allows; reversed, the parameter's other values."""
        wanted = (condition.test == "in") != reverse
        values = condition.values or []
        if wanted:
            return [value for value in values if self.allows(condition.path, value)]
        known = [value for rule in self.at.get(condition.path, ()) for value in rule.values or []]
        return [
            value
            for value in known
            if not _among(value, values) and self.allows(condition.path, value)
        ]

    def allows(self, path: str, value: Any) -> bool:
        """Whether a value breaks no limit of a parameter by itself."""
        return all(
            _permits(rule, value) and (not rule.type or _is(value, rule.type))
            for rule in self.at.get(path, ())
            if rule.level == "error" and rule.supported is not False
        )

    def choices(self, path: str) -> tuple[str, ...]:
        """In words, what a parameter allows by itself."""
        return next((words for rule in self.at.get(path, ()) if (words := _choices(rule))), ())

    # Files.

    def files(self, limit: MediaLimit) -> Iterator[Finding]:
        for path in limit.paths:
            for hit in _select(self.body, path, limit.where):
                if isinstance(hit.value, str):
                    yield from self.file(limit, hit)

    def file(self, limit: MediaLimit, hit: _Hit) -> Iterator[Finding]:
        text = hit.value
        encoding = _encoding(text)
        if limit.encodings and encoding not in limit.encodings:
            words = tuple(_ENCODINGS.get(name, name) for name in limit.encodings)
            message = f"{_ENCODINGS.get(encoding, 'no form of a file')} is not taken here"
            yield self.finding(limit, hit.path, message, "encoding", text, words=words)
        suffix, sure = _format(text, encoding, limit.kind)
        if suffix and limit.formats and suffix not in map(_suffix, limit.formats):
            message = f"{suffix} is not among the formats"
            finding = self.finding(
                limit, hit.path, message, "format", text, words=tuple(limit.formats)
            )
            # A URL's ending is a hint; what a data URI says of itself is not.
            yield finding if sure else _lowered(finding)
        most = _given(limit.max_megabytes)
        if most is not None and encoding in ("data_uri", "base64"):
            size = len(text.rpartition(",")[2]) * 3 / 4 / _MEGABYTE
            if size > most:
                message = f"{size:.1f} MB, at most {_plain(most)}"
                yield self.finding(limit, hit.path, message, "size", size, nearest=_plain(most))

    def size(self, limit: RequestLimit) -> Iterator[Finding]:
        size = _weight(self.body) / _MEGABYTE
        if size > limit.max_megabytes:
            most = _plain(limit.max_megabytes)
            message = f"{size:.1f} MB of text and files, at most {most}"
            yield self.finding(limit, "", message, "size", size, nearest=most)

    # Keys.

    def keys(self, value: Any, node: _Key, path: str) -> Iterator[Finding]:
        """Notes on keys that the table does not know, and on those that OrcaRouter does not document."""
        if node.items is not None and isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from self.keys(item, node.items, f"{path}[{index}]")
        if not node.names or not isinstance(value, Mapping):
            return
        for key, inner in value.items():
            here = f"{path}.{key}" if path else str(key)
            child = node.names.get(key)
            if child is None:
                if here != "model":
                    yield self.unknown(here, str(key), node, path)
            elif child.undocumented is not None:
                if inner is not None and not child.unsupported:
                    message = "not documented by OrcaRouter, may be dropped or refused"
                    yield Finding(here, message, "undocumented", "note", child.undocumented, inner)
            else:
                yield from self.keys(inner, child, here)

    def unknown(self, path: str, key: str, node: _Key, parent: str) -> Finding:
        known = [name for name, child in node.names.items() if child.undocumented is None]
        elsewhere = [
            other
            for other in self.at
            if "[]" not in other
            and other.rpartition(".")[2] == key
            and self.at[other][0].documented is not False
        ]
        near = _alike(key, known)
        found = elsewhere[0] if elsewhere else f"{parent}.{near}".lstrip(".") if near else ""
        message = f"not a known key of {self.entry.model}"
        # OrcaRouter calls `metadata` free-form, and nothing but that.
        level: Level = "note" if parent else "warning"
        return Finding(
            path,
            message + (f"; did you mean {found}?" if found else ""),
            "unknown-key",
            level,
            tuple(self.entry.source),
        )

    # Findings.

    def named(self, hit: _Hit) -> str:
        """A value for people, saying so where it is the default."""
        sent = _select(self.body, hit.path) if "[" not in hit.path else [hit]
        return _show(hit.value) + ("" if sent else " (the default)")

    def unfit(self, rule: RequiresRule | ExcludesRule, hit: _Hit, *, omit: bool = False) -> Finding:
        plain = isinstance(hit.value, str | bool | int | float)
        message = f"{self.named(hit)} does not fit" if plain else "does not fit"
        return self.finding(rule, hit.path, message, rule.name, hit.value, omit=omit)

    def choose(
        self, rule: RequiresRule | ExcludesRule, hit: _Hit | None, path: str, values: Sequence[Any]
    ) -> Finding:
        """A finding about a value that has to be one of a few."""
        message = f"{self.named(hit)} does not fit" if hit else "missing"
        nearest = _closest(hit.value, values, self.entry, path) if hit else None
        if nearest is None and len(values) == 1:
            nearest = values[0]
        return self.finding(
            rule,
            hit.path if hit else path,
            message,
            rule.name,
            hit.value if hit else None,
            nearest=nearest,
            words=_listed(values),
        )

    def finding(
        self,
        rule: _Sourced,
        path: str,
        message: str,
        name: str,
        value: Any = None,
        *,
        nearest: Any = None,
        words: Sequence[str] = (),
        omit: bool = False,
    ) -> Finding:
        return Finding(
            path,
            message,
            name,
            _level(rule.level),
            tuple(rule.source),
            value,
            nearest,
            tuple(words),
            omit,
            getattr(rule, "note", "") or "",
        )


# Keys that the table knows.


@define
class _Key:
    """A place of the request: the keys below it, or the items of a list. Without either nothing is known of what is in it."""

    names: dict[str, _Key] = field(factory=dict)
    items: _Key | None = None
    undocumented: tuple[str, ...] | None = None
    """The sources that know it, where OrcaRouter does not document it."""
    unsupported: bool = False

    @classmethod
    def tree(cls, parameters: Iterable[ParameterRule]) -> _Key:
        root = cls()
        for rule in parameters:
            node = root
            for step in _steps(rule.path):
                if step != "[]":
                    node = node.names.setdefault(step, cls())
                else:
                    node.items = node = node.items or cls()
            if rule.documented is False:
                node.undocumented = tuple(rule.source)
            node.unsupported = node.unsupported or rule.supported is False
        return root


# Limits of one value.


class _Sourced(Protocol):
    """A rule of the table."""

    @property
    def level(self) -> str: ...
    @property
    def source(self) -> Sequence[str]: ...


_KINDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def _kind(value: Any) -> str:
    """What JSON calls a value, with its article."""
    names = ("string", "integer", "number", "boolean", "array", "object")
    return _KINDS[next((name for name in names if _is(value, name)), "object")]


def _is(value: Any, kind: str) -> bool:
    """Whether a value has a JSON type; 5.0 is no integer, since servers read it as none."""
    if isinstance(value, bool):
        return kind == "boolean"
    return {
        "string": isinstance(value, str),
        "integer": isinstance(value, int),
        "number": isinstance(value, Number),
        "array": isinstance(value, list | tuple),
        "object": isinstance(value, Mapping),
    }.get(kind, False)


def _permits(rule: ParameterRule, value: Any) -> bool:
    """Whether a value is among `values`, between `min` and `max`, or matches `pattern`, as far as they are given."""
    limited = False
    if rule.values:
        limited = True
        if _among(value, rule.values):
            return True
    least, most = _given(rule.min), _given(rule.max)
    if least is not None and most is not None:
        limited = True
        if _is(value, "number") and least <= value <= most:
            step = _given(rule.step)
            if step is None or math.isclose((value - least) / step % 1, 0):
                return True
    if rule.pattern:
        limited = True
        if isinstance(value, str) and re.search(rule.pattern, value):
            return True
    return not limited


def _choices(rule: ParameterRule) -> tuple[str, ...]:
    """In words, the values that a rule allows; empty where it gives none."""
    words = _listed(rule.values or [])
    least, most, step = _given(rule.min), _given(rule.max), _given(rule.step)
    if least is not None and most is not None:
        by = "" if step is None else f" in steps of {_plain(step)}"
        words += (f"{_plain(least)} to {_plain(most)}{by}",)
    return words


def _limits(rule: ParameterRule) -> tuple[str, ...]:
    """In words, everything that a rule demands."""
    if rule.supported is False:
        return ("not taken",)
    words = _choices(rule) or ((_KINDS[rule.type],) if rule.type else ())
    if rule.required:
        words = ("required", *words)
    for unit, least, most in (
        ("characters", _given(rule.min_length), _given(rule.max_length)),
        ("items", _given(rule.min_items), _given(rule.max_items)),
    ):
        words += (f"at least {least} {unit}",) if least is not None else ()
        words += (f"at most {most} {unit}",) if most is not None else ()
    return words


def _listed(values: Sequence[Any]) -> tuple[str, ...]:
    """Each value in words; a long run of whole numbers by its ends."""
    numbers = [_number(value) for value in values]
    runs = len(values) > 4 and all(
        one is not None and other is not None and other - one == 1
        for one, other in pairwise(numbers)
    )
    if runs:
        return (f"{_show(values[0])} to {_show(values[-1])}",)
    return tuple(_show(value) for value in values)


def _show(value: Any) -> str:
    """A value for people, as JSON."""
    if isinstance(value, str):
        text = str(_brief(value))
        text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        return json.dumps(text, ensure_ascii=False)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return _kind(value)


def _plain(number: float) -> float:
    """A number without a fraction of zero."""
    return int(number) if float(number).is_integer() else number


def _number(value: Any) -> float | None:
    """The finite number that a value is, or that a string such as `8` or `8s` says."""
    if isinstance(value, str):
        spelled = re.fullmatch(r"\s*(-?\d{1,12}(?:\.\d{1,12})?)\s*(?:s|sec|seconds?)?\s*", value)
        return float(spelled[1]) if spelled else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


# The nearest allowed value.

_TRUE, _FALSE = frozenset(("on", "yes", "true")), frozenset(("off", "no", "false"))
_LINES_OF_K = 540  # of a picture 16:9; 4k has 2160


def _nearest(value: Any, rule: ParameterRule, entry: ModelCapabilities) -> Any:
    """The value that a rule allows and that is nearest to this one; the default where none is near, or None."""
    least, most, number = _given(rule.min), _given(rule.max), _number(value)
    if least is not None and most is not None and number is not None:
        step = _given(rule.step) or (1 if rule.type == "integer" else 0)
        bounded = min(max(number, least), most)
        return _plain(least + step * math.ceil((bounded - least) / step - 0.5) if step else bounded)
    if rule.type == "boolean":
        return _truth(value)
    found = _closest(value, rule.values or [], entry, rule.path)
    if found is None and rule.pattern and number is not None:
        spelled = str(_plain(number))
        found = spelled if re.search(rule.pattern, spelled) else None
    return _given(rule.default) if found is None else found


def _closest(value: Any, values: Sequence[Any], entry: ModelCapabilities, path: str) -> Any:
    """The one of a few values that means nearly the same as this one, or None.

    Compared as yes and no, as measures (of equal distances the smaller), as words, and by the picture that they give.
    """
    truth = _truth(value)
    if truth is not None:
        for known in values:
            if _truth(known) is truth:
                return known
    pictures = {}
    output = _given(entry.output)
    for picture in (output.resolutions if output else None) or []:
        if picture.path == path:
            pictures[picture.value] = _measure(picture.resolution)
    by_size = _by_measure(value, {known: _measure(known) for known in values})
    if by_size is not None:
        return by_size
    words = _alike(value, [known for known in values if isinstance(known, str)])
    if words is not None:
        return words
    return _by_measure(value, {known: pictures.get(known) for known in values})


def _truth(value: Any) -> bool | None:
    word = value.strip().casefold() if isinstance(value, str) else value
    if word is True or word in _TRUE:
        return True
    return False if word is False or word in _FALSE else None


def _by_measure(value: Any, measures: Mapping[Any, tuple[str, float] | None]) -> Any:
    target = _measure(value)
    if target is None:
        return None
    kind, size = target
    found = [
        (abs(measure[1] - size), measure[1], index, known)
        for index, (known, measure) in enumerate(measures.items())
        if measure is not None and measure[0] == kind
    ]
    return min(found)[3] if found else None


def _measure(value: Any) -> tuple[str, float] | None:
    """A value as a quantity of some kind: a number, the shape of a picture, or its height in lines."""
    number = _number(value)
    if number is not None:
        return "number", number
    if not isinstance(value, str):
        return None
    if shape := re.fullmatch(r"([1-9]\d{0,4}):([1-9]\d{0,4})", value):
        return "shape", math.log(int(shape[1]) / int(shape[2]))
    if lines := re.fullmatch(r"(?:\d{1,5}x)?(\d{1,5})(p?)", value, re.IGNORECASE):
        return "lines", int(lines[1])
    if lines := re.fullmatch(r"(\d{1,2})k", value, re.IGNORECASE):
        return "lines", int(lines[1]) * _LINES_OF_K
    return None


def _alike(name: Any, known: Sequence[str]) -> str | None:
    """The known word that resembles a word most: the same but for case and separators, contained in it, or similar."""
    if not isinstance(name, str):
        return None
    folded = {re.sub(r"[\s-]+", "_", word.casefold()): word for word in reversed(known)}
    word = re.sub(r"[\s-]+", "_", name.strip().casefold())[:_LONGEST]
    if word in folded:
        return folded[word]
    inside = [other for other in folded if len(other) > 2 and other in word]
    if inside:
        return folded[max(inside, key=len)]
    # Late: only a request with a mistake needs it.
    from difflib import get_close_matches

    close = get_close_matches(word, folded, n=1)
    return folded[close[0]] if close else None


# Files in a request.

_ENCODINGS = {
    "url": "a URL",
    "data_uri": "a base64 data URI",
    "base64": "bare base64",
    "asset": "asset://ID",
}
_SAME_FORMAT = {
    "jpg": "jpeg",
    "tif": "tiff",
    "quicktime": "mov",
    "mpeg": "mp3",
    "wave": "wav",
    "x-wav": "wav",
    "vnd.wave": "wav",
}
_SUFFIXES = frozenset(
    "jpeg png webp bmp tiff gif heic heif avif svg "
    "mp4 mov avi mkv webm m4v wav mp3 aac m4a ogg flac".split()
)


def _encoding(text: str) -> str:
    """How a file is given, in the table's words; empty for none of them."""
    scheme = text[:8].casefold()
    if scheme.startswith(("http://", "https://")):
        return "url"
    if scheme.startswith("asset://"):
        return "asset"
    if scheme.startswith("data:"):
        return "data_uri" if ";base64," in text[:_LONGEST] else ""
    # No file is that small; without this a path would pass.
    bare = len(text) >= 64 and re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text[:4096])
    return "base64" if bare else ""


def _suffix(name: str) -> str:
    return _SAME_FORMAT.get(name, name)


def _format(text: str, encoding: str, kind: str) -> tuple[str, bool]:
    """The format that a file claims to be of, and whether it says so itself; empty where it does not say."""
    if encoding == "data_uri":
        media, _, subtype = text[5:].partition(";")[0].casefold().partition("/")
        if not subtype or subtype == "octet-stream":
            return "", False
        return (_suffix(subtype) if media == kind else f"{media}/{subtype}"), True
    ending = re.match(r"[^?#]*\.(\w{2,5})(?:[?#]|$)", text) if encoding == "url" else None
    suffix = _suffix(ending[1].casefold()) if ending else ""
    return (suffix if suffix in _SUFFIXES else ""), False


def _lowered(finding: Finding) -> Finding:
    return evolve(finding, level="warning") if finding.level == "error" else finding


def _level(word: str) -> Level:
    return next(level for level in _LEVELS if level == word)


def _weight(body: Mapping[str, Any]) -> int:
    """How much text a request holds, in characters: never more than its size in bytes."""
    total = 0
    rest: list[Any] = [body]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, Mapping):
            rest += value.values()
        elif isinstance(value, list | tuple):
            rest += value
    return total
