"""`tracework audit beacon`: a beacon's round as a file."""

from __future__ import annotations

import click

from ...protocol.beacon import BEACON_SIGNATURE_SIZE, QUICKNET, SUPPLIED, Beacon, check_beacon
from ...protocol.errors import ProtocolError
from ...worker.units import write_object
from ..command import Digits, Number, json_option
from ..command import command as declare
from ..console import say, say_json
from ..failure import Failure


@declare(
    "beacon",
    examples=[
        "tracework audit beacon 1000 -o beacon.cbor --signature \\\n"
        "    b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
    ],
    exit_codes={1: "", 2: "not a round of quicknet: nothing was written", 3: ""},
)
@click.argument("round", type=Number(1))
@click.option("--signature", type=Digits(BEACON_SIGNATURE_SIZE, "a round's signature"), help="Its signature.")
@click.option("--randomness", type=Digits(32, "randomness"), help="Randomness of your own, marked as such.")
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the beacon.")
@json_option
def command(round: int, signature: bytes | None, randomness: bytes | None, output: str, as_json: bool) -> None:
    """Write a ROUND of drand's quicknet into a file, after checking its signature.

    Rounds are published at drand's own servers, under the chain 52db9ba7…; this command asks nobody.
    """
    if (signature is None) == (randomness is None):
        raise Failure("give the round's --signature, or --randomness of your own")
    source = QUICKNET if signature is not None else SUPPLIED
    made = Beacon(source=source, round=round, signature=signature, randomness=randomness)
    try:
        value = check_beacon(made)
    except ProtocolError as error:
        raise Failure(f"this is not round {round} of quicknet: {error}") from error
    write_object(output, made)
    if as_json:
        say_json({"beacon": output, "output": value.hex(), "supplied": made.supplied})
        return
    say(f"{output}: round {round}, {'supplied by you' if made.supplied else 'signed by quicknet'}")
    say(f"output: {value.hex()}")
