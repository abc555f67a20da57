"""How well a value matches a type, for the unions that must choose.

A score is 4 and more for a known value of the discriminator, 3 for a value that the document lists, 2 for a string in the
right format, 1 for the right JSON type, 0.5 for anything, 0 for no match. That of an object grows with each property that
matches.
"""

from __future__ import annotations

import re
import threading
import typing
from functools import cache
from typing import Any, TypeAlias
from collections.abc import Callable

from attrs import fields

from .annotations import ReferenceReader, evaluate
from .model import Unset
from .model_reader import ModelReader
from .readers import (
    ListReader,
    LiteralReader,
    MapReader,
    Reader,
    ScalarReader,
    UnionReader,
)

Score: TypeAlias = Callable[[Any], float]
LITERAL_SCORE = 3.0
_MAX_TEXT = 128  # characters that are matched against a pattern


class _Scores(threading.local):
    """The scores that are cached while the outermost union reads, by the ids of a reader and of an object or array.

    A union inside a union is asked for its score by each member of each union around it, and again when it reads. Types
    that contain themselves do so by name: keeping the score of each named type for each value makes all of it linear in
    the size of the value. The value outlives the scores, so that no id is used again meanwhile.

    `depth` counts the named types that a score is looking into. It looks no deeper than `MAX_DEPTH`: values that are
    nested more deeply must not need more of the stack for the choice than for reading.
    """

    cached: dict[tuple[int, int], float] | None = None
    depth = 0


SCORES = _Scores()
MAX_DEPTH = 60


@cache
def scorer(reader: Reader) -> Score:
    """The function that scores values for a reader. Some readers have one of their own."""
    own: Score | None = getattr(reader, "score", None)
    if own is not None:
        return own
    if isinstance(reader, ModelReader):
        return _score_model(reader)
    if isinstance(reader, ReferenceReader):
        return _score_reference(reader)
    if isinstance(reader, UnionReader):
        return _score_union([scorer(m) for m in reader.members])
    if isinstance(reader, ListReader):
        return _score_list(scorer(reader.item))
    if isinstance(reader, MapReader):
        return _score_map(scorer(reader.item))
    if isinstance(reader, LiteralReader):
        return _score_literal(reader.values)
    if isinstance(reader, ScalarReader):
        return _score_scalar(reader.types)
    return lambda value: 0.5


def _score_reference(reader: ReferenceReader) -> Score:
    target: Score | None = None

    def score(value: Any) -> float:
        nonlocal target
        if target is None:
            target = scorer(reader.target)
        cached = SCORES.cached
        if cached is None or value.__class__ not in (dict, list):
            return target(value)
        key = (id(target), id(value))
        fit = cached.get(key)
        if fit is not None:
            return fit
        if SCORES.depth >= MAX_DEPTH:
            return 1.0
        SCORES.depth += 1
        fit = cached[key] = target(value)
        SCORES.depth -= 1
        return fit

    return score


def _score_model(reader: ModelReader) -> Score:
    """Above 0 unless a constant or a distinctive pattern differs.

    Named properties that match add to it, missing required and unknown ones subtract from it.
    """
    properties: list[tuple[str, Score, bool, Any, bool]] = []
    for f in reader.fields:
        name = reader.json_names[f.name]
        item = reader.readers[name]
        match, is_constant, pattern = (
            scorer(item),
            isinstance(item, LiteralReader),
            None,
        )
        if "constant" in f.metadata:  # that no Literal can have: a fraction, an object
            match, is_constant = _score_constant(f.metadata["constant"]), True
        if "pattern" in f.metadata:  # of ECMA-262, perhaps none that `re` can read
            try:
                pattern = re.compile(f.metadata["pattern"])
            except re.error:
                pass
        is_required = Unset not in typing.get_args(evaluate(f.type))
        properties.append((name, match, is_constant, pattern, is_required))
    # What decides at once goes first.
    properties.sort(key=lambda p: not p[2])
    # An unknown property is worse for a class that allows none.
    rest = fields(reader.cls).additional_properties
    penalty = 2.0 if rest.metadata.get("closed") else 0.25

    def score(value: Any) -> float:
        if not issubclass(value.__class__, dict):
            return 0.0
        total, unknown = 1.0, len(value)
        for name, match_item, is_constant, pattern, is_required in properties:
            if name in value:
                item = value[name]
                match = match_item(item)
                if match == 0 and is_constant:
                    return 0.0
                unlisted = match < LITERAL_SCORE and isinstance(item, str)
                if pattern and unlisted and not _matches(pattern, item):
                    return 0.0
                total += 1 + match / 4 if match else -1
                unknown -= 1
            elif is_required:
                total -= 2
        return max(total - unknown * penalty, 0.01)

    return score


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a text can match. A long one is not tried: `re` could take a power of its length."""
    return len(text) > _MAX_TEXT or pattern.search(text) is not None


def _score_constant(constant: Any) -> Score:
    return lambda value: LITERAL_SCORE if value == constant else 0.0


def _score_literal(values: frozenset[tuple[type, object]]) -> Score:
    def score(value: Any) -> float:
        # Only these can be hashed for sure.
        is_scalar = isinstance(value, (str, int))
        return LITERAL_SCORE if is_scalar and (type(value), value) in values else 0.0

    return score


def _score_scalar(types: tuple[type, ...]) -> Score:
    is_number = float in types  # perhaps a JsonFloat

    def score(value: Any) -> float:
        if type(value) in types or (is_number and isinstance(value, float)):
            return 1.0
        return 0.0

    return score


def _score_list(score_item: Score) -> Score:
    def score(value: Any) -> float:
        if value.__class__ is not list:
            return 0.0
        # Twenty items tell the type: the time that a union takes does not grow with the length of its lists.
        lowest = 1.0 if not value else 1e9
        for item in value[:20]:
            lowest = min(lowest, score_item(item))
        return lowest

    return score


def _score_map(score_item: Score) -> Score:
    def score(value: Any) -> float:
        if not issubclass(value.__class__, dict):
            return 0.0
        return min([0.5, *map(score_item, value.values())])

    return score


def _score_union(members: list[Score]) -> Score:
    def score(value: Any) -> float:
        best = 0.0
        for member in members:  # a loop takes a frame of the stack less than max()
            best = max(best, member(value))
        return best

    return score
