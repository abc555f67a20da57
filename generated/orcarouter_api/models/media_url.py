"""The schema `#/components/schemas/MediaUrl` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import ApiModel


@define(kw_only=True)
class MediaUrl(ApiModel):
    """Location of a piece of source material.

    Examples:
        >>> MediaUrl.from_dict({"url": "asset://asset-20261101-d3e4f"})
    """

    url: str
    """A public URL, `asset://ID` for an asset, or a base64 data URI (images and sounds,
    not videos). (minLength=1)
    """
