"""What changes in the client's options and servers, in tables and typed dicts, and in the descriptions of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orcagen.diff.changes import Level
from orcagen.diff.collector import ChangeCollector
from orcagen.diff.documentation import values_equal
from orcagen.diff.type_comparison import format_type
from orcagen.plan.model import ClientOption, Package, ServerPlan
from orcagen.pointers import escaped


def compare_clients(collector: ChangeCollector) -> None:
    """Adds the changes of everything but functions and models."""
    _compare_options(collector)
    _compare_servers(collector)
    _compare_tables(collector)
    _compare_typed_dicts(collector)
    old, new = collector.old.package, collector.new.package
    predicate = "has a new description"
    if old.description != new.description:
        collector.add("documentation", "package-description", "", new.name, predicate)
    old_modules = {m.name: m for m in old.apis}
    for module in new.apis:
        old_module = old_modules.get(module.name)
        if old_module and old_module.description != module.description:
            name = f"api.{module.name}"
            collector.add("documentation", "module-description", name, name, predicate)


# Options


def _compare_options(collector: ChangeCollector) -> None:
    packages = collector.old.package, collector.new.package
    old, new = ({o.name: o for o in p.options} for p in packages)
    for option in sorted(old.keys() | new.keys()):
        name = f"client.Options.{option}"
        a, b = (_scheme_pointer(p, option) for p in packages)
        if option not in new:
            predicate = f"no longer accepts the option `{option}`"
            collector.add("breaking", "option-removed", name, "Client", predicate, (a, None))
        elif option not in old:
            text = format_type(new[option].type)
            predicate = f"accepts the new option `{option}` of type {text}"
            collector.add("additive", "option-added", name, "Client", predicate, (None, b))
        else:
            for level, rule, predicate in _compare_option(collector, old[option], new[option]):
                subject = f"`{option}`"
                collector.add(level, rule, name, "Client", predicate, (a, b), subject=subject)


def _compare_option(
    collector: ChangeCollector, x: ClientOption, y: ClientOption
) -> Iterator[tuple[Level, str, str]]:
    if change := collector.types.compare_as_input(x.type, y.type):
        yield change.level, "option-type", change.predicate
    old, new = (
        _describe_locations(p, x.name) for p in (collector.old.package, collector.new.package)
    )
    if old != new:
        predicate = f"is now sent {' or '.join(new)}, formerly {' or '.join(old)}"
        yield "documentation", "option-location", predicate
    elif x.description != y.description:
        yield "documentation", "option-description", "has a new description"


def _describe_locations(package: Package, option: str) -> list[str]:
    """How the credential of an option is sent, by each of its security schemes."""
    by_location = {
        "bearer": "as a bearer token",
        "oauth2": "as a bearer token",
        "basic": "with basic authentication",
        "query": "in the query parameter",
    }
    texts = set()
    for scheme in package.security_schemes:
        if scheme.option == option:
            text = by_location.get(scheme.location, f"in the {scheme.location}")
            texts.add(f"{text} `{scheme.name}`" if text.startswith("in ") else text)
    return sorted(texts)


def _scheme_pointer(package: Package, option: str) -> str:
    """The pointer of the first security scheme of an option, "" for none."""
    is_swagger2 = package.openapi_version == "2.0"
    base = "/securityDefinitions" if is_swagger2 else "/components/securitySchemes"
    keys = [s.key for s in package.security_schemes if s.option == option]
    return f"{base}/{escaped(keys[0])}" if keys else ""


# Servers


def _compare_servers(collector: ChangeCollector) -> None:
    packages = collector.old.package, collector.new.package
    old, new = (p.servers for p in packages)
    first = _server_pointer(packages[0], 0), _server_pointer(packages[1], 0)

    def add(
        level: Level, rule: str, predicate: str, pointers: tuple[str | None, str | None]
    ) -> None:
        collector.add(level, rule, "client.SERVERS", "Client", predicate, pointers)

    old_url, new_url = (servers[0].url if servers else None for servers in (old, new))
    if old_url != new_url:
        if new_url:
            formerly = f", formerly `{old_url}`" if old_url else ""
            predicate = f"now has the default `base_url` `{new_url}`{formerly}"
            add("documentation", "server-default", predicate, first)
        else:
            add("breaking", "server-default", "now requires a `base_url`", first)
    if old and new:
        for level, predicate in _compare_variables(old[0], new[0]):
            add(level, "server-variable", predicate, first)
    # The default server is compared above.
    old_others, new_others = (
        {s.url: i for i, s in enumerate(servers) if i} for servers in (old, new)
    )
    for url in sorted(old_others.keys() - {s.url for s in new}):
        pointer = _server_pointer(packages[0], old_others[url])
        predicate = f"no longer lists the server `{url}`"
        add("documentation", "server-removed", predicate, (pointer, None))
    for url in sorted(new_others.keys() - {s.url for s in old}):
        pointer = _server_pointer(packages[1], new_others[url])
        add("documentation", "server-added", f"lists the new server `{url}`", (None, pointer))


def _compare_variables(a: ServerPlan, b: ServerPlan) -> Iterator[tuple[Level, str]]:
    for name in sorted(a.variables.keys() | b.variables.keys()):
        variable = f"the server variable `{name}`"
        if name not in b.variables:
            yield "breaking", f"no longer accepts {variable}"
            continue
        if name not in a.variables:
            yield "additive", f"accepts the new server variable `{name}`"
            continue
        (old_default, old), (new_default, new) = a.variables[name], b.variables[name]
        removed, added = sorted(set(old) - set(new)), sorted(set(new) - set(old))
        # A variable without allowed values accepts any.
        if new and not old:
            yield "breaking", f"now only accepts {_list_codes(new)} for {variable}"
        elif new and removed:
            yield "breaking", f"no longer accepts {_list_codes(removed)} for {variable}"
        elif old and not new:
            yield "additive", f"now accepts any value for {variable}"
        elif added:
            yield "additive", f"also accepts {_list_codes(added)} for {variable}"
        if old_default != new_default:
            predicate = (
                f"now has the default `{new_default}` for {variable}, formerly `{old_default}`"
            )
            yield "documentation", predicate


def _list_codes(values: Iterable[str]) -> str:
    return ", ".join(f"`{v}`" for v in values)


def _server_pointer(package: Package, index: int) -> str | None:
    """The pointer of a server, None if there is none. OpenAPI 2.0 has it in several fields of the document itself."""
    if not package.servers:
        return None
    return "" if package.openapi_version == "2.0" else f"/servers/{index}"


# Tables and typed dicts


def _compare_tables(collector: ChangeCollector) -> None:
    old, new = (
        {t.name: t for t in p.tables} for p in (collector.old.package, collector.new.package)
    )
    for table in sorted(old.keys() | new.keys()):
        name = f"tables.{table}"
        if table not in new:
            collector.add("breaking", "table-removed", name, name, "is removed", ("", None))
        elif table not in old:
            collector.add("additive", "table-added", name, name, "is new", (None, ""))
        else:
            a, b = old[table], new[table]
            if change := collector.types.compare_as_output(a.type, b.type):
                collector.add(change.level, "table-type", name, name, change.predicate)
            if not values_equal(a.data, b.data):
                collector.add("documentation", "table-data", name, name, "has other data")


def _compare_typed_dicts(collector: ChangeCollector) -> None:
    """Adds the typed dicts that are added or removed while their models stay. For the others, the models are reported."""
    old, new = (
        {d.symbol: d for d in p.typed_dicts} for p in (collector.old.package, collector.new.package)
    )
    for symbol in sorted(old.keys() - new.keys()):
        if old[symbol].model in collector.new.symbols:
            name = f"dicts.{symbol}"
            collector.add("breaking", "dict-removed", name, name, "is removed", ("", None))
    for symbol in sorted(new.keys() - old.keys()):
        if new[symbol].model in collector.old.symbols:
            name = f"dicts.{symbol}"
            collector.add("additive", "dict-added", name, name, "is new", (None, ""))
