"""The level of each change of what is sent: for callers of the regenerated client, and for clients already deployed.

A change makes what is allowed tighter or looser. Whoever sends a value breaks when less is allowed, whoever receives one when
more is.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from orcagen.diff.changes import Audience, Level

Direction: TypeAlias = Literal["request", "response"]

_LETTERS: dict[str, Level | None] = {
    "b": "breaking", "h": "behavior", "a": "additive", "d": "documentation", "-": None,
}  # fmt: skip

# In requests, then in responses: the level for callers, then on the wire. A minus where the comparison of the plans
# has the change, or where it has no effect. One pair where there is no direction.
LEVELS_BY_ROW = {
    "server-removed": "-b",
    "function-added": "-a",
    "function-removed": "-b",
    "webhook-added": "aa",
    "webhook-removed": "bb",
    "security-tighter": "-b",
    "security-looser": "-a",
    "scope-tighter": "bb",
    "scope-looser": "aa",
    "argument-added": "-a",
    "required-argument-added": "-b",
    "argument-removed": "-h",
    "style-other": "-b -b",
    "body-added": "-a -a",
    "required-body-added": "-b -a",
    "body-removed": "-h -b",
    "media-type-added": "-a -h",
    "media-type-removed": "-b -b",
    "success-added": "-h",
    "success-removed": "-b",
    "error-added": "-d",
    "error-removed": "-d",
    "header-added": "aa aa",
    "required-header-added": "bb aa",
    "header-removed": "hh hh",
    "required-header-removed": "hh bb",
    "field-added": "-a -a",
    "required-field-added": "-b -a",
    "field-removed": "-h -b",
    "presence-required": "-b -a",
    "presence-optional": "-a -b",
    "type-tighter": "-b -a",
    "type-looser": "-a -b",
    "type-other": "-b -b",
    "null-tighter": "-b -a",
    "null-looser": "-a -b",
    "values-tighter": "-b -d",
    "values-looser": "-a -h",
    "variant-removed": "-b -d",
    "variant-added": "-a -b",
    "mapping-tighter": "-b -d",
    "mapping-looser": "-a -h",
    "format-tighter": "hb dd",
    "format-looser": "aa hh",
    "format-other": "hb hb",
    "limit-tighter": "bb dd",
    "limit-looser": "aa hh",
    "limit-other": "hh hh",
    "default-other": "hh dd",
    "deprecated-other": "-d -d",
    "stability-tighter": "dd dd",
    "stability-looser": "hh hh",
    "sunset-other": "hh hh",
}


def find_level(row: str, direction: Direction, audience: Audience) -> Level | None:
    """The level of a change; None where it is not reported."""
    pairs = LEVELS_BY_ROW[row].split()
    pair = pairs[0] if len(pairs) == 1 or direction == "request" else pairs[1]
    return _LETTERS[pair[audience == "wire"]]
