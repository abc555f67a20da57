"""The schema `#/components/schemas/SeedanceVideoRequest` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import SeedanceMetadata, SeedanceModel


@define(kw_only=True)
class SeedanceVideoRequest(ApiModel):
    """A task for a Seedance model. The items of `metadata.content` and their roles
    decide whether it is generated from text, from frames, from references or by
    editing a video.

    Examples:
        >>> SeedanceVideoRequest.from_dict({
        ...     "model": "byteplus/dreamina-seedance-2-0-260128",
        ...     "prompt": "Fog lifts from a valley",
        ... })
    """

    model: SeedanceModel = field(metadata={"pattern": "^byteplus/"})
    """A Seedance model. At the time of writing only
    `byteplus/dreamina-seedance-2-0-260128` is available; the others are announced.
    """

    prompt: str
    """What the video shows. Must not be blank. BytePlus advises at most 1000 English
    words or 500 Chinese characters. (pattern=\\S)
    """

    metadata: SeedanceMetadata | Unset = UNSET
    """Seedance's parameters. Keys that are not listed are sent unchanged; BytePlus
    itself knows `execution_expires_after`, `frames`, `camera_fixed`, `draft`,
    `tools`, `safety_identifier` and `priority`, which OrcaRouter does not document.
    """
