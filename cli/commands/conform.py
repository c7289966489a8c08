"""`tracework conform`: does another implementation follow the specification?"""

from __future__ import annotations

import shlex
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

import click

from ...conformance import report, requirements
from ...conformance.process import AdapterFault
from ...conformance.runner import Options, conform, read_expected_failures
from ...conformance.suite import PROFILES, Selection, SuiteError
from ...worker.files import read_file, write_file
from .. import exits
from ..command import Command, json_option, progress_option
from ..command import command as declare
from ..console import progress, say, say_json
from ..failure import Failure

COMMANDS: Final = {"explain": ".conform_explain", "coverage": ".conform_coverage"}
"""What stands inside this command: name and module."""


class Conform(Command):
    """Also the group of what shows the suite: `conform explain` and `conform coverage`."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command inside, if the first word names one; an adapter comes after `--`."""
        if not args or args[0] not in COMMANDS:
            return super().make_context(info_name, args, parent, **extra)
        inside = import_module(COMMANDS[args[0]], __package__).command
        context: click.Context = inside.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return context


@declare(
    "conform",
    examples=[
        "tracework conform --op 'loading.*' -- ./my-adapter --fast",
        "tracework conform --op 'hashing.*' --op 'merkle.*' --junit report.xml -- tracework adapter",
        "tracework conform --req ENC-014 -- python3 adapter.py",
    ],
    cls=Conform,
    exit_codes={
        0: "conforms, as far as it was asked",
        1: "does not conform",
        2: "wrong usage, or the adapter doesn't start",
        3: "",
    },
)
@click.argument("adapter", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--profile", type=click.Choice(list(PROFILES)), help="The cases for a stage of an implementation.")
@click.option("--op", "ops", multiple=True, metavar="PATTERN", help="Only cases of these operations: machine.*")
@click.option("--req", "reqs", multiple=True, metavar="PATTERN", help="Only cases that test these requirements: ENC-0*")
@click.option("--id", "ids", multiple=True, metavar="PATTERN", help="Only these cases.")
@click.option("--flag", "flags", multiple=True, metavar="PATTERN", help="Only cases with these flags.")
@click.option(
    "--level",
    type=click.Choice(["verdict", "code"]),
    default="code",
    show_default=True,
    help="Whether a rejection must be for the right reason, or only be one.",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Adapters at a time.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="Seconds for each answer.",
)
@click.option("--expected-failures", type=click.Path(), help="A file of lines `case-id = reason`; strict.")
@click.option(
    "--vectors", type=click.Path(file_okay=False, path_type=Path), help="Another suite than the packaged one."
)
@click.option("--junit", type=click.Path(), help="Also write a report for build servers.")
@json_option
@progress_option
def command(
    adapter: tuple[str, ...],
    profile: str | None,
    ops: tuple[str, ...],
    reqs: tuple[str, ...],
    ids: tuple[str, ...],
    flags: tuple[str, ...],
    level: Literal["verdict", "code"],
    jobs: int,
    timeout: float,
    expected_failures: str | None,
    vectors: Path | None,
    junit: str | None,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Run the conformance suite against another implementation.

    COMMAND starts its adapter: a small program that takes a case a line from standard input and answers on standard
    output, as spec/vectors.md says. Expected results are never sent to it. Patterns are those of a shell; filters of
    different kinds narrow one another.

    `tracework conform explain CASE-ID` shows a case in full, decoded; `tracework conform coverage` shows which cases,
    places in the code and tests cite each requirement.
    """
    done = 0

    def count(result: Any) -> None:
        nonlocal done
        done += 1
        display.advance(done)

    try:
        options = Options(
            selection=Selection(ops=ops, requirements=reqs, ids=ids, flags=flags, profile=profile),
            level=level,
            jobs=jobs,
            timeout=timeout,
            expected_failures=_expected(expected_failures),
        )
        with progress("cases", None, "cases", show_progress) as display:
            found = conform(adapter, options, vectors=vectors, progress=count)
    except SuiteError as error:
        raise Failure(str(error)) from error
    except AdapterFault as error:
        raise Failure(f"the adapter {shlex.join(adapter)} can't be asked: {error}") from error
    if junit is not None:
        write_file(junit, report.to_junit(found).encode())
    if as_json:
        say_json(report.to_json(found))
    else:
        say(report.summary(found, requirements.load()))
    raise click.exceptions.Exit(exits.GOOD if found.ok else exits.BAD)


def _expected(path: str | None) -> dict[str, str]:
    return {} if path is None else read_expected_failures(read_file(path).decode("utf-8", "replace"))
