"""What a changed type means for callers who pass values of it, and for callers who receive them."""

from __future__ import annotations

from attrs import define, field, frozen

from orcagen.diff.changes import Level
from orcagen.diff.package_index import PackageIndex, aliased_type
from orcagen.diff.types import (
    Generic,
    LiteralValue,
    Member,
    Members,
    format_members,
    normalize,
)
from orcagen.plan.model import ModelType, Type, TypedDictType
from orcagen.render.literals import literal
from orcagen.render.types import IN_MODELS
from orcagen.schema import ANY, Scalar

# Every value of the first is one of the second. Callers only read the items of a Mapping.
_WIDER = {("int", "float"), ("dict", "Mapping")}
_JSON_SCALARS = frozenset(("str", "int", "float", "bool", "None", "Any"))
_MAX_TEXT = 100  # characters of a type in a message
_MAX_VALUES = 6  # values of an enum in a message


@frozen
class TypeDifference:
    """How a type differs from an older one, the arguments of its generics aside.

    `removed` are the old members that the new type does not allow, `added` the new members that the old one did not allow.
    Open enums allow any value, so that a change of the values that they list is separate: `removed_values`,
    `added_values`, `lists_values` (the old type listed none) and `lists_no_values` (the new type lists none).
    """

    removed: Members = frozenset()
    added: Members = frozenset()
    removed_values: frozenset[LiteralValue] = frozenset()
    added_values: frozenset[LiteralValue] = frozenset()
    lists_values: bool = False
    lists_no_values: bool = False

    @property
    def only_listed_values_differ(self) -> bool:
        """Whether nothing but the values that an open enum lists is different."""
        return not (self.removed or self.added or self.lists_values or self.lists_no_values)


_NO_DIFFERENCE = TypeDifference()


@frozen
class TypeChange:
    """The level of a change, and what a message says of the argument, field or alias that has the type."""

    level: Level
    predicate: str


@frozen
class _Phrases:
    changed: str
    added: str
    removed: str
    value_added: str
    value_removed: str


_INPUT = _Phrases(
    "now accepts", "also accepts", "no longer accepts", "also lists the", "no longer lists the"
)
_OUTPUT = _Phrases(
    "is now", "may now also be", "is no longer", "may have the new", "no longer has the"
)


