"""`KlingImage` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class KlingImage(ApiModel):
    """A reference image for the models with several sources.

    Attributes:
        image_url: URL of the image. Kling also takes base64. (minLength=1)
        type: Where the image stands in the video; left out, it is a plain reference.
    """

    image_url: str
    type: Literal["first_frame", "end_frame"] | str | Unset = UNSET
