"""The command's group. It knows its commands by name and one line of help; a command's module loads when it runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from .. import __version__
from . import exits
from .command import WIDTH, write_exit_codes
from .failure import guarded

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "keygen": ("commands.keygen", "make a key pair"),
    "example": ("commands.example", "list the example guests, or copy one into a folder"),
    "build": ("commands.build", "compile a guest program from C"),
    "unit": ("commands.unit", "ask for work: sign a unit about a program and an input"),
    "run": ("commands.run", "do the work: run a unit, and sign a claim on the result"),
    "prove": ("commands.prove", "prove segments of a run, each from a small file"),
    "verify": ("commands.verify", "check a proof, a claim or a unit"),
    "trace": ("commands.trace", "show a run step by step, or where two runs part"),
    "inspect": ("commands.inspect", "show what a file holds, field by field"),
    "explain": ("commands.explain", "tell step by step why a verdict came out as it did"),
    "refute": ("commands.refute", "prove that somebody's claim is false"),
    "fault": ("commands.fault", "say that you have a fault proof, before you show it"),
    "dispute": ("commands.dispute", "narrow a false claim down to one step, before a referee"),
    "audit": ("commands.audit", "check a few segments that nobody could know beforehand"),
    "request": ("commands.request", "ask a worker for what it owes, and judge the answers"),
    "silence": ("commands.silence", "certify that nobody answered a request"),
    "bundle": ("commands.bundle", "put all that a verdict rests on into one file"),
    "cheat": ("commands.cheat", "make a false claim, to try what catches it"),
    "commit": ("commands.commit", "promise a claim without showing it"),
    "reveal": ("commands.reveal", "show what a commit promised"),
    "opaque": ("commands.opaque", "ask for a job that no machine of this protocol executes"),
    "claim": ("commands.claim", "claim the result of an opaque unit, by its digest"),
    "receipt": ("commands.receipt", "say, as a member, what was there in which slot"),
    "registry": ("commands.registry", "make and show registries of those who offer work"),
    "assign": ("commands.assign", "draw who works on a unit"),
    "quorum": ("commands.quorum", "judge a unit by what several workers did"),
    "committee": ("commands.committee", "make and show committees"),
    "attest": ("commands.attest", "say, as a member, what your check of a claim found"),
    "aggregate": ("commands.aggregate", "put members' shares together"),
    "equivocation": ("commands.equivocation", "show that somebody signed two things that exclude each other"),
    "conform": ("commands.conform", "run the conformance suite against an implementation"),
    "adapter": ("commands.adapter", "answer the conformance suite's runner"),
    "vectors": ("commands.vectors", "take the conformance suite with you"),
    "epoch": ("commands.epoch", "make the records of a period out of evidence"),
    "settle": ("commands.settle", "compute what an epoch comes to, or check it, or explain it"),
    "payout": ("commands.payout", "prove payouts to contracts on chain"),
    "rule": ("commands.rule", "write reward rules, and find out what is wrong with them"),
    "simulate": ("commands.simulate", "run a reward rule against adversaries"),
    "soundness": ("commands.soundness", "compute what audits, quorums and stakes buy, exactly"),
    "doctor": ("commands.doctor", "tell what is installed, what is missing and how to get it"),
}
"""Command name to (module in this package, one line of help). The module holds the click command as `command`."""

SECTIONS: Final[dict[str, str]] = {
    "keygen": "Ask for work, and do it",
    "verify": "Check it",
    "refute": "Hold claims to account",
    "commit": "Verification by many",
    "conform": "Other implementations of the protocol",
    "epoch": "Rewards: settlement, rules, what they buy",
    "doctor": "This computer",
}
"""The commands with which a section of the help begins, and its title."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run, so that `tracework --help` stays quick."""

    def __init__(self, *arguments: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.lazy = lazy or {}
        self.context_settings = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Command names, in the order of the table."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command's module and return its command."""
        if cmd_name not in self.lazy:
            return None
        command = import_module("." + self.lazy[cmd_name][0], __package__).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.lazy.items()])


class App(LazyGroup):
    """The outermost group: whatever happens, it ends with a sentence and an exit code."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what they are for."""
        sections: dict[str, list[tuple[str, str]]] = {}
        title = "Commands"
        width = max(map(len, self.lazy))
        for name, (_, line) in self.lazy.items():
            title = SECTIONS.get(name, title)
            sections.setdefault(title, []).append((name.ljust(width), line))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say what exit codes mean, and where to begin."""
        write_exit_codes(formatter, {**exits.MEANINGS, exits.BUG: "a bug in tracework; nothing was decided"})
        with formatter.section("Begin with"):
            formatter.write_dl(
                [
                    ("tracework example sha256 DIR", "a guest program to play with"),
                    ("tracework verify FILE", "to check what somebody sent you"),
                    ("tracework COMMAND --help", "options and examples of a command"),
                ]
            )

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *unused: Any, **extra: Any
    ) -> NoReturn:
        """Run the command line and exit."""
        arguments = list(sys.argv[1:] if args is None else args)
        self._main_shell_completion(extra, prog_name or "tracework", None)
        sys.exit(guarded(lambda: self._run(arguments, prog_name or "tracework", extra)))

    def _run(self, arguments: list[str], name: str, extra: dict[str, Any]) -> None:
        with self.make_context(name, arguments, **extra) as context:
            self.invoke(context)


@click.group("tracework", cls=App, lazy=COMMANDS)
@click.version_option(__version__, prog_name="tracework")
def app() -> None:
    """Provable computation for networks of strangers' computers.

    A requester signs a unit of work; a worker runs it, commits to every step and signs a claim; anybody checks the
    claim, or any segment of it, from one small file.
    """
