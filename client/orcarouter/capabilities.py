"""What each model takes, and whether a request keeps to it.

The limits are data: `spec/capabilities.yaml`, generated into `orcarouter_api.tables.capabilities`.
This module walks that table and knows no model, no parameter and no limit of its own; what the keys
of the table mean is written in `spec/capabilities.schema.yaml`.

    >>> print(check({"model": "kling/kling-v2-6", "prompt": "A kite", "metadata": {"mode": "4k"}}))
    error: metadata.mode: "4k" is not taken by kling/kling-v2-6: 4k needs kling-v3 or kling-v3-omni;
    nearest allowed: "pro" (allowed: "std", "pro") [seed]

Only the request is read, never a file behind a URL: limits of files are checked where the request
itself shows them, which it does for form, format and size, not for pixels and seconds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from numbers import Number
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from attrs import define, evolve, field, frozen

from orcarouter.redaction import redacted

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
_LARGEST = 10**15  # larger numbers are compared as this one
_MEGABYTE = 2**20  # the larger reading of the word: nothing is refused that might be accepted


class SupportsToDict(Protocol):
    """A model of the generated client, or anything else that can become a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


def _brief(value: Any) -> Any:
    """A value as findings keep it: scalars only, long text cut, secrets and files left out."""
    if isinstance(value, str):
        return redacted(value[:_LONGEST]) + ("…" if len(value) > _LONGEST else "")
    return value if isinstance(value, bool | int | float) else None


@frozen
class Finding:
    """One respect in which a request departs from the capability table.

    As text it is one line: path, what is wrong, what would be allowed, and the sources in brackets.
    """

    path: str
    """Where, such as `metadata.image_list[1].type`; empty for the request as a whole."""
    message: str
    """What is wrong there, without path and remedy."""
    rule: str
    """The rule broken: the name of a combination in the table, or the kind of limit: `required`,
    `type`, `value`, `length`, `items`, `unsupported`, `undocumented`, `encoding`, `format`, `size`,
    `availability`, `unknown-key`, `unknown-model`."""
    level: Level
    """`error`: the request is wrong or will be refused; `warning`: OrcaRouter's pages permit it and
    the provider is said to refuse or ignore it, or the sources disagree; `note`: worth knowing."""
    source: tuple[str, ...] = ()
    """Where the rule comes from, strongest first, in the words of `spec/README.md`."""
    value: Any = field(default=None, converter=_brief)
    """The offending value where it is a string, number or boolean: long text is cut, queries of URLs
    and contents of data URIs left out. For a limit on how many, that number. Otherwise None."""
    nearest: Any = None
    """The allowed value nearest to it, of equal ones the smaller; None where none can be named."""
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
            word = "known" if self.rule.startswith("unknown-") else "allowed"
            text += f"; nearest {word}: {_show(self.nearest)}"
        elif self.omit:
            text += "; leave it out"
        if self.allowed:
            text += f" (allowed: {', '.join(self.allowed)})"
        if self.source:
            text += f" [{', '.join(self.source)}]"
        return text


