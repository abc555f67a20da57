"""The one rule by which names of the document become names of Python.

Words are the runs of letters and digits of a name (NFKC), and its camel humps. Classes are PascalCase, all else is
snake_case. What would shadow a keyword, a builtin or a name of the generated code gets a trailing underscore; what
would begin with a digit, a leading one. Where two names collide, the one that equals its original keeps it, and every
other gets four hexadecimal digits of the hash of its JSON pointer: order and neighbours rename nothing. (A property
whose name begins with a sign gets the sign's name instead: `at_type`.)

A function has the name of its operationId, without the path and the method where a framework has put them behind it
(`read_item_items__item_id__get`); without an operationId, that of method and path.
"""

from __future__ import annotations

import builtins
import collections
import hashlib
import keyword
import re
import unicodedata
from collections.abc import Iterable

MOST = 150  # characters of one name; it is a file's name too

BUILTINS = frozenset(n for n in dir(builtins) if not n.startswith("_"))
_KEYWORDS = frozenset(keyword.kwlist)
SYMBOLS = frozenset(
    "Annotated Any ApiModel Call Codec Decimal Discriminator False Literal Mapping None READ_ONLY True TYPE_CHECKING TypeAlias UNSET UUID "
    "Union Unset Upload Client AsyncClient IO Iterable AsyncIterable".split()
) | {n for n in BUILTINS if n[:1].isupper()}
ATTRIBUTES = frozenset(
    "from_dict to_dict additional_properties str int float bool bytes list dict tuple dt define field self cls".split()
)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def chunks(text: str) -> list[str]:
    """The runs of letters and digits."""
    text = unicodedata.normalize("NFKC", text)
    return [c for c in re.split(r"[^\w]|_", text) if c and ("a" + c).isidentifier()]


def pascal(text: str) -> str:
    name = "".join(c[:1].upper() + c[1:] for c in chunks(text)) or "Schema"
    return _shorten("_" + name if not name[0].isalpha() else name)


def snake(text: str) -> str:
    words = [w.lower() for chunk in chunks(text) for w in _HUMPS.split(chunk)]
    name = unicodedata.normalize("NFKC", "_".join(words)) or "value"
    return _shorten("_" + name if not name[0].isalpha() else name)


def harmless(name: str, taken: Iterable[str] = ()) -> str:
    """The name, with an underscore after it where it is a keyword or one of those taken."""
    return name + "_" if name in _KEYWORDS or name in taken else name


def symbol(text: str) -> str:
    name = harmless(pascal(text), SYMBOLS)
    return name + "_" if name.endswith("Codec") else name


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:4]


def unique(wanted: dict[str, tuple[str, str]], files: bool = False) -> dict[str, str]:
    """Names without collisions. `wanted` maps an identity (a pointer) to its original name and its Python name.

    Identities decide; their order does not. With `files`, names that differ in case only collide too.
    """
    groups: dict[str, list[str]] = {}
    for identity, (_, name) in wanted.items():
        groups.setdefault(name.lower() if files else name, []).append(identity)
    out: dict[str, str] = {}
    for identities in groups.values():
        keeper = identities[0]
        if len(identities) > 1:
            exact = [i for i in identities if wanted[i][0] == wanted[i][1]]
            keeper = exact[0] if len(exact) == 1 else ""
        for identity in identities:
            name = wanted[identity][1]
            out[identity] = name if identity == keeper else _marked(name, identity)
    return out


_SIGNS = {"@": "at", "$": "dollar", "_": "underscore", "#": "hash", "-": "minus", "+": "plus"}


def with_signs(wanted: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """For `unique`: where names collide, a sign before one of them says which it is (`@type` beside `type`)."""
    count = collections.Counter(name for _, name in wanted.values())
    out = {}
    for identity, (original, name) in wanted.items():
        word = _SIGNS.get(original[:1]) if count[name] > 1 else None
        out[identity] = (original, f"{word}_{name}" if word else name)
    return out


def _marked(name: str, identity: str) -> str:
    mark = digest(identity)
    return f"{name}_{mark}" if name.islower() else f"{name}{mark.upper()}"


def _shorten(name: str) -> str:
    return (
        name
        if len(name) <= MOST
        else name[: MOST - 5].rstrip("_") + ("_" if name.islower() else "") + digest(name)
    )