@define
class TypeComparer:
    """Compares types of two plans. `new_names` has the new name of each old class and alias that still exists."""

    old: PackageIndex
    new: PackageIndex
    new_names: dict[str, str]
    _renamed: dict[Member, Member] = field(factory=dict)
    _old_aliases: dict[Member, Members] = field(factory=dict)  # by their new names
    _new_aliases: dict[Member, Members] = field(factory=dict)
    _active: set[tuple[Member, Member]] = field(factory=set)  # generics may contain themselves

    def __attrs_post_init__(self) -> None:
        for old, new in self.new_names.items():
            # A class that became another name of a class is that class.
            target = self.new.find_class(new)
            if target and aliased_type(self.old.symbols[old]) is None:
                new = target.symbol
            if new != old:
                self._renamed[ModelType(old)] = ModelType(new)
        new_dicts = {d.model: d.symbol for d in self.new.package.typed_dicts}
        for d in self.old.package.typed_dicts:
            new_dict = new_dicts.get(self.new_names.get(d.model, ""), d.symbol)
            if new_dict != d.symbol:
                self._renamed[TypedDictType(d.symbol)] = TypedDictType(new_dict)
        for name, type_ in self.new.aliased_types().items():
            self._new_aliases[ModelType(name)] = normalize(type_)
        for name, type_ in self.old.aliased_types().items():
            alias = ModelType(self.new_names.get(name, name))
            # Of several old aliases that are one new alias, the one with its name counts.
            if alias.symbol == name or alias not in self._old_aliases:
                self._old_aliases[alias] = self._rename(normalize(type_))

    def compare_as_input(self, old: Type, new: Type) -> TypeChange | None:
        """The change for callers who pass values: contravariant, a narrower type breaks them."""
        return self._compare(old, new, as_output=False)

    def compare_as_output(self, old: Type, new: Type) -> TypeChange | None:
        """The change for callers who receive values: covariant, a wider type breaks them."""
        return self._compare(old, new, as_output=True)

    def _compare(self, old: Type, new: Type, as_output: bool) -> TypeChange | None:
        if isinstance(old, Scalar) and old == new:
            return None  # most types; for others == is too coarse, as 1 == True
        a, b = self._rename(normalize(old)), normalize(new)
        if a == b or not (differences := self._find_differences(a, b, as_output)):
            return None
        # To output, what open enums list means nothing: they allowed any value before.
        breaking = any(
            d.added if as_output else d.removed or d.removed_values or d.lists_values
            for d in differences
        )
        level: Level = "breaking" if breaking else "additive"
        own, *inner = differences
        phrases = _OUTPUT if as_output else _INPUT
        if all(d.only_listed_values_differ for d in differences):
            removed = {v for d in differences for v in d.removed_values}
            added = {v for d in differences for v in d.added_values}
            changes = (phrases.value_removed, removed), (phrases.value_added, added)
            predicate = " and ".join(f"{verb} {_list_values(v)}" for verb, v in changes if v)
            if as_output and added:
                level = "behavior"
        elif own.lists_values and not inner:
            predicate = f"now has a list of known values: {format_type(new)}"
        elif own.lists_no_values and not inner:
            predicate = f"no longer has a list of known values: {format_type(new)}"
        elif a < b and not inner:
            predicate = f"{phrases.added} {_as_code(format_members(own.added))}"
        elif b < a and not inner:
            predicate = f"{phrases.removed} {_as_code(format_members(own.removed))}"
        else:
            predicate = f"{phrases.changed} {format_type(new)}, formerly {format_type(old)}"
            if as_output and not inner and self._has_same_attributes(own):
                predicate += "; all attributes remain"
        return TypeChange(level, predicate)

    def _rename(self, members: Members) -> Members:
        """Old members with the new names of classes, aliases and typed dicts."""
        return frozenset(map(self._rename_member, members)) if self._renamed else members

    def _rename_member(self, member: Member) -> Member:
        if isinstance(member, Generic):
            return Generic(member.name, tuple(map(self._rename, member.args)))
        return self._renamed.get(member, member)

    def _find_differences(
        self, old: Members, new: Members, as_output: bool
    ) -> list[TypeDifference]:
        """The difference between two types, then those inside their generics at any depth; nothing if there is none."""
        if old == new:
            return []
        # Changes inside an alias are reported for the alias, not wherever it is used.
        shared = {m for m in old & new if isinstance(m, ModelType)}
        a = _expand(old - shared, self._old_aliases)
        b = _expand(new - shared, self._new_aliases)
        inner = []
        for x, y in _pair_generics(a, b):
            a, b = a - {x}, b - {y}
            if (x, y) not in self._active:
                self._active.add((x, y))
                for s, t in zip(x.args, y.args, strict=True):
                    inner += self._find_differences(s, t, as_output)
                self._active.discard((x, y))
        all_old, all_new = _expand(old, self._old_aliases), _expand(new, self._new_aliases)
        removed = frozenset(m for m in a if not self._allows(all_new, m, to_new=True))
        added = frozenset(
            m for m in b if not self._allows(all_old, m, to_new=False, as_output=as_output)
        )
        old_values = frozenset(m for m in a if isinstance(m, LiteralValue))
        new_values = frozenset(m for m in b if isinstance(m, LiteralValue))
        removed_values = old_values - new_values - removed
        added_values = new_values - old_values - added
        only_values = not removed and not added
        own = TypeDifference(
            removed,
            added,
            removed_values if new_values else frozenset(),
            added_values if old_values else frozenset(),
            lists_values=only_values and bool(added_values) and not old_values,
            lists_no_values=only_values and bool(removed_values) and not new_values,
        )
        return [own, *inner] if inner or own != _NO_DIFFERENCE else []

    def _allows(
        self, members: Members, member: Member, *, to_new: bool, as_output: bool = False
    ) -> bool:
        """Whether all values of a member of one side's type are allowed by the other side's. Both have no aliases."""
        return member in members or any(
            self._fits(member, other, to_new, as_output) for other in members
        )

    def _fits(self, member: Member, other: Member, to_new: bool, as_output: bool) -> bool:
        if other == ANY:
            # Code that reads a value of any type goes on working only if the value stays plain JSON.
            return not as_output or self._is_json(member)
        if isinstance(member, LiteralValue):
            return isinstance(other, Scalar) and _is_as_wide(member.type_name, other.name)
        if isinstance(member, Scalar):
            return isinstance(other, Scalar) and _is_as_wide(member.name, other.name)
        if not isinstance(member, Generic) or not isinstance(other, Generic):
            return False
        if len(member.args) != len(other.args) or not _is_as_wide(member.name, other.name):
            return False
        if (member, other) in self._active:
            return True
        self._active.add((member, other))
        aliases, other_aliases = self._old_aliases, self._new_aliases
        if not to_new:
            aliases, other_aliases = other_aliases, aliases
        fits = all(
            self._allows(_expand(y, other_aliases), m, to_new=to_new, as_output=as_output)
            for x, y in zip(member.args, other.args, strict=True)
            for m in _expand(x, aliases)
        )
        self._active.discard((member, other))
        return fits

    def _is_json(self, member: Member) -> bool:
        """Whether values of a new type are read as plain JSON values, like those of the type Any."""
        if isinstance(member, Scalar):
            return member.name in _JSON_SCALARS
        if not isinstance(member, Generic):
            return isinstance(member, LiteralValue)
        if member.name not in ("list", "dict"):
            return False
        if (member, member) in self._active:
            return True
        self._active.add((member, member))
        is_json = all(
            self._is_json(m) for arg in member.args for m in _expand(arg, self._new_aliases)
        )
        self._active.discard((member, member))
        return is_json

    def _has_same_attributes(self, difference: TypeDifference) -> bool:
        """Whether one class replaces another and has at least its attributes."""
        removed = [m for m in difference.removed if isinstance(m, ModelType)]
        added = [m for m in difference.added if isinstance(m, ModelType)]
        if len(removed) != 1 or len(added) != 1:
            return False
        a = self.old.find_class(removed[0].symbol)
        b = self.new.find_class(added[0].symbol)
        return bool(a and b and {f.name for f in a.fields} <= {f.name for f in b.fields})


