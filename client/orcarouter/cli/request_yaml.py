"""Reads YAML request files by the rules of YAML 1.2, as authors of request files expect.

PyYAML follows YAML 1.1, where `aspect_ratio: 16:9` is the number 969 and `sound: on` is true. Here
both are strings, and so are dates: without quotes only null, true, false and decimal numbers are
anything else.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["parse_yaml", "parse_yaml_with_lines"]


class _Loader(yaml.SafeLoader):
    # Empty instead of inherited, so that only the resolvers below apply.
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # declared like this in PyYAML


for _tag, _pattern, _first_characters in (
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
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first_characters
    )


def parse_yaml(text: str) -> Any:
    """Parse a YAML document.

    Raises ValueError if it is not valid YAML.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506  # a subclass of SafeLoader
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def parse_yaml_with_lines(text: str) -> tuple[Any, list[int]]:
    """Parse a YAML document; return it, and the lines of the items of its list.

    The list is the document, or the value of its key `jobs`. Raises ValueError if it is not valid
    YAML.
    """
    content = parse_yaml(text)
    node = yaml.compose(text, _Loader)
    if isinstance(node, yaml.MappingNode):
        node = next((value for key, value in node.value if key.value == "jobs"), None)
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    return content, [item.start_mark.line + 1 for item in items]
