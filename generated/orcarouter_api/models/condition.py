"""`Condition` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ItemFilter, Scalar


@define(kw_only=True)
class Condition(ApiModel):
    """Something that holds for a request or not. `present`: the path selects a value;
    `absent`: it selects none; `in`: at least one selected value is among `values`;
    `not_in`: at least one selected value is not among them.

    Attributes:
        where: Only items that meet all of these.
        values: Needed by `in` and `not_in`.
    """

    path: str
    where: list[ItemFilter] | Unset = UNSET
    test: Literal["present", "absent", "in", "not_in"] | str
    values: list[Scalar] | Unset = UNSET
