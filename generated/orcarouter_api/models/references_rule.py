"""`ReferencesRule` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import ApiModel

if TYPE_CHECKING:
    from ..models import Level, Selector, Source


@define(kw_only=True)
class ReferencesRule(ApiModel):
    """Each token in the texts must name an existing item: `{n}` in `token` stands for a
    number from 1 up to the number of selected items.

    Attributes:
        texts: Paths of the texts.
        items: The values at a path, or, where the path ends in `[]`, the items of a
            list.
        level: What a violation is: `error`, the request is wrong or will be refused;
            `warning`, OrcaRouter's pages permit it and the provider is said to
            refuse or ignore it, or the sources disagree; `note`, worth knowing.
    """

    rule: Literal["references"] = "references"
    name: str
    texts: list[str]
    token: str
    items: Selector
    level: Level
    source: list[Source]
    note: str
