"""`tracework unit`: a requester asks for work."""

from __future__ import annotations

import os
from typing import Any

import click

from ...conformance.values import render
from ...protocol.machine.context import Context
from ...protocol.trees import trace
from ...protocol.work.unit import Beneficiary
from ...worker.keyfiles import read_key
from ...worker.units import make_unit, write_object
from ..command import Digits, Number, json_option
from ..command import command as declare
from ..console import count, say, say_json, size, table
from ..failure import Failure
from ..terms import make_deadlines, make_policy, make_requirements, terms_options


@declare(
    "unit",
    examples=[
        "tracework unit --program sha256/sha256.elf --input sha256/input.txt --key requester.key \\",
        "    --network testnet --segment-log2 16 --max-steps 10M --price 1 -o unit.cbor",
    ],
    exit_codes={0: "the unit was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.option("--program", required=True, type=click.Path(), help="The program to run (ELF).")
@click.option("--input", "given", required=True, type=click.Path(), help="The input to run it on.")
@click.option("--key", required=True, type=click.Path(), help="The requester's key file.")
@click.option("--network", required=True, help="The network's name: a to z, 0 to 9 and -.")
@click.option(
    "--segment-log2",
    default=20,
    show_default=True,
    type=click.IntRange(4, 24),
    help="Segments have 2 to the power of this many steps.",
)
@click.option("--max-steps", required=True, type=Number(1), help="The run is cut off after so many steps (10M, 2^30).")
@click.option("--price", required=True, type=Number(), help="What a step costs, in base units.")
@click.option(
    "--escrow", type=Number(0, (1 << 96) - 1), help="What the run may cost at most; by default price times max-steps."
)
@terms_options
@click.option(
    "--beneficiary", nargs=2, type=(Digits(20, "an address"), int), multiple=True, metavar="ADDRESS BPS",
    help="Who gets a share, in basis points. Repeatable.",
)  # fmt: skip
@click.option("--nonce", type=Digits(32, "a nonce"), help="Instead of a random one. Never use one twice.")
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the unit.")
@click.option("--force", is_flag=True, help="Overwrite a unit that is there.")
@json_option
def command(
    program: str,
    given: str,
    key: str,
    network: str,
    segment_log2: int,
    max_steps: int,
    price: int,
    escrow: int | None,
    beneficiary: tuple[tuple[bytes, int], ...],
    nonce: bytes | None,
    output: str,
    force: bool,
    as_json: bool,
    deadlines: tuple[int, int, int] | None,
    cores: int | None,
    memory: int | None,
    storage: int | None,
    least_stake: int | None,
    regions: tuple[str, ...],
    **terms: Any,
) -> None:
    """Ask for a program to be run on an input: commit to both, set the terms, sign.

    The unit holds no files, only what commits to them: whoever is to run it needs the program and the input too.
    """
    if os.path.lexists(output) and not force:
        raise Failure(f"{output} exists; choose another name, or --force to overwrite it")
    unit = make_unit(
        program=program,
        input=given,
        key=read_key(key),
        network=network,
        segment_log2=segment_log2,
        max_steps=max_steps,
        price=price,
        escrow=escrow,
        policy=make_policy(**terms),
        deadlines=make_deadlines(deadlines),
        requirements=make_requirements(
            cores=cores, memory=memory, storage=storage, least_stake=least_stake, regions=regions
        ),
        beneficiaries=[Beneficiary(address=address, share=share) for address, share in sorted(beneficiary)],
        nonce=nonce,
    )
    write_object(output, unit)
    context = unit.body.machine
    if as_json:
        ids = {"unit_id": unit.id, "program_id": context.program_id, "input_root": context.input_root}
        say_json(render({"unit": output} | ids | {"escrow": unit.body.escrow}))
        return
    say(f"{output}: a unit of work, signed")
    table(_summary(context) | {"pays": f"{price} a step, {unit.body.escrow} at most", "unit": unit.id.hex()})


def _summary(context: Context) -> dict[str, str]:
    most = trace.segment_count(context.max_steps, context.segment_log2)
    return {
        "program": context.program_id.hex(),
        "on input": f"{context.input_root.hex()} ({size(context.input_length)})",
        "limit": f"{count(context.max_steps, 'step')}, in at most {count(most, 'segment')} of 2^{context.segment_log2}",
    }
