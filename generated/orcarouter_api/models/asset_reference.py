"""The schema `#/components/schemas/AssetReference` of OrcaRouter video API."""

from __future__ import annotations

from attrs import define, field

from .._runtime.model import ApiModel


@define(kw_only=True)
class AssetReference(ApiModel):
    """The id of something just created.

    Examples:
        >>> AssetReference.from_dict({"Id": "group-20261101-a1b2c"})
    """

    id: str = field(metadata={"json_name": "Id"})
