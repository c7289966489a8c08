"""The components of the standard rule: one small function a clause, integers in, integers out (spec/rewards.md).

Every division is floored, and whatever somebody gets is one chain of products and floors of what a claim is due: more
is never paid as less, and two halves never get more than the whole. The treasury has what the floors leave.
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


def returned(pool: int, parts: int, whole: int) -> int:
    """What goes back of a pool to the requester: the parts that nobody made (RWD-025)."""
    return pool * (whole - parts) // whole


class Net(NamedTuple):
    """What an accepted claim's due comes to (RWD-011, RWD-013, RWD-016, RWD-017, RWD-020)."""

    burn: int
    pools: tuple[int, ...]
    """What is set apart for checks, by kind."""
    net: int
    """What worker and beneficiaries share."""
    worker: int
    beneficiaries: tuple[int, ...]
    treasury: int
    """What is none of the above; what the floors of a pool's own parts leave comes on top (RWD-026)."""


def net(due: int, burn: int, treasury: int, pools: Sequence[int], shares: Sequence[int]) -> Net:
    """Divide a due by points: of burn, of the treasury, of each pool that is asked for, of the beneficiaries."""
    burnt = due * burn // WHOLE
    apart = tuple([due * points // WHOLE for points in pools])
    rest = due * (WHOLE - burn - treasury - sum(pools)) // WHOLE
    if not shares:
        return Net(burnt, apart, rest, rest, (), due - burnt - rest - sum(apart))
    parts = tuple([rest * points // WHOLE for points in shares])
    worker = rest * (WHOLE - sum(shares)) // WHOLE
    return Net(burnt, apart, rest, worker, parts, due - burnt - worker - sum(parts) - sum(apart))


def weight(due: int, burn: int, rebate: int) -> int:
    """What a claim counts for in the emission: its rebate of what it burns before any floor, times WHOLE² (RWD-035)."""
    return due * burn * rebate


def emission(weight: int, ceiling: int, weights: int) -> int:
    """What a claim's weight earns within the epoch's ceiling, given the sum of all weights (RWD-036)."""
    if weights <= ceiling * WHOLE**2:
        return weight // WHOLE**2
    return weight * ceiling // weights


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
