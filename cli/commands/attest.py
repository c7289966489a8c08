"""`tracework attest`: a member says what it found about a claim."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.work.attestation import CheckKind, Finding
from ...worker.keyfiles import read_key
from ...worker.signing import make_attestation
from ..command import Number, force_option, json_option, output_option
from ..command import command as declare
from ..console import say, say_json
from ..made import keep

CHECKS = {"re-execution": CheckKind.REEXECUTION, "audit": CheckKind.AUDIT, "quorum": CheckKind.QUORUM}
CHECKS["fault-proof"] = CheckKind.FAULT_PROOF


@declare(
    "attest",
    examples=[
        "tracework attest many/claim.cbor --committee committee.cbor --check re-execution --outcome accepted \\",
        "    --key me.key -o attestation.cbor",
    ],
    exit_codes={0: "the attestation was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("claim", type=click.Path())
@click.option("--committee", required=True, type=click.Path(), help="The committee that attests.")
@click.option("--check", required=True, type=click.Choice(list(CHECKS)), help="The check that you made.")
@click.option("--samples", type=Number(1, 4096), help="Of an audit: how many segments were drawn.")
@click.option("--round", type=Number(1), help="Of an audit: the beacon round that drew them.")
@click.option(
    "--outcome", required=True, type=click.Choice(["accepted", "refuted"]), help="What you found; nothing else counts."
)
@click.option("--key", required=True, type=click.Path(), help="The member's key file.")
@output_option("the attestation")
@force_option
@json_option
def command(
    claim: str,
    committee: str,
    check: str,
    samples: int | None,
    round: int | None,
    outcome: str,
    key: str,
    output: str,
    force: bool,
    as_json: bool,
) -> None:
    """Sign, as a member of a committee, what your own check of CLAIM found.

    Nothing is checked here: check first, with `tracework verify`. Sign one outcome only: two are evidence against you.
    """
    made = make_attestation(
        claim,
        committee,
        read_key(key),
        check=CHECKS[check],
        outcome=Finding[outcome.upper()],
        samples=samples,
        round=round,
    )
    keep(output, made, force)
    if as_json:
        said = {"attestation": output, "member": made.member, "statement_id": made.body.id, "outcome": outcome}
        say_json(render(said))
        return
    say(f"{output}: member {made.member} attests that the claim is {outcome}")
