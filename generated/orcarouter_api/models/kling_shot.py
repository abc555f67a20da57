"""The schema `#/components/schemas/KlingShot` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset


@define(kw_only=True)
class KlingShot(ApiModel):
    """One shot of a multi-shot video.

    Examples:
        >>> KlingShot.from_dict({
        ...     "index": 1,
        ...     "prompt": "Wide shot of the quay",
        ...     "duration": "4",
        ... })
    """

    index: int | Unset = UNSET
    """Position of the shot, from 1 without gaps."""

    prompt: str | Unset = UNSET
    """What the shot shows; Kling reads at most 512 characters."""

    duration: str | Unset = UNSET
    """Length of the shot in whole seconds, as a string. (pattern=^[1-9][0-9]*$)"""
