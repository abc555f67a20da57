"""`ParameterRule` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ItemFilter, Level, Scalar, Source


@define(kw_only=True)
class ParameterRule(ApiModel):
    """Limits of the values at one path. `values`, `min` with `max`, and `pattern` are
    alternatives: a value that meets one of those given is allowed. The type, length
    and item limits apply besides. `level` is that of a violation.

    Attributes:
        where: Only items that meet all of these.
        supported: False: must not be sent, except as its `default`. Left out means
            true.
        documented: False: OrcaRouter does not document the path, the sources named
            here do; it may be dropped or refused, and sending it is worth a note in
            itself. Such a path is not in the request schema of openapi.yaml. Left
            out means true.
        required: Must be sent; below a list, in every item that meets `where`.
        type: JSON type.
        values: Allowed values.
        min: Least allowed number.
        max: Greatest allowed number.
        step: Allowed are `min`, `min` + `step` and so on up to `max`.
            (exclusiveMinimum=0)
        pattern: Regular expression that an allowed string matches somewhere.
        min_length: Characters.
        max_length: Characters.
        default: What the server takes when nothing is sent.
        level: What a violation is: `error`, the request is wrong or will be refused;
            `warning`, OrcaRouter's pages permit it and the provider is said to
            refuse or ignore it, or the sources disagree; `note`, worth knowing.
        note: For people.
    """

    path: str
    where: list[ItemFilter] | Unset = UNSET
    supported: bool | Unset = UNSET
    documented: bool | Unset = UNSET
    required: bool | Unset = UNSET
    type: (
        Literal["string", "integer", "number", "boolean", "array", "object"]
        | str
        | Unset
    ) = UNSET
    values: list[Scalar] | Unset = UNSET
    min: float | Unset = UNSET
    max: float | Unset = UNSET
    step: float | Unset = UNSET
    pattern: str | Unset = UNSET
    min_length: int | Unset = UNSET
    max_length: int | Unset = UNSET
    min_items: int | Unset = UNSET
    max_items: int | Unset = UNSET
    default: Scalar | Unset = UNSET
    level: Level
    source: list[Source]
    note: str | Unset = UNSET
