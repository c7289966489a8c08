"""`tracework epoch show`: what an epoch's file holds."""

from __future__ import annotations

from typing import Any

import click

from ...conformance.values import render
from ...protocol.rewards.records import RecordType, label
from .. import epochs
from ..command import command as declare
from ..command import json_option
from ..console import count, faint, say, say_json, table

_TYPES = {label(kind): kind for kind in RecordType}


@declare(
    "show",
    examples=["tracework epoch show epoch.cbor", "tracework epoch show epoch.cbor --records claim"],
    exit_codes={0: "shown: the records are those that the epoch names", 1: "", 3: ""},
)
@click.argument("epoch_file", metavar="EPOCH", type=click.Path(allow_dash=True))
@click.option(
    "--records", type=click.Choice(list(_TYPES)), multiple=True, help="Show the records of a type. Repeatable."
)
@json_option
def command(epoch_file: str, records: tuple[str, ...], as_json: bool) -> None:
    """Show the epoch in a file: what it is, its parameters, how many records of each type it has.

    A record's position is the one by which settlements name it. Nothing is held to evidence here:
    `tracework settle --evidence` does that.
    """
    epoch, rule = epochs.read_epoch(epoch_file)
    head = {
        "epoch": epoch.number,
        "network": epoch.network,
        "first_slot": epoch.first_slot,
        "last_slot": epoch.last_slot,
        "treasury": epoch.treasury,
        "rule": epoch.rule,
        "hash": epoch.hash,
    }
    counts = {label(kind): len(epoch.records(kind)) for kind in RecordType}
    asked = {name: [record._asdict() for record in epoch.records(_TYPES[name])] for name in records}
    if as_json:
        parameters = dict(_parameters(rule.parameters))
        say_json(render({**head, "parameters": parameters, "counts": counts, "records": asked}))
        return
    say(f"epoch {epoch.number} of {epoch.network}, slots {epoch.first_slot} to {epoch.last_slot}")
    table({name: f"{number:,}" for name, number in counts.items()})
    for name, found in asked.items():
        say(f"{count(len(found), name, exact=True)}:")
        for place, record in enumerate(found):
            fields = ", ".join(f"{key} {_short(value)}" for key, value in record.items())
            say(f"  [{place}] {fields}")
    say(faint("parameters: " + ", ".join(f"{name} {value}" for name, value in _parameters(rule.parameters))))
    table({"treasury": "0x" + epoch.treasury.hex(), "rule": epoch.rule.hex(), "hash": epoch.hash.hex()}, indent=0)


def _parameters(parameters: Any) -> list[tuple[str, Any]]:
    """The parameters by name; of the table of emission how many lines it has."""
    return [
        (entry.name, len(value) if isinstance(value := getattr(parameters, entry.name), tuple) else value)
        for entry in parameters.ENTRIES
    ]


def _short(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 20 else f"{value.hex()[:16]}…"
    return f"{value:,}" if isinstance(value, int) else str(value)
