"""The schema `#/components/schemas/SeedanceImageItem` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import MediaUrl


@define(kw_only=True)
class SeedanceImageItem(ApiModel):
    """An image, as first frame, last frame or reference.

    Examples:
        >>> SeedanceImageItem.from_dict({
        ...     "type": "image_url",
        ...     "image_url": {"url": "https://media.example.com/low.png"},
        ...     "role": "first_frame",
        ... })
    """

    type: Literal["image_url"] = "image_url"
    image_url: MediaUrl
    """Location of a piece of source material."""

    role: Literal["first_frame", "last_frame", "reference_image"] | str | Unset = UNSET
    """Role of the image. A single image without a role is the first frame."""