@frozen
class Findings(Sequence[Finding]):
    """All findings of one request: errors, warnings, notes, each in the order of the table."""

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

    A model that the table does not know passes with a note, and so does a key of `metadata`. The
    table is the generated one unless another is given. Nothing is sent and no file is read. Raises
    TypeError for what is no JSON object.
    """
    body = request if isinstance(request, Mapping) else _to_dict(request)
    name = body.get("model")
    if not isinstance(name, str) or not name:
        wrong = "missing" if name is None else f"{_show(name)} is not the name of a model"
        return Findings("", (Finding("model", wrong, "required", "error", ("seed",), name),))
    entry = capabilities(name, table=table)
    if entry is None:
        message = f"{_show(name)} is not in the capability table; nothing else is checked"
        near = nearest_model(name, table=table)
        unknown = Finding("model", message, "unknown-model", "note", value=name, nearest=near)
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
    """The known model whose name, with or without its prefix, resembles this one most, or None."""
    known = [entry.model for entry in _table(table).models]
    bare = {model.partition("/")[2]: model for model in known}
    found = _alike(name, [*known, *bare])
    return bare.get(found, found) if found is not None else None


def expected_seconds(model: str, *, table: CapabilityTable | None = None) -> tuple[int, int] | None:
    """How long a task of a model usually takes: least and most, in seconds.

    None where no page says it.
    """
    entry = capabilities(model, table=table)
    wait = _given(entry.typical_wait) if entry else None
    return (wait.min_seconds, wait.max_seconds) if wait else None


def model_rows(*, table: CapabilityTable | None = None) -> list[tuple[str, ...]]:
    """The table at a glance: one row of text a model, below a row that names the columns."""
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
    """The parameters of a model: one row of text a limit, below a row that names the columns."""
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
    """The combinations of a model: one row of text each, below a row that names the columns."""
    rows: list[tuple[str, ...]] = [("rule", "note", "level", "source")]
    rows += [(rule.name, rule.note, rule.level, ", ".join(rule.source)) for rule in entry.rules]
    return rows


def _to_dict(request: SupportsToDict) -> Mapping[str, Any]:
    if not hasattr(request, "to_dict"):
        raise TypeError(f"a request is a JSON object, not {type(request).__name__}")
    return request.to_dict()


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
    value: Any = None
    position: int = 0
    default: bool = False
    """Whether the value is not in the request, but the server's default."""

    def __str__(self) -> str:
        return _show(self.value) + (" (the default)" if self.default else "")


def _steps(path: str) -> list[str]:
    """The names of a path, `[]` for every item of a list."""
    return path.replace("[]", ".[]").split(".")


def _select(
    root: Any, path: str, where: Sequence[ItemFilter] | Unset = (), *, empty: bool = False
) -> list[_Hit]:
    """The values at a path; `where` restricts the items of the last list.

    Missing keys give nothing, nor do null and empty lists unless asked for.
    """
    steps = _steps(path)
    last = max((index for index, step in enumerate(steps) if step == "[]"), default=-1)
    hits = [_Hit("", root)]
    for index, step in enumerate(steps):
        following: list[_Hit] = []
        for hit in hits:
            if step == "[]":
                items = hit.value if isinstance(hit.value, list | tuple) else ()
                following += [_Hit(f"{hit.path}[{i}]", item, i) for i, item in enumerate(items)]
            elif isinstance(hit.value, Mapping) and step in hit.value:
                following.append(_Hit(_join(hit.path, step), hit.value[step], hit.position))
        if index == last and where:
            following = [hit for hit in following if _passes(hit.value, where)]
        hits = following
    return [hit for hit in hits if empty or not _nothing(hit.value)]


def _nothing(value: Any) -> bool:
    """Whether sending a value is like sending none."""
    return value is None or value == []


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _passes(item: Any, where: Sequence[ItemFilter]) -> bool:
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


