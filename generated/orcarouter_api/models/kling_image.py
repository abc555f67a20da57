"""The schema `#/components/schemas/KlingImage` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class KlingImage(ApiModel):
    """A reference image for the models with several sources.

    Examples:
        >>> KlingImage.from_dict({
        ...     "image_url": "https://media.example.com/cat.png",
        ...     "type": "first_frame",
        ... })
    """

    image_url: str
    """URL of the image. Kling also accepts base64. (minLength=1)"""

    type: Literal["first_frame", "end_frame"] | str | Unset = UNSET
    """Position of the image in the video; without it, the image is a reference only."""
