"""What changes in the client's options and servers, in tables and typed dicts, and in the descriptions of modules."""

from __future__ import annotations

from collections.abc import Iterable

from orcagen.diff.collector import ChangeCollector, Reporter
from orcagen.diff.limits import values_equal
from orcagen.diff.matching import pair
from orcagen.diff.type_comparison import format_type
from orcagen.plan.model import Package, ServerPlan
from orcagen.pointers import escaped


def compare_clients(collector: ChangeCollector) -> None:
    """Adds the changes of everything but functions and models."""
    _compare_options(collector)
    _compare_servers(collector)
    _compare_tables(collector)
    _compare_typed_dicts(collector)
    old, new = collector.old.package, collector.new.package
    report = collector.report("", new.name)
    report.add_description("package-description", old.description, new.description)
    for x, y in pair(old.apis, new.apis, lambda m: m.name):
        if x and y:
            report = collector.report(f"api.{y.name}", f"api.{y.name}")
            report.add_description("module-description", x.description, y.description)


# Options


def _compare_options(collector: ChangeCollector) -> None:
    old, new = collector.old.package, collector.new.package
    for x, y in pair(old.options, new.options, lambda o: o.name):
        option = x or y
        assert option is not None
        name = option.name
        pointers = _find_scheme(old, name) if x else None, _find_scheme(new, name) if y else None
        report = collector.report(f"client.Options.{name}", "Client", pointers)
        if x and y:
            subject = f"`{name}`"
            change = collector.types.compare_as_input(x.type, y.type)
            report.add_type("option-type", change, subject=subject)
            before, after = _describe_locations(old, name), _describe_locations(new, name)
            if before != after:
                predicate = f"is now sent {after}, formerly {before}"
                report.add("documentation", "option-location", predicate, subject=subject)
            elif x.description != y.description:
                predicate = "has a new description"
                report.add("documentation", "option-description", predicate, subject=subject)
        elif x:
            report.add("breaking", "option-removed", f"no longer accepts the option `{name}`")
        elif y:
            predicate = f"accepts the new option `{name}` of type {format_type(y.type)}"
            report.add("additive", "option-added", predicate)


def _describe_locations(package: Package, option: str) -> str:
    """How the credential of an option is sent, by each of its security schemes."""
    texts = set()
    for scheme in package.security_schemes:
        if scheme.option == option:
            match scheme.location:
                case "bearer" | "oauth2":
                    texts.add("as a bearer token")
                case "basic":
                    texts.add("with basic authentication")
                case "query":
                    texts.add(f"in the query parameter `{scheme.name}`")
                case location:
                    texts.add(f"in the {location} `{scheme.name}`")
    return " or ".join(sorted(texts))


def _find_scheme(package: Package, option: str) -> str:
    """The pointer of the first security scheme of an option, "" for none."""
    is_swagger2 = package.openapi_version == "2.0"
    base = "/securityDefinitions" if is_swagger2 else "/components/securitySchemes"
    keys = [s.key for s in package.security_schemes if s.option == option]
    return f"{base}/{escaped(keys[0])}" if keys else ""


# Servers


def _compare_servers(collector: ChangeCollector) -> None:
    packages = collector.old.package, collector.new.package
    old, new = (p.servers for p in packages)

    def report(x: int | None, y: int | None) -> Reporter:
        """For two servers by their positions."""
        pointers = _find_server(packages[0], x), _find_server(packages[1], y)
        return collector.report("client.SERVERS", "Client", pointers)

    # The first server is the client's default.
    old_url, new_url = (servers[0].url if servers else None for servers in (old, new))
    default = report(0 if old else None, 0 if new else None)
    if old_url != new_url:
        if new_url:
            formerly = f", formerly `{old_url}`" if old_url else ""
            predicate = f"now has the default `base_url` `{new_url}`{formerly}"
            default.add("documentation", "server-default", predicate)
        else:
            default.add("breaking", "server-default", "now requires a `base_url`")
    if old and new:
        _compare_variables(default, old[0], new[0])
    old_urls, new_urls = ({s.url: i for i, s in enumerate(servers)} for servers in (old, new))
    for url, i in old_urls.items():
        if i and url not in new_urls:
            predicate = f"no longer lists the server `{url}`"
            report(i, None).add("documentation", "server-removed", predicate)
    for url, i in new_urls.items():
        if i and url not in old_urls:
            predicate = f"lists the new server `{url}`"
            report(None, i).add("documentation", "server-added", predicate)


def _find_server(package: Package, position: int | None) -> str | None:
    """The pointer of a server. OpenAPI 2.0 has it in several fields of the document itself."""
    if position is None:
        return None
    return "" if package.openapi_version == "2.0" else f"/servers/{position}"


def _compare_variables(report: Reporter, a: ServerPlan, b: ServerPlan) -> None:
    rule = "server-variable"
    for name in a.variables.keys() | b.variables.keys():
        variable = f"the server variable `{name}`"
        if name not in b.variables:
            report.add("breaking", rule, f"no longer accepts {variable}")
            continue
        if name not in a.variables:
            report.add("additive", rule, f"accepts the new server variable `{name}`")
            continue
        (old_default, old), (new_default, new) = a.variables[name], b.variables[name]
        removed, added = sorted(set(old) - set(new)), sorted(set(new) - set(old))
        # A variable without allowed values accepts any.
        if new and not old:
            report.add("breaking", rule, f"now only accepts {_list_codes(new)} for {variable}")
        elif new and removed:
            predicate = f"no longer accepts {_list_codes(removed)} for {variable}"
            report.add("breaking", rule, predicate)
        elif old and not new:
            report.add("additive", rule, f"now accepts any value for {variable}")
        elif added:
            report.add("additive", rule, f"also accepts {_list_codes(added)} for {variable}")
        if old_default != new_default:
            default = f"the default `{new_default}` for {variable}"
            report.add("documentation", rule, f"now has {default}, formerly `{old_default}`")


def _list_codes(values: Iterable[str]) -> str:
    return ", ".join(f"`{v}`" for v in values)


# Tables and typed dicts


def _compare_tables(collector: ChangeCollector) -> None:
    old, new = collector.old.package.tables, collector.new.package.tables
    for x, y in pair(old, new, lambda t: t.name):
        if x and y:
            report = collector.report(f"tables.{y.name}", f"tables.{y.name}")
            report.add_type("table-type", collector.types.compare_as_output(x.type, y.type))
            if not values_equal(x.data, y.data):
                report.add("documentation", "table-data", "has other data")
        elif x:
            _report_removed(collector, "table-removed", f"tables.{x.name}")
        elif y:
            _report_added(collector, "table-added", f"tables.{y.name}")


def _compare_typed_dicts(collector: ChangeCollector) -> None:
    """Adds the typed dicts that are added or removed while their models stay. For the others, the models are reported."""
    old, new = collector.old, collector.new
    for x, y in pair(old.package.typed_dicts, new.package.typed_dicts, lambda d: d.symbol):
        if x and not y and x.model in new.symbols:
            _report_removed(collector, "dict-removed", f"dicts.{x.symbol}")
        elif y and not x and y.model in old.symbols:
            _report_added(collector, "dict-added", f"dicts.{y.symbol}")


def _report_removed(collector: ChangeCollector, rule: str, name: str) -> None:
    collector.report(name, name, ("", None)).add("breaking", rule, "is removed")


def _report_added(collector: ChangeCollector, rule: str, name: str) -> None:
    collector.report(name, name, (None, "")).add("additive", rule, "is new")