class _Rule(Protocol):
    """Any rule of the table."""

    @property
    def level(self) -> str: ...
    @property
    def source(self) -> Sequence[str]: ...


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
            message = f"{self.entry.model} is announced and not served yet"
            source = tuple(self.entry.source)
            yield Finding("model", message, "availability", "warning", source)
        for path, rules in self.at.items():
            yield from self.parameters(path, rules)
        kinds: dict[str, Callable[[Any], Iterator[Finding]]] = {
            "requires": self.requires,
            "excludes": self.excludes,
            "exclusive": self.exclusive,
            "count": self.count,
            "sum": self.sum,
            "sequence": self.sequence,
            "references": self.references,
        }
        for combination in self.entry.rules:
            yield from kinds[combination.rule](combination)
        for limit in self.entry.media:
            for path in limit.paths:
                for hit in _select(self.body, path, limit.where):
                    if isinstance(hit.value, str):
                        yield from self.file(limit, hit)
        if self.entry.request_limit:
            yield from self.weight(self.entry.request_limit)
        yield from self.keys(self.body, _Key.tree(self.entry.parameters), "")

    def finding(
        self,
        rule: _Rule,
        hit: _Hit,
        message: str,
        *,
        kind: str = "",
        nearest: Any = None,
        words: Sequence[str] = (),
        omit: bool = False,
    ) -> Finding:
        return Finding(
            hit.path,
            message,
            kind or getattr(rule, "name", ""),
            _level(rule.level),
            tuple(rule.source),
            hit.value,
            nearest,
            tuple(words),
            omit,
            getattr(rule, "note", "") or "",
        )

    def amount(
        self,
        rule: _Rule,
        path: str,
        count: int,
        unit: str,
        least: int | Unset,
        most: int | Unset,
        kind: str = "",
    ) -> Iterator[Finding]:
        """A finding where there are fewer or more than there may be."""
        low, high = _given(least), _given(most)
        hit = _Hit(path, count)
        if low is not None and count < low:
            message = f"{count} {unit}, at least {low}"
            yield self.finding(rule, hit, message, kind=kind, nearest=low)
        if high is not None and count > high:
            message = f"{count} {unit}, at most {high}"
            yield self.finding(rule, hit, message, kind=kind, nearest=high)

    # Single values.

    def parameters(self, path: str, rules: Sequence[ParameterRule]) -> Iterator[Finding]:
        mistyped: set[str] = set()
        for rule in rules:
            if rule.required:
                for hit in self.missing(rule):
                    words = self.choices(path, rule.where)
                    yield self.finding(rule, hit, "missing", kind="required", words=words)
            for hit in _select(self.body, path, rule.where, empty=True):
                if hit.path not in mistyped:
                    for finding in self.value(rule, hit):
                        mistyped |= {hit.path} if finding.rule == "type" else set()
                        yield finding

    def missing(self, rule: ParameterRule) -> Iterator[_Hit]:
        """Where a required value is not: at the path, or in each item of the list above it."""
        parent, inside, rest = rule.path.rpartition("[].")
        holders = _select(self.body, parent + "[]", rule.where) if inside else [_Hit("", self.body)]
        for holder in holders:
            value, path = holder.value, holder.path
            for key in rest.split("."):
                # What is no object has a finding of its own.
                if value is not None and not isinstance(value, Mapping):
                    break
                value, path = (value or {}).get(key), _join(path, key)
            else:
                if _nothing(value):
                    yield _Hit(path)

    def value(self, rule: ParameterRule, hit: _Hit) -> Iterator[Finding]:
        value, default, kind = hit.value, _given(rule.default), rule.type or ""
        if rule.supported is False:
            if not _nothing(value) and not (default is not None and _same(value, default)):
                message = f"not taken by {self.entry.model}"
                yield self.finding(rule, hit, message, kind="unsupported", omit=True)
            return
        if value is None:
            if kind and not rule.required:
                message = f"null is not {_KINDS[kind]}"
                yield self.finding(rule, hit, message, kind="type", omit=True)
            return
        broken = ""
        if kind and not _is(value, kind):
            broken, message = "type", f"{hit} is {_kind(value)}, not {_KINDS[kind]}"
        elif not _permits(rule, value):
            broken, message = "value", f"{hit} is not taken by {self.entry.model}"
        if broken:
            near = _nearest(value, rule, self.entry)
            words = _choices(rule)
            yield self.finding(rule, hit, message, kind=broken, nearest=near, words=words)
        if isinstance(value, str):
            least, most, count = rule.min_length, rule.max_length, len(value)
            yield from self.amount(rule, hit.path, count, "characters", least, most, "length")
        elif isinstance(value, list | tuple):
            least, most, count = rule.min_items, rule.max_items, len(value)
            yield from self.amount(rule, hit.path, count, "items", least, most, "items")

    # Combinations.

    def requires(self, rule: RequiresRule) -> Iterator[Finding]:
        for need in rule.needs if self.holds(rule.when) else ():
            if not self.matches(need):
                place = _Hit(need.path.removesuffix("[]"))
                if need.test in ("in", "not_in"):
                    hit = next(iter(self.selected(need)), place)
                    yield self.choose(rule, hit, self.left(need.path, need, need.test == "in"))
                elif need.test == "present":
                    words = self.choices(need.path, need.where)
                    yield self.finding(rule, place, "missing", words=words)
                else:
                    yield from self.unfit(rule, need)

    def excludes(self, rule: ExcludesRule) -> Iterator[Finding]:
        for ban in rule.forbids if self.holds(rule.when) else ():
            if ban.test in ("in", "not_in"):
                for hit in self.matches(ban):
                    yield self.choose(rule, hit, self.left(ban.path, ban, ban.test == "not_in"))
            elif ban.test == "present":
                yield from self.unfit(rule, ban)
            elif self.matches(ban):
                yield self.finding(rule, _Hit(ban.path.removesuffix("[]")), "missing")

    def exclusive(self, rule: ExclusiveRule) -> Iterator[Finding]:
        used: list[tuple[str, _Hit]] = []
        for group in rule.groups:
            hits = [hit for condition in group.any_of for hit in self.matches(condition)]
            used += [(group.name, hits[0])] if hits else []
        for name, hit in used[1:]:
            first, other = used[0]
            yield self.finding(rule, hit, f"{name} beside {first} ({other.path})")

    def count(self, rule: CountRule) -> Iterator[Finding]:
        if self.holds(rule.when):
            total = sum(len(self.items(selector)) for selector in rule.items)
            path = rule.items[0].path.removesuffix("[]")
            yield from self.amount(rule, path, total, "items", rule.min, rule.max)

    def sum(self, rule: SumRule) -> Iterator[Finding]:
        total = self.value_or_default(rule.equals)
        declared = _number(total.value) if total else None
        parts = [_number(hit.value) for hit in self.items(rule.items)]
        # A part that is no number has a finding of its own.
        numbers = [part for part in parts if part is not None]
        if total is None or declared is None or not parts or len(numbers) < len(parts):
            return
        if self.holds(rule.when) and not math.isclose(sum(numbers), declared):
            whole = _plain(sum(numbers))
            right: Any = str(whole) if isinstance(total.value, str) else whole
            near = right if self.allows(rule.equals, right) else None
            yield self.finding(rule, total, f"{total} is not the sum {whole}", nearest=near)

    def sequence(self, rule: SequenceRule) -> Iterator[Finding]:
        for hit in self.items(rule.items) if self.holds(rule.when) else ():
            right = rule.start + hit.position
            if not _same(hit.value, right):
                yield self.finding(rule, hit, f"{hit} in place of {right}", nearest=right)

    def references(self, rule: ReferencesRule) -> Iterator[Finding]:
        count = len(self.items(rule.items))
        token = re.escape(rule.token).replace(re.escape("{n}"), r"(\d{1,9})")
        for hit in (hit for path in rule.texts for hit in _select(self.body, path)):
            for found in re.finditer(token, hit.value) if isinstance(hit.value, str) else ():
                number = int(found[1])
                if not 1 <= number <= count:
                    right = rule.token.replace("{n}", str(min(max(number, 1), count)))
                    named = evolve(hit, value=found[0])
                    message = f"{found[0]} where there are {count}"
                    yield self.finding(rule, named, message, nearest=right if count else None)

    def unfit(self, rule: RequiresRule | ExcludesRule, condition: Condition) -> Iterator[Finding]:
        """One finding for each value that must not be there."""
        for hit in _select(self.body, condition.path, condition.where):
            plain = isinstance(hit.value, str | bool | int | float)
            message = f"{hit} does not fit" if plain else "does not fit"
            yield self.finding(rule, hit, message, omit=True)

    def choose(
        self, rule: RequiresRule | ExcludesRule, hit: _Hit, values: Sequence[Any]
    ) -> Finding:
        """A finding about a value that has to be one of a few others."""
        near = _closest(hit.value, values, self.entry, hit.path)
        if near is None and len(values) == 1:
            near = values[0]
        message = "missing" if hit.value is None else f"{hit} does not fit"
        return self.finding(rule, hit, message, nearest=near, words=_listed(values))

    # Conditions.

    def holds(self, conditions: Iterable[Condition]) -> bool:
        return all(self.matches(condition) for condition in conditions)

    def matches(self, condition: Condition) -> list[_Hit]:
        """The values for which a condition holds; none where it does not hold."""
        if condition.test == "absent":
            return [] if _select(self.body, condition.path, condition.where) else [_Hit("")]
        if condition.test == "present":
            return _select(self.body, condition.path, condition.where)
        wanted, values = condition.test == "in", condition.values or []
        return [hit for hit in self.selected(condition) if _among(hit.value, values) == wanted]

    def selected(self, condition: Condition) -> list[_Hit]:
        """The values at a condition's path; where there is none, the server's default."""
        hits = _select(self.body, condition.path, condition.where)
        default = self.value_or_default(condition.path) if "[]" not in condition.path else None
        return hits or ([default] if default else [])

    def value_or_default(self, path: str) -> _Hit | None:
        given = [_given(rule.default) for rule in self.at.get(path, ())]
        defaults = [_Hit(path, value, default=True) for value in given if value is not None]
        return next(iter(_select(self.body, path) or defaults), None)

    def items(self, selector: Selector) -> list[_Hit]:
        return _select(self.body, selector.path, selector.where)

    def left(self, path: str, condition: Condition, listed: bool) -> list[Any]:
        """What remains allowed: a condition's values, or the parameter's values but those."""
        values = condition.values or []
        known = [value for rule in self.at.get(path, ()) for value in rule.values or []]
        rest = values if listed else [value for value in known if not _among(value, values)]
        return [value for value in rest if self.allows(path, value)]

    def allows(self, path: str, value: Any) -> bool:
        """Whether a value by itself breaks no limit of its parameter."""
        rules = [rule for rule in self.at.get(path, ()) if rule.level == "error"]
        return all(_permits(rule, value) for rule in rules)

    def choices(self, path: str, where: Sequence[ItemFilter] | Unset) -> tuple[str, ...]:
        """In words, what a parameter allows by itself."""
        rules = [rule for rule in self.at.get(path, ()) if rule.where == where]
        return next((words for rule in rules if (words := _choices(rule))), ())

    # Files.

    def file(self, limit: MediaLimit, hit: _Hit) -> Iterator[Finding]:
        encoding = _encoding(hit.value)
        if limit.encodings and encoding not in limit.encodings:
            words = [_ENCODINGS.get(name, name) for name in limit.encodings]
            message = f"{_ENCODINGS.get(encoding, _NO_FILE)} is not taken here"
            yield self.finding(limit, hit, message, kind="encoding", words=words)
        suffix = _format(hit.value, encoding, limit.kind)
        formats = limit.formats or []
        if suffix and formats and suffix not in map(_suffix, formats):
            message = f"{suffix} is not among the formats"
            finding = self.finding(limit, hit, message, kind="format", words=formats)
            # How a URL ends is a hint; what a data URI says of itself is not.
            hint = encoding == "url" and finding.level == "error"
            yield evolve(finding, level="warning") if hint else finding
        most = _given(limit.max_megabytes)
        size = len(hit.value.rpartition(",")[2]) * 3 / 4 / _MEGABYTE
        if most is not None and encoding in ("data_uri", "base64") and size > most:
            yield self.large(limit, hit.path, size, most)

    def weight(self, limit: RequestLimit) -> Iterator[Finding]:
        size = _weight(self.body) / _MEGABYTE
        if size > limit.max_megabytes:
            yield self.large(limit, "", size, limit.max_megabytes)

    def large(self, rule: _Rule, path: str, size: float, most: float) -> Finding:
        message, most = f"{size:.1f} MB, at most {_plain(most)}", _plain(most)
        return self.finding(rule, _Hit(path, round(size, 1)), message, kind="size", nearest=most)

    # Keys.

    def keys(self, value: Any, node: _Key, path: str) -> Iterator[Finding]:
        """Notes on keys that the table does not know or OrcaRouter does not document."""
        if node.items is not None and isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from self.keys(item, node.items, f"{path}[{index}]")
        for key, inner in value.items() if node.names and isinstance(value, Mapping) else ():
            here = _join(path, str(key))
            child = node.names.get(key)
            if child is None:
                if here != "model":
                    yield self.unknown(node, path, str(key))
            elif child.undocumented is None:
                yield from self.keys(inner, child, here)
            elif inner is not None:
                message = "not documented by OrcaRouter; may be dropped or refused"
                yield Finding(here, message, "undocumented", "note", child.undocumented, inner)

    def unknown(self, node: _Key, path: str, key: str) -> Finding:
        usable = {
            other: other.rpartition(".")[2]
            for other, rules in self.at.items()
            if all(rule.supported is not False and rule.documented is not False for rule in rules)
        }
        place = re.sub(r"\[\d+\]", "[]", path)
        near = _alike(key, [name for name in node.names if _join(place, name) in usable])
        elsewhere = [other for other, name in usable.items() if name == key and "[]" not in other]
        found = elsewhere[0] if elsewhere else near and _join(path, near)
        message = f"not a known key of {self.entry.model}"
        # `metadata` is free-form by its documentation; what is beside it is not.
        level: Level = "note" if path else "warning"
        source = tuple(self.entry.source)
        here = _join(path, key if key.isidentifier() else _show(key))
        return Finding(here, message, "unknown-key", level, source, nearest=found)


