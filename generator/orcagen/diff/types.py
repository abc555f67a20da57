"""What a changed type means to those who give values of it, and to those who get them."""

from __future__ import annotations

from attrs import define, field, frozen

from orcagen.diff.annotations import ANY, NONE, Box, Member, Type, Value, Word, parse, show
from orcagen.diff.findings import Level
from orcagen.diff.index import Index, alias_type
from orcagen.plan.model import Model, TypeName

_WIDER = {("int", "float"), ("dict", "Mapping")}  # a container's items count as read-only
_PLAIN = frozenset(("str", "int", "float", "bool", "None", "Any"))
_SHOWN = 100  # characters of one type in a sentence
_LISTED = 6  # values of an enum in a sentence


@frozen
class Difference:
    """How a type differs from an older one.

    `gone` are the old members that the new type does not admit, `came` the new ones that the old did not. Of the known
    values of open enums, `lost` are no longer and `found` are newly among them. `named` says that any value was fine
    before and now there are known ones, `freed` the reverse. `inner` holds the differences of what containers hold.
    """

    gone: Type = frozenset()
    came: Type = frozenset()
    lost: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    named: bool = False
    freed: bool = False
    inner: tuple[Difference, ...] = ()

    def __bool__(self) -> bool:
        return self != _SAME

    @property
    def narrower(self) -> bool:
        """Whether an old value may be none of the new type, or none of its known values."""
        return bool(self.gone or self.lost or self.named) or any(d.narrower for d in self.inner)

    @property
    def wider(self) -> bool:
        """Whether a new value may be none of the old type. New values of an open enum always were of it."""
        return bool(self.came) or any(d.wider for d in self.inner)

    @property
    def values_only(self) -> bool:
        """Whether known values of open enums are all that differs."""
        return not (self.gone or self.came or self.named or self.freed) and all(
            d.values_only for d in self.inner
        )

    def values(self, which: str) -> list[str]:
        """All of `lost` or of `found`, at any depth."""
        own: tuple[str, ...] = getattr(self, which)
        return sorted({*own, *(v for d in self.inner for v in d.values(which))})


_SAME = Difference()


@frozen
class Change:
    """A difference from one side: its level, and the rest of a sentence about what has the type."""

    level: Level
    text: str


