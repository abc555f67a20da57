"""The schema `#capabilities.schema.yaml#/$defs/ParameterRule` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ItemFilter, Level, Scalar, Source


@define(kw_only=True)
class ParameterRule(ApiModel):
    """Limits of the values at one path. `values`, `min` with `max`, and `pattern` are
    alternatives: a value is allowed if it meets one of those that are set. The type,
    length and item limits apply in addition. `level` is that of a violation.
    """

    path: str
    where: list[ItemFilter] | Unset = UNSET
    """Only items that meet all of these."""

    supported: bool | Unset = UNSET
    """False: must not be sent, except with the value of `default`. Default: true."""

    documented: bool | Unset = UNSET
    """False: OrcaRouter does not document the path, only the sources of this entry do.
    It may be dropped or rejected, and every use of it gets a note. Such a path is
    not in the request schema of openapi.yaml. Default: true.
    """

    required: bool | Unset = UNSET
    """Must be sent; inside a list, in every item that meets `where`."""

    type: (
        Literal["string", "integer", "number", "boolean", "array", "object"]
        | str
        | Unset
    ) = UNSET
    """JSON type."""

    values: list[Scalar] | Unset = UNSET
    """Allowed values."""

    min: float | Unset = UNSET
    """Minimum."""

    max: float | Unset = UNSET
    """Maximum."""

    step: float | Unset = UNSET
    """Allowed are `min`, `min` + `step` and so on up to `max`. (exclusiveMinimum=0)"""

    pattern: str | Unset = UNSET
    """Regular expression that matches a part of an allowed string."""

    min_length: int | Unset = UNSET
    """Characters."""

    max_length: int | Unset = UNSET
    """Characters."""

    min_items: int | Unset = UNSET
    max_items: int | Unset = UNSET
    default: Scalar | Unset = UNSET
    """The value that the server uses if none is sent."""

    level: Level
    """How severe a violation is. `error`: the request is invalid or will be rejected.
    `warning`: OrcaRouter's pages permit it, but according to the provider's it is
    rejected or ignored, or the sources disagree. `note`: information only.
    """

    source: list[Source]
    note: str | Unset = UNSET
    """Explanation for the user."""

    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
