"""The schema `#/components/schemas/SeedanceTextItem` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._runtime.model import ApiModel


@define(kw_only=True)
class SeedanceTextItem(ApiModel):
    """Text. Not needed, and probably dropped; `prompt` at the top is the text of the
    task.

    Examples:
        >>> SeedanceTextItem.from_dict({
        ...     "type": "text",
        ...     "text": "Fog lifts from a valley",
        ... })
    """

    type: Literal["text"] = "text"
    text: str