def _is_as_wide(name: str, other: str) -> bool:
    return name == other or (name, other) in _WIDER


def format_type(type_: Type) -> str:
    """A type as Python code for a message, cut where it is long."""
    return _as_code(IN_MODELS.format(type_))


def _as_code(text: str) -> str:
    if len(text) > _MAX_TEXT:
        end = max(text.rfind(", ", 0, _MAX_TEXT), text.rfind(" | ", 0, _MAX_TEXT))
        text = text[:end] + " ..."
    return f"`{text}`"


def _list_values(members: set[LiteralValue]) -> str:
    values = sorted({literal(m.value) for m in members})
    text = ", ".join(f"`{v}`" for v in values[:_MAX_VALUES])
    more = f" and {len(values) - _MAX_VALUES} more" if len(values) > _MAX_VALUES else ""
    return f"value{'s' if len(values) > 1 else ''} {text}{more}"


def _expand(members: Members, aliases: dict[Member, Members]) -> Members:
    """Members with what aliases stand for in place of the aliases."""
    if not any(m in aliases for m in members):
        return members
    out: set[Member] = set()
    todo, seen = list(members), set()
    while todo:
        member = todo.pop()
        if member not in aliases:
            out.add(member)
        elif member not in seen:
            seen.add(member)
            todo += aliases[member]
    return frozenset(out)


def _pair_generics(old: Members, new: Members) -> list[tuple[Generic, Generic]]:
    """The generics that each side has once under the same name, to be compared argument by argument."""
    pairs = []
    for name in sorted({m.name for m in old if isinstance(m, Generic)}):
        a, b = ([m for m in t if isinstance(m, Generic) and m.name == name] for t in (old, new))
        if len(a) == len(b) == 1 and a != b and len(a[0].args) == len(b[0].args):
            pairs.append((a[0], b[0]))
    return pairs
