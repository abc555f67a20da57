"""`ExcludesRule` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Condition, Level, Source


@define(kw_only=True)
class ExcludesRule(ApiModel):
    """When all of `when` hold, none of `forbids` may hold; each that does is a finding
    at its own path.

    Attributes:
        level: What a violation is: `error`, the request is wrong or will be refused;
            `warning`, OrcaRouter's pages permit it and the provider is said to
            refuse or ignore it, or the sources disagree; `note`, worth knowing.
    """

    rule: Literal["excludes"] = "excludes"
    name: str
    when: list[Condition]
    forbids: list[Condition]
    level: Level
    source: list[Source]
    note: str
