"""The one rule by which names of the document become names of Python.

Words are the runs of letters and digits of a name (NFKC), and its camel humps. Classes are PascalCase, everything else is
snake_case. A name that would shadow a keyword, a builtin or a name of the generated code gets a trailing underscore; one
that would begin with a digit, a leading one. Where two names collide, the one that equals its original keeps it, and every
other gets four hexadecimal digits of the hash of its JSON pointer: neither order nor neighbours rename anything. (A
property whose name begins with a sign gets the sign's name instead: `at_type`.)

Functions have a rule of their own on top of this one: `function_names`.
"""

from __future__ import annotations

import builtins
import collections
import functools
import hashlib
import keyword
import re
import unicodedata
from collections.abc import Iterable

from orcagen.diagnostics import InputError

MAX_LENGTH = 150  # characters of one name; modules are named by it, and file systems have limits

BUILTINS = frozenset(n for n in dir(builtins) if not n.startswith("_"))
_KEYWORDS = frozenset(keyword.kwlist)
# What the modules of `models/` and `dicts.py` import or use.
RESERVED_SYMBOLS = frozenset(
    "Annotated Any ApiModel AsyncClient AsyncIterable Call Client Codec Decimal Discriminator False IO Iterable Literal "
    "Mapping None READ_ONLY True TYPE_CHECKING TypeAlias UNSET UUID Union Unset Upload".split()
) | {n for n in BUILTINS if n[:1].isupper()}
RESERVED_ATTRIBUTES = frozenset(
    "from_dict to_dict additional_properties str int float bool bytes list dict tuple dt define field self cls".split()
)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(text: str) -> list[str]:
    """The runs of letters and digits."""
    text = unicodedata.normalize("NFKC", text)
    return [c for c in re.split(r"[^\w]|_", text) if c and ("a" + c).isidentifier()]


def split_humps(text: str) -> list[str]:
    """The words of a name, in lower case: its runs of letters and digits, and their camel humps."""
    return [hump.lower() for word in split_words(text) for hump in _HUMPS.split(word)]


def to_pascal_case(text: str) -> str:
    joined = "".join(w[:1].upper() + w[1:] for w in split_words(text))
    name = unicodedata.normalize("NFKC", joined) or "Schema"  # capitals may need several characters
    return _shorten("_" + name if not name[0].isalpha() else name)


@functools.cache  # documents repeat the names of properties
def to_snake_case(text: str) -> str:
    name = unicodedata.normalize("NFKC", "_".join(split_humps(text))) or "value"
    return _shorten("_" + name if not name[0].isalpha() else name)


def escape_reserved(name: str, reserved: Iterable[str] = ()) -> str:
    """The name, with a trailing underscore where it is a keyword or reserved."""
    return name + "_" if name in _KEYWORDS or name in reserved else name


def to_symbol(text: str) -> str:
    """The name of a class or an alias. `NameCodec` is the codec of `Name`, so no symbol ends so."""
    name = escape_reserved(to_pascal_case(text), RESERVED_SYMBOLS)
    return name + "_" if name.endswith("Codec") else name


def check_override(name: str, pointer: str, reserved: Iterable[str]) -> str:
    """A name of the setting `names`. Raises InputError if generated modules use it for something else."""
    if name in reserved or name.endswith("Codec"):
        message = f"the setting `names` gives {pointer} the name {name}, which generated code uses"
        raise InputError(f"{message}; choose another one")
    return name


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:4]


def resolve_collisions(
    candidates: dict[str, tuple[str, str]], files: bool = False
) -> dict[str, str]:
    """Unique names. `candidates` maps an identity (a pointer) to its original name and its Python name.

    Only identities decide, never their order. With `files`, names that differ in case alone collide too.
    """
    groups: dict[str, list[str]] = {}
    for identity, (_, name) in candidates.items():
        groups.setdefault(name.lower() if files else name, []).append(identity)
    out: dict[str, str] = {}
    for identities in groups.values():
        keeper = identities[0]
        if len(identities) > 1:
            exact = [i for i in identities if candidates[i][0] == candidates[i][1]]
            keeper = exact[0] if len(exact) == 1 else ""
        for identity in identities:
            name = candidates[identity][1]
            out[identity] = name if identity == keeper else _append_hash(name, identity)
    return out


_SIGNS = {"@": "at", "$": "dollar", "_": "underscore", "#": "hash", "-": "minus", "+": "plus"}


def disambiguate_by_prefix(candidates: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Candidates for `resolve_collisions`, where a colliding name that begins with a sign gets the sign's name in front
    (`at_type` for `@type`, beside `type`)."""
    count = collections.Counter(name for _, name in candidates.values())
    out = {}
    for identity, (original, name) in candidates.items():
        sign = _SIGNS.get(original[:1]) if count[name] > 1 else None
        out[identity] = (original, f"{sign}_{name}" if sign else name)
    return out


def _append_hash(name: str, identity: str) -> str:
    suffix = short_hash(identity)
    return f"{name}_{suffix}" if name.islower() else f"{name}{suffix.upper()}"


def _shorten(name: str) -> str:
    if len(name) <= MAX_LENGTH:
        return name
    separator = "_" if name.islower() else ""
    return name[: MAX_LENGTH - 5].rstrip("_") + separator + short_hash(name)
