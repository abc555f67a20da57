"""The one rule by which names of the document become names of Python.

Words are the runs of letters and digits of a name (NFKC), and its camel humps. Classes are PascalCase, everything else is
snake_case. A name that would shadow a keyword, a builtin or a name of the generated code gets a trailing underscore; one
that would begin with a digit, a leading one. Where two names collide, the one that equals its original keeps it, and every
other gets four hexadecimal digits of the hash of its JSON pointer: neither order nor neighbours rename anything. (A
property whose name begins with a sign gets the sign's name instead: `at_type`. Of schemas in files, the foremost one keeps its name:
`find_foremost`.)

Functions have a rule of their own on top of this one: `function_names`. Where an extension gives a name, that one is spelled by
this rule (`openapi.vendor_extensions`).
"""

from __future__ import annotations

import builtins
import collections
import functools
import hashlib
import itertools
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from orcagen.diagnostics import InputError

MAX_LENGTH = 150  # characters of one name
_MAX_FILE_BYTES = 150  # of a module's name; file systems allow 255 with the extension and the suffixes of collisions
_DEVICES = frozenset(("con", "prn", "aux", "nul")) | {
    f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"
}

BUILTINS = frozenset(n for n in dir(builtins) if not n.startswith("_"))
_KEYWORDS = frozenset(keyword.kwlist)
# What the modules of `models/` and `dicts.py` import or use.
RESERVED_SYMBOLS = frozenset(
    "Annotated Any ApiModel AsyncClient AsyncIterable Call Client Codec Decimal DecimalNumber Discriminator False Final IO Iterable "
    "Literal MODULES Mapping None READ_ONLY True TYPE_CHECKING TypeAlias UNSET UUID Union Unset Upload".split()
) | {n for n in BUILTINS if n[:1].isupper()}
RESERVED_ATTRIBUTES = frozenset(
    "from_dict to_dict additional_properties custom_types str int float bool bytes list dict tuple dt define field self cls".split()
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
    return _digest(text)[:4]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def resolve_collisions(
    candidates: Mapping[str, tuple[str, str]], files: bool = False, taken: Iterable[str] = ()
) -> dict[str, str]:
    """Unique names. `candidates` maps an identity (a pointer) to its original name and its Python name.

    Only identities decide, never their order. `taken` are names that others have. With `files`, the names are those of
    modules: no two of them are one file on a file system that ignores case, and each can be a file on Windows.
    """
    fold = str.casefold if files else str
    if files:
        candidates = {i: (original, to_file_name(n)) for i, (original, n) in candidates.items()}
    groups: dict[str, list[str]] = {}
    for identity, (_, name) in candidates.items():
        groups.setdefault(fold(name), []).append(identity)
    used = set(map(fold, taken))
    if len(groups) == len(candidates) and used.isdisjoint(groups):
        return {identity: name for identity, (_, name) in candidates.items()}
    out: dict[str, str] = {}
    for folded, identities in groups.items():
        exact = [i for i in identities if candidates[i][0] == candidates[i][1]]
        keepers = identities if len(identities) == 1 else exact
        if len(keepers) == 1 and folded not in used:
            out[keepers[0]] = candidates[keepers[0]][1]
    used.update(fold(name) for name in out.values())
    for identity in sorted(candidates.keys() - out.keys()):
        names = (append_suffix(candidates[identity][1], s) for s in _suffixes(identity))
        out[identity] = next(name for name in names if fold(name) not in used)
        used.add(fold(out[identity]))
    return {identity: out[identity] for identity in candidates}


def qualify(
    names: Mapping[str, str], qualifiers: Mapping[str, Sequence[str]], taken: Collection[str]
) -> dict[str, str]:
    """Names, texts of the document, with qualifiers in front of those that would be the same symbol as another one or as
    one that is taken: as many as are needed, the nearest ones first. The foremost one needs none."""
    out = dict(names)
    depth = 0
    while True:
        symbols = {identity: to_symbol(name) for identity, name in out.items()}
        kept = find_foremost({i: s for i, s in symbols.items() if s not in taken})
        extended = [i for i in out if i not in kept and depth < len(qualifiers[i])]
        if not extended:
            return out
        for identity in extended:
            out[identity] = f"{qualifiers[identity][depth]} {out[identity]}"
        depth += 1


_FOLDERS = frozenset("schemas definitions models components".split())


def find_foremost(symbols: Mapping[str, str]) -> set[str]:
    """The schemas that keep their symbol, whatever has it too: of one symbol, that of the document itself, if there is only one;
    in files, that in one of the usual folders, then that in the fewest folders. Only paths decide, and most files that
    are added later come later."""

    def rank(identity: str) -> tuple[bool, int, str]:
        folders = identity.partition("#")[0].split("/")[:-1]
        return _FOLDERS.isdisjoint(folders), len(folders), identity

    groups: dict[str, list[str]] = {}
    for identity, symbol in symbols.items():
        groups.setdefault(symbol, []).append(identity)
    foremost: set[str] = set()
    for identities in groups.values():
        own = [i for i in identities if i[0] == "#"]  # the pointers of the document itself
        foremost |= {min(identities, key=rank)} if not own else {*own} if len(own) == 1 else set()
    return foremost


def to_file_name(name: str) -> str:
    """The name of a module whose file any file system takes: no device of Windows, not too long in UTF-8."""
    if name.casefold() in _DEVICES:
        return name + "_"
    if len(name.encode()) <= _MAX_FILE_BYTES:
        return name
    cut = name.encode()[: _MAX_FILE_BYTES - 5].decode(errors="ignore").rstrip("_")
    return append_suffix(cut, short_hash(name))


def append_suffix(name: str, suffix: str) -> str:
    return f"{name}_{suffix}" if name.islower() else f"{name}{suffix.upper()}"


def _suffixes(identity: str) -> Iterator[str]:
    """What can follow a name that another one has: digits of the hash, more of them where those are not enough."""
    yield short_hash(identity)
    digest = _digest(identity)
    yield from (digest[:length] for length in (8, 16, 32, 64))
    yield from (f"{digest}{n}" for n in itertools.count(2))


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


def _shorten(name: str) -> str:
    if len(name) <= MAX_LENGTH:
        return name
    separator = "_" if name.islower() else ""
    return name[: MAX_LENGTH - 5].rstrip("_") + separator + short_hash(name)
