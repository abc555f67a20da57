"""A part of a document: the operations that are wanted, and the schemas that those need."""

from __future__ import annotations

from fnmatch import fnmatchcase

from attrs import evolve, frozen

from orcagen.openapi.model import Document, Operation


@frozen
class OperationFilter:
    """Operations by tag, by path or by operationId; `*` stands for any characters."""

    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    @classmethod
    def of(cls, patterns: dict[str, list[str]]) -> OperationFilter:
        return cls(*(tuple(patterns.get(k, ())) for k in ("tags", "paths", "operations")))

    def __bool__(self) -> bool:
        return bool(self.tags or self.paths or self.operations)

    def selects(self, op: Operation) -> bool:
        tags = op.tags or ("default",)
        return (
            any(fnmatchcase(tag, pattern) for tag in tags for pattern in self.tags)
            or any(fnmatchcase(op.path, pattern) for pattern in self.paths)
            or any(fnmatchcase(op.id or "", pattern) for pattern in self.operations)
        )


def filter_operations(
    document: Document, include: OperationFilter, exclude: OperationFilter
) -> Document:
    """The document with the operations of `include` (all, if it is empty) that are not of `exclude`."""
    if not include and not exclude:
        return document
    operations = tuple(
        op
        for op in document.operations
        if (not include or include.selects(op)) and not (exclude and exclude.selects(op))
    )
    return evolve(document, operations=operations, webhook_schemas=(), is_filtered=True)
