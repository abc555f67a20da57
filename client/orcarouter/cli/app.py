"""The commands by name. Each is imported when it is used, so that `--help` loads none of them."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["app"]

_COMMANDS = {
    "batch": ("batch", "Make many videos: submitted at most once each, resumed after anything."),
    "capabilities": (
        "commands",
        "Show the capability map: all models, or the parameters and rules of one.",
    ),
    "check": (
        "commands",
        "Validate a request (JSON or YAML) against the capability map; send nothing.",
    ),
    "completion": (
        "completion",
        "Print a completion script: source it in the start-up file of your shell.",
    ),
    "emulator": ("commands", "Run a local emulator of the service until interrupted."),
    "models": ("commands", "List the models that the service offers to this account."),
    "video": ("video", "Submit tasks, wait for them, download videos."),
}
"""Where each command is, and the first sentence of its help."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"orcarouter.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # As click does it, with the texts above.
        limit = formatter.width - 6 - max(map(len, _COMMANDS))
        commands = [click.Command(name, help=text) for name, (_, text) in _COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl([(str(c.name), c.get_short_help_str(limit)) for c in commands])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="orcarouter", prog_name="orcarouter")
def app() -> None:
    """Make videos with Kling, Seedance and MiniMax models through OrcaRouter.

    The API key is read from ORCAROUTER_API_KEY, else from the file ORCAROUTER_API_KEY_FILE, else from
    ~/.config/orcarouter/key. Only you may have access to that file. ORCAROUTER_BASE_URL selects
    another server, such as the emulator.
    """
    from orcarouter.cli.output import configure_logging

    configure_logging()
