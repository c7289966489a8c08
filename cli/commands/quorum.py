"""`tracework quorum`: judge a unit by what several workers did."""

from __future__ import annotations

from dataclasses import replace

import click

from ...conformance.values import render
from ...protocol.encoding.schema import encode_object
from ...protocol.work.unit import Unit
from ...verifier.quorum import check_quorum
from ...verifier.record import to_record
from ...verifier.verdict import evidence_hash
from ...worker.files import write_file
from .. import kinds, verdicts
from ..command import Digits, Number, json_option
from ..command import command as declare
from ..console import printable, say, say_json, unsure
from ..failure import Failure
from ..files import read


@declare(
    "quorum",
    examples=["tracework quorum many.cbor committee.cbor worker.commit worker.reveal commit.receipt reveal.receipt"],
    exit_codes={
        0: "a quorum agrees: the result is accepted",
        1: "the unit is no unit for this, or not what was asked for",
        3: "no quorum, or something is missing",
    },
)
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option(
    "--beacon",
    "beacons",
    multiple=True,
    nargs=2,
    type=(Number(1), Digits(32, "a beacon's output")),
    metavar="ROUND OUTPUT",
    help="A beacon's output, where workers or replicas are drawn; taken as it is given. Repeatable.",
)
@click.option("--supplied", is_flag=True, help="Take beacons among the files that nobody vouches for.")
@click.option("-o", "--output", type=click.Path(), help="Also write the verdict, for `tracework explain`.")
@json_option
def command(
    files: tuple[str, ...],
    beacons: tuple[tuple[int, bytes], ...],
    supplied: bool,
    output: str | None,
    as_json: bool,
) -> None:
    """Judge a unit by FILES: the unit, its receipt committee, commits, reveals, receipts, and the registry if any.

    Where workers are drawn, the beacons that drew them belong to the files, or are given with --beacon.

    The order of the files changes nothing. What doesn't count is set aside, and named with the reason.
    """
    contents = {path: read(path) for path in files}
    units = [path for path, data in contents.items() if kinds.at_start(data) == Unit.KIND]
    if len({contents[path] for path in units}) != 1:
        raise Failure("name exactly one unit among the files: the one that the workers did")
    unit = contents[units[0]]
    others = [data for data in contents.values() if data != unit]
    verdict = check_quorum(unit, others, beacons=dict(beacons), supplied=supplied)
    if output is not None:
        write_file(output, encode_object(to_record(verdict)))
    if as_json:
        say_json(render(verdicts.as_dict(verdict)))
    else:
        verdicts.show(
            replace(verdict, asides=()),
            "unit",
            good="the evidence holds, and no result has a quorum",
            open_="something is missing; it stands below",
        )
        names = {evidence_hash(data): path for path, data in contents.items()}
        for aside in verdict.asides:
            say(f"  {unsure('set aside')}  {names[aside.file]}: {printable(aside.message)}")
    code = verdicts.exit_code(verdict)
    raise click.exceptions.Exit(3 if code == 0 and verdict.code else code)
