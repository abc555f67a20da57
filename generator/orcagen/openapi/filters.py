"""Selects operations by the settings `include` and `exclude`."""

from __future__ import annotations

from fnmatch import fnmatchcase

from attrs import evolve, frozen

from orcagen.openapi.model import Document, Operation


@frozen
class OperationFilter:
    """Patterns for tags, paths and operationIds; `*` matches any characters. An operation is selected by any of them."""

    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    @classmethod
    def of(cls, patterns: dict[str, list[str]]) -> OperationFilter:
        """From the lists under `tags`, `paths` and `operations` of a setting."""
        return cls(*(tuple(patterns.get(k, ())) for k in ("tags", "paths", "operations")))

    def __bool__(self) -> bool:
        return bool(self.tags or self.paths or self.operations)

    def selects(self, op: Operation) -> bool:
        tags = op.tags or ("default",)  # the module of operations without a tag
        return (
            any(fnmatchcase(tag, pattern) for tag in tags for pattern in self.tags)
            or any(fnmatchcase(op.path, pattern) for pattern in self.paths)
            or any(fnmatchcase(op.id or "", pattern) for pattern in self.operations)
        )


def filter_operations(
    document: Document, include: OperationFilter, exclude: OperationFilter
) -> Document:
    """The document with the operations that `include` selects (all, if it is empty) and `exclude` does not."""
    if not include and not exclude:
        return document
    operations = tuple(
        op
        for op in document.operations
        if (not include or include.selects(op)) and not (exclude and exclude.selects(op))
    )
    return evolve(
        document, operations=operations, webhook_schemas=(), webhooks=(), is_filtered=True
    )
