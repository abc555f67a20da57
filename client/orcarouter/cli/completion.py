"""What a shell completes: models, the values of parameters, files, batches and jobs.

The functions are called by click with what has been typed so far. They never fail and never wait for a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from orcarouter.batch import Ledger
    from orcarouter_api.models import ModelCapabilities, ParameterRule

__all__ = [
    "complete_batch",
    "complete_file",
    "complete_folder",
    "complete_job",
    "complete_model",
    "complete_setting",
    "complete_state",
    "complete_task",
    "complete_value",
    "completion",
]

Complete: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"

_MAX_RANGE = 100  # more numbers than that are no choice
_MAX_JOBS = 1000


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print a completion script: source it in the start-up file of your shell."""
    from click.shell_completion import get_completion_class

    from orcarouter.cli.app import app
    from orcarouter.cli.bash import register

    register()
    completion_class = get_completion_class(shell)
    assert completion_class is not None  # click supports these three
    print(completion_class(app, {}, "orcarouter", "_ORCAROUTER_COMPLETE").source())
    return 0


def _completer(
    find: Callable[[click.Context, click.Parameter], Iterable[str]],
) -> Complete:
    """A callback of click, which offers those that begin with what has been typed."""

    def complete(ctx: click.Context, param: click.Parameter, prefix: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        values: list[str] = []
        # No exception may be printed into a command line; there is just nothing to complete.
        with suppress(Exception):
            values = [value for value in find(ctx, param) if value.startswith(prefix)]
        return [CompletionItem(value) for value in dict.fromkeys(values)]

    return complete


def complete_file(_: click.Context, __: click.Parameter, prefix: str) -> list[CompletionItem]:
    """Names of files; the shell knows them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(prefix, type="file")]


def complete_folder(_: click.Context, __: click.Parameter, prefix: str) -> list[CompletionItem]:
    """Names of folders; the shell knows them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(prefix, type="dir")]


@_completer
def complete_model(_: click.Context, __: click.Parameter) -> Iterator[str]:
    """The models of the capability table."""
    return (entry.model for entry in _find_models(None))


@_completer
def complete_value(ctx: click.Context, param: click.Parameter) -> Iterator[str]:
    """The values of the parameter that an option sets, for the model that has been chosen, if one has."""
    from orcarouter.cli.compose import find_parameter

    for entry in _find_models(_find_chosen_model(ctx)):
        if (rule := find_parameter(entry, str(param.name))) is not None:
            yield from (
                {"true": "on", "false": "off"}.get(text, text) for text in _list_values(rule)
            )


@_completer
def complete_setting(ctx: click.Context, _: click.Parameter) -> Iterator[str]:
    """`KEY=VALUE` for parameters with known values, `KEY=` for others."""
    for entry in _find_models(_find_chosen_model(ctx)):
        for rule in entry.parameters:
            if rule.supported is not False and "[]" not in rule.path and rule.type != "object":
                yield from (f"{rule.path}={value}" for value in [*_list_values(rule)] or [""])


@_completer
def complete_state(_: click.Context, __: click.Parameter) -> Iterable[str]:
    """The states of jobs."""
    from orcarouter.batch.records import STATES

    return STATES


@_completer
def complete_batch(ctx: click.Context, _: click.Parameter) -> Iterable[str]:
    """The batches of a ledger."""
    return _open_ledger(ctx).list_batches()


@_completer
def complete_job(ctx: click.Context, _: click.Parameter) -> Iterable[str]:
    """The jobs of a batch."""
    return [job.name for job in _open_ledger(ctx).list_jobs()[:_MAX_JOBS]]


@_completer
def complete_task(ctx: click.Context, _: click.Parameter) -> Iterable[str]:
    """The tasks in the ledger of the working directory."""
    return [job.task_id for job in _open_ledger(ctx).list_jobs()[:_MAX_JOBS] if job.task_id]


def _open_ledger(ctx: click.Context) -> Ledger:
    from orcarouter.batch.run import open_existing

    url = ctx.params.get("ledger")
    if url is not None and not url.startswith("sqlite:"):
        raise ValueError("a server may take long to answer")
    # While the value of an option is completed, click leaves arguments in `args`.
    folder = next(iter(ctx.args), None) or ctx.params.get("folder") or ctx.params.get("out") or "."
    return open_existing(folder, url, ctx.params.get("name"))


def _find_chosen_model(ctx: click.Context) -> str | None:
    """The model of the option, else that of the request file."""
    from orcarouter.cli.request_file import read_request

    if ctx.params.get("model"):
        return str(ctx.params["model"])
    file = ctx.params.get("file")
    with suppress(Exception):
        if file and file != "-":
            return str(read_request(file).get("model"))
    return None


def _find_models(name: str | None) -> Iterable[ModelCapabilities]:
    from orcarouter.capabilities import find_model, list_models

    entry = find_model(name) if name else None
    return list_models() if entry is None else (entry,)


def _list_values(rule: ParameterRule) -> Iterator[str]:
    """The values that a rule allows, if they can be listed."""
    if rule.type == "boolean":
        yield from ("true", "false")
        return
    if isinstance(rule.min, int) and isinstance(rule.max, int) and rule.type == "integer":
        numbers = range(rule.min, rule.max + 1)
        yield from map(str, numbers if len(numbers) <= _MAX_RANGE else ())
    yield from (str(value) for value in rule.values or ())
