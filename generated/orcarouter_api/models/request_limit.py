"""`RequestLimit` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Level, Source


@define(kw_only=True)
class RequestLimit(ApiModel):
    """Limit of the request as a whole, files given as data included.

    Attributes:
        level: What a violation is: `error`, the request is wrong or will be refused;
            `warning`, OrcaRouter's pages permit it and the provider is said to
            refuse or ignore it, or the sources disagree; `note`, worth knowing.
    """

    max_megabytes: float
    level: Level
    source: list[Source]
