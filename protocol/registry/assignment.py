"""The draw of workers and auditors: from a registry, for a unit, by a beacon's output (spec/registry.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import IntEnum
from typing import Final

from .. import hashing
from ..draws import Pool, Stream
from ..errors import CryptoError, PolicyError
from ..work import audit
from ..work.receipt import drawing_round
from ..work.unit import Unit
from .snapshot import Account, Registry

LEAST_SHARE: Final = 10
"""Preferred regions are drawn from alone while they hold a LEAST_SHARE-th of the stake that is left (REG-025)."""


class Purpose(IntEnum):
    """What a draw is for; each has a seed of its own (REG-023)."""

    WORKERS = 1
    AUDITORS = 2


def assignment_round(unit: Unit, slot: int) -> int:
    """The beacon round that draws a unit's workers, the unit being receipted in a slot (REG-022)."""
    return drawing_round(slot, _policy_delay(unit))


def auditors_round(unit: Unit, slot: int) -> int:
    """The beacon round that draws a claim's auditors, the claim's commit being receipted in a slot (REG-027)."""
    _auditors(unit)
    return audit.audit_round(unit, slot)


def _policy_delay(unit: Unit) -> int:
    policy = unit.body.policy.assignment
    if policy is None:
        raise PolicyError(
            "way-not-asked", "the unit names no registry to draw from", requirement="REG-010", where="policy.assignment"
        )
    return policy.delay


def check_registry(registry: Registry, unit: Unit) -> None:
    """Raise unless a registry is the one that a unit's workers are drawn from (REG-010 to REG-012)."""
    _policy_delay(unit)
    if registry.network != unit.body.network:
        raise CryptoError(
            "network-mismatch",
            f"a registry of the network {registry.network}, for a unit of {unit.body.network}",
            requirement="REG-011",
            where="registry.network",
        )
    policy = unit.body.policy.assignment
    if policy is not None and policy.registry != registry.hash:
        raise CryptoError(
            "registry-mismatch",
            f"the unit names the registry {policy.registry.hex()}, and this is {registry.hash.hex()}",
            requirement="REG-012",
            where="registry",
        )


def is_eligible(account: Account, unit: Unit) -> bool:
    """Whether an account can be drawn for a unit (REG-020, REG-021, REG-028)."""
    if not account.stake or account.load >= account.load_cap or account.key == unit.body.requester:
        return False
    context = unit.body.context
    if context is not None and context.profile not in account.profiles:
        return False
    wanted = unit.body.requirements
    return wanted is None or (
        account.cores >= (wanted.cores or 0)
        and account.memory >= (wanted.memory or 0)
        and account.storage >= (wanted.storage or 0)
        and account.stake >= (wanted.least_stake or 0) * (account.load + 1)
    )


def _places(unit: Unit) -> int:
    """How many workers are drawn."""
    redundancy = unit.body.policy.redundancy
    return redundancy.replicas if redundancy else 1


def _auditors(unit: Unit) -> int:
    """How many auditors are drawn for a claim. Raises PolicyError if none are (REG-029)."""
    policy = unit.body.policy.audit
    auditors = policy.auditors if policy is not None else None
    if auditors is None:
        raise PolicyError(
            "way-not-asked", "the unit asks for no auditors", requirement="REG-029", where="policy.audit.auditors"
        )
    return auditors


def assignment_seed(registry: Registry, unit: Unit, beacon: bytes, purpose: Purpose) -> bytes:
    """The seed of a draw for a unit that names the registry (REG-023)."""
    policy = unit.body.policy.assignment
    named = policy.registry if policy is not None else registry.hash
    material = hashing.network_id(unit.body.network) + named + unit.id + beacon + bytes([purpose])
    return hashing.digest(hashing.ASSIGNMENT, material)


def assign(
    registry: Registry,
    unit: Unit,
    beacon: bytes,
    *,
    purpose: Purpose = Purpose.WORKERS,
    excluded: Collection[bytes] = (),
) -> list[bytes]:
    """The keys that a beacon's output draws for a unit, or for a claim on it, in the order drawn (REG-024 to REG-027).

    The registry has passed `check_registry`, and `beacon` is the output of `assignment_round`, 32 bytes; for auditors
    that of `auditors_round`, `excluded` being the unit's assigned workers and the claim's. Raises PolicyError if too
    few accounts can be drawn, or if the unit asks for none.
    """
    _policy_delay(unit)
    count = _auditors(unit) if purpose is Purpose.AUDITORS else _places(unit)
    regions = (unit.body.requirements.regions if unit.body.requirements else None) or ()
    distance = {region: tier for tier, region in enumerate(regions)}
    tiers: list[list[Account]] = [[] for _ in range(len(regions) + 1)]
    for account in registry.accounts:
        if is_eligible(account, unit) and account.key not in excluded:
            tiers[distance.get(account.region, len(regions))].append(account)
    candidates = [account for tier in tiers for account in tier]
    if len(candidates) < count:
        raise PolicyError(
            "too-few-eligible",
            f"{len(candidates)} accounts can be drawn for this unit, and {count} are needed",
            requirement="REG-026",
            where="registry",
        )
    stream = Stream(assignment_seed(registry, unit, beacon, purpose))
    drawn = _draw_nearest(stream, count, [account.stake for account in candidates], [len(tier) for tier in tiers])
    return [candidates[index].key for index in drawn]


def _draw_nearest(stream: Stream, count: int, stakes: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """Positions drawn by stake, each from the fewest tiers that hold enough of the stake that is left (REG-025)."""
    pool = Pool(stakes)
    ends = [sum(sizes[: tier + 1]) for tier in range(len(sizes))]
    drawn = []
    for _ in range(count):
        whole = pool.left()
        near = next(left for left in map(pool.left, ends) if LEAST_SHARE * left >= whole and left)
        drawn.append(pool.take(stream.below(near)))
    return drawn


def check_assigned(worker: bytes, assigned: Collection[bytes]) -> None:
    """Raise PolicyError for a worker that a unit's work was not assigned to (REG-030)."""
    if worker not in assigned:
        raise PolicyError(
            "unassigned-worker",
            f"the worker {worker.hex()} was not assigned to this unit",
            requirement="REG-030",
            where="worker",
        )
