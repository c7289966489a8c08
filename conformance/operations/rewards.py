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
    due, burn, treasury = (number(input[name]) for name in ("due", "burn", "treasury"))
    pools, shares = ([number(points) for points in input[name]] for name in ("pools", "shares"))
    return components.net(due, burn, treasury, pools, shares)._asdict()


def pool(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the checks of one kind get of one claim's due."""
    checks = tuple(CheckFact(1, index, number(part)) for index, part in enumerate(input["parts"]))
    made = divide(number(input["due"]), number(input["points"]), 1, number(input["whole"]), checks)
    pays = [amount for _, _, amount in made.pays]
    return {"pool": made.size, "pays": pays, "returned": made.returned, "treasury": made.treasury}


def emission(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is emitted for each of an epoch's claims, by what they are due."""
    burn, rebate, ceiling = (number(input[name]) for name in ("burn", "rebate", "ceiling"))
    weights = [components.weight(number(due), burn, rebate) for due in input["dues"]]
    return {"weights": weights, "emitted": [components.emission(one, ceiling, sum(weights)) for one in weights]}


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
