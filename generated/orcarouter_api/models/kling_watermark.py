"""The schema `#/components/schemas/KlingWatermark` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class KlingWatermark(ApiModel):
    """Whether to watermark the video. Every Kling model supports it.

    Examples:
        >>> KlingWatermark.from_dict({"enabled": True})
    """

    enabled: bool | Unset = UNSET
    """Add a watermark."""
