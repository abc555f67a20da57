"""The project files of a distribution: its version, licence and authors, from the settings or from the document."""

from __future__ import annotations

import re

from attrs import field, frozen

from orcagen.config import DistributionSettings
from orcagen.plan.model import Package
from orcagen.plan.text import one_line

_REQUIREMENTS = {"httpx": "httpx>=0.28,<1", "httpx2": "httpx2>=2.16"}
_ATTRS, _MSGSPEC = "attrs>=24.2", "msgspec>=0.20"
_DEFAULT_VERSION = "0.1.0"


@frozen
class DistributionPlan:
    """What `pyproject.toml` says.

    `license` is an SPDX expression, `license_text` a licence that has none. `authors` are names and addresses for e-mail,
    either of which may be empty. `library` is the HTTP library that the skeleton of a test imports; with `extras`, the
    distribution requires none, and has an extra for each.
    """

    name: str
    version: str
    description: str
    license: str
    license_text: str
    authors: tuple[tuple[str, str], ...]
    urls: dict[str, str]
    requirements: tuple[str, ...]
    extras: dict[str, tuple[str, ...]] = field(factory=dict)
    library: str = "httpx"


def plan_distribution(package: Package, settings: DistributionSettings) -> DistributionPlan:
    """The settings win over the document (`info.version`, `info.license`, `info.contact`)."""
    contact, document_license = package.contact, package.license
    authors = settings.authors or ((contact.name, _check_email(contact.email)),)
    name = settings.license or document_license.identifier or document_license.name
    expression = find_spdx_expression(name)
    requirements: tuple[str, ...] = (_ATTRS,)
    extras: dict[str, tuple[str, ...]] = {"fast": (_MSGSPEC,)}
    if settings.http == "any":
        extras |= {library: (text,) for library, text in _REQUIREMENTS.items()}
    else:
        requirements += (_REQUIREMENTS[settings.http],)
    return DistributionPlan(
        name=settings.name or package.name.replace("_", "-").strip("-"),
        version=settings.version or normalize_version(package.version) or _DEFAULT_VERSION,
        description=f"Client of {package.title}",
        license=expression,
        license_text="" if expression else one_line(name),
        authors=tuple(author for author in authors if any(author)),
        urls={"Contact": contact.url} if re.fullmatch(r"https?://[!-~]+", contact.url) else {},
        requirements=requirements,
        extras=extras,
        library="httpx2" if settings.http == "httpx2" else "httpx",
    )


def normalize_version(text: str) -> str:
    """A version as Python's packages have it (PEP 440): `2024-01-31` is `2024.1.31`. "" where it cannot be one."""
    from packaging.version import InvalidVersion, Version

    numbers = re.match(r"v?\d+(?:[.-]\d+)*", text)
    for candidate in (text, numbers[0].replace("-", ".") if numbers else ""):
        try:
            return str(Version(candidate))
        except InvalidVersion:
            continue
    return ""


def find_spdx_expression(name: str) -> str:
    """The SPDX expression of a licence, by itself or by a name such as `Apache License, Version 2.0`; "" if there is none."""
    try:
        from packaging.licenses import canonicalize_license_expression
    except ImportError:  # packaging before 24.2
        return ""
    short = re.sub(r"(?i)\b(?:the|licen[sc]e|version)\b|,", " ", name)
    for candidate in (name, "-".join(short.split())):
        try:
            return str(canonicalize_license_expression(candidate))
        except ValueError:
            continue
    return ""


def _check_email(text: str) -> str:
    return text if re.fullmatch(r"[\w.+-]+@[\w.-]+", text, re.ASCII) else ""