@define
class Types:
    """Compares types of two plans. `names` maps old symbols to new ones."""

    old: Index
    new: Index
    names: dict[str, str]
    _old_aliases: dict[str, Type] = field(factory=dict)
    _new_aliases: dict[str, Type] = field(factory=dict)
    _busy: set[tuple[Member, Member]] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        for name, symbol in self.old.symbols.items():
            if isinstance(symbol, TypeName):
                new = self.names.get(name, name)
                if new == name or new not in self._old_aliases:
                    self._old_aliases[new] = self._renamed(alias_type(symbol))
        for name, symbol in self.new.symbols.items():
            if isinstance(symbol, TypeName):
                self._new_aliases[name] = alias_type(symbol)

    def given(self, old: str, new: str) -> Change | None:
        """The change for those who give values."""
        if (found := self._compared(old, new, reading=False)) is None:
            return None
        difference, a, b = found
        level: Level = "breaking" if difference.narrower else "additive"
        if difference.values_only:
            parts = []
            if lost := difference.values("lost"):
                parts.append(f"no longer knows {_values(lost)}")
            if new_values := difference.values("found"):
                parts.append(f"also knows {_values(new_values)}")
            return Change(level, " and ".join(parts))
        if difference.named and not difference.inner:
            return Change(level, f"takes known values now: {shown(new)}")
        if difference.freed and not difference.inner:
            return Change(level, f"takes any value, no longer known ones: {shown(new)}")
        if a < b and not difference.inner:
            return Change(level, f"also takes {shown(show(difference.came))}")
        if b < a and not difference.inner:
            return Change(level, f"no longer takes {shown(show(difference.gone))}")
        return Change(level, f"takes {shown(new)}, formerly {shown(old)}")

    def got(self, old: str, new: str) -> Change | None:
        """The change for those who read values."""
        if (found := self._compared(old, new, reading=True)) is None:
            return None
        difference, a, b = found
        level: Level = "breaking" if difference.wider else "additive"
        if difference.values_only:
            parts = []
            if lost := difference.values("lost"):
                parts.append(f"no longer has {_values(lost)}")
            if new_values := difference.values("found"):
                parts.append(f"may have the new {_values(new_values, article='')}")
            return Change(level, " and ".join(parts))
        if difference.named and not difference.inner:
            return Change(level, f"has known values now: {shown(new)}")
        if difference.freed and not difference.inner:
            return Change(level, f"may have any value, no longer known ones: {shown(new)}")
        if a < b and not difference.inner:
            also = "" if difference.came == {NONE} else "also "
            return Change(level, f"may now {also}be {shown(show(difference.came))}")
        if b < a and not difference.inner:
            return Change(level, f"is no longer {shown(show(difference.gone))}")
        kept = "; all attributes are still there" if self._keeps_attributes(difference) else ""
        return Change(level, f"is now {shown(new)}, formerly {shown(old)}{kept}")

    def _compared(self, old: str, new: str, reading: bool) -> tuple[Difference, Type, Type] | None:
        if old == new:
            return None
        a, b = self._renamed(parse(old)), parse(new)
        difference = self._difference(a, b, reading)
        return (difference, a, b) if difference else None

    def _renamed(self, type_: Type) -> Type:
        return frozenset(self._renamed_member(m) for m in type_)

    def _renamed_member(self, member: Member) -> Member:
        if isinstance(member, Box):
            return Box(member.name, tuple(self._renamed(t) for t in member.inner))
        if isinstance(member, Word):
            plain = member.name.removesuffix("Dict")
            if member.name in self.names:
                return Word(self._new_name(member.name))
            if plain in self.names:  # a typed dict is called after its model
                return Word(self.names[plain] + "Dict")
        return member

    def _new_name(self, name: str) -> str:
        """The new symbol of an old one. A class that is another name of a class now is that class."""
        new = self.names[name]
        target = self.new.resolved(new)
        if isinstance(self.old.symbols[name], Model) and isinstance(target, Model):
            return target.symbol
        return new

    def _difference(self, old: Type, new: Type, reading: bool) -> Difference:
        if old == new:
            return _SAME
        # What an alias stands for is compared at the alias, not wherever it is used.
        both = {m for m in old & new if isinstance(m, Word) and m.name in self.new.symbols}
        a, b = _opened(old - both, self._old_aliases), _opened(new - both, self._new_aliases)
        inner = []
        for x, y in _containers(a, b):
            a, b = a - {x}, b - {y}
            if (x, y) not in self._busy:
                self._busy.add((x, y))
                pairs = zip(x.inner, y.inner, strict=True)
                inner += [self._difference(s, t, reading) for s, t in pairs]
                self._busy.discard((x, y))
        wide_a, wide_b = _opened(old, self._old_aliases), _opened(new, self._new_aliases)
        gone = frozenset(m for m in a if not self._admitted(m, wide_b, to_new=True))
        came = frozenset(
            m for m in b if not self._admitted(m, wide_a, to_new=False, reading=reading)
        )
        known = {m for m in a if isinstance(m, Value)}, {m for m in b if isinstance(m, Value)}
        lost, found = known[0] - known[1] - gone, known[1] - known[0] - came
        return Difference(
            gone,
            came,
            tuple(sorted(v.text for v in lost)) if known[1] else (),
            tuple(sorted(v.text for v in found)) if known[0] else (),
            named=bool(found) and not known[0] and not gone and not came,
            freed=bool(lost) and not known[1] and not gone and not came,
            inner=tuple(d for d in inner if d),
        )

    def _admitted(self, member: Member, wide: Type, to_new: bool, reading: bool = False) -> bool:
        """Whether a type, opened, admits a member of the other side's."""
        if member in wide:
            return True
        return any(self._fits(member, other, to_new, reading) for other in wide)

    def _fits(self, member: Member, other: Member, to_new: bool, reading: bool) -> bool:
        if other == ANY:
            return not reading or self._plain(member)
        if isinstance(member, Value):
            kind = member.kind
            return isinstance(other, Word) and (kind == other.name or (kind, other.name) in _WIDER)
        if isinstance(member, Word):
            return isinstance(other, Word) and (member.name, other.name) in _WIDER
        if not isinstance(other, Box) or len(member.inner) != len(other.inner):
            return False
        if member.name != other.name and (member.name, other.name) not in _WIDER:
            return False
        if (member, other) in self._busy:
            return True
        self._busy.add((member, other))
        narrow, wide = self._old_aliases, self._new_aliases
        if not to_new:
            narrow, wide = wide, narrow
        fits = all(
            self._admitted(m, _opened(y, wide), to_new, reading)
            for x, y in zip(member.inner, other.inner, strict=True)
            for m in _opened(x, narrow)
        )
        self._busy.discard((member, other))
        return fits

    def _keeps_attributes(self, difference: Difference) -> bool:
        """Whether one class stands for another, and has fields of the same names at least."""
        gone, came = (
            [m for m in t if isinstance(m, Word)] for t in (difference.gone, difference.came)
        )
        if len(gone) != 1 or len(came) != 1 or difference.inner:
            return False
        a, b = self.old.symbols.get(gone[0].name), self.new.symbols.get(came[0].name)
        return (
            isinstance(a, Model)
            and isinstance(b, Model)
            and {f.name for f in a.fields} <= {f.name for f in b.fields}
        )

    def _plain(self, member: Member) -> bool:
        """Whether a value reads the same as one of any type: as JSON."""
        if isinstance(member, Word):
            return member.name in _PLAIN
        if isinstance(member, Value):
            return True
        return member.name in ("list", "dict") and all(
            self._plain(m) for t in member.inner for m in _opened(t, self._new_aliases)
        )


