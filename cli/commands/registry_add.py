"""`tracework registry add`: an account."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.keys import Identity, verify_possession
from ...protocol.registry.snapshot import Account, Registry
from ...worker.errors import content_errors
from ...worker.signing import read_object
from ...worker.units import write_object
from ..command import Digits, Number, json_option
from ..command import command as declare
from ..console import count, say, say_json

WORD = (1 << 32) - 1


@declare(
    "add",
    examples=[
        "tracework registry add registry.cbor --identity me.pub --stake 10^18 --region eu-west --cores 8",
    ],
    exit_codes={0: "the registry was changed", 1: "", 2: "nothing was changed", 3: ""},
)
@click.argument("file", type=click.Path())
@click.option("--identity", required=True, type=click.Path(), help="Whose account: what `keygen --identity` wrote.")
@click.option("--stake", required=True, type=Number(0, (1 << 96) - 1), help="Stake in base units.")
@click.option("--address", type=Digits(20, "an address"), default="00" * 20, help="Payout address.")
@click.option("--cores", type=Number(0, WORD), default=1, show_default=True, help="Cores.")
@click.option("--memory", type=Number(0, WORD), default=1024, show_default=True, help="Memory in MiB.")
@click.option("--storage", type=Number(0, WORD), default=10, show_default=True, help="Storage in GiB.")
@click.option("--region", required=True, help="Where it is: a to z, 0 to 9 and -.")
@click.option(
    "--profile", "profiles", multiple=True, default=["rv64im"], show_default=True, help="A machine. Repeatable."
)
@click.option("--load", type=Number(0, WORD), default=0, show_default=True, help="Units outstanding.")
@click.option("--load-cap", type=Number(0, WORD), default=1, show_default=True, help="Most units outstanding.")
@click.option("--reputation", type=Number(0, WORD), default=0, show_default=True, help="Reputation in 2^32nds.")
@json_option
def command(
    file: str,
    identity: str,
    stake: int,
    address: bytes,
    region: str,
    profiles: tuple[str, ...],
    as_json: bool,
    **rest: int,
) -> None:
    """Add an account to the registry in FILE, or put it in the place of the one that has the same key.

    The proof of possession is checked. The registry's hash changes: units name a snapshot as it was.
    """
    made, shown = read_object(Registry, "a registry", file), read_object(Identity, "an identity", identity)
    with content_errors("an identity", identity):
        verify_possession(shown.public, shown.possession, where="identity")
    with content_errors("an account", identity):
        account = Account(
            key=shown.public,
            possession=shown.possession,
            address=address,
            stake=stake,
            region=region,
            profiles=profiles,
            **rest,
        )
        others = [one for one in made.accounts if one.key != account.key]
        made = made.replace(accounts=tuple(sorted([*others, account], key=lambda one: one.key)))
    write_object(file, made)
    if as_json:
        say_json(render({"registry": file, "hash": made.hash, "accounts": len(made.accounts)}))
        return
    say(f"{file}: now {count(len(made.accounts), 'account')}, hash {made.hash.hex()}")