@define
class _Key:
    """A place of a request: the keys below it, or the items of a list.

    Without either, nothing is known of what is inside.
    """

    names: dict[str, _Key] = field(factory=dict)
    items: _Key | None = None
    undocumented: tuple[str, ...] | None = None
    """The sources that know it, where OrcaRouter does not document it."""

    @classmethod
    def tree(cls, parameters: Iterable[ParameterRule]) -> _Key:
        root = cls()
        for rule in parameters:
            node = root
            for step in _steps(rule.path):
                if step == "[]":
                    node.items = node.items or cls()
                    node = node.items
                else:
                    node = node.names.setdefault(step, cls())
            # What must not be sent at all has a finding of its own.
            if rule.documented is False and rule.supported is not False:
                node.undocumented = tuple(rule.source)
        return root


# Limits of one value.


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
    """Whether a value is one of the values, in the range, or fits the pattern, if any is given."""
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
            if step is None or ((float(value) - least) / step).is_integer():
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
        text = redacted(value[:_LONGEST])
        text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        return json.dumps(text, ensure_ascii=not text.isprintable())
    if isinstance(value, bool | int | float):
        return json.dumps(value) if abs(value) < _LARGEST else "a number too large"
    return _kind(value)


def _plain(number: float) -> float:
    """A number without a fraction of zero."""
    return int(number) if float(number).is_integer() else number


