"""The standard rule, component by component (spec/rewards.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.encoding.schema import decode_object
from ...protocol.rewards import components
from ...protocol.rewards.parameters import Parameters
from ...protocol.rewards.standard import pool as divide
from ...protocol.rewards.view import CheckFact
from ..values import number, octets
from . import Operation


def parameters(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What names parameters on a network, and an epoch's ceiling."""
    made = decode_object(Parameters, octets(input["parameters"]))
    return {"hash": made.hash(input["network"]), "ceiling": made.ceiling(number(input["epoch"]))}


def due(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a claim is due."""
    names = ("price", "steps", "escrow", "places")
    return {"due": components.due(*(number(input[name]) for name in names))}


def net(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an accepted claim's due comes to."""
    shares = [number(share) for share in input["shares"]]
    due, pools, burn, treasury = (number(input[name]) for name in ("due", "pools", "burn", "treasury"))
    made = components.net(due, pools, burn, treasury, shares)
    return made._asdict()


def pool(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the checks of one kind get of one claim's due."""
    checks = tuple(CheckFact(1, index, number(part)) for index, part in enumerate(input["parts"]))
    made = divide(number(input["due"]), number(input["points"]), 1, number(input["whole"]), checks)
    pays = [amount for _, _, amount in made.pays]
    returned = made.size - sum(pays) - made.residue
    return {"pool": made.size, "pays": pays, "treasury": made.residue, "returned": returned}


def emission(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is emitted for each of an epoch's claims, by what they burnt."""
    rebates = [components.rebate(number(burnt), number(input["points"])) for burnt in input["burnt"]]
    ceiling = number(input["ceiling"])
    return {"rebates": rebates, "emitted": [components.scaled(one, ceiling, sum(rebates)) for one in rebates]}


def slash(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is taken from one account for its offences, by their units' escrows."""
    base, share, stake = (number(input[name]) for name in ("base", "share", "stake"))
    demands = [components.demand(base, share, number(escrow), stake) for escrow in input["escrows"]]
    return {"demands": demands, "taken": [components.taken(one, stake, sum(demands)) for one in demands]}


def bounty(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What provers get of a slash, by their stakes."""
    taken = number(input["taken"])
    stakes = [number(stake) for stake in input["stakes"]]
    pays = components.bounties(components.share(taken, number(input["bounty"])), stakes) if stakes else []
    return {"pays": pays, "burnt": taken - sum(pays)}


def reputation(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reputation after an epoch without offences."""
    names = ("before", "gain", "accepted", "loss", "dissented")
    return {"after": components.reputation(*(number(input[name]) for name in names))}


OPERATIONS: dict[str, Operation] = {
    "rewards.parameters": parameters,
    "rewards.due": due,
    "rewards.net": net,
    "rewards.pool": pool,
    "rewards.emission": emission,
    "rewards.slash": slash,
    "rewards.bounty": bounty,
    "rewards.reputation": reputation,
}
