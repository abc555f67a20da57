"""The schema `#capabilities.schema.yaml#/$defs/CombinationRule` of OrcaRouter video
API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

from .._runtime.model import Codec, Discriminator

if TYPE_CHECKING:
    from ..models import (
        CountRule,
        ExcludesRule,
        ExclusiveRule,
        ReferencesRule,
        RequiresRule,
        SequenceRule,
        SumRule,
    )

CombinationRule: TypeAlias = Annotated[
    Union[
        "RequiresRule",
        "ExcludesRule",
        "ExclusiveRule",
        "CountRule",
        "SumRule",
        "SequenceRule",
        "ReferencesRule",
    ],
    Discriminator(
        "rule",
        {
            "RequiresRule": "RequiresRule",
            "ExcludesRule": "ExcludesRule",
            "ExclusiveRule": "ExclusiveRule",
            "CountRule": "CountRule",
            "SumRule": "SumRule",
            "SequenceRule": "SequenceRule",
            "ReferencesRule": "ReferencesRule",
            "requires": "RequiresRule",
            "excludes": "ExcludesRule",
            "exclusive": "ExclusiveRule",
            "count": "CountRule",
            "sum": "SumRule",
            "sequence": "SequenceRule",
            "references": "ReferencesRule",
        },
    ),
]
"""A limit that combines several values."""

CombinationRuleCodec: Codec[CombinationRule] = Codec(CombinationRule)
