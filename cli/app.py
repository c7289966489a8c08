"""The command's group. It knows its commands by name and one line of help; a command's module loads when it runs."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from .. import __version__

COMMANDS: Final[dict[str, tuple[str, str]]] = {}
"""Command name to (module in this package, one line of help). The module holds the click command as `command`."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run, so that `tracework --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Command names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command's module and return its command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module("." + COMMANDS[cmd_name][0], __package__).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none of them."""
        if COMMANDS:
            with formatter.section("Commands"):
                formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="tracework")
def app() -> None:
    """Tracework: provable computation. Run units, make proofs, and check what others claim."""