def _number(value: Any) -> float | None:
    """The number that a value is, or that a string such as `8` or `8s` says."""
    if isinstance(value, str):
        spelled = re.fullmatch(r"\s*(-?\d{1,12}(?:\.\d{1,12})?)\s*(?:s|sec|seconds?)?\s*", value)
        return float(spelled[1]) if spelled else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return max(-_LARGEST, min(value, _LARGEST)) if value == value else None  # NaN is unlike itself


# The nearest allowed value.

_YES_OR_NO = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
_LINES_OF_K = 720  # of a picture: 2K has 1440 or more, which is all that a comparison needs


def _nearest(value: Any, rule: ParameterRule, entry: ModelCapabilities) -> Any:
    """The value nearest to this one that a rule allows, else the default, else None."""
    least, most, number = _given(rule.min), _given(rule.max), _number(value)
    if least is not None and most is not None and number is not None:
        step = _given(rule.step) or (1 if rule.type == "integer" else 0)
        bounded = min(max(number, least), most)
        return _plain(least + step * math.ceil((bounded - least) / step - 0.5) if step else bounded)
    if rule.type == "boolean":
        return _truth(value)
    values = rule.values or []
    found = _closest(value, values, entry, rule.path)
    if found is None and rule.pattern and number is not None:
        spelled = str(_plain(number))
        found = spelled if re.search(rule.pattern, spelled) else None
    if found is None and len(values) == 1 and least is None and not rule.pattern:
        found = values[0]
    return _given(rule.default) if found is None else found


