"""`tracework opaque`: ask for a job that no machine of this protocol executes."""

from __future__ import annotations

from typing import Any

import click

from ...conformance.values import render
from ...worker.keyfiles import read_key
from ...worker.units import make_opaque_unit
from ..command import Digits, Number, force_option, json_option, output_option
from ..command import command as declare
from ..console import say, say_json
from ..made import keep
from ..terms import make_deadlines, make_policy, make_requirements, terms_options

JOB = "0123456789abcdef" * 4


@declare(
    "opaque",
    examples=[
        f"tracework opaque --job {JOB} \\",
        "    --key requester.key --network testnet --redundancy 1 1 --worker worker.pub \\",
        "    --receipts committee.cbor 2 --deadlines 100 200 300 --escrow 1000 -o job.cbor",
    ],
    exit_codes={0: "the unit was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.option("--job", required=True, type=Digits(32, "a job"), help="The digest that the parties know the job by.")
@click.option("--key", required=True, type=click.Path(), help="The requester's key file.")
@click.option("--network", required=True, help="The network's name: a to z, 0 to 9 and -.")
@click.option("--escrow", required=True, type=Number(0, (1 << 96) - 1), help="What the job costs, in base units.")
@terms_options
@output_option("the unit")
@force_option
@json_option
def command(
    job: bytes,
    key: str,
    network: str,
    escrow: int,
    deadlines: tuple[int, int, int] | None,
    cores: int | None,
    memory: int | None,
    storage: int | None,
    least_stake: int | None,
    regions: tuple[str, ...],
    output: str,
    force: bool,
    as_json: bool,
    **terms: Any,
) -> None:
    """Ask for a deterministic job by its digest: an opaque unit.

    Nobody can re-execute or audit it here. Several workers (--redundancy) or a committee (--attestation) decide.
    """
    made = make_opaque_unit(
        job,
        key=read_key(key),
        network=network,
        policy=make_policy(**terms),
        deadlines=make_deadlines(deadlines),
        escrow=escrow,
        requirements=make_requirements(
            cores=cores, memory=memory, storage=storage, least_stake=least_stake, regions=regions
        ),
    )
    keep(output, made, force)
    if as_json:
        say_json(render({"unit": output, "unit_id": made.id}))
        return
    say(f"{output}: an opaque unit, signed")
    say(f"unit {made.id.hex()}")
