"""YAML as its version 1.2 reads it, and as people who write a request mean it.

PyYAML follows version 1.1, where `aspect_ratio: 16:9` is the number 969 and `sound: on` is true. Here both are texts,
and so are dates: only null, true, false and decimal numbers are anything else without quotes.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["parsed"]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own way


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


def parsed(text: str) -> Any:
    """What the YAML document says.

    Raises ValueError for what is none.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506  # a safe one
    except (yaml.YAMLError, RecursionError) as error:
        why = "lists in lists without end" if isinstance(error, RecursionError) else str(error)
        raise ValueError(why) from error