def _closest(value: Any, values: Sequence[Any], entry: ModelCapabilities, path: str) -> Any:
    """The one of a few values that is nearest to this one, or None.

    Compared as yes and no, as quantities (of equal distances the smaller), as words, and by the
    height of the picture that they give.
    """
    truth = _truth(value)
    if truth is not None and (same := [known for known in values if _truth(known) is truth]):
        return same[0]
    near = _by_measure(value, [(known, _measure(known)) for known in values])
    if near is None:
        near = _alike(value, [known for known in values if isinstance(known, str)])
    if near is None and entry.output:
        pictures = [picture for picture in entry.output.resolutions or [] if picture.path == path]
        heights = [(picture.value, _measure(picture.resolution)) for picture in pictures]
        near = _by_measure(value, [pair for pair in heights if _among(pair[0], values)])
    return near


def _truth(value: Any) -> bool | None:
    """Whether a value means yes or no, None for neither."""
    if isinstance(value, str):
        return _YES_OR_NO.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def _by_measure(value: Any, known: Sequence[tuple[Any, tuple[str, float] | None]]) -> Any:
    """The value whose measure is nearest to that of another of the same kind, or None."""
    target = _measure(value)
    found = [
        (abs(measure[1] - target[1]), measure[1], index)
        for index, (_, measure) in enumerate(known)
        if target is not None and measure is not None and measure[0] == target[0]
    ]
    return known[min(found)[2]][0] if found else None


