"""`tracework epoch new`: an epoch out of evidence."""

from __future__ import annotations

import os

import click

from ...conformance.values import render
from ...protocol.rewards.epoch import encode_epoch
from ...protocol.rewards.records import RecordType, label
from ...worker import executors
from ...worker.evidence import read_parameters
from ...worker.files import write_file
from .. import evidence as reader
from ..command import Digits, Number, engine_option, force_option, json_option, output_option
from ..command import command as declare
from ..console import count, say, say_json
from ..epochs import many_objects
from ..evidence import reader_options
from ..failure import Failure


@declare(
    "new",
    examples=[
        "tracework epoch new evidence/ --registry registry.cbor --parameters parameters.toml --number 7 \\",
        "    --slots 201 400 --treasury 0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee -o epoch.cbor",
        "tracework epoch new many.cbor committee.cbor worker.commit commit.receipt --registry registry.cbor \\",
        "    --parameters parameters.toml --number 7 --slots 201 400 -o epoch.cbor --json",
    ],
    exit_codes={0: "the epoch was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("evidence", nargs=-1, required=True, type=click.Path())
@reader_options(required=True)
@click.option("--parameters", required=True, type=click.Path(), help="The rule's parameters: a text (TOML) or a file.")
@click.option("--number", required=True, type=Number(), help="The epoch's number.")
@click.option("--slots", required=True, nargs=2, type=Number(), metavar="FIRST LAST", help="Its first and last slot.")
@click.option(
    "--treasury", type=Digits(20, "an address"), default="00" * 20, help="The treasury's payout address.  [default: 0]"
)
@engine_option
@output_option("the epoch")
@force_option
@json_option
def command(
    evidence: tuple[str, ...],
    registry: str,
    earlier: tuple[str, ...],
    materials: tuple[tuple[str, str], ...],
    supplied: bool,
    parameters: str,
    number: int,
    slots: tuple[int, int],
    treasury: bytes,
    engine: executors.Engine,
    output: str,
    force: bool,
    as_json: bool,
) -> None:
    """Make the records of an epoch out of EVIDENCE: files, and folders of files.

    Units whose challenge window closes in the epoch, claims that were revealed in time, verdicts, checks, refutations,
    certificates of silence, equivocations. It is said of each file what it shows, or why it shows nothing; such a file
    changes nothing. The same files give the same epoch, in whatever order.
    """
    if os.path.lexists(output) and not force:
        raise Failure(f"{output} exists; choose another name, or --force to overwrite it")
    if slots[0] > slots[1]:
        raise click.UsageError("--slots: the first slot comes before the last")
    rule = read_parameters(parameters)
    with many_objects():
        reading = reader.read(
            evidence,
            frame={"number": number, "first_slot": slots[0], "last_slot": slots[1], "treasury": treasury},
            parameters=rule,
            registry=registry,
            earlier=earlier,
            materials=materials,
            supplied=supplied,
            executor=executors.choose(engine).factory,
        )
        epoch = reading.shown.epoch
        write_file(output, b"".join(encode_epoch(epoch, rule)))
    counts = {label(kind): len(epoch.records(kind)) for kind in RecordType}
    if as_json:
        say_json(render({"epoch": output, "hash": epoch.hash, "records": counts, **reader.as_dict(reading)}))
        return
    shown = ", ".join(count(number, name) for name, number in counts.items() if name == "account" or number)
    say(f"{output}: epoch {number} of {epoch.network}, {shown.replace('beneficiarys', 'beneficiaries')}")
    reader.show(reading)
    say(f"hash: {epoch.hash.hex()}")
