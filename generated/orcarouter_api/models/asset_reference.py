"""`AssetReference` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define, field

from .._runtime.model import ApiModel


@define(kw_only=True)
class AssetReference(ApiModel):
    """The id of something just created.

    Attributes:
        id: The id.
    """

    id: str = field(metadata={"json_name": "Id"})