def _measure(value: Any) -> tuple[str, float] | None:
    """A value as a quantity: a number, the shape of a picture, or its height in lines."""
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
    """The known word that resembles a word most, or None.

    The same but for case and separators, or with more or fewer parts, or similar.
    """
    if not isinstance(name, str):
        return None
    folded = {re.sub(r"[\s-]+", "_", word.casefold()): word for word in reversed(known)}
    word = re.sub(r"[\s-]+", "_", name.strip().casefold())[:_LONGEST]
    if word in folded:
        return folded[word]
    parts = {other: set(other.split("_")) for other in (word, *folded)}
    kin = [other for other in folded if parts[other] < parts[word] or parts[word] < parts[other]]
    if kin:
        return folded[min(kin, key=lambda other: abs(len(other) - len(word)))]
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
_NO_FILE = "what is no URL and no data"
_SUFFIXES = {"jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif", "avif", "svg"}
_SUFFIXES |= {"mp4", "mov", "avi", "mkv", "webm", "m4v", "wav", "mp3", "aac", "m4a", "ogg", "flac"}


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


def _format(text: str, encoding: str, kind: str) -> str:
    """The format that a file claims to be of; empty where nothing is said."""
    if encoding == "data_uri":
        claim = re.match(r"([a-z]+)/([a-z0-9.+-]+);", text[5:_LONGEST].casefold())
        if claim is None or claim[2] == "octet-stream":
            return ""
        return _suffix(claim[2]) if claim[1] == kind else f"{claim[1]}/{claim[2]}"
    ending = re.match(r"[^?#]*\.(\w{2,5})(?:[?#]|$)", text) if encoding == "url" else None
    suffix = _suffix(ending[1].casefold()) if ending else ""
    return suffix if suffix in _SUFFIXES else ""


def _level(word: str) -> Level:
    return _LEVELS[_LEVELS.index(word)]


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
