"""Epochs, settlements and trees of payouts (spec/settlement.md, spec/payout.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.encoding.schema import decode_object, encode_object
from ...protocol.errors import SchemaError
from ...protocol.rewards.epoch import Epoch, decode_epoch
from ...protocol.rewards.payout import PayoutTree, verify_payout
from ...protocol.rewards.settle import check_settlement, settle
from ...protocol.rewards.settlement import PayoutEntry, Settlement
from ...protocol.rewards.standard import StandardRule
from ..values import number, octets
from . import Operation


def epoch(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an epoch's file holds."""
    made, _ = decode_epoch(octets(input["file"]))
    return {"hash": made.hash, "sets": [{"count": part.count, "hash": part.hash} for part in made.manifest.sets]}


def settled(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an epoch comes to under the standard rule."""
    made = settle(*_epoch(input))
    totals = {entry.name: getattr(made.totals, entry.name) for entry in made.totals.ENTRIES}
    return {
        "hash": made.hash,
        "settlement": encode_object(made),
        "claimable": made.claimable,
        "totals": totals,
        "accounts": [entry._asdict() for entry in made.by_reason()],
        "payouts": [entry._asdict() for entry in made.by_address()],
        "changed": [entry._asdict() for entry in made.changed()],
        "set_aside": [entry._asdict() for entry in made.set_aside()],
    }


def check(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether a settlement is an epoch's."""
    made, rule = _epoch(input)
    settlement = decode_object(Settlement, octets(input["settlement"]))
    check_settlement(settlement, made, rule)
    return {"hash": settlement.hash}


def _epoch(input: Mapping[str, Any]) -> tuple[Epoch, StandardRule]:
    made, parameters = decode_epoch(octets(input["file"]))
    if parameters is None:
        raise SchemaError("missing-field", "no parameters", requirement="ENC-030")
    return made, StandardRule(parameters)


def tree(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tree of a list of payouts."""
    made = PayoutTree([PayoutEntry(octets(address), number(amount)) for address, amount in input["payouts"]])
    proofs = [made.proof(entry.address) for entry in made.payouts]
    return {"root": made.root, "tree": made.nodes, "positions": made.places, "proofs": proofs}


def proof(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The proof of one address in a list of payouts."""
    made = PayoutTree([PayoutEntry(octets(address), number(amount)) for address, amount in input["payouts"]])
    return {"proof": made.proof(octets(input["address"]))}


def verify(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a proof of one payout."""
    entry = PayoutEntry(octets(input["address"]), number(input["amount"]))
    verify_payout(octets(input["root"]), entry, [octets(digest) for digest in input["proof"]])
    return {}


OPERATIONS: dict[str, Operation] = {
    "settlement.epoch": epoch,
    "settlement.settle": settled,
    "settlement.check": check,
    "payout.tree": tree,
    "payout.prove": proof,
    "payout.verify": verify,
}