def shown(text: str) -> str:
    """A type for a sentence, as code and not too long."""
    if '"' in text and "Literal[" not in text:
        text = show(parse(text))  # the quotes of an alias's expression
    if len(text) > _SHOWN:
        text = text[: max(text.rfind(", ", 0, _SHOWN), text.rfind(" | ", 0, _SHOWN))] + " ..."
    return f"`{text}`"


def _values(values: list[str], article: str = "the ") -> str:
    listed = ", ".join(f"`{v}`" for v in values[:_LISTED])
    more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    return f"{article}value{'s' if len(values) > 1 else ''} {listed}{more}"


def _opened(type_: Type, aliases: dict[str, Type]) -> Type:
    """A type with what its aliases stand for in their stead."""
    if not any(isinstance(m, Word) and m.name in aliases for m in type_):
        return type_
    out: set[Member] = set()
    todo, seen = [*type_], set()
    while todo:
        member = todo.pop()
        if isinstance(member, Word) and member.name in aliases:
            if member.name not in seen:
                seen.add(member.name)
                todo += aliases[member.name]
        else:
            out.add(member)
    return frozenset(out)


def _containers(old: Type, new: Type) -> list[tuple[Box, Box]]:
    """The containers of a kind of which each type has one, so that they can be compared inside."""
    out = []
    for name in sorted({m.name for m in old if isinstance(m, Box)}):
        x, y = ([m for m in t if isinstance(m, Box) and m.name == name] for t in (old, new))
        if len(x) == len(y) == 1 and x != y and len(x[0].inner) == len(y[0].inner):
            out.append((x[0], y[0]))
    return out
