"""The components of the standard rule: one small function a clause, integers in, integers out (spec/rewards.md).

Every division is floored. Shares never exceed together what is shared, because a sum of floors is at most the floor of
the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .records import WHOLE

REPUTATION_MAX = (1 << 32) - 1
"""The largest reputation, in 2^32nds (REG-006)."""


def due(price: int, steps: int, escrow: int, places: int) -> int:
    """What a claim is due if it is accepted: steps at the unit's price, at most a place's escrow (RWD-010)."""
    return min(price * steps, escrow // places)


def share(amount: int, points: int) -> int:
    """A share of an amount in basis points (RWD-001)."""
    return amount * points // WHOLE


def checks_whole(whole: int, parts: int) -> int:
    """What the parts of checks are parts of: what was asked for, or what was made if that is more (RWD-021)."""
    return max(whole, parts)


def check_pay(pool: int, part: int, whole: int) -> int:
    """What a check gets of a pool: its part (RWD-022)."""
    return pool * part // whole


class Net(NamedTuple):
    """What an accepted claim's due comes to (RWD-011 to RWD-014)."""

    burn: int
    treasury: int
    """With what the floors of the worker's and the beneficiaries' shares leave."""
    worker: int
    beneficiaries: tuple[int, ...]


def net(due: int, pools: int, burn_points: int, treasury_points: int, shares: Sequence[int]) -> Net:
    """Divide a due: burn and treasury from the whole; worker and beneficiaries from what these and the pools leave."""
    burn = due * burn_points // WHOLE
    treasury = due * treasury_points // WHOLE
    rest = due - pools - burn - treasury
    if not shares:
        return Net(burn, treasury, rest, ())
    parts = tuple(rest * points // WHOLE for points in shares)
    worker = rest * (WHOLE - sum(shares)) // WHOLE
    return Net(burn, treasury + rest - worker - sum(parts), worker, parts)


def rebate(burnt: int, points: int) -> int:
    """What a claim that burnt so much can earn of the emission: never more than it burnt (RWD-030)."""
    return burnt * points // WHOLE


def scaled(rebate: int, ceiling: int, rebates: int) -> int:
    """A rebate within the epoch's ceiling: in proportion, if all rebates together exceed it (RWD-031)."""
    return rebate if rebates <= ceiling else rebate * ceiling // rebates


def demand(base: int, points: int, escrow: int, stake: int) -> int:
    """What an offence costs: a base and a share of the escrow, at most the stake (RWD-050)."""
    return min(base + escrow * points // WHOLE, stake)


def taken(demand: int, stake: int, demands: int) -> int:
    """What is taken for one offence: its demand, or its part of a stake that doesn't cover all (RWD-051)."""
    return demand if demands <= stake else stake * demand // demands


def bounties(pool: int, stakes: Sequence[int]) -> list[int]:
    """What tied provers get of a bounty: all if alone, else by stake, and nothing without any (RWD-053)."""
    if len(stakes) == 1:
        return [pool]
    whole = sum(stakes)
    return [pool * stake // whole if whole else 0 for stake in stakes]


def reputation(before: int, gain: int, accepted: int, loss: int, dissented: int) -> int:
    """A reputation after so many claims by a drawn worker, accepted and not (RWD-060)."""
    return max(0, min(REPUTATION_MAX, before + gain * accepted - loss * dissented))
