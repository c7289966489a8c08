"""`tracework payout verify`: is this payout under that root?"""

from __future__ import annotations

import json
import re
from typing import Any

import click

from ...protocol.errors import ProtocolError
from ...protocol.rewards.payout import verify_payout
from ...protocol.rewards.settlement import TOTAL_LIMIT, PayoutEntry
from .. import epochs, exits
from ..command import Digits, json_option
from ..command import command as declare
from ..console import bad, good, say, say_json
from ..failure import Failure
from ..files import label, read

LIMIT = 1 << 16
"""A proof's file is at most so long."""


@declare(
    "verify",
    examples=["tracework payout verify payout.json"],
    exit_codes={0: "the root holds this payout", 1: "it doesn't", 3: ""},
)
@click.argument("file", type=click.Path(allow_dash=True))
@click.option(
    "--root", type=Digits(32, "a root"), help="The root that counts, as a contract has it; by default, the file's."
)
@json_option
def command(file: str, root: bytes | None, as_json: bool) -> None:
    """Check that the proof in FILE leads from its address and amount to the root."""
    said = _read(file)
    named = _digest(said, "root", file)
    entry = PayoutEntry(epochs.address(str(said.get("address"))), _amount(said, file))
    digests = [_digest({"proof": digest}, "proof", file) for digest in said.get("proof", ())]
    counts = named if root is None else root
    error: ProtocolError | None = None
    try:
        verify_payout(counts, entry, digests)
    except ProtocolError as found:
        error = found
    if as_json:
        say_json(
            {"valid": error is None, "root": "0x" + counts.hex()} | ({} if error is None else {"code": error.code})
        )
    elif error is None:
        told = "" if root is not None else ", which the file names itself (--root says which one counts)"
        say(f"{good('VALID')}: 0x{entry.address.hex()} is paid {entry.amount} under the root 0x{counts.hex()}{told}")
    else:
        say(f"{bad('INVALID')}: {error}")
    if error is not None:
        raise click.exceptions.Exit(exits.BAD)


def _read(file: str) -> dict[str, Any]:
    try:
        said = json.loads(read(file, LIMIT))
    except (ValueError, RecursionError):
        raise Failure(f"{label(file)} is no JSON; name a file that `tracework payout prove` wrote") from None
    if not isinstance(said, dict) or not isinstance(said.get("proof", []), list):
        raise Failure(f"{label(file)} is no payout proof; name a file that `tracework payout prove` wrote")
    return said


def _digest(said: dict[str, Any], name: str, file: str) -> bytes:
    value = said.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-f]{64}", value):
        raise Failure(f"{name} in {label(file)} is not 0x and 64 hexadecimal digits")
    return bytes.fromhex(value[2:])


def _amount(said: dict[str, Any], file: str) -> int:
    value = said.get("amount")
    if not isinstance(value, str) or not re.fullmatch(r"0|[1-9]\d{0,38}", value) or int(value) >= TOTAL_LIMIT:
        raise Failure(f"amount in {label(file)} is no string of decimal digits below 2^128")
    return int(value)
